"""What the magnet does now, in words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from ...explore.state import Snapshot, held_reading
from ...explore.units import Scale, Units, readings, superscript
from ...magnet.macrospin import Phase

if TYPE_CHECKING:
    from ...fokker_planck import SteadyState

__all__ = [
    "PHASE_WORDS",
    "RATE_SYMBOLS",
    "field_text",
    "held_words",
    "in_symbols",
    "known",
    "measured",
    "number",
    "place",
    "rate_words",
    "read_aloud",
    "sentence",
    "with_sup",
]

RATE_SYMBOLS = {"S_P": "S<sub>P</sub>", "S_B": "S<sub>B</sub>", "Sigma": "Σ", "Delta_P": "Δ<sub>P</sub>"}
# Names of the code, as a message of it begins, and what they are called on screen.
_SYMBOLS = {
    "alpha nu": "αν",
    "alpha_max": "the range of α",
    "alpha": "α",
    "nu": "ν",
    "delta": "δ",
    "theta": "θ",
    "magnetisation_si": "M_s",
    "gilbert_damping": "α_G",
    "diameter_si": "d",
    "thickness_si": "t",
    "temperature_si": "T",
    "field_si": "B",
    "current_si": "I",
    "polarisation": "p",
    "dt": "the time step",
}
# What stands in quotes is to be typed as it is.
_NAMED = re.compile(rf"(?<!\w)'[^']*'|\b(?:{'|'.join(_SYMBOLS)})\b")

# An efficiency from which on an engine is called nearly ideal.
_IDEAL = 0.95
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")
# Word and icon: a phase is never told by colour alone.
PHASE_WORDS = {
    Phase.EQUILIBRIUM: ("Equilibrium", "⚖"),
    Phase.REFRIGERATOR: ("Refrigerator", "❄"),
    Phase.HEAT_PUMP: ("Heat pump", "♨"),
    Phase.DUD: ("Dud", "⊘"),
    Phase.BOUNDARY: ("Phase boundary", "◫"),
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
        text = f"{value / 10.0**exponent:.{digits - 1}f}×10{superscript(exponent)}"
    return text.replace("-", "−")


def field_text(value: float, digits: int) -> str:
    """A number for a field that can be typed into: plain digits as long as they are few.

    Examples
    --------
    >>> field_text(10000.0, 4), field_text(0.0042171, 4), field_text(2.5e-7, 4)
    ('10000', '0.004217', '2.5e-07')
    """
    return f"{float(f'{value:.{digits}g}'):.12g}"


def measured(value: float, stderr: float) -> str:
    """A value with its standard error, to two digits of the error; a common power of ten if need be.

    Examples
    --------
    >>> measured(5.29712, 0.0123), measured(-3.21e-7, 4.4e-8), measured(123456.0, 789.0)
    ('5.297 ± 0.012', '(−3.21 ± 0.44)×10⁻⁷', '(1.2346 ± 0.0079)×10⁵')
    """
    if not (stderr > 0.0 and math.isfinite(value) and math.isfinite(stderr)):
        return number(value, 4)
    largest = max(abs(value), stderr)
    power = math.floor(math.log10(largest))
    power = 0 if -4 < power < 5 else power
    value, stderr = value / 10.0**power, stderr / 10.0**power
    digits = min(max(0, 1 - math.floor(math.log10(stderr))), 9)
    text = f"{value:.{digits}f} ± {stderr:.{digits}f}".replace("-", "−")
    return text if power == 0 else f"({text})×10{superscript(power)}"


def with_sup(text: str) -> str:
    """Powers of ten in HTML's own superscripts, which are evenly spaced in fonts for tables too.

    Examples
    --------
    >>> with_sup("±6×10⁻¹¹")
    '±6×10<sup>−11</sup>'
    """
    return re.sub(r"(?<=×10)[⁻⁰¹²³⁴-⁹]+", lambda found: f"<sup>{found[0].translate(_PLAIN)}</sup>", text)


def in_symbols(message: str) -> str:
    """A message of the library in the symbols of the screen.

    Examples
    --------
    >>> in_symbols("delta must be > 0 (damping over precession); got -0.1")
    'δ must be > 0 (damping over precession); got −0.1'
    >>> in_symbols("hold must be one of 'nu', 'alpha_nu'; got 'delta'")
    "hold must be one of 'nu', 'alpha_nu'; got 'delta'"
    """
    symbols = _NAMED.sub(lambda found: _SYMBOLS.get(found[0], found[0]), message)
    return re.sub(r"(?<=\s)-(?=[\d.])", "−", symbols)


def held_words(snapshot: Snapshot) -> str:
    """What stays fixed when α moves, as an equation in the units of the snapshot.

    Examples
    --------
    >>> held_words(Snapshot()), held_words(Snapshot(units=Units.PAPER))
    ('|α|ν = 3.00', '|P| = 1.00')
    """
    name, value, unit = held_reading(snapshot)
    return f"{name} = {number(value)}{unit}"


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


def known(steady: SteadyState, name: str) -> float:
    """A rate of a steady state, and 0 where it is none within its own bound or within rounding."""
    value = float(getattr(steady, name))
    # A fluctuation is no difference of rates: as small as it is beside them, it has digits of its own.
    rounding = 0.0 if name == "Delta_P" else 1e-15 * (abs(steady.S_P) + abs(steady.Sigma))
    return 0.0 if abs(value) <= max(steady.errors[name], rounding) else value


def read_aloud(steady: SteadyState, scale: Scale) -> str:
    """The rates at a point and how far they may be off, for readers who cannot see the curves.

    Examples
    --------
    >>> from slls_widgets import Macrospin, steady_state
    >>> steady = steady_state(Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7))
    >>> read_aloud(steady, Scale()).partition(", each")[0]
    'S_P = 1.241, S_B = −0.4458, Σ = 0.7954 ηT'
    """
    names = {"S_P": "S_P", "S_B": "S_B", "Sigma": "Σ"}
    rates = ", ".join(
        f"{symbol} = {number(scale.rate * known(steady, name), 4)}" for name, symbol in names.items()
    )
    bound = scale.rate * max(steady.errors[name] for name in names)
    return f"{rates} {scale.rate_unit}, each within {number(bound, 1)}"


def sentence(snapshot: Snapshot, steady: SteadyState) -> str:
    """One plain sentence about the steady state, also for screen readers; the dials say where it is."""
    scale = snapshot.scale
    rates = {name: known(steady, name) for name in ("S_P", "S_B", "Sigma")}
    pumped, bath, made = (rate_words(abs(rate), scale) for rate in rates.values())
    share, ideal = _nearly_ideal(steady)
    what = {
        Phase.EQUILIBRIUM: "The magnet is in thermal equilibrium: no entropy flows and none is produced",
        Phase.REFRIGERATOR: (
            f"The magnet takes {bath} of entropy from the bath and hands {pumped} to the current; "
            f"{made}{share} is produced"
        ),
        Phase.HEAT_PUMP: (
            f"The magnet takes {pumped} of entropy from the current and hands {bath} to the bath; "
            f"{made}{share} is produced"
        ),
        Phase.DUD: (
            f"The magnet only produces entropy: {made}, of which {bath} goes to the bath and {pumped} to "
            "the current"
        ),
        Phase.BOUNDARY: (
            f"The magnet sits on a phase boundary: {_flows('current', rates['S_P'], scale)} and "
            f"{_flows('bath', rates['S_B'], scale)}; {made} is produced"
        ),
    }[steady.phase]
    return f"{what}{ideal}."


def _flows(side: str, rate: float, scale: Scale) -> str:
    """What one side gains or loses."""
    if rate == 0.0:
        return f"nothing flows to or from the {side}"
    return f"{rate_words(abs(rate), scale)} {'goes to' if rate > 0.0 else 'comes out of'} the {side}"


def _nearly_ideal(steady: SteadyState) -> tuple[str, str]:
    """What the paper is about, where it can be seen: the cost of a flow, to stand after Σ, and its name."""
    if not steady.efficiency >= _IDEAL:
        return "", ""
    cost = 100.0 * steady.Sigma / max(abs(steady.S_P), abs(steady.S_B))
    return f" ({number(cost, 2)} % of the flow)", ": nearly ideal"
