"""Relaxation rates: the eigenvalues of -𝓛 with the smallest real part.

How slowly a mode decays is its real part; how fast it turns says nothing about that. In the adapted frame a
mode of order m turns at about m a_z, and precession is 1/δ times as fast as decay: the slowest modes may lie
far from 0 in the complex plane, each close to the line Im λ = m a_z of its order: on it where b_x = 0 and in
strong fields, where (i + j) b_z ± i (i - j) a_z are the rates of an Ornstein-Uhlenbeck process.

A small basis is diagonalised whole. In a large one the eigenvalues nearest to each i m a_z come from inverse
iteration, as many as fill the square of side 2R about that point, R being the k-th smallest real part. What
could be missed is a mode slower than R whose frequency is further than R from every multiple of a_z. Complex
eigenvalues come in pairs, so m >= 0 is enough; and the slowest of an order is the slower the lower the order
(where b_x = 0, 𝓛 is self-adjoint but for i m a_z, and m²/sin² only adds to it), so the first order without a
rate among the k slowest is the last to be looked at.
"""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.typing import NDArray

from ._scipy import sparse, sparse_linalg
from .frame import Frame
from .harmonics import Coefficients, Harmonics, Operator
from .tilted import real_harmonics

Vector = NDArray[np.float64]

__all__ = ["InaccurateRateWarning", "checked_count", "relaxation_rates"]

# A few tenths of a second.
_DENSE = 500
# Relative imaginary part that rounding can leave of a real eigenvalue.
_REAL = 1e-8
_BLOCK = 2
# Relative residual of an eigenvalue that stands still.
_CONVERGED = 1e-9


class InaccurateRateWarning(UserWarning):
    """A relaxation rate is not known as well as it looks; its estimated error says how well."""


def relaxation_rates(basis: Harmonics, frame: Frame, k: int) -> Coefficients:
    """The k eigenvalues of -𝓛 with the smallest real part, zero excluded, slowest first.

    A complex pair is listed with the positive imaginary part first; k may take one without the other.
    """
    count = checked_count(basis, k)
    inner = -basis.generator(frame.precession, frame.damping)[1:, 1:]
    values = None
    if basis.size > _DENSE:
        values = _by_order(inner, abs(frame.precession[2]), basis.order_max, count)
    if values is None:
        # 𝓛 is real in real harmonics, which halves the work and keeps pairs exact.
        real = real_harmonics(basis)[1:, 1:]
        values = np.linalg.eigvals((real.conj().T @ inner @ real).real.toarray()).astype(complex)
    # By real part; partners together, the positive imaginary part first.
    return values[np.lexsort((-values.imag, np.abs(values.imag), values.real))][:count]


def checked_count(basis: Harmonics, k: int) -> int:
    """How many rates, if a basis has so many."""
    try:
        count = operator.index(k)
    except TypeError:
        raise TypeError(f"k must be an integer (how many rates); got {k!r:.40}") from None
    most = (basis.size - 1) // 2
    if not 1 <= count <= most:
        raise ValueError(
            f"k must lie in [1, {most}], half of the {basis.size - 1} functions of this basis "
            f"(it does not resolve the faster half); got {count}. "
            "A smaller tol of steady_state gives a larger basis."
        )
    return count


def _by_order(inner: Operator, a_z: float, order_max: int, k: int) -> Coefficients | None:
    """The slowest eigenvalues, from the neighbourhoods of i m a_z (module docstring).

    None if a neighbourhood holds so many that all might as well be computed.
    """
    lines: Vector = a_z * np.arange(order_max + 1.0)
    discs: list[_Disc] = []
    for m in range(order_max + 1):
        discs.append(_Disc(inner, 1j * lines[m], k + 4))
        found, slowest = _owned(discs, lines, k)
        beyond = discs[m].values[discs[m].values.imag >= lines[m] - a_z / 2.0]
        if m > 0 and not np.any(beyond.real <= slowest):
            break
    while short := [disc for disc in discs if disc.radius < math.hypot(slowest, min(slowest, a_z / 2.0))]:
        for disc in short:
            if not disc.grow():
                return None
        found, slowest = _owned(discs, lines, k)
    return _with_partners(found)


class _Disc:
    """The eigenvalues of a sparse matrix nearest to a point, and the radius within which none is missing.

    They come from one Krylov space of the shifted inverse, which is widened until they stand still. It has
    blocks of two vectors, because eigenvalues coincide in pairs where a_z = 0, and one vector would see one
    of each.
    """

    def __init__(self, matrix: Operator, point: complex, count: int) -> None:
        # Exactly at an eigenvalue the shifted matrix would be singular.
        self._point = point + 1e-10 * (1.0 + abs(point))
        size = matrix.shape[0]
        self._solve = sparse_linalg.splu((matrix - self._point * sparse.eye_array(size)).tocsc()).solve
        start = np.random.default_rng(0).standard_normal((size, _BLOCK)) + 0.0j
        # Orthonormal columns V and the matrix H with (shifted inverse) V = (V, next block) H.
        self._space = np.linalg.qr(start)[0]
        self._action = np.zeros((_BLOCK, 0), dtype=complex)
        self._count = count
        self._find()

    def grow(self) -> bool:
        """Twice as many eigenvalues, unless those are more than a quarter of all."""
        self._count *= 2
        possible: bool = self._count <= self._space.shape[0] // 4
        if possible:
            self._find()
        return possible

    def _find(self) -> None:
        while True:
            for _ in range(4 + self._count // 4):
                self._widen()
            k = self._action.shape[1]
            inverse, vectors = np.linalg.eig(self._action[:k])
            left_over = np.linalg.norm(self._action[k:] @ vectors, axis=0)
            near = np.argsort(-np.abs(inverse))[: self._count]
            converged = bool(np.all(left_over[near] <= _CONVERGED * np.abs(inverse[near])))
            if converged or k > self._space.shape[0] // 2:
                break
        self.values = self._point + 1.0 / inverse[near]
        self.radius = float(1.0 / np.abs(inverse[near]).min()) if converged else 0.0

    def _widen(self) -> None:
        """One more block of the Krylov space."""
        new = self._solve(self._space[:, -_BLOCK:])
        coefficients = np.zeros((self._space.shape[1], _BLOCK), dtype=complex)
        for _ in range(2):  # twice is enough for orthogonality to rounding
            part = self._space.conj().T @ new
            coefficients += part
            new = new - self._space @ part
        block, rest = np.linalg.qr(new)
        wider = np.zeros((self._space.shape[1] + _BLOCK, self._action.shape[1] + _BLOCK), dtype=complex)
        wider[: self._action.shape[0], : self._action.shape[1]] = self._action
        wider[:-_BLOCK, -_BLOCK:] = coefficients
        wider[-_BLOCK:, -_BLOCK:] = rest
        self._space, self._action = np.hstack([self._space, block]), wider


def _owned(discs: list[_Disc], lines: Vector, k: int) -> tuple[Coefficients, float]:
    """The eigenvalues found with Im >= 0, each once, and the k-th smallest real part among them.

    Each belongs to the disc whose line it is nearest to; the last disc also has those beyond it.
    """
    found = []
    for m, disc in enumerate(discs):
        owner = np.argmin(np.abs(disc.values.imag[:, np.newaxis] - lines), axis=1)
        mine = owner == m if m < len(discs) - 1 else owner >= m
        found.append(disc.values[mine & (disc.values.imag >= -_REAL * np.abs(disc.values))])
    values = np.concatenate(found)
    rates = np.sort(_with_partners(values).real)
    return values, float(rates[k - 1]) if rates.size >= k else math.inf


def _with_partners(upper: Coefficients) -> Coefficients:
    """Eigenvalues with Im >= 0 and their conjugates; what rounding leaves of a zero is not imaginary."""
    real = np.abs(upper.imag) <= _REAL * np.abs(upper)
    upper = np.where(real, upper.real, upper)
    return np.concatenate([upper, upper[~real].conj()])
