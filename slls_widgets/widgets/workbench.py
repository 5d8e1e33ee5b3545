"""A few panels on one shared state: the explorer's parts, one by one or combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as w

from ..explore.state import ExplorerState, Snapshot
from .parts.panel import box
from .shared import SharedBox

__all__ = ["Workbench"]

Panel = Callable[[ExplorerState], w.Widget]


class Workbench(SharedBox):
    """Panels side by side, all showing and steering one state.

    Parameters
    ----------
    *panels : panel classes, or sequences of them
        Each is called with the state. A sequence is a column, the first one narrow, for controls.
    snapshot : Snapshot, optional
        Where to begin.
    state : ExplorerState, optional
        Show this state instead of one of the bench's own.

    Attributes
    ----------
    state, exact, live
        What the panels share; steer it from code: ``bench.state.move(theta=1.0)``.
    cards : tuple
        The panels, in order.

    Examples
    --------
    >>> from slls_widgets.widgets import Controls, RatesView
    >>> bench = Workbench([Controls], RatesView)
    >>> bench
    Controls, RatesView: run the notebook to use them
    >>> bench.close()
    """

    def __init__(
        self,
        *panels: Panel | Sequence[Panel],
        snapshot: Snapshot | None = None,
        state: ExplorerState | None = None,
    ) -> None:
        super().__init__(snapshot, state=state)
        self.cards: tuple[w.Widget, ...] = ()
        with self.dispatcher.paused():
            shown = [
                box([self._make(each) for each in panel], "slls-column")
                if isinstance(panel, Sequence)
                else self._make(panel)
                for panel in panels
            ]
        self.children = (self.page, box(shown, "slls-bench"))

    def __repr__(self) -> str:
        names = ", ".join(type(card).__name__ for card in self.cards)
        return f"{names}: run the notebook to use {'it' if len(self.cards) == 1 else 'them'}"

    def _make(self, panel: Panel) -> w.Widget:
        card = panel(self.state)
        self.cards += (card,)
        return card

    def _close_panels(self) -> None:
        for card in self.cards:
            card.close()
