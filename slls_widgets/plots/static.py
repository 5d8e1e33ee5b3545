"""Figures that a notebook shows and stores by themselves."""

from __future__ import annotations

import io

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import STYLE

__all__ = ["NOTEBOOK_STYLE", "StaticFigure", "static_figure"]

# Type that is still read when the figure is scaled to the width of a phone.
NOTEBOOK_STYLE = {
    **STYLE,
    "font.size": 10,
    "legend.fontsize": 9,
    "axes.titlesize": 10,
    "lines.linewidth": 1.8,
}


class StaticFigure(Figure):
    """A figure outside pyplot's registry that is a PNG as the value of a notebook's cell.

    The same figure gives the same bytes: nothing in them tells when or with what they were made.
    """

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        with mpl.rc_context(NOTEBOOK_STYLE):
            self.savefig(out, format="png", dpi=120, facecolor="white", metadata={"Software": None})
        return out.getvalue()


def static_figure(
    width: float = 6.8,
    height: float = 4.0,
    rows: int = 1,
    columns: int = 1,
    heights: tuple[float, ...] | None = None,
) -> tuple[StaticFigure, list[Axes]]:
    """A figure for a notebook and its axes, row by row; sizes in inches."""
    with mpl.rc_context(NOTEBOOK_STYLE):
        figure = StaticFigure(figsize=(width, height), layout="constrained")
        grid = figure.add_gridspec(rows, columns, height_ratios=heights)
        axes = [figure.add_subplot(grid[k // columns, k % columns]) for k in range(rows * columns)]
    return figure, axes
