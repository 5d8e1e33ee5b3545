"""What the live simulation works with at one operating point, and what it publishes of it.

Two ensembles run side by side. The *bulk* gathers statistics as fast as its share of the processor allows.
The *tracers* are three trajectories moved at a pace the eye can follow, about two seconds per precession
turn; they draw the tails on the sphere and the cumulative entropies of the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .burn_in import burn_in_steps
from .distribution import MOST_TRAJECTORIES, Distribution, Stretches
from .state import Settings, Snapshot

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState
    from ..macrospin import Macrospin
    from ..simulation import Ensemble, Estimate, Estimates

__all__ = ["Bench", "Fluctuation", "Frame", "Reading"]

Array = NDArray[np.float64]

SLICE_SECONDS = 0.02
TRACERS = 3
FRAMES_PER_TURN = 50.0
STEPS_PER_FRAME = 4
LEDGER_POINTS = 400


@dataclass(frozen=True, eq=False)
class Frame:
    """New pieces of the tracers' paths, shape (tracers, pieces, 3), and the point they belong to."""

    magnet: Macrospin
    paths: Array
    #: Whether they do not continue those of the frame before.
    fresh: bool = False


@dataclass(frozen=True, eq=False)
class Fluctuation:
    """Var(S_P over τ)/τ as simulated until ``time``, and the exact value at the same finite τ.

    With few trajectories τ is a stretch of ``time``, otherwise all of it (`simulation.Ensemble`).
    """

    tau: float
    time: float
    simulated: Estimate
    exact: float

    @property
    def z(self) -> float:
        """Distance in standard errors of the logarithm."""
        return self.simulated.log_z(self.exact)


@dataclass(frozen=True, eq=False)
class Reading:
    """Statistics so far, with the parameters they belong to.

    Attributes
    ----------
    estimates : Estimates
        Means with standard errors of S_P, S_B, Sigma and Delta_P from the bulk.
    fluctuation : Fluctuation, optional
        The finite-time fluctuation, renewed each time τ has grown by a twentieth, as soon as its exact value
        is known.
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
    fluctuation: Fluctuation | None
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


class Bench:
    """The ensembles of one operating point.

    Parameters
    ----------
    snapshot : Snapshot
        Point and settings.
    cancelled : callable
        Asked while the ensembles are made.
    """

    _ledger: list[tuple[float, float, float]]
    _fresh: bool

    def __init__(self, snapshot: Snapshot, cancelled: Callable[[], bool]) -> None:
        from ..simulation import Ensemble, Estimate
        from ..simulation.pace import Pace

        self._snapshot = snapshot
        self._bulk = Ensemble(
            snapshot.magnet,
            trajectories=snapshot.settings.trajectories,
            dt=snapshot.settings.dt,
            scheme=snapshot.settings.scheme,
            seed=snapshot.settings.seed,
            cancel=cancelled,
        )
        self._pace = Pace(self._bulk, SLICE_SECONDS)
        self._burn_in = burn_in_steps(snapshot.magnet, self._bulk.dt)
        self._unsettled = self._burn_in
        self._steady: SteadyState | None = None
        self._fluctuation: Fluctuation | None = None
        self._seen: tuple[float, float, Estimate] = (0.0, 0.0, Estimate(math.nan, math.nan))
        self._stretches: Stretches | None = None
        self._turn = 0
        self._trace()

    @property
    def settling(self) -> float:
        """Share of the burn-in that is done; 1 once statistics are gathered."""
        return 1.0 - self._unsettled / self._burn_in

    @property
    def settled(self) -> bool:
        """Whether the start is forgotten and statistics are gathered."""
        return self._unsettled == 0

    @property
    def measured(self) -> bool:
        """Whether there is anything to read yet."""
        return self.settled and self._bulk.elapsed > 0.0

    @property
    def seconds_to_settle(self) -> float:
        """Work left of the burn-in, from the speed so far."""
        return self._unsettled * self._pace.worked / max(self._pace.steps, 1)

    def advance(self, with_distribution: bool) -> None:
        """A slice of work: of the burn-in, then of the statistics, and of the distribution in turns."""
        if self._unsettled:
            self._unsettled -= self._pace.advance(self._unsettled)
            if not self._unsettled:
                self._bulk.restart_statistics()
                self._trace()
            return
        self._turn += 1
        if with_distribution and self._steady is not None and self._turn % 2:
            if self._stretches is None:
                self._stretches = self._new_stretches(self._steady)
            self._stretches.advance()
        else:
            self._pace.advance()

    def frame(self) -> Frame:
        """Move the tracers on."""
        seen = self._tracers.advance_recorded(STEPS_PER_FRAME * self._stride, self._stride)
        self._ledger.append((self._tracers.elapsed, float(seen.pumped[0, -1]), float(seen.bath[0, -1])))
        if len(self._ledger) > LEDGER_POINTS:
            # Keep the whole history at half the resolution rather than only its end.
            self._ledger = [*self._ledger[:-1:2], self._ledger[-1]]
        fresh, self._fresh = self._fresh, False
        return Frame(self._snapshot.magnet, seen.paths, fresh)

    def reading(self) -> Reading:
        """Statistics so far."""
        ledger = np.array(self._ledger)
        estimates = self._bulk.estimates()
        self._seen = self._bulk.stretch, self._bulk.elapsed, estimates.Delta_P
        compared = self._fluctuation
        if compared is not None and compared.tau == self._bulk.stretch:
            # With few trajectories τ is that of a stretch and stays: more stretches, the same exact value.
            compared = replace(compared, time=self._bulk.elapsed, simulated=estimates.Delta_P)
        return Reading(
            magnet=self._snapshot.magnet,
            settings=self._snapshot.settings,
            estimates=estimates,
            fluctuation=compared,
            time=self._bulk.elapsed,
            dt=self._bulk.dt,
            steps_per_second=self._pace.steps_per_second,
            ledger=(ledger[:, 0], ledger[:, 1], ledger[:, 2]),
            distribution=None if self._stretches is None else self._stretches.distribution(),
        )

    @property
    def comparison_due(self) -> bool:
        """Whether τ has grown by a twentieth since the fluctuation was last compared."""
        compared = self._fluctuation
        return self._seen[0] > 0.0 and (compared is None or self._seen[0] > 1.05 * compared.tau)

    def compare(self) -> None:
        """Solve for what the newest reading is to be compared with.

        It takes up to half a second and cannot be interrupted: for a thread other than that of the slices.
        """
        from ..fokker_planck import steady_state

        tau, time, simulated = self._seen
        if self._steady is None:
            self._steady = steady_state(self._snapshot.magnet)
        self._fluctuation = Fluctuation(tau, time, simulated, float(self._steady.finite_time_variance(tau)))

    def _trace(self) -> None:
        """New tracers where the bulk is; after the burn-in, draws from the steady state."""
        self._tracers, self._stride = _tracers(
            self._snapshot, np.resize(self._bulk.n[:TRACERS], (TRACERS, 3))
        )
        self._ledger = [(0.0, 0.0, 0.0)]
        self._fresh = True

    def _new_stretches(self, steady: SteadyState) -> Stretches:
        from ..simulation import Ensemble

        count = min(self._bulk.trajectories, MOST_TRAJECTORIES)
        ensemble = Ensemble(
            self._snapshot.magnet,
            trajectories=count,
            dt=self._bulk.dt,
            scheme=self._bulk.scheme,
            seed=self._bulk.seed + 2**32,  # beyond all seeds of a bulk: noise of its own
            initial=self._bulk.n[:count],
        )
        return Stretches(ensemble, steady, SLICE_SECONDS)


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
