"""What entropy pumping costs: uncertainty product, fluctuation theorem, the asymptotically ideal engine.

Reversing time turns m into -m and **H** into -**H** and keeps **P**: the reversed process is another magnet,
the partner α -> -α seen after a half turn about y. The fluctuation theorem therefore relates two processes.
The proofs of the usual bound on the uncertainty product assume variables that are even under reversal, a
process that is its own reverse, and currents counted by transitions. None of the three holds here: m is odd,
the reverse is the partner, and S_P integrates a function of the state. Underdamped systems break the bound,
too (docs/references.md, pietzonka-2022).
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import theory
from ..fokker_planck import counting, solve_many, steady_state
from ..magnet import phase
from ..magnet.macrospin import Macrospin
from ..simulation import simulate
from ..simulation.estimators import Estimate, mean

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

_PART = 2048
# So many times e^{2 Sigma tau} trajectories give <e^-S> an error of a fifth or so.
_ENOUGH = 25

__all__ = [
    "DampingRoute",
    "Engine",
    "TheoremTest",
    "axis_product",
    "damping_route",
    "engine",
    "off_axis_product",
    "on_axis_product",
    "over_bound",
    "over_limit",
    "power_over_allowed",
    "refrigerator_bound",
    "symmetry_residual",
    "theorem_test",
    "uncertainty_product",
]


class TheoremTest(NamedTuple):
    """Histogram test of P(S_tot = s)/P'(S_tot' = -s) = e^s.

    ``forward`` and ``backward`` are densities over s: of S_tot, and of -S_tot' of the partner, with standard
    errors; ``log_ratio`` is NaN in bins with fewer than 25 counts on either side.
    """

    s: Array
    forward: Array
    forward_stderr: Array
    backward: Array
    backward_stderr: Array
    log_ratio: Array
    log_ratio_stderr: Array
    #: <e^{-S_tot}> of the process and of its partner: 1 for any duration.
    exponential_average: Estimate
    partner_average: Estimate

    @property
    def z(self) -> Array:
        """(log_ratio - s) in standard errors, without the empty bins."""
        scores = (self.log_ratio - self.s) / self.log_ratio_stderr
        return np.asarray(scores[np.isfinite(scores)])


class Engine(NamedTuple):
    """Power and its costs along a line of growing field at fixed torque; arrays of one shape."""

    alpha: Array
    S_P: Array
    Sigma: Array
    Delta_P: Array
    efficiency: Array
    uncertainty_product: Array


class DampingRoute(NamedTuple):
    """Rates in units of γ₀T/m along a line of growing damping: those in ηT, times δ."""

    delta: Array
    S_P: Array
    S_B: Array
    Sigma: Array
    Delta_P: Array


def uncertainty_product(dataset: xr.Dataset) -> Array:
    """Q = Δ_P Σ/S_P² over a map of :func:`slls_widgets.phase_map`; +inf where S_P = 0."""
    return phase.uncertainty_product(*(dataset[name].values for name in ("S_P", "Sigma", "Delta_P")))


def on_axis_product(alpha: ArrayLike, nu: ArrayLike, delta: float) -> Array:
    """Strong-field limit of Q at θ = 0, 2α²(1+δ²)/(δ²ν²)."""
    return np.asarray(2.0 * (1.0 + delta**2) * (np.asarray(alpha) / (delta * np.asarray(nu))) ** 2)


def off_axis_product(alpha: ArrayLike, nu: ArrayLike, theta: float) -> Array:
    """Strong-field limit of Q at 0 < θ < π/2, 4α² sin²θ/ν, whatever δ (from the limits of its factors)."""
    return np.asarray(4.0 * np.asarray(alpha) ** 2 * math.sin(theta) ** 2 / np.asarray(nu))


def axis_product(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """Q at θ = 0 in closed form, 4(1+δ²) [α/(α+δ)]² Ψ(ξ) with the exact Ψ; α not -δ.

    From Δ_P = 8α²χΨ/(α+δ)², Σ = 2χα²(1+δ²)/(α+δ)² and S_P = 2χα/(α+δ).

    Examples
    --------
    >>> print(f"{float(axis_product(-1.5, 2.0, 0.866)):.5f}")
    12.21175
    """
    alpha, delta = np.asarray(alpha, dtype=float), np.asarray(delta, dtype=float)
    psi = theory.psi_exact(theory.xi(alpha, nu, delta))
    return np.asarray(4.0 * (1.0 + delta**2) * (alpha / (alpha + delta)) ** 2 * psi)


def refrigerator_bound(delta: ArrayLike) -> Array:
    """No refrigerator at θ = 0 reaches Q = 2/(1+δ²).

    In this phase 0 < α < 1/δ, so α/(α+δ) < 1/(1+δ²), and Ψ <= 1/2.
    """
    return np.asarray(2.0 / (1.0 + np.asarray(delta, dtype=float) ** 2))


def power_over_allowed(S_P: ArrayLike, S_B: ArrayLike, Delta_P: ArrayLike) -> Array:
    """S_P of a refrigerator over the most that Pietzonka and Seifert's trade-off would allow.

    Their bound, written with the efficiency ε = -S_B/S_P for an engine whose ideal is ε = 1, reads
    S_P <= Δ_P (1-ε)/2 (docs/references.md, pietzonka-2018). Since Σ = S_P (1-ε), the ratio is 2/Q.
    """
    S_P, S_B = np.asarray(S_P, dtype=float), np.asarray(S_B, dtype=float)
    return np.asarray(S_P / (np.asarray(Delta_P) * (1.0 + S_B / S_P) / 2.0))


def damping_route(delta: ArrayLike, *, alpha: float, nu: float, theta: float = 0.0) -> DampingRoute:
    """What growing damping does at fixed γ₀, m, T, H and P, that is at fixed α and ν.

    The unit ηT grows with the damping, so rates are given in γ₀T/m, which does not.

    Examples
    --------
    >>> print(np.round(damping_route([0.1, 1.0, 5.0, 30.0], alpha=0.1, nu=30.0).Sigma, 2))
    [ 2.98  1.06  2.96 17.36]
    """
    delta = np.asarray(delta, dtype=float)
    found = solve_many(alpha, nu, delta, theta)
    return DampingRoute(delta, *(delta * getattr(found, name) for name in DampingRoute._fields[1:]))


def over_bound(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """Q at θ = 0 over the bound that holds there, from closed forms; α neither 0 nor -δ.

    Examples
    --------
    >>> print(f"{float(over_bound(0.5, 2.0, 0.866)):.4f}")
    1.0717
    """
    rates = theory.rates(alpha, nu, delta)
    product = phase.uncertainty_product(rates.S_P, rates.Sigma, theory.delta_p(alpha, nu, delta))
    return np.asarray(product / theory.uncertainty_bound(alpha, nu, delta))


def over_limit(alpha: ArrayLike, *, alpha_nu: float, delta: float, theta: float = 0.0) -> Array:
    """Q over its strong-field limit at fixed torque: tends to 1 as α -> 0."""
    alpha = np.asarray(alpha, dtype=float)
    nu = alpha_nu / np.abs(alpha)
    limit = off_axis_product(alpha, nu, theta) if theta else on_axis_product(alpha, nu, delta)
    return engine(alpha, alpha_nu=alpha_nu, delta=delta, theta=theta).uncertainty_product / limit


def symmetry_residual(magnet: Macrospin, k: ArrayLike, partner: Macrospin | None = None) -> float:
    """max |λ(k) - λ'(-1-k)| for the total entropy of a magnet and of its partner (or of another magnet)."""
    k = np.asarray(k, dtype=float)
    own = counting.scgf(magnet, k, "total")
    other = counting.scgf(partner or magnet.partner(), -1.0 - k, "total")
    return float(np.max(np.abs(own - other)))


def theorem_test(
    magnet: Macrospin, duration: float, *, trajectories: int = 40_000, bins: int = 24, seed: int = 0
) -> TheoremTest:
    """Test the fluctuation theorem at a finite time on simulated paths.

    Paths start in the steady state p, and S_tot = ln p(n₀)/p(n_τ) + S_P + S_B. Those of the partner start in
    the mirror image of p (n_y -> -n_y), and the same mirrored p stands in their logarithm.

    Warns
    -----
    UserWarning
        If the paths produce so much entropy that the two distributions hardly overlap: then <e^-S> hangs on
        paths too rare to be among those simulated, and says nothing. The warning suggests a duration.
    """
    exact = steady_state(magnet, 1e-12)
    density = exact.density
    # S has the variance 2 Sigma tau or so, and e^-S that of a lognormal number.
    longest = 0.5 * math.log(trajectories / _ENOUGH)
    if longest <= 0.0:
        warnings.warn(
            f"{trajectories} trajectories are too few to tell anything of <e^-S>; take hundreds at least.",
            stacklevel=2,
        )
    elif exact.Sigma * duration > longest:
        warnings.warn(
            f"Sigma tau = {exact.Sigma * duration:.3g}: hardly one of {trajectories} paths has negative "
            "entropy, and <e^-S> does not converge; this breaks no theorem. Take a duration of at most "
            f"{longest / exact.Sigma:.2g} for Sigma tau = {longest:.2g}.",
            stacklevel=2,
        )

    def log_density(n: Array) -> Array:
        # In parts that fit the cache.
        parts = np.array_split(n, len(n) // _PART + 1)
        return np.asarray(np.log(np.concatenate([density(part) for part in parts])))

    def mirrored(n: Array) -> Array:
        return log_density(n * [1.0, -1.0, 1.0])

    run = simulate(magnet, trajectories, duration, seed=seed)
    # Independent of the first run: another seed gives another sample of the steady state.
    start = simulate(magnet, trajectories, run.dt, dt=run.dt, seed=seed + 1).paths.end
    back = simulate(
        magnet.partner(), trajectories, duration, seed=seed + 2, initial=start * [1.0, -1.0, 1.0], burn_in=0.0
    )
    forward, backward = run.paths.total(log_density), -back.paths.total(mirrored)
    low, high = np.quantile(np.concatenate([forward, backward]), [0.002, 0.998])
    edges = np.linspace(low, high, bins + 1)
    p, q = (np.histogram(each, edges)[0] for each in (forward, backward))
    enough = (p >= 25) & (q >= 25)
    width = trajectories * np.diff(edges)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.where(enough, np.log(p / q), np.nan)
        stderr = np.where(enough, np.sqrt(1.0 / p + 1.0 / q), np.nan)
    # Within a bin both densities vary; their ratio is e^s at this s, not at the middle.
    centre = _tilted_centre(forward, edges)
    return TheoremTest(
        s=centre,
        forward=p / width,
        forward_stderr=np.sqrt(p) / width,
        backward=q / width,
        backward_stderr=np.sqrt(q) / width,
        log_ratio=log_ratio,
        log_ratio_stderr=stderr,
        exponential_average=mean(np.exp(-forward)),
        partner_average=mean(np.exp(backward)),
    )


def engine(alpha: ArrayLike, *, alpha_nu: float, delta: float, theta: float = 0.0) -> Engine:
    """Power, cost, fluctuation, and efficiency of the working phases (else NaN) at fixed torque."""
    alpha = np.asarray(alpha, dtype=float)
    solved = solve_many(alpha, alpha_nu / np.abs(alpha), delta, theta)
    efficiency = phase.efficiency(solved.S_P, solved.S_B, solved.S_P_error, solved.S_B_error)
    product = phase.uncertainty_product(solved.S_P, solved.Sigma, solved.Delta_P)
    return Engine(alpha, solved.S_P, solved.Sigma, solved.Delta_P, efficiency, product)


def _tilted_centre(samples: Array, edges: Array) -> Array:
    """-ln <e^{-s}> of the samples of each bin: the s at which e^s is the ratio of the bin's two shares."""
    where = np.digitize(samples, edges) - 1
    inside = (where >= 0) & (where < len(edges) - 1)
    counts = np.bincount(where[inside], minlength=len(edges) - 1)
    sums = np.bincount(where[inside], np.exp(-samples[inside]), minlength=len(edges) - 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    filled = counts > 0
    return np.where(filled, -np.log(np.where(filled, sums, 1.0) / np.where(filled, counts, 1)), middle)
