"""Figures of the notebook on numerics: bias against the step, cost, and the z-scores of an audit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter
from numpy.typing import NDArray

from ..magnet.macrospin import Macrospin
from ..simulation.schemes import scheme_named
from ..studies.numerics import Bias
from .static import NOTEBOOK_STYLE, StaticFigure, static_figure
from .style import COLOURS, GREY

__all__ = ["bias_figure", "order_figure", "scores_figure"]

SCHEMES = {"moebius": "#0072B2", "heun": "#009E73", "euler": "#D55E00"}
_STEP = r"step $dt$ in $1/\eta T$"
_MARKERS = {"moebius": "o", "heun": "s", "euler": "^"}


@mpl.rc_context(NOTEBOOK_STYLE)
def order_figure(magnet: Macrospin, found: Sequence[Bias]) -> StaticFigure:
    """|bias of <n>| at step ends against dt, with fitted powers and bars of one standard error.

    Parameters
    ----------
    magnet : Macrospin
    found : sequence
        One result of :func:`slls_widgets.studies.numerics.mean_bias` per scheme.
    """
    figure, (axes,) = static_figure(6.8, 4.0)
    for each in found:
        _one_scheme(
            axes, each, f"{scheme_named(each.scheme).label}: {each.order:.2f} ± {each.order_stderr:.2f}"
        )
    axes.set(xscale="log", yscale="log", xlabel=_STEP, ylabel=r"$|$relative bias of $\langle n\rangle|$")
    axes.set(xlim=(1.5e-3, 6e-2), ylim=(2e-4, 2e-2))
    # The scientific notation of every tick within a decade would not fit.
    for axis, ticks in ((axes.xaxis, (2e-3, 5e-3, 1e-2, 2e-2, 5e-2)), (axes.yaxis, (1e-3, 1e-2))):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.set_title(f"{_where(magnet)}; bars: one standard error", loc="left")
    axes.legend(loc="upper right", title="fitted slope")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def bias_figure(magnet: Macrospin, found: Sequence[Mapping[str, Bias]], default: float) -> StaticFigure:
    """|bias| of S_P and S_B against dt for each scheme, with fitted powers and bars of one standard error.

    A filled triangle is the upper limit (two standard errors above) where a bias is lost in the noise.

    Parameters
    ----------
    magnet : Macrospin
    found : sequence
        One result of :func:`slls_widgets.studies.numerics.bias` per scheme.
    default : float
        The step that :func:`slls_widgets.simulate` picks, marked on the axis.
    """
    figure, axes = static_figure(6.8, 8.0, rows=2)
    for each, quantity, title in zip(axes, ("S_P", "S_B"), ("pumped, $S_P$", "bath, $S_B$"), strict=True):
        for biases in found:
            _one_scheme(each, biases[quantity], scheme_named(biases[quantity].scheme).label)
        each.axhline(0.005, color=GREY, lw=1.0, ls=":")
        each.text(0.33, 0.0053, "½ %", color="#5b6472", fontsize=9, ha="right", va="bottom")
        each.axvline(default, color=GREY, lw=1.0, ls="--")
        each.text(
            default * 0.94, 1.15e-5, "default step", color="#5b6472", fontsize=9, va="bottom", ha="right"
        )
        each.set(xscale="log", yscale="log", xlim=(2e-3, 0.35), ylim=(1e-5, 1.0))
        each.set(ylabel="|relative bias|")
        each.set_title(f"{title}; {_where(magnet)}; bars: one standard error", loc="left")
    axes[1].set_xlabel(_STEP)
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _one_scheme(axes: Axes, bias: Bias, label: str) -> None:
    colour = SCHEMES[bias.scheme]
    seen = np.abs(bias.value) > 2.0 * bias.stderr
    size = np.abs(bias.value)
    axes.errorbar(
        bias.dt[seen], size[seen], bias.stderr[seen], fmt=_MARKERS[bias.scheme], ms=5, mfc="white",
        mew=1.3, lw=1.2, color=colour, label=label,
    )  # fmt: skip
    # Within the noise there is only an upper limit.
    limit = size[~seen] + 2.0 * bias.stderr[~seen]
    axes.plot(bias.dt[~seen], limit, "v", ms=5, mfc=colour, mec=colour, alpha=0.5)
    if math.isfinite(bias.order):
        dt = np.array([0.6 * bias.dt[seen].min(), bias.dt.max()])
        axes.plot(dt, bias.factor * dt**bias.order, color=colour, lw=1.3)


@mpl.rc_context(NOTEBOOK_STYLE)
def scores_figure(scores: Mapping[str, NDArray[np.float64]], title: str) -> StaticFigure:
    """Ordered z-scores, per quantity, against what a standard normal sample of that size would show."""
    figure, (axes,) = static_figure(6.0, 4.0)
    axes.axline((0.0, 0.0), slope=1.0, color=GREY, lw=1.2)
    labels = {"S_P": "$S_P$", "S_B": "$S_B$", "Delta_P": r"$\Delta_P$"}
    for (name, z), marker in zip(scores.items(), ("o", "s", "^"), strict=True):
        share = (np.arange(len(z)) + 0.5) / len(z)
        normal = np.array([_quantile(float(p)) for p in share])
        axes.plot(
            normal, np.sort(z), marker, ms=4, mfc="none", mew=1.2, color=COLOURS[name], label=labels[name]
        )
    axes.set(xlim=(-3.2, 3.2), ylim=(-4.3, 4.3), xlabel="standard normal quantile", ylabel="ordered $z$")
    axes.set_title(title, loc="left")
    axes.legend(loc="upper left")
    return figure


def _where(magnet: Macrospin) -> str:
    text = rf"$\alpha$ = {magnet.alpha:g}, $\nu$ = {magnet.nu:g}, $\delta$ = {magnet.delta:.3g}"
    return text.replace("-", "\u2212") + rf", $\theta$ = {magnet.theta:.3g}"


def _quantile(share: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)
