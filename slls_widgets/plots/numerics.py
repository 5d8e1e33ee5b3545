"""Figures of the notebook on numerics: bias against the step, cost, and the z-scores of an audit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..numerics import Bias
from .static import NOTEBOOK_STYLE, StaticFigure, static_figure
from .style import COLOURS, GREY

__all__ = ["bias_figure", "scores_figure"]

SCHEMES = {"moebius": "#0072B2", "heun": "#009E73", "euler": "#D55E00"}
_NAMES = {"moebius": "Moebius", "heun": "Heun", "euler": "Euler (the paper's scheme)"}
_MARKERS = {"moebius": "o", "heun": "s", "euler": "^"}


@mpl.rc_context(NOTEBOOK_STYLE)
def bias_figure(found: Sequence[Mapping[str, Bias]], default: float) -> StaticFigure:
    """|bias| of S_P and S_B against dt for each scheme, with fitted lines and bars of two standard errors.

    A filled triangle is the upper limit where a bias is lost in the noise.

    Parameters
    ----------
    found : sequence
        One result of :func:`slls_widgets.numerics.bias` per scheme.
    default : float
        The step that :func:`slls_widgets.simulate` picks, marked on the axis.
    """
    figure, axes = static_figure(7.4, 4.3, columns=2)
    for each, quantity, title in zip(axes, ("S_P", "S_B"), ("pumped, $S_P$", "bath, $S_B$"), strict=True):
        for biases in found:
            _one_scheme(each, biases[quantity])
        each.axhline(0.005, color=GREY, lw=1.0, ls=":")
        each.text(0.33, 0.0053, "½ %", color="#5b6472", fontsize=9, ha="right", va="bottom")
        each.axvline(default, color=GREY, lw=1.0, ls="--")
        each.text(
            default * 0.94, 1.15e-5, "default step", color="#5b6472", fontsize=9, va="bottom", ha="right"
        )
        each.set(xscale="log", yscale="log", xlim=(2e-3, 0.35), ylim=(1e-5, 1.0))
        each.set(xlabel=r"step $dt$ in $1/\eta T$", title=title)
    axes[0].set_ylabel("|relative bias|")
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _one_scheme(axes: Axes, bias: Bias) -> None:
    colour = SCHEMES[bias.scheme]
    seen = np.abs(bias.value) > 2.0 * bias.stderr
    size = np.abs(bias.value)
    axes.errorbar(
        bias.dt[seen], size[seen], 2.0 * bias.stderr[seen], fmt=_MARKERS[bias.scheme], ms=5, mfc="white",
        mew=1.3, lw=1.2, color=colour, label=_NAMES[bias.scheme],
    )  # fmt: skip
    # Within the noise there is only an upper limit.
    limit = size[~seen] + 2.0 * bias.stderr[~seen]
    axes.plot(bias.dt[~seen], limit, "v", ms=5, mfc=colour, mec=colour, alpha=0.5)
    if math.isfinite(bias.order):
        dt = np.array([0.6 * bias.dt[seen].min(), bias.dt.max()])
        axes.plot(dt, bias.factor * dt**bias.order, color=colour, lw=1.3)


@mpl.rc_context(NOTEBOOK_STYLE)
def scores_figure(scores: Mapping[str, NDArray[np.float64]]) -> StaticFigure:
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
    axes.legend(loc="upper left")
    return figure


def _quantile(share: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)
