"""Functions on the sphere as vectors: the operators the Fokker-Planck equation is made of, on Y_lm.

The basis is Y_lm with |m| <= M, 0 <= l <= L, normalised so that the mean of |Y_lm|² over the sphere is 1
(Y_00 = 1), with the Condon-Shortley phase. Three operators build everything:

- the Laplacian, -l(l+1);
- the rotation v·J with J = -i n × ∇ (so that (v × n)·∇ = i v·J);
- multiplication by v·n, which couples l to l ± 1.

Backward generator of the reduced model, from L f = (a × n)·∇f + ∇(b·n)·∇f + ∇²f and the product rule
∇u·∇f = (∇²(uf) - u ∇²f - f ∇²u)/2 with ∇²u = -2u for u = b·n:

    𝓛 = ∇² + i a·J + ½[∇², u] + u.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._scipy import sparse

Vector = NDArray[np.float64]
Coefficients = NDArray[np.complex128]
Operator = Any  # a scipy.sparse CSR array, which has no usable type stubs

__all__ = ["Harmonics"]


class Harmonics:
    """The truncated basis and its operators as sparse matrices acting on coefficients.

    Parameters
    ----------
    ell_max : int
        Largest degree, >= 1.
    order_max : int
        Largest |m|; degrees below it keep all of theirs.

    Attributes
    ----------
    ell, order : ndarray of int
        Degree and order of each basis function; degrees are contiguous, orders ascending inside.
    size : int
        Number of basis functions.

    Examples
    --------
    >>> basis = Harmonics(3, 1)
    >>> basis.size, basis.index(2, -1)
    (10, 4)
    """

    def __init__(self, ell_max: int, order_max: int) -> None:
        if ell_max < 1 or order_max < 0:
            raise ValueError(f"need ell_max >= 1 and order_max >= 0; got {ell_max} and {order_max}")
        self.ell_max, self.order_max = ell_max, order_max
        widths = np.minimum(np.arange(ell_max + 1), order_max)
        self._start = np.concatenate(([0], np.cumsum(2 * widths + 1)))
        self.ell = np.repeat(np.arange(ell_max + 1), 2 * widths + 1)
        self.size = int(self._start[-1])
        self.order = np.arange(self.size) - self._start[self.ell] - np.minimum(self.ell, order_max)

    def index(self, ell: int, order: int) -> int:
        """Position of Y_lm in a coefficient vector."""
        return int(self._start[ell]) + min(ell, self.order_max) + order

    def laplacian(self) -> Operator:
        """∇² Y_lm = -l(l+1) Y_lm."""
        return sparse.diags_array(-self.ell * (self.ell + 1.0)).tocsr()

    def rotation(self, v: Vector) -> Operator:
        """i v·J, the derivative along the rotation about v: (v × n)·∇."""
        ell, m = self.ell, self.order
        up = 0.5 * (v[0] - 1j * v[1]) * np.sqrt((ell - m) * (ell + m + 1.0))
        down = 0.5 * (v[0] + 1j * v[1]) * np.sqrt((ell + m) * (ell - m + 1.0))
        return 1j * (self._hop(0, 1, up) + self._hop(0, 0, v[2] * m) + self._hop(0, -1, down))

    def multiplication(self, v: Vector) -> Operator:
        """Multiplication by v·n (the coupling out of the truncated space is dropped)."""
        raised = self._raising(v)
        return raised + _lowering(raised)

    def generator(self, precession: Vector, damping: Vector) -> Operator:
        """The backward generator 𝓛 of the module docstring."""
        raised = self._raising(damping)
        lowered = _lowering(raised)
        ell = sparse.diags_array(self.ell.astype(float))
        # ½[∇², u] + u: the part of u Y_lm in l+1 gets -l, the part in l-1 gets l+1.
        advection = -(raised @ ell) + lowered @ (ell + sparse.eye_array(self.size))
        return (self.laplacian() + self.rotation(precession) + advection).tocsr()

    def linear(self, v: Vector) -> Coefficients:
        """Coefficients of the function v·n."""
        one = np.zeros(self.size, dtype=complex)
        one[0] = 1.0
        return np.asarray(self._raising(v) @ one)

    def _raising(self, v: Vector) -> Operator:
        """The part of v·n Y_lm in degree l+1."""
        ell, m = self.ell, self.order
        bottom = (2 * ell + 1.0) * (2 * ell + 3.0)
        plus = -0.5 * (v[0] - 1j * v[1]) * np.sqrt((ell + m + 1.0) * (ell + m + 2) / bottom)
        minus = 0.5 * (v[0] + 1j * v[1]) * np.sqrt((ell - m + 1.0) * (ell - m + 2) / bottom)
        level = v[2] * np.sqrt(((ell + 1.0) ** 2 - m * m) / bottom)
        return self._hop(1, 1, plus) + self._hop(1, 0, level) + self._hop(1, -1, minus)

    def _hop(self, d_ell: int, d_order: int, values: NDArray[Any]) -> Operator:
        """The operator Y_lm -> values[lm] Y_(l+d_ell, m+d_order) inside the truncation."""
        ell, order = self.ell + d_ell, self.order + d_order
        inside = (ell >= 0) & (ell <= self.ell_max) & (np.abs(order) <= np.minimum(ell, self.order_max))
        column = np.flatnonzero(inside)
        ell, order = ell[inside], order[inside]
        row = self._start[ell] + np.minimum(ell, self.order_max) + order
        data = np.broadcast_to(values, self.size)[inside].astype(complex)
        return sparse.csr_array((data, (row, column)), shape=(self.size, self.size))


def _lowering(raising: Operator) -> Operator:
    """The part of v·n Y_lm in degree l-1: multiplication by a real function is self-adjoint."""
    return raising.conj().T
