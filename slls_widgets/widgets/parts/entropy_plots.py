"""Two plots of single trajectories: entropies against time, and how they are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...explore.distribution import Distribution
from ...explore.paths import Path
from ...explore.units import Scale
from .axes import rounded_out
from .curves import Curve, CurvePlot, Family
from .panel import box, html, set_class
from .words import measured, number

if TYPE_CHECKING:
    from ...fokker_planck import SteadyState

__all__ = ["DistributionPlot", "TrajectoryPlot"]

Array = NDArray[np.float64]

MARGINS = {"left": 66, "right": 16, "top": 6, "bottom": 40}
_NAMES = ("S_P", "S_B", "Sigma")
_COLOURS = ("var(--pumped)", "var(--bath)", "var(--production)")
_ROUNDING = 1e-9
# An axis has no room for less: its ends would be subnormal numbers.
_NOTHING = 1e-300
# Less than this of a path is an error of its steps, where the exact rates are 0.
_STEPS = 1e-3
# How far the slopes are drawn before a run, in 1/(ηT): a few relaxation times.
_EXPECTED_TIME = 4.0
_ENERGY = "energy that the magnet has gained since the beginning, by thermal motion: it stays of this order"
_SPREADS = ("S<sub>P</sub>", "S<sub>B</sub>", "total")
_LABELS = ("S<sub>P</sub>(t)", "S<sub>B</sub>(t) + ΔE/T", "total")


class TrajectoryPlot(CurvePlot):
    """Cumulative S_P(t), S_B(t) and their sum of one trajectory, each with its exact slope dashed.

    The energy of the end points is told apart: in a strong field it would hide what grows.
    """

    def __init__(self) -> None:
        curves: dict[str, Curve | Family] = {
            "slopes": Family(("", "", "exact mean"), _COLOURS, dashed=True),
            "paths": Family(_LABELS, _COLOURS),
        }
        super().__init__(curves, "time of one trajectory", "entropy", margins=MARGINS, ticks=4)
        self._end = _EXPECTED_TIME
        self.says = html("", "slls-energy")
        self.widgets = [box([self.legend, self.says], "slls-legend-row"), *self.widgets[1:]]

    def draw(self, steady: SteadyState, path: Path, scale: Scale) -> None:  # type: ignore[override]
        """Show a trajectory, and the slopes of the steady state."""
        self._end = max(path.end, 1e-9)
        driven = path.bath + path.energy
        self._draw(steady, path.time, np.stack([path.pumped, driven, path.pumped + driven]), scale)
        gained = f"{path.energy[-1]:.2f}".replace("-", "−")
        self.says.value = f'<span title="{_ENERGY}">ΔE/T = {gained}</span>'

    def expect(self, steady: SteadyState, scale: Scale) -> None:
        """Show the exact slopes alone, as long as nothing is simulated, over the time shown last."""
        self._draw(steady, np.array([0.0, self._end]), None, scale)
        self.says.value = ""

    def _draw(self, steady: SteadyState, times: Array, paths: Array | None, scale: Scale) -> None:
        end = self._end
        ends = end * np.array([getattr(steady, name) for name in _NAMES])
        everything = np.concatenate([[0.0], ends] if paths is None else [[0.0], ends, paths.ravel()])
        low, high = float(everything.min()), float(everything.max())
        # In equilibrium nothing flows: an axis of ordinary size around 0. Close to it little does, and shows.
        flows = high - low > (_NOTHING if ends.any() else _STEPS)
        margin = 0.06 * (high - low) if flows else 1.0
        self.set_x(0.0, end * scale.time)
        self.set_y(*rounded_out(low - margin, high + margin))
        unit = scale.time_suffix.strip(" /")
        suffix = {"(ηT)": " in 1/(ηT)", "": ", the paper's units"}.get(unit, f" in {unit}")
        self.x_axis.label = f"time of one trajectory{suffix}"
        super().draw("slopes", [0.0, end * scale.time], np.stack([0.0 * ends, ends], axis=1))
        if paths is None:
            self.hide("paths")
        else:
            super().draw("paths", times * scale.time, paths)


class DistributionPlot(CurvePlot):
    """Histograms of S_P, S_B and the total over a finite time, with their exact means.

    Each is as high as its own peak: in a strong field that of S_P is so narrow that on a common scale it
    would flatten the others, or be cut.
    """

    def __init__(self) -> None:
        curves: dict[str, Curve | Family] = {
            "zero": Curve("", "var(--dim)", dashed=True),
            "means": Family(("", "", "exact means"), _COLOURS, dashed=True),
            "currents": Family(_SPREADS[:2], _COLOURS[:2]),
            "total": Curve(_SPREADS[2], _COLOURS[2], filled=True),
        }
        super().__init__(curves, "entropy over a time τ", "density", margins=MARGINS, ticks=4)
        self.says = html("", "slls-note", "slls-says")
        self.widgets = [*self.widgets, self.says]
        self.clear()

    def draw(self, found: Distribution | None, scale: Scale) -> None:  # type: ignore[override]
        """Show what has been gathered so far."""
        if found is None:
            self.clear()
            return
        set_class(self.figure, "slls-empty", False)
        pumped, bath, total = (each / each.max() for each in (found.pumped, found.bath, found.total))
        currents, top = np.stack([pumped, bath]), 1.08
        self.set_x(float(found.edges[0]), float(found.edges[-1]))
        self.set_y(0.0, top)
        # Steps drawn as corners: left and right end of each bin at its height.
        corners = np.repeat(found.edges, 2)[1:-1]
        super().draw("currents", corners, np.repeat(currents, 2, axis=1))
        super().draw("total", corners, np.repeat(total, 2))
        means = np.repeat(np.array(found.exact_means)[:, None], 2, axis=1)
        super().draw("means", means, np.broadcast_to([0.0, top], means.shape))
        super().draw("zero", [0.0, 0.0], [0.0, top])
        exact = found.exact_means[2]
        tau = f"τ = {number(scale.time * found.tau)}{scale.time_suffix}"
        # An average that hangs on rare stretches is low as long as they are missing, and sure of it.
        carried = "has not converged: rare intervals dominate it"
        average = f"= {_estimate(found.fluctuation)}" if found.converged else carried
        self.says.value = (
            f"{tau}: mean total {_estimate(found.mean)}, exactly Στ = {_rounded(exact)}; "
            f"⟨e<sup>−S</sup>⟩ {average}, exactly 1; "
            f"the total falls in {100 * found.negative:.1f} % of the intervals."
        )

    def clear(self) -> None:
        """Show no histogram, nor axes, which would measure nothing."""
        set_class(self.figure, "slls-empty", True)
        for name in self.marks:
            self.hide(name)
        self.says.value = (
            "Run the simulation to gather S<sub>P</sub>, S<sub>B</sub> and "
            "ln p(n₀)/p(n<sub>τ</sub>) + S<sub>P</sub> + S<sub>B</sub> over times τ."
        )


def _estimate(estimate: tuple[float, float]) -> str:
    value, stderr = estimate
    # In equilibrium every stretch gives the same, up to the rounding of the sums.
    return _rounded(value) if not stderr > _ROUNDING else measured(value, stderr)


def _rounded(value: float) -> str:
    return "0" if abs(value) < _ROUNDING else number(value, 4)
