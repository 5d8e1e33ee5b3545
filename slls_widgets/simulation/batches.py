"""Error bars of few trajectories: each is cut into equal stretches of time (batch means)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..magnet.macrospin import Macrospin
from .estimators import Estimates, estimates_from_stretches
from .step_size import relaxation_time

Vector = NDArray[np.float64]

__all__ = ["FEW", "Batches"]

# Below this many trajectories their spread alone makes a poor error bar; stretches of time add to it.
FEW = 16
_BATCHES = 64
# A stretch of fewer relaxation times depends on its neighbours, and such stretches spread too little: single
# steps by a factor of seven.
_STRETCH_TIMES = 5.0
# Of a single trajectory. So few make a poor error bar: |z| > 4 is seen once in 190 times with eight, once in
# 36 with four.
_FEWEST_STRETCHES = 8


class Batches:
    """Where each trajectory was at the ends of equal batches of steps, and what it had gathered until then.

    Parameters
    ----------
    magnet : Macrospin
    dt : float
    n : ndarray, shape (trajectories, 3)
        Magnetisations at the beginning.
    """

    def __init__(self, magnet: Macrospin, dt: float, n: Vector) -> None:
        self._magnet, self._dt, self._trajectories = magnet, dt, len(n)
        #: Steps of a batch.
        self.steps = 1
        begin = np.vstack([np.zeros((2, len(n))), n.T])
        self._ends: list[Callable[[], Vector]] = [lambda: begin]

    def close(self, end: Callable[[], Vector]) -> None:
        """End a batch; ``end()`` has S_P, S_B and n of each trajectory, shape (5, trajectories)."""
        # Worked out when estimates are asked for: most batches are merged before that.
        self._ends.append(cache(end))
        if len(self._ends) > _BATCHES:
            # Twice as long, half as many: the memory stays and the stretches outgrow the correlations.
            self._ends = self._ends[::2]
            self.steps *= 2

    @property
    def _per_stretch(self) -> int:
        least = _STRETCH_TIMES * relaxation_time(self._magnet)
        return max(1, math.ceil(least / (self.steps * self._dt)))

    @property
    def stretches(self) -> int:
        """Complete stretches of each trajectory."""
        return (len(self._ends) - 1) // self._per_stretch

    @property
    def stretch(self) -> float:
        """Length of a stretch, in 1/(ηT)."""
        return self._per_stretch * self.steps * self._dt

    @property
    def enough(self) -> bool:
        """Whether stretches tell more than the trajectories as wholes."""
        return self.stretches >= (_FEWEST_STRETCHES if self._trajectories == 1 else 1)

    def estimates(self, whole: Estimates, elapsed: float) -> Estimates:
        """The means of the whole time, with error bars from the spread of all stretches."""
        magnet = self._magnet
        ends = np.array([end() for end in self._ends])
        samples = np.diff(ends[:: self._per_stretch], axis=0)
        # Of the heat, the work of the force at the mean magnetisation, ν(ĥ + α<n> × p̂), hangs on the ends
        # alone. Stretches share these, and in the whole run all but two cancel.
        n = ends[:, 2:]
        force = np.cross(n.mean(axis=(0, 2)), magnet.alpha * magnet.p_hat) + magnet.h_hat
        work = magnet.nu * np.einsum("i,sit->st", force, samples[:, 2:])
        spread = magnet.nu**2 * float(np.var(np.einsum("i,sit->st", force, n)))
        return estimates_from_stretches(
            samples[:, 0].ravel(),
            (samples[:, 1] - work).ravel(),
            self.stretch,
            whole,
            elapsed * self._trajectories,
            math.sqrt(2.0 * spread / self._trajectories) / elapsed,
        )
