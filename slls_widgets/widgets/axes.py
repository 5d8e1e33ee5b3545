"""Axes with round ticks: bqplot's own choice for a given number of them is not round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bqplot as bq
import numpy as np
from numpy.typing import NDArray

from .words import number

__all__ = ["SignedAxis", "axis", "bare_figure", "joined", "linear_scale", "nice_ticks", "set_range"]

Array = NDArray[np.float64]


def bare_figure(**options: Any) -> bq.Figure:
    """A figure that ends at its axes and has no toolbar, which bqplot shows from version 0.13."""
    if "display_toolbar" in bq.Figure.class_trait_names():
        options["display_toolbar"] = False
    return bq.Figure(padding_x=0.0, padding_y=0.0, **options)


def linear_scale(low: float = 0.0, high: float = 1.0) -> bq.LinearScale:
    """A linear scale that ends exactly where it is told to."""
    return bq.LinearScale(min=low, max=high, allow_padding=False)


def nice_ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten inside [low, high], ``about`` of them.

    Examples
    --------
    >>> nice_ticks(-2.0, 2.0)
    [-2.0, -1.0, 0.0, 1.0, 2.0]
    >>> nice_ticks(-6.1, 11.2)
    [-5.0, 0.0, 5.0, 10.0]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0.0):
        return [low]
    rough = span / about
    decade = 10.0 ** math.floor(math.log10(rough))
    step = next(m * decade for m in (1.0, 2.0, 5.0, 10.0) if m * decade >= rough * (1.0 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Dividing by a whole number keeps 0.3 from becoming 0.30000000000000004 wherever it can.
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def joined(pieces: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Many polylines as one mark: pieces with NaN between them.

    The last value must be finite, since bqplot places a label there; no piece at all becomes a line of no
    length, which draws nothing.
    """
    if not pieces:
        return np.zeros(2), np.zeros(2)
    gap = [np.nan]
    x, y = (np.concatenate([part for piece in pieces for part in (piece[axis], gap)])[:-1] for axis in (0, 1))
    return x, y


def axis(scale: bq.Scale, label: str, *, vertical: bool = False, **options: Any) -> bq.Axis:
    """A plain axis without grid lines."""
    options.setdefault("label_offset", "38px" if vertical else "31px")
    return bq.Axis(
        scale=scale,
        label=label,
        side="left" if vertical else "bottom",
        grid_lines="none",
        tick_format=options.pop("tick_format", ".12~g"),
        **options,
    )


def set_range(scale: bq.LinearScale, shown: bq.Axis, low: float, high: float, about: int = 6) -> None:
    """Let scale and axis end at low and high, with round ticks between."""
    _set_ends(scale, low, high)
    _set_ticks(shown, nice_ticks(low, high, about), {})


def _set_ends(scale: bq.LinearScale, low: float, high: float) -> None:
    if (scale.min, scale.max) != (low, high):
        with scale.hold_sync():
            scale.min, scale.max = low, high


def _set_ticks(shown: bq.Axis, ticks: Sequence[float], labels: dict[str, str]) -> None:
    if shown.tick_labels != (labels or None):
        shown.tick_labels = labels or None
    if shown.tick_values is None or not np.array_equal(shown.tick_values, np.array(ticks)):
        shown.tick_values = np.array(ticks)


class SignedAxis:
    """A vertical axis for rates of either sign: linear, or symmetric logarithmic.

    On the logarithmic one a value y stands at asinh(y/2c)/ln 10: decades of |y| far above the threshold c,
    linear below it, so that signs and zeros stay visible.

    Parameters
    ----------
    scale, shown
        The scale and the axis it steers; both work in what :meth:`place` returns.
    """

    def __init__(self, scale: bq.LinearScale, shown: bq.Axis) -> None:
        self._scale, self._shown = scale, shown
        #: Threshold c of the logarithmic axis; None on the linear one.
        self.threshold: float | None = None

    def place(self, values: object) -> Array:
        """Where values stand on the axis."""
        y = np.asarray(values, dtype=float)
        return y if self.threshold is None else np.arcsinh(y / (2.0 * self.threshold)) / math.log(10.0)

    def set_range(self, low: float, high: float) -> None:
        """Let the axis end at two places, with ticks at round values between."""
        _set_ends(self._scale, low, high)
        if self.threshold is None:
            _set_ticks(self._shown, nice_ticks(low, high), {})
            return
        values = self._decades(low, high)
        places = [float(f"{self.place(value):.6g}") for value in values]
        _set_ticks(
            self._shown, places, {f"{at:g}": _power(value) for at, value in zip(places, values, strict=True)}
        )

    def _decades(self, low: float, high: float) -> list[float]:
        """0 and signed powers of ten above the threshold that lie in the range, at most about nine."""
        assert self.threshold is not None
        first = round(math.log10(self.threshold)) + 1
        last = first + math.ceil(max(abs(low), abs(high)))
        powers = [10.0**k for k in range(first, last + 1)]
        inside = [v for v in (*(-p for p in reversed(powers)), 0.0, *powers) if low <= self.place(v) <= high]
        step = math.ceil(len(inside) / 9)
        zero = inside.index(0.0) if 0.0 in inside else 0
        return [v for k, v in enumerate(inside) if (k - zero) % step == 0]


def _power(value: float) -> str:
    """A signed power of ten for an axis, without room for ``1×10⁵``."""
    if 1e-3 < abs(value) < 1e4 or value == 0.0:
        return number(value, 1)
    return number(value, 1).replace("1×", "")
