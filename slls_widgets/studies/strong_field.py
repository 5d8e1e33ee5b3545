"""The limit α -> 0 at fixed torque |α|ν, the paper's Fig. 4: exact series, asymptotes, local slopes.

At fixed torque the field ν = alpha_nu/|α| grows without limit as α -> 0. The pumped rate stays finite, the
entropy production and the fluctuation vanish: the asymptotically ideal engine.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..fokker_planck import solve_many, steady_state
from ..fokker_planck.batch import Cancel, Solutions
from ..magnet.held import Held
from ..magnet.macrospin import Macrospin

Array = NDArray[np.float64]

__all__ = [
    "Strong",
    "asymptotes",
    "excess",
    "finite_time",
    "local_slopes",
    "paper_asymptotes",
    "series",
    "two_point_slopes",
]


class Strong(NamedTuple):
    """S_P (with its sign), Σ and Δ_P, arrays of one shape, in units of ηT."""

    S_P: Array
    Sigma: Array
    Delta_P: Array


def series(
    size: ArrayLike,
    theta: float,
    *,
    delta: float,
    alpha_nu: float,
    sign: float = 1.0,
    tol: float = 1e-8,
    cancel: Cancel = None,
) -> Solutions:
    """Exact rates at α = sign · size and ν = alpha_nu/size.

    Parameters
    ----------
    size : array_like
        |α| > 0.
    theta, delta, alpha_nu : float
    sign : {1, -1}
        Torque along or against p̂; α < 0 at θ is the paper's angle π - θ.

    Examples
    --------
    >>> s = series([0.1, 0.01], 0.0, delta=3**0.5 / 2, alpha_nu=3.0)
    >>> [f"{value:.4f}" for value in s.S_P]
    ['6.7212', '6.9054']
    """
    alpha = sign * np.asarray(size, dtype=float)
    return solve_many(alpha, Held(alpha_nu=alpha_nu).at(alpha), delta, theta, tol=tol, cancel=cancel)


def asymptotes(size: ArrayLike, theta: float, *, delta: float, alpha_nu: float, sign: float = 1.0) -> Strong:
    """Leading order for α -> 0 at fixed |α|ν, at any angle and any δ (docs/physics.md, section 3).

    S_P -> (2να/δ) cos θ, Σ -> 2να²(1+δ²) cos²θ/δ², and Δ_P -> 8α² sin²θ/(1+δ²), on the axis 4α²/(νδ²).

    Examples
    --------
    >>> print(f"{asymptotes(0.01, 0.0, delta=1.0, alpha_nu=3.0).Sigma:.4f}")
    0.1200
    """
    alpha = sign * np.asarray(size, dtype=float)
    nu = Held(alpha_nu=alpha_nu).at(alpha)
    cosine = 0.0 if theta == math.pi / 2 else math.cos(theta)
    if math.sin(theta) == 0.0:
        fluctuation = 4.0 * alpha**2 / (nu * delta**2)
    else:
        fluctuation = 8.0 * alpha**2 * math.sin(theta) ** 2 / (1.0 + delta**2)
    return Strong(
        2.0 * nu * alpha / delta * cosine,
        2.0 * nu * alpha**2 * (1.0 + delta**2) * cosine**2 / delta**2,
        fluctuation,
    )


def paper_asymptotes(size: ArrayLike, *, delta: float, alpha_nu: float) -> Strong:
    """Eqs. 18a-c as printed, for θ = 0 and α > 0; 18b assumes δ << 1.

    Examples
    --------
    >>> print(f"{paper_asymptotes(0.01, delta=1.0, alpha_nu=3.0).Sigma:.4f}")
    0.0600
    """
    alpha = np.asarray(size, dtype=float)
    nu = Held(alpha_nu=alpha_nu).at(alpha)
    return Strong(2.0 * nu * alpha / delta, 2.0 * nu * alpha**2 / delta**2, 4.0 * alpha**2 / (nu * delta**2))


def local_slopes(
    size: ArrayLike, theta: float, *, delta: float, alpha_nu: float, sign: float = 1.0, step: float = 0.02
) -> Strong:
    """d ln|·|/d ln|α| of S_P, Σ and Δ_P at fixed |α|ν, by a central difference of exact values.

    ``step`` is the half width in ln|α|; the error is of its square. The limits for α -> 0 are 0, 1, and 3
    on the axis or 2 off it.

    Examples
    --------
    >>> print(f"{float(local_slopes(0.001, 0.0, delta=1.0, alpha_nu=3.0).Delta_P):.2f}")
    3.00
    """
    middle = np.asarray(size, dtype=float)
    ends = [
        series(middle * math.exp(k * step), theta, delta=delta, alpha_nu=alpha_nu, sign=sign) for k in (-1, 1)
    ]
    return Strong(
        *(
            np.log(np.abs(getattr(ends[1], name) / getattr(ends[0], name))) / (2.0 * step)
            for name in Strong._fields
        )
    )


def two_point_slopes(
    size: ArrayLike, theta: float, *, delta: float, alpha_nu: float, sign: float = 1.0
) -> Strong:
    """Slopes of the chords between neighbouring |α| on logarithmic axes: means of the local slope between.

    Examples
    --------
    >>> chords = two_point_slopes([0.3, 0.1, 0.03, 0.01], 1.5, delta=3**0.5 / 2, alpha_nu=3.0)
    >>> [f"{slope:.3f}" for slope in chords.Sigma]
    ['1.913', '1.665', '1.397']
    """
    found = series(size, theta, delta=delta, alpha_nu=alpha_nu, sign=sign)
    run = np.diff(np.log(np.asarray(size, dtype=float)))
    return Strong(*(np.diff(np.log(np.abs(getattr(found, name)))) / run for name in Strong._fields))


def excess(size: ArrayLike, theta: float, *, delta: float, alpha_nu: float) -> Strong:
    """(Exact over asymptote - 1)/α for α > 0: tends to a constant where the next order is one power higher.

    Examples
    --------
    >>> print(f"{excess([0.001], 0.0, delta=3**0.5 / 2, alpha_nu=3.0).S_P[0]:.3f}")
    -0.333
    """
    size = np.asarray(size, dtype=float)
    exact = series(size, theta, delta=delta, alpha_nu=alpha_nu)
    limit = asymptotes(size, theta, delta=delta, alpha_nu=alpha_nu)
    return Strong(*((getattr(exact, name) / getattr(limit, name) - 1.0) / size for name in Strong._fields))


def finite_time(
    size: ArrayLike,
    theta: float,
    tau: float,
    *,
    delta: float,
    alpha_nu: float,
    sign: float = 1.0,
    tol: float = 1e-8,
) -> Array:
    """Var(S_P over τ)/τ at a finite τ in 1/(ηT), exact, at each |α|.

    Examples
    --------
    >>> print(f"{finite_time([0.3], 0.0, 0.25, delta=3**0.5 / 2, alpha_nu=3.0)[0]:.4f}")
    0.0179
    """
    sizes = np.atleast_1d(np.asarray(size, dtype=float))
    values = [
        steady_state(
            Macrospin(alpha=sign * float(a), nu=alpha_nu / float(a), delta=delta, theta=theta), tol=tol
        ).finite_time_variance(tau)
        for a in sizes
    ]
    return np.array(values, dtype=float)
