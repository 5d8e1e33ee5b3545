"""Fluctuations at the operating point: Ψ and its closure, the autocorrelation, the variance over a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import theory
from ...explore.follow import Following
from ...explore.results import Point
from ...explore.state import ExplorerState
from ...fokker_planck.spectrum import relaxation_rates
from ...magnet.paper import PAPER_TAU
from ..parts.curves import Curve, CurvePlot
from ..parts.panel import html, tell_fault
from ..parts.state_card import StateCard
from ..parts.words import number

__all__ = ["CorrelationView", "PsiView", "VarianceView"]

Array = NDArray[np.float64]
EXACT, CLOSURE, LIMIT = "var(--hp-arrow)", "var(--bath)", "var(--dim)"
_XI = (0.1, 100.0)
_MOST_TURNS, _POINTS_PER_TURN = 40.0, 24


class _Times(NamedTuple):
    x: Array
    y: Array
    scale: float
    slowest: float = math.nan


class PsiView(StateCard):
    """Ψ(ξ) exact and by the paper's closure, with the operating point's ξ on both.

    Ψ belongs to θ = 0; at another angle the point shown is that of the same α, ν, δ with P along H.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self.plot = CurvePlot(
            {
                "bound": Curve("bound 1/2", LIMIT, dashed=True),
                "exact": Curve("exact", EXACT),
                "closure": Curve("closure (SI 57)", CLOSURE, dashed=True),
                "at exact": Curve("here", EXACT, dot=True),
                "at closure": Curve("closure here", CLOSURE, dot=True),
            },
            "|ξ|",
            "Ψ(ξ)",
            logarithmic=True,
        )
        self.says = html("", "slls-note")
        super().__init__("Ψ at θ = 0", [*self.plot.widgets, self.says])
        xi = np.geomspace(*_XI, 161)
        self.plot.draw("bound", np.array(_XI), np.array([0.5, 0.5]))
        self.plot.draw("exact", xi, theory.psi_exact(xi))
        self.plot.draw("closure", xi, theory.psi_closure(xi))
        self.plot.set_x(*_XI)
        self.plot.set_y(0.0, 0.55)
        self.listen(self._state, self._follow, "snapshot")
        self._follow()

    def _follow(self, _change: object = None) -> None:
        xi = self._state.magnet.xi
        shown = np.array([np.clip(abs(xi), *_XI)])
        exact, closure = float(theory.psi_exact(xi)), float(theory.psi_closure(xi))
        self.plot.draw("at exact", shown, [exact])
        self.plot.draw("at closure", shown, [closure])
        short = 100.0 * (1.0 - closure / exact)
        self.says.value = (
            f"ξ = {number(xi)}: Ψ = {number(exact, 5)} exactly, {number(closure, 5)} by the closure, "
            f"{number(short, 3)} % less"
        )


class _TimeView(StateCard):
    """A curve over time that is computed in the background at each new point."""

    _title: str
    _curves: dict[str, Curve]
    _labels: tuple[str, str]
    _logarithmic = False

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self.plot = CurvePlot(self._curves, *self._labels, logarithmic=self._logarithmic)
        self.says = html("", "slls-note")
        super().__init__(self._title, [*self.plot.widgets, self.says])
        self.following = self.ending(Following(self._exact, self._compute))
        self.listen(self.following, self._show, "result")
        self.listen(self.following, lambda change: tell_fault(self.says, change["new"]), "error")
        self.listen(self._state, self._follow, "snapshot")
        self._show()

    def _compute(self, point: Point, _cancelled: Callable[[], bool]) -> Iterator[_Times]:
        raise NotImplementedError

    def _draw(self, times: _Times) -> None:
        raise NotImplementedError

    def _show(self, _change: object = None) -> None:
        result = self.following.result
        if result is not None:
            self._draw(result.value)
        self._follow()

    def _follow(self, _change: object = None) -> None:
        result = self.following.result
        self.mark_stale(result is None or result.magnet != self._state.magnet)


class CorrelationView(_TimeView):
    """Autocorrelation C(t)/C(0) of n·p̂ in the steady state, exact at any angle.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    _title = "Autocorrelation of n·p̂"
    _curves = {  # noqa: RUF012
        "zero": Curve("zero", LIMIT, dashed=True),
        "exact": Curve("C(t)/C(0)", EXACT),
    }
    _labels = ("t in 1/(ηT)", "C(t)/C(0)")

    def _compute(self, point: Point, _cancelled: Callable[[], bool]) -> Iterator[_Times]:
        slowest = float(relaxation_rates(point.steady.basis, point.steady.frame, 1).real.min())
        end, turn = 4.0 / max(slowest, 1e-9), abs(float(point.magnet.precession[2])) / (2.0 * math.pi)
        # With little damping there are more turns than can be drawn: the first ones, each by a smooth curve.
        end = min(end, _MOST_TURNS / max(turn, 1e-300))
        t = np.linspace(0.0, end, max(161, math.ceil(_POINTS_PER_TURN * turn * end)))
        values = point.steady.autocorrelation(t)
        yield _Times(t, values / values[0], float(values[0]), slowest)

    def _draw(self, times: _Times) -> None:
        end = float(times.x[-1])
        self.plot.draw("zero", [0.0, end], [0.0, 0.0])
        self.plot.draw("exact", times.x, times.y)
        self.plot.set_x(0.0, end)
        self.plot.set_y(min(-0.1, 1.1 * float(times.y.min())), 1.05)
        self.says.value = (
            f"variance of n·p̂: {number(times.scale)}; slowest relaxation rate: {number(times.slowest)} ηT"
        )


class VarianceView(_TimeView):
    """Var(S_P over τ)/τ over its limit Δ_P, with the length of the paper's runs.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    _title = "Variance of the pumped entropy over τ"
    _curves = {  # noqa: RUF012
        "limit": Curve("τ → ∞", LIMIT, dashed=True),
        "exact": Curve("Var(S<sub>P</sub>)/τ over Δ<sub>P</sub>", EXACT),
        "paper": Curve("the paper's τ", CLOSURE, dot=True),
    }
    _labels = ("τ in 1/(ηT)", "variance over its limit")
    _logarithmic = True
    _RANGE = (1e-3, 100.0)

    def _compute(self, point: Point, _cancelled: Callable[[], bool]) -> Iterator[_Times]:
        steady = point.steady
        # At α = 0 both vanish; what is drawn then is 0.
        scale = steady.Delta_P or 1.0
        tau = np.append(np.geomspace(*self._RANGE, 49), PAPER_TAU)
        yield _Times(tau, steady.finite_time_variance(tau) / scale, steady.Delta_P)

    def _draw(self, times: _Times) -> None:
        self.plot.draw("limit", np.array(self._RANGE), [1.0, 1.0])
        self.plot.draw("exact", times.x[:-1], times.y[:-1])
        self.plot.draw("paper", times.x[-1:], times.y[-1:])
        self.plot.set_x(*self._RANGE)
        self.plot.set_y(0.0, max(1.15, 1.05 * float(times.y.max())))
        self.says.value = (
            f"Δ<sub>P</sub> = {number(times.scale, 5)} ηT; "
            f"over the paper's τ the ratio is {number(float(times.y[-1]))}"
        )
