"""What the magnet does now, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..explore.state import Hold, Snapshot
from ..explore.units import Scale, Units, readings
from ..macrospin import Phase

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState

__all__ = ["PHASE_WORDS", "held", "held_words", "number", "place", "rate_words", "sentence"]

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
    """What stays fixed when α moves, as an equation in the units of the snapshot.

    Examples
    --------
    >>> held_words(Snapshot()), held_words(Snapshot(units=Units.PAPER))
    ('|α|ν = 3.00', '|P| = 1.00')
    """
    name, value, unit = held(snapshot)
    return f"{name} = {number(value)}{unit}"


def held(snapshot: Snapshot, hold: Hold | None = None) -> tuple[str, float, str]:
    """Symbol, value and unit of what is held: the torque or the field, as the snapshot's units call it."""
    torque = (snapshot.hold if hold is None else hold) is Hold.ALPHA_NU
    if snapshot.units is Units.SI:
        device = snapshot.device
        if torque:
            return "|I|", 1e6 * abs(device.current_si), " µA"
        return "B", 1e3 * device.field_si, " mT"
    if snapshot.units is Units.PAPER:
        shown = readings(snapshot.magnet, snapshot.sample, snapshot.units)
        return ("|P|", abs(shown["torque"]), "") if torque else ("H", shown["field"], "")
    return ("|α|ν", snapshot.alpha_nu, "") if torque else ("ν", snapshot.magnet.nu, "")


def place(snapshot: Snapshot) -> str:
    """Where the operating point is, in the units of the snapshot."""
    angle = f"θ = {number(math.degrees(snapshot.magnet.theta))}°"
    if snapshot.units is Units.SI:
        device = snapshot.device
        return (
            f"I = {number(1e6 * device.current_si)} µA, B = {number(1e3 * device.field_si)} mT, "
            f"T = {number(device.temperature_si)} K, {angle}"
        )
    shown = readings(snapshot.magnet, snapshot.sample, snapshot.units)
    names = {"torque": "P", "field": "H", "damping": "η", "alpha": "α", "nu": "ν", "delta": "δ"}
    return ", ".join([*(f"{names[key]} = {number(shown[key])}" for key in shown if key in names), angle])


def rate_words(value: float, scale: Scale) -> str:
    """A rate with its unit: ``2.80 ηT``, ``1.09×10⁷/s``."""
    return number(value * scale.rate * 10.0**scale.power) + scale.suffix


def sentence(snapshot: Snapshot, steady: SteadyState) -> str:
    """One plain sentence about the steady state, which also serves screen readers."""
    scale = snapshot.scale
    pumped, bath, made = (rate_words(abs(rate), scale) for rate in (steady.S_P, steady.S_B, steady.Sigma))
    what = {
        Phase.EQUILIBRIUM: "the magnet is in thermal equilibrium: no entropy flows and none is produced",
        Phase.REFRIGERATOR: (
            f"the magnet takes entropy out of the bath at a rate of {bath} and hands {pumped} to "
            f"the current; {made} is newly produced"
        ),
        Phase.HEAT_PUMP: (
            f"the magnet takes entropy out of the current at a rate of {pumped} and hands {bath} to "
            f"the bath; {made} is newly produced"
        ),
        Phase.DUD: (
            f"the magnet transports nothing useful: it produces entropy at a rate of {made} and gives "
            f"{bath} of it to the bath and {pumped} to the current"
        ),
        Phase.BOUNDARY: (
            "the magnet sits on a phase boundary: entropy reaches the current at a rate of "
            f"{rate_words(steady.S_P, scale)} and the bath at {rate_words(steady.S_B, scale)}"
        ),
    }[steady.phase]
    return f"At {place(snapshot)} {what}."
