"""How the entropies of single trajectories over a finite time are distributed.

A trajectory that starts in the steady state and runs for τ produces S_tot = ln p(n_0)/p(n_τ) + S_P + S_B
(docs/physics.md, section 5). Its mean is Στ exactly, and ⟨exp(-S_tot)⟩ = 1 exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .units import round_up

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState
    from ..simulation import Ensemble, Estimate

__all__ = ["LEAST_STEPS", "MOST_TRAJECTORIES", "Distribution", "Stretches", "stretch_time"]

Array = NDArray[np.float64]

# Στ with a mean beside many negative values: ⟨exp(-S_tot)⟩ is made by them. At 0.5 a few rare ones carry it
# where production is uneven, and it stays low, and sure of it. τ is at most a few relaxation times.
_AIM = 0.2
LEAST_STEPS, _MOST_RELAXATIONS = 4, 4.0
# An average of n numbers with the effective number (Σw)²/Σw² below this share of n is carried by rare ones.
_CONVERGED = 0.3
#: Trajectories that are worth following for it.
MOST_TRAJECTORIES = 256
_FEWEST, _TERMS = 32, 50_000
_KEPT = 40_000
_BINS = 48


@dataclass(frozen=True, eq=False)
class Distribution:
    """S_P, S_B and S_tot of many stretches of time τ.

    Attributes
    ----------
    tau : float
        Length of a stretch in 1/(ηT).
    edges : ndarray
        Ends of the bins, the same for all three.
    pumped, bath, total : ndarray
        Densities of the newest samples in the bins.
    mean, fluctuation : Estimate
        Simulated ⟨S_tot⟩ and ⟨exp(-S_tot)⟩.
    exact_means : tuple of float
        S_P τ, S_B τ and Στ.
    negative : float
        Share of stretches with S_tot < 0.
    converged : bool
        Whether ⟨exp(-S_tot)⟩ is made by many stretches. If not, its standard error means nothing.
    """

    tau: float
    edges: Array
    pumped: Array
    bath: Array
    total: Array
    mean: Estimate
    fluctuation: Estimate
    exact_means: tuple[float, float, float]
    negative: float
    converged: bool


def stretch_time(steady: SteadyState) -> float:
    """Length of a stretch at a steady state, in 1/(ηT)."""
    from ..simulation import relaxation_time

    return min(_AIM / max(steady.Sigma, 1e-300), _MOST_RELAXATIONS * relaxation_time(steady.magnet))


class Stretches:
    """Gather S_P, S_B and S_tot from an ensemble that is in its steady state.

    Parameters
    ----------
    ensemble : Ensemble
        A few hundred trajectories, used by nobody else.
    steady : SteadyState
        Gives p(n) and the exact mean.
    seconds : float
        What a slice of work may take.
    """

    def __init__(self, ensemble: Ensemble, steady: SteadyState, seconds: float = 0.02) -> None:
        from ..simulation.pace import Pace

        self._ensemble, self._steady = ensemble, steady
        self.steps = max(LEAST_STEPS, round(stretch_time(steady) / ensemble.dt))
        self._left = self.steps
        self._pace = Pace(ensemble, seconds)
        # The density is a series of that many terms: fewer points of it where there are thousands.
        self._count = min(ensemble.trajectories, max(_FEWEST, _TERMS // (steady.ell_max + 1)))
        self._total, self._weight = np.zeros(self._count), np.zeros(self._count)
        self._used = np.zeros(self._count)
        self._squares = 0.0
        self._samples: list[Array] = []
        self._before = self._seen()

    @property
    def tau(self) -> float:
        """Length of a stretch in 1/(ηT)."""
        return self.steps * self._ensemble.dt

    def advance(self) -> bool:
        """A slice of work: some steps, or the samples of a complete stretch; whether it was those."""
        if self._left:
            self._left -= self._pace.advance(self._left)
            return False
        self._left = self.steps
        before, self._before = self._before, self._seen()
        known = np.isfinite(before[0]) & np.isfinite(self._before[0])
        boundary, pumped, bath = (self._before - before)[:, known]
        total = pumped + bath - boundary
        self._total[known] += total
        weight = np.exp(-total)
        self._weight[known] += weight
        self._squares += float(weight @ weight)
        self._used[known] += 1.0
        self._samples.append(np.array([pumped, bath, total]))
        if sum(each.shape[1] for each in self._samples) > _KEPT:
            del self._samples[0]
        return True

    def distribution(self) -> Distribution | None:
        """What has been gathered; None before the first stretch."""
        if not self._samples:
            return None
        samples = np.concatenate(self._samples, axis=1)
        edges = _edges(samples)
        pumped, bath, total = (
            np.histogram(each, edges)[0] / (each.size * np.diff(edges)) for each in samples
        )
        steady = self._steady
        return Distribution(
            tau=self.tau,
            edges=edges,
            pumped=pumped,
            bath=bath,
            total=total,
            mean=self._mean(self._total),
            fluctuation=self._mean(self._weight),
            exact_means=(steady.S_P * self.tau, steady.S_B * self.tau, steady.Sigma * self.tau),
            negative=float(np.mean(samples[2] < 0.0)),
            converged=self._weight.sum() ** 2 >= _CONVERGED * self._squares * self._used.sum(),
        )

    def _seen(self) -> Array:
        """Now, of each trajectory: ln p, S_P and S_B since the beginning; shape (3, trajectories)."""
        ensemble, count = self._ensemble, self._count
        density = self._steady.density(ensemble.n[:count])
        # Far in the tails the series is all rounding: a visit there has no logarithm to take.
        logarithm = np.log(np.where(density > 0.0, density, np.nan))
        return np.array([logarithm, ensemble.pumped[:count], ensemble.bath[:count]])

    def _mean(self, sums: Array) -> Estimate:
        # Trajectories are independent of one another, stretches of the same one need not be.
        from ..simulation.estimators import mean

        used = self._used > 0.0
        return mean(sums[used] / self._used[used])


def _edges(samples: Array) -> Array:
    """Bin edges for all rows, at round multiples, so that they rest while samples come in."""
    low, high = np.percentile(samples, [0.1, 99.9])
    wide = max(float(high - low), 1e-6) / _BINS
    width = round_up(wide)
    first, last = math.floor(low / width) - 1, math.ceil(high / width) + 1
    return width * np.arange(first, last + 1)
