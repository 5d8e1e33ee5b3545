"""The ledger: exact values with certificate, simulated values with errors, and how far they agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..explore.exact import Exact, Point
from ..explore.live import LiveSimulation, Reading
from ..explore.state import ExplorerState
from ..explore.units import Scale
from ..macrospin import Phase
from .entropy_plots import DistributionPlot, TrajectoryPlot
from .panel import Choice, box, html, set_class
from .state_card import StateCard
from .words import number

if TYPE_CHECKING:
    from ..simulation import Estimate

__all__ = ["Ledger"]

_ROWS = {"S_P": "S<sub>P</sub> pumped", "S_B": "S<sub>B</sub> bath", "Sigma": "Σ production"}
# Beyond three standard errors a z is worth a look: one honest z in 370 is.
_Z_ALARM = 3.0
_PATH, _SPREAD = "one trajectory", "distribution"


class Ledger(StateCard):
    """Exact against simulated at the operating point; below, the entropies of trajectories.

    Either one trajectory's cumulative entropies against time, or the distribution of the total entropy over
    a finite time; the latter is gathered only while it is shown.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    exact : Exact, optional
    live : LiveSimulation, optional
    """

    def __init__(
        self,
        state: ExplorerState | None = None,
        exact: Exact | None = None,
        live: LiveSimulation | None = None,
    ) -> None:
        company = self.join(state)
        state, exact, live = company.state, exact or company.exact, live or company.live
        self._state, self._exact, self._live = state, exact, live
        self._table = html("", "slls-ledger")
        self.trajectory, self.distribution = TrajectoryPlot(), DistributionPlot()
        self.choice = Choice(
            {
                _PATH: "cumulative entropies of one trajectory, with the exact slopes",
                _SPREAD: "total entropy of many trajectories over a finite time, with its exact mean",
            },
            self._choose,
        )
        self._views = {
            _PATH: box(self.trajectory.widgets, "slls-tab"),
            _SPREAD: box(self.distribution.widgets, "slls-tab"),
        }
        views = box(list(self._views.values()), "slls-tabs")
        super().__init__("Ledger", [self._table, views], [self.choice])
        self._choose(_PATH)
        state.observe(self._show, "snapshot")
        exact.observe(self._show, "point")
        live.observe(self._show, "reading")
        self._show()

    def _choose(self, name: str) -> None:
        for each, view in self._views.items():
            set_class(view, "hidden", each != name)
        self._live.with_distribution = name == _SPREAD

    def _show(self, _change: object = None) -> None:
        point = self._exact.point
        reading = self._live.reading
        if point is None:
            self._table.value = '<p class="slls-note">computing …</p>'
            return
        scale = self._state.snapshot.scale
        fresh = point.magnet == self._state.magnet
        if reading is not None and reading.magnet != point.magnet:
            reading = None
        self._table.value = _table(point, reading, fresh, scale)
        if reading is None:
            self.trajectory.expect(point.steady, scale)
            self.distribution.clear()
        elif self.choice.value == _PATH:
            self.trajectory.draw(point.steady, reading.ledger, scale)
        else:
            self.distribution.draw(reading.distribution, scale)


def _table(point: Point, reading: Reading | None, fresh: bool, scale: Scale) -> str:
    steady = point.steady
    rows = []
    for name, label in _ROWS.items():
        value = getattr(steady, name)
        estimate, z, note = None, math.nan, ""
        if reading is not None:
            estimate = getattr(reading.estimates, name)
            bias = reading.step_bias(name, steady)
            z = (estimate.value - value) / math.hypot(estimate.stderr, bias) if estimate.stderr else math.nan
            if bias:
                note = (
                    f"z allows for the automatic step's stated bias of {number(scale.rate * bias, 2)} "
                    f"in {scale.rate_unit}"
                )
        rows.append(_row(label, value, steady.errors[name], estimate, z, note, scale))
    # The simulated fluctuation belongs to a finite time: its exact partner does too.
    estimate, z, note = None, math.nan, ""
    seen = None if reading is None else reading.fluctuation
    if seen is not None:
        estimate, z = seen.simulated, seen.z
        note = (
            f"z compares with the exact {number(scale.rate * seen.exact, 4)} at the same finite time "
            f"{number(scale.time * seen.tau)}{scale.time_suffix}"
        )
    errors = steady.errors["Delta_P"]
    rows.append(_row("Δ<sub>P</sub> fluctuation", steady.Delta_P, errors, estimate, z, note, scale))
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
        f"<table{stale}><thead><tr><th>in {scale.rate_unit}</th><th>exact</th>"
        '<th class="narrow-hide">bound</th><th>simulated</th><th>z</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(
    label: str, exact: float, bound: float, estimate: Estimate | None, z: float, note: str, scale: Scale
) -> str:
    simulated, z_cell = "–", ""
    if estimate is not None and math.isfinite(estimate.stderr) and estimate.stderr > 0.0:
        value, stderr = scale.rate * estimate.value, scale.rate * estimate.stderr
        digits = min(max(0, 1 - math.floor(math.log10(stderr))), 12)
        simulated = f"{value:.{digits}f} ± {stderr:.{digits}f}".replace("-", "−")
        text = f"{z:+.1f}".replace("-", "−") if math.isfinite(z) else ""
        z_cell = f'<span class="bad">{text}</span>' if abs(z) > _Z_ALARM else text
    hint = f' title="{note}"' if note else ""
    return (
        f'<tr{hint}><td>{label}</td><td class="n">{number(scale.rate * exact, 7)}</td>'
        f'<td class="n dim narrow-hide">±{scale.rate * bound:.0e}</td><td class="n">{simulated}</td>'
        f'<td class="n">{z_cell}</td></tr>'
    )
