"""Twice the working precision where it matters: residuals, products and sums as hi + lo.

At large ν a fluctuation is a difference of moments that agree in many digits, and the rounding of a plain
solution hides it. Iterative refinement mends that for the price of a residual: solve once, find what is left
over in twice the precision, solve for that with the factorisation at hand, and keep the solution as an
unevaluated sum v + v_tail. The matrix must be known as well as the residual, so its elements have tails too;
the parameters b_x, b_z, a_z are taken as exact here (`certificate.add_slopes` accounts for their rounding).

The sum and the product of two numbers with their errors are Knuth's and Dekker's. Nothing here may be
compiled with fast-math, and no fused multiply-add is assumed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .couplings import factors, mirror, quarter_turn, square
from .elimination import solve

Array = NDArray[np.float64]

__all__ = [
    "coupling_tails",
    "dot",
    "element_tails",
    "precise_hop",
    "precise_multiply",
    "precise_solve",
    "subtract",
    "two_product",
    "two_sum",
]

# The sums carry about 2⁻¹⁰⁴ per term; a generous multiple of it.
EPSILON = 1e-30


@kernel()
def two_sum(a: float, b: float) -> tuple[float, float]:
    """a + b as rounded sum and exact error."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@kernel()
def two_product(a: float, b: float) -> tuple[float, float]:
    """a b as rounded product and exact error; the factors are split into halves of 26 bits."""
    p = a * b
    c = 134217729.0 * a
    a_high = c - (c - a)
    c = 134217729.0 * b
    b_high = c - (c - b)
    a_low, b_low = a - a_high, b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


@kernel()
def gather(
    total: float, tail: float, c: float, c_tail: float, v: float, v_tail: float
) -> tuple[float, float]:
    """total + (c + c_tail)(v + v_tail)."""
    p, e = two_product(c, v)
    s, t = two_sum(total, p)
    return s, tail + (t + (e + (c * v_tail + c_tail * v)))


@kernel()
def element_tails(elements: Array) -> Array:
    """What `couplings.matrix_elements` rounds away: s = √(p/q) misses (p - q s²)/(2 q s)."""
    order_max = elements.shape[2] // 2
    out = np.zeros_like(elements)
    for ell in range(elements.shape[0]):
        for row in (0, 1, 2, 6):
            for m in range(min(ell, order_max) + 1):
                sign, p, q = square(row, ell, m, order_max)
                if p > 0.0:
                    s = abs(elements[ell, row, m])
                    s2, s2_tail = two_product(s, s)
                    t, t_tail = two_product(q, s2)
                    out[ell, row, m] = sign * (((p - t) - t_tail) - q * s2_tail) / (2.0 * q * s)
    mirror(out, order_max)
    return out


@kernel()
def coupling_tails(elements: Array, tails: Array, u_x: float, u_z: float, side: float) -> Array:
    """What `couplings.couplings` rounds away."""
    rows, _, n = elements.shape
    out = np.empty((rows, 7, n))
    for ell in range(rows):
        rise, fall, turn = factors(side, ell)
        for row in range(7):
            number = turn if row == 6 else (rise if row < 3 else fall)
            factor, rest = two_product(number, u_z if row in (0, 3) else u_x)
            for k in range(n):
                e = elements[ell, row, k]
                out[ell, row, k] = two_product(factor, e)[1] + (rest * e + factor * tails[ell, row, k])
    return out


@kernel()
def precise_hop(table: Array, tails: Array, v: Array, v_tail: Array) -> tuple[Array, Array, Array]:
    """`couplings.hop` as hi + lo, and the sum of the magnitudes of its terms."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    out, tail, size = np.zeros_like(v), np.zeros_like(v), np.zeros_like(v)
    for ell in range(ell_max + 1):
        r, t, s = out[ell], tail[ell], size[ell]
        c, d, w, x = table[ell], tails[ell], v[ell], v_tail[ell]
        for k in range(n - 1):
            r[k + 1], t[k + 1] = gather(r[k + 1], t[k + 1], c[6, k], d[6, k], w[k], x[k])
            s[k + 1] += abs(c[6, k] * w[k])
            r[k], t[k] = gather(r[k], t[k], -c[6, k], -d[6, k], w[k + 1], x[k + 1])
            s[k] += abs(c[6, k] * w[k + 1])
        for first in (0, 3):
            source = ell - 1 if first == 0 else ell + 1
            if 0 <= source <= ell_max:
                c, d, w, x = table[source], tails[source], v[source], v_tail[source]
                for k in range(n):
                    r[k], t[k] = gather(r[k], t[k], c[first, k], d[first, k], w[k], x[k])
                    s[k] += abs(c[first, k] * w[k])
                for k in range(n - 1):
                    r[k + 1], t[k + 1] = gather(
                        r[k + 1], t[k + 1], c[first + 1, k], d[first + 1, k], w[k], x[k]
                    )
                    s[k + 1] += abs(c[first + 1, k] * w[k])
                    r[k], t[k] = gather(
                        r[k], t[k], c[first + 2, k + 1], d[first + 2, k + 1], w[k + 1], x[k + 1]
                    )
                    s[k] += abs(c[first + 2, k + 1] * w[k + 1])
    return out, tail, size


@kernel()
def precise_residual(
    table: Array, tails: Array, spin: float, f: Array, v: Array, v_tail: Array
) -> tuple[Array, Array]:
    """𝓛v + f in degrees >= 1, and the magnitude of its terms; the precession enters as ``spin`` = ± a_z."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    order_max = n // 2
    out, tail, size = precise_hop(table, tails, v, v_tail)
    for ell in range(1, ell_max + 1):
        r, t, s, w, x = out[ell], tail[ell], size[ell], v[ell], v_tail[ell]
        for k in range(n):
            r[k], t[k] = gather(r[k], t[k], -ell * (ell + 1.0), 0.0, w[k], x[k])
            s[k] += ell * (ell + 1.0) * abs(w[k])
        for m in range(1, order_max + 1):
            i = order_max + m
            c, d = two_product(float(m), spin)
            r[m], t[m] = gather(r[m], t[m], c, d, w[i], x[i])
            r[i], t[i] = gather(r[i], t[i], -c, -d, w[m], x[m])
            s[m] += abs(c * w[i])
            s[i] += abs(c * w[m])
        if ell < f.shape[0]:
            for k in range(n):
                r[k], e = two_sum(r[k], f[ell, k])
                t[k] += e
        for k in range(n):
            r[k] += t[k]
    for k in range(n):
        out[0, k] = 0.0
    return out, size


@kernel()
def precise_solve(
    table: Array, tails: Array, inverse: Array, spin: float, f: Array, side: float, v: Array
) -> tuple[Array, Array, Array]:
    """Refine a plain solution v once: v, its tail, and a bound of the residual they leave."""
    v_tail = np.zeros_like(v)
    left, _ = precise_residual(table, tails, spin, f, v, v_tail)
    correction = solve(table, inverse, left, side)
    refined = np.empty_like(v)
    for ell in range(v.shape[0]):
        for k in range(v.shape[1]):
            refined[ell, k], v_tail[ell, k] = two_sum(v[ell, k], correction[ell, k])
    left, size = precise_residual(table, tails, spin, f, refined, v_tail)
    for ell in range(v.shape[0]):
        for k in range(v.shape[1]):
            left[ell, k] = abs(left[ell, k]) + EPSILON * size[ell, k]
    return refined, v_tail, left


@kernel()
def precise_multiply(
    across: Array, across_tails: Array, aside: Array, aside_tails: Array, v: Array, v_tail: Array
) -> tuple[Array, Array]:
    """`observables.multiply` as hi + lo."""
    out, tail, _ = precise_hop(across, across_tails, v, v_tail)
    back, back_tail = quarter_turn(v, -1.0), quarter_turn(v_tail, -1.0)
    more, more_tail, _ = precise_hop(aside, aside_tails, back, back_tail)
    more, more_tail = quarter_turn(more, 1.0), quarter_turn(more_tail, 1.0)
    for ell in range(v.shape[0]):
        for k in range(v.shape[1]):
            out[ell, k], e = two_sum(out[ell, k], more[ell, k])
            tail[ell, k] += e + more_tail[ell, k]
    return out, tail


@kernel()
def subtract(out: Array, tail: Array, c: float, c_tail: float, v: Array, v_tail: Array) -> None:
    """out + tail -= (c + c_tail)(v + v_tail), as far as v goes."""
    for ell in range(v.shape[0]):
        for k in range(v.shape[1]):
            out[ell, k], tail[ell, k] = gather(
                out[ell, k], tail[ell, k], -c, -c_tail, v[ell, k], v_tail[ell, k]
            )


@kernel()
def dot(a: Array, a_tail: Array, b: Array, b_tail: Array) -> tuple[float, float]:
    """Σ (a + a_tail)(b + b_tail) as hi + lo, over the degrees of the shorter."""
    total = tail = 0.0
    for ell in range(min(a.shape[0], b.shape[0])):
        for k in range(a.shape[1]):
            total, tail = gather(total, tail, a[ell, k], a_tail[ell, k], b[ell, k], b_tail[ell, k])
    return two_sum(total, tail)
