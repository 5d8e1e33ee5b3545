"""The entropies of one trajectory against time, and the energy that its magnet has gained meanwhile.

The bath's entropy is S_B = -ΔE/T + what the torque has driven, with E/T = -ν n·ĥ (paper Eq. 6). ΔE depends on
the two end points alone: it stays of the order of T while the rest grows, but in a strong field, where n
precesses at once, it hides the rest for many turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..magnet.macrospin import Macrospin

__all__ = ["Path", "PathRecorder"]

Array = NDArray[np.float64]

POINTS = 400


@dataclass(frozen=True, eq=False)
class Path:
    """Time, S_P, S_B and ΔE/T since the beginning of a path; ``span`` is its length once it is complete."""

    time: Array
    pumped: Array
    bath: Array
    energy: Array
    span: float = 0.0

    @property
    def end(self) -> float:
        """Where the time ends, or will."""
        return max(float(self.time[-1]), self.span)


class PathRecorder:
    """Keep a path in few points: all of it, ever more coarsely; with a ``span``, one window after another."""

    def __init__(self, magnet: Macrospin, span: float = 0.0) -> None:
        self._magnet, self._span = magnet, span
        self._rows: list[tuple[float, float, float, float]] = []

    def add(self, time: float, n: ArrayLike, pumped: float, bath: float) -> None:
        """The trajectory at a later time: n, and its entropies since any beginning."""
        row = (time, pumped, bath, -self._magnet.nu * float(np.dot(n, self._magnet.h_hat)))
        if self._span and self._rows and self._rows[-1][0] - self._rows[0][0] >= self._span:
            del self._rows[:-1]
        self._rows.append(row)
        if len(self._rows) > POINTS:
            self._rows = [*self._rows[:-1:2], self._rows[-1]]

    def path(self) -> Path:
        """What was kept."""
        rows = np.array(self._rows)
        time, pumped, bath, energy = (rows - rows[0]).T
        return Path(time, pumped, bath, energy, self._span)
