"""Exact results as they are shown, each with the key of the parameters it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import theory
from ..magnet.held import Held
from .state import Snapshot

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState
    from ..magnet.macrospin import Macrospin
    from ..maps.phase_map import Level

__all__ = [
    "Boundaries",
    "Curves",
    "CurvesKey",
    "Density",
    "Fault",
    "MapKey",
    "MapResult",
    "Point",
    "curves_key",
    "map_key",
]

Array = NDArray[np.float64]


class MapKey(NamedTuple):
    """What the map depends on."""

    held: Held
    delta: float
    alpha_max: float


class CurvesKey(NamedTuple):
    """What the curves depend on."""

    map: MapKey
    theta: float


def map_key(snapshot: Snapshot) -> MapKey:
    """The key of the map at a snapshot."""
    return MapKey(snapshot.held, snapshot.magnet.delta, snapshot.alpha_max)


def curves_key(snapshot: Snapshot) -> CurvesKey:
    """The key of the curves at a snapshot."""
    return CurvesKey(map_key(snapshot), snapshot.magnet.theta)


@dataclass(frozen=True, eq=False)
class Point:
    """The exact steady state at the operating point; ``key`` is that of the curves through it."""

    magnet: Macrospin
    steady: SteadyState
    key: CurvesKey


@dataclass(frozen=True, eq=False)
class Curves:
    """Rates against α at the point's angle, and the closed forms at θ = 0; each array has shape (n,).

    Along a held torque the field grows without bound towards α = 0: where it is beyond the app's largest ν
    there are no points, and ``restricted`` is true.
    """

    key: CurvesKey
    alpha: Array
    S_P: Array
    S_B: Array
    Sigma: Array
    closed: theory.Rates
    fine: bool
    restricted: bool = False

    @property
    def gap(self) -> tuple[float, float]:
        """The last α on either side of 0 where there are curves; (0, 0) where they go up to it."""
        if not self.restricted:
            return 0.0, 0.0
        left, right = self.alpha[self.alpha < 0.0], self.alpha[self.alpha > 0.0]
        return float(left.max(initial=self.alpha[0])), float(right.min(initial=self.alpha[-1]))

    @property
    def span(self) -> tuple[float, float]:
        """A range that holds all of the rates, and 0."""
        values = np.concatenate([self.S_P, self.S_B, self.Sigma])
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        margin = 0.05 * max(high - low, 1e-12)
        return low - margin, high + margin


@dataclass(frozen=True, eq=False)
class Density:
    """The steady-state density at the operating point on a latitude-longitude grid of shape DENSITY_SHAPE."""

    magnet: Macrospin
    values: Array


@dataclass(frozen=True, eq=False)
class MapResult:
    """The map so far, and how much of the full resolution it is (0 to 1)."""

    key: MapKey
    level: Level
    fraction: float


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Curves S_P = 0 and S_B = 0 in the plane, each a list of (alpha, theta) arrays.

    Where they could not be traced there are none, and ``untraced`` says why.
    """

    key: MapKey
    lines: dict[str, list[tuple[Array, Array]]]
    untraced: str = ""


@dataclass(frozen=True)
class Fault:
    """Why curves or a map of some parameters were not computed, or not to the end."""

    key: MapKey | CurvesKey
    reason: str
