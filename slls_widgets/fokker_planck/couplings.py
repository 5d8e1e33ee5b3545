"""The generator in the adapted frame as a table of couplings between neighbouring real harmonics.

In the adapted frame (`frame`) 𝓛 maps real harmonics to real harmonics with real coefficients. The basis of
degree l is (R_0, …, R_M, I_1, …, I_M) with R_0 = Y_l0, R_m = √2 Re Y_lm, I_m = √2 Im Y_lm: half the numbers
of the complex basis, since the values at -m follow from those at m. Position k < M+1 is R_k, position M+m is
I_m. Both halves couple their neighbours k ± 1 only, and nothing couples R_M to I_1, so a whole degree is one
tridiagonal coupling in k; the precession a_z alone joins R_m and I_m.

Every operator needed is made of the same seven matrix elements, each times a number per degree. With u = b·n,
𝓛 = ½[∇², u] + u + … is an antisymmetric and a symmetric part:

    𝓛 Y_lm = -l [u Y_lm]_(l+1) + (l+1) [u Y_lm]_(l-1) - b_x i J_y Y_lm + …

so that the transposed generator differs by the sign of ½[∇², u] and of the rotation, and multiplication by u
lacks both. That sign is called ``side``: GENERATOR, ADJOINT, or MULTIPLICATION in the middle.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel

Array = NDArray[np.float64]

__all__ = [
    "ADJOINT",
    "GENERATOR",
    "MULTIPLICATION",
    "couplings",
    "factors",
    "hop",
    "matrix_elements",
    "mirror",
    "quarter_turn",
    "square",
]

# Rows of every table: what (l, k) gives to (l+1, k), (l+1, k+1), (l+1, k-1), (l-1, k), (l-1, k+1),
# (l-1, k-1), and to (l, k+1); the last is a rotation: (l, k+1) gives to (l, k) minus that. The elements are
# those of n_z, n_x, n_x (upwards), n_z, n_x, n_x (downwards), and J_y.

# Floats, because numba compiles a function anew for every integer constant it is called with.
GENERATOR, MULTIPLICATION, ADJOINT = 1.0, 0.0, -1.0


@kernel()
def square(row: int, ell: int, m: int, order_max: int) -> tuple[float, float, float]:
    """Matrix element of R_m as (sign, p, q) with value sign √(p/q); p and q are integers. Rows 0, 1, 2, 6.

    R_0 is normalised without the √2 of the others: elements into and out of it have another factor 2 in p.
    """
    plus, minus = float(ell + m), float(ell - m)
    norm = (2.0 * ell + 1.0) * (2.0 * ell + 3.0)
    if row == 0:
        return 1.0, (plus + 1.0) * (minus + 1.0), norm
    if row == 1 and m < order_max:
        return -1.0, (plus + 1.0) * (plus + 2.0) * (2.0 if m == 0 else 1.0), 4.0 * norm
    if row == 2 and m > 0:
        return 1.0, (minus + 1.0) * (minus + 2.0) * (2.0 if m == 1 else 1.0), 4.0 * norm
    if row == 6 and m < order_max:
        return 1.0, minus * (plus + 1.0) * (2.0 if m == 0 else 1.0), 4.0
    return 1.0, 0.0, 1.0


@kernel()
def mirror(table: Array, order_max: int) -> None:
    """Complete a table of matrix elements from rows 0, 1, 2, 6 of R_0 … R_M."""
    n = table.shape[2]
    for ell in range(table.shape[0]):
        here = table[ell]
        for row in (0, 1, 2, 6):
            for m in range(1, order_max + 1):
                here[row, order_max + m] = here[row, m]
        # I_0 does not exist.
        here[2, order_max + 1] = 0.0
        if ell > 0:
            # Down from (l, k') to (l-1, k) is up from (l-1, k) to (l, k').
            below = table[ell - 1]
            for k in range(n):
                here[3, k] = below[0, k]
            for k in range(n - 1):
                here[4, k] = below[2, k + 1]
                here[5, k + 1] = below[1, k]


@kernel()
def matrix_elements(ell_max: int, order_max: int) -> Array:
    """The seven matrix elements for l = 0 … L+1, shape (L+2, 7, 2M+1), M >= 1; no parameter enters."""
    table = np.zeros((ell_max + 2, 7, 2 * order_max + 1))
    for ell in range(ell_max + 2):
        for row in (0, 1, 2, 6):
            for m in range(min(ell, order_max) + 1):
                sign, p, q = square(row, ell, m, order_max)
                table[ell, row, m] = sign * math.sqrt(p / q)
    mirror(table, order_max)
    return table


@kernel()
def factors(side: float, ell: int) -> tuple[float, float, float]:
    """What multiplies the elements that leave degree l: upwards, downwards, within (module docstring)."""
    return 1.0 - side * (ell + 1.0), 1.0 + side * ell, -side


@kernel()
def couplings(elements: Array, u_x: float, u_z: float, side: float) -> Array:
    """Couplings of 𝓛 with b = (u_x, 0, u_z), of 𝓛ᵀ, or of multiplication by u·n; shape of ``elements``."""
    rows, _, n = elements.shape
    table = np.empty((rows, 7, n))
    for ell in range(rows):
        e, here = elements[ell], table[ell]
        rise, fall, turn = factors(side, ell)
        for row, factor in enumerate(
            (rise * u_z, rise * u_x, rise * u_x, fall * u_z, fall * u_x, fall * u_x, turn * u_x)
        ):
            for k in range(n):
                here[row, k] = factor * e[row, k]
    return table


@kernel(fastmath={"contract"})
def hop(table: Array, v: Array, out: Array) -> None:
    """out += the multiplication of a table on coefficients (L+1, 2M+1), inside the truncation."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    for ell in range(ell_max + 1):
        r = out[ell]
        for first in (0, 3):
            source = ell - 1 if first == 0 else ell + 1
            if 0 <= source <= ell_max:
                w, c = v[source], table[source]
                for k in range(n):
                    r[k] += c[first, k] * w[k]
                for k in range(n - 1):
                    r[k + 1] += c[first + 1, k] * w[k]
                    r[k] += c[first + 2, k + 1] * w[k + 1]


@kernel()
def quarter_turn(v: Array, sense: float) -> Array:
    """v(n) turned about z by sense · 90°, exactly: n_x becomes ± n_y."""
    order_max = v.shape[1] // 2
    cosine, sine = (1.0, 0.0, -1.0, 0.0), (0.0, sense, 0.0, -sense)
    out = np.empty(v.shape)
    for ell in range(v.shape[0]):
        out[ell, 0] = v[ell, 0]
        for m in range(1, order_max + 1):
            c, s, i = cosine[m % 4], sine[m % 4], order_max + m
            out[ell, m] = c * v[ell, m] - s * v[ell, i]
            out[ell, i] = s * v[ell, m] + c * v[ell, i]
    return out
