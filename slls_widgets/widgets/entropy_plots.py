"""Two plots of single trajectories: entropies against time, and how they are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..explore.distribution import Distribution
from ..explore.units import Scale
from .curves import Curve, CurvePlot
from .panel import html
from .words import measured, number

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState

__all__ = ["DistributionPlot", "TrajectoryPlot"]

Array = NDArray[np.float64]

MARGINS = {"left": 66, "right": 16, "top": 6, "bottom": 40}
# Beyond this mean, ⟨exp(-S)⟩ hangs on rare stretches: as long as they are missing it is low, and sure of it.
_RARE = 0.25
_COLOURS = {"S_P": "var(--pumped)", "S_B": "var(--bath)", "Sigma": "var(--production)"}
_ROUNDING = 1e-9
# How much higher than the histogram of the total the axis may reach.
_TALLEST = 2.0
# How far the slopes are drawn before a run, in 1/(ηT): a few relaxation times.
_EXPECTED_TIME = 4.0
_SPREADS = {"S_P": "S<sub>P</sub>", "S_B": "S<sub>B</sub>", "Sigma": "total"}
_LABELS = {"S_P": "S<sub>P</sub>(t)", "S_B": "S<sub>B</sub>(t)", "Sigma": "their sum"}


class TrajectoryPlot(CurvePlot):
    """Cumulative S_P(t), S_B(t) and their sum of one trajectory, each with its exact slope dashed."""

    def __init__(self) -> None:
        curves = {f"{name} slope": Curve("", colour, dashed=True) for name, colour in _COLOURS.items()}
        curves |= {name: Curve(_LABELS[name], colour) for name, colour in _COLOURS.items()}
        curves["Sigma slope"] = Curve("exact slope", _COLOURS["Sigma"], dashed=True)
        super().__init__(curves, "time of one trajectory", "entropy", margins=MARGINS, ticks=4)

    def draw(self, steady: SteadyState, ledger: tuple[Array, Array, Array], scale: Scale) -> None:  # type: ignore[override]
        """Show a trajectory's time, S_P and S_B, and the slopes of the steady state."""
        times, pumped, bath = ledger
        self._draw(steady, times, {"S_P": pumped, "S_B": bath, "Sigma": pumped + bath}, scale)

    def expect(self, steady: SteadyState, scale: Scale) -> None:
        """Show the exact slopes alone, as long as nothing is simulated."""
        self._draw(steady, np.array([0.0, _EXPECTED_TIME]), {}, scale)

    def _draw(self, steady: SteadyState, times: Array, paths: dict[str, Array], scale: Scale) -> None:
        end = max(float(times[-1]), 1e-9)
        ends = {name: getattr(steady, name) * end for name in _COLOURS}
        everything = np.concatenate([*paths.values(), [*ends.values(), 0.0]])
        low, high = float(everything.min()), float(everything.max())
        # In equilibrium nothing flows: an axis of ordinary size around 0.
        margin = 0.06 * (high - low) if high - low > 1e-9 else 1.0
        self.set_x(0.0, end * scale.time)
        self.set_y(low - margin, high + margin)
        unit = scale.time_suffix.strip(" /")
        suffix = {"ηT": " · ηT", "ns": " in ns", "": ", the paper's units"}[unit]
        self.x_axis.label = f"time of one trajectory{suffix}"
        for name in _COLOURS:
            path = paths.get(name)
            if path is None:
                super().draw(name, np.zeros(2), np.zeros(2))
            else:
                super().draw(name, times * scale.time, path)
            super().draw(f"{name} slope", [0.0, end * scale.time], [0.0, ends[name]])


class DistributionPlot(CurvePlot):
    """Histograms of S_P, S_B and the total over a finite time, with their exact means."""

    def __init__(self) -> None:
        curves = {f"{name} mean": Curve("", colour, dashed=True) for name, colour in _COLOURS.items()}
        curves |= {"zero": Curve("", "var(--dim)", dashed=True)}
        curves |= {name: Curve(_SPREADS[name], colour) for name, colour in _COLOURS.items()}
        curves["Sigma"] = Curve(_SPREADS["Sigma"], _COLOURS["Sigma"], filled=True)
        curves["Sigma mean"] = Curve("exact means", _COLOURS["Sigma"], dashed=True)
        super().__init__(curves, "entropy over a time τ", "density", margins=MARGINS, ticks=4)
        self.says = html("", "slls-note", "slls-says")
        self.widgets = [*self.widgets, self.says]
        self.clear()

    def draw(self, found: Distribution | None, scale: Scale) -> None:  # type: ignore[override]
        """Show what has been gathered so far."""
        if found is None:
            self.clear()
            return
        spreads = dict(zip(_COLOURS, (found.pumped, found.bath, found.total), strict=True))
        # A current's entropy may hardly vary: its peak is cut rather than the total flattened.
        highest = max(float(density.max()) for density in spreads.values())
        top = 1.08 * min(highest, _TALLEST * float(found.total.max()))
        self.set_x(float(found.edges[0]), float(found.edges[-1]))
        self.set_y(0.0, top)
        # Steps drawn as corners: left and right end of each bin at its height.
        corners = np.repeat(found.edges, 2)[1:-1]
        for (name, density), mean in zip(spreads.items(), found.exact_means, strict=True):
            super().draw(name, corners, np.repeat(density, 2))
            super().draw(f"{name} mean", [mean] * 2, [0.0, top])
        super().draw("zero", [0.0, 0.0], [0.0, top])
        exact = found.exact_means[2]
        tau = f"τ = {number(scale.time * found.tau)}{scale.time_suffix}"
        skewed = " (carried by rare stretches)" if exact > _RARE else ""
        self.says.value = (
            f"{tau}: mean total {_estimate(found.mean)}, exactly Στ = {_rounded(exact)}; "
            f"⟨e<sup>−S</sup>⟩ = {_estimate(found.fluctuation)}{skewed}, exactly 1; "
            f"{100 * found.negative:.1f} % of the stretches consume entropy."
        )

    def clear(self) -> None:
        """Show no histogram."""
        for name in self.marks:
            super().draw(name, np.zeros(2), np.zeros(2))
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
