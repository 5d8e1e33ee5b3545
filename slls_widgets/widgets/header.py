"""The head of the app: phase badge, one sentence, and the tools that concern the whole state."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as w

from ..cancellation import check
from ..explore.dispatch import Dispatcher
from ..explore.exact import Exact
from ..explore.export import FORMATS, NotYet, Shown
from ..explore.permalink import open_link, to_query
from ..explore.state import ExplorerState
from ..explore.worker import LatestWins
from .page import Page
from .panel import box, button, html, set_class
from .sheets import CITE, HELP
from .words import PHASE_WORDS, sentence

__all__ = ["Header"]

# A download waits this long for what is still being computed.
_PATIENCE_SECONDS = 30.0
_THEMES = {"auto": "dark", "dark": "light", "light": "auto"}


class Header(w.Box):
    """Badge, sentence, undo and redo, link, download, cite, help, theme.

    Parameters
    ----------
    state : ExplorerState
    exact : Exact
    page : Page
    shown : callable
        Returns what is on screen, for the downloads.
    dispatcher : Dispatcher
        Brings a finished download back to the page.
    """

    def __init__(
        self,
        state: ExplorerState,
        exact: Exact,
        page: Page,
        shown: Callable[[], Shown],
        dispatcher: Dispatcher,
    ) -> None:
        self._state, self._exact, self._page = state, exact, page
        self._shown, self._dispatcher = shown, dispatcher
        self._writer = LatestWins("slls-download", self._not_written)
        self._badge = html("", "slls-badge-box")
        self._sentence = html("", "slls-sentence", "slls-fresh")
        self._undo = button("↶", "undo the last move (Ctrl+Z)")
        self._redo = button("↷", "redo (Ctrl+Shift+Z)")
        self._link = button("Copy link", "copy an address that opens the app exactly here")
        theme = button("◐", "switch between light, dark and the system's colours")
        self._download = w.Dropdown(options=["Download", *FORMATS], value="Download")
        self._download.tooltip = "save what is shown"
        self._download.add_class("download")
        self._download.observe(self._chosen, "value")
        self._sheet = html("", "slls-sheet")
        cite = button("Cite", "how to cite the paper and this software")
        cite.on_click(lambda _: self._open_sheet(CITE))
        help_ = button("?", "help")
        help_.on_click(lambda _: self._open_sheet(HELP))
        self._undo.on_click(lambda _: state.undo())
        self._redo.on_click(lambda _: state.redo())
        self._link.on_click(lambda _: page.copy_link(to_query(state.snapshot)))
        theme.on_click(lambda _: page.set_trait("theme", _THEMES[page.theme]))
        page.on("query", self._open)
        page.on("copied", self._copied)
        super().__init__(
            [
                html('<h1 class="slls-title">sLLS Explorer</h1>'),
                box([self._badge, self._sentence], "slls-say"),
                box([self._undo, self._redo, self._link, self._download, cite, theme, help_], "slls-tools"),
                self._sheet,
            ]
        )
        self.add_class("slls-head")
        exact.observe(self._speak, "point")
        state.observe(self._enable, ["can_undo", "can_redo"])
        state.observe(self._follow, "snapshot")
        self._enable()
        self._speak()

    def _follow(self, change: dict[str, Any]) -> None:
        self._link.description = "Copy link"
        if (change["old"].units, change["old"].sample) != (change["new"].units, change["new"].sample):
            self._speak()

    def _speak(self, _change: object = None) -> None:
        point = self._exact.point
        if point is None:
            self._badge.value = '<span class="slls-badge">computing …</span>'
            return
        word, icon = PHASE_WORDS[point.steady.phase]
        self._badge.value = f'<span class="slls-badge {point.steady.phase.value}">{icon} {word}</span>'
        # The point may still be that of the move before; the units are those of now.
        text = escape(sentence(replace(self._state.snapshot, magnet=point.magnet), point.steady))
        self._sentence.value = f'<span role="status" aria-live="polite">{text}</span>'

    def close(self) -> None:
        """End the writer of downloads and take the head off the page."""
        self._writer.close()
        super().close()

    def _open_sheet(self, text: str) -> None:
        """Open a sheet, or close it when it is the one that is open."""
        self._sheet.value = "" if self._sheet.value == text else text
        set_class(self._sheet, "open", bool(self._sheet.value))

    def _chosen(self, change: dict[str, Any]) -> None:
        choice = change["new"]
        if choice not in FORMATS:
            return
        self._download.value = "Download"
        name, mime, make = FORMATS[choice]

        def write(cancelled: Callable[[], bool]) -> None:
            patience = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    content = make(self._shown())
                    break
                except NotYet:
                    check(cancelled)
                    if time.monotonic() > patience:
                        raise
                    time.sleep(0.1)
            self._dispatcher.post("download", lambda: self._page.download(name, content, mime))

        self._writer.submit(write)

    def _not_written(self, error: Exception) -> None:
        text = f"The file could not be made: {error}"
        self._dispatcher.post("download", lambda: self._state.set_trait("message", text))

    def _enable(self, _change: object = None) -> None:
        self._undo.disabled, self._redo.disabled = not self._state.can_undo, not self._state.can_redo

    def _open(self, message: dict[str, Any]) -> None:
        query = message.get("query")
        if not isinstance(query, str):
            return
        snapshot, complaint = open_link(query)
        if complaint:
            self._state.message = complaint
        else:
            self._state.apply(snapshot)

    def _copied(self, message: dict[str, Any]) -> None:
        if message.get("ok"):
            self._link.description = "Copied ✓"
        else:
            self._state.message = "The browser refused access to its clipboard."
