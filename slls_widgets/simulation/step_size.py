"""How long a time step may be, and how long it should be."""

from __future__ import annotations

import math

from ..macrospin import Macrospin
from .flow import complex_rate
from .kicks import largest_kick

__all__ = ["default_step", "largest_step", "relaxation_time"]


def largest_step(magnet: Macrospin, scheme: str) -> float:
    """Largest legal dt, in units of 1/(ηT)."""
    rate = complex_rate(magnet.precession, magnet.damping)
    if scheme == "moebius":
        return min(largest_kick(), 16.0 / max(rate.real, 1e-300))
    return 2.0 * (rate.real + 1.0) / (abs(rate + 1.0) ** 2)


def default_step(magnet: Macrospin, scheme: str) -> float:
    """The dt used when none is given."""
    rate = complex_rate(magnet.precession, magnet.damping)
    if scheme == "moebius":
        return min(0.05, 0.5 / max(rate.real, 1e-300))
    return 1e-2 * largest_step(magnet, scheme)


def relaxation_time(magnet: Macrospin) -> float:
    """A time in which the slowest mode decays at least by e, in units of 1/(ηT)."""
    rate = complex_rate(magnet.precession, magnet.damping)
    return 1.0 / max(1.0, 0.5 * rate.real)


def checked_step(magnet: Macrospin, scheme: str, dt: float | None) -> float:
    """The default step, or the given one if the scheme stands it."""
    if dt is None:
        return default_step(magnet, scheme)
    dt = float(dt)
    if not (math.isfinite(dt) and dt > 0.0):
        raise ValueError(f"dt must be a finite number > 0, in units of 1/(eta T); got {dt!r}")
    largest = largest_step(magnet, scheme)
    if dt > largest:
        raise ValueError(
            f"dt = {dt:g} is more than the {scheme} scheme stands at {magnet}; "
            f"the largest legal step is {largest:g}. Leave dt out to have one chosen."
        )
    return dt
