"""Rates of a steady state in SI units, for the device it belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from .._reading import Readable
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin

__all__ = ["PerSecond", "per_second"]


@dataclass(frozen=True, kw_only=True)
class PerSecond(Readable):
    """Entropy rates in units of k_B per second. Made by :meth:`SteadyState.in_si`.

    Attributes
    ----------
    S_P, S_B, Sigma, Delta_P : float
        As in :class:`SteadyState`, in 1/s.
    heat : float
        Heat given to the bath, k_B T S_B, in W.
    errors : mapping
        The error bound of each, in its unit.
    """

    S_P: float
    S_B: float
    Sigma: float
    Delta_P: float
    heat: float
    errors: Mapping[str, float]

    def _rows(self) -> list[Sequence[str]]:
        units = {"heat": "W"}
        rows = [("exact", "value", "error", "unit")]
        for name, error in self.errors.items():
            value = getattr(self, name)
            # Scientific notation keeps the digits that the error leaves.
            digits = max(math.floor(math.log10(abs(value) / error)), 0) if value and error else 5
            rows.append((name, f"{value:.{min(digits, 9)}e}", f"{error:.0e}", units.get(name, "1/s")))
        return list(rows)


def per_second(
    device: Device, magnet: Macrospin, rates: Mapping[str, float], errors: Mapping[str, float]
) -> PerSecond:
    """The rates, if the state is that of the device."""
    wanted = device.macrospin()
    for field in fields(Macrospin):
        found, needed = getattr(magnet, field.name), getattr(wanted, field.name)
        if not math.isclose(found, needed, rel_tol=1e-9):
            raise ValueError(
                f"the state is not that of this device: its {field.name} is {found:.10g}, the device's is "
                f"{needed:.10g}; solve steady_state(device)"
            )
    scale = {**dict.fromkeys(rates, device.rate_si), "heat": device.rate_si * device.thermal_energy_si}
    of = {**rates, "heat": rates["S_B"]}
    within = {**errors, "heat": errors["S_B"]}
    return PerSecond(
        **{name: scale[name] * value for name, value in of.items()},
        errors={name: scale[name] * within[name] for name in of},
    )
