"""A plot of a few named curves with a legend, for panels that only show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import bqplot as bq
import ipywidgets as w
import numpy as np
from numpy.typing import NDArray

from .axes import axis, bare_figure, labelled, linear_scale, nice_ticks, power_texts, set_axis, set_range
from .panel import box, html

__all__ = ["Curve", "CurvePlot", "Family"]

Array = NDArray[np.float64]
MARGINS = {"left": 66, "right": 16, "top": 8, "bottom": 44}


@dataclass(frozen=True)
class Curve:
    """How a curve looks and what the legend calls it (nothing: no entry); a dot is a single point."""

    label: str
    colour: str
    dashed: bool = False
    dot: bool = False
    filled: bool = False


@dataclass(frozen=True)
class Family:
    """Curves that always change together: one mark, sent and drawn at once, in colours of their own.

    Their values have the shape (curves, points); the legend names those that have a label.
    """

    labels: tuple[str, ...]
    colours: tuple[str, ...]
    dashed: bool = False

    @property
    def members(self) -> list[Curve]:
        """Each curve by itself, as the legend shows it."""
        pairs = zip(self.labels, self.colours, strict=True)
        return [Curve(label, colour, self.dashed) for label, colour in pairs]


class CurvePlot:
    """Axes with round ticks, one mark per curve, and a legend above them.

    Parameters
    ----------
    curves : mapping of str to Curve or Family
    x_label, y_label : str
    logarithmic : bool
        A logarithmic x axis: x values are drawn by their decimal logarithm under powers of ten.
    margins : dict
        Room for the axes, in pixels.
    ticks : int
        About how many ticks the y axis has.
    """

    def __init__(
        self,
        curves: Mapping[str, Curve | Family],
        x_label: str,
        y_label: str,
        *,
        logarithmic: bool = False,
        margins: dict[str, int] = MARGINS,
        ticks: int = 6,
    ) -> None:
        self._logarithmic, self._ticks = logarithmic, ticks
        self.x_scale, self.y_scale = linear_scale(), linear_scale()
        scales = {"x": self.x_scale, "y": self.y_scale}
        self.marks: dict[str, bq.Mark] = {}
        for name, curve in curves.items():
            if isinstance(curve, Family):
                self.marks[name] = bq.Lines(
                    x=np.zeros(2), y=np.zeros((len(curve.colours), 2)), scales=scales,
                    colors=list(curve.colours), stroke_width=1.6 if curve.dashed else 2.5,
                    line_style="dashed" if curve.dashed else "solid",
                )  # fmt: skip
            elif curve.dot:
                self.marks[name] = bq.Scatter(
                    x=[], y=[], scales=scales, colors=["var(--card)"], stroke=curve.colour, stroke_width=2.5,
                    default_size=70,
                )  # fmt: skip
            else:
                self.marks[name] = bq.Lines(
                    x=np.zeros(2), y=np.zeros(2), scales=scales, colors=[curve.colour],
                    stroke_width=1.6 if curve.dashed or curve.filled else 2.5,
                    line_style="dashed" if curve.dashed else "solid",
                    fill="bottom" if curve.filled else "none", fill_colors=[curve.colour],
                    fill_opacities=[0.25],
                )  # fmt: skip
        self.x_axis = axis(self.x_scale, x_label)
        self.y_axis = axis(self.y_scale, y_label, vertical=True)
        self._y_label = labelled(y_label)
        self.figure = bare_figure(
            marks=list(self.marks.values()), axes=[self.x_axis, self.y_axis], scale_x=self.x_scale,
            scale_y=self.y_scale, fig_margin=margins,
        )  # fmt: skip
        self.legend = html(_legend(curves), "slls-legend-box")
        self.widgets: list[w.Widget] = [self.legend, box([self.figure], "slls-plot")]

    def draw(self, name: str, x: object, y: object) -> None:
        """Give a curve, or the curves of a family, their points."""
        mark = self.marks[name]
        x = np.asarray(x, dtype=float)
        with mark.hold_sync():
            mark.x, mark.y = np.log10(x) if self._logarithmic else x, np.asarray(y, dtype=float)

    def hide(self, name: str) -> None:
        """Draw nothing."""
        mark = self.marks[name]
        with mark.hold_sync():
            mark.x, mark.y = np.zeros(2), np.zeros((*np.shape(mark.y)[:-1], 2))

    def set_x(self, low: float, high: float) -> None:
        """End the x axis at low and high."""
        if not self._logarithmic:
            set_range(self.x_scale, self.x_axis, low, high)
            return
        low, high = float(np.log10(low)), float(np.log10(high))
        ticks = [tick for tick in nice_ticks(low, high) if tick == round(tick)]
        set_axis(self.x_scale, self.x_axis, low, high, ticks, power_texts([10.0**tick for tick in ticks]))

    def set_y(self, low: float, high: float) -> None:
        """End the y axis at low and high."""
        set_range(self.y_scale, self.y_axis, low, high, self._ticks, self._y_label)


def _legend(curves: Mapping[str, Curve | Family]) -> str:
    def sign(curve: Curve) -> str:
        kind = ' class="dot"' if curve.dot else ' class="dashed"' if curve.dashed else ""
        return f'<span><i{kind} style="color:{curve.colour}"></i>{curve.label}</span>'

    families = (each.members if isinstance(each, Family) else [each] for each in curves.values())
    named = [curve for family in families for curve in family if curve.label]
    return f'<div class="slls-legend">{"".join(map(sign, named))}</div>'
