"""Latitude and longitude on the unit sphere, where densities are evaluated and shaded."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["checked_shape", "lat_long_grid"]


def lat_long_grid(shape: tuple[int, int] = (61, 120)) -> NDArray[np.float64]:
    """Unit vectors of a latitude-longitude grid, to evaluate a density on.

    Parameters
    ----------
    shape : tuple of int
        Number of polar angles, both poles included (>= 3), and of azimuths in [0, 2π) (>= 3).

    Returns
    -------
    ndarray, shape (n_theta, n_phi, 3)
        Vectors in the frame ĥ = z, p̂ = (sin θ, 0, cos θ).

    Raises
    ------
    ValueError
        If the grid is too small to interpolate on.

    Examples
    --------
    >>> lat_long_grid((3, 4))[1, 1].round(12).tolist()
    [0.0, 1.0, 0.0]
    """
    rows, columns = checked_shape(shape)
    polar = np.linspace(0.0, math.pi, rows)[:, None]
    azimuth = np.arange(columns)[None, :] * (2.0 * math.pi / columns)
    sine = np.sin(polar)
    return np.stack(
        np.broadcast_arrays(sine * np.cos(azimuth), sine * np.sin(azimuth), np.cos(polar)), axis=-1
    )


def checked_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """The shape of a grid that can be interpolated on; ValueError for any other."""
    if len(shape) != 2 or shape[0] < 3 or shape[1] < 3:
        raise ValueError(
            "a grid on the sphere needs at least 3 polar angles (both poles) and 3 azimuths; "
            f"got the shape {tuple(shape)}"
        )
    return int(shape[0]), int(shape[1])
