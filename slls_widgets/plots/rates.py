"""The paper's Fig. 2: rates against α at fixed field, and the precession in each phase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from .. import theory
from ..fokker_planck import solve_many
from ..magnet.macrospin import Macrospin, Phase
from ..maps.boundaries import phase_boundaries
from ..studies.simulated import as_columns
from .static import NOTEBOOK_STYLE, static_figure
from .style import COLOURS, GREY, LABELS, PHASES

if TYPE_CHECKING:
    from ..simulation import Run

__all__ = ["draw_precession", "precession_figure", "rates_figure"]

QUANTITIES = ("S_P", "S_B", "Sigma")
VECTORS = {"H": "#15181d", "P": "#b8578f", "H'": "#00855f"}


def rates_figure(
    *,
    delta: float,
    nu: float,
    theta: float = 0.0,
    alpha_max: float = 2.0,
    runs: Sequence[Run] = (),
    y_range: tuple[float, float] | None = None,
) -> Figure:
    """Σ, S_B and S_P against α at fixed ν, phases shaded; below, the precession in each phase (θ = 0 only).

    Solid: exact at this angle. Dashed: closed form at θ = 0. Circles: simulated, with bars of
    one standard error.
    """
    axial = theta == 0.0
    figure, axes = static_figure(6.8, 5.6 if axial else 3.8)
    top = axes[0]
    with mpl.rc_context(NOTEBOOK_STYLE):
        if axial:
            grid = figure.add_gridspec(2, 1, height_ratios=(3.2, 1.5))
            top.set_subplotspec(grid[0])
            draw_precession(figure.add_subplot(grid[1], sharex=top), delta, alpha_max)
        _draw_rates(top, delta, nu, theta, alpha_max, runs, y_range)
        handles, labels = top.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside upper center", ncols=5, columnspacing=1.2, handlelength=1.5
        )
    return figure


def _draw_rates(
    axes: Axes,
    delta: float,
    nu: float,
    theta: float,
    alpha_max: float,
    runs: Sequence[Run],
    y_range: tuple[float, float] | None,
) -> None:
    alpha = np.linspace(-alpha_max, alpha_max, 400)
    exact = solve_many(alpha, nu, delta, theta)
    closed = theory.rates(alpha, nu, delta)
    _shade(axes, delta, nu, theta, alpha_max)
    axes.axhline(0.0, color=GREY, lw=0.8)
    for name in QUANTITIES:
        colour = COLOURS[name]
        axes.plot(alpha, getattr(exact, name), color=colour, lw=2.0, label=LABELS[name])
        axes.plot(alpha, getattr(closed, name), "--", color="white" if theta == 0.0 else colour, lw=0.9)
        if runs:
            at, values, errors = as_columns(runs, name)
            axes.errorbar(
                at, values, errors, fmt="o", ms=4.5, mfc="white", mec=colour, color=colour, zorder=5
            )
    everything = np.concatenate([getattr(rates, name) for rates in (exact, closed) for name in QUANTITIES])
    low, high = (float(everything.min()), float(everything.max())) if y_range is None else y_range
    span = high - low
    # Room below for the phases' names, above for those of the special points.
    axes.set(xlim=(-alpha_max, alpha_max), ylim=(low - 0.13 * span, high + 0.14 * span))
    axes.set_ylabel(r"rate / $\eta T$")
    axes.set_xlabel("" if theta == 0.0 else r"$\alpha = mP/H$")
    axes.set_title(rf"$\theta$ = {math.degrees(theta):.4g}°, $\nu$ = {nu:.4g}, $\delta$ = {delta:.4g}")
    axes.plot([], [], "--", color="black" if theta else GREY, lw=0.9, label=r"closed, $\theta=0$")
    if runs:
        axes.errorbar([], [], [], fmt="o", ms=4.5, mfc="white", color=GREY, label="simulated")


def _shade(axes: Axes, delta: float, nu: float, theta: float, alpha_max: float) -> None:
    """Colour the phases between the exact zeros of S_P and S_B and name the special points at θ = 0."""
    if theta == 0.0:
        points = theory.special_points(delta)
        zeros = [points.isotropic, points.insulating]
        names = {
            points.isotropic: "isotropic\n−δ",
            0.0: "equilibrium\n0",
            points.insulating: "insulating\n1/δ",
        }
    else:
        lines = phase_boundaries(delta=delta, nu=nu, alpha_range=(-alpha_max, alpha_max), theta=[theta])
        zeros = [float(a) for which in ("S_P", "S_B") for x, _ in lines[which] for a in x]
        names = dict.fromkeys((0.0,), "equilibrium\n0")
    edges = sorted({-alpha_max, 0.0, alpha_max, *(z for z in zeros if abs(z) < alpha_max)})
    for left, right in pairwise(edges):
        middle = solve_many([0.5 * (left + right)], nu, delta, theta)
        phase = Phase.of_rates(float(middle.S_P[0]), float(middle.S_B[0])).value
        axes.axvspan(left, right, color=PHASES[phase], alpha=0.45, lw=0)
        words = phase.replace("_", " " if right - left > 0.35 * alpha_max else "\n")
        axes.text(
            0.5 * (left + right), 0.02, words, ha="center", va="bottom", weight="bold", fontsize=9,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip
    for edge in edges[1:-1]:
        axes.axvline(edge, color=GREY, lw=0.9, ls=":")
    for at, name in names.items():
        if abs(at) < alpha_max:
            axes.text(
                at + 0.015 * alpha_max, 0.985, name, fontsize=8, color="#475063", va="top",
                transform=axes.get_xaxis_transform(),
            )  # fmt: skip


def precession_figure(*, delta: float, alpha_max: float = 2.0) -> Figure:
    """Only the strip of precession patterns."""
    figure, axes = static_figure(6.8, 1.9)
    with mpl.rc_context(NOTEBOOK_STYLE):
        draw_precession(axes[0], delta, alpha_max)
    return figure


def draw_precession(axes: Axes, delta: float, alpha_max: float) -> None:
    """H, P and H' in each phase at θ = 0, the sense of precession about them, and the sign of γ₀'."""
    points = theory.special_points(delta)
    edges = sorted({-alpha_max, points.isotropic, 0.0, points.insulating, alpha_max})
    axes.set(xlim=(-alpha_max, alpha_max), ylim=(-2.55, 1.5), yticks=[], xlabel=r"$\alpha = mP/H$")
    axes.spines["left"].set_visible(False)
    for edge in edges[1:-1]:
        axes.axvline(edge, color=GREY, lw=0.9, ls=":")
    for left, right in pairwise([e for e in edges if abs(e) <= alpha_max]):
        middle = 0.5 * (left + right)
        magnet = Macrospin(alpha=middle, nu=1.0, delta=delta)
        effective = theory.effective_field(middle, delta)
        width = 0.11 * alpha_max
        _ring(axes, middle, 0.75 * width, counterclockwise=bool(magnet.precession[2] > 0.0))
        directions = {"H": 1.0, "P": math.copysign(1.0, middle), "H'": float(np.sign(effective.field))}
        for k, (name, direction) in enumerate(directions.items()):
            x = middle + (k - 1) * 0.55 * width
            axes.annotate(
                "", (x, 1.0 * direction), (x, 0.0),
                arrowprops={
                    "arrowstyle": "-|>", "color": VECTORS[name], "lw": 1.8, "shrinkA": 0, "shrinkB": 0
                },
            )  # fmt: skip
            axes.text(
                x, 1.22 * direction, f"${name}$", color=VECTORS[name], ha="center", va="center", fontsize=9
            )
        sign = ">" if effective.gyromagnetic_ratio > 0.0 else "<"
        hand = "right" if effective.gyromagnetic_ratio > 0.0 else "left"
        axes.text(
            middle, -2.5, rf"$\gamma_0'{sign}0$" + f"\n{hand}-handed about $H'$", ha="center", va="bottom",
            fontsize=8,
        )  # fmt: skip


def _ring(axes: Axes, x: float, radius: float, *, counterclockwise: bool) -> None:
    """A circle about the vertical seen from slightly above, broken where its arrowhead is."""
    angle = np.radians(np.linspace(-60.0, 240.0, 80) if counterclockwise else np.linspace(-120.0, -420.0, 80))
    across, along = x + 1.5 * radius * np.cos(angle), 0.3 * np.sin(angle)
    axes.plot(across[:-3], along[:-3], color="#475063", lw=1.4)
    axes.add_patch(
        FancyArrowPatch(
            (across[-4], along[-4]), (across[-1], along[-1]), arrowstyle="-|>", mutation_scale=11,
            color="#475063", lw=0, shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
