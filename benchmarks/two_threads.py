"""How much faster two threads are than one, beside loops that share nothing: what the machine gives at all.

The two processors of a virtual machine are at times two threads of one core, and nobody is told. So the
simulation and plain arithmetic in the first-level cache are timed in turns, each pair of threads between
two runs of a single one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from slls_widgets import Macrospin
from slls_widgets.simulation import Ensemble

__all__ = ["Speedups", "speedups"]

# Pieces of some tenths of a second: shorter ones measure how fast a thread wakes as well.
TRAJECTORIES, STEPS = 4096, 10_000
TASKS, TURNS = 8, 600_000
# What loops that share nothing reach where the processors are two cores.
TWO_CORES = 1.93


@dataclass(frozen=True)
class Speedups:
    """Ratios of wall times, one thread over two, each of the simulation beside one of the loops."""

    simulation: list[float]
    loops: list[float]

    def __str__(self) -> str:
        pairs = zip(self.simulation, self.loops, strict=True)
        clear = [ratio for ratio, loop in pairs if loop >= TWO_CORES]
        lines = [
            f"two threads: {_told(self.simulation)} in wall time",
            f"  loops that share nothing: {_told(self.loops)}",
        ]
        if len(clear) > 1:
            lines.append(
                f"  where these reach {TWO_CORES}, in {len(clear)} of {len(self.loops)} pairs: {_told(clear)}"
            )
        return "\n".join(lines)


def speedups(magnet: Macrospin, pairs: int) -> Speedups:
    """Of the simulation and of the loops, measured in turns."""
    with (
        Ensemble(magnet, trajectories=TRAJECTORIES, dt=1e-3) as ensemble,
        ThreadPoolExecutor(2) as pool,
    ):

        def simulate(threads: int) -> None:
            # One ensemble for both: two would differ in where their memory lies.
            ensemble.threads = threads
            ensemble.advance(STEPS)

        share = [_aligned(512) for _ in range(TASKS)]
        programs: list[tuple[Callable[[], object], Callable[[], object]]] = [
            (lambda: simulate(1), lambda: simulate(2)),
            (lambda: list(map(_multiply, share)), lambda: list(pool.map(_multiply, share))),
        ]
        found = Speedups([], [])
        for program in programs:
            for run in program:
                run()
        for _ in range(pairs):
            for ratios, (alone, together) in zip((found.simulation, found.loops), programs, strict=True):
                before, both, after = _seconds(alone), _seconds(together), _seconds(alone)
                ratios.append(0.5 * (before + after) / both)
    return found


def _told(ratios: list[float]) -> str:
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} x (half of them {low:.2f} to {high:.2f})"


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _aligned(size: int) -> NDArray[np.float64]:
    """Ones that begin at a cache line: where they do not, the loop runs at half its speed."""
    room = np.ones(size + 7)
    first = -(room.ctypes.data // 8) % 8
    return room[first : first + size]


@numba.njit(nogil=True)
def _multiply(values: NDArray[np.float64]) -> None:
    for _ in range(TURNS):
        for i in range(values.size):
            values[i] = 0.999 * values[i] + 0.1
