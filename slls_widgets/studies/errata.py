"""Points in the paper's text that a reader may want to correct, each with a computation that decides.

None of them touches the paper's conclusion. A check returns the value as printed, the value proposed instead,
and a number computed by a route that uses neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import theory
from ..fokker_planck import solve_many, steady_state
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_TAU
from ..simulation import simulate
from . import report
from .fluctuations import worst_closure

__all__ = [
    "CHECKS",
    "Erratum",
    "boltzmann_sign",
    "caption_of_figure_3",
    "closure",
    "off_axis_fluctuation",
    "precession_cycle",
    "run_length",
    "sphere_area",
    "strong_field_production",
    "table",
]

Vector = NDArray[np.float64]

# γ₀ = T = 1, η = 0.5, |m| = √3, P = 1 (SI III and Fig. 4).
_MOMENT = math.sqrt(3.0)
_DELTA = 0.5 * _MOMENT
_ALPHA_NU = 3.0


class Erratum(NamedTuple):
    """One point: where, about what, as printed, as proposed, and what an independent computation gives."""

    place: str
    subject: str
    printed: float
    proposed: float
    computed: float
    digits: int

    @property
    def favours_proposal(self) -> bool:
        """Whether the computation is closer to the proposal than to the print."""
        return abs(self.computed - self.proposed) < abs(self.computed - self.printed)

    def row(self) -> list[str]:
        """Cells of a table."""
        numbers = (self.printed, self.proposed, self.computed)
        return [self.place, self.subject, *(f"{value:.{self.digits}f}" for value in numbers)]


def precession_cycle() -> Erratum:
    """Entropy pumped in one full turn of the moment, over α: 2 as printed, 4π counted in full turns.

    t_p = 1/(γ₀H) is the time of one radian. Computed: S_P x (2π/|a|) at α = 10⁻⁴, with |a| the angular
    frequency of precession from the reduced equation.
    """
    magnet = Macrospin(alpha=1e-4, nu=_ALPHA_NU / 1e-4, delta=_DELTA)
    turn = 2.0 * math.pi / float(np.linalg.norm(magnet.precession))
    pumped = steady_state(magnet).S_P * turn
    return Erratum(
        "Eq. 2, end", "entropy per turn of precession, over α", 2.0, 4.0 * math.pi, pumped / magnet.alpha, 2
    )


def boltzmann_sign() -> Erratum:
    """Mean of n·ĥ with the weight e^{-βm·H'} of SI 19, 24, 26, and with e^{+βm·H'} as in Eq. 14.

    Computed: a simulation at α = 0.5, ν = 2, δ = √3/2, which knows no density at all.
    """
    magnet = Macrospin(alpha=0.5, nu=2.0, delta=_DELTA)
    mean = float(theory.langevin(magnet.xi))
    run = simulate(magnet, 1024, 20.0, seed=19)
    return Erratum(
        "SI 19, 24, 26", "⟨n·ĥ⟩ from the steady state (simulated)", -mean, mean, float(run.mean_n[2]), 2
    )


def sphere_area() -> Erratum:
    """∫ e^{βm·H'} over the sphere of radius |m|, at |m| = √3 and βH' = 1: SI 20 lacks a factor |m|.

    Computed: a quadrature over the sphere's area.
    """
    field = 1.0
    printed = 4.0 * math.pi * math.sinh(_MOMENT * field) / field
    nodes, weights = np.polynomial.legendre.leggauss(40)
    area = 2.0 * math.pi * _MOMENT**2 * weights
    computed = float(np.sum(area * np.exp(_MOMENT * field * nodes)))
    return Erratum(
        "SI 20", "partition function at |m| = √3, βH' = 1", printed, _MOMENT * printed, computed, 3
    )


def strong_field_production() -> Erratum:
    """Σ/(2να²/δ²) towards α -> 0: 1 by Eq. 18b, which takes δ << 1; 1 + δ² at the δ of the paper's Fig. 4."""
    magnet = Macrospin(alpha=1e-5, nu=_ALPHA_NU / 1e-5, delta=_DELTA)
    scale = 2.0 * magnet.nu * (magnet.alpha / magnet.delta) ** 2
    computed = steady_state(magnet).Sigma / scale
    return Erratum("Eq. 18b", "Σ δ²/(2να²) in strong field, δ = √3/2", 1.0, 1.0 + _DELTA**2, computed, 3)


def closure() -> Erratum:
    """Ψ at its worst ξ by the closure of SI 57 and by the exact quadrature.

    Computed: Δ_P of the spherical-harmonic solver, divided by 8α²χ/(α+δ)².
    """
    xi = round(worst_closure().xi, 2)
    magnet = Macrospin(alpha=0.5, nu=xi / (1.0 + 0.5 / _DELTA), delta=_DELTA)
    prefactor = 8.0 * magnet.alpha**2 * float(theory.chi(magnet.xi)) / (magnet.alpha + magnet.delta) ** 2
    computed = steady_state(magnet).Delta_P / prefactor
    return Erratum(
        "SI 57",
        f"Ψ({xi:.2f}), where the closure is furthest off",
        float(theory.psi_closure(xi)),
        float(theory.psi_exact(xi)),
        computed,
        4,
    )


def run_length(alpha: float = -0.7) -> Erratum:
    """Var(S_P over τ)/τ over Δ_P for the paper's τ: 1 if τ >> t_d'; the exact finite-time value instead.

    Computed: a simulation of that length, over the exact Δ_P, at θ = 0, αν = 3, δ = √3/2.
    """
    magnet = Macrospin.at_torque(alpha, _ALPHA_NU, _DELTA)
    exact = steady_state(magnet)
    # The default step's promise is for times of many steps; this one is six.
    run = simulate(magnet, 65_536, PAPER_TAU, dt=PAPER_TAU / 25, seed=5)
    ratio = float(exact.finite_time_variance(PAPER_TAU)) / exact.Delta_P
    return Erratum(
        "SI III, Fig. 4",
        f"Var/τ over Δ_P, α = {alpha:g} (simulated)".replace("-", "−"),
        1.0,
        ratio,
        run.Delta_P.value / exact.Delta_P,
        2,
    )


def off_axis_fluctuation(theta: float = 1.0) -> Erratum:
    """Power of 1/H with which Δ_P vanishes off axis: 3 if Eq. 18c held there, 2 by the tilted strong field.

    Computed: the local slope of the exact Δ_P between α = 10⁻³ and 10⁻⁴ at αν = 3.
    """
    alpha = np.array([1e-3, 1e-4])
    found = solve_many(alpha, _ALPHA_NU / alpha, _DELTA, theta).Delta_P
    slope = float(np.log(found[0] / found[1]) / np.log(alpha[0] / alpha[1]))
    return Erratum("Eq. 18c, Fig. 4", f"power of 1/H in Δ_P at θ = {theta:g} rad", 3.0, 2.0, slope, 3)


def caption_of_figure_3() -> Erratum:
    """αν at |m| = √3, P = T = 1, for α = P/H as in the caption of Fig. 3 and for α = mP/H as in Eq. 10.

    Computed: α from what it does in Eq. 13, H'/H = 1 + α/δ. H'/H is how much faster the drift of Eq. 1 turns
    m towards H with the torque than without, at γ₀ = 1, η = 0.5, and at an m and an H that drop out.
    """
    moment = _MOMENT * np.array([0.6, 0.0, 0.8])
    field, torque = np.array([0.0, 0.0, 2.0]), np.array([0.0, 0.0, 1.0])

    def towards_field(spin_torque: Vector) -> float:
        force = field + np.cross(moment, spin_torque)
        precession = np.cross(moment, force)
        return float((-precession - 0.5 * np.cross(moment, precession))[2])

    alpha = _DELTA * (towards_field(torque) / towards_field(0.0 * torque) - 1.0)
    computed = alpha * _MOMENT * float(field[2])
    return Erratum("Fig. 3", "αν by the drift of Eq. 1, P = T = 1", _MOMENT, _MOMENT**2, computed, 3)


#: In the order of the paper.
CHECKS: dict[str, Callable[[], Erratum]] = {
    "precession cycle": precession_cycle,
    "sign of the exponent": boltzmann_sign,
    "area of the sphere": sphere_area,
    "strong-field production": strong_field_production,
    "closure": closure,
    "length of a run": run_length,
    "off-axis fluctuation": off_axis_fluctuation,
    "caption of Fig. 3": caption_of_figure_3,
}


def table(*names: str) -> str:
    """Run checks (all of them without names) and set their numbers side by side."""
    rows = [CHECKS[name]().row() for name in names or CHECKS]
    return report.table(["where", "what", "printed", "proposed", "computed"], rows, ["", "", *3 * [">"]])
