"""A layer over a bqplot figure: the draggable operating point, shaded bands, names, hover."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
import traitlets as tl

from .modules import bundle

__all__ = ["PlotOverlay"]


class PlotOverlay(anywidget.AnyWidget):
    """Sits on the plot area of the figure beside it, in the figure's own coordinates.

    The pointer (drag or click anywhere) and the arrow keys move the point; each move calls the callbacks
    given to :meth:`on_move` with the wanted ``(x, y)``. Setting ``x`` and ``y`` moves the point on screen.
    """

    _esm = bundle("touch.js", "overlay.js")

    two_dimensional = tl.Bool(True).tag(sync=True)
    active = tl.Bool(True).tag(sync=True)
    # The last request from the page that x and y answer.
    seen = tl.Int(0).tag(sync=True)
    x = tl.Float(0.0).tag(sync=True)
    y = tl.Float(0.0).tag(sync=True)
    x_range = tl.List(tl.Float(), [0.0, 1.0]).tag(sync=True)
    y_range = tl.List(tl.Float(), [0.0, 1.0]).tag(sync=True)
    # Where the plot area is until the figure has drawn its own.
    margins = tl.Dict({"left": 50, "right": 10, "top": 10, "bottom": 40}).tag(sync=True)
    # Shaded stretches of x: from, to, kind (a CSS class), label, and an icon for where no label fits.
    bands = tl.List(tl.Dict()).tag(sync=True)
    # Named verticals: at, label. "S_P" in a label is set with a subscript.
    marks = tl.List(tl.Dict()).tag(sync=True)
    # Named regions: x, y, the stretch from … to that is free for the name, label, icon.
    names = tl.List(tl.Dict()).tag(sync=True)
    label = tl.Unicode("").tag(sync=True)
    value_text = tl.Unicode("").tag(sync=True)
    x_name = tl.Unicode("x").tag(sync=True)
    y_name = tl.Unicode("y").tag(sync=True)
    y_unit = tl.Unicode("").tag(sync=True)
    value_name = tl.Unicode("").tag(sync=True)
    value_unit = tl.Unicode("").tag(sync=True)
    # Legend of whole-number values, when the grid holds categories.
    value_words = tl.List(tl.Unicode()).tag(sync=True)
    # float32 values, rows from the bottom up, for the hover read-out.
    grid = tl.Bytes(b"").tag(sync=True)
    grid_shape = tl.List(tl.Int(), [0, 0]).tag(sync=True)
    # The same for curves: float32 rows, x first, then each named one; they may jump at x = 0.
    series = tl.Bytes(b"").tag(sync=True)
    series_names = tl.List(tl.Unicode()).tag(sync=True)
    series_jumps = tl.Bool(False).tag(sync=True)

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self._callbacks: list[Callable[[float, float], object]] = []
        self._view_callbacks: list[Callable[[str, float, float], object]] = []
        self.on_msg(self._received)

    def on_move(self, callback: Callable[[float, float], object]) -> None:
        """Call ``callback(x, y)`` with each position the reader asks for."""
        self._callbacks.append(callback)

    def on_view(self, callback: Callable[[str, float, float], object]) -> None:
        """Call ``callback(kind, x, y)`` when the reader asks for another view by keyboard.

        ``kind`` is "zoom" (x and y: the factor), "pan" (shares of the view) or "reset".
        """
        self._view_callbacks.append(callback)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict) or content.get("type") not in ("move", "zoom", "pan", "reset"):
            return
        x, y = content.get("x"), content.get("y")
        if not (isinstance(x, (int, float)) and isinstance(y, (int, float))):
            return
        if content["type"] != "move":
            for look in self._view_callbacks:
                look(content["type"], float(x), float(y))
        else:
            with self.hold_sync():
                for callback in self._callbacks:
                    callback(float(x), float(y))
                request = content.get("request")
                self.seen = max(self.seen, request) if isinstance(request, int) else self.seen
