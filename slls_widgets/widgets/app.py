"""The whole explorer in one widget."""

from __future__ import annotations

from ..explore.permalink import open_link
from ..explore.shown import Shown
from ..explore.state import Snapshot
from .header import Header
from .panels.controls import Controls
from .panels.ledger import Ledger
from .panels.phase_map import PhaseMap
from .panels.rates import RatesView
from .panels.simulation_panel import SimulationPanel
from .panels.sphere_view import SphereView
from .panels.story import Story
from .parts.panel import box, set_class
from .shared import SharedBox

__all__ = ["Explorer"]


class Explorer(SharedBox):
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
        super().__init__(snapshot)
        with self.dispatcher.paused():
            self._build()
        # A page of its own only: in a notebook nothing runs that its reader has not asked for.
        self.page.on("visit", lambda _: self.live.welcome())

    def _build(self) -> None:
        self.header = Header(self.state, self.exact, self.page, self._shown, self.dispatcher)
        self.story = Story(self.state, self.header.story)
        self.controls = Controls(self.state)
        self.simulation = SimulationPanel(self.state)
        self.phase_map = PhaseMap(self.state)
        self.rates = RatesView(self.state)
        self.sphere = SphereView(self.state)
        self.ledger = Ledger(self.state)
        self._cards = (self.phase_map, self.rates, self.sphere, self.ledger)
        left = box([self.controls, self.simulation], "slls-left")
        self.children = (self.page, self.header, self.story, box([left, *self._cards], "slls-main"))

        self.header.story.on_click(lambda _: self.story.go(1))
        self.listen(self.state, self._make_room, "snapshot")
        self._make_room()

    def _make_room(self, _change: object = None) -> None:
        # The story takes room only while it is told.
        set_class(self.story, "hidden", not self.state.snapshot.story)

    @classmethod
    def from_url(cls, url: str) -> Explorer:
        """An explorer at the place that a copied link describes.

        A link with an illegal value opens the usual start, and the explorer says what is wrong with it.
        """
        snapshot, message = open_link(url)
        explorer = cls(snapshot)
        explorer.state.message = message
        return explorer

    def __repr__(self) -> str:
        # What a stored notebook shows in place of the live view; the default repr lists every widget.
        return "Explorer: run the notebook to use it"

    def _close_panels(self) -> None:
        for panel in (self.header, self.story, self.controls, self.simulation, *self._cards):
            panel.close()

    def _shown(self) -> Shown:
        snapshot, reading = self.state.snapshot, self.live.reading
        here = reading is not None and reading.magnet == snapshot.magnet
        return Shown(
            snapshot,
            self.exact.curves,
            self.exact.phase_map,
            self.exact.boundaries,
            self.rates.readings,
            reading if here else None,
            self.exact.curves_fault,
            self.exact.map_fault,
        )
