"""Figures of the notebook on fluctuations: Ψ and its closure, correlations, variance over finite times."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from .. import theory
from ..fokker_planck import steady_state
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_TAU
from ..studies.fluctuations import (
    Bounded,
    Samples,
    closure_error,
    worst_closure,
)
from .static import NOTEBOOK_STYLE, StaticFigure, static_figure
from .style import COLOURS, GREY

__all__ = ["bound_figure", "correlation_figure", "psi_figure", "variance_figure"]

EXACT, CLOSURE = COLOURS["Delta_P"], COLOURS["S_B"]
# Okabe-Ito, for curves that differ by a parameter and not by a quantity.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#15181d")
_TIMES = r"$t$ in $1/\eta T$"


@mpl.rc_context(NOTEBOOK_STYLE)
def psi_figure() -> StaticFigure:
    """Ψ(ξ) exact and by the closure, with bound and asymptotes; below, how much the closure falls short."""
    figure, (above, below) = static_figure(6.8, 5.6, rows=2, heights=(1.5, 1.0))
    xi = np.geomspace(0.05, 200.0, 400)
    above.axhline(0.5, color=GREY, lw=1.2, ls=":")
    above.text(0.055, 0.53, "bound 1/2", color="#5b6472", fontsize=9, va="bottom")
    above.plot(xi, 0.5 / xi**2, color=GREY, lw=1.4, ls="--", label=r"$1/(2\xi^2)$")
    above.plot(xi, theory.psi_exact(xi), color=EXACT, label=r"$\Psi$ exact")
    above.plot(
        xi, theory.psi_closure(xi), color=CLOSURE, ls=(0, (5, 2)), label=r"$\Psi$ by the closure (SI 57)"
    )
    above.set(xscale="log", yscale="log", xlim=(0.05, 200.0), ylim=(1e-5, 1.2), ylabel=r"$\Psi(\xi)$")
    above.legend(loc="upper right", bbox_to_anchor=(1.0, 0.93))
    inset = above.inset_axes((0.085, 0.1, 0.36, 0.44))
    small = np.linspace(0.0, 1.0, 60)
    inset.plot(small, theory.psi_exact(small), color=EXACT)
    inset.plot(small, theory.psi_closure(small), color=CLOSURE, ls=(0, (5, 2)))
    inset.plot(small, 0.5 - 11.0 / 90.0 * small**2, color=EXACT, lw=1.0, ls=":")
    inset.plot(small, 0.5 - 19.0 / 120.0 * small**2, color=CLOSURE, lw=1.0, ls=":")
    inset.set(xlim=(0.0, 1.0), ylim=(0.33, 0.51), yticks=(0.35, 0.4, 0.45, 0.5))
    inset.tick_params(labelsize=8)
    inset.set_title(
        r"small $\xi$; dotted: $\frac{1}{2}-\frac{11}{90}\xi^2$, $\frac{1}{2}-\frac{19}{120}\xi^2$",
        fontsize=8.5,
    )
    worst = worst_closure()
    below.plot(xi, 100.0 * closure_error(xi), color=CLOSURE)
    below.plot([worst.xi], [100.0 * worst.error], "o", color=CLOSURE, mfc="white")
    below.annotate(
        rf"{100.0 * worst.error:.1f} % at $\xi$ = {worst.xi:.2f}",
        (worst.xi, 100.0 * worst.error), (8, 3), textcoords="offset points",
    )  # fmt: skip
    below.set(xscale="log", xlim=(0.05, 200.0), ylim=(0.0, 18.0), xlabel=r"$\xi = \nu(1+\alpha/\delta)$")
    below.set_ylabel("closure too low by (%)")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def correlation_figure(magnets: Sequence[Macrospin], simulated: Sequence[Samples]) -> StaticFigure:
    """C(t)/C(0) of n·p̂: exact curves and simulated points with bars of one standard error."""
    longest = max(float(found.t[-1]) for found in simulated)
    figure, (axes,) = static_figure(6.8, 3.6)
    t = np.linspace(0.0, longest, 241)
    axes.axhline(0.0, color=GREY, lw=0.8, zorder=0)
    for colour, magnet, found in zip(SERIES, magnets, simulated, strict=False):
        exact = steady_state(magnet)
        start = float(exact.autocorrelation(0.0))
        axes.plot(t, exact.autocorrelation(t) / start, color=colour, label=parameters(magnet))
        _points(axes, found, colour, start)
    axes.set(xlim=(0.0, longest), xlabel=_TIMES, ylabel=r"$C(t)/C(0)$")
    axes.set_title(r"lines: exact; points: simulated, bars of one standard error", loc="left")
    axes.legend(loc="upper right")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def variance_figure(magnets: Sequence[Macrospin], simulated: Sequence[Samples]) -> StaticFigure:
    """Var(S_P over τ)/τ over its limit Δ_P against τ, with the length of the paper's runs marked.

    The magnets share δ and θ.
    """
    figure, (axes,) = static_figure(6.8, 3.8)
    tau = np.geomspace(1e-2, 30.0, 121)
    axes.axhline(1.0, color=GREY, lw=0.8, zorder=0)
    axes.axvline(PAPER_TAU, color=GREY, lw=1.2, ls=":")
    axes.text(PAPER_TAU * 1.06, 0.03, "paper's runs", color="#5b6472", fontsize=9)
    for colour, magnet, found in zip(SERIES, magnets, simulated, strict=False):
        exact = steady_state(magnet)
        label = rf"$\alpha$ = {magnet.alpha:g}, $\nu$ = {magnet.nu:.3g}".replace("-", "\u2212")
        axes.plot(tau, exact.finite_time_variance(tau) / exact.Delta_P, color=colour, label=label)
        _points(axes, found, colour, exact.Delta_P)
    axes.set(xscale="log", xlim=(tau[0], tau[-1]), ylim=(0.0, 1.18))
    axes.set(xlabel=r"$\tau$ in $1/\eta T$", ylabel=r"Var$(S_P)/\tau$ over $\Delta_P$")
    first = magnets[0]
    axes.set_title(
        rf"$\delta$ = {first.delta:.3g}, $\theta$ = {math.degrees(first.theta):.3g}°; lines: exact; "
        "points: simulated, bars of one standard error",
        loc="left",
    )
    axes.legend(loc="lower right")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def bound_figure(rows: Sequence[Bounded]) -> StaticFigure:
    """Δ_P over c² and its proved upper bound against α; below, the slowest decay rate and its bound 2.

    The magnets of a row differ by α, and the rows by θ.
    """
    figure, (above, below) = static_figure(6.8, 5.6, rows=2, heights=(1.5, 1.0))
    for colour, row in zip(SERIES, rows, strict=False):
        first = row.magnets[0]
        alpha = [magnet.alpha for magnet in row.magnets]
        squared = np.array([magnet.pumping for magnet in row.magnets]) ** 2
        label = rf"$\theta$ = {math.degrees(first.theta):.3g}°"
        above.plot(alpha, row.Delta_P / squared, color=colour, label=label)
        above.plot(alpha, row.bound / squared, color=colour, lw=1.2, ls=(0, (5, 2)))
        below.plot(alpha, row.slowest, color=colour)
    above.set(yscale="log", ylabel=r"$\Delta_P/c^2$ in $1/\eta T$", xlim=(alpha[0], alpha[-1]))
    above.set_title(
        rf"$\nu$ = {first.nu:.3g}, $\delta$ = {first.delta:.3g}; lines: exact; dashed: upper bound",
        loc="left",
    )
    above.legend(loc="lower left")
    below.axhline(2.0, color=GREY, lw=1.2, ls=":")
    below.annotate(
        r"free diffusion, $2\,\eta T$", (1.0, 2.0), (-4, -4), textcoords="offset points",
        xycoords=("axes fraction", "data"), ha="right", va="top", color="#5b6472", fontsize=9,
    )  # fmt: skip
    below.set(xlim=(alpha[0], alpha[-1]), ylim=(0.0, None), xlabel=r"$\alpha$")
    below.set_ylabel(r"slowest decay in $\eta T$")
    return figure


def parameters(magnet: Macrospin) -> str:
    """The parameters of a curve, for a legend."""
    angle = rf", $\theta$ = {math.degrees(magnet.theta):.3g}°" if magnet.theta else r", $\theta$ = 0"
    text = rf"$\alpha$ = {magnet.alpha:g}, $\nu$ = {magnet.nu:.3g}, $\delta$ = {magnet.delta:.3g}"
    return (text + angle).replace("-", "\u2212")


def _points(axes: Axes, found: Samples, colour: str, scale: float) -> None:
    axes.errorbar(
        found.t, found.value / scale, found.stderr / scale, fmt="o", ms=4, mfc="white", mew=1.2, lw=1.2,
        color=colour,
    )  # fmt: skip
