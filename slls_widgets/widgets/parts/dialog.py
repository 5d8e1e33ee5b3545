"""A text in a window of its own over the page."""

from __future__ import annotations

from pathlib import Path

import anywidget

__all__ = ["Dialog"]


class Dialog(anywidget.AnyWidget):
    """The browser's own modal dialog: it keeps the focus, closes on Escape and gives the focus back."""

    _esm = Path(__file__).parent / "dialog.js"

    def __init__(self) -> None:
        super().__init__()
        self.add_class("slls-dialog")

    def tell(self, title: str, body: str) -> None:
        """Show a text; ``title`` and ``body`` are HTML."""
        self.send({"type": "open", "title": title, "body": body})
