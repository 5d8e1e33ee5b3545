"""Sums, products and integrals of the closed forms, without overflow or cancellation over all of float64."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

__all__ = [
    "STRONG",
    "Array",
    "alpha_plus_delta",
    "boltzmann_nodes",
    "chi_over_xi2",
    "finite",
    "fluctuation_integral",
    "langevin_slope",
    "one_minus_product",
    "one_plus_square",
    "product",
    "safe_xi",
    "spread",
    "strong_series",
]

# Below this |ξ| coth ξ - 1/ξ loses digits to cancellation; the Taylor series is exact to rounding there.
_SMALL_XI = 0.4
# Taylor coefficients of χ/ξ² in powers of ξ²: 2^{2k} B_{2k}/(2k)!, k = 1, 2, …
_CHI_SERIES = (
    1 / 3,
    -1 / 45,
    2 / 945,
    -1 / 4725,
    2 / 93555,
    -1382 / 638512875,
    4 / 18243225,
    -3617 / 162820783125,
    87734 / 38979295480125,
)
# e^{-ξt} is below 1e-26 of its peak beyond this many decay lengths.
_DECAY_LENGTHS = 60.0
# Beyond it the series in 1/ξ is exact to rounding.
STRONG = 100.0


def product(*factors: Array, over: tuple[Array, ...] = ()) -> Array:
    """The product of some factors over that of others, which leaves the range of numbers only if it must."""
    mantissa: Array = np.asarray(1.0)
    exponent = np.asarray(0)
    for factor in factors:
        m, e = np.frexp(factor)
        mantissa, exponent = mantissa * m, exponent + e
    for factor in over:
        m, e = np.frexp(factor)
        mantissa, exponent = mantissa / m, exponent - e
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(mantissa, exponent))


def alpha_plus_delta(alpha: Array, delta: Array) -> tuple[Array, Array]:
    """α + δ as two factors."""
    share = np.where(np.maximum(np.abs(alpha), delta) > 1e300, 0.5, 1.0)
    return share * alpha + share * delta, 1.0 / share


def one_minus_product(alpha: Array, delta: Array) -> tuple[Array, Array]:
    """1 - αδ as two factors, because αδ may be too large for a number."""
    with np.errstate(over="ignore", under="ignore"):
        product = alpha * delta
    large = np.abs(product) > 1e30
    return np.where(large, -alpha, 1.0 - np.where(large, 0.0, product)), np.where(large, delta, 1.0)


def one_plus_square(delta: Array) -> tuple[Array, Array]:
    """1 + δ² as two factors."""
    large = delta > 1e30
    return np.where(large, delta, 1.0 + np.where(large, 0.0, delta) ** 2), np.where(large, delta, 1.0)


def safe_xi(alpha: Array, nu: Array, delta: Array) -> Array:
    """ξ, or 1e300 with its sign beyond that, where nothing but its power of ten matters any more."""
    return np.clip(product(nu, *alpha_plus_delta(alpha, delta), over=(delta,)), -1e300, 1e300)


def spread(alpha: Array, nu: Array, delta: Array, large: NDArray[np.bool_], integral: Array) -> Array:
    """8 (αν/δ)² times the integral, which is given times ξ³ where ξ = ν|δ+α|/δ is large."""
    total = tuple(np.where(large, np.abs(v), 1.0) for v in alpha_plus_delta(alpha, delta))
    above = np.where(large, delta, nu), np.where(large, 1.0, nu)
    below = np.where(large, nu, delta), np.where(large, 1.0, delta)
    value = product(np.asarray(8.0), alpha, alpha, integral, *above, over=(*below, *total * 3))
    return finite("Delta_P", value, alpha, nu, delta)


def strong_series(x: Array) -> Array:
    """ξ³ times the fluctuation integral for large ξ: ½ Σ (k+1)!/(2ξ)^k, to rounding."""
    inverse = 0.5 / np.maximum(x, STRONG)
    coefficients = [0.5 * math.factorial(k + 1) for k in range(13)]
    return np.asarray(np.polynomial.polynomial.polyval(inverse, coefficients), dtype=float)


def finite(name: str, value: Array, alpha: Array, nu: Array, delta: Array) -> Array:
    """``value``, or a complaint that names a point at which it is too large for a number."""
    bad = ~np.isfinite(value)
    if np.any(bad):
        a, n, d = (np.broadcast_to(v, value.shape)[bad].flat[0] for v in (alpha, nu, delta))
        raise ValueError(
            f"{name} is beyond the largest floating-point number, 1.8e308, at alpha={float(a)!r}, "
            f"nu={float(n)!r}, delta={float(d)!r}"
        )
    return value


def chi_over_xi2(x: Array) -> Array:
    """(ξ coth ξ - 1)/ξ², even and finite: 1/3 at 0."""
    x = np.abs(x)
    small = x < _SMALL_XI
    safe = np.where(small, 1.0, x)
    series = np.polynomial.polynomial.polyval(np.where(small, x, 0.0) ** 2, _CHI_SERIES)
    return np.where(small, series, (safe / np.tanh(safe) - 1.0) / safe / safe)


def langevin_slope(x: Array) -> Array:
    """L'(ξ) = 1/ξ² - 1/sinh² ξ, even; near 0, where the two cancel, 1 - L² - 2L/ξ."""
    x = np.abs(x)
    ratio = chi_over_xi2(x)
    small = x < 1.0
    safe = np.where(small, 1.0, x)
    decay = np.exp(-2.0 * safe)
    large = 1.0 / safe**2 - 4.0 * decay / (1.0 - decay) ** 2
    return np.where(small, 1.0 - (x * ratio) ** 2 - 2.0 * ratio, large)


@cache
def _gauss() -> tuple[Array, Array]:
    """Gauss's nodes and weights; on first use, because finding them takes 10 ms."""
    nodes, weights = np.polynomial.legendre.leggauss(120)
    return nodes, weights


def boltzmann_nodes(x: Array) -> tuple[Array, Array]:
    """Nodes t = 1 - n_z and weights of ∫ · p dn_z with p ∝ e^{ξ n_z}, ξ >= 0: shapes (..., 120)."""
    nodes, weights = _gauss()
    span = np.minimum(2.0, _DECAY_LENGTHS / np.maximum(x, 1e-300))[..., np.newaxis]
    x = x[..., np.newaxis]
    t = 0.5 * span * (nodes + 1.0)
    # ξ/(1 - e^{-2ξ}) -> 1/2 at ξ = 0.
    norm = np.where(x > 0.0, x / -np.expm1(-2.0 * np.maximum(x, 1e-300)), 0.5)
    return t, 0.5 * span * weights * norm * np.exp(-x * t)


def fluctuation_integral(x: Array) -> Array:
    """∫ F²/((1-u²)p) du with F = ∫_{-1}^u (v - <v>) p dv, for ξ >= 0 (Δ_P = 8 (αν/δ)² times it).

    F = -G p with G = [t - 2 expm1(ξt)/expm1(2ξ)]/ξ at t = 1 - u, so the integrand is G² p/(t(2-t)).
    """
    t, weight = boltzmann_nodes(x)
    x = x[..., np.newaxis]
    small = x < 0.5
    big = np.where(small, 1.0, x)
    ratio = np.exp(big * (t - 2.0)) * np.expm1(-big * t) / np.expm1(-2.0 * big)
    g = (t - 2.0 * ratio) / big
    # Small ξ: the same G as t Σ_k ξ^{k-1} (2^k - t^k)/(k+1)! over Σ_k (2ξ)^k/(k+1)!, free of cancellation.
    s = np.where(small, x, 0.0)
    numerator, denominator, term = np.zeros_like(g), np.ones_like(s), np.ones_like(s)
    factorial = 1.0
    for k in range(1, 19):
        factorial *= k + 1
        numerator = numerator + s ** (k - 1) * (2.0**k - t**k) / factorial
        term = term * 2.0 * s
        denominator = denominator + term / factorial
    g = np.where(small, t * numerator / denominator, g)
    integral: Array = np.sum(weight * g * g / (t * (2.0 - t)), axis=-1)
    return integral
