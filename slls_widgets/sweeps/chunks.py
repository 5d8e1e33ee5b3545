"""How a grid is cut into chunks: boxes of equal shape, the last of each row smaller."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chunks"]

Region = tuple[slice, ...]


@dataclass(frozen=True)
class Chunks:
    """Boxes of ``box`` points that tile a grid of ``shape``; the last dimension is numbered fastest.

    Examples
    --------
    >>> chunks = Chunks.of((3, 100), 60)
    >>> chunks.box, len(chunks), chunks.region(1)
    ((1, 50), 6, (slice(0, 1, None), slice(50, 100, None)))
    """

    shape: tuple[int, ...]
    box: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], points: int) -> Chunks:
        """Cut so that a box holds at most ``points``: whole rows where they fit, equal parts where not."""
        box: list[int] = []
        for size in reversed(shape):
            parts = -(-size // max(points, 1))
            box.insert(0, -(-size // parts))
            points //= box[0]
        return cls(shape, tuple(box))

    @property
    def counts(self) -> tuple[int, ...]:
        """Boxes along each dimension."""
        return tuple(-(-size // side) for size, side in zip(self.shape, self.box, strict=True))

    def __len__(self) -> int:
        return math.prod(self.counts)

    def place(self, chunk: int) -> tuple[int, ...]:
        """Position of a box among the boxes."""
        return tuple(int(k) for k in np.unravel_index(chunk, self.counts)) if self.counts else ()

    def region(self, chunk: int) -> Region:
        """The slice of each dimension that a box covers."""
        return tuple(
            slice(k * side, min((k + 1) * side, size))
            for k, side, size in zip(self.place(chunk), self.box, self.shape, strict=True)
        )

    def size(self, chunk: int) -> int:
        """Points of a box."""
        return math.prod(part.stop - part.start for part in self.region(chunk))

    def points(self, chunk: int) -> NDArray[np.int64]:
        """Numbers of a box's points in the whole grid, in the order of its ravelled array."""
        index = np.zeros((), dtype=np.int64)
        for part, size in zip(self.region(chunk), self.shape, strict=True):
            index = index[..., np.newaxis] * size + np.arange(part.start, part.stop)
        return np.ravel(index)
