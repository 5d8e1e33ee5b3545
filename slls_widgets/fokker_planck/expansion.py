"""A distribution on the sphere by its moments, and what is derived from them when it is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .frame import Frame
from .harmonics import Coefficients, Harmonics
from .relaxation import ReducedModel, reduced_model

Vector = NDArray[np.float64]

__all__ = ["Expansion"]


@dataclass(frozen=True, eq=False)
class Expansion:
    """Moments of the real harmonics of the adapted frame, shape (L+1, 2M+1) (`couplings`)."""

    frame: Frame
    moments: Vector

    @cached_property
    def basis(self) -> Harmonics:
        """The complex harmonics up to the same degree and order."""
        return Harmonics(self.moments.shape[0] - 1, self.moments.shape[1] // 2)

    @cached_property
    def coefficients(self) -> Coefficients:
        """Moments <Y_lm> in the order of :attr:`basis`."""
        ell, order = self.basis.ell, np.abs(self.basis.order)
        imaginary = np.where(order > 0, self.moments[ell, self.basis.order_max + order], 0.0)
        positive = np.where(order > 0, math.sqrt(0.5), 1.0) * (self.moments[ell, order] + 1j * imaginary)
        # Y_(l,-m) = (-1)^m Y_lm*.
        return np.where(self.basis.order < 0, (-1.0) ** order * positive.conj(), positive)

    @cached_property
    def model(self) -> ReducedModel:
        """The small model of everything that depends on time."""
        return reduced_model(self.basis, self.frame, self.coefficients)
