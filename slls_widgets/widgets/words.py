"""What the magnet does now, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..explore.state import Hold, Snapshot
from ..macrospin import Macrospin, Phase

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState

__all__ = ["PHASE_WORDS", "held_words", "number", "sentence"]

# Word and icon: a phase is never told by colour alone.
PHASE_WORDS = {
    Phase.EQUILIBRIUM: ("Equilibrium", "⚖"),
    Phase.REFRIGERATOR: ("Refrigerator", "❄"),
    Phase.HEAT_PUMP: ("Heat pump", "♨"),
    Phase.DUD: ("Dud", "⊘"),
    Phase.BOUNDARY: ("Phase boundary", "◐"),
}


def number(value: float, digits: int = 3) -> str:
    """A number for reading: three significant digits, a true minus sign, powers of ten as ×10ⁿ.

    Examples
    --------
    >>> number(-0.04217), number(1234567.0), number(5.0)
    ('−0.0422', '1.23×10⁶', '5.00')
    """
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "–")
    if value == 0.0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if -4 <= exponent < max(5, digits):
        text = f"{value:.{max(digits - 1 - exponent, 0)}f}"
    else:
        text = f"{value / 10.0**exponent:.{digits - 1}f}×10" + str(exponent).translate(
            str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
        )
    return text.replace("-", "−")


def held_words(snapshot: Snapshot) -> str:
    """What stays fixed when α moves, as an equation."""
    if snapshot.hold is Hold.ALPHA_NU:
        return f"|α|ν = {number(snapshot.alpha_nu)}"
    return f"ν = {number(snapshot.magnet.nu)}"


def sentence(magnet: Macrospin, steady: SteadyState) -> str:
    """One plain sentence about the steady state, which also serves screen readers."""
    place = (
        f"At α = {number(magnet.alpha)}, ν = {number(magnet.nu)}, δ = {number(magnet.delta)}, "
        f"θ = {number(math.degrees(magnet.theta))}°"
    )
    pumped, bath, made = (number(abs(value)) for value in (steady.S_P, steady.S_B, steady.Sigma))
    what = {
        Phase.EQUILIBRIUM: "the magnet is in thermal equilibrium: no entropy flows and none is produced",
        Phase.REFRIGERATOR: (
            f"the magnet takes {bath} of entropy (per 1/ηT) out of the bath and hands {pumped} to "
            f"the current; {made} of it is newly produced"
        ),
        Phase.HEAT_PUMP: (
            f"the magnet takes {pumped} of entropy (per 1/ηT) out of the current and hands {bath} to "
            f"the bath; {made} of it is newly produced"
        ),
        Phase.DUD: (
            f"the magnet transports nothing useful: it produces {made} of entropy (per 1/ηT) and gives "
            f"{bath} of it to the bath and {pumped} to the current"
        ),
        Phase.BOUNDARY: (
            f"the magnet sits on a phase boundary: the current gains {number(steady.S_P)} and the bath "
            f"{number(steady.S_B)} of entropy (per 1/ηT)"
        ),
    }[steady.phase]
    return f"{place} {what}."
