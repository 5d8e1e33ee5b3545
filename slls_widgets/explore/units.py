"""Three ways to read and turn the same operating point: reduced, in the paper's units, and as a device.

The reduced parameters are the state; the other two are views of it. What a view needs beyond them (size,
material, temperature and polarisation of a device) is its :class:`Sample`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from ..magnet.device import MATERIALS, Device
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_MOMENT

__all__ = ["SAMPLE_LIMITS", "Sample", "Scale", "Units", "readings", "scale_of", "time_unit", "turned"]

# The paper simulates with γ₀ = T = 1 and |m| = √3: then η = δ/√3, H = ν/√3 and P = αν/3.


# What the app accepts of a sample, far beyond any that was made: with it all that is shown stays a number.
SAMPLE_LIMITS: dict[str, tuple[float, float]] = {
    "magnetisation_si": (1e2, 1e8),
    "diameter_si": (1e-10, 1e-3),
    "thickness_si": (1e-11, 1e-3),
    "temperature_si": (1e-3, 1e4),
    "polarisation": (1e-3, 1.0),
}


class Units(StrEnum):
    """How the point is read: α, ν, δ and ηT; the paper's P, H, η with γ₀ = T = 1; or amperes and teslas."""

    REDUCED = "reduced"
    PAPER = "paper"
    SI = "si"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """All of a :class:`~slls_widgets.magnet.device.Device` that the point does not fix.

    Raises
    ------
    ValueError
        If a value is illegal for a device or outside ``SAMPLE_LIMITS``; the message names it.
    """

    magnetisation_si: float = MATERIALS["CoFeB"][0]
    diameter_si: float = Device.diameter_si
    thickness_si: float = Device.thickness_si
    temperature_si: float = Device.temperature_si
    polarisation: float = Device.polarisation

    def __post_init__(self) -> None:
        Device(**asdict(self))  # refuses what no device can be made of
        for name, (low, high) in SAMPLE_LIMITS.items():
            value = getattr(self, name)
            # A hair of slack: a dial's value is turned into SI units and back.
            if not low * (1.0 - 1e-12) <= value <= high * (1.0 + 1e-12):
                raise ValueError(f"{name} must lie between {low:g} and {high:g} here; got {value!r}")

    def at(self, magnet: Macrospin) -> Device:
        """The device at an operating point."""
        return Device.at(magnet, **asdict(self))

    @classmethod
    def of(cls, device: Device) -> Sample:
        """What a device is made of."""
        return cls(**{field.name: getattr(device, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class Scale:
    """What a number in units of ηT (times: 1/(ηT)) is multiplied by on screen, and the unit it then has.

    ``power`` is the power of ten that ``rate_unit`` carries in axes and tables; in running text a rate stands
    without it and with ``suffix``; a time always stands with ``time_suffix``. In SI both units go with the
    point, so that what is usual there takes few digits.
    """

    rate: float = 1.0
    rate_unit: str = "ηT"
    suffix: str = " ηT"
    power: int = 0
    time: float = 1.0
    time_suffix: str = "/(ηT)"


def scale_of(magnet: Macrospin, sample: Sample, units: Units) -> Scale:
    """The units of rates and times.

    Examples
    --------
    >>> magnet = Macrospin(alpha=1, nu=3, delta=3**0.5 / 2)
    >>> round(scale_of(magnet, Sample(), Units.PAPER).rate, 12)  # the paper's η T
    0.5
    >>> scale_of(magnet.replace(delta=0.01), Sample(), Units.SI).rate_unit
    '10⁶/s'
    """
    if units is Units.PAPER:
        rate = magnet.delta / PAPER_MOMENT
        return Scale(rate, "the paper's units", "", 0, 1.0 / rate, "")
    if units is Units.SI:
        rate = sample.at(magnet).rate_si
        # A power of a thousand in the unit keeps the numbers short: rates are some, or some tens of, ηT.
        power = 3 * math.floor((math.log10(rate) + 2.0) / 3.0)
        # With weak damping they are millions of it: at strong field S_P = 2αν/δ cos θ.
        usual = rate * 2.0 * magnet.nu * abs(magnet.alpha) / magnet.delta
        while usual >= _LONGEST * 10.0**power:
            power += 3
        name = "1/s" if power == 0 else f"10{superscript(power)}/s"
        unit, seconds = time_unit(1.0 / rate)
        return Scale(rate / 10.0**power, name, "/s", power, 1.0 / rate / seconds, f" {unit}")
    return Scale()


def time_unit(seconds: float) -> tuple[str, float]:
    """The unit in which a time reads between 1 and 1000, and its length in seconds; at the ends of ns and s.

    Examples
    --------
    >>> time_unit(2.6e-7), time_unit(1.8e-5)
    (('ns', 1e-09), ('µs', 1e-06))
    """
    # What three digits round up to 1 is 1.
    return next(((unit, length) for unit, length in _TIMES if seconds >= 0.9995 * length), _TIMES[-1])


def readings(magnet: Macrospin, sample: Sample, units: Units) -> dict[str, float]:
    """What the dials of a system of units show, by the dial's name."""
    if units is Units.PAPER:
        return {
            "torque": magnet.alpha * magnet.nu / PAPER_MOMENT**2,
            "field": magnet.nu / PAPER_MOMENT,
            "damping": magnet.delta / PAPER_MOMENT,
            "theta": magnet.theta,
        }
    if units is Units.SI:
        return {name: value for name, value in asdict(sample.at(magnet)).items() if name != "g_factor"}
    return {name: getattr(magnet, name) for name in ("alpha", "nu", "delta", "theta")}


def turned(
    magnet: Macrospin, sample: Sample, units: Units, name: str, value: float
) -> tuple[Macrospin, Sample]:
    """The point and the sample after one dial has been turned and the others of its system have stayed.

    Raises
    ------
    ValueError
        If the value is illegal; the message names it.
    """
    if units is Units.SI:
        changes: dict[str, Any] = {name: value}
        device = replace(sample.at(magnet), **changes)
        return device.macrospin(), Sample.of(device)
    if units is Units.PAPER:
        now = {**readings(magnet, sample, units), name: value}
        for key, words in {"field": "H", "damping": "η"}.items():
            if not now[key] > 0.0:
                raise ValueError(f"{words} must be > 0 in the paper's units; got {now[key]!r}")
        parameters = {
            "alpha": PAPER_MOMENT * now["torque"] / now["field"],
            "nu": PAPER_MOMENT * now["field"],
            "delta": PAPER_MOMENT * now["damping"],
            "theta": now["theta"],
        }
        return Macrospin(**parameters), sample
    return magnet.replace(**{name: value}), sample


# Beyond this a usual rate has too many digits for an axis and a table.
_LONGEST = 1e4
_TIMES = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(power: int) -> str:
    """A power in raised digits.

    Examples
    --------
    >>> superscript(-12)
    '⁻¹²'
    """
    return str(power).translate(_SUPERSCRIPTS)


def round_up(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below ``least``, rounding apart.

    Examples
    --------
    >>> round_up(0.3), round_up(2.0), round_up(51.0)
    (0.5, 2.0, 100.0)
    """
    decade = 10.0 ** math.floor(math.log10(least))
    return next(m * decade for m in (1.0, 2.0, 5.0, 10.0) if m * decade >= least * (1.0 - 1e-9))


#: The narrowest and the widest range of α that is drawn, to both sides of 0.
NARROWEST, WIDEST = 0.01, 100.0


def range_around(alpha: float) -> float:
    """The end of an axis that shows α: 1, 2, 5, 10, … keep it readable."""
    return round_up(max(abs(alpha), NARROWEST))


def next_range(alpha_max: float, wider: bool) -> float:
    """The next wider or narrower of 1, 2, 5, 10, …, within what the app shows.

    Examples
    --------
    >>> next_range(2.0, True), next_range(2.0, False)
    (5.0, 1.0)
    """
    if wider:
        return min(round_up(1.001 * alpha_max), WIDEST)
    return max(round_up(alpha_max / 2.6), NARROWEST)
