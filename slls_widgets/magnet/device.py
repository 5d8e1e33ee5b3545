"""A real spin-torque device in SI units, and its reduced parameters.

The Landau-Lifshitz-Gilbert-Slonczewski equation of a macrospin with Gilbert damping is the reduced model
exactly, mixing terms included, with δ the Gilbert damping (docs/physics.md, section 6). What the model
leaves out is listed in ``CAVEATS``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, fields, replace
from fractions import Fraction
from typing import Any

from .._arguments import real
from .._reading import Readable
from .macrospin import Macrospin

__all__ = ["CAVEATS", "MATERIALS", "Device"]

_BOLTZMANN = 1.380649e-23  # J/K
_HBAR = 1.054571817e-34  # J s
_CHARGE = 1.602176634e-19  # C
_BOHR_MAGNETON = 9.2740100657e-24  # J/T

# Round textbook values for thin films at room temperature: M_s in A/m and Gilbert damping.
MATERIALS: dict[str, tuple[float, float]] = {
    "CoFeB": (1.0e6, 0.010),
    "permalloy": (0.8e6, 0.008),
    "cobalt": (1.4e6, 0.020),
    "YIG": (0.14e6, 0.0005),
}

# What each number of a device is shown in.
_UNITS = {
    "magnetisation_si": (1e6, "MA/m"),
    "gilbert_damping": (1.0, ""),
    "diameter_si": (1e-9, "nm"),
    "thickness_si": (1e-9, "nm"),
    "temperature_si": (1.0, "K"),
    "field_si": (1e-3, "mT"),
    "current_si": (1e-6, "µA"),
    "polarisation": (1.0, ""),
    "theta": (math.pi / 180.0, "degrees"),
    "g_factor": (1.0, ""),
    "critical_current_si": (1e-6, "µA"),
    "rate_si": (1.0, "1/s, the unit of rates"),
}

CAVEATS = (
    "no magnetic anisotropy and no demagnetising field",
    "no Joule heating by the current",
    "a spin-torque efficiency that does not depend on the angle",
    "no shot noise of the spin current",
)


@dataclass(frozen=True, kw_only=True)
class Device(Readable):
    """A free layer (disc) in a field, crossed by a spin-polarised current.

    What takes a :class:`~slls_widgets.Macrospin` takes a device as well. ``print(device)`` has a table.

    Parameters
    ----------
    material : str
        One of ``MATERIALS``, by default CoFeB; gives the magnetisation and the damping where they are not
        given. A device keeps its numbers: ``replace(device, material="YIG", magnetisation_si=None,
        gilbert_damping=None)`` is one of another material.
    magnetisation_si : float, optional
        Saturation magnetisation M_s in A/m.
    gilbert_damping : float, optional
        Dimensionless; it is δ.
    diameter_si, thickness_si : float
        Of the disc, in m.
    temperature_si : float
        In K.
    field_si : float
        Magnetic field B in T.
    current_si : float
        Charge current in A; its sign is that of α.
    polarisation : float
        Spin polarisation of the current, 0 < p <= 1.
    theta : float
        Angle between the polarisation and the field in radians, 0 <= θ <= π.
    g_factor : float
        Of the magnet's electrons.

    Raises
    ------
    ValueError
        If a value is not finite or outside its range; the message names it.

    Examples
    --------
    >>> device = Device(current_si=50e-6)
    >>> print(f"nu = {device.macrospin().nu:.1f}, alpha = {device.macrospin().alpha:.4f}")
    nu = 45.5, alpha = 0.0524
    >>> Device(material="permalloy", diameter_si=60e-9).gilbert_damping
    0.008
    """

    material: InitVar[str] = ""
    # Those of the material, once it is made.
    magnetisation_si: float = None  # type: ignore[assignment]
    diameter_si: float = 40e-9
    thickness_si: float = 1.5e-9
    gilbert_damping: float = None  # type: ignore[assignment]
    temperature_si: float = 300.0
    field_si: float = 0.1
    current_si: float = 50e-6
    polarisation: float = 0.6
    theta: float = 0.0
    g_factor: float = 2.0023

    def __post_init__(self, material: str) -> None:
        if not isinstance(material, str) or material not in ("", *MATERIALS):
            raise ValueError(f"material must be one of {', '.join(MATERIALS)}; got {material!r:.40}")
        values = MATERIALS[material or "CoFeB"]
        given = self.magnetisation_si, self.gilbert_damping
        if material and all(each is not None for each in given) and tuple(map(real, given)) != values:
            raise ValueError(
                "material must be left out where magnetisation_si and gilbert_damping are given; got "
                f"{material!r} with {given[0]!r} and {given[1]!r}. Give None for what the material gives."
            )
        of_material = dict(zip(("magnetisation_si", "gilbert_damping"), values, strict=True))
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                value = of_material.get(field.name)
            number = real(value)
            if not math.isfinite(number):
                raise ValueError(f"{field.name} must be a finite real number; got {value!r:.40}")
            if field.name not in ("current_si", "theta") and number <= 0.0:
                raise ValueError(f"{field.name} must be > 0; got {value!r}")
            object.__setattr__(self, field.name, number)
        if self.polarisation > 1.0:
            raise ValueError(f"polarisation must lie in (0, 1]; got {self.polarisation!r}")
        if not 0.0 <= self.theta <= math.pi:
            raise ValueError(f"theta must lie in [0, pi] (radians); got {self.theta!r}")

    def _rows(self) -> list[Sequence[str]]:
        rows = [
            (name, f"{getattr(self, name) / unit:.6g}", symbol) for name, (unit, symbol) in _UNITS.items()
        ]
        return [("device", "value", "unit"), *rows]

    @property
    def moment_si(self) -> float:
        """Magnetic moment μ = M_s V in A m²."""
        return self.magnetisation_si * math.pi / 4.0 * self.diameter_si**2 * self.thickness_si

    @property
    def moment_in_bohr_magnetons(self) -> float:
        """Magnetic moment in units of μ_B."""
        return self.moment_si / _BOHR_MAGNETON

    @property
    def thermal_energy_si(self) -> float:
        """k_B T in J."""
        return _BOLTZMANN * self.temperature_si

    @property
    def spin_torque_field_si(self) -> float:
        """Spin-torque field a_J = ħpI/(2eμ) in T."""
        return _HBAR * self.polarisation * self.current_si / (2.0 * _CHARGE * self.moment_si)

    @property
    def alpha_nu(self) -> float:
        """αν = ħpI/(2e k_B T): independent of field, volume and material."""
        return _HBAR * self.polarisation * self.current_si / (2.0 * _CHARGE * self.thermal_energy_si)

    @property
    def critical_current_si(self) -> float:
        """|I_c| = 2e δ μB/(ħp) in A, the macrospin threshold: α = -δ at I = -I_c."""
        return (
            2.0
            * _CHARGE
            * self.gilbert_damping
            * self.moment_si
            * self.field_si
            / (_HBAR * self.polarisation)
        )

    @property
    def rate_si(self) -> float:
        """The unit ηT of all rates, in 1/s."""
        gyromagnetic = self.g_factor * _BOHR_MAGNETON / _HBAR
        damping = self.gilbert_damping
        return damping * gyromagnetic * self.thermal_energy_si / ((1.0 + damping**2) * self.moment_si)

    @classmethod
    def at(cls, magnet: Macrospin, **made_of: Any) -> Device:
        """The device that stands at a reduced point: its field and current follow from what it is made of.

        Parameters
        ----------
        magnet : Macrospin
            Gives the Gilbert damping (δ), the angle, the field (from ν) and the current (from αν).
        **made_of
            Any of material, magnetisation_si, diameter_si, thickness_si, temperature_si, polarisation and
            g_factor.

        Examples
        --------
        >>> device = Device.at(Macrospin(alpha=0.0524, nu=45.5, delta=0.01))
        >>> print(f"{1e3 * device.field_si:.1f} mT, {1e6 * device.current_si:.1f} uA")
        100.0 mT, 50.0 uA
        """
        bare = cls(gilbert_damping=magnet.delta, theta=magnet.theta, **made_of)
        torque = magnet.alpha * magnet.nu
        per_torque = 2.0 * _CHARGE * bare.thermal_energy_si / (_HBAR * bare.polarisation)
        return replace(
            bare,
            field_si=magnet.nu * bare.thermal_energy_si / bare.moment_si,
            current_si=torque * per_torque,
        )

    def macrospin(self) -> Macrospin:
        """The reduced parameters: ν = μB/(k_B T), α = a_J/B, δ = Gilbert damping.

        Raises
        ------
        ValueError
            If a reduced parameter is too large or too small for a floating-point number.
        """
        # As exact fractions, because a product of SI numbers may leave the range in which ν and α lie.
        sizes = (self.magnetisation_si, math.pi / 4.0, self.diameter_si, self.diameter_si, self.thickness_si)
        energy = math.prod(map(Fraction, sizes)) * Fraction(self.field_si)
        torque = Fraction(_HBAR / (2.0 * _CHARGE)) * Fraction(self.polarisation) * Fraction(self.current_si)
        thermal = Fraction(_BOLTZMANN) * Fraction(self.temperature_si)
        try:
            return Macrospin(
                alpha=float(torque / energy),
                nu=float(energy / thermal),
                delta=self.gilbert_damping,
                theta=self.theta,
            )
        except OverflowError:
            raise ValueError("the device's sizes are too extreme for floating-point numbers") from None
