"""The leading eigenvalue λ of a tilted generator, followed along the tilt k.

It starts at k = 0, where λ = 0, and goes outwards by inverse iteration from both sides (`tilted`), in bases
of twice the order until two agree. λ is convex and its eigenfunction the only positive one
(Perron-Frobenius): the ends are compared with the rightmost eigenvalue found independently, and the tangents
must lie below the curve.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .._cancellation import check
from ..magnet.macrospin import Macrospin
from .batch import Cancel, stopper
from .tilted import RoundingError, TiltedGenerator, band_width, tilted_generator
from .truncation import WorkLimitWarning

Array = NDArray[np.float64]
Progress = Callable[[float], None] | None

__all__ = [
    "WORK_LIMIT",
    "Progress",
    "Watch",
    "check_work",
    "follow",
    "generator_at",
    "is_leading",
    "outwards",
]

# Numbers in one band matrix, of which a generator has three, and operations of a whole call: half a gigabyte
# and some minutes of one core.
_MAX_NUMBERS, WORK_LIMIT = 1e7, 3e11
_FACTORISATIONS = 4
# Error of λ, relative to it or to 1, beyond which it is not given.
_LARGEST_ERROR = 1e-3


class Watch:
    """Tells of progress and hears a cancel, once per eigenvalue; how many there will be is a guess."""

    def __init__(self, progress: Progress, cancel: Cancel, expected: int) -> None:
        self._progress, self._stop = progress, stopper(cancel)
        self._expected, self._solved, self._told = expected, 0, 0.0

    def __call__(self) -> None:
        """Before each eigenvalue."""
        check(self._stop)
        self._solved += 1
        # Never all of it before the end, and never back.
        self._told = max(self._told, self._solved / max(self._expected, self._solved + 1))
        if self._progress is not None:
            self._progress(self._told)

    def expect(self, more: int) -> None:
        """There will be so many more."""
        self._expected += more

    def done(self) -> None:
        """There are no more."""
        if self._progress is not None:
            self._progress(1.0)


def follow(
    magnet: Macrospin,
    k: Array,
    tilt: tuple[float, float],
    tol: float,
    watch: Watch,
    limit: float,
    settle: bool = True,
) -> tuple[Array, Array, Array, Array]:
    """λ, λ' and their errors at ascending k: bases of twice the order until two agree.

    Where the next one is too much work, what the last ones found is given with a warning, or refused if it
    is worth too little or ``settle`` is false.
    """
    if k.size == 0:
        return k, k, k, k
    # Two bases at least.
    check_work(magnet, k, tilt, 1, limit)
    level = 0
    generator = generator_at(magnet, k, tilt, level, limit)
    value, slope, _ = outwards(generator, k, None, watch)
    while not is_leading(generator, k, value, slope):
        # Most likely too small a basis; if not that, a branch that was missed.
        level += 1
        watch.expect(k.size)
        generator = generator_at(magnet, k, tilt, level, limit)
        guess = np.array([generator.rightmost(x) for x in k]) if level == 3 else None
        value, slope, _ = outwards(generator, k, guess, watch)
        if level == 3:
            break
    value_error, slope_error = np.full(k.shape, np.inf), np.full(k.shape, np.inf)
    wanted = np.arange(k.size)
    while wanted.size:
        level += 1
        try:
            generator = generator_at(magnet, k[wanted], tilt, level, limit)
        except ValueError as refusal:
            if not settle or np.any(_lost(k, value, value_error)):
                raise
            warnings.warn(
                f"short of tol={tol:.1e}: {refusal} The errors of what was found say what it is worth.",
                WorkLimitWarning,
                stacklevel=4,
            )
            break
        new_value, new_slope, rounding = outwards(generator, k[wanted], value[wanted], watch)
        slope_rounding = 10.0 * rounding * np.minimum(1.0, generator.slope_size(k[wanted]))
        off, off_slope = np.abs(new_value - value[wanted]), np.abs(new_slope - slope[wanted])
        value[wanted], slope[wanted] = new_value, new_slope
        value_error[wanted], slope_error[wanted] = off + rounding, off_slope + slope_rounding
        # λ(0) is exact in any basis, its slope is not; and below rounding there is nothing to gain.
        open_ = off > np.maximum(tol * np.maximum(1.0, np.abs(new_value)), rounding)
        open_ |= off_slope > np.maximum(100.0 * tol * np.maximum(1.0, np.abs(new_slope)), slope_rounding)
        wanted = wanted[open_]
        watch.expect(wanted.size)
    lost, origin = _lost(k, value, value_error), k == 0.0
    if lost.any():
        raise RoundingError(k[lost][0])
    return np.where(origin, 0.0, value), slope, np.where(origin, 0.0, value_error), slope_error


def _lost(k: Array, value: Array, error: Array) -> NDArray[np.bool_]:
    """Where too few digits are left; λ(0) = 0 is exact."""
    return np.asarray((k != 0.0) & ~(error <= _LARGEST_ERROR * np.maximum(1.0, np.abs(value))))


def outwards(
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


def is_leading(generator: TiltedGenerator, k: Array, value: Array, slope: Array) -> bool:
    """Do the ends meet the rightmost eigenvalues, and does the curve lie above its tangents?"""
    slack = 1e-5 * np.maximum(1.0, np.abs(value))
    for end in {0, k.size - 1}:
        if k.size > 1 and abs(generator.rightmost(k[end]) - value[end]) > slack[end]:
            return False
    tangents = value + (k[:, np.newaxis] - k) * slope
    return bool(np.all(value[:, np.newaxis] >= tangents - slack[:, np.newaxis]))


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


def check_work(magnet: Macrospin, k: Array, tilt: tuple[float, float], level: int, limit: float) -> None:
    """Refuse a truncation whose matrices or whose work exceed the limits."""
    ell_max, order_max = _truncation(magnet, k, tilt, level)
    size, width = ell_max * (2 * order_max + 1), band_width(tilt, order_max)
    numbers, work = size * (3.0 * width + 1.0), k.size * _FACTORISATIONS * 4.0 * size * float(width) ** 2
    if numbers > _MAX_NUMBERS or work > limit:
        because = "" if level < 2 else ", after smaller ones did not agree to tol"
        # One tilt of many may be well within the limit.
        fewer = "fewer tilts, " if numbers <= _MAX_NUMBERS and work <= k.size * limit else ""
        raise ValueError(
            f"{k.size} tilts up to |k|={float(np.max(np.abs(k))):.4g} need {ell_max} degrees with "
            f"{2 * order_max + 1} orders{because}: {numbers:.0e} numbers per matrix and about {work:.0e} "
            f"operations, limits {_MAX_NUMBERS:.0e} and {limit:.0e}. "
            f"Use {fewer}a smaller |k|, a weaker field or torque, or a larger tol."
        )


def generator_at(
    magnet: Macrospin, k: Array, tilt: tuple[float, float], level: int, limit: float
) -> TiltedGenerator:
    """𝓛_k in the basis of a level, if that is affordable."""
    check_work(magnet, k, tilt, level, limit)
    return tilted_generator(magnet, tilt, *_truncation(magnet, k, tilt, level))
