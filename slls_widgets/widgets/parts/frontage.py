"""The page around a panel or a box of panels, wired to their state."""

from __future__ import annotations

import ipywidgets as w

from ...explore.permalink import to_query
from ...explore.state import ExplorerState
from .page import Page
from .panel import family

__all__ = ["frontage"]


def frontage(state: ExplorerState, root: w.Widget) -> Page:
    """A page that brings stylesheet, theme and shortcuts to ``root``, and steers ``state``."""
    page = Page()
    page.on("undo", lambda _: state.undo())
    page.on("redo", lambda _: state.redo())
    page.on("toggle", lambda _: state.set_trait("running", not state.running))
    page.on("visible", _Watcher(state))

    def greet(_message: dict[str, object]) -> None:
        # Results that arrive while a page is being built can fall between its first copy of the widgets and
        # the moment it listens: say everything once more.
        for widget in family(root):
            widget.send_state()

    page.on("hello", greet)
    # The answer carries the state, so that a page whose kernel dies can be opened again where it was.
    page.on("ping", lambda _: page.pong(to_query(state.snapshot)))
    return page


class _Watcher:
    """Pauses the simulation while nobody looks, and lets it go on when somebody does.

    A hidden tab's simulation would only burn a processor that others share.
    """

    def __init__(self, state: ExplorerState) -> None:
        self._state, self._paused = state, False

    def __call__(self, message: dict[str, object]) -> None:
        visible = message.get("visible")
        if visible is False and self._state.running:
            self._paused = True
            self._state.running = False
        elif visible is True and self._paused:
            self._paused = False
            self._state.running = True
