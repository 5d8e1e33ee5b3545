"""One function for each equation; `arithmetic` keeps them finite and smooth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arguments import reals
from .arithmetic import (
    STRONG,
    Array,
    alpha_plus_delta,
    boltzmann_nodes,
    chi_over_xi2,
    finite,
    fluctuation_integral,
    langevin_slope,
    one_minus_product,
    one_plus_square,
    product,
    safe_xi,
    spread,
    strong_series,
)

__all__ = [
    "EffectiveField",
    "Rates",
    "SpecialPoints",
    "TimeScales",
    "chi",
    "delta_p",
    "delta_p_closure",
    "delta_p_strong_field",
    "effective_field",
    "langevin",
    "psi_closure",
    "psi_exact",
    "rates",
    "special_points",
    "time_scales",
    "uncertainty_bound",
    "xi",
]


class Rates(NamedTuple):
    """Steady-state entropy rates in units of ηT: pumped, bath, and their sum Σ >= 0."""

    S_P: Array
    S_B: Array
    Sigma: Array


class SpecialPoints(NamedTuple):
    """The three values of α at which something vanishes when θ = 0 (paper, Fig. 2)."""

    equilibrium: float
    isotropic: float
    insulating: float


class TimeScales(NamedTuple):
    """Times in 1/(ηT): precession and damping, bare and in the effective field (paper Eqs. 2, 15)."""

    precession: Array
    damping: Array
    effective_precession: Array
    effective_damping: Array


class EffectiveField(NamedTuple):
    """H'/H and γ₀'/γ₀ (paper Eq. 13)."""

    field: Array
    gyromagnetic_ratio: Array


def xi(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """ξ = ν(1 + α/δ), the reduced effective field (SI Eq. 27)."""
    alpha, nu, delta = _parameters(alpha, nu, delta)
    return finite("xi", product(nu, *alpha_plus_delta(alpha, delta), over=(delta,)), alpha, nu, delta)


def langevin(x: ArrayLike) -> Array:
    """Langevin function L(ξ) = coth ξ - 1/ξ, the mean of n·ĥ at θ = 0 (SI Eq. 25).

    Examples
    --------
    >>> float(langevin(0.0)), float(langevin(1e6))
    (0.0, 0.999999)
    """
    field = _field(x)
    return field * chi_over_xi2(field)


def chi(x: ArrayLike) -> Array:
    """χ(ξ) = ξ coth ξ - 1 (paper Eq. 17): even, ξ²/3 at 0, |ξ| - 1 at infinity.

    Examples
    --------
    >>> float(chi(0.0)), round(float(chi(1e6)), 6)
    (0.0, 999999.0)
    """
    return _field(x) * langevin(x)


def rates(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Rates:
    """Entropy rates at θ = 0 (paper Eqs. 16a-c), written without the removable 0/0 at α = -δ.

    Parameters
    ----------
    alpha, nu, delta : array_like
        Reduced parameters; ν, δ > 0. They broadcast.

    Returns
    -------
    Rates
        ``S_P``, ``S_B``, ``Sigma`` in units of ηT, each of the broadcast shape.

    Raises
    ------
    ValueError
        If a parameter is not finite, or ν or δ is not positive, or if a rate is larger than any
        floating-point number; there is no other limit to the range.

    Examples
    --------
    >>> r = rates(0.5, 2.0, 0.866)
    >>> print(f"{r.S_P:.6f} {r.S_B:.6f} {r.Sigma:.6f}")
    1.585822 -0.570039 1.015783
    """
    alpha, nu, delta = _parameters(alpha, nu, delta)
    field = safe_xi(alpha, nu, delta)
    large = np.abs(field) > 1.0
    # χ/ξ² where ξ² stays in range, else L/|ξ| with |ξ| = ν|δ+α|/δ written out.
    ratio = np.where(large, np.abs(langevin(field)), chi_over_xi2(field))
    strength, total = np.where(large, 1.0, nu), alpha_plus_delta(alpha, delta)
    length = np.where(large, np.abs(total[0]), delta), np.where(large, total[1], 1.0)
    scale = (np.asarray(2.0), alpha, nu, strength, ratio)
    pumped = product(np.asarray(2.0), alpha, nu, langevin(field), over=(delta,))
    bath = product(*scale, -np.asarray(1.0), *one_minus_product(alpha, delta), over=length)
    produced = product(*scale, alpha, *one_plus_square(delta), over=(delta, *length))
    return Rates(
        *(
            finite(name, value, alpha, nu, delta)
            for name, value in zip(Rates._fields, (pumped, bath, produced), strict=True)
        )
    )


def psi_exact(x: ArrayLike) -> Array:
    """Ψ(ξ) = Δ_P (α+δ)²/(8 α² χ) without approximation, by one quadrature (docs/physics.md, section 3).

    1/2 - 11ξ²/90 for small ξ and 1/(2ξ²) for large; the paper's closure is :func:`psi_closure`.

    Examples
    --------
    >>> print(f"{psi_exact(3.0):.7f}")
    0.1094153
    """
    field = np.abs(_field(x))
    large = field > STRONG
    safe = np.where(large, field, 2.0 * STRONG)
    strong = strong_series(safe) / safe / (safe - 1.0)
    field = np.where(large, 0.0, field)
    return np.where(large, strong, fluctuation_integral(field) / chi_over_xi2(field))


def psi_closure(x: ArrayLike) -> Array:
    """The paper's moment closure for Ψ(ξ) (SI Eq. 57): up to 15.6 % below :func:`psi_exact`.

    Examples
    --------
    >>> print(f"{psi_closure(3.0):.7f}")
    0.0924042
    """
    field = np.abs(_field(x))
    t, weight = boltzmann_nodes(field)
    c = chi(field)[..., np.newaxis]
    # y = ξ(n_z - <n_z>) with n_z = 1 - t; the largest, ξ - χ, is written so that it keeps its digits.
    largest = np.where(
        field < 1.0,
        field - chi(field),
        1.0 - 2.0 * field * np.exp(-2.0 * field) / -np.expm1(-2.0 * np.maximum(field, 1.0)),
    )
    y = largest[..., np.newaxis] - field[..., np.newaxis] * t
    mean = np.sum(weight * y * np.log1p(y / (2.0 * (c + 1.0))), axis=-1)
    c = c[..., 0]
    tiny = field < 1e-4
    closure: Array = np.where(tiny, 0.5 - 19 / 120 * field**2, mean / np.where(tiny, 1.0, c))
    return closure


def delta_p(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """Δ_P = lim Var(S_P over τ)/τ at θ = 0, exact (the paper has only the closure).

    Parameters and errors are those of :func:`rates`; the result is in units of ηT.
    """
    alpha, nu, delta = _parameters(alpha, nu, delta)
    field = np.abs(safe_xi(alpha, nu, delta))
    large = field > STRONG
    integral = fluctuation_integral(np.where(large, 0.0, field))
    return spread(alpha, nu, delta, large, np.where(large, strong_series(field), integral))


def delta_p_closure(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """Δ_P at θ = 0 by the paper's closure, 8α²χΨ/(α+δ)² (SI Eq. 56)."""
    alpha, nu, delta = _parameters(alpha, nu, delta)
    field = np.abs(safe_xi(alpha, nu, delta))
    # Ψ and χ/ξ times ξ² stand still long before their factors leave the range.
    safe = np.minimum(field, 1e50)
    large = safe > STRONG
    powers = np.where(large, safe**3, 1.0)
    return spread(alpha, nu, delta, large, chi_over_xi2(safe) * psi_closure(safe) * powers)


def delta_p_strong_field(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """Strong-field limit 4α²/(νδ²) of Δ_P at θ = 0 (paper Eq. 18c)."""
    alpha, nu, delta = _parameters(alpha, nu, delta)
    limit = product(np.asarray(4.0), alpha, alpha, over=(nu, delta, delta))
    return finite("Delta_P", limit, alpha, nu, delta)


def effective_field(alpha: ArrayLike, delta: ArrayLike) -> EffectiveField:
    """H'/H = 1 + α/δ and γ₀'/γ₀ = (1 - αδ)/(1 + α/δ) (paper Eq. 13).

    At α = -δ the field vanishes and the ratio is infinite with the sign of its limit from above; only
    their product, the precession vector, is physical there.
    """
    alpha, _, delta = _parameters(alpha, 1.0, delta)
    field = (delta + alpha) / delta
    with np.errstate(divide="ignore"):
        return EffectiveField(field, (1.0 - alpha * delta) / field)


def time_scales(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> TimeScales:
    """Precession and damping times (paper Eqs. 2 and 15), +inf where the motion stops.

    t_p = 1/(γ₀H) is the inverse of an angular frequency: one full turn takes 2π t_p.
    """
    alpha, nu, delta = _parameters(alpha, nu, delta)
    with np.errstate(divide="ignore"):
        return TimeScales(
            precession=delta / nu,
            damping=1.0 / nu,
            effective_precession=(delta / nu) / np.abs(1.0 - alpha * delta),
            effective_damping=delta / (nu * np.abs(alpha + delta)),
        )


def special_points(delta: float) -> SpecialPoints:
    """α of equilibrium (0), isotropic state (-δ: S_P = 0) and thermal insulation (1/δ: S_B = 0).

    Examples
    --------
    >>> special_points(0.5)
    SpecialPoints(equilibrium=0.0, isotropic=-0.5, insulating=2.0)
    """
    _parameters(0.0, 1.0, delta)
    return SpecialPoints(0.0, -float(delta), 1.0 / float(delta))


def uncertainty_bound(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> Array:
    """Lower bound on Δ_P Σ/S_P² that holds at θ = 0, in place of the usual 2.

    2 (1+δ²) [α/(α+δ) · ξL'(ξ)/L(ξ)]², finite except at α = -δ, where S_P = 0 and the bound is +inf.

    From the fluctuation-response inequality (A. Dechant, S. Sasa, PNAS 117, 6430 (2020)): scaling **b** by
    1 + ε changes S_P by ε (2να/δ) ξL' and gives the paths a Fisher information of ⟨|b_⊥|²⟩/2 = ξL per
    time, so that Δ_P >= (2να/δ)² ξ L'²/L. The product is at most 7.21 % above the bound.

    Examples
    --------
    >>> print(f"{uncertainty_bound(-1.5, 2.0, 0.866):.4f}")
    11.7704
    """
    alpha, nu, delta = _parameters(alpha, nu, delta)
    field = np.abs(safe_xi(alpha, nu, delta))
    large = field > STRONG
    # ξL'/L, which is 1 at 0 and 1/(ξ - 1) in a strong field.
    safe = np.where(large, 1.0, np.maximum(field, 1e-300))
    weak = safe * langevin_slope(safe) / langevin(safe)
    ratio = np.where(large, field / np.maximum(field - 1.0, 1.0), weak)
    still = alpha == -delta
    total = tuple(np.where(still, 1.0, v) for v in alpha_plus_delta(alpha, delta))
    far = tuple(np.where(large, v, 1.0) for v in (nu, *total))
    root = (np.where(still, 0.0, alpha), ratio, np.where(large, delta, 1.0))
    below = (*total, *far)
    bound = product(np.asarray(2.0), *one_plus_square(delta), *root, *root, over=(*below, *below))
    return np.where(still, np.inf, finite("the bound", bound, alpha, nu, delta))


def _parameters(alpha: ArrayLike, nu: ArrayLike, delta: ArrayLike) -> tuple[Array, Array, Array]:
    checked = []
    for name, value, positive in (("alpha", alpha, False), ("nu", nu, True), ("delta", delta, True)):
        array = reals(name, value)
        bad = ~np.isfinite(array) | ((array <= 0.0) if positive else False)
        if np.any(bad):
            legal = "finite and > 0" if positive else "finite"
            raise ValueError(f"{name} must be {legal}; got {array[bad].flat[0]!r}")
        checked.append(array)
    return checked[0], checked[1], checked[2]


def _field(x: ArrayLike) -> Array:
    field = reals("x", x)
    if not np.all(np.isfinite(field)):
        raise ValueError(f"x must be finite (a reduced field xi); got {field[~np.isfinite(field)].flat[0]!r}")
    return field
