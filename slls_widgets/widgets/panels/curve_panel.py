"""Any quantity of the steady state against α, as the sliders move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...explore.follow import Following
from ...explore.results import CurvesKey, Point, curves_key
from ...explore.state import LARGEST_NU, ExplorerState
from ...fokker_planck import SteadyState, steady_state
from ..parts.axes import rounded_out
from ..parts.curves import Curve, CurvePlot
from ..parts.panel import html, set_class, tell_fault
from ..parts.state_card import StateCard

__all__ = ["CurvePanel"]

# Points along α: a first look, then what the eye takes for a curve.
_COUNTS = (21, 81)


class CurvePanel(StateCard):
    """What a function makes of the exact steady state, against α and at the operating point.

    δ, θ and what is held are those of the state.

    Parameters
    ----------
    title : str
        The title of the card.
    quantity : callable
        ``quantity(steady)`` is a number, for a :class:`~slls_widgets.fokker_planck.SteadyState`. It runs in
        the background; what it raises is shown in the card.
    label : str, optional
        The label of the vertical axis, with the unit: quantities of a steady state are in units of ηT.
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.

    Examples
    --------
    >>> from functools import partial
    >>> from slls_widgets.widgets import Controls, Workbench
    >>> noise = partial(CurvePanel, "Noise of the heat", lambda steady: steady.Delta_B, "noise / ηT")
    >>> bench = Workbench([Controls], noise)
    >>> bench.close()
    """

    def __init__(
        self,
        title: str,
        quantity: Callable[[SteadyState], float],
        label: str = "",
        state: ExplorerState | None = None,
    ) -> None:
        self.join(state)
        self._quantity = quantity
        curves = {
            "curve": Curve("", "var(--accent)"),
            "point": Curve("at the operating point", "var(--accent)", dot=True),
        }
        self.plot = CurvePlot(curves, "α = mP/H", label)
        self.says = html("", "slls-note")
        super().__init__(title, [*self.plot.widgets, self.says])
        following = Following(self._exact, self._compute, depends=lambda point: (point.magnet, point.key))
        self.following = self.ending(following)
        self.listen(self.following, self._draw, "result", "error")
        self.listen(self._state, self._mark, "snapshot")
        self._draw()

    def _compute(
        self, point: Point, _cancelled: Callable[[], bool]
    ) -> Iterator[tuple[CurvesKey, NDArray[np.float64], NDArray[np.float64], float] | None]:
        """α, the quantity there (nan beyond the strongest field), and at the point; coarse first."""
        held, _, alpha_max = point.key.map
        here = self._quantity(point.steady)
        for count in _COUNTS:
            alpha = np.linspace(-alpha_max, alpha_max, count)
            nu, infinite = held.along(alpha)
            values = np.full(count, np.nan)
            for k in np.flatnonzero(~infinite & (nu <= LARGEST_NU)):
                magnet = point.magnet.replace(alpha=alpha[k], nu=nu[k])
                values[k] = self._quantity(steady_state(magnet))
                yield None
            yield point.key, alpha, values, here

    def _draw(self, _change: object = None) -> None:
        result = self.following.result
        if result is not None:
            _, alpha, values, here = result.value
            self.plot.draw("curve", alpha, values)
            point = ([result.magnet.alpha], [here]) if math.isfinite(here) else ([], [])
            self.plot.draw("point", *point)
            self.plot.set_x(alpha[0], alpha[-1])
            # An efficiency is none everywhere in places, and a ratio may be infinite.
            drawn = [value for value in (*values, here) if math.isfinite(value)] or [0.0]
            low, high = min(drawn), max(drawn)
            margin = 0.06 * (high - low) or 1.0
            self.plot.set_y(*rounded_out(low - margin, high + margin))
            self.says.value = ""
        set_class(self.plot.figure, "slls-empty", result is None)
        tell_fault(self.says, self.following.error)
        self._mark()

    def _mark(self, _change: object = None) -> None:
        """Grey while what is drawn belongs to another magnet, or to another curve through it."""
        result, snapshot = self.following.result, self._state.snapshot
        drawn = None if result is None else (result.magnet, result.value[0])
        self.mark_stale(drawn != (snapshot.magnet, curves_key(snapshot)))
