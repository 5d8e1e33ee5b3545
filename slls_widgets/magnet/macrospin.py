"""The parameter set of the reduced model and the two vectors that drive it.

The reduced model is the Ito equation on the unit sphere (NOTATION.md, "Reduced form")

    dn = [a × n + b - n (n·b)] dt - 2 n dt + √2 n × dW,

with the time in units of 1/(ηT). Everything that follows depends on the two vectors ``a`` (precession)
and ``b`` (damping) only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from .._arguments import real
from .phase import Phase

Vector = NDArray[np.float64]

__all__ = ["Macrospin", "Phase", "checked_magnet", "nu_at_fixed_torque"]


@dataclass(frozen=True, kw_only=True)
class Macrospin:
    """A nano-magnet in a field, a heat bath and a spin-polarised current, in reduced units.

    Parameters
    ----------
    alpha : float
        Torque over field, α = mP/H. Signed: α < 0 at angle θ is the paper's angle π - θ.
    nu : float
        Held over temperature, ν = βmH > 0.
    delta : float
        Damping over precession, δ = mη/γ₀ > 0.
    theta : float
        Angle between **P** and **H** in radians, 0 <= θ <= π.

    Raises
    ------
    ValueError
        If a value is not a finite number or lies outside its range; the message names it.

    Examples
    --------
    >>> magnet = Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7)
    >>> magnet.replace(theta=0.0).xi
    15.773672055427252
    """

    alpha: float
    nu: float
    delta: float
    theta: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _finite(field.name, getattr(self, field.name)))
        _positive("nu", self.nu, "field over temperature")
        _positive("delta", self.delta, "damping over precession")
        if not 0.0 <= self.theta <= math.pi:
            degrees = f" (given in degrees? Those are {math.radians(self.theta):.4f})"
            raise ValueError(
                f"theta must lie in [0, pi] (angle between P and H, in radians); got {self.theta!r}"
                f"{degrees if math.pi < self.theta <= 180.0 else ''}. "
                "Flip the sign of alpha to reach the opposite torque."
            )
        if not math.isfinite(self.nu * (1.0 + abs(self.alpha)) * (1.0 + 1.0 / self.delta)):
            raise ValueError(
                "alpha, nu and delta together overflow double precision: the damping vector "
                f"nu (1 + alpha/delta) must be finite; got alpha={self.alpha!r}, nu={self.nu!r}, "
                f"delta={self.delta!r}."
            )

    @classmethod
    def at_torque(cls, alpha: float, alpha_nu: float, delta: float, theta: float = 0.0) -> Macrospin:
        """The magnet at α when the torque |α|ν is held, as in the paper's Figs. 3 and 4.

        Examples
        --------
        >>> Macrospin.at_torque(alpha=-0.5, alpha_nu=3, delta=0.866).nu
        6.0
        """
        return cls(alpha=alpha, nu=nu_at_fixed_torque(alpha, alpha_nu), delta=delta, theta=theta)

    def replace(self, **changes: float) -> Macrospin:
        """A copy with some parameters changed, validated again."""
        return replace(self, **changes)

    def partner(self) -> Macrospin:
        """The time-reversed process (α -> -α), its partner in the fluctuation theorem.

        Reversal sends m to -m and H to -H and keeps **P**; a half turn about y brings **H** back.
        """
        return self.replace(alpha=-self.alpha)

    @property
    def h_hat(self) -> Vector:
        """Unit vector of the field, (0, 0, 1)."""
        return np.array([0.0, 0.0, 1.0])

    @property
    def p_hat(self) -> Vector:
        """Unit vector of the torque, (sin θ, 0, cos θ); it stays fixed while α changes sign."""
        # cos(pi/2) is 6e-17 in floating point; an exact right angle must not leak an axial torque.
        cosine = 0.0 if self.theta == math.pi / 2 else math.cos(self.theta)
        sine = 0.0 if self.theta == math.pi else math.sin(self.theta)
        return np.array([sine, 0.0, cosine])

    @property
    def precession(self) -> Vector:
        """Precession vector a = (ν/δ)(ĥ - αδ p̂), shape (3,), in units of ηT."""
        return (self.nu / self.delta) * self.h_hat - self.alpha * self.nu * self.p_hat

    @property
    def damping(self) -> Vector:
        """Damping vector b = ν(ĥ + (α/δ) p̂), shape (3,): the paper's H' at any angle."""
        return self.nu * self.h_hat + (self.nu * self.alpha / self.delta) * self.p_hat

    @property
    def xi(self) -> float:
        """ξ = ν(1 + α/δ): with θ = 0 the steady state is exp(ξ n_z)/Z (SI Eq. 27)."""
        return self.nu * (self.delta + self.alpha) / self.delta

    @property
    def pumping(self) -> float:
        """Coefficient 2να/δ of the pumped entropy, dS_P = (2να/δ) n·p̂ dt (paper Eq. 7)."""
        return 2.0 * self.nu * self.alpha / self.delta


def checked_magnet(magnet: object) -> Macrospin:
    """The magnet, or that of a device; a TypeError for anything else."""
    made: object = magnet.macrospin() if hasattr(magnet, "macrospin") else magnet
    if not isinstance(made, Macrospin):
        raise TypeError(
            f"magnet must be a Macrospin; got {magnet!r:.60}: "
            "write Macrospin(alpha=..., nu=..., delta=..., theta=...), or give a Device"
        )
    return made


def nu_at_fixed_torque(alpha: float, alpha_nu: float) -> float:
    """Held ν = alpha_nu/|α| at a fixed torque |α|ν, as in the paper's Figs. 3 and 4.

    Raises
    ------
    ValueError
        If α = 0, where the field is infinite, or alpha_nu is not a positive finite number.

    Examples
    --------
    >>> nu_at_fixed_torque(-0.5, 3.0)
    6.0
    """
    _positive("alpha_nu", _finite("alpha_nu", alpha_nu), "torque over temperature")
    if _finite("alpha", alpha) == 0.0:
        raise ValueError(
            "alpha must not be 0 at fixed alpha_nu: the field nu = alpha_nu/|alpha| is infinite there; "
            "hold nu instead, or keep |alpha| >= alpha_nu/1e4."
        )
    return real(alpha_nu) / abs(real(alpha))


def _finite(name: str, value: object) -> float:
    number = real(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite real number; got {value!r:.40}")
    return number


def _positive(name: str, value: float, meaning: str) -> None:
    if not value > 0.0:
        raise ValueError(f"{name} must be > 0 ({meaning}); got {value!r}")
