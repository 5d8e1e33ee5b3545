"""Δ_B and Δ_tot, the fluctuations of the heat and of the total entropy, and their bounds.

An entropy gathers ∫G dt + √2 ∫F·dW along a path, apart from the change of a bounded function. With
-𝓛φ = G - <G> its fluctuation coefficient is

    Δ = 2 <|F + ∇φ|²> = 2 [<|F|²> + 2 <F·∇φ> + <φ (G - <G>)>].

Any function u may be added to what changes: F becomes F + ∇u, G becomes G + 𝓛u, φ becomes φ - u, and Δ stays.
Without it the terms are ν times as large as their sum in a strong field. With u = u·n for the vector below, F
vanishes at the pole, where the density is, and so does the part of G that is quadratic about it::

    F = αν (n × p̂) + u_⊥,      u = αν (p_y, -p_x, a_z p_z/(b_z + 1)).

From here on all is in units of αν. Up to a constant::

    |F|² = t² (1-n_z)² + (p_z² + u_z²)(1-n_z²)
           + 2 (1-n_z) [(p_x p_z + u_z p_y) n_x + (p_y p_z - u_z p_x) n_y],         t² = p_x² + p_y²,
    G = A (1-n_z)² + (1-n_z)(B_x n_x + B_y n_y) + C·n,
    A = p_y b_x + u_z,   B_x = p_y b_z - p_x a_z + u_z b_x,   B_y = p_z b_x - p_x b_z - p_y a_z,
    C = 2 (-p_y, p_x, 0),

and the pumped entropy adds 2p̂/δ to C. Now no term exceeds the sum by a power of ν. All of it is in twice the
working precision (`compensated`) and bounded as Δ_P is (`fluctuations`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .certificate import Remains, add_slopes, extend, order_shell, remains, weigh
from .compensated import coupling_tails, dot, element_tails, precise_multiply, subtract
from .couplings import ADJOINT, GENERATOR, MULTIPLICATION, couplings, matrix_elements
from .elimination import solve
from .fluctuations import solution
from .observables import ROOT_3, ROOT_3_TAIL, ROOT_5, ROOT_5_TAIL, harmonic_weights, positions
from .point import factorise

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Pair = tuple[Array, Array]  # numbers in twice the precision: rounded, and what that misses
Triple = tuple[float, float, float]

__all__ = ["heat_fluctuations"]

# Degrees of the six monomials (n_z, n_x, n_y, n_z², n_z n_x, n_z n_y) of `observables`.
_DEGREES = np.array([1, 1, 1, 2, 2, 2])
# A product with G reaches two degrees and one order further.
_DEGREES_MORE = 2
_EPS = 1e-15


class Polynomial(NamedTuple):
    """The function A (1-n_z)² + (1-n_z)(B_x n_x + B_y n_y) + C·n."""

    A: float
    B: tuple[float, float]
    C: Triple

    @property
    def weights(self) -> Array:
        """Of -(1-n_z), n_x, n_y, -(1-n_z²), n_z n_x, n_z n_y."""
        (b_x, b_y), (c_x, c_y, c_z) = self.B, self.C
        return np.array([c_z - 2.0 * self.A, b_x + c_x, b_y + c_y, self.A, -b_x, -b_y])

    def coefficients(self, order_max: int) -> Array:
        """In real harmonics of degree 0, 1, 2, without the constant: shape (3, 2M+1)."""
        out = np.zeros((3, 2 * order_max + 1))
        out[_DEGREES, positions(order_max)[:6]] = self.weights * harmonic_weights()[:6]
        return out


class Products:
    """Products and derivatives in a basis that has room for them, in twice the working precision."""

    def __init__(self, frame: Array, u_z: float, ell_max: int, order_max: int) -> None:
        self._shape = ell_max + 1 + _DEGREES_MORE, 2 * order_max + 3
        self._elements = matrix_elements(ell_max + _DEGREES_MORE, order_max + 1)
        self._tails = element_tails(self._elements)
        p_x, p_y, self._p_z = frame[6:9].tolist()
        self._u: Triple = (p_y, -p_x, u_z)

    def padded(self, v: Array) -> Array:
        """Coefficients (L+1, 2M+1) in the larger basis."""
        order_max = v.shape[1] // 2
        out = np.zeros(self._shape)
        out[: len(v), : order_max + 1] = v[:, : order_max + 1]
        out[: len(v), order_max + 2 : -1] = v[:, order_max + 1 :]
        return out

    def cropped(self, v: Pair) -> tuple[Array, Complex]:
        """The rounded coefficients of the smaller basis, and those of the first order beyond it, R - iI."""
        total = v[0] + v[1]
        inside, order = total[:-_DEGREES_MORE], total.shape[1] // 2
        kept = np.hstack([inside[:, :order], inside[:, order + 1 : -1]])
        return np.ascontiguousarray(kept), inside[:, order] - 1j * inside[:, -1]

    def times(self, f: Polynomial, v: Pair) -> Pair:
        """f v."""
        inner = self._vector((*f.B, -f.A), v, MULTIPLICATION)
        subtract(*inner, -f.A, 0.0, *v)
        out = self._vector(f.C, v, MULTIPLICATION)
        subtract(*out, -1.0, 0.0, *inner)
        subtract(*out, 1.0, 0.0, *self._vector((0.0, 0.0, 1.0), inner, MULTIPLICATION))
        return out

    def along(self, v: Pair, side: float) -> Pair:
        """F·∇ on a function (GENERATOR), or its transpose on moments (ADJOINT).

        F vanishes at the pole, as the flow does, so that one table has both of its parts across the pole.
        """
        out = self._vector(self._u, v, side)
        subtract(*out, -side * self._p_z, 0.0, *_turned(v))
        return out

    def _vector(self, c: Triple, v: Pair, side: float) -> Pair:
        across = couplings(self._elements, c[0], c[2], side)
        across_tails = coupling_tails(self._elements, self._tails, c[0], c[2], side)
        aside = couplings(self._elements, c[1], 0.0, side)
        aside_tails = coupling_tails(self._elements, self._tails, c[1], 0.0, side)
        return precise_multiply(across, across_tails, aside, aside_tails, *v)


def _turned(v: Pair) -> Pair:
    """-m I_m in the place of R_m, m R_m in that of I_m: the derivative by a turn about the pole."""
    order_max = v[0].shape[1] // 2
    m, zero = np.arange(1.0, order_max + 1.0), np.zeros((len(v[0]), 1))
    value, tail = (np.hstack([zero, -x[:, order_max + 1 :], x[:, 1 : order_max + 1]]) for x in v)
    m = np.concatenate([[0.0], m, m])
    # Half of the digits of a number times an order has no rounding.
    cut = 134217729.0 * value
    high = cut - (cut - value)
    product = m * value
    return product, (m * high - product) + m * (value - high) + m * tail


def heat_fluctuations(frame: Array, delta: float, ell_max: int, order_max: int) -> tuple[Array, Array]:
    """(Δ_B, Δ_tot)/(αν)² at a truncation, and bounds of their errors."""
    elements, table, inverse = factorise(frame, ell_max, order_max)
    solved = _Steady(frame, elements, table, inverse)
    p = frame[6:9].tolist()
    values, bounds = np.zeros(2), np.zeros(2)
    for i, pumping in enumerate((0.0, 2.0 / delta)):
        values[i], bounds[i] = solved.fluctuation((pumping * p[0], pumping * p[1], pumping * p[2]))
    return values, bounds


class _Steady:
    """The moments at a truncation and all that the two coefficients share."""

    def __init__(self, frame: Array, elements: Array, table: Array, inverse: Array) -> None:
        self.frame, self.elements, self.table, self.inverse = frame, elements, table, inverse
        self.adjoint = couplings(elements, frame[0], frame[1], ADJOINT)
        self.ell_max, self.order_max = len(inverse) - 1, inverse.shape[1] // 2
        unit = np.zeros((1, inverse.shape[1]))
        unit[0, 0] = 1.0
        self.x, self.x_tail, inside = solution(frame, elements, self.adjoint, inverse, unit, ADJOINT, True)
        self.left = remains(frame[0], self.adjoint, self.x, inside, ADJOINT)
        b_x, b_z, a_z = frame[:3].tolist()
        p_x, p_y, p_z = frame[6:9].tolist()
        u_z = a_z * p_z / (b_z + 1.0)
        self.products = Products(frame, u_z, self.ell_max, self.order_max)
        self.moments = self.products.padded(self.x), self.products.padded(self.x_tail)
        # G without what is pumped, and its derivatives by b_x, b_z, a_z at a given F.
        self.rate = Polynomial(
            p_y * b_x + u_z,
            (p_y * b_z - p_x * a_z + u_z * b_x, p_z * b_x - p_x * b_z - p_y * a_z),
            (-2.0 * p_y, 2.0 * p_x, 0.0),
        )
        self.slopes = (
            Polynomial(p_y, (u_z, p_z), (0.0, 0.0, 0.0)),
            Polynomial(-u_z, (p_y, -p_x), (0.0, 0.0, -2.0 * u_z)),
            Polynomial(p_z, (-p_x, -p_y), (0.0, 0.0, 2.0 * p_z)),
        )
        # |F|²: its part (1-n_z²) is 2 (1-n_z) - (1-n_z)².
        axial = p_z * p_z + u_z * u_z
        self.square = Polynomial(
            float(frame[9]) ** 2 - axial,
            (2.0 * (p_x * p_z + u_z * p_y), 2.0 * (p_y * p_z - u_z * p_x)),
            (0.0, 0.0, -2.0 * axial),
        )

    def fluctuation(self, pumped: Triple) -> tuple[float, float]:
        """2 <|F + ∇φ|²> and its bound, for G with the vector of what is pumped added to C."""
        frame, order_max, products = self.frame, self.order_max, self.products
        c = self.rate.C
        rate = self.rate._replace(C=(c[0] + pumped[0], c[1] + pumped[1], c[2] + pumped[2]))
        f = rate.coefficients(order_max)
        phi, phi_tail, inside = solution(frame, self.elements, self.table, self.inverse, f, GENERATOR, True)
        left_phi = remains(frame[0], self.table, phi, inside, GENERATOR)
        wide = products.padded(phi), products.padded(phi_tail)

        # 2 F·∇ + G - <G> on φ and, transposed, on the moments.
        w, on_phi = products.times(rate, self.moments), products.times(rate, wide)
        mean = float(w[0][0, 0]), float(w[1][0, 0])
        for out, v, side in ((w, self.moments, ADJOINT), (on_phi, wide, GENERATOR)):
            subtract(*out, *mean, *v)
            subtract(*out, -2.0, 0.0, *products.along(v, side))
        spread, spread_tail = dot(*on_phi, *self.moments)
        square, noise = self._mean_square()
        value = square + (spread + spread_tail)

        # The adjoints: y feels the residual of φ, χ that of the moments (`fluctuations`).
        y_source, y_shell = products.cropped(w)
        overlap = dot(*wide, *self.moments)
        subtract(*on_phi, *overlap, products.padded(f), np.zeros(wide[0].shape))
        chi_source, chi_shell = products.cropped(on_phi)
        chi_source[:3] += self.square.coefficients(order_max)
        y_source[0, 0] = chi_source[0, 0] = 0.0
        y = solve(self.adjoint, self.inverse, y_source, ADJOINT)
        chi = solve(self.table, self.inverse, chi_source, GENERATOR)
        parts = self._felt(chi, chi_shell, self.left, GENERATOR) + self._felt(y, y_shell, left_phi, ADJOINT)

        slope = np.zeros(3)
        add_slopes(slope, self.elements, phi, y)
        add_slopes(slope, self.elements, chi, self.x)
        for j, change in enumerate(self.slopes):
            product = products.times(change, self.moments)
            subtract(*product, float(product[0][0, 0]), float(product[1][0, 0]), *self.moments)
            slope[j] += dot(*product, *wide)[0] + float(np.sum(y[:3] * change.coefficients(order_max)))
        noise += 2.0 * _EPS * float(np.sum(np.abs(y[:3] * f))) + 10.0 * _EPS * abs(value)
        return 2.0 * value, 2.0 * float(parts.sum() + noise + np.abs(slope) @ frame[10:13])

    def _felt(self, adjoint: Array, shell: Complex, left: Remains, side: float) -> Array:
        """What the value makes of a residual: degree, order, rounding; ``shell`` belongs to the source."""
        b_x, b_z, a_z = self.frame[:3].tolist()
        flow = order_shell(b_x, adjoint, side) + shell
        return weigh(adjoint, extend(self.order_max + 1, b_z, a_z, flow, side), left)

    def _mean_square(self) -> tuple[float, float]:
        """<|F|²> and its rounding, from the distances of the moments to their values at the pole."""
        at = _DEGREES, positions(self.order_max)[:6]
        moments, tails = self.x[at], self.x_tail[at]
        moments[[0, 3]] -= ROOT_3, ROOT_5
        tails[[0, 3]] -= ROOT_3_TAIL, ROOT_5_TAIL
        terms = self.square.weights * harmonic_weights()[:6] * (moments + tails)
        return math.fsum(terms), _EPS * float(np.abs(terms).sum())
