"""A pinned point beside the present one: in numbers of the same unit, and in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...explore.state import Snapshot
from .words import PHASE_WORDS, RATE_SYMBOLS, known, number, place

if TYPE_CHECKING:
    from ...explore.pin import Pinned
    from ...fokker_planck import SteadyState

__all__ = ["compared", "ghost", "in_units_of"]

Array = NDArray[np.float64]

# What three digits do not tell apart.
_SAME = 5e-4


def in_units_of(snapshot: Snapshot, pinned: Pinned) -> float:
    """What a rate of the pinned point is multiplied by to stand beside the rates of a snapshot.

    The unit ηT of a device, and the paper's, go with the point.
    """
    here, there = snapshot.scale, replace(snapshot, magnet=pinned.pin.magnet).scale
    return float(there.rate * 10.0 ** (there.power - here.power))


def ghost(snapshot: Snapshot, pinned: Pinned) -> tuple[Array, Array]:
    """α and the rates along the pinned curve, with a break where they jump; shapes (n,) and (3, n)."""
    rates = in_units_of(snapshot, pinned) * pinned.rates
    if not pinned.pin.torque:
        return pinned.alpha, rates
    middle = int(np.searchsorted(pinned.alpha, 0.0))
    return np.insert(pinned.alpha, middle, np.nan), np.insert(rates, middle, np.nan, axis=1)


def compared(snapshot: Snapshot, steady: SteadyState, pinned: Pinned) -> str:
    """How the rates differ from those of the pinned point, as one sentence in HTML."""
    before, here = in_units_of(snapshot, pinned), snapshot.scale.rate
    told = [
        f"{label} {_difference(before * known(pinned.steady, name), here * known(steady, name))}"
        for name, label in RATE_SYMBOLS.items()
    ]
    word = PHASE_WORDS[pinned.steady.phase][0].lower()
    where = place(replace(snapshot, magnet=pinned.pin.magnet))
    return f"Pinned: {word} at {where}. Beside it {', '.join(told[:-1])} and {told[-1]}."


def _difference(before: float, now: float) -> str:
    """From one number to another, in words.

    Examples
    --------
    >>> [_difference(2.0, now) for now in (2.0, 2.2, 7.0, 0.1)]
    ['is the same', 'is 10 % larger', 'is 3.50 times as large', 'is 20.0 times smaller']
    >>> [_difference(2.0, now) for now in (-1.0, 0.0)]
    ['has turned its sign', 'is 0']
    """
    if before == now or (before and abs(now / before - 1.0) < _SAME):
        return "is the same"
    if now == 0.0 or before == 0.0:
        return "is 0" if now == 0.0 else "was 0"
    ratio = now / before
    if ratio < 0.0:
        return "has turned its sign"
    if 0.5 < ratio < 2.0:
        return f"is {number(100.0 * abs(ratio - 1.0), 2)} % {'larger' if ratio > 1.0 else 'smaller'}"
    return f"is {number(ratio)} times as large" if ratio > 1.0 else f"is {number(1.0 / ratio)} times smaller"
