"""The ledger: exact values with certificate, simulated values with errors, and how far they agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import bqplot as bq
import numpy as np

from ..explore.exact import Exact, Point
from ..explore.live import LiveSimulation, Reading
from ..explore.state import ExplorerState
from ..macrospin import Phase
from .axes import axis, bare_figure, linear_scale, set_range
from .panel import Card, box, html
from .words import number

if TYPE_CHECKING:
    from ..simulation import Estimate

__all__ = ["Ledger"]

MARGINS = {"left": 54, "right": 16, "top": 6, "bottom": 42}
_ROWS = {"S_P": "S<sub>P</sub> pumped", "S_B": "S<sub>B</sub> bath", "Sigma": "Σ production"}
_COLOURS = {"S_P": "var(--pumped)", "S_B": "var(--bath)"}
# Beyond three standard errors a z is worth a look: one honest z in 370 is.
_Z_ALARM = 3.0


class Ledger(Card):
    """Exact against simulated at the operating point, and one trajectory's cumulative entropies.

    Parameters
    ----------
    state : ExplorerState
    exact : Exact
    live : LiveSimulation, optional
    """

    def __init__(self, state: ExplorerState, exact: Exact, live: LiveSimulation | None = None) -> None:
        self._state, self._exact, self._live = state, exact, live
        self._table = html("", "slls-ledger")
        self._x_scale, self._y_scale = linear_scale(), linear_scale()
        scales = {"x": self._x_scale, "y": self._y_scale}
        self.paths = {
            name: bq.Lines(x=[0.0, 1.0], y=[0.0, 0.0], scales=scales, colors=[colour], stroke_width=1.8)
            for name, colour in _COLOURS.items()
        }
        self.slopes = {
            name: bq.Lines(
                x=[0.0, 1.0],
                y=[0.0, 0.0],
                scales=scales,
                colors=[colour],
                stroke_width=1.3,
                line_style="dashed",
            )
            for name, colour in _COLOURS.items()
        }
        self._x_axis = axis(self._x_scale, "time of one trajectory · ηT")
        self._y_axis = axis(self._y_scale, "entropy", vertical=True)
        set_range(self._x_scale, self._x_axis, 0.0, 1.0)
        set_range(self._y_scale, self._y_axis, -1.0, 1.0, about=4)
        self.figure = bare_figure(
            marks=[*self.slopes.values(), *self.paths.values()],
            axes=[self._x_axis, self._y_axis],
            scale_x=self._x_scale, scale_y=self._y_scale,
            fig_margin=MARGINS,
        )  # fmt: skip
        key = (
            '<div class="slls-legend"><span><i style="color:var(--pumped)"></i>S<sub>P</sub>(t)</span>'
            '<span><i style="color:var(--bath)"></i>S<sub>B</sub>(t)</span>'
            '<span><i class="dashed" style="color:var(--dim)"></i>exact slope</span></div>'
        )
        super().__init__(
            "Ledger: exact and simulated",
            [self._table, html(key, "slls-note"), box([self.figure], "slls-plot")],
        )
        state.observe(self._show, "snapshot")
        exact.observe(self._show, "point")
        if live is not None:
            live.observe(self._show, "reading")
        self._show()

    def _show(self, _change: object = None) -> None:
        point = self._exact.point
        reading = None if self._live is None else self._live.reading
        if point is None:
            self._table.value = '<p class="slls-note">computing …</p>'
            return
        fresh = point.magnet == self._state.magnet
        matching = reading is not None and reading.magnet == point.magnet
        self._table.value = _table(point, reading if matching else None, fresh)
        if reading is not None and matching:
            self._draw(point, reading)

    def _draw(self, point: Point, reading: Reading) -> None:
        times, pumped, bath = reading.ledger
        end = max(float(times[-1]), 1e-9)
        everything = np.concatenate([pumped, bath, [point.steady.S_P * end, point.steady.S_B * end, 0.0]])
        low, high = float(everything.min()), float(everything.max())
        margin = 0.06 * max(high - low, 1e-9)
        set_range(self._x_scale, self._x_axis, 0.0, end)
        set_range(self._y_scale, self._y_axis, low - margin, high + margin, about=4)
        for name, values in (("S_P", pumped), ("S_B", bath)):
            rate = getattr(point.steady, name)
            with self.paths[name].hold_sync():
                self.paths[name].x, self.paths[name].y = times, values
            with self.slopes[name].hold_sync():
                self.slopes[name].x = np.array([0.0, times[-1]])
                self.slopes[name].y = np.array([0.0, rate * times[-1]])


def _table(point: Point, reading: Reading | None, fresh: bool) -> str:
    steady = point.steady
    rows = []
    for name, label in _ROWS.items():
        value = getattr(steady, name)
        estimate, z, note = None, math.nan, ""
        if reading is not None:
            estimate = getattr(reading.estimates, name)
            bias = reading.step_bias(name, steady)
            z = (estimate.value - value) / math.hypot(estimate.stderr, bias) if estimate.stderr else math.nan
            note = f"z allows for the automatic step's stated bias of {number(bias, 2)}" if bias else ""
        rows.append(_row(label, value, steady.errors[name], estimate, z, note))
    # The simulated fluctuation belongs to a finite time: its exact partner does too.
    estimate, z, note = None, math.nan, ""
    if reading is not None:
        seen = reading.fluctuation
        estimate, z = seen.simulated, seen.z
        note = f"z compares with the exact {number(seen.exact, 4)} at the same finite time {number(seen.tau)}"
    rows.append(
        _row("Δ<sub>P</sub> fluctuation", steady.Delta_P, steady.errors["Delta_P"], estimate, z, note)
    )
    product = steady.uncertainty_product
    verdict = "below the usual bound 2" if product < 2.0 else "above the usual bound 2"
    rows.append(
        f'<tr><td>Q = Δ<sub>P</sub>Σ/S<sub>P</sub>²</td><td class="n">{number(product, 5)}</td>'
        f'<td class="dim" colspan="3">{verdict}</td></tr>'
    )
    efficiency = steady.efficiency
    what = {
        Phase.REFRIGERATOR: "−S<sub>B</sub>/S<sub>P</sub>",
        Phase.HEAT_PUMP: "|S<sub>P</sub>|/S<sub>B</sub>",
    }
    shown = number(efficiency, 5) if math.isfinite(efficiency) else "none in this phase"
    label = what.get(steady.phase, "")
    rows.append(
        f'<tr><td>efficiency {label}</td><td class="n">{shown}</td><td class="dim" colspan="3"></td></tr>'
    )
    stale = "" if fresh else ' class="stale"'
    return (
        f"<table{stale}><thead><tr><th>in units of ηT</th><th>exact</th>"
        '<th class="narrow-hide">bound</th><th>simulated</th><th>z</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(label: str, exact: float, bound: float, estimate: Estimate | None, z: float, note: str) -> str:
    simulated, z_cell = "–", ""
    if estimate is not None and math.isfinite(estimate.stderr) and estimate.stderr > 0.0:
        digits = max(0, 1 - math.floor(math.log10(estimate.stderr)))
        digits = min(digits, 12)
        simulated = f"{estimate.value:.{digits}f} ± {estimate.stderr:.{digits}f}".replace("-", "−")
        text = f"{z:+.1f}".replace("-", "−") if math.isfinite(z) else ""
        z_cell = f'<span class="bad">{text}</span>' if abs(z) > _Z_ALARM else text
    hint = f' title="{note}"' if note else ""
    return (
        f'<tr{hint}><td>{label}</td><td class="n">{number(exact, 7)}</td>'
        f'<td class="n dim narrow-hide">±{bound:.0e}</td><td class="n">{simulated}</td>'
        f'<td class="n">{z_cell}</td></tr>'
    )
