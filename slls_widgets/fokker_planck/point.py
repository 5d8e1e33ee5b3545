"""The rates at one point and one truncation, with a bound for everything that is neglected or rounded.

`truncation` chooses the size and raises it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .certificate import felt, remains, residual
from .couplings import ADJOINT, GENERATOR, couplings, matrix_elements
from .elimination import eliminate, solve
from .fluctuations import fluctuation, solution
from .observables import evaluate, harmonic_weights, low_functions, positions, scales

Array = NDArray[np.float64]

__all__ = ["factorise", "moment_bounds", "rates"]


@kernel()
def factorise(frame: Array, ell_max: int, order_max: int) -> tuple[Array, Array, Array]:
    """Matrix elements, couplings and inverse blocks of 𝓛 at a truncation."""
    elements = matrix_elements(ell_max, order_max)
    table = couplings(elements, frame[0], frame[1], GENERATOR)
    return elements, table, eliminate(table, frame[2], 0.0)


@kernel()
def rates(
    frame: Array,
    alpha: float,
    nu: float,
    delta: float,
    elements: Array,
    table: Array,
    inverse: Array,
    precise: bool,
) -> tuple[Array, Array, Array]:
    """S_P, S_B, Σ, Δ_P at a truncation, in working precision or refined to twice that.

    Returns the four values; bounds from the degree, the order and rounding, shape (3, 4); the moments, shape
    (L+1, 2M+1).
    """
    n = inverse.shape[1]
    adjoint = couplings(elements, frame[0], frame[1], ADJOINT)
    unit = np.zeros((1, n))
    unit[0, 0] = 1.0
    x, x_tail, inside = solution(frame, elements, adjoint, inverse, unit, ADJOINT, precise)
    left = remains(frame[0], adjoint, x, inside, ADJOINT)
    functions = low_functions(frame, alpha, nu, delta, n // 2)
    phi, phi_tail, inside = solution(frame, elements, table, inverse, functions[0], GENERATOR, precise)
    left_phi = remains(frame[0], table, phi, inside, GENERATOR)

    reduced, reading = evaluate(frame, alpha, nu, delta, x, x_tail)
    factor = scales(alpha, nu, delta)
    values, bounds = np.zeros(4), np.zeros((3, 4))
    for i in range(3):
        psi = phi if i == 0 else solve(table, inverse, functions[i], GENERATOR)
        parts = felt(frame, elements, psi, x, left)
        parts[2] += reading[i] + 1e-15 * abs(reduced[i])
        values[i], bounds[:, i] = factor[i] * reduced[i], abs(factor[i]) * parts
    # S_B = Σ - S_P: its error is small by accident where theirs are equal, and no sign is known that well.
    for row in range(2):
        bounds[row, 1] = max(bounds[row, 1], 0.3 * bounds[row, 0], 0.3 * bounds[row, 2])
    # At small δ near θ = π/2 that sum is known better than the balance B, of which Σ is a large multiple.
    if bounds[:, :2].sum() < bounds[:, 2].sum():
        values[2], bounds[:, 2] = values[0] + values[1], bounds[:, 0] + bounds[:, 1]
        bounds[2, 2] += 1e-15 * abs(values[2])

    covariance, parts = fluctuation(
        frame,
        elements,
        table,
        adjoint,
        inverse,
        functions[0],
        x,
        x_tail,
        left,
        phi,
        phi_tail,
        left_phi,
        precise,
    )
    values[3], bounds[:, 3] = factor[3] * covariance, factor[3] * parts
    return values, bounds, x


@kernel()
def moment_bounds(frame: Array, x: Array, inverse: Array) -> Array:
    """Bounds of the eight low moments (weights in `observables.positions`) of a solution, shape (8,)."""
    ell_max, n = x.shape[0] - 1, x.shape[1]
    order_max = n // 2
    elements = matrix_elements(ell_max, order_max)
    table = couplings(elements, frame[0], frame[1], GENERATOR)
    adjoint = couplings(elements, frame[0], frame[1], ADJOINT)
    unit = np.zeros((1, n))
    unit[0, 0] = 1.0
    left = remains(frame[0], adjoint, x, residual(adjoint, -frame[2], unit, x), ADJOINT)
    factor, where = harmonic_weights(), positions(order_max)
    out = np.zeros(8)
    for k in range(8):
        f = np.zeros((3, n))
        f[1 if k < 3 else 2, where[k]] = factor[k]
        psi = solve(table, inverse, f, GENERATOR)
        out[k] = felt(frame, elements, psi, x, left).sum() + 1e-15
    return out
