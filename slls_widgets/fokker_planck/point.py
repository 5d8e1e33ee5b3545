"""One parameter point: rates with error bounds, truncation raised until they suffice."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .certificate import (
    add_slopes,
    add_source_shell,
    degree_tail,
    extend,
    order_shell,
    residual,
    weigh,
)
from .compensated import (
    coupling_tails,
    dot,
    element_tails,
    precise_multiply,
    precise_solve,
    subtract,
)
from .couplings import ADJOINT, GENERATOR, MULTIPLICATION, couplings, matrix_elements
from .elimination import eliminate, solve
from .frame import frame_components
from .observables import evaluate, harmonic_weights, low_functions, multiply, positions, scales

Array = NDArray[np.float64]

__all__ = ["Solved", "factorise", "moment_bounds", "rates", "refine", "solve_range", "starting_size", "work"]

# Values below this are compared absolutely: a rate that is zero has no relative error.
FLOOR = 1e-9
_MAX_ROUNDS = 12


@kernel()
def factorise(frame: Array, ell_max: int, order_max: int) -> tuple[Array, Array, Array]:
    """Matrix elements, couplings and inverse blocks of 𝓛 at a truncation."""
    elements = matrix_elements(ell_max, order_max)
    table = couplings(elements, frame[0], frame[1], GENERATOR)
    return elements, table, eliminate(table, frame[2], 0.0)


@kernel()
def solution(
    table: Array, tails: Array, inverse: Array, spin: float, f: Array, side: float
) -> tuple[Array, Array, Array]:
    """`elimination.solve`, refined if there are ``tails``: v, its tail, a bound of the residual."""
    v = solve(table, inverse, f, side)
    if tails.size > 0:
        return precise_solve(table, tails, inverse, spin, f, side, v)
    return v, np.zeros(v.shape), residual(table, spin, f, v)


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
    b_x, b_z, a_z = frame[0], frame[1], frame[2]
    p_x, p_y, p_z = frame[6], frame[7], frame[8]
    n = inverse.shape[1]
    order_max = n // 2
    adjoint = couplings(elements, b_x, b_z, ADJOINT)
    across = couplings(elements, p_x, p_z, MULTIPLICATION)
    aside = couplings(elements, p_y, 0.0, MULTIPLICATION)
    tails = adjoint_tails = across_tails = aside_tails = np.zeros((0, 7, 0))
    if precise:
        rest = element_tails(elements)
        tails = coupling_tails(elements, rest, b_x, b_z, GENERATOR)
        adjoint_tails = coupling_tails(elements, rest, b_x, b_z, ADJOINT)
        across_tails = coupling_tails(elements, rest, p_x, p_z, MULTIPLICATION)
        aside_tails = coupling_tails(elements, rest, p_y, 0.0, MULTIPLICATION)

    # The moments, and what each functional makes of their residual.
    unit = np.zeros((1, n))
    unit[0, 0] = 1.0
    x, x_tail, inside = solution(adjoint, adjoint_tails, inverse, -a_z, unit, ADJOINT)
    functions = low_functions(frame, alpha, nu, delta, order_max)
    reduced, reading = evaluate(frame, alpha, nu, delta, x, x_tail)
    shell, tail = order_shell(b_x, x, ADJOINT), degree_tail(adjoint, x)
    uncertain = frame[10:13]
    factor = scales(alpha, nu, delta)
    bounds = np.zeros((3, 4))
    f = functions[0]
    phi, phi_tail, inside_phi = solution(table, tails, inverse, a_z, f, GENERATOR)
    for i in range(3):
        psi = phi if i == 0 else solve(table, inverse, functions[i], GENERATOR)
        beyond = extend(order_max + 1, b_z, a_z, order_shell(b_x, psi, GENERATOR), GENERATOR)
        degree, order, rounding = weigh(psi, beyond, inside, shell, tail)
        slope = np.zeros(3)
        add_slopes(slope, elements, psi, x)
        for j in range(3):
            rounding += abs(slope[j]) * uncertain[j]
        scale = abs(factor[i])
        bounds[0, i], bounds[1, i] = scale * degree, scale * order
        bounds[2, i] = scale * (rounding + reading[i] + 1e-15 * abs(reduced[i]))

    # S_B = Σ - S_P: its error is small by accident where theirs are equal, and no sign is known that well.
    for row in range(2):
        bounds[row, 1] = max(bounds[row, 1], 0.3 * bounds[row, 0], 0.3 * bounds[row, 2])

    # Δ_P = 2 (2να/δ)² <δf φ>: bilinear, so it feels the residual of φ through y and that of x through χ.
    y_source, chi_source, covariance, noise = sources(
        across, aside, across_tails, aside_tails, x, x_tail, phi, phi_tail, f
    )
    y_source[0, 0] = 0.0
    chi_source[0, 0] = 0.0
    y = solve(adjoint, inverse, y_source, ADJOINT)
    chi = solve(table, inverse, chi_source, GENERATOR)
    flow = order_shell(b_x, chi, GENERATOR)
    add_source_shell(flow, p_x, p_y, phi)
    beyond = extend(order_max + 1, b_z, a_z, flow, GENERATOR)
    x_degree, x_order, x_rounding = weigh(chi, beyond, inside, shell, tail)
    flow = order_shell(b_x, y, ADJOINT)
    add_source_shell(flow, p_x, p_y, x)
    beyond = extend(order_max + 1, b_z, a_z, flow, ADJOINT)
    shell, tail = order_shell(b_x, phi, GENERATOR), degree_tail(table, phi)
    degree, order, rounding = weigh(y, beyond, inside_phi, shell, tail)
    slope = np.zeros(3)
    add_slopes(slope, elements, phi, y)
    add_slopes(slope, elements, chi, x)
    rounding += x_rounding + noise + 1e-14 * abs(covariance)
    for j in range(3):
        rounding += abs(slope[j]) * uncertain[j]
    bounds[0, 3] = factor[3] * (x_degree + degree)
    bounds[1, 3] = factor[3] * (x_order + order)
    bounds[2, 3] = factor[3] * rounding
    values = np.array(
        [factor[0] * reduced[0], factor[1] * reduced[1], factor[2] * reduced[2], factor[3] * covariance]
    )
    return values, bounds, x


@kernel()
def sources(
    across: Array,
    aside: Array,
    across_tails: Array,
    aside_tails: Array,
    x: Array,
    x_tail: Array,
    phi: Array,
    phi_tail: Array,
    f: Array,
) -> tuple[Array, Array, float, float]:
    """The moments of δf, the function δf φ with its part in x taken out, <δf φ>, and its rounding."""
    if across_tails.size > 0:
        y, y_tail = precise_multiply(across, across_tails, aside, aside_tails, x, x_tail)
        chi, chi_tail = precise_multiply(across, across_tails, aside, aside_tails, phi, phi_tail)
        mean, mean_tail = y[0, 0], y_tail[0, 0]
        overlap, overlap_tail = dot(phi, phi_tail, x, x_tail)
        subtract(y, y_tail, mean, mean_tail, x, x_tail)
        subtract(chi, chi_tail, mean, mean_tail, phi, phi_tail)
        subtract(chi, chi_tail, overlap, overlap_tail, f, np.zeros(f.shape))
        covariance, _ = dot(phi, phi_tail, y, y_tail)
        return y, chi, covariance, 0.0
    y, chi = multiply(across, aside, x), multiply(across, aside, phi)
    mean = y[0, 0]
    covariance = overlap = noise = 0.0
    for ell in range(x.shape[0]):
        for k in range(x.shape[1]):
            y[ell, k] -= mean * x[ell, k]
            chi[ell, k] -= mean * phi[ell, k]
            overlap += phi[ell, k] * x[ell, k]
            covariance += phi[ell, k] * y[ell, k]
            noise += abs(phi[ell, k]) * (abs(y[ell, k]) + math.sqrt(ell + 1.0))
    for ell in range(f.shape[0]):
        for k in range(f.shape[1]):
            chi[ell, k] -= overlap * f[ell, k]
    return y, chi, covariance, 1e-15 * noise


@kernel()
def starting_size(frame: Array, tol: float) -> tuple[int, int]:
    """First guess of (L, M).

    Coefficients fall like exp(-l²/2|b|), and a functional's error like their square; near the line a·b = 0,
    where b_z is small, orbits average the field away and little of b_x counts. In m they fall by the size of
    the nonlinear term of the flow, b_x z², over a thermal radius z² ~ 1/b_z, against its linear one. The
    constants minimise the work on random points; four in five need no second round.
    """
    b_x, b_z = frame[0], frame[1]
    strength = math.hypot(b_x, b_z) + 1e-300
    digits = math.log(1.0 / tol)
    # Σ is smaller than its parts by a power of the field: strong fields need more digits of them.
    extra = 10.0 + 5.0 * max(0.0, math.log(strength / 150.0))
    ell_max = int(4.0 + math.sqrt((digits + extra) * (b_z + 0.05 * b_x * b_x / strength)))
    linear = math.hypot(b_z + 2.0, frame[2])
    decay = b_x / (linear * math.sqrt(b_z + 1.0))
    order_max = 2
    if decay > 0.0:
        fall = max(0.74, -1.85 - 1.48 * math.log(decay))
        order_max = min(16, 2 + int(max(0.0, 0.44 * (digits - 4.0)) / fall))
    return ell_max, min(order_max, ell_max)


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
def judge(values: Array, parts: Array, ell_max: int, order_max: int, tol: float) -> tuple[int, int, bool]:
    """The truncation that should meet ``tol``, and whether rounding alone takes a good part of it.

    It is the present one if that suffices, or if rounding hides what a larger one could gain.
    """
    excess, relative = np.zeros(2), np.zeros(2)
    share = 0.0
    for i in range(4):
        size = max(abs(values[i]), FLOOR)
        share = max(share, parts[2, i] / size)
        for row in range(2):
            part = parts[row, i]
            if not part <= 0.5 * parts[2, i]:
                excess[row] = max(excess[row], part / (0.4 * tol * size))
                relative[row] = max(relative[row], part / size)
    if not excess[0] <= 1.0:
        ell_max = grown(ell_max, excess[0], relative[0], 0.5)
    if not excess[1] <= 1.0:
        order_max = grown(order_max, excess[1], relative[1], 1.0)
    return ell_max, min(order_max, ell_max), not share <= 0.2 * tol


@kernel()
def certify(values: Array, parts: Array) -> tuple[Array, float]:
    """The bound of each rate, and the certificate: the largest of bound/max(|value|, 1e-9)."""
    bounds, worst = np.zeros(4), 0.0
    for i in range(4):
        bounds[i] = parts[0, i] + parts[1, i] + parts[2, i]
        worst = max(worst, bounds[i] / max(abs(values[i]), FLOOR))
    return bounds, worst


class Solved(NamedTuple):
    """S_P, S_B, Σ, Δ_P (4,), their bounds, the certificate, the moments (L+1, 2M+1), the inverse blocks."""

    values: Array
    bounds: Array
    certificate: float
    moments: Array
    inverse: Array


def work(ell_max: int, order_max: int) -> float:
    """L (2M+1)², the numbers in the inverse blocks."""
    return ell_max * (2.0 * order_max + 1.0) ** 2


def refine(alpha: float, nu: float, delta: float, theta: float, tol: float, limit: float) -> Solved:
    """Raise L and M until every rate is within tol of max(|value|, 1e-9), or rounding or ``limit`` forbids.

    Twice the working precision is used from the first truncation on where rounding would exceed ``tol``.
    ``limit`` is the largest sum of L (2M+1)² over all truncations.
    """
    frame = frame_components(alpha, nu, delta, theta)
    ell_max, order_max = starting_size(frame, tol)
    precise, spent = False, 0.0
    for _ in range(_MAX_ROUNDS):
        spent += work(ell_max, order_max)
        operators = factorise(frame, ell_max, order_max)
        values, parts, x = rates(frame, alpha, nu, delta, *operators, precise)
        *size, hidden = judge(values, parts, ell_max, order_max, tol)
        if hidden and not precise:
            precise = True
            values, parts, x = rates(frame, alpha, nu, delta, *operators, precise)
            *size, _ = judge(values, parts, ell_max, order_max, tol)
        if size == [ell_max, order_max] or spent + work(*size) > limit:
            break
        ell_max, order_max = size
    return Solved(values, *certify(values, parts), x, operators[2])


@kernel()
def moment_bounds(frame: Array, alpha: float, nu: float, delta: float, x: Array, inverse: Array) -> Array:
    """Bounds of the eight low moments (weights in `observables.positions`) of a solution, shape (8,)."""
    ell_max, n = x.shape[0] - 1, x.shape[1]
    order_max = n // 2
    b_x, b_z, a_z = frame[0], frame[1], frame[2]
    elements = matrix_elements(ell_max, order_max)
    table, adjoint = couplings(elements, b_x, b_z, GENERATOR), couplings(elements, b_x, b_z, ADJOINT)
    unit = np.zeros((1, n))
    unit[0, 0] = 1.0
    inside = residual(adjoint, -a_z, unit, x)
    shell, tail = order_shell(b_x, x, ADJOINT), degree_tail(adjoint, x)
    uncertain = frame[10:13]
    factor, where = harmonic_weights(), positions(order_max)
    out = np.zeros(8)
    for k in range(8):
        f = np.zeros((3, n))
        f[1 if k < 3 else 2, where[k]] = factor[k]
        psi = solve(table, inverse, f, GENERATOR)
        beyond = extend(order_max + 1, b_z, a_z, order_shell(b_x, psi, GENERATOR), GENERATOR)
        degree, order, rounding = weigh(psi, beyond, inside, shell, tail)
        slope = np.zeros(3)
        add_slopes(slope, elements, psi, x)
        out[k] = degree + order + rounding + 1e-15
        for j in range(3):
            out[k] += abs(slope[j]) * uncertain[j]
    return out


def solve_range(points: Array, tol: float, limit: float, out: Array, first: int, last: int) -> None:
    """Solve points[first:last] of (α, ν, δ, θ) into out[first:last], nine numbers each (`Solutions`)."""
    for i in range(first, last):
        alpha, nu, delta, theta = points[i].tolist()
        if alpha == 0.0:
            # Equilibrium: every rate vanishes identically.
            out[i] = 0.0
        else:
            solved = refine(alpha, nu, delta, theta, tol, limit)
            out[i, :4], out[i, 4], out[i, 5:] = solved.values, solved.certificate, solved.bounds
