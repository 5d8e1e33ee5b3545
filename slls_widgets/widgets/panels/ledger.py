"""The ledger: exact values with certificate, simulated values with errors, and how far they agree."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import ipywidgets as w

from ...explore.live import Reading
from ...explore.results import Point
from ...explore.state import ExplorerState
from ...explore.units import Scale
from ...explore.verdict import FALSE_ALARMS, Verdict
from ...magnet.macrospin import Phase
from ..parts.comparison import compared, in_units_of
from ..parts.entropy_plots import DistributionPlot, TrajectoryPlot
from ..parts.panel import Choice, box, html, set_class, term
from ..parts.state_card import StateCard
from ..parts.words import RATE_SYMBOLS, known, measured, number, with_sup

if TYPE_CHECKING:
    from ...fokker_planck import SteadyState
    from ...simulation import Estimate

__all__ = ["Ledger"]

_ROWS = {
    "S_P": f"{term('S_P')} to the current",
    "S_B": f"{term('S_B')} to the bath",
    "Sigma": f"{term('Σ')} produced",
    "Delta_P": f"{term('Δ_P')} fluctuation",
}
_RATE = f"Fewer than {1e3 * FALSE_ALARMS:.0f} in 1000 runs are marked by chance, however long one looks."
_PIN = "keep this point beside later ones: faint curves, a second column, and the differences in words"
_PATH, _LONG, _SPREAD = "one trajectory", "long run", "distribution"


class Ledger(StateCard):
    """Exact against simulated at the operating point; below, the entropies of trajectories.

    One trajectory's cumulative entropies over some relaxation times or over a long run, or the distributions
    of S_P, S_B and the total over a finite time; the latter are gathered only while they are shown.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self._table = html("", "slls-ledger", "slls-fresh")
        self.trajectory, self.distribution = TrajectoryPlot(), DistributionPlot()
        self.choice = Choice(
            {
                _PATH: "entropies of one trajectory over some relaxation times, with the exact means",
                _LONG: "entropies of one trajectory since the statistics began, with the exact means",
                _SPREAD: "entropies of many trajectories over a finite time, each as high as its own peak, "
                "with their exact means",
            },
            self._choose,
        )
        paths, spread = (box(plot.widgets, "slls-tab") for plot in (self.trajectory, self.distribution))
        self._views = {_PATH: paths, _LONG: paths, _SPREAD: spread}
        self.pin = w.ToggleButton(description="pin", tooltip=_PIN)
        self.pin.add_class("slls-pin")
        self.pin.observe(lambda change: self._pin(change["new"]), "value")
        views = box([paths, spread], "slls-tabs")
        self._scale = self._state.snapshot.scale
        super().__init__("Exact and simulated", [self._table, views], [self.pin, self.choice])
        self.listen(self._state, self._follow, "snapshot")
        self.listen(self._exact, self._show, "point")
        self.listen(self._live, self._show, "reading")
        self.listen(self._pinned, self._show, "result")
        self._choose(_PATH)

    def _choose(self, name: str) -> None:
        for view in self._views.values():
            set_class(view, "hidden", view is not self._views[name])
        # The histogram takes the room of what has no simulated counterpart.
        set_class(self, "spread", name == _SPREAD)
        self._live.with_distribution = name == _SPREAD
        self._show()

    def _pin(self, on: bool) -> None:
        if on != (self._state.snapshot.pin is not None):
            self._state.pin(on)

    def _follow(self, _change: object = None) -> None:
        self.pin.value = self._state.snapshot.pin is not None
        # A move by itself changes nothing here but its age: the table follows with the exact point.
        point, scale = self._exact.point, self._state.snapshot.scale
        self.mark_stale(point is None or point.magnet != self._state.magnet)
        if point is not None and self._scale != scale:
            self._show()

    def _show(self, _change: object = None) -> None:
        point = self._exact.point
        reading = self._live.reading
        if point is None:
            self._table.value = '<p class="slls-note">computing …</p>'
            return
        self._scale = scale = self._state.snapshot.scale
        self.mark_stale(point.magnet != self._state.magnet)
        if reading is not None and reading.magnet != point.magnet:
            reading = None
        pinned = self._pinned.result
        set_class(self, "comparing", pinned is not None)
        if pinned is None:
            self._table.value = _table(point, reading, scale)
        else:
            snapshot = replace(self._state.snapshot, magnet=point.magnet)
            beside = _Beside(pinned.steady, in_units_of(snapshot, pinned))
            words = with_sup(compared(snapshot, point.steady, pinned))
            self._table.value = f"{_table(point, reading, scale, beside)}<p class='compared'>{words}</p>"
        if reading is None:
            self.trajectory.expect(point.steady, scale)
            self.distribution.clear()
        elif self.choice.value == _SPREAD:
            self.distribution.draw(reading.distribution, scale)
        else:
            path = reading.long_run if self.choice.value == _LONG else reading.ledger
            self.trajectory.draw(point.steady, path, scale)


class _Beside(NamedTuple):
    """The steady state in the second column, and the factor that its rates take."""

    steady: SteadyState
    rate: float

    def cell(self, name: str) -> str:
        """One of its rates."""
        return f'<td class="n dim">{number(self.rate * known(self.steady, name), 5)}</td>'


def _table(point: Point, reading: Reading | None, scale: Scale, beside: _Beside | None = None) -> str:
    steady, seen = point.steady, None if reading is None else reading.fluctuation
    rows, limits, marked = [], [], False
    for name, label in _ROWS.items():
        estimate, verdict, share = None, None, math.nan
        if reading is not None:
            estimate = getattr(reading.estimates, name)
            if name == "Delta_P":  # the one that belongs to a finite time, as its exact partner does
                estimate = None if seen is None else seen.simulated
            verdict = reading.verdict(name, steady)
            if verdict is not None and (verdict.limited or verdict.beyond):
                bias = reading.step_bias(name, steady)
                stated = f"±{number(scale.rate * bias, 2)}" if math.isfinite(bias) else "none stated"
                limits += [f"{stated} for {RATE_SYMBOLS[name]}"] if bias else []
                exact = seen.exact if name == "Delta_P" and seen is not None else getattr(steady, name)
                if estimate is not None and 0.0 < bias < math.inf:
                    share = abs(estimate.value - exact) / bias
                marked |= verdict.beyond
        cell = "" if beside is None else beside.cell(name)
        rows.append(
            _row(label, known(steady, name), steady.errors[name], estimate, verdict, share, scale, cell)
        )
    rows += _extra(steady, scale, None if beside is None else beside.steady)
    # What z compares with is part of the claim: it stands there, not in a tooltip.
    notes = []
    if seen is not None:
        notes.append(
            f"Δ<sub>P</sub> is simulated over times τ = {number(scale.time * seen.tau)}{scale.time_suffix}, "
            f"where it is exactly {number(scale.rate * seen.exact, 5)}: z compares with that."
        )
    if limits:
        notes.append(
            f"Limited by the time step, whose stated bias is {', '.join(limits)}; "
            "% in place of z: how much of it is seen. A shorter step tests further."
        )
    if marked:
        notes.append(f"Marked: beyond chance and the stated bias. {_RATE}")
    columns = (
        (f"in {scale.rate_unit}", ""),
        ("exact", ""),
        *([] if beside is None else [("pinned", "")]),
        (term("error bound"), ' class="narrow-hide"'),
        (term("simulated"), ""),
        (term("z"), ""),
    )
    heads = "".join(f'<th scope="col"{more}>{name}</th>' for name, more in columns)
    footnotes = "".join(f"<p>{note}</p>" for note in notes)
    return (
        f'<table><caption class="slls-sr">Exact and simulated values</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{with_sup(''.join(rows))}</tbody></table>{with_sup(footnotes)}"
    )


def _extra(steady: SteadyState, scale: Scale, beside: SteadyState | None = None) -> list[str]:
    """The rows of what is made of the rates."""
    product = steady.uncertainty_product
    verdict = f"{'below' if product < 2.0 else 'above'} 2, the usual uncertainty bound"
    if steady.phase is Phase.EQUILIBRIUM:
        verdict = "nothing flows"
    efficiency = steady.efficiency
    what = {
        Phase.REFRIGERATOR: "−S<sub>B</sub>/S<sub>P</sub>",
        Phase.HEAT_PUMP: "|S<sub>P</sub>|/S<sub>B</sub>",
    }
    shown = number(efficiency, 5) if math.isfinite(efficiency) else "none in this phase"
    cells = ["", ""]
    if beside is not None:
        pair = (beside.uncertainty_product, beside.efficiency)
        cells = [f'<td class="n dim">{number(each, 5)}</td>' for each in pair]
    label, spread = what.get(steady.phase, ""), ""
    if label:  # How little an engine fluctuates beside its flow.
        value = number(steady.Delta_P / steady.S_P**2 * scale.time, 3)
        spread = f"Δ<sub>P</sub>/S<sub>P</sub>² = {value}{scale.time_suffix}"
    return [
        f'<tr class="extra"><th scope="row">{term("Q")} = Δ<sub>P</sub>Σ/S<sub>P</sub>²</th>'
        f'<td class="n">{number(product, 5)}</td>{cells[0]}<td class="dim" colspan="3">{verdict}</td></tr>',
        f'<tr class="extra"><th scope="row">{term("efficiency")} {label}</th><td class="n">{shown}</td>'
        f'{cells[1]}<td class="dim" colspan="3">{spread}</td></tr>',
    ]


def _row(
    label: str,
    exact: float,
    bound: float,
    estimate: Estimate | None,
    verdict: Verdict | None,
    share: float,
    scale: Scale,
    beside: str,
) -> str:
    simulated, z_cell = "–", ""
    if estimate is not None and math.isfinite(estimate.stderr) and estimate.stderr > 0.0:
        simulated = measured(scale.rate * estimate.value, scale.rate * estimate.stderr)
    if verdict is not None:
        text = "0.0" if abs(verdict.z) < 0.05 else f"{verdict.z:+.1f}".replace("-", "−")
        z_cell = text
        if verdict.beyond:
            z_cell = f'<span class="bad">{text}</span>'
        elif verdict.limited:
            part = "step" if math.isnan(share) else f"{share:.0%}" if share >= 0.01 else "&lt;1%"
            z_cell = f'<span class="dim">{part}</span>'
    return (
        f'<tr><th scope="row">{label}</th><td class="n">{number(scale.rate * exact, 7)}</td>'
        f'{beside}<td class="n dim narrow-hide">±{number(scale.rate * bound, 1)}</td>'
        f'<td class="n">{simulated}</td><td class="n">{z_cell}</td></tr>'
    )
