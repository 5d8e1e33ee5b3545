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

How λ is found along k is the business of `leading_branch`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arguments import real, reals
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin, checked_magnet
from .batch import Cancel
from .leading_branch import WORK_LIMIT, Progress, Watch, check_work, follow, generator_at

Array = NDArray[np.float64]
Which = Literal["pumped", "bath", "total"]

__all__ = ["Curve", "RateFunction", "curve", "rate_function", "scgf", "scgf_slope"]

# Default tilts on each side of 0: how many, and the standard deviations and the error of I that they stop at.
_TILTS, _DEVIATIONS, _LARGEST_ERROR = 20, 3.0, 1e-3
# What a single probe for them may cost.
_PROBE = WORK_LIMIT / 100
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


def curve(
    magnet: Macrospin | Device,
    k: ArrayLike,
    which: Which = "pumped",
    *,
    tol: float = 1e-10,
    progress: Progress = None,
    cancel: Cancel = None,
) -> Curve:
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
        slope; where rounding forbids it the errors say so. In [1e-14, 0.1].
    progress : callable, optional
        Called with the fraction done, 0 to 1; an estimate, as the truncations needed are not known before.
    cancel : callable or threading.Event, optional
        Asked before each eigenvalue.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        For illegal arguments; before any work, when the tilts need more of it than the stated limit; when
        the tilt leaves no digits.
    Cancelled
        When ``cancel`` said stop.

    Warns
    -----
    WorkLimitWarning
        When the tilts turn out to need more work than the limit. The errors say what was reached; fewer tilts
        at a time reach more.
    """
    magnet, tilt = _checked(magnet, which, tol)
    tilts = _finite(k)
    if magnet.alpha == 0.0:
        return _nothing(tilts)
    different, back = np.unique(tilts, return_inverse=True)
    watch = Watch(progress, cancel, 2 * different.size)
    columns = follow(magnet, different, tilt, tol, watch, WORK_LIMIT)
    watch.done()
    return Curve(tilts, *(column[back].reshape(tilts.shape) for column in columns))


def scgf(
    magnet: Macrospin | Device,
    k: ArrayLike,
    which: Which = "pumped",
    *,
    tol: float = 1e-10,
    progress: Progress = None,
    cancel: Cancel = None,
) -> Array:
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
    return curve(magnet, k, which, tol=tol, progress=progress, cancel=cancel).value


def scgf_slope(
    magnet: Macrospin | Device,
    k: ArrayLike,
    which: Which = "pumped",
    *,
    tol: float = 1e-10,
    progress: Progress = None,
    cancel: Cancel = None,
) -> Array:
    """λ'(k): the rate of A in the paths that dominate <e^{kA}>; the mean rate at k = 0."""
    return curve(magnet, k, which, tol=tol, progress=progress, cancel=cancel).slope


def rate_function(
    magnet: Macrospin | Device,
    which: Which = "pumped",
    *,
    k: ArrayLike | None = None,
    tol: float = 1e-9,
    progress: Progress = None,
    cancel: Cancel = None,
) -> RateFunction:
    """Large-deviation function I(a) = max_k [k a - λ(k)], parametrically in k.

    Parameters
    ----------
    magnet, which, tol, progress, cancel
        As in :func:`curve`.
    k : array_like, optional
        Tilts. By default 41 of them, 20 on each side of 0, up to where λ'(k) is three standard deviations
        from the mean, those of A/τ at τ = 1/(ηT), to |k| = 3/√λ''(0), or to where the error of I would pass
        1e-3: whichever comes first. In a strong field λ' jumps at some k, from rates near the mean to those
        of paths that live near the other fixed point; I is straight between, and the tilts end at the jump.

    Returns
    -------
    RateFunction
        a = λ'(k), I = k λ'(k) - λ(k) >= 0 with its zero at the mean rate. At α = 0 nothing is pumped or
        dissipated: the one possible rate is 0.

    Examples
    --------
    >>> found = rate_function(Macrospin(alpha=0.5, nu=30, delta=0.866, theta=1.0))
    >>> spread = (found.rate - found.rate[20]) / 0.8974
    >>> print(f"{spread[0]:.1f} {spread[-1]:.1f} {found.value[20]:.0f}")
    -1.7 2.7 0
    """
    magnet, tilt = _checked(magnet, which, tol)
    if k is None and magnet.alpha != 0.0:
        watch = Watch(progress, cancel, 2 * (2 * _TILTS + 1) + 30)
        tilts = _default_tilts(magnet, tilt, tol, watch)
        found = Curve(tilts, *follow(magnet, tilts, tilt, tol, watch, WORK_LIMIT))
        watch.done()
    else:
        found = curve(magnet, 0.0 if k is None else k, which, tol=tol, progress=progress, cancel=cancel)
    tilts, value, slope, value_error, slope_error = (np.atleast_1d(v) if k is None else v for v in found)
    # + 0.0: a zero without a sign.
    return RateFunction(slope, tilts * slope - value + 0.0, tilts, np.abs(tilts) * slope_error + value_error)


def _checked(magnet: Macrospin | Device, which: Which, tol: float) -> tuple[Macrospin, tuple[float, float]]:
    """The magnet and the direction of the tilt, if every argument is legal."""
    magnet = checked_magnet(magnet)
    if not isinstance(which, str) or which not in _TILT:
        raise ValueError(f"which must be one of {', '.join(map(repr, _TILT))}; got {which!r:.60}")
    if not 1e-14 <= real(tol) <= 0.1:
        raise ValueError(f"tol must lie in [1e-14, 0.1] (error of the eigenvalue); got {tol!r:.40}")
    return magnet, _TILT[which]


def _finite(k: ArrayLike) -> Array:
    tilts = reals("k", k)
    if not np.all(np.isfinite(tilts)):
        raise ValueError(f"k must be finite; got {float(tilts[~np.isfinite(tilts)].flat[0])!r}")
    return tilts


def _nothing(k: Array) -> Curve:
    """α = 0: S_P is 0 and S_B the change of a bounded function, so that λ vanishes."""
    return Curve(k, *(np.zeros(k.shape) for _ in range(4)))


def _default_tilts(magnet: Macrospin, tilt: tuple[float, float], tol: float, watch: Watch) -> Array:
    """See :func:`rate_function`."""
    origin = np.zeros(1)
    check_work(magnet, np.zeros(2 * _TILTS + 1), tilt, 1, WORK_LIMIT)
    mean = float(follow(magnet, origin, tilt, tol, watch, WORK_LIMIT)[1][0])
    spread = math.sqrt(max(generator_at(magnet, origin, tilt, 1, WORK_LIMIT).curvature(), 0.0))
    if spread == 0.0:
        return origin

    def usable(k: float) -> bool:
        try:
            found = follow(magnet, np.array([k]), tilt, tol, watch, _PROBE, settle=False)
        except ValueError:  # too large, or no digits
            return False
        _, slope, value_error, slope_error = (float(column[0]) for column in found)
        near = abs(slope - mean) <= 1.001 * _DEVIATIONS * spread
        # Rounding grows with the tilt, and by more where all 41 share a basis.
        return near and abs(k) * slope_error + value_error <= 0.1 * _LARGEST_ERROR

    low = _furthest(lambda k: usable(-k), _DEVIATIONS / spread)
    high = _furthest(usable, _DEVIATIONS / spread)
    return np.concatenate([np.linspace(-low, 0.0, _TILTS + 1), np.linspace(0.0, high, _TILTS + 1)[1:]])


def _furthest(usable: Callable[[float], bool], most: float) -> float:
    """The largest usable number up to ``most``, to 1/256 of it or to a tenth of itself."""
    good, bad = 0.0, 2.0 * most
    # From below: a tilt beyond a jump costs the most.
    for share in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0):
        if not usable(share * most):
            bad = share * most
            break
        good = share * most
    while good < most and bad - good > max(most / 256, 0.1 * good):
        middle = 0.5 * (good + bad)
        good, bad = (middle, bad) if usable(middle) else (good, middle)
    if good == 0.0:
        raise ValueError(
            f"no tilt beyond |k| = {most / 256:.1e} has digits left; give k, or use a weaker field or torque"
        )
    return good
