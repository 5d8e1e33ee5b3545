"""How long the live simulation runs before it gathers statistics."""

from __future__ import annotations

import math

from ..magnet.macrospin import Macrospin

__all__ = ["burn_in_steps"]

# e^-12 = 6e-6 of the start is left: a live run may gather for half an hour, and its error bars then show
# what e^-8, enough for a run of fixed length, would leave.
RELAXATIONS = 12.0


def burn_in_steps(magnet: Macrospin, dt: float) -> int:
    """Steps of ``dt`` to forget the start.

    A script that repeats what was seen on screen needs the very same number.
    """
    from ..simulation import relaxation_time

    return math.ceil(RELAXATIONS * relaxation_time(magnet) / dt)
