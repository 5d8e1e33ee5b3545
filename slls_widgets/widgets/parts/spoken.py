"""Text that a screen reader speaks when it changes."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets as tl

__all__ = ["Spoken"]


class Spoken(anywidget.AnyWidget):
    """HTML in a live region that stays in the page: a reader misses a region that is new with its text.

    Parameters
    ----------
    role : {"status", "alert"}
        A status is spoken when it has rested for a moment, so that a drag does not chatter; an alert at once.
    """

    _esm = Path(__file__).parent / "spoken.js"

    role = tl.Enum(["status", "alert"], "status").tag(sync=True)
    value = tl.Unicode("").tag(sync=True)

    def __init__(self, role: str, *classes: str) -> None:
        super().__init__(role=role)
        for name in classes:
            self.add_class(name)
