"""Everything that depends on time: correlations, finite-time variance, power spectrum.

The autocorrelation of f = n·p̂ in the steady state is C(t) = <δf e^{𝓛t} δf>. One Krylov space of the inverse
(σ - 𝓛)^{-1} started from δf holds it for every t at once: with its orthonormal basis V, the small matrix
K = V†𝓛V, and the row of moments w = <δf V>, C(t) = w e^{Kt} (V†δf). The variance of the pumped entropy over a
time and the spectrum are integrals of C, which the small matrix does exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._scipy import dense_linalg, sparse, sparse_linalg
from .frame import Frame
from .harmonics import Coefficients, Harmonics

Vector = NDArray[np.float64]

__all__ = ["ReducedModel", "reduced_model"]

_KRYLOV_STEPS = 120
_LONGEST = 1e100


@dataclass(frozen=True)
class ReducedModel:
    """C(t) = w e^{Kt} s with a small matrix K."""

    w: Coefficients
    K: Coefficients
    s: Coefficients

    def autocorrelation(self, t: ArrayLike) -> Vector:
        """C(t) = <δf(0) δf(t)> for t of any sign (it is even), units of f²."""
        times = np.abs(_numbers("t", t))
        rates, amplitudes = self._modes()
        start = self.w @ self.s
        if abs(amplitudes.sum() - start) <= 1e-11 * abs(start):
            return np.asarray((np.exp(np.multiply.outer(times, rates)) @ amplitudes).real)
        # Nearly parallel eigenvectors: slower, but blind to them.
        unique, inverse = np.unique(times, return_inverse=True)
        values = np.array([(self.w @ dense_linalg.expm(self.K * x) @ self.s).real for x in unique])
        return np.asarray(values[inverse].reshape(times.shape))

    def _modes(self) -> tuple[Coefficients, Coefficients]:
        """Eigenvalues of K and the amplitude of each in C(t)."""
        rates, vectors = np.linalg.eig(self.K)
        amplitudes = (self.w @ vectors) * np.linalg.solve(vectors, self.s)
        # By rounding, δf holds a trace of the steady state, whose zero may come out as a rate of growth.
        decays = rates.real < 0.0
        return rates[decays], amplitudes[decays]

    def power_spectrum(self, omega: ArrayLike) -> Vector:
        """Two-sided spectrum ∫ C(t) e^{-iωt} dt = 2 Re w (iω - K)^{-1} s."""
        frequencies = _numbers("omega", omega, infinite=True)
        identity = np.eye(len(self.s))
        values = [
            2.0 * (self.w @ np.linalg.solve(1j * x * identity - self.K, self.s)).real
            if math.isfinite(x)
            else 0.0
            for x in frequencies.flat
        ]
        return np.array(values).reshape(frequencies.shape)

    def integrated_variance(self, tau: ArrayLike) -> Vector:
        """(1/τ) Var ∫_0^τ f dt = 2 ∫_0^τ (1 - s/τ) C(s) ds.

        Mode by mode 2τ (e^z - 1 - z)/z² with z = τ times its rate. Where modes are nearly parallel, e^{Kτ},
        ∫ e^{Ks} ds and ∫ (τ-s) e^{Ks} ds together are one exponential of a block matrix.
        """
        times = _numbers("tau", tau, infinite=True)
        if not np.all(times > 0.0):
            raise ValueError(f"tau must be > 0 (a duration); got {float(times[~(times > 0.0)].flat[0])!r}")
        # Beyond, the variance has its limit to the last digit, and τ² overflows.
        times = np.minimum(times, _LONGEST)
        rates, amplitudes = self._modes()
        start = self.w @ self.s
        # What the modes miss at t = 0 they miss in the same proportion later: this is the relative error.
        if abs(amplitudes.sum() - start) <= 1e-8 * abs(start):
            z = np.multiply.outer(times, rates)
            return np.asarray(2.0 * times * (_second_integral(z) @ amplitudes).real)
        return np.array([self._variance(float(x)) for x in times.flat]).reshape(times.shape)

    def _variance(self, tau: float) -> float:
        k = len(self.s)
        block = np.zeros((k + 2, k + 2), dtype=complex)
        block[:k, :k] = self.K * tau
        block[:k, k] = self.s
        block[k, k + 1] = 1.0
        # Column k+1 of the exponential: ∫_0^1 (1-x) e^{Kτx} s dx; times 2τ.
        return float(2.0 * tau * (self.w @ dense_linalg.expm(block)[:k, k + 1]).real)


def _numbers(name: str, values: ArrayLike, *, infinite: bool = False) -> Vector:
    """Times or frequencies as an array, without NaN."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number or an array of numbers; got {values!r:.40}") from None
    good = ~np.isnan(array) if infinite else np.isfinite(array)
    if values is None or not np.all(good):
        bad = None if values is None else float(array[~good].flat[0])
        raise ValueError(f"{name} must be {'a number' if infinite else 'finite'}; got {bad!r}")
    return array


def _second_integral(z: Coefficients) -> Coefficients:
    """(e^z - 1 - z)/z² = ∫_0^1 (1-x) e^{zx} dx, by its series where the difference loses digits."""
    small = np.abs(z) < 1.0
    safe = np.where(small, 1.0, z)
    s = np.where(small, z, 0.0)
    series, term = np.zeros_like(s), np.full_like(s, 0.5)
    for k in range(3, 21):
        series = series + term
        term = term * s / k
    return np.where(small, series, (np.expm1(safe) - safe) / safe**2)


def reduced_model(basis: Harmonics, frame: Frame, moments: Coefficients, tol: float = 1e-10) -> ReducedModel:
    """Krylov model of the autocorrelation of f = n·p̂."""
    generator = basis.generator(frame.precession, frame.damping)
    f = basis.linear(frame.p_hat)
    mean = f @ moments
    start = f.copy()
    start[0] -= mean
    # <δf g> for coefficients g: the moments of δf·Y.
    weights = basis.multiplication(frame.p_hat).T @ moments - mean * moments
    shift = 1.0 + float(np.linalg.norm(frame.damping))
    solve = sparse_linalg.splu((shift * sparse.eye_array(basis.size) - generator).tocsc()).solve
    steps = min(_KRYLOV_STEPS, basis.size)
    V = np.zeros((basis.size, steps), dtype=complex)
    norm = np.linalg.norm(start)
    V[:, 0] = start / norm
    count = 1
    for count in range(1, steps):
        new = solve(V[:, count - 1])
        before = np.linalg.norm(new)
        for _ in range(2):  # twice is enough for orthogonality to rounding
            new -= V[:, :count] @ (V[:, :count].conj().T @ new)
        size = np.linalg.norm(new)
        if size < 1e-13 * before:
            break
        V[:, count] = new / size
    else:
        count = steps
    V = V[:, :count]
    s = np.zeros(count, dtype=complex)
    s[0] = norm
    return ReducedModel(w=weights @ V, K=V.conj().T @ (generator @ V), s=s)
