"""The generator in the adapted frame as a real block-tridiagonal matrix, and its elimination.

In the adapted frame (`frame`) 𝓛 maps real harmonics to real harmonics with real coefficients. The basis of
degree l is (R_0, …, R_M, I_1, …, I_M) with R_0 = Y_l0, R_m = √2 Re Y_lm, I_m = √2 Im Y_lm: half the numbers
of the complex basis, since the values at -m follow from those at m. Position k < M+1 is R_k, position M+m is
I_m. Both halves couple their neighbours k ± 1 only, and nothing couples R_M to I_1, so a whole degree is one
tridiagonal coupling in k; the precession a_z alone joins R_m and I_m.

Row by degree, with U_l: l -> l+1, V_l: l -> l-1, T_l: l -> l,

    𝓛φ = -f:      U_(l-1) φ_(l-1) + T_l φ_l + V_(l+1) φ_(l+1) = -f_l         (functions)
    𝓛ᵀx = -g:     V_lᵀ x_(l-1) + T_lᵀ x_l + U_lᵀ x_(l+1) = -g_l               (moments)

are solved by one elimination from high degrees to low, S_l = T_l - V_(l+1) S_(l+1)⁻¹ U_l: the matrix form of
the backward (Miller) recurrence for Bessel functions, stable because the solution wanted is the one that
decays. The S_l⁻¹ are kept; they serve every right-hand side, of functions and of moments.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel

Array = NDArray[np.float64]

__all__ = ["couplings", "eliminate", "geometry", "solve", "transpose", "transpose_blocks"]

# Rows of the geometry table: n_z from (l, k) to (l+1, k); n_x from (l, k) to (l+1, k+1) and to (l+1, k-1);
# J_y from (l, k) to (l, k+1). Rows of the coupling table: the coefficient with which (l, k) feeds (l+1, k),
# (l+1, k+1), (l+1, k-1), then (l-1, k), (l-1, k+1), (l-1, k-1), then (l, k+1); (l, k+1) feeds (l, k) with
# minus the last.


@kernel()
def geometry(ell_max: int, order_max: int) -> Array:
    """Matrix elements of n_z, n_x and J_y between real harmonics, shape (L+2, 4, 2M+1), M >= 1.

    They depend on no parameter, so one table serves every point of a batch.
    """
    table = np.zeros((ell_max + 2, 4, 2 * order_max + 1))
    for ell in range(ell_max + 2):
        norm = 1.0 / math.sqrt((2.0 * ell + 1.0) * (2.0 * ell + 3.0))
        row = table[ell]
        for m in range(min(ell, order_max) + 1):
            plus, minus = float(ell + m), float(ell - m)
            row[0, m] = norm * math.sqrt((plus + 1.0) * (minus + 1.0))
            if m < order_max:
                row[1, m] = -0.5 * norm * math.sqrt((plus + 1.0) * (plus + 2.0))
                row[3, m] = 0.5 * math.sqrt(minus * (plus + 1.0))
            if m > 0:
                row[2, m] = 0.5 * norm * math.sqrt((minus + 1.0) * (minus + 2.0))
        for m in range(1, order_max + 1):
            for c in range(4):
                row[c, order_max + m] = row[c, m]
        # R_0 is normalised without the √2 of the others; I_0 does not exist.
        row[1, 0] *= math.sqrt(2.0)
        row[2, 1] *= math.sqrt(2.0)
        row[3, 0] *= math.sqrt(2.0)
        row[2, order_max + 1] = 0.0
    return table


@kernel()
def couplings(geometry: Array, ell_max: int, b_x: float, b_z: float) -> Array:
    """Coupling table of 𝓛 in the adapted frame, shape (L+2, 7, 2M+1).

    𝓛Y_lm = … - l [u Y_lm]_(l+1) + (l+1) [u Y_lm]_(l-1) with u = b_x n_x + b_z n_z, and i a·J = -b_x i J_y +
    a_z i J_z.
    """
    n = geometry.shape[2]
    table = np.zeros((ell_max + 2, 7, n))
    for ell in range(ell_max + 2):
        g, here = geometry[ell], table[ell]
        for k in range(n):
            here[0, k] = -ell * b_z * g[0, k]
            here[1, k] = -ell * b_x * g[1, k]
            here[2, k] = -ell * b_x * g[2, k]
            here[6, k] = -b_x * g[3, k]
        if ell > 0:
            # Multiplication by u is symmetric: down from (l, k') to (l-1, k) is up from (l-1, k) to (l, k').
            below, down = geometry[ell - 1], ell + 1.0
            for k in range(n):
                here[3, k] = down * b_z * below[0, k]
            for k in range(n - 1):
                here[4, k] = down * b_x * below[2, k + 1]
                here[5, k + 1] = down * b_x * below[1, k]
    return table


@kernel(fastmath={"contract"})
def invert(a: Array, pivots: NDArray[np.int64], pivot_row: Array) -> None:
    """Invert a small matrix in place: Gauss-Jordan with partial pivoting."""
    n = a.shape[0]
    for p in range(n):
        best, largest = p, abs(a[p, p])
        for i in range(p + 1, n):
            if abs(a[i, p]) > largest:
                best, largest = i, abs(a[i, p])
        pivots[p] = best
        if best != p:
            for j in range(n):
                a[p, j], a[best, j] = a[best, j], a[p, j]
        scale = 1.0 / a[p, p]
        a[p, p] = 1.0
        for j in range(n):
            pivot_row[j] = a[p, j] * scale
        for i in range(n):
            factor = a[i, p]
            a[i, p] = 0.0
            for j in range(n):
                a[i, j] -= factor * pivot_row[j]
        for j in range(n):
            a[p, j] = pivot_row[j]
    for p in range(n - 1, -1, -1):
        if pivots[p] != p:
            q = pivots[p]
            for i in range(n):
                a[i, p], a[i, q] = a[i, q], a[i, p]


@kernel(fastmath={"contract"})
def eliminate(table: Array, a_z: float, shift: float) -> Array:
    """All S_l⁻¹ of 𝓛 - shift, l = 1 … L: shape (L+1, 2M+1, 2M+1)."""
    ell_max, n = table.shape[0] - 2, table.shape[2]
    order_max = n // 2
    inverse = np.zeros((ell_max + 1, n, n))
    pivots = np.zeros(n, dtype=np.int64)
    pivot_row = np.zeros(n)
    q = np.zeros(n + 2)  # a row of V S⁻¹ between two zeros, so that k ± 1 needs no test
    for ell in range(ell_max, 0, -1):
        s = inverse[ell]
        here = table[ell]
        if ell < ell_max:
            above = inverse[ell + 1]
            fed = table[ell + 1]
            for i in range(n):
                for j in range(n):
                    q[j + 1] = fed[3, i] * above[i, j]
                if i > 0:
                    for j in range(n):
                        q[j + 1] += fed[4, i - 1] * above[i - 1, j]
                if i < n - 1:
                    for j in range(n):
                        q[j + 1] += fed[5, i + 1] * above[i + 1, j]
                for j in range(n):
                    s[i, j] = -(here[0, j] * q[j + 1] + here[1, j] * q[j + 2] + here[2, j] * q[j])
        for k in range(n):
            s[k, k] -= ell * (ell + 1.0) + shift
            if k < n - 1:
                s[k + 1, k] += here[6, k]
                s[k, k + 1] -= here[6, k]
        for m in range(1, order_max + 1):
            s[order_max + m, m] -= m * a_z
            s[m, order_max + m] += m * a_z
        invert(s, pivots, pivot_row)
    return inverse


@kernel()
def transpose(table: Array) -> Array:
    """The coupling table of 𝓛ᵀ: what (l, k) feeds under 𝓛ᵀ is what feeds it under 𝓛. Also a_z -> -a_z."""
    rows, _, n = table.shape
    out = np.zeros_like(table)
    for ell in range(rows):
        here = out[ell]
        for k in range(n):
            here[6, k] = -table[ell, 6, k]
        if ell + 1 < rows:
            for k in range(n):
                here[0, k] = table[ell + 1, 3, k]
            for k in range(n - 1):
                here[1, k] = table[ell + 1, 5, k + 1]
                here[2, k + 1] = table[ell + 1, 4, k]
        if ell > 0:
            for k in range(n):
                here[3, k] = table[ell - 1, 0, k]
            for k in range(n - 1):
                here[4, k] = table[ell - 1, 2, k + 1]
                here[5, k + 1] = table[ell - 1, 1, k]
    return out


@kernel()
def transpose_blocks(inverse: Array) -> Array:
    """(S_l⁻¹)ᵀ for all l, contiguous."""
    out = np.empty_like(inverse)
    for ell in range(inverse.shape[0]):
        for i in range(inverse.shape[1]):
            for j in range(inverse.shape[1]):
                out[ell, i, j] = inverse[ell, j, i]
    return out


@kernel(fastmath={"contract", "reassoc"})
def solve(table: Array, inverse: Array, f: Array, low: int) -> Array:
    """φ with (𝓛 - shift) φ = -f in degrees 1 … L, given φ_0 = f_0.

    With the transposed table and blocks: moments x with (𝓛 - shift)ᵀ x = -f. All shapes are (L+1, 2M+1); f
    vanishes beyond degree ``low``, which saves the downward sweep where it is 1 or 0.
    """
    ell_max, n = inverse.shape[0] - 1, inverse.shape[1]
    phi = np.zeros((ell_max + 1, n))
    r = np.zeros(n + 2)
    for k in range(n):
        phi[0, k] = f[0, k]
    for ell in range(1, low + 1):
        for k in range(n):
            phi[ell, k] = -f[ell, k]
    # Downwards: r_l = -f_l - V_(l+1) S_(l+1)⁻¹ r_(l+1).
    for ell in range(low, 1, -1):
        for i in range(n):
            total = 0.0
            for j in range(n):
                total += inverse[ell, i, j] * phi[ell, j]
            r[i + 1] = total
        down, below = table[ell], phi[ell - 1]
        for k in range(n):
            below[k] -= down[3, k] * r[k + 1]
        for k in range(n - 1):
            below[k + 1] -= down[4, k] * r[k + 1]
            below[k] -= down[5, k + 1] * r[k + 2]
    # Upwards: φ_l = S_l⁻¹ (r_l - U_(l-1) φ_(l-1)).
    for ell in range(1, ell_max + 1):
        up, below = table[ell - 1], phi[ell - 1]
        for k in range(n):
            r[k] = phi[ell, k] - up[0, k] * below[k]
        for k in range(n - 1):
            r[k + 1] -= up[1, k] * below[k]
            r[k] -= up[2, k + 1] * below[k + 1]
        for i in range(n):
            total = 0.0
            for j in range(n):
                total += inverse[ell, i, j] * r[j]
            phi[ell, i] = total
    return phi
