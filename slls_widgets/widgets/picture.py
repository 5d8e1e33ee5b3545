"""Panels as still pictures, for pages that no kernel stands behind.

A panel is drawn from what it shows: its own curves, its own axes, the same values.
"""

from __future__ import annotations

import io
import math
import os
import re
import time
from collections.abc import Iterator, Sequence
from functools import cache
from html import unescape
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from ..explore.dispatch import Dispatcher
from .dial import Dial
from .overlay import PlotOverlay
from .panel import Card
from .sphere import SphereCanvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Pictured", "picture", "unattended"]

_PATIENCE_SECONDS = 60.0
_STYLES = {"solid": "-", "dashed": "--", "dotted": ":", "dash_dotted": "-."}
_KEY = re.compile(r'<i(?: class="([^"]*)")? style="color:([^";]*)([^"]*)"></i>(.*?)</span>')
_ARROWS = {"field": ("h-arrow", "H"), "torque": ("p-arrow", "P"), "damping": ("hp-arrow", "H′")}


def unattended() -> bool:
    """Whether this cell is run by a program that stores its output, such as nbconvert, and by no reader."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None or any(name.startswith("VOILA_") for name in os.environ):
        return False
    # Whoever reads a notebook can be asked for input.
    return not kernel.get_parent().get("content", {}).get("allow_stdin", True)


class Pictured(w.DOMWidget):
    """A widget that is a still picture where nobody is there to use it."""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        if not unattended():
            return bundle
        found = picture(self)
        # Without a kernel the live view would be an empty strip, which nbconvert prefers to the picture.
        return {"text/plain": repr(self)} | ({"image/png": found} if found else {})


def picture(root: w.Widget) -> bytes | None:
    """What a panel, or a box of panels, shows as a PNG; None where there is nothing to draw.

    It waits until what is being computed for the panels has arrived.
    """
    cards = [each for each in _walk(root) if isinstance(each, Card)]
    _settle(cards)
    drawn = [
        (card, part) for card in cards for part in _walk(card) if isinstance(part, (bq.Figure, SphereCanvas))
    ]
    # Numbers in words only where there is no plot to see, or where they are what the panel is about.
    tables = [
        (card, rows) for card in cards if (rows := _rows(card)) and (len(cards) == 1 or _has_table(card))
    ]
    items: list[tuple[Card, Any]] = [*drawn, *tables]
    return _png(_compose(items, [note for card in cards for note in _notes(card)])) if items else None


def _walk(widget: w.Widget) -> Iterator[w.Widget]:
    """A widget and what is shown in it, in order."""
    if "hidden" in getattr(widget, "_dom_classes", ()):
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)


def _settle(cards: Sequence[Card]) -> None:
    """Wait for the background work of the cards; this thread holds up the event loop that would show it."""
    works: list[Any] = []
    for card in cards:
        company = getattr(card, "_company", None)
        works += [company.exact] if company is not None else []
        works += [work for work in getattr(card, "_background", ()) if hasattr(work, "wait")]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for _ in range(4):  # what arrives may ask for more
        for work in works:
            work.wait(max(0.0, deadline - time.monotonic()))
        Dispatcher.catch_up()


def _notes(card: Card) -> Iterator[str]:
    """What a card says beside its picture, above all that something is not shown."""
    if "stale" in card._dom_classes:
        yield f"{_title(card)}: not computed to the end."
    for part in _walk(card):
        if isinstance(part, w.HTML) and "slls-note" in part._dom_classes and len(part.value) > 9:
            yield _mathtext(part.value)


def _compose(items: Sequence[tuple[Card, Any]], notes: Sequence[str]) -> Figure:
    """One picture of several plots and tables, row by row, and the notes under it."""
    import matplotlib as mpl

    from ..plots.static import NOTEBOOK_STYLE, static_figure

    columns = len(items) if len(items) <= 3 else 2
    rows = [items[k : k + columns] for k in range(0, len(items), columns)]
    heights = tuple(1.7 if all(isinstance(part, list) for _, part in row) else 3.2 for row in rows)
    figure, axes = static_figure((5.2, 8.4, 9.6)[columns - 1], sum(heights), len(rows), columns, heights)
    with mpl.rc_context({**NOTEBOOK_STYLE, "font.size": 8, "axes.titlesize": 9, "legend.fontsize": 7}):
        for spare in axes[len(items) :]:
            spare.set_axis_off()
        for k, (place, (card, part)) in enumerate(zip(axes, items, strict=False)):
            if isinstance(part, bq.Figure):
                _draw_plot(place, card, part)
            elif isinstance(part, SphereCanvas):
                _draw_sphere(place, part)
            else:
                _draw_table(place, part)
            place.tick_params(labelsize=8)
            for along in (place.xaxis, place.yaxis):
                along.label.set_fontsize(8)
            if k == 0 or items[k - 1][0] is not card:
                place.set_title(_title(card), loc="left", weight="bold")
        figure.supxlabel("\n".join(fill(note, 100) for note in notes), fontsize=7)
    return figure


def _png(figure: Figure) -> bytes:
    import matplotlib as mpl
    from PIL import Image

    from ..plots.static import NOTEBOOK_STYLE

    out, small = io.BytesIO(), io.BytesIO()
    with mpl.rc_context(NOTEBOOK_STYLE):
        # A palette holds all colours there are, in a third of the bytes.
        figure.savefig(out, format="png", dpi=120, facecolor="white", metadata={"Software": None})
    Image.open(out).convert("RGB").quantize(160, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def _draw_plot(axes: Axes, card: Card, figure: bq.Figure) -> None:
    box = next((each for each in _walk(card) if figure in getattr(each, "children", ())), card)
    overlay = next((each for each in getattr(box, "children", ()) if isinstance(each, PlotOverlay)), None)
    for mark in figure.marks:
        _draw_mark(axes, mark)
    for shown in figure.axes:
        _draw_axis(axes, shown)
    if overlay is not None:
        _draw_overlay(axes, overlay)
    legend = " ".join(
        part.value for part in _walk(card) if isinstance(part, w.HTML) and "slls-legend" in part.value
    )
    if legend:
        _draw_legend(axes, legend)


def _draw_mark(axes: Axes, mark: bq.Mark) -> None:
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


def _draw_axis(axes: Axes, shown: bq.Axis) -> None:
    from .axes import _key

    along, scale = axes.yaxis if shown.side == "left" else axes.xaxis, shown.scale
    name = "y" if shown.side == "left" else "x"
    if isinstance(scale, bq.LogScale):
        getattr(axes, f"set_{name}scale")("log")
    getattr(axes, f"set_{name}lim")(scale.min, scale.max)
    along.set_label_text(_mathtext(shown.label))
    if shown.tick_values is not None:
        ticks = [float(tick) for tick in shown.tick_values]
        along.set_ticks(ticks, [(shown.tick_labels or {}).get(_key(tick), f"{tick:g}") for tick in ticks])


def _draw_overlay(axes: Axes, overlay: PlotOverlay) -> None:
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
                _mathtext(mark["label"]), place, xycoords=axes.get_xaxis_transform(), rotation=90, ha="right",
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


def _draw_legend(axes: Axes, html: str) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for kind, colour, more, label in _KEY.findall(html):
        look: dict[str, Any] = {"ls": "--" if "dashed" in kind else ":" if "dotted" in more else "-"}
        if "dot" in kind:
            look = {"ls": "", "marker": "o", "ms": 4}
        handles.append(Line2D([], [], color=_colour(colour), label=_mathtext(label), **look))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, handlelength=1.6)


def _draw_sphere(axes: Axes, canvas: SphereCanvas) -> None:
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


def _draw_table(axes: Axes, rows: Sequence[Sequence[str]]) -> None:
    width = max(map(len, rows))
    cells = [[*map(_mathtext, row), *[""] * (width - len(row))] for row in rows]
    axes.set_in_layout(False)  # a wide table would squeeze the plots
    table = axes.table(cells, loc="upper center", edges="horizontal", cellLoc="left")
    table.auto_set_font_size(False)
    table.set_fontsize(7.5)
    table.auto_set_column_width(list(range(width)))
    for cell in table.get_celld().values():
        cell.set_edgecolor("#e3e6eb")
    axes.set_axis_off()


def _rows(card: Card) -> list[list[str]]:
    """What a card says in numbers: dials, settings, tables."""
    rows: list[list[str]] = []
    for part in _walk(card):
        if isinstance(part, Dial):
            spec, text = part.spec, part.shown["text"]
            rows.append([_sub(spec["symbol"]), f"{text} {spec['unit']}".strip(), spec["meaning"]])
        elif isinstance(part, (w.Text, w.Dropdown)) and part.description:
            rows.append([part.description, str(part.value)])
        elif isinstance(part, w.HTML):
            for row in re.findall(r"<tr[^>]*>(.*?)</tr>", part.value, re.DOTALL):
                rows.append(re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL))
    return rows


def _has_table(card: Card) -> bool:
    return any(isinstance(part, w.HTML) and "<table" in part.value for part in _walk(card))


def _title(card: Card) -> str:
    title = next(
        (part for part in _walk(card) if "slls-card-title" in getattr(part, "_dom_classes", ())), None
    )
    return unescape(title.value) if isinstance(title, w.HTML) else ""


def _sub(symbol: str) -> str:
    base, _, index = symbol.partition("_")
    return f"{base}<sub>{index}</sub>" if index else base


def _mathtext(html: str) -> str:
    """HTML, or a label with S_P in it, as matplotlib sets it."""
    text = re.sub(r"<sub>(\w+)</sub>", r"_\1", html)
    text = re.sub(r"<sup>(.*?)</sup>", r"^{\1}", text)
    text = unescape(re.sub(r"<[^>]*>", "", text)).replace("$", r"\$")
    return re.sub(r"(\w+)(_\w+|\^\{[^}]*\})", lambda m: "$" + m[0].replace("−", "-") + "$", text)


@cache
def _palette() -> dict[str, str]:
    """The stylesheet's colours in the light theme, by their names."""
    sheet = (Path(__file__).parent / "static" / "app.css").read_text(encoding="utf-8")
    return dict(reversed(re.findall(r"--([\w-]+): (#[0-9a-f]{3,8})\b", sheet)))


def _colour(name: str) -> str:
    match = re.fullmatch(r"var\(--([\w-]+)\)", name)
    return _palette()[match[1]] if match else name
