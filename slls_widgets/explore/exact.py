"""Exact results that follow the state: the operating point, the curves through it, the map around it.

Everything is computed in the background and arrives, coarse first, as frozen results that carry the key
of the parameters they belong to. A result is fresh while its key is that of the current snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import traitlets as tl

from .. import theory
from .._cancellation import Cancelled
from .._steps import Steps, each
from .background import Background
from .dispatch import Dispatcher
from .results import (
    Boundaries,
    Curves,
    CurvesKey,
    Density,
    Fault,
    MapKey,
    MapResult,
    Point,
    curves_key,
    map_key,
)
from .sphere_grid import lat_long_grid
from .state import LARGEST_NU, LIMITS, ExplorerState, Snapshot
from .worker import KEEP, Job, Rest

__all__ = ["Exact"]

# An even number of points: α = 0 is never one of them, where the rates jump at fixed torque.
COARSE_POINTS = 40
FINE_POINTS = 200
CURVE_TOLERANCE = 1e-6
MAP_TOLERANCE = 1e-6
# The coarse curves are finished even when they are asked for anew, unless that takes longer than this.
PATIENCE = 0.3
# The point waits so long for the curves at most.
SHORT = 0.03
# So long the fine curves wait, for the coarse ones to be handed over.
SHOWN = 0.001
# Progress is told of what takes longer than this.
NOTICEABLE = 1.0
MAP_SHAPE = (61, 121)
DENSITY_SHAPE = (61, 120)
# So many degrees are summed on the whole grid within a frame; more of them, in so many slices of the grid.
DEGREES_PER_FRAME = 30


class Exact(Background):
    """Follow a state with exact results.

    Parameters
    ----------
    state : ExplorerState
        The state to follow.
    dispatcher : Dispatcher, optional
        How results reach the thread that observes them.
    with_map : bool
        Whether to compute the map and its boundaries, which costs seconds; see :meth:`want_map`.

    Examples
    --------
    >>> exact = Exact(ExplorerState())
    >>> exact.wait(60)
    True
    >>> exact.point.steady.phase
    <Phase.REFRIGERATOR: 'refrigerator'>
    """

    point = tl.Instance(Point, allow_none=True)
    density = tl.Instance(Density, allow_none=True)
    curves = tl.Instance(Curves, allow_none=True)
    phase_map = tl.Instance(MapResult, allow_none=True)
    boundaries = tl.Instance(Boundaries, allow_none=True)
    #: What became of the last try, where it failed; the next move tries again.
    curves_fault = tl.Instance(Fault, allow_none=True)
    map_fault = tl.Instance(Fault, allow_none=True)
    #: Share of the curves under way that is done, where they take long.
    progress = tl.Float(0.0)
    #: Whether the reader has stopped what was under way; the next move begins again.
    stopped = tl.Bool(False)

    def __init__(
        self, state: ExplorerState, dispatcher: Dispatcher | None = None, *, with_map: bool = True
    ) -> None:
        super().__init__(state, ["snapshot"], ["curves", "map"], dispatcher)
        self._state = state
        self._lines, self._area = self._workers
        self._with_map = with_map
        self._wanted_map: MapKey | None = None
        self._told_of_map: Fault | None = None
        # Only the thread that computes them knows which curves it sent last: some may still be on their way.
        self._sent: CurvesKey | None = None
        self._follow()

    def want_map(self) -> None:
        """Compute the map and its boundaries, too, from now on."""
        self._with_map = True
        self._follow_map()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all results are those of the present state, in a script, in a cell and in a thread.

        False when the time is up first, and where results stayed older: after :meth:`stop`, or when something
        could not be computed, which ``curves_fault`` and ``map_fault`` then tell.
        """
        ready = super().wait(timeout) and self._at_point
        return ready and not self.stopped and self.curves_fault is None and self.map_fault is None

    def wait_for_point(self, timeout: float | None = None) -> bool:
        """Wait until ``point`` is that of the present state, but not for the map; False if there is none."""
        return self._wait_for([self._lines], timeout) and self._at_point

    @property
    def _at_point(self) -> bool:
        return self.point is not None and self.point.magnet == self._state.magnet

    def stop(self) -> None:
        """Give up what is under way, until the next move."""
        for worker in self._workers:
            worker.cancel()
        self._wanted_map = None
        self.stopped = True

    def _follow(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        self.stopped, self.progress, self.curves_fault = False, 0.0, None
        self._lines.submit(self._attempt("curves", snapshot, self._compute_lines(snapshot)))
        self._follow_map()

    def _follow_map(self) -> None:
        snapshot = self._state.snapshot
        key = map_key(snapshot)
        if self._with_map and (key != self._wanted_map or self.map_fault is not None):
            self._wanted_map, self.map_fault = key, None
            self._area.submit(self._attempt("map", snapshot, self._compute_map(snapshot)))

    def _wanted(self, part: str, snapshot: Snapshot) -> bool:
        """Whether the curves or the map of a snapshot are still what is to be computed."""
        if part == "map":
            return self._wanted_map == map_key(snapshot)
        return self._state.snapshot == snapshot and not self.stopped

    def _attempt(self, part: str, snapshot: Snapshot, job: Job) -> Job:
        """Compute the curves or the map; where that fails, leave a fault behind and tell the reader."""
        from ..fokker_planck.truncation import TooMuchWork

        try:
            yield from job
        except Cancelled:
            raise
        except Exception as error:
            key = map_key(snapshot) if part == "map" else curves_key(snapshot)
            fault = Fault(key, str(error).removesuffix(".") or type(error).__name__)
            text = f"The exact solver stopped at the {part}: {fault.reason}."
            if isinstance(error, TooMuchWork):
                text += " A weaker field or torque, or a larger δ, needs less."

            def tell() -> None:
                if self._closed or not self._wanted(part, snapshot):
                    return
                if part == "map":
                    # Tried again at each move of a drag: the message would come and go, and shift the page.
                    if fault == self._told_of_map:
                        return
                    self._told_of_map = fault
                self._state.message = text

            self._publish(f"{part}_fault", fault, lambda: self._wanted(part, snapshot))
            self._dispatcher.post(f"{id(self)}.{part}.message", tell)

    def _compute_lines(self, snapshot: Snapshot) -> Job:
        # The point and the coarse curves are not dropped half way: while a slider is dragged they are what
        # moves, and a newer request every few milliseconds would starve them.
        from ..fokker_planck import steady_state

        started, key = time.monotonic(), curves_key(snapshot)
        with _blaming("the operating point"):
            steady = steady_state(snapshot.magnet)
        point: list[Point] = [Point(snapshot.magnet, steady, key)]

        def show_point(after: float = 0.0) -> None:
            if point and time.monotonic() - started > after:
                self._publish("point", point.pop())

        def pause(done: float | None) -> None:
            show_point(SHORT)
            if done is not None and time.monotonic() - started > NOTICEABLE:
                # What is superseded says nothing any more, not even what is still on its way.
                self._publish("progress", done, lambda: self._wanted("curves", snapshot))

        def patient(done: float | None) -> object:
            pause(done)
            return KEEP if time.monotonic() - started < PATIENCE else None

        try:
            if key != self._sent:
                # What moves under the reader's hand goes first: a page busy with the rest draws it later.
                coarse = yield from each(_curves(snapshot, key, COARSE_POINTS), patient)
                self._sent = None
                self._publish("curves", coarse)
                yield Rest(SHOWN)
                self._publish("curves", (yield from each(_curves(snapshot, key, FINE_POINTS), pause)))
                self._sent = key
        finally:
            show_point()
        yield None
        density = []
        for rows in np.array_split(lat_long_grid(DENSITY_SHAPE), 1 + steady.ell_max // DEGREES_PER_FRAME):
            density.append(steady.density(rows))
            yield None
        self._publish("density", Density(snapshot.magnet, np.concatenate(density)))

    def _compute_map(self, snapshot: Snapshot) -> Job:
        from ..maps import phase_map as maps

        key = map_key(snapshot)
        rows, columns = MAP_SHAPE
        alpha = np.linspace(-snapshot.alpha_max, snapshot.alpha_max, columns)
        theta = np.linspace(0.0, np.pi / 2, rows)
        steps = maps.levels_in_steps(
            alpha, theta, delta=snapshot.magnet.delta, tol=MAP_TOLERANCE, **key.held.argument
        )
        traced = False
        with _blaming("a point of the map"):
            for level in steps:
                yield None
                if not isinstance(level, maps.Level):
                    continue
                fraction = level.alpha.size * level.theta.size / (rows * columns)
                self._publish("phase_map", MapResult(key, level, fraction))
                if not traced:
                    # The lines say more than a finer picture: they come right after the first coarse one.
                    self._publish("boundaries", (yield from _boundaries(snapshot, key)))
                    traced = True

    def _failed(self, error: Exception) -> None:
        # What a job cannot compute it tells itself: this is of a panel that cannot show a result.
        text = f"The exact solver stopped: {error}"
        self._dispatcher.post("exact.error", lambda: self._state.set_trait("message", text))


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    """Say of what the work is too much, in words for a reader who has no tolerance to choose."""
    from ..fokker_planck.truncation import TooMuchWork

    try:
        yield
    except TooMuchWork as error:
        raise TooMuchWork(f"{what} needs too much work") from error


def _boundaries(snapshot: Snapshot, key: MapKey) -> Steps[Boundaries]:
    from ..maps import phase_map as maps
    from ..maps.boundaries import RangeTooNarrow

    alpha_range = (-snapshot.alpha_max, snapshot.alpha_max)
    try:
        with _blaming("a point of the boundaries"):
            lines = yield from maps.lines_in_steps(
                delta=snapshot.magnet.delta, alpha_range=alpha_range, **key.held.argument
            )
    except RangeTooNarrow as error:
        remedy = "; widen ±α" if error.least <= LIMITS["alpha"][1] else ""
        untraced = f"the field near α = 0 is too strong{remedy}"
    except ValueError as error:
        untraced = str(error)
    else:
        return Boundaries(key, {str(name): found for name, found in lines.items()})
    # The map itself has points where the lines have none: without them it is still worth refining.
    return Boundaries(key, {"S_P": [], "S_B": []}, untraced)


def _curves(snapshot: Snapshot, key: CurvesKey, points: int) -> Steps[Curves]:
    from ..fokker_planck.batch import solve_in_steps

    magnet = snapshot.magnet
    alpha = np.linspace(-snapshot.alpha_max, snapshot.alpha_max, points)
    nu = key.map.held.at(alpha)
    shown = nu <= LARGEST_NU * (1.0 + 1e-12)
    alpha, nu = alpha[shown], nu[shown]
    with _blaming("a point of the curves"):
        solved = yield from solve_in_steps(
            alpha, nu, magnet.delta, magnet.theta, tol=CURVE_TOLERANCE, threads=1
        )
    return Curves(
        key=key,
        alpha=alpha,
        S_P=solved.S_P,
        S_B=solved.S_B,
        Sigma=solved.Sigma,
        closed=theory.rates(alpha, nu, magnet.delta),
        fine=points == FINE_POINTS,
        restricted=not shown.all(),
    )
