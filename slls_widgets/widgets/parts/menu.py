"""A button with a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import traitlets as tl

__all__ = ["Menu"]


class Menu(anywidget.AnyWidget):
    """A button that opens a menu of actions.

    A select acts as soon as the arrow keys pass over an option, which is too early for an action.

    Parameters
    ----------
    label, tip : str
        The text of the button, and what it is for.
    items : sequence of str
    chosen : callable
        Called with the item that was pressed.
    """

    _esm = Path(__file__).parent / "menu.js"

    label = tl.Unicode().tag(sync=True)
    tip = tl.Unicode().tag(sync=True)
    items = tl.List(tl.Unicode()).tag(sync=True)

    def __init__(self, label: str, tip: str, items: Sequence[str], chosen: Callable[[str], None]) -> None:
        super().__init__(label=label, tip=tip, items=list(items))
        self._chosen = chosen
        self.on_msg(self._received)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if (
            isinstance(content, dict)
            and content.get("type") == "choose"
            and content.get("item") in self.items
        ):
            self._chosen(content["item"])
