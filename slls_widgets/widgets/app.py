"""The whole explorer in one widget."""

from __future__ import annotations

import ipywidgets as w

from ..explore.dispatch import Dispatcher
from ..explore.exact import Exact
from ..explore.export import Shown
from ..explore.live import LiveSimulation
from ..explore.permalink import from_query
from ..explore.state import ExplorerState, Snapshot
from .controls import Controls
from .header import Header
from .ledger import Ledger
from .page import Page
from .panel import box, family
from .phase_map import PhaseMap
from .rates import RatesView
from .simulation_panel import SimulationPanel
from .sphere_view import SphereView

__all__ = ["Explorer"]


class Explorer(w.Box):
    """The app: parameters, phase diagram, rates, sphere, ledger and simulation on one shared state.

    Parameters
    ----------
    snapshot : Snapshot, optional
        Where to begin; the default is a refrigerator at 34° in the paper's Fig. 3.

    Attributes
    ----------
    state : ExplorerState
        Steer it from code: ``explorer.state.move(alpha=-0.5)``.
    exact, live
        The exact results and the simulation that follow the state.

    Examples
    --------
    >>> explorer = Explorer()  # doctest: +SKIP
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        dispatcher = Dispatcher()
        self.state = ExplorerState(snapshot)
        self.exact = Exact(self.state, dispatcher)
        self.live = LiveSimulation(self.state, dispatcher)
        self.page = Page()
        self.header = Header(self.state, self.exact, self.page, self._shown, dispatcher)
        self.controls = Controls(self.state)
        self.simulation = SimulationPanel(self.state, self.live)
        self.phase_map = PhaseMap(self.state, self.exact)
        self.rates = RatesView(self.state, self.exact, self.live)
        self.sphere = SphereView(self.state, self.exact, self.live)
        self.ledger = Ledger(self.state, self.exact, self.live)
        self.page.on("visible", self._watched)
        self.page.on("hello", self._greet)
        left = box([self.controls, self.simulation], "slls-left")
        main = box([left, self.phase_map, self.rates, self.sphere, self.ledger], "slls-main")
        super().__init__([self.page, self.header, main])
        self.add_class("slls-app")

    @classmethod
    def from_url(cls, url: str) -> Explorer:
        """An explorer at the place that a copied link describes.

        Raises
        ------
        BadLink
            If the link carries an illegal value; the message names it.
        """
        return cls(from_query(url.partition("?")[2] if "?" in url else url))

    def __repr__(self) -> str:
        # What a stored notebook shows in place of the live view; the default repr lists every widget.
        return "Explorer: run the notebook to use it"

    def close(self) -> None:
        """Stop the background work and take the widgets off the page."""
        self.state.running = False
        self.live.close()
        self.exact.close()
        super().close()

    def _shown(self) -> Shown:
        return Shown(
            self.state.snapshot,
            self.exact.curves,
            self.exact.phase_map,
            self.exact.boundaries,
            self.rates.readings,
        )

    def _greet(self, _message: dict[str, object]) -> None:
        # Results that arrive while a page is being built can fall between its first copy of the widgets and
        # the moment it listens: say everything once more.
        for widget in family(self):
            widget.send_state()

    def _watched(self, message: dict[str, object]) -> None:
        # Nobody looks at a hidden tab: its simulation would only burn a shared processor.
        if message.get("visible") is False:
            self.state.running = False
