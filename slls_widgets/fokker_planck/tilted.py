"""The tilted generator as a real band matrix, and its leading eigenvalue.

𝓛_k = A_0 + k A_1 + k² A_2 maps real functions to real functions. In real harmonics, ordered by degree, each
part is a band matrix about as wide as two degrees (four where the bath is counted, whose work is quadratic in
n), and LAPACK factorises 𝓛_k - σ in well under a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..magnet.macrospin import Macrospin
from ._scipy import lapack, sparse, sparse_linalg
from .frame import Frame, adapted_frame
from .harmonics import Harmonics, Operator

Array = NDArray[np.float64]

Solver = Callable[[Array, int], Array]

__all__ = ["Pair", "RoundingError", "TiltedGenerator", "band_width", "real_harmonics", "tilted_generator"]

_ROUNDS = 12
_SOLVES = 4
# Shift of 𝓛, which is singular, at k = 0.
_NUDGE = 1e-8
# Arnoldi steps for an independent look at the rightmost eigenvalue; the bound may be far to its right.
_ARNOLDI = 300


class RoundingError(ValueError):
    """Double precision cannot tell the eigenvalue: its two eigenvectors are orthogonal to rounding."""

    def __init__(self, k: float) -> None:
        super().__init__(
            f"rounding hides λ at k={float(k)!r}: the eigenvectors from both sides are nearly orthogonal; "
            "use a smaller |k| or a weaker field or torque"
        )


class Pair(NamedTuple):
    """An eigenvalue of 𝓛_k, its derivative with respect to k, and its eigenvectors from both sides.

    ``rounding`` is what double precision can do to the value: ε times the size of 𝓛_k over the cosine of the
    angle between the eigenvectors.
    """

    value: float
    slope: float
    rounding: float
    right: Array
    left: Array


class TiltedGenerator:
    """𝓛_k of a magnet in a truncated basis.

    Parameters
    ----------
    magnet : Macrospin
    tilt : (float, float)
        The direction (k_P, k_B)/k.
    ell_max, order_max : int
        Truncation, as in :class:`Harmonics`.
    """

    def __init__(self, magnet: Macrospin, tilt: tuple[float, float], ell_max: int, order_max: int) -> None:
        basis, frame = Harmonics(ell_max, order_max), adapted_frame(magnet)
        real = real_harmonics(basis)
        self.size = basis.size
        self.parts = [
            (real.conj().T @ part @ real).real.tocsr() for part in _parts(magnet, tilt, basis, frame)
        ]
        for part in self.parts:
            part.eliminate_zeros()
        entries = [part.tocoo() for part in self.parts]
        self._width = width = int(max(np.abs(part.row - part.col).max(initial=0) for part in entries))
        self._bands = np.zeros((3, 3 * width + 1, self.size))
        for band, part in zip(self._bands, entries, strict=True):
            band[2 * width + part.row - part.col, part.col] = part.data
        self._sizes = [float(abs(part).sum(axis=1).max()) for part in self.parts]
        self._bound = _potential_bound(magnet, tilt, frame)
        self.constant = np.zeros(self.size)
        self.constant[0] = 1.0

    def leading(self, k: float, guess: float, right: Array, left: Array) -> Pair:
        """The eigenvalue nearest to ``guess``, by inverse iteration from both sides.

        The shift moves to the two-sided quotient, whose error is the product of the errors of the vectors.
        """
        value = guess
        for _ in range(_ROUNDS):
            # Just above the estimate: exactly at it the matrix is singular.
            shift = value + _NUDGE * max(1.0, abs(value))
            solve = self._factorised(k, shift)
            for _ in range(_SOLVES):
                new, other = solve(right, 0), solve(left, 1)
                overlap, growth = float(other @ right), float(other @ new)
                if growth == 0.0 or not math.isfinite(growth) or not math.isfinite(overlap):
                    raise RoundingError(k)
                before, value = value, shift + overlap / growth
                moved = max(_turned(right, new), _turned(left, other))
                right, left = new / np.linalg.norm(new), other / np.linalg.norm(other)
                if moved <= 1e-10 and abs(value - before) <= 1e-13 * max(1.0, abs(value)):
                    break
            else:
                continue
            break
        change = self.parts[1] @ right + 2.0 * k * (self.parts[2] @ right)
        size = self._sizes[0] + abs(k) * self._sizes[1] + k * k * self._sizes[2]
        cosine = float(left @ right)
        if abs(cosine) <= 2.2e-16:
            raise RoundingError(k)
        return Pair(value, float(left @ change) / cosine, 2.2e-16 * size / abs(cosine), right, left)

    def slope_size(self, k: Array) -> Array:
        """The size of d𝓛_k/dk."""
        return self._sizes[1] + 2.0 * np.abs(k) * self._sizes[2]

    def curvature(self) -> float:
        """λ''(0), by perturbation theory: 2<A_2 1> + 2<(A_1 - λ')φ> with -𝓛φ = (A_1 - λ') 1."""
        pair = self.leading(0.0, 0.0, self.constant, self.constant)
        density = pair.left / (pair.left @ self.constant)
        force = self.parts[1] @ self.constant - pair.slope * self.constant
        phi = -self._factorised(0.0, _NUDGE)(force, 0)
        change = self.parts[2] @ self.constant + self.parts[1] @ phi - pair.slope * phi
        return 2.0 * float(density @ change)

    def rightmost(self, k: float) -> float:
        """The eigenvalue of largest real part, by shift-and-invert Arnoldi from a bound on its right."""
        bound = k * k * self._bound[1] + abs(k) * self._bound[0]
        shift = 1.1 * bound + 0.1
        solve = self._factorised(k, shift)
        inverse = sparse_linalg.LinearOperator(
            (self.size, self.size), matvec=lambda v: solve(v, 0), dtype=float
        )
        start = np.full(self.size, 1e-3)
        start[0] = 1.0
        try:
            values = sparse_linalg.eigs(
                inverse,
                k=min(6, self.size - 2),
                which="LM",
                v0=start,
                return_eigenvectors=False,
                tol=1e-6,
                maxiter=_ARNOLDI,
            )
        except sparse_linalg.ArpackNoConvergence as error:
            values = error.eigenvalues
        if np.size(values) == 0 or not np.all(np.isfinite(values)) or np.any(values == 0.0):
            raise RoundingError(k)
        return float((shift + 1.0 / values).real.max())

    def _factorised(self, k: float, shift: float) -> Solver:
        width = self._width
        band = np.asfortranarray(self._bands[0] + k * self._bands[1] + k * k * self._bands[2])
        band[2 * width] -= shift
        lu, pivots, _ = lapack.dgbtrf(band, width, width, overwrite_ab=True)

        def solve(v: Array, transposed: int) -> Array:
            return np.asarray(lapack.dgbtrs(lu, width, width, v, pivots, trans=transposed)[0])

        return solve


def _turned(v: Array, w: Array) -> float:
    """The sine of the angle between two vectors."""
    size = float(np.linalg.norm(v) * np.linalg.norm(w))
    if size == 0.0 or not math.isfinite(size):
        return 1.0
    v, w = v / np.linalg.norm(v), w / np.linalg.norm(w)
    return float(np.linalg.norm(w - (v @ w) * v))


def band_width(tilt: tuple[float, float], order_max: int) -> int:
    """The half width of the bands, about: two degrees, or four where the bath is counted."""
    return (4 if tilt[1] else 2) * order_max + 7


@lru_cache(maxsize=4)
def tilted_generator(
    magnet: Macrospin, tilt: tuple[float, float], ell_max: int, order_max: int
) -> TiltedGenerator:
    """The last few, kept: assembling one takes longer than an eigenvalue."""
    return TiltedGenerator(magnet, tilt, ell_max, order_max)


def real_harmonics(basis: Harmonics) -> Operator:
    """R_0, R_1, I_1, R_2, I_2, … of every degree as coefficients of Y_lm: a unitary sparse matrix."""
    rows, columns, values = [], [], []
    for ell in range(basis.ell_max + 1):
        width = min(ell, basis.order_max)
        first = basis.index(ell, -width)
        rows.append(basis.index(ell, 0))
        columns.append(first)
        values.append(1.0 + 0.0j)
        for m in range(1, width + 1):
            # √2 Re Y_lm and √2 Im Y_lm, with Y_(l,-m) = (-1)^m Y_lm*.
            plus, minus = basis.index(ell, m), basis.index(ell, -m)
            rows += [plus, minus, plus, minus]
            columns += [first + 2 * m - 1] * 2 + [first + 2 * m] * 2
            sign = (-1.0) ** m
            values += [0.5**0.5, sign * 0.5**0.5, -1j * 0.5**0.5, 1j * sign * 0.5**0.5]
    return sparse.csr_array((values, (rows, columns)), shape=(basis.size, basis.size))


def _parts(
    magnet: Macrospin, tilt: tuple[float, float], basis: Harmonics, frame: Frame
) -> tuple[Operator, Operator, Operator]:
    """𝓛_k as polynomial in k (`counting`)."""
    weight_pumped, weight_bath = tilt
    a, b, p = frame.precession, frame.damping, frame.p_hat
    torque = magnet.alpha * magnet.nu
    along = basis.multiplication(p)
    identity = sparse.eye_array(basis.size)
    slope = weight_pumped * magnet.pumping * along
    curvature = 0.0 * along
    if weight_bath:
        power = basis.multiplication(a) @ along - (a @ p) * identity + basis.multiplication(np.cross(p, b))
        slope = slope + weight_bath * torque * (power - 2.0 * basis.rotation(p))
        curvature = (weight_bath * torque) ** 2 * (identity - along @ along)
    return basis.generator(a, b), slope, curvature


def _potential_bound(magnet: Macrospin, tilt: tuple[float, float], frame: Frame) -> tuple[float, float]:
    """Coefficients (c, d) of the bound λ(k) <= c|k| + d k².

    𝓛_k is a diffusion with the potential V = 𝓛_k 1, so that λ <= max V.
    """
    weight_pumped, weight_bath = tilt
    torque = abs(weight_bath * magnet.alpha * magnet.nu)
    a, b = float(np.linalg.norm(frame.precession)), float(np.linalg.norm(frame.damping))
    return abs(weight_pumped * magnet.pumping) + torque * (2.0 * a + b), torque**2
