"""Rational Krylov spaces of the generator from both sides, on which `relaxation` makes its small matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._scipy import sparse, sparse_linalg
from .harmonics import Coefficients, Operator

Vector = NDArray[np.float64]
Step = Callable[[Vector], NDArray[Any]]

__all__ = ["Spaces"]

# Steps with 𝓛 itself.
_MULTIPLIED = 2
# A column that adds less than this to its space is rounding.
_NEW = 1e-12
# Directions of the two spaces that are orthogonal to one another but for rounding.
_PAIRED = 1e-13


class Spaces:
    """The two Krylov spaces and the projection from both sides."""

    def __init__(self, generator: Operator, weights: Vector, start: Vector) -> None:
        self._generator, self._weights, self._start = generator, weights, start
        self._right = _Space(start, generator.__matmul__)
        self._left = _Space(weights, generator.T.tocsr().__matmul__)

    @property
    def size(self) -> int:
        """Columns of each space."""
        return self._right.size

    @property
    def poles(self) -> int:
        """How many there are."""
        return len(self._right.resolvents)

    def spectrum(self, omega: float) -> float:
        """The power spectrum without a model, at the price of a factorisation."""
        return 2.0 * float((self._weights @ self._factorised(1j * omega).solve(self._start)).real)

    def _factorised(self, pole: complex) -> _Resolvent:
        one = sparse.eye_array(len(self._start))
        # A real one is half the work.
        shift = pole if pole.imag else pole.real
        return _Resolvent(sparse_linalg.splu((shift * one - self._generator).tocsc()), type(shift))

    def add(self, pole: complex) -> int:
        """One more pole; its number."""
        resolvent = self._factorised(pole)
        self._right.resolvents.append(resolvent.solve)
        self._left.resolvents.append(resolvent.solve_transposed)
        return self.poles - 1

    def widen(self, numbers: Iterable[int], columns: int) -> None:
        """That many more columns or a few more from some of the poles, unless none is left to be had."""
        wanted = self.size + columns
        while self.size < wanted:
            before = self._right.size + self._left.size
            for space in (self._right, self._left):
                for i in numbers:
                    space.step(i)
            if self._right.size + self._left.size == before:
                break

    def projection(self) -> tuple[Coefficients | Vector, Coefficients | Vector, Coefficients | Vector]:
        """The weights w, the matrix K and the start s on the two spaces."""
        V, W = self._right.columns, self._left.columns
        left, cosines, right = np.linalg.svd(W.T @ V, full_matrices=False)
        pairs = cosines > _PAIRED * cosines[0]
        scale = 1.0 / np.sqrt(cosines[pairs])
        left, right = left[:, pairs] * scale, right[pairs].T * scale
        return (
            (self._weights @ V) @ right,
            left.T @ (W.T @ (self._generator @ V)) @ right,
            left.T @ (W.T @ self._start),
        )


@dataclass(frozen=True)
class _Resolvent:
    """(σ - 𝓛)^{-1} on real vectors."""

    factors: Any
    kind: type[complex]

    def solve(self, x: Vector) -> NDArray[Any]:
        return np.asarray(self.factors.solve(x.astype(self.kind)))

    def solve_transposed(self, x: Vector) -> NDArray[Any]:
        return np.asarray(self.factors.solve(x.astype(self.kind), "T"))


class _Space:
    """An orthonormal basis that several resolvents widen, each from what it added last.

    By partial fractions the order in which they are applied makes no difference to the space.
    """

    def __init__(self, start: Vector, multiply: Step) -> None:
        self.resolvents: list[Step] = []
        self._last: dict[int, Vector] = {}
        self._stored = np.zeros((len(start), 64), order="F")
        self.size = 0
        self._start = last = self._add(start, start)
        for _ in range(_MULTIPLIED):
            last = self._add(multiply(last), last)

    @property
    def columns(self) -> Vector:
        return self._stored[:, : self.size]

    def step(self, i: int) -> None:
        """Apply one of the resolvents."""
        new = self.resolvents[i](self._last.get(i, self._start))
        # Real and imaginary part are the steps with a pole and with its conjugate.
        for part in (new.real, new.imag) if np.iscomplexobj(new) else (new,):
            self._last[i] = self._add(part, self._last.get(i, self._start))

    def _add(self, new: Vector, otherwise: Vector) -> Vector:
        """The direction that is new in ``new``; ``otherwise`` if there is none."""
        before = np.linalg.norm(new)
        for _ in range(2):  # twice is enough for orthogonality to rounding
            new = new - self.columns @ (self.columns.T @ new)
        norm = np.linalg.norm(new)
        if not norm > _NEW * before:
            return otherwise
        if self.size == self._stored.shape[1]:
            self._stored = np.asfortranarray(np.hstack([self._stored, np.zeros_like(self._stored)]))
        new = new / norm
        self._stored[:, self.size] = new
        self.size += 1
        return new
