"""Figures of the notebook on trade-offs: uncertainty product, fluctuation theorem, ideal engine."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D

from .. import theory
from ..fokker_planck import counting, solve_many
from ..magnet import phase
from ..magnet.macrospin import Macrospin
from ..studies.trade_offs import DampingRoute, Engine, TheoremTest, uncertainty_product
from .static import NOTEBOOK_STYLE, StaticFigure, static_figure
from .style import COLOURS, GREY, PHASES

__all__ = ["counting_figure", "damping_figure", "engine_figure", "product_figure", "theorem_figure"]

_OWN, _PARTNER, _WRONG = "#0072B2", "#D55E00", "#CC79A7"


@mpl.rc_context(NOTEBOOK_STYLE)
def product_figure(dataset: xr.Dataset) -> StaticFigure:
    """Q over the (α, θ) plane at fixed ν with the contour 2; Q at θ = 0 with the bound that holds."""
    nu, delta = dataset.attrs["nu"], dataset.attrs["delta"]
    figure, (above, below) = static_figure(6.8, 7.4, rows=2)
    alpha, degrees = dataset["alpha"].values, np.degrees(dataset["theta"].values)
    # S_P passes zero on a line, where Q is infinite: the colours end before.
    product = np.clip(uncertainty_product(dataset), 1e-4, 1e3)
    image = above.pcolormesh(
        alpha, degrees, product, cmap="cividis", norm=LogNorm(1e-2, 1e2), shading="nearest", rasterized=True
    )
    above.contour(alpha, degrees, np.log(product), levels=[np.log(2.0)], colors="white", linewidths=1.8)
    above.set(xlabel=r"$\alpha = mP/H$", ylabel=r"$\theta$ in degrees", yticks=[0, 30, 60, 90])
    above.set_title(rf"$\nu$ = {nu:g}, $\delta$ = {delta:.3g}; white: $Q = 2$", loc="left")
    figure.colorbar(image, ax=above, extend="both", pad=0.02, label=r"$Q = \Delta_P\Sigma/S_P^2$")
    fine = np.linspace(alpha[0], alpha[-1], 400)
    solved = solve_many(fine, nu, delta, 0.0)
    below.axhline(2.0, color=GREY, lw=1.2, ls=":")
    below.text(fine[-1], 2.15, "usual bound 2", color="#5b6472", fontsize=9, ha="right", va="bottom")
    below.plot(
        fine,
        phase.uncertainty_product(solved.S_P, solved.Sigma, solved.Delta_P),
        color=COLOURS["Delta_P"],
        lw=4.0,
        label="$Q$ exact",
    )
    # At most 7 % below: drawn inside the broad curve.
    bound = theory.uncertainty_bound(fine, nu, delta)
    below.plot(fine, bound, "--", color="#15181d", lw=1.4, label="bound that holds")
    below.set(yscale="log", xlim=(fine[0], fine[-1]), ylim=(1e-3, 1e3), xlabel=r"$\alpha = mP/H$")
    below.set(ylabel="$Q$")
    below.set_title(rf"$\theta$ = 0, $\nu$ = {nu:g}, $\delta$ = {delta:.3g}", loc="left")
    below.legend(loc="upper right")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def counting_figure(magnet: Macrospin) -> StaticFigure:
    """λ(k) of the total entropy, the mirror images λ(-1-k) of the partner and of the same magnet."""
    figure, (axes,) = static_figure(6.8, 3.8)
    # Even about -1/2, so that the mirror image is the same numbers read backwards.
    k = np.linspace(-1.35, 0.35, 103)
    own = counting.scgf(magnet, k, "total")
    partner = counting.scgf(magnet.partner(), -1.0 - k[::6], "total")
    axes.axhline(0.0, color=GREY, lw=0.8, zorder=0)
    axes.plot(k, own, color=_OWN, label=r"$\lambda(k)$")
    axes.plot(
        k[::6],
        partner,
        "o",
        ms=5,
        mfc="white",
        mew=1.3,
        color=_PARTNER,
        clip_on=False,
        label=r"partner, $\lambda'(-1-k)$",
    )
    axes.plot(k, own[::-1], "--", color=_WRONG, lw=1.4, label=r"same magnet, $\lambda(-1-k)$")
    axes.set(xlim=(k[0], k[-1]), xlabel="$k$", ylabel=r"$\lambda$ in $\eta T$")
    axes.set_title(_where(magnet), loc="left")
    axes.legend(loc="upper center")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def theorem_figure(magnet: Macrospin, tau: float, test: TheoremTest) -> StaticFigure:
    """Densities of S_tot and of the partner's -S_tot', and the logarithm of their ratio against s."""
    figure, (above, below) = static_figure(6.8, 7.4, rows=2)
    for values, errors, colour, marker, label in (
        (test.forward, test.forward_stderr, _OWN, "o", "$P(s)$"),
        (test.backward, test.backward_stderr, _PARTNER, "s", "partner, $P'(-s)$"),
    ):
        seen = values > 0.0
        above.errorbar(
            test.s[seen], values[seen], errors[seen], fmt=marker, ms=4, mfc="white", mew=1.2, lw=1.2,
            color=colour, label=label,
        )  # fmt: skip
    above.set(yscale="log", ylabel="probability density")
    above.set_title(rf"$\tau$ = {tau:g}, {_where(magnet)}; bars: one standard error", loc="left")
    above.legend(loc="lower center")
    seen = np.isfinite(test.log_ratio)
    below.sharex(above)
    below.axline((0.0, 0.0), slope=1.0, color=GREY, lw=1.4, label="$s$")
    below.errorbar(
        test.s[seen], test.log_ratio[seen], test.log_ratio_stderr[seen], fmt="o", ms=4, mfc="white",
        mew=1.2, lw=1.2, color=COLOURS["Sigma"], label="simulated",
    )  # fmt: skip
    below.set(xlabel="total entropy $s$", ylabel="$\\ln P(s)/P'(-s)$")
    below.legend(loc="upper left")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def engine_figure(engines: Sequence[tuple[float, Engine]], alpha_nu: float, delta: float) -> StaticFigure:
    """Efficiency and power, and below what they cost, against the field H/(mP) = 1/α at fixed torque.

    Solid for the first angle, dashed for the second.
    """
    figure, (above, below) = static_figure(6.8, 5.6, rows=2, heights=(1.0, 1.25))
    names = []
    for (theta, found), style in zip(engines, ("-", "--"), strict=False):
        field = 1.0 / found.alpha
        above.plot(field, found.efficiency, style, color="#CC79A7")
        above.plot(field, found.S_P * delta / (2.0 * alpha_nu), style, color=COLOURS["S_P"])
        for name in ("Sigma", "Delta_P"):
            below.plot(field, getattr(found, name), style, color=COLOURS[name])
        below.plot(field, found.uncertainty_product, style, color="#E69F00")
        names.append(rf"{'solid' if style == '-' else 'dashed'}: $\theta$ = {np.degrees(theta):.3g}°")
    above.axhline(1.0, color=GREY, lw=1.0, ls=":")
    below.axhline(2.0, color=GREY, lw=1.0, ls=":")
    last = field[-1]
    above.set(xscale="log", xlim=(field[0], last), ylim=(0.0, 1.08), ylabel="fraction")
    above.set_title(rf"$|\alpha|\nu$ = {alpha_nu:g}, $\delta$ = {delta:.3g}; {', '.join(names)}", loc="left")
    below.set(xscale="log", yscale="log", xlim=(field[0], last), xlabel=r"field $1/\alpha = H/(mP)$")
    below.set_ylabel(r"$\Sigma$, $\Delta_P$ in $\eta T$; $Q$")
    for axes, entries in (
        (
            above,
            (
                ("#CC79A7", r"efficiency $-S_B/S_P$"),
                (COLOURS["S_P"], r"power $S_P$ over $2\nu\alpha/\delta$"),
            ),
        ),
        (
            below,
            (
                (COLOURS["Sigma"], r"$\Sigma$"),
                (COLOURS["Delta_P"], r"$\Delta_P$"),
                ("#E69F00", "$Q$ (dotted: usual bound 2)"),
            ),
        ),
    ):
        handles = [Line2D([], [], color=colour, label=label) for colour, label in entries]
        axes.legend(handles=handles, loc="lower right" if axes is above else "lower left")
    return figure


@mpl.rc_context(NOTEBOOK_STYLE)
def damping_figure(routes: Sequence[tuple[float, DampingRoute]], alpha: float, nu: float) -> StaticFigure:
    """S_P, Σ and Δ_P in γ₀T/m against damping δ, at fixed α and ν; dotted: Σ and Δ_P by Eqs. 18b and 18c."""
    figure, axes = static_figure(6.8, 3.6, columns=len(routes))
    for panel, (theta, route) in zip(axes, routes, strict=True):
        delta = route.delta
        for name, label in (("S_P", "$S_P$"), ("Sigma", r"$\Sigma$"), ("Delta_P", r"$\Delta_P$")):
            panel.plot(delta, getattr(route, name), color=COLOURS[name], label=label)
        if theta == 0.0:
            eighteen = {"Sigma": 2.0 * nu * alpha**2 / delta, "Delta_P": 4.0 * alpha**2 / (nu * delta)}
            for name, values in eighteen.items():
                panel.plot(delta, values, ":", color=COLOURS[name], lw=1.3)
        dud = delta[route.S_B > 0.0]
        if dud.size:
            panel.axvspan(dud[0], delta[-1], color=PHASES["dud"], alpha=0.5, lw=0)
            panel.text(delta[-1] * 0.9, 300.0, "dud", ha="right", fontsize=9, color="#475063")
        panel.set(xscale="log", yscale="log", xlim=(delta[0], delta[-1]), ylim=(1e-9, 1e3))
        panel.set_title(
            rf"$\theta$ = {np.degrees(theta):.3g}°, $\alpha$ = {alpha:g}, $\nu$ = {nu:g}", loc="left"
        )
        panel.set_xlabel(r"damping $\delta$")
    axes[0].set_ylabel(r"rate in $\gamma_0T/m$")
    axes[0].legend(loc="lower left", ncols=3, columnspacing=1.0, handlelength=1.2)
    return figure


def _where(magnet: Macrospin) -> str:
    angle = f"{np.degrees(magnet.theta):.3g}°"
    torque = rf"$\alpha$ = {magnet.alpha:g}, $\nu$ = {magnet.nu:g}"
    text = rf"{torque}, $\delta$ = {magnet.delta:.3g}, $\theta$ = {angle}"
    return text.replace("-", "\u2212")
