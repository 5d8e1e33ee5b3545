"""The live simulation: a background ensemble that follows the state, and a few tracers to watch.

Two ensembles run side by side. The *bulk* gathers statistics as fast as its share of the processor allows.
The *tracers* are three trajectories moved at a pace the eye can follow, about two seconds per precession
turn; they draw the tails on the sphere and the cumulative entropies of the ledger.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import traitlets as tl
from numpy.typing import NDArray

from .background import Background
from .dispatch import Dispatcher
from .distribution import Distribution, Stretches
from .state import ExplorerState, Settings, Snapshot

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState
    from ..macrospin import Macrospin
    from ..simulation import Ensemble, Estimate, Estimates

__all__ = ["Fluctuation", "Frame", "LiveSimulation", "Reading"]

Array = NDArray[np.float64]

FRAME_SECONDS = 0.04  # 25 frames a second
SLICE_SECONDS = 0.02  # of them for the bulk, so that a pause or a new point is obeyed at once
LONGEST_REST = 0.5
READING_SECONDS = 0.25
TRACERS = 3
FRAMES_PER_TURN = 50.0
STEPS_PER_FRAME = 4
BURN_IN_RELAXATIONS = 12.0
# Nobody watches one point for this long; the simulation pauses itself and says so.
IDLE_SECONDS = 1800.0
LEDGER_POINTS = 400
FRAMES_PER_STRETCH = 4


@dataclass(frozen=True, eq=False)
class Frame:
    """New pieces of the tracers' paths, shape (tracers, pieces, 3), and the point they belong to."""

    magnet: Macrospin
    paths: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fluctuation:
    """Var(S_P over τ)/τ as simulated, and the exact value at the same finite τ."""

    tau: float
    simulated: Estimate
    exact: float

    @property
    def z(self) -> float:
        """Distance in standard errors, those a sample of this size has around the *exact* variance.

        The error bar of a variance grows with the variance itself: around a low one it is too short.
        """
        value, stderr = self.simulated
        if not (value > 0.0 and stderr > 0.0 and self.exact > 0.0):
            return math.nan
        return (value - self.exact) / (stderr * self.exact / value)


@dataclass(frozen=True, eq=False)
class Reading:
    """Statistics so far, with the parameters they belong to.

    Attributes
    ----------
    estimates : Estimates
        Means with standard errors of S_P, S_B, Sigma and Delta_P from the bulk.
    fluctuation : Fluctuation
        The finite-time fluctuation, renewed each time τ has grown by a twentieth.
    time : float
        Time each trajectory has run since the statistics began, in 1/(ηT).
    steps_per_second : float
        Trajectory steps per second of processor time.
    ledger : tuple of arrays
        Time, cumulative S_P and cumulative S_B of the first tracer.
    distribution : Distribution, optional
        Of the total entropy over a finite time, once it has been asked for.
    """

    magnet: Macrospin
    settings: Settings
    estimates: Estimates
    fluctuation: Fluctuation
    time: float
    dt: float
    steps_per_second: float
    ledger: tuple[Array, Array, Array]
    distribution: Distribution | None = None

    def step_bias(self, name: str, steady: SteadyState) -> float:
        """Bound on the bias of an automatic step (``simulation.default_step``), 0 for one that was chosen.

        Averaged for long enough, any scheme's error bar shrinks below its bias; what is stated in advance
        is no disagreement, what a chosen step brings is.
        """
        if self.settings.dt is not None or name == "Delta_P":
            return 0.0
        from ..simulation.step_size import stated_bias

        pumped, bath = stated_bias(self.magnet, steady.S_P, steady.S_B)
        return {"S_P": pumped, "S_B": bath, "Sigma": pumped + bath}[name]


class LiveSimulation(Background):
    """Run while ``state.running``, always at the state's point; publish frames and readings.

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
    """

    frame = tl.Instance(Frame, allow_none=True)
    reading = tl.Instance(Reading, allow_none=True)
    with_distribution = tl.Bool(False)

    def __init__(self, state: ExplorerState, dispatcher: Dispatcher | None = None) -> None:
        super().__init__(state, ["snapshot", "running"], ["simulation"], dispatcher)
        self._state = state
        self._worker = self._workers[0]
        self._bench: _Bench | None = None

    def reset(self) -> None:
        """Begin the statistics anew, from the same seed."""
        self._worker.cancel()
        self._worker.wait(1.0)
        self._bench = None
        self.reading = None
        self._follow()

    def _follow(self, _change: object = None) -> None:
        if self._state.running:
            snapshot = self._state.snapshot
            self._worker.submit(lambda cancelled: self._run(snapshot, cancelled))
        else:
            self._worker.cancel()

    def _run(self, snapshot: Snapshot, cancelled: Callable[[], bool]) -> None:
        if self._bench is None or not self._bench.belongs_to(snapshot):
            self._bench = _Bench(snapshot, cancelled)
        bench = self._bench
        started = last_reading = time.monotonic()
        while not cancelled():
            frame_start, worked = time.monotonic(), time.thread_time()
            paths = bench.move_tracers()
            bench.advance_bulk(self.with_distribution)
            self._publish("frame", Frame(snapshot.magnet, paths))
            now = time.monotonic()
            if now - last_reading >= READING_SECONDS:
                last_reading = now
                self._publish("reading", bench.reading())
            if now - started > IDLE_SECONDS:
                self._pause(f"The simulation paused after {IDLE_SECONDS / 60:.0f} minutes at one point.")
                return
            spent = time.monotonic() - frame_start
            waited = spent - (time.thread_time() - worked)
            # Where others want the processor too, sliders come first: rest longer than it had to wait.
            time.sleep(max(0.001, FRAME_SECONDS - spent, min(2.0 * waited, LONGEST_REST)))

    def _pause(self, message: str) -> None:
        def pause() -> None:
            self._state.running = False
            self._state.message = message

        self._dispatcher.post("live.pause", pause)

    def _failed(self, error: Exception) -> None:
        self._pause(f"The simulation stopped: {error}")


class _Bench:
    """The ensembles of one operating point."""

    def __init__(self, snapshot: Snapshot, cancelled: Callable[[], bool]) -> None:
        from ..fokker_planck import steady_state
        from ..simulation import Ensemble

        self._magnet = snapshot.magnet
        self._settings = settings = snapshot.settings
        self._bulk = Ensemble(
            snapshot.magnet,
            trajectories=settings.trajectories,
            dt=settings.dt,
            scheme=settings.scheme,
            seed=settings.seed,
        )
        self._steps = 1
        self._worked = 0.0
        self._counted_steps = 0
        self._ledger: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)]
        self._steady = steady_state(self._magnet)
        self._fluctuation: Fluctuation | None = None
        self._burn_in(cancelled)
        self._stretches = Stretches(self._bulk, self._steady)
        self._frames = 0
        # The tracers begin where the bulk has come to: a draw from the steady state.
        self._tracers, self._stride = _tracers(snapshot, np.resize(self._bulk.n, (TRACERS, 3)))

    def belongs_to(self, snapshot: Snapshot) -> bool:
        return (snapshot.magnet, snapshot.settings) == (self._magnet, self._settings)

    def _burn_in(self, cancelled: Callable[[], bool]) -> None:
        """Forget the start: a fixed number of relaxation times."""
        from ..simulation import relaxation_time

        remaining = math.ceil(BURN_IN_RELAXATIONS * relaxation_time(self._magnet) / self._bulk.dt)
        while remaining > 0 and not cancelled():
            remaining -= self._advance(min(self._steps, remaining))
        self._bulk.restart_statistics()

    def move_tracers(self) -> Array:
        seen = self._tracers.advance_recorded(STEPS_PER_FRAME * self._stride, self._stride)
        self._ledger.append((self._tracers.elapsed, float(seen.pumped[0, -1]), float(seen.bath[0, -1])))
        if len(self._ledger) > LEDGER_POINTS:
            # Keep the whole history at half the resolution rather than only its end.
            self._ledger = [*self._ledger[:-1:2], self._ledger[-1]]
        return seen.paths

    def advance_bulk(self, with_distribution: bool) -> None:
        self._frames += 1
        # The density at the two ends of a stretch costs some milliseconds: not at every frame.
        if with_distribution and self._frames % FRAMES_PER_STRETCH == 0:
            self._stretches.add()
        self._advance(self._steps)

    def _advance(self, steps: int) -> int:
        begin = time.perf_counter()
        self._bulk.advance(steps)
        spent = time.perf_counter() - begin
        self._worked += spent
        self._counted_steps += steps * self._settings.trajectories
        # Aim at the slice length, without leaping after one lucky or unlucky timing.
        wanted = steps * SLICE_SECONDS / max(spent, 1e-6)
        self._steps = max(1, min(int(wanted), 2 * self._steps))
        return steps

    def reading(self) -> Reading:
        ledger = np.array(self._ledger)
        estimates = self._bulk.estimates()
        return Reading(
            magnet=self._magnet,
            settings=self._settings,
            estimates=estimates,
            fluctuation=self._compared(estimates),
            time=self._bulk.elapsed,
            dt=self._bulk.dt,
            steps_per_second=self._counted_steps / max(self._worked, 1e-9),
            ledger=(ledger[:, 0], ledger[:, 1], ledger[:, 2]),
            distribution=self._stretches.distribution(),
        )

    def _compared(self, estimates: Estimates) -> Fluctuation:
        # The exact value at a new τ is a matrix exponential: cheap, but not thirty times a second.
        tau = self._bulk.elapsed
        if self._fluctuation is None or tau > 1.05 * self._fluctuation.tau:
            exact = float(self._steady.finite_time_variance(tau)) if tau > 0.0 else math.nan
            self._fluctuation = Fluctuation(tau, estimates.Delta_P, exact)
        return self._fluctuation


def _tracers(snapshot: Snapshot, start: Array) -> tuple[Ensemble, int]:
    """Three slow trajectories: a turn of precession takes about two seconds of watching."""
    from ..simulation import Ensemble, default_step

    magnet = snapshot.magnet
    turn = 2.0 * math.pi / max(float(np.linalg.norm(magnet.precession)), 5.0)
    piece = turn / FRAMES_PER_TURN / STEPS_PER_FRAME
    stride = max(1, math.ceil(piece / default_step(magnet)))
    tracers = Ensemble(
        magnet,
        trajectories=TRACERS,
        dt=piece / stride,
        scheme="moebius",
        seed=snapshot.settings.seed,
        tracked=TRACERS,
        initial=start,
    )
    return tracers, stride
