"""Counts over bins: finite-time entropies, and where on the sphere the magnetisation was."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._cancellation import check
from .arguments import whole

Vector = NDArray[np.float64]
Counts = NDArray[np.int64]

__all__ = ["Histogram", "SphereHistogram", "histogram", "sphere_counts", "sphere_histogram"]

# Equal-area cells: equal steps of cos(polar angle) and of the azimuth.
SPHERE_CELLS = (32, 64)
_MOST_BINS = 10**6
_BLOCK = 2**16


class Histogram(NamedTuple):
    """A histogram of one number per trajectory.

    ``density`` integrates to the share of the samples that fell inside the edges; ``stderr`` is its standard
    error from counting independent trajectories.
    """

    edges: Vector
    counts: Counts
    density: Vector
    stderr: Vector

    @property
    def centers(self) -> Vector:
        """Middle of each bin."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])


class SphereHistogram(NamedTuple):
    """Where n was: probability per unit area of the sphere in cells of equal area.

    No error comes with it: the samples along one path are correlated.
    """

    #: Edges of cos(polar angle from H), 33 of them, and of the azimuth from the plane of H and P, 65.
    cosine: Vector
    azimuth: Vector
    counts: Counts
    density: Vector


def histogram(samples: Vector, bins: int | Vector = 60) -> Histogram:
    """Histogram of independent samples.

    Examples
    --------
    >>> histogram(np.array([0.1, 0.2, 0.9]), np.array([0.0, 0.5, 1.0])).counts
    array([2, 1])
    """
    counts, edges = np.histogram(samples, _checked(bins))
    widths = np.diff(edges)
    share = counts / samples.size
    return Histogram(
        edges=edges.astype(float),
        counts=counts.astype(np.int64),
        density=share / widths,
        stderr=np.sqrt(share * (1.0 - share) / samples.size) / widths,
    )


def _checked(bins: object) -> int | Vector:
    if whole(bins, 1, _MOST_BINS):
        return int(bins)  # type: ignore[call-overload, no-any-return]
    try:
        edges = np.asarray(bins, dtype=float)
    except (TypeError, ValueError):
        edges = np.zeros(0)
    if edges.ndim == 1 and edges.size >= 2 and np.isfinite(edges).all() and (np.diff(edges) > 0.0).all():
        return edges
    raise ValueError(
        f"bins must be a whole number from 1 to {_MOST_BINS} or edges, at least two finite numbers that "
        f"rise; got {bins!r:.80}"
    )


def sphere_counts(n: Vector, cancel: Callable[[], bool] | None = None) -> Counts:
    """How many of the unit vectors n (N, 3) lie in each cell, shape ``SPHERE_CELLS``.

    ``cancel`` is asked once in every 65 536 vectors.
    """
    rows, columns = SPHERE_CELLS
    counts = np.zeros(rows * columns, np.int64)
    for first in range(0, len(n), _BLOCK):
        check(cancel)
        x, y, z = n[first : first + _BLOCK].T
        row = np.clip((0.5 * (z + 1.0) * rows).astype(np.intp), 0, rows - 1)
        turn = np.arctan2(y, x) / (2.0 * np.pi) % 1.0
        column = np.minimum((turn * columns).astype(np.intp), columns - 1)
        counts += np.bincount(row * columns + column, minlength=rows * columns)
    return counts.reshape(SPHERE_CELLS)


def sphere_histogram(counts: Counts) -> SphereHistogram:
    """Edges and density for counts made by `sphere_counts`."""
    rows, columns = SPHERE_CELLS
    cell = 4.0 * np.pi / (rows * columns)
    return SphereHistogram(
        cosine=np.linspace(-1.0, 1.0, rows + 1),
        azimuth=np.linspace(0.0, 2.0 * np.pi, columns + 1),
        counts=counts,
        density=counts / max(int(counts.sum()), 1) / cell,
    )
