"""Colours, labels and settings shared by every static figure."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "GREY", "LABELS", "PHASES", "STYLE", "StaticFigure", "new_figure"]

# Okabe-Ito, one colour per quantity everywhere.
COLOURS = {"S_P": "#0072B2", "S_B": "#D55E00", "Sigma": "#15181d", "Delta_P": "#009E73"}
PHASES = {
    "refrigerator": "#8fc7e8",
    "heat_pump": "#f4b886",
    "dud": "#cdd0d5",
}
GREY = "#8a93a1"
LABELS = {"S_P": "$S_P$ pumped", "S_B": "$S_B$ bath", "Sigma": r"$\Sigma$ produced", "Delta_P": r"$\Delta_P$"}
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "slls-widgets",
}


class StaticFigure(Figure):
    """A figure that a notebook shows as a PNG without pyplot's help; small, and the same at every run."""

    def _repr_png_(self) -> bytes:
        stream = BytesIO()
        with mpl.rc_context(STYLE):
            # No software version in the file: a new release would change every stored output.
            self.savefig(stream, format="png", dpi=110, metadata={"Software": None})
        return stream.getvalue()


def new_figure(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of its own, outside pyplot's registry, so that a long-lived app leaks none; size in inches."""
    with mpl.rc_context(STYLE):
        figure = StaticFigure(figsize=(width, height), layout="constrained")
        axes = [figure.add_subplot(rows, columns, k + 1) for k in range(rows * columns)]
    return figure, axes
