"""The paper's Fig. 3: the phases over (α, θ) at fixed torque, and beside it at fixed field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, SymLogNorm
from matplotlib.figure import Figure

from ..maps.phase_map import phase_boundaries, phase_map
from .static import NOTEBOOK_STYLE, static_figure
from .style import PHASES

__all__ = ["draw_phase_diagram", "phase_diagram_figure", "phase_edges", "quantities_figure"]

Curves = dict[str, list[tuple[np.ndarray, np.ndarray]]]

_LABELS = {"S_P": r"$S_P\,/\,\eta T$", "S_B": r"$S_B\,/\,\eta T$", "Sigma": r"$\Sigma\,/\,\eta T$",
           "Delta_P": r"$\Delta_P\,/\,\eta T$"}  # fmt: skip


def _axes_of_map(alpha_max: float, columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    # Even, so that α = 0, where the phases meet, is not a column of its own.
    return np.linspace(-alpha_max, alpha_max, columns), np.linspace(0.0, np.pi / 2, rows)


def _boundaries(delta: float, alpha_max: float, **held: Any) -> Curves:
    """The curves S_P = 0 and S_B = 0, whole, to where they leave the picture."""
    return phase_boundaries(delta=delta, alpha_range=(-alpha_max, alpha_max), xtol=1e-6, **held)


def _rows(lines: Curves) -> np.ndarray:
    """Angles of the points of all curves and some between, so that colours end where curves are drawn."""
    points = [theta for curves in lines.values() for _, theta in curves]
    return np.unique(np.clip(np.concatenate([np.linspace(0.0, np.pi / 2, 91), *points]), 0.0, np.pi / 2))


def phase_edges(lines: Curves, theta: np.ndarray, alpha_max: float) -> tuple[np.ndarray, np.ndarray]:
    """Outer ends of the heat pump (α < 0) and of the refrigerator (α > 0) at each angle, ascending.

    Towards a weak torque, S_P has the sign of α and S_B the opposite one; each phase ends where the rate that
    makes it a working one next vanishes, or at the edge of the picture. At the right angle it has no width. A
    curve may pass an angle more than once, and one that leaves the picture and comes back is two curves.
    """
    found = []
    for name, sign in (("S_P", -1.0), ("S_B", 1.0)):
        edge = np.where(theta < np.pi / 2, alpha_max, 0.0)
        for alpha, angle in lines[name]:
            for k in range(len(alpha) - 1):
                low, high = (k, k + 1) if angle[k] <= angle[k + 1] else (k + 1, k)
                rows = slice(*np.searchsorted(theta, (angle[low] - 1e-12, angle[high] + 1e-12)))
                at = np.interp(theta[rows], angle[[low, high]], alpha[[low, high]])
                own = np.where(sign * at >= 0.0, np.abs(at), np.inf)
                edge[rows] = np.minimum(edge[rows], own)
        found.append(sign * edge)
    return found[0], found[1]


def phase_diagram_figure(*, delta: float, alpha_nu: float, nu: float, alpha_max: float = 2.0) -> Figure:
    """Phases at fixed torque |α|ν (above, the paper's Fig. 3) and at fixed field ν (below)."""
    figure, axes = static_figure(6.8, 6.6, rows=2)
    held: tuple[dict[str, Any], ...] = ({"alpha_nu": alpha_nu}, {"nu": nu})
    damping = rf"$\delta$ = {delta:.3g}"
    titles = (
        rf"fixed torque, $|\alpha|\nu$ = {alpha_nu:g}, {damping}",
        rf"fixed field, $\nu$ = {nu:g}, {damping}",
    )
    with mpl.rc_context(NOTEBOOK_STYLE):
        for panel, fixed, title in zip(axes, held, titles, strict=True):
            draw_phase_diagram(panel, delta=delta, alpha_max=alpha_max, **fixed)
            panel.set(title=title, yticks=[0, 15, 30, 45, 60, 75, 90])
        axes[1].set_xlabel(r"$\alpha = mP/H$")
        entries: dict[str, Any] = {}
        for panel in axes:
            handles, labels = panel.get_legend_handles_labels()
            entries |= dict(zip(labels, handles, strict=True))
        figure.legend(list(entries.values()), list(entries), loc="outside upper center", ncols=2)
    return figure


def draw_phase_diagram(
    axes: Axes,
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    alpha_max: float = 2.0,
    colours: Mapping[str, str] = PHASES,
) -> None:
    """Colour the phases between their exact boundaries, name them and draw the boundaries.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw; matplotlib's settings (``rcParams``) hold.
    delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque |α|ν.
    alpha_max : float
        The end of the α axis, to both sides.
    colours : mapping
        Of "refrigerator", "heat_pump" and "dud".
    """
    missing = PHASES.keys() - colours.keys()
    if missing:
        raise ValueError(f"colours must have {', '.join(PHASES)}; {', '.join(sorted(missing))} is missing")
    lines = _boundaries(delta, alpha_max, nu=nu, alpha_nu=alpha_nu)
    theta = _rows(lines)
    degrees = np.degrees(theta)
    pump, fridge = phase_edges(lines, theta, alpha_max)
    axes.set_facecolor(colours["dud"])
    axes.fill_betweenx(degrees, pump, 0.0, color=colours["heat_pump"], lw=0)
    axes.fill_betweenx(degrees, 0.0, fridge, color=colours["refrigerator"], lw=0)
    for name, style in (("S_P", "-"), ("S_B", "--")):
        for k, (x, y) in enumerate(lines[name]):
            label = f"${name}$ = 0" if k == 0 else None
            axes.plot(x, np.degrees(y), style, color="#15181d", lw=1.2, label=label)
    outside = np.full(theta.shape, alpha_max)
    regions = (
        (pump, 0.0 * pump, "heat pump"),
        (0.0 * fridge, fridge, "refrigerator"),
        (-outside, pump, "dud"),
        (fridge, outside, "dud"),
    )
    named = {phase for left, right, phase in regions if _named(axes, degrees, left, right, phase, alpha_max)}
    for phase in {phase for *_, phase in regions} - named:
        axes.fill([], [], color=colours[phase.replace(" ", "_")], label=f"{phase} (too narrow for its name)")
    axes.set(xlim=(-alpha_max, alpha_max), ylim=(0.0, 90.0))
    axes.set_ylabel(r"$\theta = \angle(P, H)$ in degrees")


def _named(
    axes: Axes, degrees: np.ndarray, left: np.ndarray, right: np.ndarray, phase: str, alpha_max: float
) -> bool:
    """Write a phase's name where it has room for it, across or upright, and nowhere else."""
    across, height = 0.045 * len(phase), 10.0
    for width, tall, rotation in ((across, height, 0), (0.09, 10.0 * len(phase) / 2.0, 90)):
        for middle in sorted(np.arange(10.0, 81.0, 2.0), key=lambda row: abs(row - 42.0)):
            beside = np.abs(degrees - middle) <= 0.5 * tall
            low, high = left[beside].max() / alpha_max, right[beside].min() / alpha_max
            if middle - 0.5 * tall >= 0.0 and middle + 0.5 * tall <= 90.0 and high - low >= width:
                x = 0.5 * (low + high) * alpha_max
                axes.text(x, middle, phase, ha="center", va="center", weight="bold", rotation=rotation)
                return True
    return False


def quantities_figure(*, delta: float, alpha_nu: float, alpha_max: float = 2.0) -> Figure:
    """S_P, S_B, Σ and Δ_P over (α, θ) at fixed torque, with both boundaries."""
    figure, axes = static_figure(6.8, 6.0, rows=2, columns=2)
    alpha, theta = _axes_of_map(alpha_max, 120, 37)
    dataset = phase_map(alpha, theta, delta=delta, alpha_nu=alpha_nu, tol=1e-4)
    lines = _boundaries(delta, alpha_max, alpha_nu=alpha_nu)
    with mpl.rc_context(NOTEBOOK_STYLE):
        for panel, name in zip(axes, _LABELS, strict=True):
            values = dataset[name].transpose("theta", "alpha").values
            _colour(figure, panel, alpha, np.degrees(theta), values, name)
            for which, style in (("S_P", "-"), ("S_B", "--")):
                for x, y in lines[which]:
                    panel.plot(x, np.degrees(y), style, color="#15181d", lw=1.0)
            panel.set(title=_LABELS[name], yticks=[0, 30, 60, 90], ylim=(0.0, 90.0))
            panel.set_xlim(-alpha_max, alpha_max)
        figure.suptitle(
            rf"$|\alpha|\nu$ = {alpha_nu:g}, $\delta$ = {delta:.3g}; solid $S_P=0$, dashed $S_B=0$",
            fontsize=10,
        )
        for panel in axes[2:]:
            panel.set_xlabel(r"$\alpha = mP/H$")
        for panel in axes[::2]:
            panel.set_ylabel(r"$\theta$ in degrees")
    return figure


def _colour(figure: Figure, axes: Axes, x: np.ndarray, y: np.ndarray, values: np.ndarray, name: str) -> None:
    """Logarithmic scales; for rates with a sign, on both sides of zero."""
    if name in ("S_P", "S_B"):
        top = float(np.abs(values).max())
        norm: SymLogNorm | LogNorm = SymLogNorm(linthresh=0.3, vmin=-top, vmax=top)
        colours = "RdBu_r"
    else:
        norm = LogNorm(float(values.min()), float(values.max()))
        colours = "YlOrBr"
    mesh = axes.pcolormesh(x, y, values, cmap=colours, norm=norm, shading="nearest", rasterized=True)
    figure.colorbar(mesh, ax=axes, pad=0.02)
