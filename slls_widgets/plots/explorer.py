"""The phase diagram and the rates as the app shows them, as static figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from .style import COLOURS, LABELS, PHASES, STYLE, new_figure

if TYPE_CHECKING:
    import xarray as xr

    from ..explore.exact import Curves
    from ..explore.export import Shown

__all__ = ["draw_map", "draw_rates", "explorer_figure"]


def draw_map(axes: Axes, dataset: xr.Dataset, lines: dict[str, list[tuple[np.ndarray, np.ndarray]]]) -> None:
    """The phase diagram over (α, θ) with its boundaries S_P = 0 (solid) and S_B = 0 (dashed)."""
    alpha = dataset["alpha"].values
    degrees = np.degrees(dataset["theta"].values)
    phases = dataset["phase"].transpose("theta", "alpha").values.astype(str)
    names = list(PHASES)
    indices = np.full(phases.shape, np.nan)
    for index, name in enumerate(names):
        indices[phases == name] = index
    axes.pcolormesh(
        alpha, degrees, indices, cmap=ListedColormap(list(PHASES.values())), vmin=-0.5, vmax=2.5,
        shading="nearest", rasterized=True,
    )  # fmt: skip
    for name, style in (("S_P", "-"), ("S_B", "--")):
        for k, (x, y) in enumerate(lines.get(name, [])):
            label = f"${name}$ = 0" if k == 0 else None
            axes.plot(x, np.degrees(y), style, color="#15181d", lw=1.2, label=label)
    for index, name in enumerate(names):
        for side in (alpha < 0.0, alpha > 0.0):
            rows, columns = np.nonzero((indices == index) & side)
            if rows.size > 0.03 * indices.size:
                where = float(np.median(alpha[columns])), float(np.median(degrees[rows]))
                axes.annotate(
                    name.replace("_", " "), where, ha="center", va="center", weight="bold", fontsize=8
                )
    axes.set(xlim=(alpha[0], alpha[-1]), ylim=(degrees[0], degrees[-1]), xlabel=r"$\alpha = mP/H$")
    axes.set_ylabel(r"$\theta = \angle(P, H)$ in degrees")


def draw_rates(axes: Axes, curves: Curves, *, gap: bool) -> None:
    """Exact rates against α (solid) and the closed forms at θ = 0 (dashed)."""
    halves = [curves.alpha < 0.0, curves.alpha > 0.0] if gap else [np.full(curves.alpha.shape, True)]
    for name in ("S_P", "S_B", "Sigma"):
        for k, half in enumerate(halves):
            label = LABELS[name] if k == 0 else None
            axes.plot(curves.alpha[half], getattr(curves, name)[half], color=COLOURS[name], label=label)
            axes.plot(
                curves.alpha[half], getattr(curves.closed, name)[half], "--", color=COLOURS[name], lw=0.8
            )
    axes.axhline(0.0, color="#8a93a1", lw=0.8, zorder=0)
    axes.set(xlim=(curves.alpha[0], curves.alpha[-1]), ylim=curves.span)
    axes.set(xlabel=r"$\alpha = mP/H$", ylabel=r"rate / $\eta T$")


def explorer_figure(shown: Shown) -> Figure:
    """Map and rates as the app shows them, with the operating point and the simulated points."""
    assert shown.phase_map is not None
    assert shown.curves is not None
    magnet = shown.snapshot.magnet
    figure, (left, right) = new_figure(9.0, 3.8, columns=2)
    with mpl.rc_context(STYLE):
        draw_map(left, shown.phase_map.dataset, shown.boundaries.lines if shown.boundaries else {})
        degrees = math.degrees(magnet.theta)
        left.plot([magnet.alpha], [degrees], "o", ms=8, mfc="white", mec="black", mew=1.8)
        draw_rates(right, shown.curves, gap=shown.snapshot.hold.value == "alpha_nu")
        for reading in shown.readings:
            for name in ("S_P", "S_B", "Sigma"):
                estimate = getattr(reading.estimates, name)
                right.errorbar(
                    [reading.magnet.alpha], [estimate.value], [estimate.stderr], fmt="o", ms=4, mfc="white",
                    color=COLOURS[name],
                )  # fmt: skip
        right.axvline(magnet.alpha, color="#8a93a1", ls=":", lw=1.0)
        right.legend(fontsize=8)
        held = (
            rf"$|\alpha|\nu$ = {shown.snapshot.alpha_nu:.4g}"
            if shown.snapshot.hold.value == "alpha_nu"
            else rf"$\nu$ = {magnet.nu:.4g}"
        )
        left.set_title(rf"{held}, $\delta$ = {magnet.delta:.4g}", fontsize=9)
        right.set_title(rf"$\theta$ = {degrees:.4g}°, {held}, $\delta$ = {magnet.delta:.4g}", fontsize=9)
    return figure
