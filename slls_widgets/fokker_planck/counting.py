"""Full counting statistics: the scaled cumulant generating function and the large-deviation function.

For an entropy A(τ) = k_P S_P + k_B S_B accumulated along paths, <e^{kA}> grows like e^{λ(k)τ}, and λ is the
leading eigenvalue of the tilted generator. With dS_B = ν (ĥ + αn × p̂)∘dn the gradient becomes D = ∇ + k_B g
with g = να n × p̂ (the part ν ĥ·dn is the change of a bounded function and shifts no eigenvalue), and with
the drift v = a × n + b - n (n·b)

    𝓛_k = v·D + D·D + k_P c n·p̂,      c = 2να/δ.

Written out (∇·g = 0, g·∇ = -να i p̂·J):

    𝓛_k = 𝓛 - 2 k_B να i p̂·J + k_B v·g + k_B² (να)² (1 - (n·p̂)²) + k_P c n·p̂,
    v·g = να [(a·n)(p̂·n) - a·p̂ + n·(p̂ × b)].

λ'(0) is the rate, λ''(0) the fluctuation coefficient. The fluctuation theorem relates two processes: with
k_P = k_B = k, λ(k) of a magnet is λ(-1-k) of its partner α -> -α.

A curve is followed from k = 0, where λ = 0, by inverse iteration from both sides with banded factorisations
(`tilted`). λ is convex and its eigenfunction the only positive one (Perron-Frobenius): the ends of the curve
are compared with the rightmost eigenvalue found independently, and the tangents must lie below the curve.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..macrospin import Macrospin
from .steady_state import steady_state
from .tilted import TiltedGenerator, tilted_generator

Array = NDArray[np.float64]
Which = Literal["pumped", "bath", "total"]

__all__ = ["Curve", "RateFunction", "curve", "rate_function", "scgf", "scgf_slope"]

_MAX_SIZE = 60_000
_TILT = {"pumped": (1.0, 0.0), "bath": (0.0, 1.0), "total": (1.0, 1.0)}


class Curve(NamedTuple):
    """λ(k) and its slope λ'(k), with estimates of their errors; arrays of the shape of ``k``.

    The errors are the changes from a basis of half as many orders, which are larger than what is left.
    """

    k: Array
    value: Array
    slope: Array
    value_error: Array
    slope_error: Array


class RateFunction(NamedTuple):
    """Large-deviation function: P(A/τ ≈ rate) ~ e^{-τ·value}; ``k`` is the tilt that makes it typical.

    ``error`` estimates that of ``value``.
    """

    rate: Array
    value: Array
    k: Array
    error: Array


def curve(magnet: Macrospin, k: ArrayLike, which: Which = "pumped", *, tol: float = 1e-10) -> Curve:
    """λ(k), λ'(k) and their errors: everything :func:`scgf` and :func:`scgf_slope` return, at once.

    Parameters
    ----------
    magnet : Macrospin
    k : array_like
        Counting variable, dimensionless.
    which : {"pumped", "bath", "total"}
        A = S_P, S_B or S_P + S_B.
    tol : float
        Two truncations must agree to tol·max(1, |λ|), and to 100 tol·max(1, |λ'|) in the
        slope; where rounding forbids it the errors say so.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        For an unknown ``which``, or when the tilt needs a basis beyond the stated limit or loses all digits.
    """
    if which not in _TILT:
        raise ValueError(f"which must be one of {', '.join(map(repr, _TILT))}; got {which!r}")
    tilts = np.asarray(k, dtype=float)
    if not np.all(np.isfinite(tilts)):
        raise ValueError(f"k must be finite; got {tilts[~np.isfinite(tilts)].flat[0]!r}")
    different, back = np.unique(tilts, return_inverse=True)
    columns = _follow(magnet, different, _TILT[which], tol)
    return Curve(tilts, *(column[back].reshape(tilts.shape) for column in columns))


def scgf(magnet: Macrospin, k: ArrayLike, which: Which = "pumped", *, tol: float = 1e-10) -> Array:
    """Scaled cumulant generating function λ(k) = lim ln<e^{kA}>/τ, in units of ηT.

    Parameters, errors and accuracy are those of :func:`curve`.

    Returns
    -------
    ndarray
        Of the shape of ``k``; λ(0) = 0 exactly.

    Examples
    --------
    >>> magnet = Macrospin(alpha=0.6, nu=2, delta=0.866, theta=0.9)
    >>> here, there = scgf(magnet, -0.3, "total"), scgf(magnet.partner(), -0.7, "total")
    >>> print(f"{here:.11f} {abs(here - there) < 1e-10}")
    -0.22174629669 True
    """
    return curve(magnet, k, which, tol=tol).value


def scgf_slope(magnet: Macrospin, k: ArrayLike, which: Which = "pumped", *, tol: float = 1e-10) -> Array:
    """λ'(k): the rate of A in the paths that dominate <e^{kA}>; the mean rate at k = 0."""
    return curve(magnet, k, which, tol=tol).slope


def rate_function(
    magnet: Macrospin, which: Which = "pumped", *, k: ArrayLike | None = None, tol: float = 1e-9
) -> RateFunction:
    """Large-deviation function I(a) = max_k [k a - λ(k)], parametrically in k.

    Parameters
    ----------
    k : array_like, optional
        Tilts; by default 41 of them covering about six standard deviations at τ = 1/(ηT).

    Returns
    -------
    RateFunction
        a = λ'(k), I = k λ'(k) - λ(k) >= 0 with its zero at the mean rate.
    """
    if k is None:
        k = np.linspace(-3.0, 3.0, 41) / max(_spread(magnet, which), 1e-3)
    tilts, value, slope, value_error, slope_error = curve(magnet, k, which, tol=tol)
    return RateFunction(slope, tilts * slope - value, tilts, np.abs(tilts) * slope_error + value_error)


def _spread(magnet: Macrospin, which: Which) -> float:
    """√λ''(0), the width of the fluctuations."""
    if which == "pumped":
        return float(np.sqrt(steady_state(magnet).Delta_P))
    h = 1e-3
    low, high = scgf_slope(magnet, [-h, h], which)
    return float(np.sqrt(max((high - low) / (2.0 * h), 0.0)))


def _follow(
    magnet: Macrospin, k: Array, tilt: tuple[float, float], tol: float
) -> tuple[Array, Array, Array, Array]:
    """λ, λ' and their errors at ascending k: bases of twice the order until two agree."""
    if k.size == 0:
        return k, k, k, k
    level = 0
    generator = _generator(magnet, k, tilt, tol, level)
    value, slope, _ = _outwards(generator, k, None)
    while not _is_leading(generator, k, value, slope):
        # Most likely too small a basis; if not that, a branch that was missed.
        level += 1
        generator = _generator(magnet, k, tilt, tol, level)
        guess = np.array([generator.rightmost(x) for x in k]) if level == 3 else None
        value, slope, _ = _outwards(generator, k, guess)
        if level == 3:
            break
    value_error, slope_error = np.full(k.shape, np.inf), np.full(k.shape, np.inf)
    wanted = np.arange(k.size)
    while wanted.size:
        level += 1
        generator = _generator(magnet, k[wanted], tilt, tol, level)
        new_value, new_slope, rounding = _outwards(generator, k[wanted], value[wanted])
        off, off_slope = np.abs(new_value - value[wanted]), np.abs(new_slope - slope[wanted])
        value[wanted], slope[wanted] = new_value, new_slope
        value_error[wanted], slope_error[wanted] = off + rounding, off_slope + 10.0 * rounding
        # λ(0) is exact in any basis, its slope is not; and below rounding there is nothing to gain.
        open_ = off > np.maximum(tol * np.maximum(1.0, np.abs(new_value)), rounding)
        open_ |= off_slope > np.maximum(100.0 * tol * np.maximum(1.0, np.abs(new_slope)), 10.0 * rounding)
        wanted = wanted[open_]
    origin = k == 0.0
    lost = ~origin & ~(value_error <= 1e-3 * np.maximum(1.0, np.abs(value)))
    if lost.any():
        raise ValueError(
            f"rounding hides λ at k={float(k[lost][0])!r}: the eigenvectors from both sides are nearly "
            "orthogonal; use a smaller |k| or a weaker field or torque"
        )
    return np.where(origin, 0.0, value), slope, np.where(origin, 0.0, value_error), slope_error


def _generator(
    magnet: Macrospin, k: Array, tilt: tuple[float, float], tol: float, level: int
) -> TiltedGenerator:
    """A basis for the strongest tilt; at each level it has twice the order and a quarter more degrees."""
    furthest = float(np.max(np.abs(k)))
    k_pumped, k_bath = (furthest * x for x in tilt)
    field = float(np.linalg.norm(magnet.damping)) + abs(k_pumped * magnet.pumping)
    field += (k_bath + k_bath**2) * abs(magnet.alpha * magnet.nu)
    ell_max, order_max = int(1.25**level * (8 + 5.0 * np.sqrt(field))), 5 * 2**level
    order_max = min(order_max, ell_max)
    if ell_max * (2 * order_max + 1) > _MAX_SIZE:
        raise ValueError(
            f"k={furthest!r} needs over {_MAX_SIZE} harmonics (two smaller bases do not agree to "
            f"tol={tol!r}); use a smaller |k|, a weaker field or torque, or a larger tol"
        )
    return tilted_generator(magnet, tilt, ell_max, order_max)


def _outwards(generator: TiltedGenerator, k: Array, guess: Array | None) -> tuple[Array, Array, Array]:
    """λ, λ' and rounding at ascending k, from the smallest |k| to both ends, each a start for the next.

    Without a guess, λ is extrapolated.
    """
    value, slope, rounding = np.empty(k.shape), np.empty(k.shape), np.empty(k.shape)
    middle = int(np.argmin(np.abs(k)))
    centre = None
    for walk in (range(middle, k.size), range(middle - 1, -1, -1)):
        pair, at, bend = centre, k[middle], 0.0
        for i in walk:
            step = k[i] - at
            if guess is not None:
                start = guess[i]
            elif pair is None:
                start = 0.0 if k[i] == 0.0 else generator.rightmost(k[i])
            else:
                start = pair.value + step * (pair.slope + 0.5 * bend * step)
            vectors = (generator.constant,) * 2 if pair is None else (pair.right, pair.left)
            new = generator.leading(k[i], start, *vectors)
            if pair is not None:
                bend = (new.slope - pair.slope) / step
            pair, at = new, k[i]
            value[i], slope[i], rounding[i] = pair.value, pair.slope, pair.rounding
            centre = centre or pair
    return value, slope, rounding


def _is_leading(generator: TiltedGenerator, k: Array, value: Array, slope: Array) -> bool:
    """Do the ends meet the rightmost eigenvalues, and does the curve lie above its tangents?"""
    slack = 1e-5 * np.maximum(1.0, np.abs(value))
    for end in {0, k.size - 1}:
        if k.size > 1 and abs(generator.rightmost(k[end]) - value[end]) > slack[end]:
            return False
    tangents = value + (k[:, np.newaxis] - k) * slope
    return bool(np.all(value[:, np.newaxis] >= tangents - slack[:, np.newaxis]))
