"""The head of the app: phase badge, one sentence, and the tools that concern the whole state."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

from ..downloads.files import FORMATS, PACKAGES
from ..explore.dispatch import Dispatcher
from ..explore.exact import Exact
from ..explore.packages import there
from ..explore.permalink import open_link, to_query
from ..explore.shown import NotYet, Shown
from ..explore.state import ExplorerState
from ..explore.worker import Job, Rest, new_worker
from .parts.dialog import Dialog
from .parts.menu import Menu
from .parts.page import Page
from .parts.panel import ListeningBox, box, button, html, set_class
from .parts.spoken import Spoken
from .parts.words import PHASE_WORDS, sentence
from .sheets import CITE, EMBED, HELP, TITLE

__all__ = ["Header"]

_EMBED = "Line for your own page"

# A download waits this long for what is still being computed.
_PATIENCE_SECONDS = 30.0


class Header(ListeningBox):
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
        self._writer = new_worker("slls-download", self._not_written)
        self._badge = html("", "slls-badge-box")
        self._sentence = Spoken("status", "slls-sentence")
        self._undo = button("↶", "undo the last move (Ctrl+Z)")
        self._redo = button("↷", "redo (Ctrl+Shift+Z)")
        self._link = button(
            "Copy link", "copy an address that opens just this; in a notebook, a line of code that does"
        )
        theme = button("◐", "switch between light and dark")
        self._download = Menu("Download", "save what is shown", [*FORMATS, _EMBED], self._write)
        self._dialog = Dialog()
        cite = button("Cite", "how to cite the paper and this software")
        cite.on_click(lambda _: self._dialog.tell("How to cite", CITE))
        present = button("Aa", "present: larger, for an audience; a second press goes back", "present")
        present.on_click(lambda _: page.present())
        help_ = button("?", "help")
        help_.on_click(lambda _: self._dialog.tell("About this app", HELP))
        self.story = button("story ›", "what the paper found, told in six steps", "slls-story-opener")
        self._undo.on_click(lambda _: state.undo())
        self._redo.on_click(lambda _: state.redo())
        self._link.on_click(lambda _: page.copy_link(to_query(state.snapshot)))
        theme.on_click(lambda _: page.turn_theme())
        page.on("query", self._open)
        page.keeps_address = True
        page.on("copied", self._copied)
        self._say = box([self._badge, self._sentence], "slls-say")
        super().__init__(
            [
                box([html(TITLE), self.story], "slls-name"),
                self._say,
                box(
                    [self._undo, self._redo, self._link, self._download, cite, theme, present, help_],
                    "slls-tools",
                ),
                self._dialog,
            ]
        )
        self.add_class("slls-head")
        self.listen(exact, self._speak, "point")
        self.listen(state, self._enable, "can_undo", "can_redo")
        self.listen(state, self._follow, "snapshot")
        self._enable()
        self._speak()

    def _follow(self, change: dict[str, Any]) -> None:
        self._link.description = "Copy link"
        if (change["old"].units, change["old"].sample) != (change["new"].units, change["new"].sample):
            self._speak()
        self._mark()

    def _mark(self) -> None:
        """Grey badge and sentence while they speak of an older point."""
        point = self._exact.point
        set_class(self._say, "stale", point is not None and point.magnet != self._state.magnet)

    def _speak(self, _change: object = None) -> None:
        point = self._exact.point
        if point is None:
            self._badge.value = '<span class="slls-badge">computing …</span>'
            return
        word, icon = PHASE_WORDS[point.steady.phase]
        self._badge.value = f'<span class="slls-badge {point.steady.phase.value}">{icon} {word}</span>'
        # The point may still be that of the move before; the units are those of now.
        text = escape(sentence(replace(self._state.snapshot, magnet=point.magnet), point.steady))
        self._sentence.value = text
        self._mark()

    def close(self) -> None:
        """End the writer of downloads and take the head off the page."""
        self._writer.close()
        super().close()

    def _write(self, choice: str) -> None:
        if choice == _EMBED:
            query = escape(to_query(self._state.snapshot))
            self._dialog.tell("In a page of your own", EMBED.format(query=query))
            return
        name, mime, make = FORMATS[choice]

        def write() -> Job:
            yield from there(*PACKAGES.get(choice, ()))
            patience = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    content = make(self._shown())
                    break
                except NotYet:
                    if time.monotonic() > patience:
                        raise
                yield Rest(0.1)
            self._dispatcher.post("download", lambda: self._page.download(name, content, mime))

        self._writer.submit(write())

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
            code = str(message.get("text")).startswith("Explorer")
            self._link.description = "Code copied ✓" if code else "Copied ✓"
        else:
            self._state.message = "The browser refused access to its clipboard."
