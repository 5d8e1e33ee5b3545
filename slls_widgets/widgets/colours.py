"""Colour scales of the map: quantity -> pixels and legend, safe for colour blindness.

Pure numpy and PNG bytes, no widgets.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..explore.map_values import PHASE_COLOURS, PHASE_ORDER, Colour, colour_scale
from ..explore.state import Quantity
from .words import number

__all__ = ["Painted", "paint"]

Array = NDArray[np.float64]

_MISSING: Colour = (225, 227, 231)

SYMBOLS = {
    Quantity.PHASE: "phase",
    Quantity.S_P: "S_P",
    Quantity.S_B: "S_B",
    Quantity.SIGMA: "Σ",
    Quantity.DELTA_P: "Δ_P",
    Quantity.UNCERTAINTY_PRODUCT: "Q",
    Quantity.EFFICIENCY: "efficiency",
}
# Those with a unit leave room for it.
TITLES = {
    Quantity.PHASE: "phase",
    Quantity.S_P: "S<sub>P</sub>, pumped entropy rate in {unit}",
    Quantity.S_B: "S<sub>B</sub>, bath entropy rate in {unit}",
    Quantity.SIGMA: "Σ, entropy production rate in {unit}, log scale",
    Quantity.DELTA_P: "Δ<sub>P</sub>, fluctuation of pumping in {unit}, log scale",
    Quantity.UNCERTAINTY_PRODUCT: "Q = Δ<sub>P</sub> Σ/S<sub>P</sub>², log scale; white is the usual bound 2",
    Quantity.EFFICIENCY: "efficiency: entropy extracted over entropy delivered",
}


@dataclass(frozen=True)
class Painted:
    """A painted map and what its legend needs.

    Attributes
    ----------
    png : bytes
        The image, first row at the top (largest θ).
    values : ndarray of float32
        The shown quantity, rows from the bottom up, for the hover read-out.
    title, low, high : str
        Legend texts; low and high are empty for the phases.
    gradient : str
        CSS gradient of the colour bar, empty for the phases.
    """

    png: bytes
    values: NDArray[np.float32]
    title: str
    low: str
    high: str
    gradient: str


def paint(quantity: Quantity, values: Array, unit: str = "ηT") -> Painted:
    """Paint a grid of values, rows from θ = 0 up.

    Parameters
    ----------
    quantity : Quantity
    values : ndarray, shape (rows, columns)
        Index into ``PHASE_ORDER`` for the phases, the quantity itself otherwise; NaN where undefined.
    unit : str
        Of the rates, for the title.
    """
    title = TITLES[quantity].format(unit=unit)
    if quantity is Quantity.PHASE:
        palette = [PHASE_COLOURS[phase] for phase in PHASE_ORDER]
        indices = values.astype(np.uint8)
        return Painted(_png(indices, palette), values.astype(np.float32), title, "", "", "")
    scale = colour_scale(quantity, values)
    low, high = scale.low, scale.high
    scaled = np.log10(np.clip(values, 1e-300, 1e300)) if scale.logarithmic else values
    ends = (number(10.0**low), number(10.0**high)) if scale.logarithmic else (number(low), number(high))
    levels = 250
    span = max(high - low, 1e-300)
    indices = np.where(
        np.isnan(scaled), levels, np.clip((scaled - low) / span, 0.0, 1.0) * (levels - 1)
    ).astype(np.uint8)
    ramp = _ramp(scale.colours, levels)
    gradient = "linear-gradient(90deg," + ",".join(f"rgb{tuple(colour)}" for colour in scale.colours) + ")"
    return Painted(_png(indices, [*ramp, _MISSING]), values.astype(np.float32), title, *ends, gradient)


def _ramp(colours: tuple[Colour, ...], levels: int) -> list[Colour]:
    at = np.linspace(0.0, 1.0, len(colours))
    wanted = np.linspace(0.0, 1.0, levels)
    red, green, blue = (np.rint(np.interp(wanted, at, channel)) for channel in np.array(colours).T)
    return [(int(r), int(g), int(b)) for r, g, b in zip(red, green, blue, strict=True)]


def _png(indices: NDArray[np.uint8], palette: list[Colour]) -> bytes:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(indices[::-1]), mode="P")
    image.putpalette([channel for colour in palette for channel in colour])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
