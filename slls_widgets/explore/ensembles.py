"""What the live simulation works with at one operating point, and what it publishes of it.

Two ensembles run side by side. The *bulk* gathers statistics as fast as its share of the processor allows.
The *tracers* are three trajectories moved at a pace the eye can follow, about two seconds per precession
turn; they draw the tails on the sphere and the cumulative entropies of the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .burn_in import burn_in_steps
from .distribution import LEAST_STEPS, MOST_TRAJECTORIES, Distribution, Stretches, stretch_time
from .paths import Path, PathRecorder
from .state import Settings, Snapshot
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState
    from ..magnet.macrospin import Macrospin
    from ..simulation import Ensemble, Estimate, Estimates

__all__ = ["Fluctuation", "LiveEnsembles", "Reading", "Trace"]

Array = NDArray[np.float64]

SLICE_SECONDS = 0.02
TRACERS = 3
PIECES_PER_TURN = 50.0
STEPS_PER_PIECE = 4
# A window of the ledger: long beside what relaxes, some seconds of watching in any field.
WINDOW_RELAXATIONS = 12.0
# τ of the fluctuation: so long that Var/τ is close to Δ_P, and that reading it off costs little.
STRETCH_RELAXATIONS = 20.0
# After so long a path is as good as Brownian motion. Error bars of fewer than 16 trajectories are made of
# stretches of that length (`Ensemble.estimates`); before one has run as long as 32, nothing is marked.
UNIT_RELAXATIONS, FEW, FEW_STRETCHES = 5.0, 16, 32


@dataclass(frozen=True, eq=False)
class Trace:
    """New pieces of the tracers' paths, shape (tracers, pieces, 3), and the point they belong to."""

    magnet: Macrospin
    paths: Array
    #: Whether they do not continue those of the trace before.
    fresh: bool = False


@dataclass(frozen=True, eq=False)
class Fluctuation:
    """Var(S_P over τ)/τ as simulated over stretches of τ, and the exact value at the same τ."""

    tau: float
    #: τ in steps.
    steps: int
    simulated: Estimate
    exact: float
    degrees_of_freedom: float

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
        The fluctuation over times of a fixed τ, once there is enough of it and its exact value is known.
    time : float
        Time each trajectory has run since the statistics began, in 1/(ηT).
    steps_per_second : float
        Trajectory steps per second of processor time.
    ledger : Path
        The first tracer over some relaxation times.
    long_run : Path
        One trajectory of the bulk since the statistics began.
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
    ledger: Path
    long_run: Path
    distribution: Distribution | None = None

    def step_bias(self, name: str, steady: SteadyState) -> float:
        """Bound on the bias of an automatic step (``simulation.default_step``), 0 for one that was chosen.

        Averaged for long enough, any scheme's error bar shrinks below its bias; what is stated in advance
        is no disagreement, what a chosen step brings is. Infinite where nothing is stated: of Delta_P by a
        scheme that does not promise it.
        """
        if self.settings.dt is not None:
            return 0.0
        from ..simulation.schemes import scheme_named
        from ..simulation.step_size import SPREAD_TOLERANCE, stated_bias

        if name == "Delta_P":
            exact = self.fluctuation.exact if self.fluctuation else steady.Delta_P
            promised = scheme_named(self.settings.scheme).promises_spread
            return SPREAD_TOLERANCE * exact if promised else math.inf
        pumped, bath = stated_bias(self.magnet, steady.S_P, steady.S_B)
        return {"S_P": pumped, "S_B": bath, "Sigma": pumped + bath}[name]

    def verdict(self, name: str, steady: SteadyState) -> Verdict | None:
        """How a simulated value compares with the exact one; None where there is nothing to compare."""
        from ..simulation import relaxation_time

        bias, unit = self.step_bias(name, steady), UNIT_RELAXATIONS * relaxation_time(self.magnet)
        seen = self.fluctuation
        if name == "Delta_P":
            if seen is None or not math.isfinite(seen.z) or not seen.simulated.stderr > 0.0:
                return None
            # In standard errors of the logarithm, as z is.
            bias *= seen.simulated.value / (seen.exact * seen.simulated.stderr) if bias else 0.0
            return judge(seen.z, bias, seen.degrees_of_freedom, self.time / unit)
        estimate = getattr(self.estimates, name)
        if not estimate.stderr > 0.0:
            return None
        count = self.settings.trajectories
        # The stretches of one trajectory alone may be twice as long.
        few = (FEW_STRETCHES if count > 1 else FEW_STRETCHES // 2) if self.time > FEW_STRETCHES * unit else 1
        degrees = count - 1 if count >= FEW else few - 1
        return judge(estimate.z(getattr(steady, name)), bias / estimate.stderr, degrees, self.time / unit)


class LiveEnsembles:
    """The ensembles of one operating point.

    Parameters
    ----------
    snapshot : Snapshot
        Point and settings.
    cancelled : callable
        Asked while the ensembles are made.
    """

    _ledger: PathRecorder
    _fresh: bool

    def __init__(self, snapshot: Snapshot, cancelled: Callable[[], bool]) -> None:
        from ..simulation import Ensemble, relaxation_time
        from ..simulation.finite_time import FiniteTimeVariance
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
        tau = STRETCH_RELAXATIONS * relaxation_time(snapshot.magnet)
        self._spread = FiniteTimeVariance(self._bulk, math.ceil(tau / self._bulk.dt))
        self._pace = Pace(self._spread, SLICE_SECONDS)
        self._burn_in = burn_in_steps(snapshot.magnet, self._bulk.dt)
        self._unsettled = self._burn_in
        self._steady: SteadyState | None = None
        self._variance = math.nan
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
                self._spread.restart()
                self._trace()
            return
        self._turn += 1
        if with_distribution and self._steady is not None and self._turn % 2:
            if self._stretches is None:
                self._stretches = self._new_stretches(self._steady)
            self._stretches.advance()
        else:
            self._pace.advance()
            _keep(self._long, self._bulk)

    def trace(self) -> Trace:
        """Move the tracers on."""
        seen = self._tracers.advance_recorded(STEPS_PER_PIECE * self._stride, self._stride)
        _keep(self._ledger, self._tracers)
        fresh, self._fresh = self._fresh, False
        return Trace(self._snapshot.magnet, seen.paths, fresh)

    def reading(self) -> Reading:
        """Statistics so far."""
        fluctuation, simulated = None, self._spread.estimate()
        if math.isfinite(self._variance) and math.isfinite(simulated.value):
            fluctuation = Fluctuation(
                self._spread.tau,
                self._spread.steps,
                simulated,
                self._variance,
                self._spread.degrees_of_freedom,
            )
        return Reading(
            magnet=self._snapshot.magnet,
            settings=self._snapshot.settings,
            estimates=self._bulk.estimates(),
            fluctuation=fluctuation,
            time=self._bulk.elapsed,
            dt=self._bulk.dt,
            steps_per_second=self._pace.steps_per_second,
            ledger=self._ledger.path(),
            long_run=self._long.path(),
            distribution=None if self._stretches is None else self._stretches.distribution(),
        )

    @property
    def comparison_due(self) -> bool:
        """Whether what the readings are to be compared with is not known yet."""
        return math.isnan(self._variance)

    def compare(self) -> None:
        """Solve for what the readings are to be compared with.

        It takes up to half a second and cannot be interrupted: for a thread other than that of the slices.
        """
        from ..fokker_planck import steady_state

        steady = steady_state(self._snapshot.magnet)
        self._variance = float(steady.finite_time_variance(self._spread.tau))
        self._steady = steady

    def _trace(self) -> None:
        """New tracers where the bulk is; after the burn-in, draws from the steady state."""
        self._tracers, self._stride = _tracers(
            self._snapshot, np.resize(self._bulk.n[:TRACERS], (TRACERS, 3))
        )
        from ..simulation import relaxation_time

        magnet = self._snapshot.magnet
        self._ledger = PathRecorder(magnet, WINDOW_RELAXATIONS * relaxation_time(magnet))
        _keep(self._ledger, self._tracers)
        self._long = PathRecorder(magnet)
        _keep(self._long, self._bulk)
        self._fresh = True

    def _new_stretches(self, steady: SteadyState) -> Stretches:
        from ..simulation import Ensemble

        count = min(self._bulk.trajectories, MOST_TRAJECTORIES)
        tau = stretch_time(steady)
        ensemble = Ensemble(
            self._snapshot.magnet,
            trajectories=count,
            dt=min(self._bulk.dt, tau / LEAST_STEPS),
            scheme=self._bulk.scheme,
            seed=self._bulk.seed + 2**32,  # beyond all seeds of a bulk: noise of its own
            initial=self._bulk.n[:count],
        )
        return Stretches(ensemble, steady, SLICE_SECONDS)


def _keep(recorder: PathRecorder, ensemble: Ensemble) -> None:
    """Record the first trajectory."""
    now = ensemble.tracked_now()
    recorder.add(ensemble.elapsed, now.n[0], float(now.pumped[0]), float(now.bath[0]))


def _tracers(snapshot: Snapshot, start: Array) -> tuple[Ensemble, int]:
    """Three slow trajectories: a turn of precession takes about two seconds of watching."""
    from ..simulation import Ensemble, default_step

    magnet = snapshot.magnet
    turn = 2.0 * math.pi / max(float(np.linalg.norm(magnet.precession)), 5.0)
    piece = turn / PIECES_PER_TURN / STEPS_PER_PIECE
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
