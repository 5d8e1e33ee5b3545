"""What the app and every workbench are built on: one state, what follows it, and the page around it."""

from __future__ import annotations

from ..explore.exploration import Exploration
from ..explore.state import ExplorerState, Snapshot
from .parts.frontage import frontage
from .parts.panel import ListeningBox
from .parts.picture import Pictured

__all__ = ["SharedBox"]


class SharedBox(Pictured, ListeningBox):
    """A box of panels on one state; a subclass makes the panels and sets the children.

    Parameters
    ----------
    snapshot : Snapshot, optional
        Where to begin.
    state : ExplorerState, optional
        Show this state instead of one of the box's own.

    Attributes
    ----------
    state : ExplorerState
        Steer it from code: ``box.state.move(alpha=-0.5)``.
    exact, live
        The exact results and the simulation that follow the state.
    """

    # Until it is built: ipywidgets closes what never was, too.
    _closed = True

    def __init__(self, snapshot: Snapshot | None = None, *, state: ExplorerState | None = None) -> None:
        if snapshot is not None and state is not None:
            raise ValueError("give a snapshot to begin at, or a state that is somewhere already, not both")
        self._exploration = Exploration.of(ExplorerState(snapshot) if state is None else state)
        self.state, self.dispatcher = self._exploration.state, self._exploration.dispatcher
        self.exact, self.live = self._exploration.exact, self._exploration.live
        self.page = frontage(self.state, self)
        super().__init__()
        self.add_class("slls-app")
        self._closed = False

    def close(self) -> None:
        """Take the panels off the page; the background work ends, unless others show the same state.

        A second call does nothing.
        """
        if self._closed:  # ipywidgets closes once more on deletion
            return
        self._closed = True
        self._close_panels()
        self._exploration.leave()
        super().close()

    def _close_panels(self) -> None:
        """Close each panel."""
        raise NotImplementedError
