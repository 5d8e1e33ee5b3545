"""One parameter point: rates with error bounds, truncation raised until they suffice. All compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .certificate import degree_tail, extend, order_shell, residual, weigh
from .elimination import couplings, eliminate, geometry, solve, transpose, transpose_blocks
from .frame import frame_components
from .observables import evaluate, harmonic_weights, low_functions, multiply, positions, scales

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

__all__ = ["attempt", "moment_bounds", "refine", "solve_range", "starting_size"]

# Values below this are compared absolutely: a rate that is zero has no relative error.
FLOOR = 1e-9
_MAX_ROUNDS = 12


@kernel()
def attempt(
    frame: Array, alpha: float, nu: float, delta: float, ell_max: int, order_max: int, matrix_elements: Array
) -> tuple[Array, Array, Array]:
    """S_P, S_B, Σ, Δ_P at a given truncation, and their bounds.

    Returns the four values; bounds from the degree, the order and rounding, shape (3, 4); the moments, shape
    (L+1, 2M+1).
    """
    b_x, b_z, a_z = frame[0], frame[1], frame[2]
    table = couplings(matrix_elements, ell_max, b_x, b_z)
    table_t = transpose(table)
    inverse = eliminate(table, a_z, 0.0)
    inverse_t = transpose_blocks(inverse)
    n = 2 * order_max + 1
    # b_z and a_z are each a sum of two terms: their own rounding is that of the terms.
    q_r, q_i, strength = abs(frame[5]), abs(alpha * frame[8]), nu / delta
    b_size, a_size = strength * (delta * q_r + q_i), strength * (q_r + delta * q_i)
    size = couplings(matrix_elements, ell_max, b_x, b_size)
    size_t = transpose(size)

    unit = np.zeros((1, n))
    unit[0, 0] = 1.0
    x = solve(table_t, inverse_t, unit, 0)
    functions = low_functions(frame, alpha, delta, order_max)
    reduced, reading = evaluate(frame, alpha, delta, x)
    inside = residual(table_t, size_t, -a_z, a_size, unit, 0, x)
    shell, tail = order_shell(b_x, x, True), degree_tail(table_t, x)
    scale = np.abs(scales(alpha, nu, delta))
    bounds = np.zeros((3, 4))
    phi = x
    for i in range(3):
        psi = solve(table, inverse, functions[i], 1 if i == 0 else 2)
        beyond = extend(order_max + 1, b_z, a_z, order_shell(b_x, psi, False), False)
        degree, order, rounding = weigh(psi, beyond, inside, shell, tail)
        bounds[0, i], bounds[1, i] = scale[i] * degree, scale[i] * order
        bounds[2, i] = scale[i] * (rounding + reading[i] + 4e-16 * abs(reduced[i]))
        if i == 0:
            phi = psi

    # S_B = Σ - S_P: its error is small by accident where theirs are equal, and no sign is known that well.
    for row in range(2):
        bounds[row, 1] = max(bounds[row, 1], 0.3 * bounds[row, 0], 0.3 * bounds[row, 2])

    # Δ_P = 2 (2να/δ)² <δf φ>: bilinear, so it feels the residual of φ through y and that of x through χ.
    f, mean = functions[0], reduced[0]
    y_source = multiply(matrix_elements, frame[6], frame[7], frame[8], x)
    chi_source = multiply(matrix_elements, frame[6], frame[7], frame[8], phi)
    covariance = overlap = noise = 0.0
    for ell in range(ell_max + 1):
        for k in range(n):
            y_source[ell, k] -= mean * x[ell, k]
            covariance += phi[ell, k] * y_source[ell, k]
            overlap += phi[ell, k] * x[ell, k]
            noise += abs(phi[ell, k]) * (abs(y_source[ell, k]) + math.sqrt(ell + 1.0))
    for ell in range(ell_max + 1):
        for k in range(n):
            chi_source[ell, k] -= mean * phi[ell, k]
            if ell < 3:
                chi_source[ell, k] -= overlap * f[ell, k]
    y_source[0, 0] = 0.0
    chi_source[0, 0] = 0.0
    y = solve(table_t, inverse_t, y_source, ell_max)
    chi = solve(table, inverse, chi_source, ell_max)
    flow = order_shell(b_x, chi, False) + source_shell(frame[6], frame[7], phi)
    beyond = extend(order_max + 1, b_z, a_z, flow, False)
    degree, order, rounding = weigh(chi, beyond, inside, shell, tail)
    bounds[0, 3], bounds[1, 3], bounds[2, 3] = degree, order, rounding
    inside = residual(table, size, a_z, a_size, f, 1, phi)
    flow = order_shell(b_x, y, True) + source_shell(frame[6], frame[7], x)
    beyond = extend(order_max + 1, b_z, a_z, flow, True)
    shell, tail = order_shell(b_x, phi, False), degree_tail(table, phi)
    degree, order, rounding = weigh(y, beyond, inside, shell, tail)
    bounds[0, 3] = scale[3] * (bounds[0, 3] + degree)
    bounds[1, 3] = scale[3] * (bounds[1, 3] + order)
    bounds[2, 3] = scale[3] * (bounds[2, 3] + rounding + 1e-15 * noise)
    factor = scales(alpha, nu, delta)
    values = np.array(
        [factor[0] * reduced[0], factor[1] * reduced[1], factor[2] * reduced[2], factor[3] * covariance]
    )
    return values, bounds, x


@kernel()
def source_shell(p_x: float, p_y: float, v: Array) -> Complex:
    """(p̂·n) v in order M+1, per degree, as R - iI: the transverse part of p̂ couples orders M and M+1."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    m = n // 2
    out = np.zeros(ell_max + 1, dtype=np.complex128)
    for ell in range(m + 1, ell_max + 1):
        norm = 2.0 * ell - 1.0
        below = -math.sqrt((ell + m) * (ell + m + 1.0) / (norm * (norm + 2.0)))
        total = below * complex(v[ell - 1, m], -v[ell - 1, n - 1])
        if ell < ell_max:
            norm = 2.0 * ell + 1.0
            above = math.sqrt((ell - m) * (ell - m + 1.0) / (norm * (norm + 2.0)))
            total += above * complex(v[ell + 1, m], -v[ell + 1, n - 1])
        out[ell] = 0.5 * complex(p_x, -p_y) * total
    return out


@kernel()
def starting_size(frame: Array, tol: float) -> tuple[int, int]:
    """First guess of (L, M).

    Coefficients fall like exp(-l²/2|b|), and a functional's error like their square. In m they fall by the
    size of the nonlinear term of the flow, b_x z², over a thermal radius z² ~ 1/b_z, against its linear one.
    """
    b_x, b_z = frame[0], frame[1]
    strength = math.hypot(b_x, b_z)
    digits = math.log(1.0 / tol)
    # Σ is smaller than its parts by a power of the field: strong fields need more digits of them.
    extra = 7.0 + 5.0 * max(0.0, math.log(strength / 150.0 + 1e-300))
    ell_max = int(6.0 + math.sqrt((digits + extra) * strength))
    linear = math.hypot(b_z + 2.0, frame[2])
    decay = b_x / (linear * math.sqrt(b_z + 1.0))
    order_max = 2
    if decay > 0.0:
        fall = max(0.5, 0.3 - 2.0 * math.log(min(decay, 1.0)))
        order_max = min(16, 2 + int(0.5 * digits / fall))
    return ell_max, min(order_max, ell_max)


@kernel()
def refine(
    alpha: float, nu: float, delta: float, theta: float, tol: float, limit: float
) -> tuple[Array, Array, Array]:
    """Raise L and M until every rate is within tol of max(|value|, 1e-9), or rounding or ``limit`` forbids.

    Returns values (4,), bounds (4,), moments (L+1, 2M+1). ``limit`` is the largest L (2M+1)².
    """
    frame = frame_components(alpha, nu, delta, theta)
    ell_max, order_max = starting_size(frame, tol)
    for _ in range(_MAX_ROUNDS):
        values, parts, x = attempt(frame, alpha, nu, delta, ell_max, order_max, geometry(ell_max, order_max))
        # How far the two truncations are from what is wanted; below rounding there is nothing to gain.
        excess = np.zeros(2)
        relative = np.zeros(2)
        for i in range(4):
            target = 0.4 * tol * max(abs(values[i]), FLOOR)
            for row in range(2):
                part = parts[row, i]
                if part > 0.5 * parts[2, i]:
                    excess[row] = max(excess[row], part / target)
                    relative[row] = max(relative[row], part / max(abs(values[i]), FLOOR))
        next_ell, next_order = ell_max, order_max
        if not excess[0] <= 1.0:
            next_ell = grown(ell_max, excess[0], relative[0], 0.5)
        if not excess[1] <= 1.0:
            next_order = grown(order_max, excess[1], relative[1], 1.0)
        next_order = min(next_order, next_ell)
        done = next_ell == ell_max and next_order == order_max
        if done or next_ell * (2.0 * next_order + 1.0) ** 2 > limit:
            break
        ell_max, order_max = next_ell, next_order
    return values, parts[0] + parts[1] + parts[2], x


@kernel()
def grown(size: int, excess: float, relative: float, power: float) -> int:
    """Next truncation if the error falls like ρ^(size^(1/power)): at most doubled, at least two more."""
    if not relative < 0.05:
        return 2 * size
    wanted = (1.0 + math.log(excess) / -math.log(relative)) ** power
    proposed: int = math.ceil(size * min(wanted, 2.0)) + 1
    larger: int = min(2 * size, max(size + 2, proposed))
    return larger


@kernel()
def moment_bounds(frame: Array, alpha: float, nu: float, delta: float, x: Array) -> Array:
    """Bounds of the eight low moments (weights in `observables.positions`) of a solution, shape (8,)."""
    ell_max, n = x.shape[0] - 1, x.shape[1]
    order_max = n // 2
    b_x, b_z, a_z = frame[0], frame[1], frame[2]
    elements = geometry(ell_max, order_max)
    table = couplings(elements, ell_max, b_x, b_z)
    table_t = transpose(table)
    inverse = eliminate(table, a_z, 0.0)
    q_r, q_i, strength = abs(frame[5]), abs(alpha * frame[8]), nu / delta
    size_t = transpose(couplings(elements, ell_max, b_x, strength * (delta * q_r + q_i)))
    unit = np.zeros((1, n))
    unit[0, 0] = 1.0
    inside = residual(table_t, size_t, -a_z, strength * (q_r + delta * q_i), unit, 0, x)
    shell, tail = order_shell(b_x, x, True), degree_tail(table_t, x)
    factor, where = harmonic_weights(), positions(order_max)
    out = np.zeros(8)
    for k in range(8):
        f = np.zeros((3, n))
        f[1 if k < 3 else 2, where[k]] = factor[k]
        psi = solve(table, inverse, f, 1 if k < 3 else 2)
        beyond = extend(order_max + 1, b_z, a_z, order_shell(b_x, psi, False), False)
        degree, order, rounding = weigh(psi, beyond, inside, shell, tail)
        out[k] = degree + order + rounding + 1e-15
    return out


@kernel()
def solve_range(points: Array, tol: float, limit: float, out: Array, first: int, last: int) -> None:
    """Solve points[first:last] of (α, ν, δ, θ) into out[first:last], nine numbers each (`Solutions`)."""
    for i in range(first, last):
        alpha, nu, delta, theta = points[i, 0], points[i, 1], points[i, 2], points[i, 3]
        if alpha == 0.0:
            # Equilibrium: every rate vanishes identically.
            for k in range(9):
                out[i, k] = 0.0
            continue
        values, bounds, _ = refine(alpha, nu, delta, theta, tol, limit)
        worst = 0.0
        for k in range(4):
            out[i, k], out[i, 5 + k] = values[k], bounds[k]
            worst = max(worst, bounds[k] / max(abs(values[k]), FLOOR))
        out[i, 4] = worst
