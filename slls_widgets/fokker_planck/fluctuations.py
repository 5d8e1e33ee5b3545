"""Δ_P, the fluctuation of the pumped entropy, and its bound.

Δ_P = 2 (2να/δ)² <δf φ>, where φ solves 𝓛φ = -δf, f = n·p̂. It is bilinear in the moments x and in φ: it feels
the residual of φ through y, with 𝓛ᵀy = -(the moments of δf), and that of x through χ, with 𝓛χ = -δf φ.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .certificate import Remains, add_slopes, add_source_shell, extend, order_shell, residual, weigh
from .compensated import coupling_tails, dot, element_tails, precise_multiply, precise_solve, subtract
from .couplings import ADJOINT, GENERATOR, MULTIPLICATION, couplings
from .elimination import solve
from .observables import multiply

Array = NDArray[np.float64]

__all__ = ["fluctuation", "solution"]


@kernel()
def solution(
    frame: Array, elements: Array, table: Array, inverse: Array, f: Array, side: float, precise: bool
) -> tuple[Array, Array, Array]:
    """`elimination.solve`, refined if ``precise``: v, its tail, a bound of the residual."""
    v, spin = solve(table, inverse, f, side), side * frame[2]
    if precise:
        tails = coupling_tails(elements, element_tails(elements), frame[0], frame[1], side)
        return precise_solve(table, tails, inverse, spin, f, side, v)
    return v, np.zeros(v.shape), residual(table, spin, f, v)


@kernel()
def fluctuation(
    frame: Array,
    elements: Array,
    table: Array,
    adjoint: Array,
    inverse: Array,
    f: Array,
    x: Array,
    x_tail: Array,
    left_x: Remains,
    phi: Array,
    phi_tail: Array,
    left_phi: Remains,
    precise: bool,
) -> tuple[float, Array]:
    """<δf φ>, and its bounds from the degree, the order and rounding."""
    b_x, b_z, a_z, p_x, p_y = frame[0], frame[1], frame[2], frame[6], frame[7]
    order_max = x.shape[1] // 2
    y_source, chi_source, covariance, noise = sources(frame, elements, x, x_tail, phi, phi_tail, f, precise)
    y_source[0, 0] = 0.0
    chi_source[0, 0] = 0.0
    y, _, _ = solution(frame, elements, adjoint, inverse, y_source, ADJOINT, precise)
    chi = solve(table, inverse, chi_source, GENERATOR)

    flow = order_shell(b_x, chi, GENERATOR)
    add_source_shell(flow, p_x, p_y, phi)
    parts = weigh(chi, extend(order_max + 1, b_z, a_z, flow, GENERATOR), left_x)
    flow = order_shell(b_x, y, ADJOINT)
    add_source_shell(flow, p_x, p_y, x)
    parts += weigh(y, extend(order_max + 1, b_z, a_z, flow, ADJOINT), left_phi)
    # Both feel the same parameters: their slopes add with signs.
    slope = np.zeros(3)
    add_slopes(slope, elements, phi, y)
    add_slopes(slope, elements, chi, x)
    parts[2] += noise + 1e-14 * abs(covariance)
    for j in range(3):
        parts[2] += abs(slope[j]) * frame[10 + j]
    return covariance, parts


@kernel()
def sources(
    frame: Array,
    elements: Array,
    x: Array,
    x_tail: Array,
    phi: Array,
    phi_tail: Array,
    f: Array,
    precise: bool,
) -> tuple[Array, Array, float, float]:
    """The moments of δf, the function δf φ with its part in x taken out, <δf φ>, and its rounding."""
    p_x, p_y, p_z = frame[6], frame[7], frame[8]
    across = couplings(elements, p_x, p_z, MULTIPLICATION)
    aside = couplings(elements, p_y, 0.0, MULTIPLICATION)
    if precise:
        rest = element_tails(elements)
        across_tails = coupling_tails(elements, rest, p_x, p_z, MULTIPLICATION)
        aside_tails = coupling_tails(elements, rest, p_y, 0.0, MULTIPLICATION)
        y, y_tail = precise_multiply(across, across_tails, aside, aside_tails, x, x_tail)
        chi, chi_tail = precise_multiply(across, across_tails, aside, aside_tails, phi, phi_tail)
        mean, mean_tail = y[0, 0], y_tail[0, 0]
        overlap, overlap_tail = dot(phi, phi_tail, x, x_tail)
        subtract(y, y_tail, mean, mean_tail, x, x_tail)
        subtract(chi, chi_tail, mean, mean_tail, phi, phi_tail)
        subtract(chi, chi_tail, overlap, overlap_tail, f, np.zeros(f.shape))
        covariance, _ = dot(phi, phi_tail, y, y_tail)
        # Rounded only now: little is left of their large terms, and the tail is no small part of that.
        return y + y_tail, chi + chi_tail, covariance, 0.0
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
