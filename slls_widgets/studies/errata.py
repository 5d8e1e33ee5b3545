"""Remarks on the paper's text, each with a computation that decides.

None of them touches the paper's conclusion. Some are misprints; others say how far a formula reaches that
the paper states for a limit. A check returns the value by the text, the value here, and a number computed by
a route that uses neither.
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
    "correlation_weight",
    "damping_route",
    "mean_magnetisation",
    "mean_square_torque",
    "noise_amplitude",
    "off_axis_fluctuation",
    "precession_cycle",
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
    """One point: where, of which kind, about what, by the text, as proposed, and as computed independently.

    The kinds: a ``misprint``; a matter of ``wording``; a formula outside its ``range``; an ``estimate``
    beside the exact value; an ``extension`` to a case that the text leaves open.
    """

    place: str
    kind: str
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
        return [self.place, self.kind, self.subject, *(f"{value:.{self.digits}f}" for value in numbers)]


def precession_cycle() -> Erratum:
    """Entropy pumped in one full turn of the moment, over α: 2 as printed, 4π counted in full turns.

    t_p = 1/(γ₀H) is the time of one radian. Computed: S_P x (2π/|a|) at α = 10⁻⁴, with |a| the angular
    frequency of precession from the reduced equation.
    """
    magnet = Macrospin(alpha=1e-4, nu=_ALPHA_NU / 1e-4, delta=_DELTA)
    turn = 2.0 * math.pi / float(np.linalg.norm(magnet.precession))
    pumped = steady_state(magnet).S_P * turn
    return Erratum(
        "Eq. 2, end", "wording", "entropy per turn, over α", 2.0, 4.0 * math.pi, pumped / magnet.alpha, 2
    )


# SI 24 and 26 are compared at this point.
_ON_AXIS = Macrospin(alpha=0.5, nu=2.0, delta=_DELTA)


def boltzmann_sign() -> Erratum:
    """Mean of n·ĥ with the weight e^{-βm·H'} of SI 19, and with e^{+βm·H'} as in Eq. 14 and SI 25.

    Computed: a simulation at α = 0.5, ν = 2, δ = √3/2, which knows no density at all.
    """
    mean = float(theory.langevin(_ON_AXIS.xi))
    run = simulate(_ON_AXIS, 1024, 20.0, seed=19)
    return Erratum("SI 19", "misprint", "⟨n·ĥ⟩ with this weight", -mean, mean, float(run.mean_n[2]), 2)


def mean_magnetisation() -> Erratum:
    """⟨n·ĥ⟩ by the middle of SI 24, whose normalisation has a cos θ too many: 1 for any ξ. SI 25 is right.

    Computed: the spherical-harmonic solver.
    """
    numerator, printed_norm, _ = _printed_integrals(_ON_AXIS.xi)
    mean = float(theory.langevin(_ON_AXIS.xi))
    computed = float(steady_state(_ON_AXIS).mean_n[2])
    return Erratum(
        "SI 24", "misprint", "⟨n·ĥ⟩ by its middle part", numerator / printed_norm, mean, computed, 3
    )


def mean_square_torque() -> Erratum:
    """⟨(m×H')²⟩/T² by the middle of SI 26, with the same cos θ too many; its right-hand side is right.

    Computed: ξ² (1 - ⟨(n·ĥ)²⟩) by the spherical-harmonic solver.
    """
    xi = _ON_AXIS.xi
    _, printed_norm, cubed = _printed_integrals(xi)
    computed = xi**2 * (1.0 - float(steady_state(_ON_AXIS).second_moments[2, 2]))
    printed = xi**2 * cubed / printed_norm
    return Erratum(
        "SI 26", "misprint", "⟨(m×H′)²⟩/T², middle part", printed, 2.0 * float(theory.chi(xi)), computed, 3
    )


def _printed_integrals(xi: float) -> tuple[float, float, float]:
    """Of e^{-ξ cos θ} sin θ times cos θ, cos θ again (the printed normalisation), and sin² θ."""
    u, weights = np.polynomial.legendre.leggauss(60)
    weight = weights * np.exp(-xi * u)
    first = float(np.sum(weight * u))
    return first, first, float(np.sum(weight * (1.0 - u**2)))


def noise_amplitude() -> Erratum:
    """Amplitude of the noise of y = βm·H' in SI 49: the bracket m/α + γ₀/η stands there with the power -1.

    The power should be +1, since H' = (m/α + γ₀/η) P. It drops out of the averages that follow. Computed: the
    three noises of Eq. 1 on m·H' at one m, with H' = (1 + α/δ) H of Eq. 13.
    """
    alpha, eta = 0.5, 0.5
    field = np.array([0.0, 0.0, 2.0])
    torque = alpha * field / _MOMENT
    m = _MOMENT * np.array([0.6, 0.0, 0.8])
    kicks = math.sqrt(2.0 * eta) * np.cross(m, np.eye(3))
    bracket = _MOMENT / alpha + 1.0 / eta
    along = float(np.linalg.norm(kicks @ torque))
    computed = float(np.linalg.norm(kicks @ ((1.0 + alpha / _DELTA) * field)))
    return Erratum(
        "SI 49", "misprint", "noise amplitude of y, α = 0.5", along / bracket, along * bracket, computed, 3
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
        "SI 20", "misprint", "partition function, |m| = √3", printed, _MOMENT * printed, computed, 3
    )


def strong_field_production() -> Erratum:
    """Σ/(2να²/δ²) towards α -> 0: 1 by Eq. 18b, stated for δ << 1; 1 + δ² at the δ of the paper's Fig. 4."""
    magnet = Macrospin(alpha=1e-5, nu=_ALPHA_NU / 1e-5, delta=_DELTA)
    scale = 2.0 * magnet.nu * (magnet.alpha / magnet.delta) ** 2
    computed = steady_state(magnet).Sigma / scale
    return Erratum("Eq. 18b", "range", "Σ δ²/(2να²), δ = √3/2", 1.0, 1.0 + _DELTA**2, computed, 3)


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
        "estimate",
        f"Ψ({xi:.2f}), where they differ most",
        float(theory.psi_closure(xi)),
        float(theory.psi_exact(xi)),
        computed,
        4,
    )


def correlation_weight(alpha: float = -0.7) -> Erratum:
    """Var(S_P over τ)/τ over Δ_P at the paper's τ: by the last step of SI 41, and with its weight 1 - s/τ.

    SI 41 puts 2τ∫C for the double integral, which holds for long τ. Computed: a simulation of that length, at
    θ = 0, αν = 3, δ = √3/2 and an α chosen here.
    """
    magnet = Macrospin.at_torque(alpha, _ALPHA_NU, _DELTA)
    exact = steady_state(magnet)
    times = np.linspace(0.0, PAPER_TAU, 401)
    unweighted = 2.0 * magnet.pumping**2 * float(np.trapezoid(exact.autocorrelation(times), times))
    # The default step's promise is for times of many steps; this one is six.
    run = simulate(magnet, 65_536, PAPER_TAU, dt=PAPER_TAU / 25, seed=5)
    return Erratum(
        "SI 41",
        "range",
        f"Var/τ over Δ_P, α = {alpha:g}, τ = 0.5".replace("-", "−"),
        unweighted / exact.Delta_P,
        float(exact.finite_time_variance(PAPER_TAU)) / exact.Delta_P,
        run.Delta_P.value / exact.Delta_P,
        3,
    )


def damping_route(delta: float = 20.0) -> Erratum:
    """Σ in units of γ₀T/m at this δ over that at δ = 1, for fixed α = 0.01, ν = 300: the paper's last remark.

    By Eqs. 18, stated for δ << 1, Σ falls as 1/δ. At any δ the strong-field Σ is 2να²(δ + 1/δ), least at 1.
    Computed: the spherical-harmonic solver.
    """
    strong, weak = (d * steady_state(Macrospin(alpha=0.01, nu=300.0, delta=d)).Sigma for d in (delta, 1.0))
    proposed = (delta + 1.0 / delta) / 2.0
    return Erratum(
        "end", "range", f"Σ m/γ₀T, δ = {delta:g} over δ = 1", 1.0 / delta, proposed, strong / weak, 2
    )


def off_axis_fluctuation(theta: float = 1.0) -> Erratum:
    """Power of 1/H with which Δ_P vanishes: 3 on the axis by Eq. 18c, which is right, and 2 off the axis.

    Computed: the local slope of the exact Δ_P between α = 10⁻³ and 10⁻⁴ at αν = 3.
    """
    alpha = np.array([1e-3, 1e-4])
    found = solve_many(alpha, _ALPHA_NU / alpha, _DELTA, theta).Delta_P
    slope = float(np.log(found[0] / found[1]) / np.log(alpha[0] / alpha[1]))
    subject = f"power of 1/H: θ = 0, then {theta:g} rad"
    return Erratum("Eq. 18c", "extension", subject, 3.0, 2.0, slope, 3)


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
    return Erratum(
        "Fig. 3", "misprint", "αν by the drift of Eq. 1, P = T = 1", _MOMENT, _MOMENT**2, computed, 3
    )


#: In the order of the paper.
CHECKS: dict[str, Callable[[], Erratum]] = {
    "precession cycle": precession_cycle,
    "strong-field production": strong_field_production,
    "off-axis fluctuation": off_axis_fluctuation,
    "caption of Fig. 3": caption_of_figure_3,
    "damping route": damping_route,
    "sign of the exponent": boltzmann_sign,
    "area of the sphere": sphere_area,
    "mean magnetisation": mean_magnetisation,
    "mean square torque": mean_square_torque,
    "weight of correlations": correlation_weight,
    "amplitude of the noise": noise_amplitude,
    "closure": closure,
}


def table(*names: str) -> str:
    """Run checks (all of them without names) and set their numbers side by side."""
    rows = [CHECKS[name]().row() for name in names or CHECKS]
    header = ["where", "kind", "what", "text", "here", "computed"]
    return report.table(header, rows, ["", "", "", *3 * [">"]])
