"""Colours, labels and settings shared by every static figure."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "GREY", "LABELS", "PHASES", "STYLE", "new_figure"]

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


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of its own, outside pyplot's registry, so that a long-lived app leaks none; size in inches."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = [figure.add_subplot(1, columns, k + 1) for k in range(columns)]
    return figure, axes
