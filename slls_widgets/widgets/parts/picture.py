"""Panels as still pictures, for pages that no kernel stands behind.

A panel is drawn from what it shows: its own curves, its own axes, the same values.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator, Sequence
from html import unescape
from textwrap import fill
from typing import TYPE_CHECKING, Any

import bqplot as bq
import ipywidgets as w

from .dial import Dial
from .drawing import draw_axis, draw_legend, draw_mark, draw_overlay, draw_sphere, draw_table, mathtext
from .overlay import PlotOverlay
from .panel import Card
from .sphere import SphereCanvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Pictured", "picture", "unattended"]

_PATIENCE_SECONDS = 60.0


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
    """Wait for the background work of the cards, and for what it asks for in turn."""
    works: list[Any] = []
    for card in cards:
        exploration = getattr(card, "_exploration", None)
        works += [exploration.exact] if exploration is not None else []
        # A panel that waits by itself hands its results over, too.
        parts = (card, *getattr(card, "_background", ()))
        works += [part for part in parts if hasattr(part, "wait")]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for _ in range(4):  # what arrives may ask for more
        for work in works:
            work.wait(max(0.0, deadline - time.monotonic()))


def _notes(card: Card) -> Iterator[str]:
    """What a card says beside its picture, above all that something is not shown."""
    if "stale" in card._dom_classes:
        yield f"{_title(card)}: not computed to the end."
    for part in _walk(card):
        kinds = part._dom_classes if isinstance(part, w.HTML) and len(part.value) > 9 else ()
        if "slls-note" in kinds and "slls-label" not in kinds:
            yield mathtext(part.value)


def _compose(items: Sequence[tuple[Card, Any]], notes: Sequence[str]) -> Figure:
    """One picture of several plots and tables, row by row, and the notes under it."""
    import matplotlib as mpl

    from ...plots.static import NOTEBOOK_STYLE, static_figure

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
                draw_sphere(place, part)
            else:
                draw_table(place, part)
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

    from ...plots.static import NOTEBOOK_STYLE

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
        draw_mark(axes, mark)
    for shown in figure.axes:
        draw_axis(axes, shown)
    if overlay is not None:
        draw_overlay(axes, overlay)
    legend = " ".join(
        part.value for part in _walk(card) if isinstance(part, w.HTML) and "slls-legend" in part.value
    )
    if legend:
        draw_legend(axes, legend)


def _rows(card: Card) -> list[list[str]]:
    """What a card says in numbers: dials, settings, tables."""
    rows: list[list[str]] = []
    for part in _walk(card):
        if isinstance(part, Dial):
            spec, text = part.spec, part.shown["text"]
            rows.append([_sub(spec["symbol"]), f"{text} {spec['unit']}".strip(), spec["meaning"]])
        elif isinstance(part, (w.Text, w.Dropdown)) and "slls-select" not in part._dom_classes:
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
    return unescape(re.sub("<[^>]*>", "", title.value)) if isinstance(title, w.HTML) else ""


def _sub(symbol: str) -> str:
    base, _, index = symbol.partition("_")
    return f"{base}<sub>{index}</sub>" if index else base
