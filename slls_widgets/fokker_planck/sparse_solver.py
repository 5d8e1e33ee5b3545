"""Plain sparse solution of the steady state (to be replaced by the compiled elimination)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._scipy import sparse_linalg
from .frame import Frame
from .harmonics import Coefficients, Harmonics


class Solved(NamedTuple):
    """Moments and the two numbers that need the whole solution."""

    moments: Coefficients
    mean_p: float
    fluctuation: float
    basis: Harmonics


def solve(frame: Frame, ell_max: int, order_max: int) -> Solved:
    """One factorisation for the moments and for the response."""
    basis = Harmonics(ell_max, order_max)
    generator = basis.generator(frame.precession, frame.damping)
    lu = sparse_linalg.splu(generator[1:, 1:].T.tocsc())
    first_row = generator.T.tocsr()[1:, [0]].toarray().ravel()
    x = np.concatenate(([1.0], lu.solve(-first_row)))
    f = basis.linear(frame.p_hat)
    mean = float((f @ x).real)
    phi = np.concatenate(([0.0], lu.solve(-f[1:], trans="T")))
    fluctuation = 2.0 * ((basis.multiplication(frame.p_hat) @ phi) @ x - mean * (phi @ x))
    return Solved(x, mean, float(fluctuation.real), basis)
