"""From coefficients back to the sphere: the density and the probability current at any points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arguments import reals
from .frame import Frame
from .harmonics import Coefficients, Harmonics

Vector = NDArray[np.float64]

__all__ = ["current", "density", "synthesise"]


def density(points: ArrayLike, basis: Harmonics, moments: Coefficients, frame: Frame) -> Vector:
    """Steady density p(n), normalised to ∫ p dΩ = 1, from the moments <Y_lm>.

    p = (1/4π) Σ <Y_lm>* Y_lm, because the Y_lm have mean square 1 over the sphere.
    """
    n = unit_vectors(points) @ frame.axes.T
    return synthesise(basis, moments.conj()[:, np.newaxis], n)[..., 0] / (4.0 * np.pi)


def current(points: ArrayLike, basis: Harmonics, moments: Coefficients, frame: Frame) -> Vector:
    """Probability current J = [a × n + b - n (n·b)] p - ∇p, tangent to the sphere, shape (..., 3).

    The gradient comes from the rotation operators, ∇p = -n × (n × ∇p) with n × ∇ = iJ: no polar angles and
    no singular poles.
    """
    n = unit_vectors(points) @ frame.axes.T
    c = moments.conj()
    turned = [basis.rotation(axis) @ c for axis in np.eye(3)]
    values = synthesise(basis, np.stack([c, *turned], axis=-1), n) / (4.0 * np.pi)
    p, turn = values[..., :1], values[..., 1:]
    a, b = frame.precession, frame.damping
    drift = np.cross(a, n) + b - n * (n @ b)[..., np.newaxis]
    return np.asarray((drift * p + np.cross(n, turn)) @ frame.axes)


def synthesise(basis: Harmonics, coefficients: Coefficients, n: Vector) -> Vector:
    """Values of the real functions Σ c_lm Y_lm at unit vectors of the frame.

    Parameters
    ----------
    coefficients : ndarray, shape (size, k)
        Of k real functions: c_(l,-m) = (-1)^m c_lm*, so only m >= 0 is read.
    n : ndarray, shape (..., 3)

    Returns
    -------
    ndarray, shape (..., k)
    """
    shape = n.shape[:-1]
    n = n.reshape(-1, 3)
    z, across = n[:, 2:], n[:, 0] + 1j * n[:, 1]
    order = np.arange(basis.order_max + 1)
    # Y_mm = (-1)^m √((2m+1)!!/(2m)!!) (n_x + i n_y)^m; then upwards, z Y_l = A_(l+1) Y_(l+1) + A_l Y_(l-1).
    ratio = np.sqrt((2.0 * order[1:] + 1.0) / (2.0 * order[1:]))
    sectoral = np.concatenate(([1.0], np.cumprod(-ratio))) * across[:, np.newaxis] ** order
    total = np.zeros((len(n), coefficients.shape[1]))
    below = here = np.zeros((len(n), len(order)), dtype=complex)
    a_here = np.zeros(len(order))
    for ell in range(basis.ell_max + 1):
        if ell > 0:
            gap = np.maximum(ell * ell - order * order, 0)
            a_next = np.sqrt(gap / (4.0 * ell * ell - 1.0))
            safe = np.where(a_next > 0.0, a_next, 1.0)
            below, here = here, np.where(a_next > 0.0, (z * here - a_here * below) / safe, 0.0)
            a_here = a_next
        width = min(ell, basis.order_max) + 1
        if ell < len(order):
            here = here.copy()
            here[:, ell] = sectoral[:, ell]
        first = basis.index(ell, 0)
        weight = np.where(order[:width, np.newaxis] > 0, 2.0, 1.0)
        total += (here[:, :width] @ (weight * coefficients[first : first + width])).real
    return total.reshape(*shape, coefficients.shape[1])


def unit_vectors(points: ArrayLike) -> Vector:
    """Check the shape and the length of directions, and normalise away rounding."""
    try:
        n = reals("directions", points)
    except ValueError:
        raise TypeError(f"directions must be numbers of shape (..., 3); got {points!r:.40}") from None
    if n.ndim == 0 or n.shape[-1] != 3:
        raise ValueError(f"directions must have shape (..., 3); got {n.shape}")
    length = np.linalg.norm(n, axis=-1, keepdims=True)
    if not np.all(np.abs(length - 1.0) < 1e-6):
        worst = length.flat[int(np.argmax(np.abs(length - 1.0)))]
        raise ValueError(f"directions must be unit vectors; got one of length {float(worst)!r}: divide by it")
    return np.asarray(n / length)
