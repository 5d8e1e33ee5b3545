"""What the truncation and the rounding can have done to a functional, from residuals weighted by adjoints.

Let x̃ solve the truncated equations for the moments. Put into the untruncated ones it leaves a residual ρ,
and any functional g·x is off by exactly ψ·ρ, where ψ solves 𝓛ψ = -g. Outside the truncation ρ lives on two
thin shells only: order M+1 and degree L+1. Inside it is rounding. So

    |g·x̃ - g·x| <= Σ_inside |ψ| (|ρ| + rounding of ρ) + Σ_(order M+1) |ψ| |ρ| + Σ_(degree L+1) |ψ| |ρ|.

What rounding the parameters of 𝓛 themselves does is a derivative, ψ·(∂𝓛ᵀx): taken with its sign, because
the closed forms of the frame keep the structure in which large parts cancel.

Inside, ψ is at hand (the same factorisation gives it). In order M+1 it follows from ψ in order M by a scalar
recurrence in l; in degree L+1 it is taken as large as in degree L.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .couplings import GENERATOR, factors

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

__all__ = [
    "Remains",
    "add_slopes",
    "add_source_shell",
    "extend",
    "felt",
    "order_shell",
    "remains",
    "residual",
    "weigh",
]

# One rounding per operation: about ten of them meet in a row, and the coefficients carry three each.
_EPS = 2.3e-16 * 3.0
# The last degree of an adjoint may be small by accident: it counts at least as this fraction of the one
# before.
_FLOOR = 0.1
# Extrapolation is not proof: the shells count this many times, and up to _DOUBT more where ψ hardly decays
# in m.
_SAFETY = 3.0
_DOUBT = 12.0


class Remains(NamedTuple):
    """What a truncated solution leaves: |ρ| inside (L+1, 2M+1), ρ in order M+1 (L+1,), |ρ| in degree L+1."""

    inside: Array
    shell: Complex
    tail: Array


@kernel()
def remains(b_x: float, table: Array, v: Array, inside: Array, side: float) -> Remains:
    """Everything that v leaves, given a bound of what it leaves inside the truncation."""
    return Remains(inside, order_shell(b_x, v, side), degree_tail(table, v))


@kernel(fastmath={"contract", "reassoc"})
def residual(table: Array, spin: float, f: Array, v: Array) -> Array:
    """Bound of |𝓛v + f| row by row inside the truncation, shape (L+1, 2M+1); ``spin`` is a_z, for 𝓛ᵀ -a_z."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    order_max = n // 2
    out = np.zeros((ell_max + 1, n))
    r, s = np.zeros(n), np.zeros(n)
    for ell in range(1, ell_max + 1):
        here = v[ell]
        diagonal = ell * (ell + 1.0)
        for k in range(n):
            r[k] = -diagonal * here[k]
            s[k] = diagonal * abs(here[k])
        if ell < f.shape[0]:
            for k in range(n):
                r[k] += f[ell, k]
                s[k] += abs(f[ell, k])
        for k in range(n - 1):
            c = table[ell, 6, k]
            r[k + 1] += c * here[k]
            r[k] -= c * here[k + 1]
            s[k + 1] += abs(c * here[k])
            s[k] += abs(c * here[k + 1])
        for m in range(1, order_max + 1):
            r[m] += m * spin * here[order_max + m]
            r[order_max + m] -= m * spin * here[m]
            s[m] += abs(m * spin * here[order_max + m])
            s[order_max + m] += abs(m * spin * here[m])
        for first in (0, 3):
            if first == 3 and ell == ell_max:
                continue
            source = ell - 1 if first == 0 else ell + 1
            w, c = v[source], table[source]
            for k in range(n):
                r[k] += c[first, k] * w[k]
                s[k] += abs(c[first, k] * w[k])
            for k in range(n - 1):
                r[k + 1] += c[first + 1, k] * w[k]
                s[k + 1] += abs(c[first + 1, k] * w[k])
                r[k] += c[first + 2, k + 1] * w[k + 1]
                s[k] += abs(c[first + 2, k + 1] * w[k + 1])
        for k in range(n):
            out[ell, k] = abs(r[k]) + _EPS * s[k]
    return out


@kernel(fastmath={"contract", "reassoc"})
def add_slopes(out: Array, elements: Array, function: Array, moments: Array) -> None:
    """out += moments · ∂𝓛/∂(b_x, b_z, a_z) function, shape (3,): how a functional feels the parameters."""
    ell_max, n = function.shape[0] - 1, function.shape[1]
    order_max = n // 2
    for ell in range(ell_max + 1):
        e, g, x = elements[ell], function[ell], moments[ell]
        for k in range(n - 1):
            out[0] -= e[6, k] * (g[k] * x[k + 1] - g[k + 1] * x[k])
        for m in range(1, order_max + 1):
            out[2] += m * (x[m] * g[order_max + m] - x[order_max + m] * g[m])
        if ell < ell_max:
            g_up, x_up, rise, fall = function[ell + 1], moments[ell + 1], -float(ell), ell + 2.0
            for k in range(n):
                out[1] += e[0, k] * (rise * g[k] * x_up[k] + fall * g_up[k] * x[k])
            for k in range(n - 1):
                out[0] += e[1, k] * (rise * g[k] * x_up[k + 1] + fall * g_up[k + 1] * x[k])
                out[0] += e[2, k + 1] * (rise * g[k + 1] * x_up[k] + fall * g_up[k] * x[k + 1])


@kernel()
def order_shell(b_x: float, v: Array, side: float) -> Complex:
    """𝓛v (or 𝓛ᵀv) in order M+1, per degree 0 … L, as R - iI: what the truncation in m leaves behind."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    m = n // 2
    out = np.zeros(ell_max + 1, dtype=np.complex128)
    for ell in range(m + 1, ell_max + 1):
        rise, fall = factors(side, ell - 1)[0], factors(side, ell + 1)[1]
        norm = 2.0 * ell - 1.0
        from_below = -rise * math.sqrt((ell + m) * (ell + m + 1.0) / (norm * (norm + 2.0)))
        norm = 2.0 * ell + 1.0
        from_above = fall * math.sqrt((ell - m) * (ell - m + 1.0) / (norm * (norm + 2.0)))
        level = math.sqrt((ell - m) * (ell + m + 1.0)) * -side
        total = level * complex(v[ell, m], -v[ell, n - 1])
        total += from_below * complex(v[ell - 1, m], -v[ell - 1, n - 1])
        if ell < ell_max:
            total += from_above * complex(v[ell + 1, m], -v[ell + 1, n - 1])
        out[ell] = 0.5 * b_x * total
    return out


@kernel()
def add_source_shell(out: Complex, p_x: float, p_y: float, v: Array) -> None:
    """out += (p̂·n) v in order M+1, per degree, as R - iI: what p̂'s transverse part brings from M."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    m = n // 2
    for ell in range(m + 1, ell_max + 1):
        norm = 2.0 * ell - 1.0
        below = -math.sqrt((ell + m) * (ell + m + 1.0) / (norm * (norm + 2.0)))
        total = below * complex(v[ell - 1, m], -v[ell - 1, n - 1])
        if ell < ell_max:
            norm = 2.0 * ell + 1.0
            above = math.sqrt((ell - m) * (ell - m + 1.0) / (norm * (norm + 2.0)))
            total += above * complex(v[ell + 1, m], -v[ell + 1, n - 1])
        out[ell] += 0.5 * complex(p_x, -p_y) * total


@kernel()
def extend(order: int, b_z: float, a_z: float, flow: Complex, side: float) -> Complex:
    """v in the first order left out (R - iI), from the flow into it and its own coupling in l (Thomas)."""
    ell_max = flow.shape[0] - 1
    ratio = np.zeros(ell_max + 2, dtype=np.complex128)
    value = np.zeros(ell_max + 2, dtype=np.complex128)
    spin = order * side * a_z
    for ell in range(ell_max, order - 1, -1):
        here = b_z * math.sqrt((ell * ell - order * order) / (4.0 * ell * ell - 1.0))
        above = b_z * math.sqrt(((ell + 1.0) ** 2 - order * order) / (4.0 * (ell + 1.0) ** 2 - 1.0))
        rise, fall = factors(side, ell - 1)[0], factors(side, ell + 1)[1]
        pivot = complex(-ell * (ell + 1.0), spin) + fall * above * ratio[ell + 1]
        value[ell] = -(flow[ell] + fall * above * value[ell + 1]) / pivot
        ratio[ell] = -rise * here / pivot
    for ell in range(order + 1, ell_max + 1):
        value[ell] += ratio[ell] * value[ell - 1]
    return value


@kernel()
def degree_tail(table: Array, v: Array) -> Array:
    """|𝓛v| in degree L+1, shape (2M+1,); with the transposed table, of 𝓛ᵀ."""
    ell_max, n = v.shape[0] - 1, v.shape[1]
    here, up, out = v[ell_max], table[ell_max], np.zeros(n)
    for k in range(n):
        out[k] = up[0, k] * here[k]
    for k in range(n - 1):
        out[k + 1] += up[1, k] * here[k]
        out[k] += up[2, k + 1] * here[k + 1]
    for k in range(n):
        out[k] = abs(out[k])
    return out


@kernel(fastmath={"contract", "reassoc"})
def weigh(adjoint: Array, beyond: Complex, left: Remains) -> Array:
    """The three sums of the module docstring: degree, order, rounding; ``beyond`` is ψ in order M+1.

    The sum over the shell keeps its signs: ρ is concentrated where the density is and ψ is smooth there, so
    its terms cancel by orders of magnitude. What ``beyond`` neglects (order M+2 acting back) counts by the
    decay from M to M+1 squared: nothing where few orders suffice, several times the sum itself where many
    are at work.
    """
    inside, shell, tail = left
    ell_max, n = adjoint.shape[0] - 1, adjoint.shape[1]
    m = n // 2
    rounding = degree = size = last = first_out = 0.0
    order = 0.0j
    for ell in range(1, ell_max + 1):
        for k in range(n):
            rounding += abs(adjoint[ell, k]) * inside[ell, k]
        term = beyond[ell] * shell[ell].conjugate()
        order += term
        size += abs(term)
        first_out += abs(beyond[ell])
        last += abs(complex(adjoint[ell, m], adjoint[ell, n - 1]))
    decay = min(1.0, first_out / last) if last > 0.0 else 1.0
    for k in range(n):
        degree += max(abs(adjoint[ell_max, k]), _FLOOR * abs(adjoint[ell_max - 1, k])) * tail[k]
    doubt = min(decay * decay * size, _DOUBT * abs(order))
    return np.array([_SAFETY * degree, _SAFETY * abs(order) + doubt, rounding])


@kernel()
def felt(frame: Array, elements: Array, psi: Array, x: Array, left: Remains) -> Array:
    """What a functional makes of what its moments x left: degree, order, rounding (with the parameters')."""
    flow = order_shell(frame[0], psi, GENERATOR)
    parts = weigh(psi, extend(x.shape[1] // 2 + 1, frame[1], frame[2], flow, GENERATOR), left)
    slope = np.zeros(3)
    add_slopes(slope, elements, psi, x)
    for j in range(3):
        parts[2] += abs(slope[j]) * frame[10 + j]
    return parts
