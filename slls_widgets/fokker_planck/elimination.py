"""Elimination of the block-tridiagonal generator, degree by degree.

Row by degree, with U_l: l -> l+1, V_l: l -> l-1, T_l: l -> l (`couplings`, with the diagonal -l(l+1) and the
precession a_z),

    𝓛φ = -f:      U_(l-1) φ_(l-1) + T_l φ_l + V_(l+1) φ_(l+1) = -f_l         (functions)
    𝓛ᵀx = -g:     V_lᵀ x_(l-1) + T_lᵀ x_l + U_lᵀ x_(l+1) = -g_l               (moments)

are solved by one elimination from high degrees to low, S_l = T_l - V_(l+1) S_(l+1)⁻¹ U_l: the matrix form of
the backward (Miller) recurrence for Bessel functions, stable because the solution wanted is the one that
decays. The S_l⁻¹ are kept; they serve every right-hand side, of functions and of moments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel

Array = NDArray[np.float64]

__all__ = ["eliminate", "solve"]


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


@kernel(fastmath={"contract", "reassoc"})
def apply(block: Array, side: float, r: Array, out: Array) -> None:
    """out = block r, or blockᵀ r for the adjoint side: both walk along rows."""
    n = block.shape[0]
    if side < 0.0:
        for j in range(n):
            out[j] = 0.0
        for i in range(n):
            factor = r[i]
            for j in range(n):
                out[j] += factor * block[i, j]
    else:
        for i in range(n):
            total = 0.0
            for j in range(n):
                total += block[i, j] * r[j]
            out[i] = total


@kernel(fastmath={"contract", "reassoc"})
def solve(table: Array, inverse: Array, f: Array, side: float) -> Array:
    """φ with (𝓛 - shift) φ = -f in degrees 1 … L, given φ_0 = f_0.

    With the table of 𝓛ᵀ and ``side`` ADJOINT: moments x with (𝓛 - shift)ᵀ x = -f. The result has shape
    (L+1, 2M+1); f may have fewer degrees, which saves most of the downward sweep.
    """
    ell_max, n = inverse.shape[0] - 1, inverse.shape[1]
    low = min(f.shape[0] - 1, ell_max)
    phi = np.zeros((ell_max + 1, n))
    r = np.zeros(n)
    for k in range(n):
        phi[0, k] = f[0, k]
    for ell in range(1, low + 1):
        for k in range(n):
            phi[ell, k] = -f[ell, k]
    # Downwards: r_l = -f_l - V_(l+1) S_(l+1)⁻¹ r_(l+1).
    for ell in range(low, 1, -1):
        apply(inverse[ell], side, phi[ell], r)
        down, below = table[ell], phi[ell - 1]
        for k in range(n):
            below[k] -= down[3, k] * r[k]
        for k in range(n - 1):
            below[k + 1] -= down[4, k] * r[k]
            below[k] -= down[5, k + 1] * r[k + 1]
    # Upwards: φ_l = S_l⁻¹ (r_l - U_(l-1) φ_(l-1)).
    for ell in range(1, ell_max + 1):
        up, below = table[ell - 1], phi[ell - 1]
        for k in range(n):
            r[k] = phi[ell, k] - up[0, k] * below[k]
        for k in range(n - 1):
            r[k + 1] -= up[1, k] * below[k]
            r[k] -= up[2, k + 1] * below[k + 1]
        apply(inverse[ell], side, r, phi[ell])
    return phi
