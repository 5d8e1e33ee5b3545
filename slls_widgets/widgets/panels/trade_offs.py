"""Trade-offs at the operating point: cumulant generating function with its partner's, uncertainty product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import theory
from ...explore.follow import Following
from ...explore.results import Point
from ...explore.state import ExplorerState
from ...magnet.macrospin import Macrospin, Phase
from ..parts.curves import Curve, CurvePlot
from ..parts.panel import html, tell_fault
from ..parts.state_card import StateCard
from ..parts.words import number

__all__ = ["CountingView"]

Array = NDArray[np.float64]


class _Counted(NamedTuple):
    k: Array
    own: Array
    partner: Array


class CountingView(StateCard):
    """λ(k) of the total entropy, its partner's mirror image on it, and its own, which is another curve.

    Below: the uncertainty product Q at the point, and how far the fluctuation theorem is missed.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self.plot = CurvePlot(
            {
                "zero": Curve("zero", "var(--dim)", dashed=True),
                "own": Curve("λ(k)", "var(--pumped)"),
                "same": Curve("same magnet, λ(−1−k)", "var(--p-arrow)", dashed=True),
                "partner": Curve("partner, λ′(−1−k)", "var(--bath)", dot=True),
            },
            "k",
            "λ in ηT",
        )
        self.says = html("", "slls-note")
        super().__init__("Counting statistics of the total entropy", [*self.plot.widgets, self.says])
        self.following = self.ending(Following(self._exact, _count))
        self.listen(self.following, self._draw, "result")
        self.listen(self.following, lambda change: tell_fault(self.says, change["new"]), "error")
        self.listen(self._state, self._follow, "snapshot")
        self.listen(self._exact, self._follow, "point")
        self._draw()

    def _draw(self, _change: object = None) -> None:
        result = self.following.result
        if result is not None:
            found: _Counted = result.value
            self.plot.draw("zero", found.k[[0, -1]], [0.0, 0.0])
            self.plot.draw("own", found.k, found.own)
            self.plot.draw("same", found.k, found.own[::-1])
            self.plot.draw("partner", found.k, found.partner)
            low, high = float(found.own.min()), max(float(found.own.max()), 1e-12)
            margin = 0.08 * (high - low)
            self.plot.set_x(float(found.k[0]), float(found.k[-1]))
            self.plot.set_y(low - margin, high + margin)
        self._follow()

    def _follow(self, _change: object = None) -> None:
        result, point = self.following.result, self._exact.point
        here = self._state.magnet
        self.mark_stale(result is None or result.magnet != here)
        if point is None or point.magnet != here:
            return
        product = point.steady.uncertainty_product
        verdict = "below 2" if product < 2.0 else "not below 2"
        if point.steady.phase is Phase.EQUILIBRIUM:
            verdict = "nothing flows"
        text = f"Q = Δ<sub>P</sub>Σ/S<sub>P</sub>² = {number(product, 4)}, {verdict}"
        if here.theta == 0.0:
            bound = float(theory.uncertainty_bound(here.alpha, here.nu, here.delta))
            text += f"; the bound that holds at θ = 0 is {number(bound, 4)}"
        if result is not None and result.magnet == here:
            missed = float(np.max(np.abs(result.value.own - result.value.partner)))
            text += f"; largest |λ(k) − λ′(−1−k)| = {number(missed, 2)}"
        self.says.value = escape(self.following.error) or text


def _count(point: Point, cancelled: Callable[[], bool]) -> Iterator[_Counted | None]:
    # With longer steps than those of nine the eigenvalue is lost on the way, and found with much work or not.
    for points in (9, 17):
        # Even about -1/2: the mirror image of the curve is itself read backwards.
        k = np.linspace(-1.3, 0.3, points)
        own = _scgf(point.magnet, k, cancelled)
        yield None
        yield _Counted(k, own, _scgf(point.magnet.partner(), -1.0 - k, cancelled))


def _scgf(magnet: Macrospin, k: Array, cancelled: Callable[[], bool]) -> Array:
    from ...fokker_planck import counting

    # Finer than a line is drawn.
    return counting.scgf(magnet, k, "total", tol=1e-6, cancel=cancelled)
