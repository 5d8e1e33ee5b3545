"""The page around the app: theme, query string, clipboard, downloads, shortcuts, visibility."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets as tl

from ...explore.terms import spoken_terms
from .modules import bundle

__all__ = ["Page"]


class Page(anywidget.AnyWidget):
    """Invisible widget that also carries the stylesheet of the app.

    Callbacks by message type (``on("query", …)``): ``query`` (the page's query string), ``visible``,
    ``copied``, ``undo``, ``redo``, ``toggle``, ``hello``, ``visit`` (the app's own page is seen for the first
    time, by a reader who does not mind movement), ``ping``.
    """

    _esm = bundle("paper.js", "names.js", "explain.js", "zoom.js", "page.js")
    _css = Path(__file__).parent / "app.css"

    theme = tl.Enum(["auto", "light", "dark"], "auto").tag(sync=True)
    # Whether the address of an app's own page follows the state, and opens it again.
    keeps_address = tl.Bool(False).tag(sync=True)
    # What is told about each symbol on screen.
    terms = tl.Dict(spoken_terms()).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._callbacks: dict[str, Callable[[dict[str, object]], None]] = {}
        self.on_msg(self._received)

    def on(self, kind: str, callback: Callable[[dict[str, object]], None]) -> None:
        """Call ``callback(message)`` when the page sends a message of this kind."""
        self._callbacks[kind] = callback

    def copy_link(self, query: str) -> None:
        """Copy the address of this app with the given query string; in a notebook, the code that opens it."""
        self.send({"type": "copy", "link": query})

    def pong(self, query: str) -> None:
        """Tell the page that the kernel lives, and the query string to open it again with."""
        self.send({"type": "pong", "query": query})

    def turn_theme(self) -> None:
        """Go to the other of light and dark."""
        self.send({"type": "turn theme"})

    def present(self) -> None:
        """Draw everything larger, for an audience; a second call goes back."""
        self.send({"type": "present"})

    def download(self, name: str, content: bytes, mime: str) -> None:
        """Let the browser save ``content`` under ``name``."""
        self.send({"type": "download", "name": name, "mime": mime}, [content])

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, dict):
            callback = self._callbacks.get(str(content.get("type")))
            if callback is not None:
                callback(content)
