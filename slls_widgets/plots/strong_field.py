"""The paper's Fig. 4: S_P, Σ and Δ_P towards strong field at fixed torque."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..magnet.paper import PAPER_ALPHA_NU, PAPER_DELTA, PAPER_TAU, PAPER_THETAS
from ..studies import strong_field as sf
from .static import NOTEBOOK_STYLE, static_figure
from .style import GREY

if TYPE_CHECKING:
    from ..simulation import Run

__all__ = ["ANGLE_COLOURS", "TITLES", "slopes_figure", "strong_field_figure"]

# Okabe-Ito, one per angle, in the order of `PAPER_THETAS`.
ANGLE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B8578F")
TITLES = {
    "S_P": r"$|S_P|\,/\,\eta T$",
    "Sigma": r"$\Sigma\,/\,\eta T$",
    "Delta_P": r"Var$(S_P)/\tau\,/\,\eta T$",
}
SIGNS = {1.0: "-", -1.0: "--"}
_RANGE = (0.01, 1.0)


def strong_field_figure(
    *,
    delta: float = PAPER_DELTA,
    alpha_nu: float = PAPER_ALPHA_NU,
    thetas: Sequence[float] = PAPER_THETAS,
    paper_runs: Sequence[Run] = (),
    runs: Sequence[Run] = (),
) -> Figure:
    """Three panels against |α|: exact for both signs of α, asymptotes, and simulated points.

    The lowest panel has the variance over the paper's τ too, as thin curves. Runs as short as the paper's are
    left out of the panel of Σ.
    """
    figure, axes = static_figure(6.8, 11.5, rows=3)
    size = np.geomspace(*_RANGE, 301)
    # A finite τ costs a hundred times more than the limit, and its curves are as smooth.
    coarse = np.geomspace(*_RANGE, 25)
    panels = dict(zip(TITLES, axes, strict=True))
    with mpl.rc_context(NOTEBOOK_STYLE):
        for theta, colour in zip(thetas, ANGLE_COLOURS, strict=False):
            limit = sf.asymptotes(size, theta, delta=delta, alpha_nu=alpha_nu)
            for sign, style in SIGNS.items():
                exact = sf.series(size, theta, delta=delta, alpha_nu=alpha_nu, sign=sign)
                for name, panel in panels.items():
                    panel.plot(size, np.abs(getattr(exact, name)), style, color=colour, lw=1.7)
                finite = sf.finite_time(
                    coarse, theta, PAPER_TAU, delta=delta, alpha_nu=alpha_nu, sign=sign, tol=1e-4
                )
                panels["Delta_P"].plot(coarse, finite, style, color=colour, lw=0.8)
            for name, panel in panels.items():
                panel.plot(size, np.abs(getattr(limit, name)), ":", color=colour, lw=1.1)
        paper = sf.paper_asymptotes(size, delta=delta, alpha_nu=alpha_nu)
        panels["Sigma"].plot(size, paper.Sigma, "-.", color="black", lw=1.0)
        for name, panel in panels.items():
            # Along so few and short paths the energy of the end points hides Σ.
            if name != "Sigma":
                _scatter(panel, paper_runs, name, thetas, "s")
            _scatter(panel, runs, name, thetas, "o")
            panel.set(xscale="log", yscale="log", xlim=_RANGE, ylabel=TITLES[name])
            panel.grid(True, which="major", color="#e3e6eb", lw=0.6)
        panels["S_P"].set(ylim=(0.08, 12.0))
        panels["Sigma"].set(ylim=(5e-4, 40.0))
        held = rf"$|\alpha|\nu$ = {alpha_nu:g}, $\delta$ = {delta:.3g}"
        panels["Delta_P"].set(ylim=(1e-6, 20.0), xlabel=rf"$|\alpha|$ at {held} (strong field to the left)")
        figure.legend(handles=_key(thetas, bool(paper_runs), bool(runs)), loc="outside upper center", ncols=3)
    return figure


def slopes_figure(
    *,
    delta: float = PAPER_DELTA,
    alpha_nu: float = PAPER_ALPHA_NU,
    thetas: Sequence[float] = PAPER_THETAS,
) -> Figure:
    """Local slopes d ln|·|/d ln|α| against |α|, with the limits as dotted lines."""
    figure, axes = static_figure(6.8, 7.2, rows=3)
    size = np.geomspace(1e-3, 0.5, 100)
    limits = {"S_P": (0.0,), "Sigma": (1.0,), "Delta_P": (2.0, 3.0)}
    names = {"S_P": "$|S_P|$", "Sigma": r"$\Sigma$", "Delta_P": r"$\Delta_P$"}
    with mpl.rc_context(NOTEBOOK_STYLE):
        for theta, colour in zip(thetas, ANGLE_COLOURS, strict=False):
            for sign, style in SIGNS.items():
                slopes = sf.local_slopes(size, theta, delta=delta, alpha_nu=alpha_nu, sign=sign)
                for panel, name in zip(axes, limits, strict=True):
                    panel.plot(size, getattr(slopes, name), style, color=colour, lw=1.5)
        for panel, name in zip(axes, limits, strict=True):
            for limit in limits[name]:
                panel.axhline(limit, color=GREY, ls=":", lw=1.2, zorder=0)
            panel.set(xscale="log", xlim=(1e-3, 0.5), ylabel=f"slope of {names[name]}")
            panel.set_ylim({"S_P": (-0.5, 0.5), "Sigma": (0.5, 2.7), "Delta_P": (1.5, 4.0)}[name])
        held = rf"$|\alpha|\nu$ = {alpha_nu:g}, $\delta$ = {delta:.3g}"
        axes[-1].set_xlabel(rf"$|\alpha|$ at {held} (strong field to the left)")
        figure.legend(handles=_key(thetas, False, False)[:6], loc="outside upper center", ncols=6,
                      columnspacing=1.0, handlelength=1.4)  # fmt: skip
    return figure


def _scatter(axes: Axes, runs: Sequence[Run], name: str, thetas: Sequence[float], marker: str) -> None:
    """Points with bars of one standard error; for α > 0 filled, for α < 0 open."""
    for run in runs:
        estimate = getattr(run, "Delta_P" if name == "Delta_P" else name)
        value = abs(estimate.value) if name == "S_P" else estimate.value
        if value <= 0.0:  # noise can take a simulated Σ below zero, which a logarithm cannot show
            continue
        colour = ANGLE_COLOURS[list(thetas).index(run.magnet.theta)]
        # A bar that reaches below zero leaves the frame.
        below = min(estimate.stderr, (1.0 - 1e-12) * value)
        axes.errorbar(
            abs(run.magnet.alpha), value, [[below], [estimate.stderr]], fmt=marker, ms=5.0, color=colour,
            lw=1.0, mfc=colour if run.magnet.alpha > 0.0 else "white", zorder=5,
        )  # fmt: skip


def _key(thetas: Sequence[float], paper: bool, ours: bool) -> list[Line2D]:
    handles = [
        Line2D([], [], color=colour, label=rf"$\theta$ = {theta:g}")
        for theta, colour in zip(thetas, ANGLE_COLOURS, strict=False)
    ]
    grey = "#475063"
    marker = "o" if paper or ours else ""
    handles += [
        Line2D([], [], color=grey, marker=marker, ms=5, label=r"$\alpha>0$"),
        Line2D([], [], color=grey, marker=marker, ms=5, mfc="white", ls="--", label=r"$\alpha<0$"),
        Line2D([], [], color=grey, ls=":", label=r"asymptote, $\alpha\to0$"),
        Line2D([], [], color="black", lw=1.0, ls="-.", label=r"Eq. 18b ($\delta\ll1$)"),
        Line2D([], [], color=grey, lw=0.8, label=r"paper's $\tau$ = 0.25/($\eta T$)"),
    ]
    for shown, marker, label in ((paper, "s", "simulated as the paper"), (ours, "o", "simulated, long runs")):
        if shown:
            handles.append(Line2D([], [], color=grey, ls="", marker=marker, ms=5, label=label))
    return handles
