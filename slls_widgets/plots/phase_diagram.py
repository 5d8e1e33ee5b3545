"""The paper's Fig. 3: the phases over (α, θ) at fixed torque, and beside it at fixed field."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, SymLogNorm
from matplotlib.figure import Figure

from ..sweeps import phase_boundaries, phase_map
from .explorer import draw_map
from .static import NOTEBOOK_STYLE, static_figure

__all__ = ["phase_diagram_figure", "quantities_figure"]

_LABELS = {"S_P": r"$S_P\,/\,\eta T$", "S_B": r"$S_B\,/\,\eta T$", "Sigma": r"$\Sigma\,/\,\eta T$",
           "Delta_P": r"$\Delta_P\,/\,\eta T$"}  # fmt: skip


def _axes_of_map(alpha_max: float, columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    # Even, so that α = 0, where the phases meet, is not a column of its own.
    return np.linspace(-alpha_max, alpha_max, columns), np.linspace(0.0, np.pi / 2, rows)


def _boundaries(
    delta: float, alpha_max: float, **held: Any
) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """The curves S_P = 0 and S_B = 0, with rows close to the right angle, where they turn towards α = 0."""
    theta = np.pi / 2 - np.concatenate(
        [np.linspace(np.pi / 2, 0.06, 36), np.geomspace(0.05, 1e-3, 14), [0.0]]
    )
    theta[-1] = np.pi / 2
    return phase_boundaries(delta=delta, alpha_range=(-alpha_max, alpha_max), theta=theta, xtol=1e-6, **held)


def phase_diagram_figure(*, delta: float, alpha_nu: float, nu: float, alpha_max: float = 2.0) -> Figure:
    """Phases at fixed torque |α|ν (above, the paper's Fig. 3) and at fixed field ν (below)."""
    figure, axes = static_figure(6.8, 6.6, rows=2)
    alpha, theta = _axes_of_map(alpha_max, 120, 37)
    held: tuple[dict[str, Any], ...] = ({"alpha_nu": alpha_nu}, {"nu": nu})
    damping = rf"$\delta$ = {delta:.3g}"
    titles = (
        rf"fixed torque, $|\alpha|\nu$ = {alpha_nu:g}, {damping}",
        rf"fixed field, $\nu$ = {nu:g}, {damping}",
    )
    with mpl.rc_context(NOTEBOOK_STYLE):
        for panel, fixed, title in zip(axes, held, titles, strict=True):
            dataset = phase_map(alpha, theta, delta=delta, tol=1e-4, **fixed)
            lines = _boundaries(delta, alpha_max, **fixed)
            draw_map(panel, dataset, lines)
            panel.set(title=title, yticks=[0, 15, 30, 45, 60, 75, 90])
        axes[0].set_xlabel("")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


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
