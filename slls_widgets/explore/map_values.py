"""What the map shows, as numbers: each quantity on a fine grid, the ends of its scale, room for names.

Screen and files take them from here, so that they show the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..magnet.phase import Phase, efficiency, phases, uncertainty_product
from .state import Quantity

__all__ = [
    "PHASE_COLOURS",
    "PHASE_ORDER",
    "RATES",
    "ColourScale",
    "Grid",
    "colour_scale",
    "map_values",
    "phase_regions",
]

Array = NDArray[np.float64]
Colour = tuple[int, int, int]

#: Quantities with the unit of a rate.
RATES = (Quantity.S_P, Quantity.S_B, Quantity.SIGMA, Quantity.DELTA_P)
PHASE_ORDER = (Phase.REFRIGERATOR, Phase.HEAT_PUMP, Phase.DUD, Phase.EQUILIBRIUM, Phase.BOUNDARY)
# Okabe-Ito hues lightened to carry dark lines and labels in both themes.
PHASE_COLOURS: dict[Phase, Colour] = {
    Phase.REFRIGERATOR: (143, 199, 232),
    Phase.HEAT_PUMP: (244, 184, 134),
    Phase.DUD: (205, 208, 213),
    Phase.EQUILIBRIUM: (255, 255, 255),
    Phase.BOUNDARY: (255, 255, 255),
}
# Control points, evenly spaced. Diverging: blue - white - vermilion. Sequential: pale to deep, one direction
# of lightness.
_DIVERGING: tuple[Colour, ...] = (
    (5, 71, 120), (0, 114, 178), (92, 170, 216), (178, 216, 238), (247, 247, 247),
    (250, 208, 176), (240, 152, 98), (213, 94, 0), (134, 50, 0),
)  # fmt: skip
_SEQUENTIAL: tuple[Colour, ...] = (
    (252, 247, 220), (244, 219, 150), (230, 178, 82), (209, 131, 48), (173, 84, 44), (120, 48, 52),
    (66, 23, 45),
)  # fmt: skip


class Grid(Protocol):
    """A map of rates of shape (theta, alpha): a level of the app's map, or the dataset of ``phase_map``."""

    @property
    def alpha(self) -> ArrayLike | Any: ...  # noqa: D102
    @property
    def theta(self) -> ArrayLike | Any: ...  # noqa: D102
    @property
    def S_P(self) -> ArrayLike | Any: ...  # noqa: D102
    @property
    def S_B(self) -> ArrayLike | Any: ...  # noqa: D102
    @property
    def Sigma(self) -> ArrayLike | Any: ...  # noqa: D102
    @property
    def Delta_P(self) -> ArrayLike | Any: ...  # noqa: D102


@dataclass(frozen=True)
class ColourScale:
    """How values become colours.

    Attributes
    ----------
    low, high : float
        Values at the two ends; decimal logarithms on a logarithmic scale.
    colours : tuple
        Red, green and blue (0 to 255) at evenly spaced places.
    logarithmic : bool
        Whether decades matter.
    """

    low: float
    high: float
    colours: tuple[Colour, ...]
    logarithmic: bool = False


def colour_scale(quantity: Quantity, values: Array) -> ColourScale:
    """The scale for a quantity of the map: diverging where its sign matters, logarithmic where decades do.

    Parameters
    ----------
    quantity : Quantity
        Any but the phase, which has one colour for each.
    values : ndarray
        What is to be shown; NaN where undefined. Few extreme values do not set the ends.
    """
    finite = values[np.isfinite(values)]
    if quantity in (Quantity.S_P, Quantity.S_B):
        top = float(np.percentile(np.abs(finite), 97.0)) if finite.size else 1.0
        return ColourScale(-top, top, _DIVERGING)
    if quantity is Quantity.EFFICIENCY:
        return ColourScale(0.0, 1.0, _SEQUENTIAL)
    positive = finite[finite > 0.0]
    bottom, top = (
        (float(end) for end in np.percentile(positive, [1.0, 99.0])) if positive.size else (0.1, 1.0)
    )
    if quantity is Quantity.UNCERTAINTY_PRODUCT:
        # The usual bound 2 is the centre: broken on the blue side, kept on the other.
        reach = max(math.log10(2.0 / bottom), min(math.log10(max(top, 2.0) / 2.0), 3.0), 0.5)
        return ColourScale(math.log10(2.0) - reach, math.log10(2.0) + reach, _DIVERGING, True)
    return ColourScale(math.log10(bottom), math.log10(max(top, bottom * 1.01)), _SEQUENTIAL, True)


def map_values(grid: Grid, quantity: Quantity, shape: tuple[int, int]) -> Array:
    """The quantity on a fine grid, rows from θ = 0 up; each side of α = 0 on its own.

    Phases are indices into ``PHASE_ORDER``; the efficiency is NaN where the magnet does no work.
    """
    alpha, theta = np.asarray(grid.alpha), np.asarray(grid.theta)
    fine_theta = np.linspace(theta[0], theta[-1], shape[0])
    # An even number of columns never falls on α = 0.
    fine_alpha = np.linspace(alpha[0], alpha[-1], shape[1] + shape[1] % 2)
    out: dict[str, Array] = {}
    for name in ("S_P", "S_B", "Sigma", "Delta_P"):
        values = np.asarray(getattr(grid, name))
        rows = np.stack([np.interp(fine_theta, theta, column) for column in values.T], axis=1)
        halves = []
        for side in (alpha < 0.0, alpha > 0.0):
            wanted = fine_alpha[(fine_alpha < 0.0) if side[0] else (fine_alpha > 0.0)]
            halves.append(np.stack([np.interp(wanted, alpha[side], row[side]) for row in rows]))
        out[name] = np.concatenate(halves, axis=1)
    return _value(quantity, out)


def _value(quantity: Quantity, rates: dict[str, Array]) -> Array:
    pumped, bath = rates["S_P"], rates["S_B"]
    if quantity is Quantity.PHASE:
        names = phases(pumped, bath)
        return np.select([names == phase for phase in PHASE_ORDER], np.arange(float(len(PHASE_ORDER))))
    if quantity is Quantity.EFFICIENCY:
        return efficiency(pumped, bath)
    if quantity is Quantity.UNCERTAINTY_PRODUCT:
        return uncertainty_product(pumped, rates["Sigma"], rates["Delta_P"])
    return rates[quantity.value]


def phase_regions(phases: Array, alpha: Array) -> Iterator[tuple[Phase, int, int, int]]:
    """Where each phase has most room on either side of α = 0, for its name.

    Parameters
    ----------
    phases : ndarray
        As `map_values` gives them.
    alpha : ndarray
        Of the columns.

    Yields
    ------
    tuple
        Phase, row, first and one-past-last column; nothing for a phase of hardly any size.
    """
    for index, phase in enumerate(PHASE_ORDER[:3]):
        for half in (alpha < 0.0, alpha > 0.0):
            inside = (phases == index) & half
            if inside.mean() < 0.01:
                continue
            row, left, right = _widest_run(inside)
            if right > left:  # else only along an edge
                yield phase, row, left, right


def _widest_run(inside: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Row, first and one-past-last column of the roomiest horizontal run, away from the edges."""
    rows = inside.shape[0]
    best, where = -1.0, (0, 0, 0)
    for row in range(rows // 8, rows - rows // 8):
        padded = np.concatenate([[False], inside[row], [False]]).astype(int)
        starts, ends = np.nonzero(np.diff(padded) == 1)[0], np.nonzero(np.diff(padded) == -1)[0]
        for left, right in zip(starts, ends, strict=True):
            above = inside[max(row - 5, 0) : row + 6, left:right].mean()
            score = (right - left) * above - 0.2 * abs(row - rows / 6)
            if score > best:
                best, where = score, (row, int(left), int(right))
    return where
