"""The paper's Fig. 1 with numbers, and the two time scales of the motion."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from .. import theory
from ..fokker_planck import steady_state
from ..magnet.macrospin import Macrospin
from ..studies.energy import balance
from ..studies.simulated import follow
from .rates import VECTORS
from .static import NOTEBOOK_STYLE, static_figure
from .style import COLOURS, PHASES

__all__ = ["scheme_figure", "time_scales_figure"]

_TITLES = {
    "refrigerator": "refrigerator: entropy leaves the bath",
    "heat_pump": "heat pump: entropy reaches the bath",
    "dud": "dud: both gain, nothing is transported",
}


def scheme_figure(magnets: list[Macrospin]) -> Figure:
    """Current, magnet and bath, with the exact flows between them, one row per magnet.

    Arrows are entropy. Below them stand the energies in k_BT: heat Q from the bath and work W on the current.

    In the boxes the field H and the torque P, whose length stands to that of H as |α| to 1 (at most 1.4).
    """
    figure, axes = static_figure(6.8, 1.55 * len(magnets), rows=len(magnets))
    with mpl.rc_context(NOTEBOOK_STYLE):
        for panel, magnet in zip(axes, magnets, strict=True):
            _scheme(panel, magnet)
    return figure


def _scheme(axes: Axes, magnet: Macrospin) -> None:
    state = steady_state(magnet)
    phase = state.phase.value
    # A hair more than the boxes, whose outlines would be cut in half.
    axes.set(xlim=(-0.03, 10.03), ylim=(0.0, 2.0))
    axes.axis("off")
    for left, text, colour in (
        (0.0, "spin-polarised\ncurrent", "#eef0f3"),
        (4.1, f"magnet\n$\\Sigma$ = {state.Sigma:.2f}", PHASES[phase]),
        (8.2, "heat bath", "#eef0f3"),
    ):
        axes.add_patch(
            FancyBboxPatch(
                (left, 0.35), 1.8, 1.0, boxstyle="round,pad=0.0,rounding_size=0.12", fc=colour, ec="#5b6576"
            )
        )
        # The arrows stand at the right of their boxes.
        middle = left + (0.9 if text == "heat bath" else 0.74)
        axes.text(middle, 0.85, text, ha="center", va="center", fontsize=9)
    _arrow(axes, 5.6, 0.6, "H", VECTORS["H"])
    _arrow(axes, 1.52, 0.6 * max(-1.4, min(1.4, magnet.alpha)), "P", VECTORS["P"])
    _flow(axes, 3.95, 1.95, state.S_P, _signed("$S_P$", state.S_P), COLOURS["S_P"])
    _flow(axes, 6.05, 8.05, state.S_B, _signed("$S_B$", state.S_B), COLOURS["S_B"])
    # The energies below the arrows: what the bath gives as heat goes on to the current as work.
    flows = balance(magnet)
    for middle, name, energy in (
        (2.95, "work $W$", flows.work_on_current),
        (7.05, "heat $Q$", flows.heat_from_bath),
    ):
        axes.text(middle, 0.52, _signed(name, energy), ha="center", va="top", fontsize=9, color="#475063")
    torque = rf"$\alpha$ = {magnet.alpha:g}, $\nu$ = {magnet.nu:g}, $\delta$ = {magnet.delta:.3g}"
    where = rf"{torque}, $\theta$ = {math.degrees(magnet.theta):.3g}°".replace("-", "\u2212")
    axes.text(0.0, 1.72, _TITLES.get(phase, phase), weight="bold", fontsize=9.5, va="center")
    axes.text(10.0, 1.72, where, ha="right", va="center", fontsize=9, color="#475063")


def _arrow(axes: Axes, x: float, length: float, name: str, colour: str) -> None:
    """A vector along or against the vertical, centred in its box."""
    head = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (x, 0.85 + 0.5 * length), (x, 0.85 - 0.5 * length), arrowprops=head)
    axes.text(x + 0.1, 0.85, f"${name}$", color=colour, va="center", fontsize=9)


def _signed(name: str, rate: float) -> str:
    return f"{name} = {rate:+.2f}".replace("-", "\u2212")


def _flow(axes: Axes, inner: float, outer: float, rate: float, text: str, colour: str) -> None:
    """An arrow away from the magnet where the other side gains entropy, towards it where it loses some."""
    start, end = (inner, outer) if rate > 0.0 else (outer, inner)
    arrow = {
        "arrowstyle": "-|>",
        "color": colour,
        "lw": 2.6,
        "mutation_scale": 18,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", (end, 0.72), (start, 0.72), arrowprops=arrow)
    axes.text(0.5 * (inner + outer), 0.95, text, ha="center", va="bottom", fontsize=9.5, color=colour)


def time_scales_figure(magnet: Macrospin, *, seed: int = 0) -> Figure:
    """Three trajectories from the equator: precession turns n_x in 2πt_p', damping turns n_z in t_d'."""
    scales = theory.time_scales(magnet.alpha, magnet.nu, magnet.delta)
    turn, damping = 2.0 * math.pi * float(scales.effective_precession), float(scales.effective_damping)
    seen = follow(magnet, [1.0, 0.0, 0.0], 5.0 * damping, frames=900, seed=seed)
    figure, axes = static_figure(6.8, 4.2, rows=2)
    axes[1].sharex(axes[0])
    with mpl.rc_context(NOTEBOOK_STYLE):
        for k, colour in enumerate(("#0072B2", "#D55E00", "#009E73")):
            for panel, component in zip(axes, (0, 2), strict=True):
                panel.plot(seen.times, seen.paths[k, :, component], color=colour, lw=1.1)
        mean = float(theory.langevin(theory.xi(magnet.alpha, magnet.nu, magnet.delta)))
        axes[1].axhline(mean, color="#15181d", ls="--", lw=1.2)
        axes[1].text(seen.times[-1], mean - 0.14, r"$\langle n_z\rangle = L(\xi)$", ha="right", va="top")
        # Without noise, from the equator: n_z = tanh(t/t_d').
        axes[1].plot(seen.times, np.tanh(seen.times / damping), ":", color="#15181d", lw=1.6)
        for panel, length, height, text in (
            (axes[0], turn, -1.2, r"$2\pi t_p'$"),
            (axes[1], damping, -0.2, r"$t_d'$"),
        ):
            panel.annotate("", (length, height), (0.0, height), arrowprops={"arrowstyle": "<->", "lw": 1.2})
            panel.text(length, height, f"  {text}", va="center")
        axes[0].set(ylabel="$n_x$", ylim=(-1.4, 1.1))
        axes[1].set(ylabel="$n_z$", ylim=(-0.35, 1.1), xlabel=r"time / $(1/\eta T)$")
        axes[0].set_xlim(0.0, float(seen.times[-1]))
        axes[0].set_title(
            rf"$\alpha$ = {magnet.alpha:g}, $\nu$ = {magnet.nu:g}, $\delta$ = {magnet.delta:.3g}, "
            rf"$\theta$ = 0; simulated, seed {seed}"
        )
    return figure
