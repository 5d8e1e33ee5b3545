"""A magnet as a device on the command line: numbers with their units, such as ``--field 0.2T``."""

from __future__ import annotations

import argparse
import math
import re
from typing import Any

from ..magnet.device import MATERIALS, Device

__all__ = ["NAMES", "angle", "device_of", "device_options"]

_PREFIXES = {"": 1.0, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6}
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)", re.ASCII)
# Option, the device's parameter, its unit and an example.
_OPTIONS = (
    ("field", "field_si", "T", "0.2T"),
    ("current", "current_si", "A", "80uA"),
    ("diameter", "diameter_si", "m", "60nm"),
    ("thickness", "thickness_si", "m", "2nm"),
    ("temperature", "temperature_si", "K", "300K"),
    ("magnetisation", "magnetisation_si", "A/m", "0.8MA/m"),
    ("damping", "gilbert_damping", "", "0.008"),
    ("polarisation", "polarisation", "", "0.5"),
)
NAMES = ("material", *(option for option, *_ in _OPTIONS))


class quantity:
    """An argument's type: a number with its unit, which may have a prefix.

    Examples
    --------
    >>> quantity("A", "80uA")("-80 µA"), quantity("", "0.5")("0.5")
    (-8e-05, 0.5)
    """

    def __init__(self, unit: str, example: str) -> None:
        self.unit, self.example = unit, example

    def __call__(self, text: str) -> float:
        """Read the argument, in the unit without a prefix."""
        found = _NUMBER.fullmatch(text.strip())
        # Without a unit nobody knows whether 80 are amperes or microamperes.
        if found and found[2].endswith(self.unit):
            prefix = found[2].removesuffix(self.unit) if self.unit else found[2]
            if prefix in _PREFIXES and (self.unit or not prefix):
                # One division is exact where a product with 1e-6 is not.
                scale = _PREFIXES[prefix]
                return float(found[1]) * scale if scale >= 1.0 else float(found[1]) / round(1.0 / scale)
        raise argparse.ArgumentTypeError(f"expected a number like {self.example}; got {text[:40]!r}")


def angle(text: str) -> float:
    """An angle in radians: a number, a multiple of π as in a sweep file (pi/4), or degrees (25deg).

    Examples
    --------
    >>> angle("45deg") == angle("pi/4") == math.pi / 4
    True
    """
    try:
        return float(text)
    except ValueError:
        from ..sweeps.tables import number

        plain = text.strip()
        try:
            if plain.endswith(("deg", "°")):
                return math.radians(float(plain.removesuffix("deg").removesuffix("°")))
            return number("theta", text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a number, pi/4 or 25deg; got {text[:40]!r}") from None


def device_options(parser: argparse.ArgumentParser) -> None:
    """What a device is given by, in place of alpha, nu and delta."""
    group = parser.add_argument_group(
        "a device, in place of alpha, nu and delta (what is left out: as in Device)"
    )
    group.add_argument("--material", choices=MATERIALS, help="gives magnetisation and damping")
    for option, name, unit, example in _OPTIONS:
        words = name.removesuffix("_si").replace("_", " ")
        group.add_argument(f"--{option}", type=quantity(unit, example), metavar=example, help=words)


def device_of(options: argparse.Namespace) -> Device | None:
    """The device that was asked for; None if none of its options was given."""
    given: dict[str, Any] = {
        name: getattr(options, option)
        for option, name in (("material", "material"), *(row[:2] for row in _OPTIONS))
        if getattr(options, option) is not None
    }
    return Device(**given, theta=options.theta) if given else None
