"""What the app and every workbench are built on: one state, what follows it, and the page around it."""

from __future__ import annotations

import ipywidgets as w

from ..explore.dispatch import Dispatcher
from ..explore.exact import Exact
from ..explore.live import LiveSimulation
from ..explore.permalink import to_query
from ..explore.state import ExplorerState, Snapshot
from .page import Page
from .panel import family

__all__ = ["SharedBox"]


class SharedBox(w.Box):
    """A box of panels on one state; a subclass makes the panels and sets the children.

    Parameters
    ----------
    snapshot : Snapshot, optional
        Where to begin.
    with_map : bool
        Whether the phase map is computed, the one thing that costs seconds.

    Attributes
    ----------
    state : ExplorerState
        Steer it from code: ``box.state.move(alpha=-0.5)``.
    exact, live
        The exact results and the simulation that follow the state.
    """

    def __init__(self, snapshot: Snapshot | None = None, *, with_map: bool = True) -> None:
        self.dispatcher = Dispatcher()
        self.state = ExplorerState(snapshot)
        self.exact = Exact(self.state, self.dispatcher, with_map=with_map)
        self.live = LiveSimulation(self.state, self.dispatcher)
        self.page = Page()
        self.page.on("undo", lambda _: self.state.undo())
        self.page.on("redo", lambda _: self.state.redo())
        self.page.on("toggle", lambda _: self.state.set_trait("running", not self.state.running))
        self.page.on("visible", self._watched)
        self.page.on("hello", self._greet)
        # The answer carries the state, so that a page whose kernel dies can be opened again where it was.
        self.page.on("ping", lambda _: self.page.pong(to_query(self.state.snapshot)))
        self._closed = False
        super().__init__()
        self.add_class("slls-app")

    def close(self) -> None:
        """Stop the background work and take the panels off the page; a second call does nothing."""
        if self._closed:  # ipywidgets closes once more on deletion
            return
        self._closed = True
        self.state.running = False
        self.live.close()
        self.exact.close()
        self._close_panels()
        super().close()

    def _close_panels(self) -> None:
        """Close what has background work of its own."""

    def _greet(self, _message: dict[str, object]) -> None:
        # Results that arrive while a page is being built can fall between its first copy of the widgets and
        # the moment it listens: say everything once more.
        for widget in family(self):
            widget.send_state()

    def _watched(self, message: dict[str, object]) -> None:
        # Nobody looks at a hidden tab: its simulation would only burn a shared processor.
        if message.get("visible") is False:
            self.state.running = False
