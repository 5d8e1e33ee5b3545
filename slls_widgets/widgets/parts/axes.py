"""Axes with round ticks: bqplot's own choice for a given number of them is not round."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import bqplot as bq
import numpy as np
from numpy.typing import NDArray

from ...explore.units import round_up, superscript
from .words import number

__all__ = [
    "SignedAxis",
    "axis",
    "bare_figure",
    "joined",
    "labelled",
    "linear_scale",
    "nice_ticks",
    "power_texts",
    "rounded_out",
    "set_axis",
    "set_range",
]

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
    step = round_up(span / about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Dividing by a whole number keeps 0.3 from becoming 0.30000000000000004 wherever it can.
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def rounded_out(low: float, high: float) -> tuple[float, float]:
    """Ends of an axis moved outward to round values, a few hundredths of its length away.

    What moves a little then leaves the axis where it is: the eye keeps its scale, and the page has less to
    draw.

    Examples
    --------
    >>> rounded_out(-7.93, 16.43)
    (-8.0, 17.0)
    """
    span = high - low
    if not (math.isfinite(span) and span > 0.0):
        return low, high
    step = round_up(span / 40.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return float(f"{first * step:.12g}"), float(f"{last * step:.12g}")


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
    options.setdefault("label_offset", "52px" if vertical else "31px")
    return bq.Axis(
        scale=scale,
        label=label,
        side="left" if vertical else "bottom",
        grid_lines="none",
        tick_format=options.pop("tick_format", ".12~g"),
        **options,
    )


def set_range(
    scale: bq.LinearScale,
    shown: bq.Axis,
    low: float,
    high: float,
    about: int = 6,
    label: Callable[[int], str] | None = None,
) -> None:
    """Let scale and axis end at low and high, with round ticks between.

    Where the ticks would need too many digits ``label(power)`` takes a power of a thousand over from them.
    """
    ticks = nice_ticks(low, high, about)
    power = _shared_power(ticks) if label is not None else 0
    if label is not None:
        text = label(power)
        if shown.label != text:
            shown.label = text
    set_axis(scale, shown, low, high, ticks, _tick_labels(ticks, power))


def labelled(text: str) -> Callable[[int], str]:
    """A label that names the power of ten after the text."""
    return lambda power: f"{text} / 10{superscript(power)}" if power else text


def _shared_power(ticks: Sequence[float]) -> int:
    largest = max(map(abs, ticks))
    if largest == 0.0 or 1e-2 <= largest < 1e4:
        return 0
    return 3 * math.floor(math.log10(largest) / 3.0)


def _tick_labels(ticks: Sequence[float], power: int) -> list[str]:
    """Texts of the same number of decimals, with a true minus sign."""
    largest = max(map(abs, ticks))
    if power == 0 and largest > 0.0 and not 1e-3 <= largest < 1e5:
        return [number(tick, 1) for tick in ticks]
    values = [tick / 10.0**power for tick in ticks]
    step = values[1] - values[0] if len(values) > 1 else abs(values[0]) or 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{value + 0.0:.{decimals}f}".replace("-", "−") for value in values]


def set_axis(
    scale: bq.Scale, shown: bq.Axis, low: float, high: float, ticks: Sequence[float], texts: Sequence[str]
) -> None:
    """Let scale and axis end at low and high, with ticks under the given texts."""
    labels = {_key(tick): text for tick, text in zip(ticks, texts, strict=True)}
    # First, and once: new ends and new ticks are drawn a moment later, but with the texts of now.
    if shown.tick_labels != labels:
        shown.tick_labels = labels
    if (scale.min, scale.max) != (low, high):
        with scale.hold_sync():
            scale.min, scale.max = low, high
    if shown.tick_values is None or not np.array_equal(shown.tick_values, np.array(ticks)):
        shown.tick_values = np.array(ticks)


def _key(value: float) -> str:
    """A number as JavaScript writes it, which is how bqplot looks its text up."""
    if value == round(value) and abs(value) < 1e15:
        return str(round(value))
    if abs(value) >= 1e-6:
        return np.format_float_positional(value, trim="-")
    mantissa, _, exponent = f"{value!r}".partition("e")
    return f"{mantissa}e{int(exponent)}"


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
        #: What the axis measures, in a unit times a power of ten.
        self.label: Callable[[int], str] = labelled(shown.label)
        #: What the ticks of the logarithmic axis are multiplied by: its label then names no power of ten.
        self.unit = 1.0

    def place(self, values: object) -> Array:
        """Where values stand on the axis."""
        y = np.asarray(values, dtype=float)
        return y if self.threshold is None else np.arcsinh(y / (2.0 * self.threshold)) / math.log(10.0)

    def set_range(self, low: float, high: float) -> None:
        """Let the axis end at two places, with ticks at round values between."""
        if self.threshold is None:
            set_range(self._scale, self._shown, low, high, label=self.label)
            return
        if self._shown.label != self.label(0):
            self._shown.label = self.label(0)
        values = self._decades(low, high)
        places = [float(f"{self.place(value):.6g}") for value in values]
        set_axis(
            self._scale, self._shown, low, high, places, power_texts([self.unit * value for value in values])
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


def power_texts(values: Sequence[float]) -> list[str]:
    """Ticks of a logarithmic axis, one digit times powers of ten: all plain, or all as powers.

    Examples
    --------
    >>> power_texts([0.01, 1.0, 100.0]), power_texts([-0.001, 0.0, 1.0, 10.0]), power_texts([2e-5, 5e-5])
    (['0.01', '1', '100'], ['−10⁻³', '0', '1', '10'], ['2×10⁻⁵', '5×10⁻⁵'])
    """
    plain = all(value == 0.0 or 1.5e-3 < abs(value) < 1e4 for value in values)
    return [number(value, 1) if plain else _as_power(value) for value in values]


def _as_power(value: float) -> str:
    # What a power would only make longer stays.
    if value == 0.0 or 0.95 < abs(value) < 95.0:
        return number(value, 1)
    mantissa, _, exponent = f"{abs(value):.0e}".partition("e")
    times = "" if mantissa == "1" else f"{mantissa}×"
    return f"{'−' if value < 0.0 else ''}{times}10{superscript(int(exponent))}"
