"""Fluctuations of the pumped entropy: the paper's closure judged, correlations and variances simulated.

The exact counterparts are :func:`slls_widgets.theory.psi_exact`, and ``autocorrelation`` and
``finite_time_variance`` of :class:`slls_widgets.fokker_planck.SteadyState`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import theory
from ..fokker_planck import SteadyState, steady_state
from ..fokker_planck.spectrum import relaxation_rates
from ..magnet.macrospin import Macrospin
from ..simulation import Ensemble, default_step, relaxation_time

Array = NDArray[np.float64]

__all__ = [
    "Bounded",
    "Samples",
    "Worst",
    "bounded",
    "closure_error",
    "fluctuation_bound",
    "simulated_autocorrelation",
    "simulated_variance",
    "small_field_coefficient",
    "worst_closure",
]

# Burn-in: e^-8 of the start is left.
_RELAXATIONS = 8.0


class Worst(NamedTuple):
    """Where the closure is furthest from the truth, and by how much."""

    xi: float
    error: float


class Samples(NamedTuple):
    """A simulated curve: times in 1/(ηT), values and their standard errors."""

    t: Array
    value: Array
    stderr: Array


class Bounded(NamedTuple):
    """Magnets in a row: Δ_P, its upper bound, and the smallest decay rate of a mode, which is 2 or more."""

    magnets: list[Macrospin]
    Delta_P: Array
    bound: Array
    slowest: Array


def fluctuation_bound(state: SteadyState) -> float:
    """(2c²/√3) √(<(n·p̂)²> - <n·p̂>²) with c = 2να/δ: no less than Δ_P, proved in docs/proof.md.

    Examples
    --------
    >>> isotropic = steady_state(Macrospin(alpha=-0.5, nu=2.0, delta=0.5))
    >>> print(f"{fluctuation_bound(isotropic) / isotropic.Delta_P:.9f}")
    2.000000000
    """
    p = state.magnet.p_hat
    variance = float(p @ state.second_moments @ p - (p @ state.mean_n) ** 2)
    # Rounding may leave a variance of nothing below 0.
    return float(2.0 / math.sqrt(3.0) * state.magnet.pumping**2 * math.sqrt(max(variance, 0.0)))


def bounded(magnets: Sequence[Macrospin]) -> Bounded:
    """What the theorem of docs/proof.md bounds, for each magnet."""
    states = [steady_state(magnet) for magnet in magnets]
    # The basis of the state will do for a curve: a rate with its error takes seven times as long.
    return Bounded(
        list(magnets),
        np.array([state.Delta_P for state in states]),
        np.array([fluctuation_bound(state) for state in states]),
        np.array([relaxation_rates(state.basis, state.frame, 1)[0].real for state in states]),
    )


def closure_error(xi: ArrayLike) -> Array:
    """Relative shortfall 1 - Ψ_closure/Ψ_exact of the paper's closure (SI Eq. 57).

    Examples
    --------
    >>> print(f"{closure_error(3.0):.4f}")
    0.1555
    """
    return 1.0 - theory.psi_closure(xi) / theory.psi_exact(xi)


def worst_closure() -> Worst:
    """The largest shortfall of the closure over all ξ.

    Examples
    --------
    >>> worst = worst_closure()
    >>> print(f"{worst.xi:.2f} {worst.error:.3f}")
    2.94 0.156
    """
    low, high = 1e-2, 1e3
    for _ in range(6):
        grid = np.geomspace(low, high, 101)
        best = int(np.argmax(closure_error(grid)))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 100)]
    return Worst(float(grid[best]), float(closure_error(grid[best])))


def small_field_coefficient(psi: Callable[[float], ArrayLike]) -> float:
    """lim (1/2 - Ψ(ξ))/ξ² for ξ -> 0, from two small fields with the next order taken out.

    Examples
    --------
    >>> round(small_field_coefficient(theory.psi_exact) * 90, 4)
    11.0
    """
    coarse, fine = ((0.5 - float(np.asarray(psi(xi)))) / xi**2 for xi in (0.04, 0.02))
    return (4.0 * fine - coarse) / 3.0


def simulated_autocorrelation(
    magnet: Macrospin, lags: Array, *, trajectories: int = 1024, duration: float = 10.0, seed: int = 0
) -> Samples:
    """C(t) = <n·p̂(0) n·p̂(t)> - <n·p̂>² from paths, with the error from their spread.

    Parameters
    ----------
    lags : array
        Evenly spaced times from 0, in 1/(ηT).
    trajectories, duration, seed
        Independent paths, and how long each is watched after its burn-in.
    """
    spacing = float(lags[1] - lags[0])
    stride = math.ceil(spacing / default_step(magnet))
    frames = max(len(lags) + 1, round(duration / spacing))
    with Ensemble(
        magnet, trajectories=trajectories, dt=spacing / stride, seed=seed, tracked=trajectories
    ) as ensemble:
        ensemble.advance(math.ceil(_RELAXATIONS * relaxation_time(magnet) / ensemble.dt))
        along = ensemble.advance_recorded(frames * stride, stride).paths @ magnet.p_hat
    # The mean of all paths is known far better than one product: what it biases is below the error shown.
    along -= along.mean()
    products = np.stack(
        [np.mean(along[:, : frames - k] * along[:, k:], axis=1) for k in range(len(lags))], axis=1
    )
    return Samples(lags, products.mean(axis=0), products.std(axis=0, ddof=1) / math.sqrt(trajectories))


def simulated_variance(magnet: Macrospin, tau: Array, *, trajectories: int = 4096, seed: int = 0) -> Samples:
    """Var(S_P over τ)/τ at growing times τ of one ensemble that starts in its steady state.

    Each τ is rounded to whole steps; the times returned are those of the values.
    """
    # The automatic step promises a variance over one relaxation time or more. These times may be shorter:
    # hence a quarter of it, and at least ten steps to the shortest τ.
    dt = min(0.25 * default_step(magnet), 0.1 * float(np.min(tau)))
    values = []
    with Ensemble(magnet, trajectories=trajectories, dt=dt, seed=seed) as ensemble:
        ensemble.advance(math.ceil(_RELAXATIONS * relaxation_time(magnet) / ensemble.dt))
        ensemble.restart_statistics()
        times = []
        done = 0
        for wanted in np.sort(tau):
            steps = max(round(float(wanted) / ensemble.dt), done + 1)
            ensemble.advance(steps - done)
            done = steps
            times.append(ensemble.elapsed)
            values.append(ensemble.estimates().Delta_P)
    return Samples(
        np.array(times),
        np.array([estimate.value for estimate in values]),
        np.array([estimate.stderr for estimate in values]),
    )
