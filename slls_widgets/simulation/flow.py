"""The noiseless flow dn/dt = a × n + b - n (n·b), exactly: a Lorentz transformation of (1, n).

With a spinor ψ, n = ψ†σψ/ψ†ψ, the flow is dψ/dt = ½ (b - i a)·σ ψ: one constant 2 x 2 matrix per time step.
The four-vector X = (ψ†ψ, ψ†σψ) is light-like and is mapped by the real 4 x 4 matrix made here; n is its
direction, so the overall scale cancels. (Derivation: docs, "The Möbius flow".)
"""

from __future__ import annotations

import cmath

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

__all__ = ["complex_rate", "drift_weights", "lorentz_matrix"]

_SIGMA = np.array(
    [
        [[1, 0], [0, 1]],
        [[0, 1], [1, 0]],
        [[0, -1j], [1j, 0]],
        [[1, 0], [0, -1]],
    ],
    dtype=complex,
)
# Gauss-Legendre resolves the oscillation of the weights up to this phase; closed forms take over beyond.
_LARGE_PHASE = 20.0
# Between these phases of half a step a constant can be told from what turns.
_SMALL_PHASE, _FULL_TURN = 0.05, 2.5
_NODES, _GAUSS = np.polynomial.legendre.leggauss(64)


def complex_rate(a: Vector, b: Vector) -> complex:
    """Linear relaxation rate of the flow at its attractor: λ = √((b - i a)²), Re λ >= 0.

    Small deviations from the attractor decay as e^{-Re λ t} while they turn with Im λ. Re λ = 0 with
    |a| > |b| means there is no attractor.

    Examples
    --------
    >>> complex_rate(np.array([0.0, 0.0, 3.0]), np.array([0.0, 0.0, 2.0]))
    (2-3j)
    """
    v = b - 1j * a
    root = cmath.sqrt(complex(v @ v))
    return root if root.real >= 0.0 else -root


def lorentz_matrix(a: Vector, b: Vector, t: float) -> Matrix:
    """Matrix that carries (1, n) along the flow for a time t, up to a common factor, shape (4, 4).

    Examples
    --------
    >>> quarter = lorentz_matrix(np.array([0.0, 0.0, 1.0]), np.zeros(3), np.pi / 2)
    >>> np.round(quarter @ [1, 1, 0, 0], 12) + 0.0  # x turns into y
    array([1., 0., 1., 0.])
    """
    k = 0.5 * np.einsum("i,ijk->jk", b - 1j * a, _SIGMA[1:])
    kappa = 0.5 * complex_rate(a, b)
    z = kappa * t
    # Scaled by e^{-Re z}: a strong field cannot overflow, and the scale cancels in n.
    up, down = cmath.exp(1j * z.imag), cmath.exp(-z - z.real)
    sinhc = (up - down) / (2.0 * z) if abs(z) > 1e-4 else np.exp(-z.real) * (1.0 + z * z / 6.0)
    spinor = 0.5 * (up + down) * _SIGMA[0] + t * sinhc * k
    matrix: Matrix = 0.5 * np.einsum("mab,bc,ncd,ad->mn", _SIGMA, spinor, _SIGMA, spinor.conj()).real
    return matrix


def drift_weights(a: Vector, vector: Vector, dt: float, half: bool = False, tilted: bool = True) -> Matrix:
    """Weights w_j of ∫ v·n ds ≈ Σ_j w_j·n_j, with the nodes n_j at 0, dt/2 and dt, shape (3, 3).

    The integral is over the whole of [0, dt], or over its second half. What lies along a is interpolated by
    Simpson's parabola. What lies across it goes round, about a point that need not lie on a: it is
    interpolated by z₀ + (z₁ + z₂ s) e^{i|a|s}, and so the rule is exact at any |a| dt for precession about a
    fixed tilt, and Simpson's (1, 4, 1) dt/6 as |a| dt -> 0. Without it fast precession would alias into the
    entropies and the mean of n. Not ``tilted``, about a: (z₀ + z₁ s + z₂ s²) e^{i|a|s}, for slow precession.

    Examples
    --------
    >>> drift_weights(np.zeros(3), np.array([0.0, 0.0, 1.0]), 6.0)[:, 2]
    array([1., 4., 1.])
    """
    omega = float(np.linalg.norm(a))
    axis = a / omega if omega > 0.0 else np.array([0.0, 0.0, 1.0])
    along = axis * (axis @ vector)
    across = vector - along
    turned = np.cross(axis, vector)
    begin = 0.0 if half else -1.0
    rows = [
        rest.real * along + turning.real * across - turning.imag * turned
        for rest, turning in zip(
            _three_point_rule(0.0, begin, False),
            _three_point_rule(0.5 * omega * dt, begin, tilted),
            strict=True,
        )
    ]
    return 0.5 * dt * np.array(rows)


def _three_point_rule(phase: float, begin: float, tilted: bool) -> NDArray[np.complex128]:
    """Weights g_j of ∫ z ds from begin to 1, z given at -1, 0, 1 and turning as e^{i phase s}."""
    nodes = np.array([-1.0, 0.0, 1.0])
    powers = np.stack([nodes**0, nodes, nodes**2], axis=1)
    moments = _oscillating_moments(phase, begin)
    values = powers * np.exp(1j * phase * nodes)[:, None]
    if tilted and _SMALL_PHASE < phase < _FULL_TURN:
        # A constant instead of the parabola's third coefficient. At whole turns the two are one.
        values[:, 2], moments[2] = 1.0, 1.0 - begin
    return np.asarray(np.linalg.solve(values.T, moments), complex)


def _oscillating_moments(phase: float, begin: float) -> NDArray[np.complex128]:
    """∫ s^k e^{i phase s} ds from begin to 1 for k = 0, 1, 2."""
    powers = np.arange(3)
    if phase <= _LARGE_PHASE:
        half = 0.5 * (1.0 - begin)
        s = begin + half * (1.0 + _NODES)
        moments: NDArray[np.complex128] = half * (s ** powers[:, None]) @ (_GAUSS * np.exp(1j * phase * s))
        return moments
    # By parts, each power from the one below it.
    last, first = np.exp(1j * phase), np.exp(1j * phase * begin)
    found: list[complex] = []
    for k in range(3):
        below = k * found[-1] if k else 0.0
        found.append(complex((last - begin**k * first - below) / (1j * phase)))
    return np.array(found)
