"""The head of the app: phase badge, one sentence, and the tools that concern the whole state."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as w

from ..explore.exact import Exact
from ..explore.permalink import BadLink, from_query, to_query
from ..explore.state import ExplorerState
from .page import Page
from .panel import box, button, html
from .words import PHASE_WORDS, sentence

__all__ = ["Header"]

_THEMES = {"auto": "dark", "dark": "light", "light": "auto"}


class Header(w.Box):
    """Badge, sentence, undo and redo, link, theme.

    Parameters
    ----------
    state : ExplorerState
    exact : Exact
    page : Page
    """

    def __init__(self, state: ExplorerState, exact: Exact, page: Page) -> None:
        self._state, self._exact, self._page = state, exact, page
        self._badge = html("", "slls-badge-box")
        self._sentence = html("", "slls-sentence", "slls-fresh")
        self._undo = button("↶", "undo the last move (Ctrl+Z)")
        self._redo = button("↷", "redo (Ctrl+Shift+Z)")
        self._link = button("Copy link", "copy an address that opens the app exactly here")
        theme = button("◐", "switch between light, dark and the system's colours")
        self._undo.on_click(lambda _: state.undo())
        self._redo.on_click(lambda _: state.redo())
        self._link.on_click(lambda _: page.copy_link(to_query(state.snapshot)))
        theme.on_click(lambda _: page.set_trait("theme", _THEMES[page.theme]))
        page.on("undo", lambda _: state.undo())
        page.on("redo", lambda _: state.redo())
        page.on("toggle", lambda _: state.set_trait("running", not state.running))
        page.on("query", self._open)
        page.on("copied", self._copied)
        super().__init__(
            [
                html('<h1 class="slls-title">sLLS Explorer</h1>'),
                box([self._badge, self._sentence], "slls-say"),
                box([self._undo, self._redo, self._link, theme], "slls-tools"),
            ]
        )
        self.add_class("slls-head")
        exact.observe(self._speak, "point")
        state.observe(self._enable, ["can_undo", "can_redo"])
        state.observe(lambda _: self._link.set_trait("description", "Copy link"), "snapshot")
        self._enable()
        self._speak()

    def _speak(self, _change: object = None) -> None:
        point = self._exact.point
        if point is None:
            self._badge.value = '<span class="slls-badge">computing …</span>'
            return
        word, icon = PHASE_WORDS[point.steady.phase]
        self._badge.value = f'<span class="slls-badge {point.steady.phase.value}">{icon} {word}</span>'
        text = escape(sentence(point.magnet, point.steady))
        self._sentence.value = f'<span role="status" aria-live="polite">{text}</span>'

    def _enable(self, _change: object = None) -> None:
        self._undo.disabled, self._redo.disabled = not self._state.can_undo, not self._state.can_redo

    def _open(self, message: dict[str, Any]) -> None:
        query = message.get("query")
        if not isinstance(query, str):
            return
        try:
            self._state.apply(from_query(query))
        except BadLink as error:
            self._state.message = f"This link could not be opened, so the usual start is shown: {error}."

    def _copied(self, message: dict[str, Any]) -> None:
        if message.get("ok"):
            self._link.description = "Copied ✓"
        else:
            self._state.message = "The browser refused access to its clipboard."
