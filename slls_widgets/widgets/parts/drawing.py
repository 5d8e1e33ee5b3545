"""What panels show, drawn with matplotlib: marks, axes, what lies on them, the sphere, tables."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bqplot as bq
import numpy as np

from .overlay import PlotOverlay
from .sphere import SphereCanvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_axis", "draw_legend", "draw_mark", "draw_overlay", "draw_sphere", "draw_table", "mathtext"]

_STYLES = {"solid": "-", "dashed": "--", "dotted": ":", "dash_dotted": "-."}
_KEY = re.compile(r'<i(?: class="([^"]*)")? style="color:([^";]*)([^"]*)"></i>(.*?)</span>')
_ARROWS = {"field": ("h-arrow", "H"), "torque": ("p-arrow", "P"), "damping": ("hp-arrow", "H′")}


def draw_mark(axes: Axes, mark: bq.Mark) -> None:
    """Lines, points or an image, in the mark's own coordinates."""
    if isinstance(mark, bq.Image):
        from matplotlib.image import imread

        pixels = imread(io.BytesIO(mark.image.value))
        axes.imshow(pixels, extent=(*mark.x, *mark.y), aspect="auto", interpolation="bilinear", zorder=0)
    elif isinstance(mark, bq.Scatter):
        x, y = np.asarray(mark.x, dtype=float), np.asarray(mark.y, dtype=float)
        colours = [_colour(mark.colors[k % len(mark.colors)]) for k in range(len(x))]
        edge = _colour(mark.stroke) if mark.stroke else colours
        axes.scatter(x, y, s=0.4 * mark.default_size, c=colours, edgecolors=edge, zorder=3)
    elif isinstance(mark, bq.Lines):
        rows = np.atleast_2d(np.asarray(mark.y, dtype=float))
        across = np.broadcast_to(np.asarray(mark.x, dtype=float), rows.shape)
        for k, (x, y) in enumerate(zip(across, rows, strict=True)):
            colour = _colour(mark.colors[k % len(mark.colors)])
            alpha = mark.opacities[k % len(mark.opacities)] if len(mark.opacities) else 1.0
            style = _STYLES[mark.line_style]
            axes.plot(x, y, style, color=colour, lw=0.6 * mark.stroke_width, alpha=alpha)
            if mark.fill == "bottom":
                axes.fill_between(x, y, color=colour, alpha=0.25, lw=0)


def draw_axis(axes: Axes, shown: bq.Axis) -> None:
    """Ends, ticks and label of an axis."""
    from .axes import _key

    along, scale = axes.yaxis if shown.side == "left" else axes.xaxis, shown.scale
    name = "y" if shown.side == "left" else "x"
    if isinstance(scale, bq.LogScale):
        getattr(axes, f"set_{name}scale")("log")
    getattr(axes, f"set_{name}lim")(scale.min, scale.max)
    along.set_label_text(mathtext(shown.label))
    if shown.tick_values is not None:
        ticks = [float(tick) for tick in shown.tick_values]
        along.set_ticks(ticks, [(shown.tick_labels or {}).get(_key(tick), f"{tick:g}") for tick in ticks])


def draw_overlay(axes: Axes, overlay: PlotOverlay) -> None:
    """Bands, named verticals and regions, and the operating point."""
    tints = {"refrigerator": "fridge", "heat_pump": "pump"}
    for band in overlay.bands:
        colour = _colour(f"var(--{tints.get(band['kind'], 'dud')})")
        axes.axvspan(band["from"], band["to"], color=colour, alpha=0.1, lw=0, zorder=0)
    low, high = overlay.x_range
    for mark in overlay.marks:
        if low < mark["at"] < high:
            axes.axvline(mark["at"], color=_colour("var(--dim)"), ls=":", lw=0.8)
            place = (mark["at"], 0.99)
            axes.annotate(
                mathtext(mark["label"]), place, xycoords=axes.get_xaxis_transform(), rotation=90, ha="right",
                va="top", fontsize=6.5,
            )  # fmt: skip
    for name in overlay.names:
        room = 3.4 * (name["to"] - name["from"]) / (high - low)
        if 0.07 * len(name["label"]) > room:  # in inches
            continue
        axes.text(name["x"], name["y"], name["label"], ha="center", va="center", weight="bold", fontsize=7)
    if overlay.two_dimensional:
        axes.plot([overlay.x], [overlay.y], "o", ms=7, mfc="white", mec="black", mew=1.6, zorder=5)
    else:
        axes.axvline(overlay.x, color="black", ls="--", lw=0.9, alpha=0.6)


def draw_legend(axes: Axes, html: str) -> None:
    """The legend that the page shows as HTML."""
    from matplotlib.lines import Line2D

    handles = []
    for kind, colour, more, label in _KEY.findall(html):
        look: dict[str, Any] = {"ls": "--" if "dashed" in kind else ":" if "dotted" in more else "-"}
        if "dot" in kind:
            look = {"ls": "", "marker": "o", "ms": 4}
        handles.append(Line2D([], [], color=_colour(colour), label=mathtext(label), **look))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, handlelength=1.6)


def draw_sphere(axes: Axes, canvas: SphereCanvas) -> None:
    """The density and the arrows on the sphere, seen from where the view is."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Circle

    azimuth, elevation = canvas.view
    level = math.cos(elevation)
    eye = np.array([level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation)])
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    up = np.cross(eye, right)
    x, y = np.meshgrid(*2 * [np.linspace(-1.0, 1.0, 240)])
    depth = np.sqrt(np.maximum(1.0 - x**2 - y**2, 0.0))
    n = x[..., None] * right + y[..., None] * up + depth[..., None] * eye
    values = np.zeros(x.shape)
    if canvas.density:
        rows, columns = canvas.density["shape"]
        grid = np.frombuffer(canvas.density["values"], dtype=np.uint8).reshape(rows, columns)
        row = np.rint(np.arccos(np.clip(n[..., 2], -1.0, 1.0)) / math.pi * (rows - 1)).astype(int)
        column = np.rint(np.arctan2(n[..., 1], n[..., 0]) / (2.0 * math.pi) * columns).astype(int) % columns
        values = grid[row, column] / 255.0
    colours = LinearSegmentedColormap.from_list("sphere", ["#f0f4f8", _colour("var(--accent)")])
    ball = axes.imshow(
        values, extent=(-1, 1, -1, 1), origin="lower", cmap=colours, vmin=0, vmax=1, interpolation="bilinear"
    )
    rim = axes.add_patch(Circle((0.0, 0.0), 1.0, fill=False, ec=_colour("var(--edge)"), lw=0.8))
    ball.set_clip_path(rim)
    for name, (colour, label) in _ARROWS.items():
        vector = canvas.vectors.get(name)
        if vector is None:
            continue
        tip = (1.12 * float(np.dot(vector, right)), 1.12 * float(np.dot(vector, up)))
        head = {
            "arrowstyle": "-|>",
            "color": _colour(f"var(--{colour})"),
            "lw": 1.6,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        axes.annotate("", tip, (0.0, 0.0), arrowprops=head)
        axes.text(
            1.12 * tip[0], 1.12 * tip[1], label, color=head["color"], ha="center", va="center", weight="bold"
        )
    axes.set(xlim=(-1.4, 1.4), ylim=(-1.15, 1.4))
    axes.set_axis_off()


def draw_table(axes: Axes, rows: Sequence[Sequence[str]]) -> None:
    """Rows of words and numbers, which may hold HTML."""
    width = max(map(len, rows))
    cells = [[*map(mathtext, row), *[""] * (width - len(row))] for row in rows]
    axes.set_in_layout(False)  # a wide table would squeeze the plots
    table = axes.table(cells, loc="upper center", edges="horizontal", cellLoc="left")
    table.auto_set_font_size(False)
    table.set_fontsize(7.5)
    table.auto_set_column_width(list(range(width)))
    for cell in table.get_celld().values():
        cell.set_edgecolor("#e3e6eb")
    axes.set_axis_off()


def mathtext(html: str) -> str:
    """HTML, or a label with S_P in it, as matplotlib sets it."""
    text = re.sub(r"<sub>(\w+)</sub>", r"_\1", html)
    text = re.sub(r"<sup>(.*?)</sup>", r"^{\1}", text)
    text = unescape(re.sub(r"<[^>]*>", "", text)).replace("$", r"\$")
    return re.sub(r"(\w+)(_\w+|\^\{[^}]*\})", lambda m: "$" + m[0].replace("−", "-") + "$", text)


@cache
def _palette() -> dict[str, str]:
    """The stylesheet's colours in the light theme, by their names."""
    sheet = (Path(__file__).parent / "app.css").read_text(encoding="utf-8")
    return dict(reversed(re.findall(r"--([\w-]+): (#[0-9a-f]{3,8})\b", sheet)))


def _colour(name: str) -> str:
    match = re.fullmatch(r"var\(--([\w-]+)\)", name)
    return _palette()[match[1]] if match else name
