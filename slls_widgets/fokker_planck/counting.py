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

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cancellation import check
from ..macrospin import Macrospin
from .batch import Cancel, stopper
from .tilted import RoundingError, TiltedGenerator, band_width, tilted_generator

Array = NDArray[np.float64]
Which = Literal["pumped", "bath", "total"]
Progress = Callable[[float], None] | None

__all__ = ["Curve", "RateFunction", "curve", "rate_function", "scgf", "scgf_slope"]

# Numbers in one band matrix, of which a generator has three, and operations of a whole call: half a gigabyte
# and some minutes of one core. A single probe for the default tilts may have a hundredth of them.
_MAX_NUMBERS, WORK_LIMIT = 1e7, 3e11
_FACTORISATIONS = 4
# Default tilts on each side of 0: how many, and the standard deviations and the error of I that they stop at.
_TILTS, _DEVIATIONS, _LARGEST_ERROR = 20, 3.0, 1e-3
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
    magnet: Macrospin,
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
        For illegal arguments; before any work, when the tilts need more of it than the stated limit, and
        later when they turn out to; when the tilt leaves no digits.
    Cancelled
        When ``cancel`` said stop.
    """
    tilt = _checked(magnet, which, tol)
    tilts = _finite(k)
    if magnet.alpha == 0.0:
        return _nothing(tilts)
    different, back = np.unique(tilts, return_inverse=True)
    watch = _Watch(progress, cancel, 2 * different.size)
    columns = _follow(magnet, different, tilt, tol, watch, WORK_LIMIT)
    watch.done()
    return Curve(tilts, *(column[back].reshape(tilts.shape) for column in columns))


def scgf(
    magnet: Macrospin,
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
    magnet: Macrospin,
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
    magnet: Macrospin,
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
    tilt = _checked(magnet, which, tol)
    if k is None and magnet.alpha != 0.0:
        watch = _Watch(progress, cancel, 2 * (2 * _TILTS + 1) + 30)
        tilts = _default_tilts(magnet, tilt, tol, watch)
        found = Curve(tilts, *_follow(magnet, tilts, tilt, tol, watch, WORK_LIMIT))
        watch.done()
    else:
        found = curve(magnet, 0.0 if k is None else k, which, tol=tol, progress=progress, cancel=cancel)
    tilts, value, slope, value_error, slope_error = (np.atleast_1d(v) if k is None else v for v in found)
    # + 0.0: a zero without a sign.
    return RateFunction(slope, tilts * slope - value + 0.0, tilts, np.abs(tilts) * slope_error + value_error)


def _checked(magnet: Macrospin, which: Which, tol: float) -> tuple[float, float]:
    """The direction of the tilt, if every argument is legal."""
    if not isinstance(magnet, Macrospin):
        raise TypeError(f"magnet must be a Macrospin; got {magnet!r:.60}")
    if not isinstance(which, str) or which not in _TILT:
        raise ValueError(f"which must be one of {', '.join(map(repr, _TILT))}; got {which!r:.60}")
    if not isinstance(tol, float | int) or not 1e-14 <= tol <= 0.1:
        raise ValueError(f"tol must lie in [1e-14, 0.1] (error of the eigenvalue); got {tol!r:.40}")
    return _TILT[which]


def _finite(k: ArrayLike) -> Array:
    try:
        tilts = np.asarray(k).astype(float, casting="safe")
    except (TypeError, ValueError):
        raise ValueError(f"k must be real numbers; got {k!r:.60}") from None
    if not np.all(np.isfinite(tilts)):
        raise ValueError(f"k must be finite; got {float(tilts[~np.isfinite(tilts)].flat[0])!r}")
    return tilts


def _nothing(k: Array) -> Curve:
    """α = 0: S_P is 0 and S_B the change of a bounded function, so that λ vanishes."""
    return Curve(k, *(np.zeros(k.shape) for _ in range(4)))


class _Watch:
    """Tells of progress and hears a cancel, once per eigenvalue; how many there will be is a guess."""

    def __init__(self, progress: Progress, cancel: Cancel, expected: int) -> None:
        self._progress, self._stop = progress, stopper(cancel)
        self._expected, self._solved, self._told = expected, 0, 0.0

    def __call__(self) -> None:
        check(self._stop)
        self._solved += 1
        # Never all of it before the end, and never back.
        self._told = max(self._told, self._solved / max(self._expected, self._solved + 1))
        if self._progress is not None:
            self._progress(self._told)

    def expect(self, more: int) -> None:
        self._expected += more

    def done(self) -> None:
        if self._progress is not None:
            self._progress(1.0)


def _default_tilts(magnet: Macrospin, tilt: tuple[float, float], tol: float, watch: _Watch) -> Array:
    """See :func:`rate_function`."""
    origin = np.zeros(1)
    _check_work(magnet, np.zeros(2 * _TILTS + 1), tilt, 1, WORK_LIMIT)
    mean = float(_follow(magnet, origin, tilt, tol, watch, WORK_LIMIT)[1][0])
    spread = math.sqrt(max(_generator(magnet, origin, tilt, 1, WORK_LIMIT).curvature(), 0.0))
    if spread == 0.0:
        return origin

    def usable(k: float) -> bool:
        try:
            found = _follow(magnet, np.array([k]), tilt, tol, watch, WORK_LIMIT / 100)
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


def _follow(
    magnet: Macrospin, k: Array, tilt: tuple[float, float], tol: float, watch: _Watch, limit: float
) -> tuple[Array, Array, Array, Array]:
    """λ, λ' and their errors at ascending k: bases of twice the order until two agree."""
    if k.size == 0:
        return k, k, k, k
    # Two bases at least.
    _check_work(magnet, k, tilt, 1, limit)
    level = 0
    generator = _generator(magnet, k, tilt, level, limit)
    value, slope, _ = _outwards(generator, k, None, watch)
    while not _is_leading(generator, k, value, slope):
        # Most likely too small a basis; if not that, a branch that was missed.
        level += 1
        watch.expect(k.size)
        generator = _generator(magnet, k, tilt, level, limit)
        guess = np.array([generator.rightmost(x) for x in k]) if level == 3 else None
        value, slope, _ = _outwards(generator, k, guess, watch)
        if level == 3:
            break
    value_error, slope_error = np.full(k.shape, np.inf), np.full(k.shape, np.inf)
    wanted = np.arange(k.size)
    while wanted.size:
        level += 1
        generator = _generator(magnet, k[wanted], tilt, level, limit)
        new_value, new_slope, rounding = _outwards(generator, k[wanted], value[wanted], watch)
        slope_rounding = 10.0 * rounding * np.minimum(1.0, generator.slope_size(k[wanted]))
        off, off_slope = np.abs(new_value - value[wanted]), np.abs(new_slope - slope[wanted])
        value[wanted], slope[wanted] = new_value, new_slope
        value_error[wanted], slope_error[wanted] = off + rounding, off_slope + slope_rounding
        # λ(0) is exact in any basis, its slope is not; and below rounding there is nothing to gain.
        open_ = off > np.maximum(tol * np.maximum(1.0, np.abs(new_value)), rounding)
        open_ |= off_slope > np.maximum(100.0 * tol * np.maximum(1.0, np.abs(new_slope)), slope_rounding)
        wanted = wanted[open_]
        watch.expect(wanted.size)
    origin = k == 0.0
    lost = ~origin & ~(value_error <= 1e-3 * np.maximum(1.0, np.abs(value)))
    if lost.any():
        raise RoundingError(k[lost][0])
    return np.where(origin, 0.0, value), slope, np.where(origin, 0.0, value_error), slope_error


def _truncation(magnet: Macrospin, k: Array, tilt: tuple[float, float], level: int) -> tuple[int, int]:
    """Degree and order for the strongest tilt; each level has twice the order and a quarter more degrees."""
    furthest = float(np.max(np.abs(k)))
    k_pumped, k_bath = (furthest * x for x in tilt)
    field = float(np.linalg.norm(magnet.damping)) + abs(k_pumped * magnet.pumping)
    # A potential of size V confines like a field of size √V: (kνα)² and kνα v·g/(να) of the bath's part.
    torque = k_bath * abs(magnet.alpha * magnet.nu)
    field += torque + math.sqrt(torque * float(np.linalg.norm(magnet.precession)))
    # A thousand million degrees are as many too many as infinitely many.
    ell_max = int(1.25**level * (8 + 5.0 * math.sqrt(min(field, 1e16))))
    return ell_max, min(5 * 2**level, ell_max)


def _check_work(magnet: Macrospin, k: Array, tilt: tuple[float, float], level: int, limit: float) -> None:
    """Refuse a truncation whose matrices or whose work exceed the limits."""
    ell_max, order_max = _truncation(magnet, k, tilt, level)
    size, width = ell_max * (2 * order_max + 1), band_width(tilt, order_max)
    numbers, work = size * (3.0 * width + 1.0), k.size * _FACTORISATIONS * 4.0 * size * float(width) ** 2
    if numbers > _MAX_NUMBERS or work > limit:
        because = "" if level < 2 else ", after smaller ones did not agree to tol"
        raise ValueError(
            f"{k.size} tilts up to |k|={float(np.max(np.abs(k))):.4g} need {ell_max} degrees with "
            f"{2 * order_max + 1} orders{because}: {numbers:.0e} numbers per matrix and about {work:.0e} "
            f"operations, limits {_MAX_NUMBERS:.0e} and {limit:.0e}. "
            "Use a smaller |k|, a weaker field or torque, or a larger tol."
        )


def _generator(
    magnet: Macrospin, k: Array, tilt: tuple[float, float], level: int, limit: float
) -> TiltedGenerator:
    """𝓛_k in the basis of a level, if that is affordable."""
    _check_work(magnet, k, tilt, level, limit)
    return tilted_generator(magnet, tilt, *_truncation(magnet, k, tilt, level))


def _outwards(
    generator: TiltedGenerator, k: Array, guess: Array | None, watch: Callable[[], None]
) -> tuple[Array, Array, Array]:
    """λ, λ' and rounding at ascending k, from the smallest |k| to both ends, each a start for the next.

    Without a guess, λ is extrapolated.
    """
    value, slope, rounding = np.empty(k.shape), np.empty(k.shape), np.empty(k.shape)
    middle = int(np.argmin(np.abs(k)))
    centre = None
    for walk in (range(middle, k.size), range(middle - 1, -1, -1)):
        pair, at, bend = centre, k[middle], 0.0
        for i in walk:
            watch()
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
