"""Closed forms for **P** along **H** (θ = 0), one function per equation of the paper.

Every function takes arrays or numbers, broadcasts them, and returns rates in units of ηT and times in
1/(ηT). All of them are smooth through α = -δ, where the formulas as printed read 0/0.
"""

from .closed_forms import (
    EffectiveField,
    Rates,
    SpecialPoints,
    TimeScales,
    chi,
    delta_p,
    delta_p_closure,
    delta_p_strong_field,
    effective_field,
    langevin,
    psi_closure,
    psi_exact,
    rates,
    special_points,
    time_scales,
    uncertainty_bound,
    xi,
)

__all__ = [
    "EffectiveField",
    "Rates",
    "SpecialPoints",
    "TimeScales",
    "chi",
    "delta_p",
    "delta_p_closure",
    "delta_p_strong_field",
    "effective_field",
    "langevin",
    "psi_closure",
    "psi_exact",
    "rates",
    "special_points",
    "time_scales",
    "uncertainty_bound",
    "xi",
]
