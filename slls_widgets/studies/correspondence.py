"""Where each figure and equation of the paper is, with which parameters, and two numbers that must agree.

The page docs/correspondence.md and the table of the first notebook are made of these rows. Tests recompute
every number and follow every link.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize

from .. import theory
from ..fokker_planck import SteadyState, steady_state
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_ALPHA_NU, PAPER_DELTA, PAPER_DT, PAPER_ETA_T, PAPER_MOMENT, PAPER_TAU
from .energy import balance, production_from_density
from .errata import noise_amplitude
from .fluctuations import small_field_coefficient
from .strong_field import local_slopes
from .trade_offs import damping_route

__all__ = ["ROWS", "Row", "as_markdown"]

Pair = tuple[float, float]


class Row(NamedTuple):
    """One line; ``check`` returns two numbers, equal within the relative ``tolerance``."""

    paper: str
    notebook: str
    section: str
    parameters: str
    verified: str
    tolerance: float
    check: Callable[[], Pair]


def _axis() -> Macrospin:
    return Macrospin(alpha=0.5, nu=2.0, delta=PAPER_DELTA)


def _off() -> SteadyState:
    return steady_state(Macrospin(alpha=0.5, nu=4.0, delta=0.8, theta=0.7))


def _drift() -> Pair:
    """The velocity of Eq. 1 along H in its own units, and in reduced ones."""
    magnet = Macrospin(alpha=0.5, nu=2.0, delta=PAPER_DELTA, theta=0.7)
    n = np.array([0.36, 0.48, 0.8])
    m, field = PAPER_MOMENT * n, magnet.nu / PAPER_MOMENT
    force = field * magnet.h_hat + np.cross(m, magnet.alpha * field / PAPER_MOMENT * magnet.p_hat)
    turn = np.cross(m, force)
    velocity = -turn - PAPER_ETA_T * np.cross(m, turn)
    reduced = np.cross(magnet.precession, n) + magnet.damping - n * (n @ magnet.damping)
    return float(velocity[2] / (PAPER_MOMENT * PAPER_ETA_T)), float(reduced[2])


def _density() -> Pair:
    xi = _axis().xi
    found = steady_state(_axis()).density(np.array([0.0, 0.0, 1.0]))
    return float(found), xi * math.exp(xi) / (4.0 * math.pi * math.sinh(xi))


def _heat() -> Pair:
    state = _off()
    magnet, n, nn = state.magnet, state.mean_n, state.second_moments
    h, p, alpha, nu = magnet.h_hat, magnet.p_hat, magnet.alpha, magnet.nu
    squares = 1.0 - h @ nn @ h - 2.0 * alpha * np.cross(h, p) @ n + alpha**2 * (1.0 - p @ nn @ p)
    return state.S_B, float(nu**2 * squares - 2.0 * nu * h @ n)


def _long_time() -> Pair:
    state = _off()
    return float(state.finite_time_variance(1e5)), state.Delta_P


def _boundary() -> Pair:
    def heating(alpha: float) -> float:
        return steady_state(Macrospin.at_torque(alpha, PAPER_ALPHA_NU, PAPER_DELTA)).S_B

    root = optimize.brentq(heating, 1.1, 1.2)  # type: ignore[no-untyped-call]
    return float(root), 1.0 / PAPER_DELTA


def _weighted_correlation() -> Pair:
    state, tau = _off(), 0.5
    times = np.linspace(0.0, tau, 801)
    weighted = (1.0 - times / tau) * state.autocorrelation(times)
    integral = 2.0 * state.magnet.pumping**2 * float(np.trapezoid(weighted, times))
    return float(state.finite_time_variance(tau)), integral


def _spread_of_y() -> Pair:
    state, xi = steady_state(_axis()), _axis().xi
    spread = float(state.second_moments[2, 2] - state.mean_n[2] ** 2)
    return xi**2 * spread, 1.0 + xi**2 * (1.0 - 1.0 / math.tanh(xi) ** 2)


def _closure() -> Pair:
    """SI 57 at ξ = 3 by a quadrature of its own."""
    xi = 3.0
    u, weights = np.polynomial.legendre.leggauss(200)
    weight = weights * np.exp(xi * u)
    chi = xi / math.tanh(xi) - 1.0
    y = xi * u - chi
    mean = float(np.sum(weight * y * np.log(np.abs(1.0 + y / (2.0 * (chi + 1.0))))) / np.sum(weight))
    return float(theory.psi_closure(xi)), mean / chi


def _scaled(name: str, scale: Callable[[Macrospin], float]) -> Callable[[], Pair]:
    """A rate at α = 10⁻⁵ over its strong-field form, which must be 1."""

    def check() -> Pair:
        magnet = Macrospin(alpha=1e-5, nu=PAPER_ALPHA_NU * 1e5, delta=PAPER_DELTA)
        return float(getattr(steady_state(magnet), name)) / scale(magnet), 1.0

    return check


def _route() -> Pair:
    least = damping_route(np.geomspace(0.5, 2.0, 401), alpha=0.01, nu=300.0)
    return float(least.delta[least.Sigma.argmin()]), 1.0


_UNITS = "δ = √3/2"
ROWS = (
    Row("Fig. 1", "01_model", "Figure-1-of-the-paper,-with-numbers", f"ν = 2, {_UNITS}, three α",
        "heat = work = −S_B of Eq. 16c", 1e-7,
        lambda: (balance(_axis()).work_on_current, -float(theory.rates(0.5, 2.0, PAPER_DELTA).S_B))),
    Row("Eq. 1; SI 62", "01_model", "Background", f"α = 0.5, ν = 2, {_UNITS}, θ = 0.7",
        "drift in the paper's units and in reduced ones", 1e-12, _drift),
    Row("Eqs. 2, 15", "01_model", "Numbers", f"α = 0.5, ν = 2, {_UNITS}", "t_p/t_d = δ", 1e-12,
        lambda: (float(np.divide(*theory.time_scales(0.5, 2.0, PAPER_DELTA)[:2])), PAPER_DELTA)),
    Row("Eqs. 3, 14; SI 19-20", "01_model", "Numbers", f"α = 0.5, ν = 2, {_UNITS}",
        "density at the pole: closed form, solver", 1e-7, _density),
    Row("Eq. 4; SI 32", "01_model", "Heat,-work-and-watts", "α = 0.5, ν = 4, δ = 0.8, θ = 0.7",
        "Σ from the density, from moments", 1e-7, lambda: (production_from_density(_off()), _off().Sigma)),
    Row("Eqs. 5, 8", "03_phase_diagram", "Background", "as Eq. 4", "Σ = S_P + S_B", 1e-9,
        lambda: (_off().Sigma, _off().S_P + _off().S_B)),
    Row("Eq. 6", "01_model", "Heat,-work-and-watts", "as Eq. 4", "S_B: solver, moments", 1e-7, _heat),
    Row("Eq. 7; SI 30-31", "02_rates", "Background", "as Eq. 4", "S_P = (2να/δ)⟨n·p̂⟩", 1e-9,
        lambda: (_off().S_P, _off().magnet.pumping * float(_off().mean_n @ _off().magnet.p_hat))),
    Row("Eq. 9", "05_fluctuations", "Background", "as Eq. 4", "Var/τ at τ = 10⁵, Δ_P", 1e-4, _long_time),
    Row("Eqs. 10-11; SI 22-23", "04_strong_field", "Background", "γ₀ = T = P = 1, η = 0.5, m = √3",
        "αν = m²P/T = 3", 1e-12, lambda: (PAPER_MOMENT**2, PAPER_ALPHA_NU)),
    Row("Eqs. 12-13; SI 21", "02_rates", "Background", f"α = 0.5, ν = 2, {_UNITS}", "|b| = ν(1+α/δ)", 1e-12,
        lambda: (float(np.linalg.norm(_axis().damping)), 2.0 * (1.0 + 0.5 / PAPER_DELTA))),
    Row("Eqs. 16-17; Fig. 2; SI 33-36", "02_rates", "Figure-2-of-the-paper", f"ν = 2, {_UNITS}, |α| ≤ 2",
        "Σ at α = 0.5: closed form, solver", 1e-7,
        lambda: (float(theory.rates(0.5, 2.0, PAPER_DELTA).Sigma), steady_state(_axis()).Sigma)),
    Row("Fig. 3", "03_phase_diagram", "Figure-3-of-the-paper", f"|α|ν = 3, {_UNITS}, |α| ≤ 2",
        "S_B = 0 at θ = 0: root, 1/δ", 1e-6, _boundary),
    Row("Eq. 18a", "04_strong_field", "Numbers", f"|α|ν = 3, {_UNITS}, α = 10⁻⁵", "S_P δ/(2να) = 1", 1e-4,
        _scaled("S_P", lambda m: 2.0 * m.nu * m.alpha / m.delta)),
    Row("Eq. 18b", "04_strong_field", "Numbers", "as Eq. 18a", "Σ δ²/(2να²(1+δ²)) = 1", 1e-4,
        _scaled("Sigma", lambda m: 2.0 * m.nu * m.alpha**2 * (1.0 + m.delta**2) / m.delta**2)),
    Row("Eq. 18c; SI 60-61", "04_strong_field", "Numbers", "as Eq. 18a", "Δ_P νδ²/(4α²) = 1", 1e-4,
        _scaled("Delta_P", lambda m: 4.0 * m.alpha**2 / (m.nu * m.delta**2))),
    Row("Fig. 4", "04_strong_field", "Figure-4-of-the-paper", f"|α|ν = 3, {_UNITS}, θ = 0, 0.5, 1, 1.5",
        "slope of Δ_P at θ = 1, α = 10⁻³: 2", 2e-3,
        lambda: (float(local_slopes(1e-3, 1.0, delta=PAPER_DELTA, alpha_nu=PAPER_ALPHA_NU).Delta_P), 2.0)),
    Row("closing remark", "06_trade_offs", "More-damping-instead", "α = 0.01, ν = 300, θ = 0",
        "Σ in γ₀T/m is least at δ = 1", 0.02, _route),
    Row("SI 24-29", "02_rates", "Background", f"α = 0.5, ν = 2, {_UNITS}", "⟨n·ĥ⟩ = χ/ξ", 1e-7,
        lambda: (float(steady_state(_axis()).mean_n[2]), float(theory.chi(_axis().xi) / _axis().xi))),
    Row("SI 37-43", "05_fluctuations", "Background", "as Eq. 4, τ = 0.5", "Var/τ, weighted integral of C",
        1e-5, _weighted_correlation),
    Row("SI 44-48", "05_fluctuations", "Background", f"α = 0.5, ν = 2, {_UNITS}", "⟨y²⟩: solver, SI 48", 1e-7,
        _spread_of_y),
    Row("SI 49", "05_fluctuations", "Remarks-on-the-paper's-text", "α = 0.5, η = 0.5, m = √3",
        "noise of y: power +1, Eq. 1", 1e-12, lambda: noise_amplitude()[4:6]),
    Row("SI 50-57", "05_fluctuations", "Numbers", "ξ = 3",
        "Ψ of the closure, two quadratures", 1e-7, _closure),
    Row("SI 58", "05_fluctuations", "Numbers", "ξ → 0", "19/120", 1e-6,
        lambda: (small_field_coefficient(theory.psi_closure), 19.0 / 120.0)),
    Row("SI 59", "05_fluctuations", "Numbers", "ξ = 10⁻³", "Ψ ≤ 1/2, reached at 0",
        1e-6, lambda: (float(theory.psi_exact(1e-3)), 0.5)),
    Row("SI 63", "07_numerics", "Background", "dt = 10⁻⁵, 50 000 steps", "τ = 0.25/(ηT)", 1e-12,
        lambda: (50_000 * PAPER_DT, PAPER_TAU)),
)  # fmt: skip


def as_markdown(folder: str = "") -> str:
    """The table in Markdown; ``folder`` leads from the page to the notebooks."""
    lines = ["| paper | where | parameters | verified | to |", "|---|---|---|---|---|"]
    for row in ROWS:
        link = f"[{row.notebook[:2]}]({folder}{row.notebook}.ipynb#{row.section})"
        cells = (row.paper, link, row.parameters, row.verified, f"{row.tolerance:.0e}")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
