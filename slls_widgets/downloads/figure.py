"""The phase diagram and the rates as the app shows them, as static figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .. import __version__, theory
from ..explore.map_values import RATES, Grid, colour_scale, map_values, phase_regions
from ..explore.state import Hold, Quantity, Snapshot, held_reading
from ..explore.units import Scale, Units
from ..plots.style import COLOURS, GREY, LABELS, PHASES, STYLE, new_figure

if TYPE_CHECKING:
    from ..explore.live import Reading
    from ..explore.results import Curves
    from ..explore.shown import Shown

__all__ = ["draw_map", "draw_rates", "explorer_figure"]

INK = "#15181d"
_PIXELS = (180, 360)
_SYMBOLS = {
    Quantity.S_P: "$S_P$",
    Quantity.S_B: "$S_B$",
    Quantity.SIGMA: r"$\Sigma$",
    Quantity.DELTA_P: r"$\Delta_P$",
    Quantity.UNCERTAINTY_PRODUCT: r"$Q = \Delta_P\Sigma/S_P^2$ (white: the usual bound 2)",
    Quantity.EFFICIENCY: "efficiency, entropy extracted over delivered",
}
# How symbols that are not letters are written in a formula.
_TEX = {"|α|ν": r"|\alpha|\nu", "ν": r"\nu"}
_BOUNDARIES = {"S_P": "-", "S_B": "--"}
_QUANTITIES = ("S_P", "S_B", "Sigma")


def draw_map(
    axes: Axes,
    grid: Grid,
    lines: dict[str, list[tuple[np.ndarray, np.ndarray]]],
    quantity: Quantity = Quantity.PHASE,
    scale: Scale | None = None,
) -> Colorbar | None:
    """A quantity over (α, θ) with the boundaries S_P = 0 (solid) and S_B = 0 (dashed) and the phases' names.

    Parameters
    ----------
    axes : Axes
    grid : Dataset or Level
        As :func:`slls_widgets.phase_map` makes it, with α on both sides of 0.
    lines : dict
        The boundaries, as :func:`slls_widgets.phase_boundaries` finds them.
    quantity : Quantity
        What the colours tell.
    scale : Scale, optional
        Units of rates; by default ηT.

    Returns
    -------
    Colorbar or None
        None for the phases, which are named in place.
    """
    scale = scale or Scale()
    alpha, degrees = np.asarray(grid.alpha), np.degrees(np.asarray(grid.theta))
    phases = map_values(grid, Quantity.PHASE, _PIXELS)
    extent = (alpha[0], alpha[-1], degrees[0], degrees[-1])
    options: dict[str, Any] = {"extent": extent, "origin": "lower", "aspect": "auto", "rasterized": True}
    bar = None
    if quantity is Quantity.PHASE:
        axes.imshow(phases, cmap=_phase_colours(), vmin=-0.5, vmax=2.5, interpolation="nearest", **options)
    else:
        rate = scale.rate if quantity in RATES else 1.0
        values = rate * map_values(grid, quantity, _PIXELS)
        bar = _coloured(axes, values, quantity, options)
        unit = f" / {_unit(scale)}" if quantity in RATES else ""
        bar.set_label(_SYMBOLS[quantity] + unit)
    for name, style in _BOUNDARIES.items():
        for k, (x, y) in enumerate(lines.get(name, [])):
            label = f"${name}$ = 0" if k == 0 else None
            axes.plot(x, np.degrees(y), color="white", lw=3.0, alpha=0.5)
            axes.plot(x, np.degrees(y), style, color=INK, lw=1.2, label=label)
    axes.set(xlim=extent[:2], ylim=extent[2:], xlabel=r"$\alpha$", yticks=[0, 15, 30, 45, 60, 75, 90])
    axes.set_ylabel(r"$\theta = \angle(P, H)$ in degrees")
    _name_phases(axes, phases, extent)
    return bar


def draw_rates(axes: Axes, curves: Curves, *, gap: bool, scale: Scale | None = None) -> None:
    """Exact rates against α (solid) and the closed forms at θ = 0 (dashed), over the phases' colours."""
    scale = scale or Scale()
    halves = [curves.alpha < 0.0, curves.alpha > 0.0] if gap else [np.full(curves.alpha.shape, True)]
    for name in _QUANTITIES:
        for k, half in enumerate(halves):
            label = LABELS[name] if k == 0 else None
            x, exact, closed = (
                curves.alpha[half],
                scale.rate * getattr(curves, name)[half],
                scale.rate * getattr(curves.closed, name)[half],
            )
            axes.plot(x, exact, color=COLOURS[name], label=label)
            axes.plot(x, closed, "--", color=COLOURS[name], lw=0.8)
    axes.axhline(0.0, color=GREY, lw=0.8, zorder=0.5)
    low, high = curves.span
    axes.set(xlim=(curves.alpha[0], curves.alpha[-1]), ylim=(scale.rate * low, scale.rate * high))
    axes.set(xlabel=r"$\alpha$", ylabel=f"rate / {_unit(scale)}")
    _shade_phases(axes, curves)


def explorer_figure(shown: Shown) -> Figure:
    """Map and rates as the app shows them: quantity, units and axis, operating point, simulated points.

    Raises
    ------
    NotYet
        If something of it belongs to other parameters or is not complete.
    """
    snapshot, curves = shown.snapshot, shown.current_curves
    magnet, scale = snapshot.magnet, snapshot.scale
    figure, (left, right) = new_figure(9.2, 4.6, columns=2)
    with mpl.rc_context(STYLE):
        level, lines = shown.current_map.level, shown.current_boundaries.lines
        draw_map(left, level, lines, snapshot.quantity, scale)
        # An obtuse angle is drawn at its mirror image, where the torque is the same seen from the other side.
        degrees, side = math.degrees(magnet.theta), 1.0
        if degrees > 90.0:
            degrees, side = 180.0 - degrees, -1.0
        left.plot(
            [side * magnet.alpha],
            [degrees],
            "o",
            ms=8,
            mfc="white",
            mec="black",
            mew=1.8,
            zorder=5,
            clip_on=False,
        )
        draw_rates(right, curves, gap=snapshot.hold is Hold.ALPHA_NU, scale=scale)
        if snapshot.log_rates:
            _decades(right, curves, scale)
        _simulated(right, shown.readings, scale)
        right.axvline(magnet.alpha, color=INK, ls=":", lw=1.0)
        if magnet.theta == 0.0:
            _special_points(right, snapshot)
        held, symbol = _held(snapshot), r"a_J/B" if snapshot.units is Units.SI else "mP/H"
        left.set_title(rf"{held}, $\delta$ = {magnet.delta:.4g}")
        right.set_title(
            rf"$\theta$ = {math.degrees(magnet.theta):.4g}°, {held}, $\delta$ = {magnet.delta:.4g}"
        )
        for axes in (left, right):
            axes.set_xlabel(rf"$\alpha = {symbol}$")
        figure.legend(
            handles=_legend(bool(shown.readings)), loc="outside lower center", ncols=5, fontsize=8,
            handlelength=2.4,
        )  # fmt: skip
        figure.suptitle(_facts(shown), fontsize=7, color="#5b6576")
        _drop_names_that_do_not_fit(figure, left)
    return figure


def _phase_colours() -> ListedColormap:
    return ListedColormap(list(PHASES.values()))


def _coloured(axes: Axes, values: np.ndarray, quantity: Quantity, options: dict[str, Any]) -> Colorbar:
    found = colour_scale(quantity, values)
    points = [np.array(colour) / 255.0 for colour in found.colours]
    colours = LinearSegmentedColormap.from_list("app", points).with_extremes(bad="#e1e3e7")
    ends = (10.0**found.low, 10.0**found.high) if found.logarithmic else (found.low, found.high)
    norm = LogNorm(*ends) if found.logarithmic else Normalize(*ends)
    image = axes.imshow(values, cmap=colours, norm=norm, interpolation="bilinear", **options)
    figure = axes.get_figure()
    assert figure is not None
    beyond = quantity is not Quantity.EFFICIENCY
    return figure.colorbar(image, ax=axes, pad=0.02, aspect=28, extend="both" if beyond else "neither")


def _name_phases(axes: Axes, phases: np.ndarray, extent: tuple[float, ...]) -> None:
    """Each phase's name where it is widest."""
    rows, columns = phases.shape
    x = np.linspace(extent[0], extent[1], columns)
    y = np.linspace(extent[2], extent[3], rows)
    for phase, row, left, right in phase_regions(phases, x):
        text = axes.annotate(
            phase.value.replace("_", " "), (0.5 * (x[left] + x[right - 1]), y[row]), ha="center",
            va="center", weight="bold", fontsize=8, color=INK,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=2.5, foreground="#ffffffcc")])
        text.set_gid(f"room {x[left]} {x[right - 1]}")


def _drop_names_that_do_not_fit(figure: Figure, axes: Axes) -> None:
    """Rather no name in a phase than one across its boundary; the legend has the colours."""
    figure.draw_without_rendering()
    for text in axes.findobj(Text):
        gid = text.get_gid() or ""
        if not gid.startswith("room "):
            continue
        ends = np.array([(float(end), 0.0) for end in gid.split()[1:]])
        left, right = axes.transData.transform(ends)[:, 0]
        if text.get_window_extent().width > 0.92 * (right - left):
            text.remove()


def _shade_phases(axes: Axes, curves: Curves) -> None:
    """The phases along the curve as pale stripes behind it; white where it has a gap."""
    fine = np.linspace(curves.alpha[0], curves.alpha[-1], 1200)
    rates = []
    for values in (curves.S_P, curves.S_B):
        halves = []
        for before in (True, False):
            known, wanted = (curves.alpha < 0.0) == before, (fine < 0.0) == before
            halves.append(np.interp(fine[wanted], curves.alpha[known], values[known]))
        rates.append(np.concatenate(halves))
    pumped, bath = rates
    index = np.where((pumped > 0) & (bath < 0), 0.0, np.where((pumped < 0) & (bath > 0), 1.0, 2.0))
    left, right = curves.gap
    index[(fine > left) & (fine < right)] = np.nan
    axes.imshow(
        index[None, :], cmap=_phase_colours(), vmin=-0.5, vmax=2.5, alpha=0.3, aspect="auto", zorder=0,
        extent=(fine[0], fine[-1], 0.0, 1.0), transform=axes.get_xaxis_transform(), interpolation="nearest",
        rasterized=True,
    )  # fmt: skip


def _decades(axes: Axes, curves: Curves, scale: Scale) -> None:
    """The app's signed logarithmic axis: decades of either sign, linear below 1/100 of the largest rate."""
    values = scale.rate * np.concatenate([getattr(curves, name) for name in _QUANTITIES])
    largest = max(float(np.max(np.abs(values))), 1e-300)
    power = math.floor(math.log10(largest)) - 2
    axes.set_yscale("asinh", linear_width=2.0 * 10.0**power)
    ends = [k for k in range(power + 1, power + 5) if 10.0**k <= 2.0 * largest]
    ticks = [*(-(10.0**k) for k in reversed(ends)), 0.0, *(10.0**k for k in ends)]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _power_of_ten(y)))
    axes.set_ylim(1.6 * min(float(values.min()), 0.0), 1.6 * max(float(values.max()), 0.0))
    axes.set_ylabel(axes.get_ylabel() + ", symmetric log")


def _power_of_ten(value: float) -> str:
    if value == 0.0:
        return "0"
    sign = "-" if value < 0.0 else ""
    return f"${sign}10^{{{round(math.log10(abs(value)))}}}$"


def _simulated(axes: Axes, readings: tuple[Reading, ...], scale: Scale) -> None:
    for name in _QUANTITIES:
        estimates = [getattr(reading.estimates, name) for reading in readings]
        axes.errorbar(
            [reading.magnet.alpha for reading in readings],
            [scale.rate * estimate.value for estimate in estimates],
            [scale.rate * estimate.stderr for estimate in estimates],
            fmt="o", ms=4, mfc="white", capsize=2, lw=1.0, color=COLOURS[name], zorder=4,
        )  # fmt: skip


def _special_points(axes: Axes, snapshot: Snapshot) -> None:
    points = theory.special_points(snapshot.magnet.delta)
    for at, label in (
        (points.isotropic, r"isotropic $-\delta$"),
        (points.insulating, r"insulating $1/\delta$"),
    ):
        if abs(at) < snapshot.alpha_max:
            axes.axvline(at, color=GREY, lw=0.8)
            axes.annotate(
                label, (at, 0.98), xycoords=axes.get_xaxis_transform(), rotation=90, ha="right", va="top",
                fontsize=7, color="#5b6576",
            )  # fmt: skip


def _legend(simulated: bool) -> list[Artist]:
    handles: list[Artist] = [Line2D([], [], color=COLOURS[name], label=LABELS[name]) for name in _QUANTITIES]
    handles.append(Line2D([], [], color=GREY, ls="--", lw=0.8, label=r"closed form at $\theta$ = 0"))
    if simulated:
        handles.append(
            Line2D(
                [], [], color=GREY, marker="o", ms=4, mfc="white", ls="", label="simulated, ± standard error"
            )
        )
    handles += [
        Line2D([], [], color=INK, ls=style, lw=1.2, label=f"map: ${name}$ = 0")
        for name, style in _BOUNDARIES.items()
    ]
    handles.append(
        Line2D([], [], color="black", marker="o", ms=7, mfc="white", mew=1.6, ls="", label="operating point")
    )
    return handles + [Patch(color=colour, label=name.replace("_", " ")) for name, colour in PHASES.items()]


def _unit(scale: Scale) -> str:
    return r"$\eta T$" if scale.rate_unit == "ηT" else f"({scale.rate_unit})"


def _held(snapshot: Snapshot) -> str:
    """What stays fixed along α, in the units of the snapshot."""
    symbol, value, unit = held_reading(snapshot)
    return f"${_TEX.get(symbol, symbol)}$ = {value:.4g}{unit}"


def _facts(shown: Shown) -> str:
    """The point, and how the points were simulated, for those who find the figure without the app."""
    magnet = shown.snapshot.magnet
    facts = (
        rf"slls-widgets {__version__}; operating point $\alpha$ = {magnet.alpha:.6g}, "
        rf"$\nu$ = {magnet.nu:.6g}, "
        rf"$\delta$ = {magnet.delta:.6g}, $\theta$ = {magnet.theta:.6g} rad"
    )
    runs = {
        (r.settings.scheme, r.settings.trajectories, r.settings.seed): None for r in shown.readings
    }  # in order, each once
    said = [f"{scheme}, {count} trajectories, seed {seed}" for scheme, count, seed in runs]
    if said:
        more = "" if len(said) < 3 else " and others"
        steps = sorted({reading.dt for reading in shown.readings})
        span = f"{steps[0]:.3g}" + (f" to {steps[-1]:.3g}" if len(steps) > 1 else "")
        facts += f"\nsimulated: {'; '.join(said[:2])}{more}; step {span}" + r"/$\eta T$"
    return facts
