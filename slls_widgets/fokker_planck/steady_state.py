"""The steady state of a magnet at any angle: rates, moments, density, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..macrospin import Macrospin, Phase
from .density import current, density
from .frame import Frame, adapted_frame
from .harmonics import Coefficients, Harmonics
from .relaxation import ReducedModel, reduced_model, relaxation_rates
from .sparse_solver import Solved, solve

Vector = NDArray[np.float64]

__all__ = ["SteadyState", "steady_state"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SteadyState:
    """Exact steady state of a magnet. Made by :func:`steady_state`.

    Attributes
    ----------
    magnet : Macrospin
    S_P, S_B, Sigma : float
        Pumped and bath entropy rates and their sum, the entropy production rate; units of ηT.
    Delta_P : float
        lim Var(S_P over τ)/τ, units of ηT.
    mean_n : ndarray, shape (3,)
        <n> in the frame with ĥ = z and p̂ = (sin θ, 0, cos θ).
    second_moments : ndarray, shape (3, 3)
        <n_i n_j> in the same frame; its trace is 1.
    errors : mapping
        An absolute bound for each of the quantities above.
    certificate : float
        The largest error/max(|value|, 1e-9) of the four rates.
    uncertainty_product : float
        Q = Δ_P Σ/S_P²; its limit at α = 0, +inf where S_P = 0.
    """

    magnet: Macrospin
    S_P: float
    S_B: float
    Sigma: float
    Delta_P: float
    mean_n: Vector
    second_moments: Vector
    errors: Mapping[str, float]
    certificate: float
    uncertainty_product: float
    frame: Frame = field(repr=False)
    basis: Harmonics = field(repr=False)
    coefficients: Coefficients = field(repr=False)

    @property
    def phase(self) -> Phase:
        """What the magnet does with entropy."""
        return Phase.of_rates(
            self.S_P, self.S_B, pumped_error=self.errors["S_P"], bath_error=self.errors["S_B"]
        )

    @property
    def efficiency(self) -> float:
        """-S_B/S_P of a refrigerator, |S_P|/S_B of a heat pump, NaN in every other phase."""
        if self.phase is Phase.REFRIGERATOR:
            return -self.S_B / self.S_P
        if self.phase is Phase.HEAT_PUMP:
            return -self.S_P / self.S_B
        return math.nan

    def density(self, n: ArrayLike) -> Vector:
        """Probability per solid angle at unit vectors n, shape (..., 3) -> (...)."""
        return density(n, self.basis, self.coefficients, self.frame)

    def current(self, n: ArrayLike) -> Vector:
        """Probability current at unit vectors n, shape (..., 3) -> (..., 3), tangent to the sphere."""
        return current(n, self.basis, self.coefficients, self.frame)

    def autocorrelation(self, t: ArrayLike) -> Vector:
        """C(t) = <n·p̂(0) n·p̂(t)> - <n·p̂>²."""
        return self._model.autocorrelation(t)

    def power_spectrum(self, omega: ArrayLike) -> Vector:
        """Two-sided power spectrum of n·p̂, ∫ C(t) e^{-iωt} dt; (2να/δ)² times it is Δ_P at ω = 0."""
        return self._model.power_spectrum(omega)

    def finite_time_variance(self, tau: ArrayLike) -> Vector:
        """Var(S_P over τ)/τ for paths started in the steady state; Δ_P as τ -> ∞, units of ηT."""
        return self.magnet.pumping**2 * self._model.integrated_variance(tau)

    def relaxation_rates(self, k: int = 6) -> Coefficients:
        """The k slowest eigenvalues of -𝓛 (complex: decay rate + i frequency), units of ηT."""
        return relaxation_rates(self.basis, self.frame, k)

    @cached_property
    def _model(self) -> ReducedModel:
        return reduced_model(self.basis, self.frame, self.coefficients)


def steady_state(magnet: Macrospin, tol: float = 1e-8) -> SteadyState:
    """Solve the Fokker-Planck equation on the sphere for a magnet.

    Parameters
    ----------
    magnet : Macrospin
    tol : float
        Wanted certificate, in [1e-14, 1e-1].

    Returns
    -------
    SteadyState

    Examples
    --------
    >>> ss = steady_state(Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7))
    >>> print(f"{ss.S_P:.6f} {ss.phase}")
    1.241180 refrigerator
    """
    # At α = 0 the rates vanish; what remains finite (the uncertainty product) is read off next to it.
    nearby = magnet if magnet.alpha != 0.0 else magnet.replace(alpha=1e-30)
    frame = adapted_frame(nearby)
    reach = float(np.linalg.norm(frame.damping))
    ell_max = int(6.0 * math.sqrt(reach) + 12.0)
    order_max = 8
    coarse = _quantities(nearby, frame, solve(frame, ell_max, order_max))
    while True:
        order_max *= 2
        ell_max = int(1.2 * ell_max)
        solved = solve(frame, ell_max, order_max)
        fine = _quantities(nearby, frame, solved)
        errors = {
            key: float(np.max(np.abs(fine[key] - coarse[key])) + 1e-13 * np.max(np.abs(fine[key])))
            for key in fine
        }
        certificate = max(errors[k] / max(abs(fine[k]), 1e-9) for k in ("S_P", "S_B", "Sigma", "Delta_P"))
        if certificate <= tol or order_max >= 64:
            break
        coarse = fine
    product = fine["Delta_P"] * fine["Sigma"] / fine["S_P"] ** 2 if fine["S_P"] != 0.0 else math.inf
    if magnet.alpha == 0.0:
        for key in ("S_P", "S_B", "Sigma", "Delta_P"):
            fine[key] = errors[key] = 0.0
        product = 0.0 if product < 1e-40 else product
    return SteadyState(
        magnet=magnet,
        S_P=fine["S_P"],
        S_B=fine["S_B"],
        Sigma=fine["Sigma"],
        Delta_P=fine["Delta_P"],
        mean_n=fine["mean_n"],
        second_moments=fine["second_moments"],
        errors=MappingProxyType(errors),
        certificate=certificate,
        uncertainty_product=product,
        frame=frame,
        basis=solved.basis,
        coefficients=solved.moments,
    )


def _quantities(magnet: Macrospin, frame: Frame, solved: Solved) -> dict[str, Any]:
    basis, x = solved.basis, solved.moments
    axes = np.eye(3)
    mean = np.array([(basis.linear(e) @ x).real for e in axes])
    second = np.array([[(basis.multiplication(e) @ basis.linear(f) @ x).real for f in axes] for e in axes])
    h, p = frame.h_hat, frame.p_hat
    alpha, nu, delta = magnet.alpha, magnet.nu, magnet.delta
    balance = alpha * (1.0 - p @ second @ p) - np.cross(h, p) @ mean
    pumped = magnet.pumping * solved.mean_p
    sigma = nu**2 * alpha * (1.0 + 1.0 / delta**2) * balance
    bath = alpha * nu**2 * (balance - (h @ p - h @ second @ p) / delta)
    return {
        "S_P": float(pumped),
        "S_B": float(bath),
        "Sigma": float(sigma),
        "Delta_P": magnet.pumping**2 * solved.fluctuation,
        "mean_n": frame.axes.T @ mean,
        "second_moments": frame.axes.T @ second @ frame.axes,
    }
