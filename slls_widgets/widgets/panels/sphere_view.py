"""The magnetisation on the sphere, following the state."""

from __future__ import annotations

import math
from typing import Any

from ...explore.live import Trace
from ...explore.state import ExplorerState
from ..parts.panel import box, button
from ..parts.sphere import SphereCanvas
from ..parts.state_card import StateCard
from ..parts.words import number

__all__ = ["SphereView"]


class SphereView(StateCard):
    """Steady-state density, live trajectories, and the vectors that drive them.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self.canvas = SphereCanvas()
        home = button("reset view", "turn the sphere back (or double-click it)")
        home.on_click(lambda _: self.canvas.set_trait("view", self.canvas.home))
        super().__init__(
            "Magnetisation on the sphere", [box([self.canvas], "slls-plot", "slls-sphere")], [home]
        )
        self.listen(self._state, self._follow, "snapshot")
        self.listen(self._exact, self._shade, "density")
        self.listen(self._live, self._trace, "trace")
        self._follow()
        self._shade()

    def _follow(self, _change: object = None) -> None:
        magnet = self._state.magnet
        with self.canvas.hold_sync():
            self.canvas.set_vectors(magnet)
            self.canvas.label = (
                f"Unit sphere of the magnetisation at α = {number(magnet.alpha)}, "
                f"θ = {number(math.degrees(magnet.theta))}°; drag or use the arrow keys to turn it"
            )
        self.canvas.clear()
        self._mark()

    def _shade(self, _change: object = None) -> None:
        density = self._exact.density
        if density is not None:
            self.canvas.set_density(density.values)
        self._mark()

    def _mark(self) -> None:
        density = self._exact.density
        self.mark_stale(density is None or density.magnet != self._state.magnet)

    def _trace(self, change: dict[str, Any]) -> None:
        trace: Trace | None = change["new"]
        if trace is not None and trace.magnet == self._state.magnet:
            if trace.fresh:
                self.canvas.clear()
            self.canvas.push(trace.paths)
