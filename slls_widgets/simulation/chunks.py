"""Chunks of trajectories, structure of arrays, and where they begin."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .scheme import SUMS
from .streams import Words, generator_states, host_generator

Vector = NDArray[np.float64]
Start = ArrayLike | Callable[[np.random.Generator, int], ArrayLike] | None

__all__ = ["CHUNK", "Chunk", "Start", "starting_points"]

# Trajectories per chunk: its state (5 kB) stays in the first-level cache, and 128 trajectories already feed
# two threads. Results depend on it only through the seeds.
CHUNK = 64
# Lanes come in groups, so that no trajectory falls into a leftover loop compiled differently.
_GROUP = 16


class Chunk:
    """State of up to CHUNK trajectories, structure of arrays."""

    def __init__(self, seed: int, index: int, live: int, start: Vector | None) -> None:
        lanes = -(-live // _GROUP) * _GROUP
        self.live = live
        generators, directions = _beginning(seed, index, lanes)
        self.generators, self.n = generators.copy(), directions.copy()
        if start is not None:
            self.n[:] = start[0][:, None]  # idle lanes need a unit vector too
            self.n[:, :live] = start.T
        self.sums = np.zeros((SUMS, lanes))


@lru_cache(maxsize=2048)
def _beginning(seed: int, chunk: int, lanes: int) -> tuple[Words, Vector]:
    """Generators of a chunk and uniform directions, to be copied.

    Kept, because a live simulation that is moved begins again and again from one seed: seeding its 65 536
    trajectories takes longer than the eye should wait.
    """
    drawn = host_generator(seed, chunk).standard_normal((lanes, 3))
    return generator_states(seed, chunk, lanes), (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).T


def starting_points(initial: Start, number: int, seed: int) -> Vector | None:
    """Unit vectors (number, 3) to begin with; None for uniform ones, which each chunk draws itself."""
    if initial is None:
        return None
    drawn = initial(host_generator(seed, 0), number) if callable(initial) else initial
    try:
        points = np.asarray(drawn, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"initial must hold real numbers; got {drawn!r:.80}") from None
    if points.shape not in ((3,), (number, 3)):
        raise ValueError(f"initial must have shape (3,) or ({number}, 3); got {points.shape}")
    largest = np.abs(points).max(axis=-1, keepdims=True)
    if not (np.isfinite(largest).all() and (largest > 0.0).all()):
        raise ValueError("initial must hold finite vectors that are not zero")
    points = points / largest  # lest the squares overflow or vanish
    points /= np.linalg.norm(points, axis=-1, keepdims=True)
    return np.broadcast_to(points, (number, 3)).copy()
