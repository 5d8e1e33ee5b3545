"""The live simulation: background ensembles that follow the state, at a rate of frames made for the eye."""

from __future__ import annotations

import time

import traitlets as tl

from ..magnet.macrospin import Macrospin
from .background import Background
from .dispatch import Dispatcher
from .ensembles import Fluctuation, LiveEnsembles, Reading, Trace
from .packages import there
from .state import ExplorerState, Settings, Snapshot
from .worker import CPU_CLOCK, Job, Rest

__all__ = ["Fluctuation", "LiveSimulation", "Reading", "Trace"]

FRAME_SECONDS = 0.04  # 25 frames a second, of which the bulk works for ensembles.SLICE_SECONDS
LONGEST_REST = 0.5
READING_SECONDS = 0.25
# At a new point the curves, which move under the reader's hand, have the processor first.
COURTESY_SECONDS = 0.04
# Nobody watches one point for this long; the simulation pauses itself and says so.
IDLE_SECONDS = 1800.0
# A run that nobody has asked for ends sooner.
WELCOME_SECONDS = 120.0
# A burn-in that takes longer is announced, once its speed has been seen for a while.
PATIENCE_SECONDS, SPEED_SECONDS = 60.0, 1.0


class LiveSimulation(Background):
    """Run while ``state.running``, always at the state's point; publish traces and readings.

    The simulation's job works for a slice at a time, whatever the point: it is set aside between them, and
    while it rests. What takes longer, the exact fluctuation, has a worker of its own.

    Parameters
    ----------
    state : ExplorerState
        The state to follow.
    dispatcher : Dispatcher, optional
        How results reach the thread that observes them.

    Attributes
    ----------
    with_distribution : bool
        Whether to gather the distribution of the total entropy too, at some cost in speed.
    settling : float
        Share of the burn-in that is done, 1 when statistics are gathered.
    """

    trace = tl.Instance(Trace, allow_none=True)
    reading = tl.Instance(Reading, allow_none=True)
    settling = tl.Float(1.0)
    with_distribution = tl.Bool(False)

    def __init__(self, state: ExplorerState, dispatcher: Dispatcher | None = None) -> None:
        super().__init__(state, ["snapshot", "running"], ["simulation", "comparison"], dispatcher)
        self._state = state
        self._worker, self._comparison = self._workers
        self._resets = 0
        self._welcoming = False
        self._ensembles: tuple[tuple[Macrospin, Settings, int], LiveEnsembles] | None = None

    def welcome(self) -> None:
        """Run for a reader who has just come; until the first pause, a rest at one point ends it soon."""
        if not self._state.running:
            self._welcoming = True
            self._state.running = True

    def reset(self) -> None:
        """Begin the statistics anew, from the same seed."""
        # What a job that is still on its way out makes or publishes belongs to an older number of resets.
        self._resets += 1
        self.reading = None
        self.settling = 1.0
        self._worker.cancel()
        self._follow()

    def _follow(self, _change: object = None) -> None:
        if self._state.running:
            snapshot, resets = self._state.snapshot, self._resets
            self._worker.submit(self._run(snapshot, resets))
        else:
            self._welcoming = False
            self._worker.cancel()
        if self._ensembles is not None and self._ensembles[0] != self._key(
            self._state.snapshot, self._resets
        ):
            self.settling = 1.0  # that of another point, or of other settings

    @staticmethod
    def _key(snapshot: Snapshot, resets: int) -> tuple[Macrospin, Settings, int]:
        """What ensembles belong to."""
        return snapshot.magnet, snapshot.settings, resets

    def _run(self, snapshot: Snapshot, resets: int) -> Job:
        key = self._key(snapshot, resets)

        def wanted() -> bool:
            return self._key(self._state.snapshot, self._resets) == key

        def publish(name: str, value: object) -> None:
            self._publish(name, value, wanted)

        if self._ensembles is None or self._ensembles[0] != key:
            if self._ensembles is not None and self._ensembles[0][0] != snapshot.magnet:
                yield Rest(COURTESY_SECONDS)
            made = LiveEnsembles(snapshot, lambda: self._closed or not (self._state.running and wanted()))
            self._ensembles = key, made
            yield None
        # The ensembles at hand are of this point and these settings.
        ensembles = self._ensembles[1]
        warned = ensembles.settled
        started = last_reading = time.monotonic()
        while True:
            frame_start, worked = time.monotonic(), CPU_CLOCK()
            ensembles.advance(self.with_distribution)
            publish("trace", ensembles.trace())
            publish("settling", ensembles.settling)
            now = time.monotonic()
            if ensembles.measured and now - last_reading >= READING_SECONDS:
                last_reading = now
                publish("reading", ensembles.reading())
                if ensembles.comparison_due and not self._comparison.busy:
                    self._comparison.submit(_comparing(ensembles))
            if not warned and now - started > SPEED_SECONDS:
                warned = True
                self._warn_of(ensembles.seconds_to_settle, snapshot)
            patience = WELCOME_SECONDS if self._welcoming else IDLE_SECONDS
            if now - started > patience:
                self._pause(f"The simulation paused after {patience / 60:.0f} minutes at one point.")
                return
            spent = time.monotonic() - frame_start
            waited = spent - (CPU_CLOCK() - worked)
            # Where others want the processor too, sliders come first: rest longer than it had to wait.
            yield Rest(max(0.001, FRAME_SECONDS - spent, min(2.0 * waited, LONGEST_REST)))

    def _warn_of(self, seconds: float, snapshot: Snapshot) -> None:
        if seconds < PATIENCE_SECONDS:
            return
        settings = snapshot.settings
        text = f"Settling takes {_in_words(seconds)} here; nothing is measured before."
        if settings.scheme != Settings.scheme or settings.dt is not None:
            from ..simulation.schemes import scheme_named

            text += f" {scheme_named(Settings.scheme).label} with its automatic step is the fastest."
        self._dispatcher.post("live.warning", lambda: self._state.set_trait("simulation_message", text))

    def _pause(self, message: str) -> None:
        def pause() -> None:
            self._state.running = False
            self._state.simulation_message = message

        self._dispatcher.post("live.pause", pause)

    def _failed(self, error: Exception) -> None:
        self._pause(f"The simulation stopped: {error}")


def _comparing(ensembles: LiveEnsembles) -> Job:
    yield from there("scipy")
    ensembles.compare()


def _in_words(seconds: float) -> str:
    """A duration to one digit or so.

    Examples
    --------
    >>> _in_words(100.0), _in_words(3e4), _in_words(1e9)
    ('about 2 minutes', 'about 8 hours', 'more than a day')
    """
    if seconds < 5400.0:
        return f"about {max(seconds / 60.0, 2.0):.0f} minutes"
    return f"about {seconds / 3600.0:.0f} hours" if seconds < 86400.0 else "more than a day"
