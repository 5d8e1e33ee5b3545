"""Colour scales of the map: quantity -> pixels and legend, safe for colour blindness.

Numbers in, PNG bytes and texts out: no widget is made here.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...explore.map_values import PHASE_COLOURS, PHASE_ORDER, Colour, colour_scale
from ...explore.state import Quantity
from .axes import nice_ticks
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
    Quantity.S_P: "S<sub>P</sub>, entropy to the current in {unit}",
    Quantity.S_B: "S<sub>B</sub>, entropy to the bath in {unit}",
    Quantity.SIGMA: "Σ, entropy produced in {unit}",
    Quantity.DELTA_P: "Δ<sub>P</sub>, fluctuation of S<sub>P</sub> in {unit}",
    Quantity.UNCERTAINTY_PRODUCT: "Q = Δ<sub>P</sub>Σ/S<sub>P</sub>²; white is 2, the usual bound",
    Quantity.EFFICIENCY: "efficiency, entropy extracted over delivered",
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
    title : str
        Legend text.
    ticks : tuple of (float, str)
        Where along the colour bar, 0 to 1, and what stands there; none for the phases.
    gradient : str
        CSS gradient of the colour bar, empty for the phases.
    """

    png: bytes
    values: NDArray[np.float32]
    title: str
    ticks: tuple[tuple[float, str], ...]
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
        return Painted(_png(indices, palette), values.astype(np.float32), title, (), "")
    scale = colour_scale(quantity, values)
    low, high = scale.low, scale.high
    scaled = np.log10(np.clip(values, 1e-300, 1e300)) if scale.logarithmic else values
    if scale.logarithmic:
        ticks = _log_ticks(low, high, 2.0 if quantity is Quantity.UNCERTAINTY_PRODUCT else None)
    else:
        ticks = _ticks(low, high)
    levels = 250
    span = max(high - low, 1e-300)
    indices = np.where(
        np.isnan(scaled), levels, np.clip((scaled - low) / span, 0.0, 1.0) * (levels - 1)
    ).astype(np.uint8)
    ramp = _ramp(scale.colours, levels)
    gradient = "linear-gradient(90deg," + ",".join(f"rgb{tuple(colour)}" for colour in scale.colours) + ")"
    return Painted(_png(indices, [*ramp, _MISSING]), values.astype(np.float32), title, ticks, gradient)


def _ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Round values along a linear bar from low to high, 0 among them where it is inside."""
    return tuple(((value - low) / (high - low), _tick(value)) for value in nice_ticks(low, high, 4))


def _log_ticks(low: float, high: float, special: float | None) -> tuple[tuple[float, str], ...]:
    """Three to five round values along a bar between two decimal logarithms, the special one among them."""
    values = [10.0**power for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    if len(values) < 3:
        # Not two decades: 1, 2, 5, or plainly even steps where all of it is within a factor of two.
        decades = range(math.floor(low), math.ceil(high) + 1)
        finer = [step * 10.0**power for power in decades for step in (1.0, 2.0, 5.0)]
        values = [value for value in finer if low - 1e-9 <= math.log10(value) <= high + 1e-9]
        if len(values) < 3:
            values = nice_ticks(10.0**low, 10.0**high, 4)
    values = values[:: max(1, math.ceil(len(values) / 5))]
    span = high - low
    placed = {value: (math.log10(value) - low) / span for value in values if value > 0.0}
    if special is not None:
        at = (math.log10(special) - low) / span
        placed = {value: share for value, share in placed.items() if abs(share - at) > 0.11} | {special: at}
    return tuple((share, _tick(value)) for value, share in sorted(placed.items()))


def _tick(value: float) -> str:
    if value != 0.0 and not 1e-3 <= abs(value) < 1e5:
        return number(value, 1).replace("1×", "")
    return f"{value:.12g}".replace("-", "−")


def _ramp(colours: tuple[Colour, ...], levels: int) -> list[Colour]:
    at = np.linspace(0.0, 1.0, len(colours))
    wanted = np.linspace(0.0, 1.0, levels)
    red, green, blue = (np.rint(np.interp(wanted, at, channel)) for channel in np.array(colours).T)
    return [(int(r), int(g), int(b)) for r, g, b in zip(red, green, blue, strict=True)]


def _png(indices: NDArray[np.uint8], palette: list[Colour]) -> bytes:
    """A picture of palette indices, first row at the bottom.

    By hand: Pillow would cost each visitor 2.5 MB.
    """
    rows, columns = indices.shape
    # Each line of a PNG begins with the number of its filter; 0 is none.
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)
    lines[:, 1:] = indices[::-1]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    # Eight bits a pixel, of type 3: indices into a palette.
    head = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    colours = bytes(channel for colour in palette for channel in colour)
    parts = (b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
