"""A card that shows a state: in the app, on a workbench, or all by itself."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import ipywidgets as w

from ...explore.exact import Exact
from ...explore.exploration import Exploration
from ...explore.live import LiveSimulation
from ...explore.pin import Pinning
from ...explore.state import ExplorerState
from .frontage import frontage
from .page import Page
from .panel import Card, close_parts
from .picture import Pictured

__all__ = ["StateCard"]


class _Closable(Protocol):
    def close(self) -> None: ...


_Work = TypeVar("_Work", bound=_Closable)


class StateCard(Pictured, Card):
    """A card of the exploration of a state; shown by itself it brings along what the app's page provides."""

    children: tuple[w.Widget, ...]
    # Set here, since ipywidgets closes what was never built, too.
    _joined = False
    _exploration: Exploration
    _background: tuple[_Closable, ...] = ()
    _page: Page | None = None

    def __repr__(self) -> str:
        # What a stored notebook shows in place of the live view; the default repr lists every widget.
        return f"{type(self).__name__}: run the notebook to use it"

    def join(self, state: ExplorerState | None) -> None:
        """Join the exploration of ``state``, or of a state of the card's own; :meth:`close` leaves it.

        Exact results and simulation begin when the card first asks for them.
        """
        self._exploration, self._joined = Exploration.of(state), True

    @property
    def _state(self) -> ExplorerState:
        return self._exploration.state

    @property
    def _exact(self) -> Exact:
        return self._exploration.exact

    @property
    def _live(self) -> LiveSimulation:
        return self._exploration.live

    @property
    def _pinned(self) -> Pinning:
        return self._exploration.pinned

    def ending(self, work: _Work) -> _Work:
        """Let background work end with the card, or a widget of its own that it does not always show."""
        self._background += (work,)
        return work

    def close(self) -> None:
        """Take the card off the page; with the last one of a state its background work ends."""
        for work in self._background:
            if isinstance(work, w.Widget):
                close_parts(work)
            work.close()
        if self._joined:
            self._joined = False
            self._exploration.leave()
        super().close()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        # Asked for by the notebook when the card itself is shown, not when a box around it is.
        if self._page is None and self._joined:
            self._page = frontage(self._state, self)
            self.children = (*self.children, self._page)
            for name in ("slls-app", "slls-alone"):
                self.add_class(name)
        return super()._repr_mimebundle_(**options)
