"""What stays fixed along α: the field ν, or the torque |α|ν, which the field follows.

At fixed torque α = 0 is the limit of infinite field, where S_P jumps from -2 alpha_nu cos θ/δ to
+2 alpha_nu cos θ/δ. Maps and sweeps hold the midpoint there: all rates 0, equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

__all__ = ["Held", "field_along"]


@dataclass(frozen=True)
class Held:
    """Exactly one of ``nu`` and ``alpha_nu``, which is |α|ν.

    Examples
    --------
    >>> held = Held(alpha_nu=3.0)
    >>> held.at([-0.5, 1.0]), held.argument
    (array([6., 3.]), {'alpha_nu': 3.0})
    """

    nu: float | None = None
    alpha_nu: float | None = None

    def __post_init__(self) -> None:
        if (self.nu is None) == (self.alpha_nu is None):
            raise ValueError(
                f"give exactly one of nu and alpha_nu; got nu={self.nu!r}, alpha_nu={self.alpha_nu!r}"
            )
        if self.alpha_nu is not None and not 0.0 < self.alpha_nu < np.inf:
            raise ValueError(
                f"alpha_nu must be > 0 and finite (torque over temperature); got {self.alpha_nu!r}"
            )

    @property
    def argument(self) -> dict[str, Any]:
        """The argument of `phase_map` and `phase_boundaries` that holds the same."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def along(self, alpha: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
        """ν at each α, and where the field is infinite (a harmless ν stands there)."""
        alpha = np.asarray(alpha, dtype=float)
        if self.alpha_nu is None:
            return np.full(alpha.shape, self.nu, dtype=float), np.zeros(alpha.shape, dtype=bool)
        return field_along(alpha, self.alpha_nu)

    def at(self, alpha: ArrayLike) -> Array:
        """ν at each α; an infinite one is refused."""
        field, infinite = self.along(alpha)
        if np.any(infinite):
            raise ValueError(
                "alpha must not be 0 at fixed alpha_nu: the field nu = alpha_nu/|alpha| is infinite there"
            )
        return field


def field_along(alpha: Array, alpha_nu: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """ν = alpha_nu/|α|, and where it is infinite (a harmless ν stands there)."""
    infinite = alpha == 0.0
    with np.errstate(over="ignore"):
        nu = np.asarray(alpha_nu / np.abs(np.where(infinite, 1.0, alpha)))
    if np.any(np.isinf(nu)):
        smallest = float(np.abs(np.asarray(alpha)[np.isinf(nu)]).min())
        raise ValueError(
            "the field nu = alpha_nu/|alpha| overflows: |alpha| must be 0 (the limit of an infinite field) "
            f"or at least alpha_nu/1e4; got {smallest!r} at alpha_nu={float(np.max(alpha_nu))!r}"
        )
    return nu, np.asarray(infinite)
