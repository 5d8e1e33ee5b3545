"""Everything that depends on time: correlations, finite-time variance, power spectrum.

The autocorrelation of f = n·p̂ in the steady state is C(t) = <δf e^{𝓛t} δf>. On real harmonics that is
w e^{𝓛t} s, with the coefficients s of δf and the moments w of δf times each harmonic. A small matrix K stands
for 𝓛. It comes from two rational Krylov spaces: one of 𝓛 started from s, with the basis V, and one of its
transpose started from w, with the basis W; K = (Wᵀ V)⁻¹ Wᵀ 𝓛 V. Both sides are needed, since 𝓛 is far from
normal on harmonics. For a reversible process w is the density times δf and W the density times V, so that
this is the projection in the scalar product in which 𝓛 is symmetric; one from the right alone needs hundreds
of columns where 50 suffice.

The poles are those of (σ - 𝓛)⁻¹. Modes of order m turn at about m a_z (`spectrum`), which is 1/δ times as
fast as they decay: no real pole sees them. There is one near the modes of order 0, a pair on the lines
±i m a_z for each of the first orders, and for others where the spectrum on their line asks for it; a real one
far out and two steps with 𝓛 itself are for high frequencies and short times. Pairs keep everything real.

The power spectrum S(ω) judges the model. It is positive, C(t) = ∫ S cos ωt dω/2π, and the variance over τ is
the same integral with (sin x/x)² for the cosine, x = ωτ/2. So its largest relative error bounds the error of
C relative to C(0), and the relative one of the variance. The spaces are widened until S stands still on all
lines, between and beyond, and has its true value at two frequencies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arguments import reals
from ._scipy import dense_linalg
from .frame import Frame
from .harmonics import Coefficients, Harmonics
from .krylov import Spaces
from .tilted import real_harmonics

Vector = NDArray[np.float64]

__all__ = ["ReducedModel", "reduced_model"]

# Columns of each space: at first, added at a time, and at most.
_FIRST, _MORE, _MOST = 36, 12, 300
# Orders whose modes have a pole from the start.
_LINES = 2
# Largest relative change of the power spectrum from the last model but one: the last one is far closer.
_CONVERGED = 1e-8
# So few functions need no model.
_WHOLE = 64
# What modes may miss at t = 0: more, and nearly parallel eigenvectors have cost digits.
_COMPLETE = 1e-11
_EPS = 2.2e-16
_LONGEST = 1e100


@dataclass(frozen=True, eq=False)
class ReducedModel:
    """C(t) = w e^{Kt} s with a small matrix K.

    Parameters
    ----------
    w, s : ndarray, shape (k,)
    K : ndarray, shape (k, k)
        In units of ηT.
    error : float
        Estimated error of the power spectrum, relative, where it is largest. The error of C(t) relative to
        C(0) and that of the variance over a time relative to itself are not larger.
    rounding : float
        What rounding adds to it.
    """

    w: Coefficients | Vector
    K: Coefficients | Vector
    s: Coefficients | Vector
    error: float = 0.0
    rounding: float = 0.0

    def autocorrelation(self, t: ArrayLike) -> Vector:
        """C(t) = <δf(0) δf(t)> for t of any sign (it is even), units of f²."""
        times = np.abs(_numbers("t", t))
        if self._complete:
            rates, amplitudes = self._modes
            return np.asarray((np.exp(np.multiply.outer(times, rates)) @ amplitudes).real)
        # Nearly parallel eigenvectors: slower, but blind to them.
        w, K, s = self._decaying
        unique, inverse = np.unique(times, return_inverse=True)
        steps = np.arange(len(unique)) * (unique[-1] / max(len(unique) - 1, 1)) if len(unique) else unique
        if len(unique) > 2 and np.all(np.abs(unique - steps) <= 2.0 * _EPS * unique[-1]):
            # Evenly spaced from 0, as curves are: one exponential moves from each to the next.
            step, state, found = dense_linalg.expm(K * steps[1]), s, []
            for _ in unique:
                found.append((w @ state).real)
                state = step @ state
            values = np.array(found)
        else:
            values = np.array([(w @ dense_linalg.expm(K * x) @ s).real for x in unique])
        return np.asarray(values[inverse].reshape(times.shape))

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
        if self._complete:
            rates, amplitudes = self._modes
            z = np.multiply.outer(times, rates)
            return np.asarray(2.0 * times * (_second_integral(z) @ amplitudes).real)
        return np.array([self._variance(float(x)) for x in times.flat]).reshape(times.shape)

    @property
    def growth(self) -> float:
        """The share in C(0) of modes that do not decay, which are left out."""
        rates, amplitudes = self._all_modes
        return float(abs(amplitudes[rates.real >= 0.0].sum()) / abs(self.w @ self.s))

    @cached_property
    def _all_modes(self) -> tuple[Coefficients, Coefficients]:
        """Eigenvalues of K and the amplitude of each in C(t)."""
        rates, vectors = np.linalg.eig(self.K)
        try:
            amplitudes = (self.w @ vectors) * np.linalg.solve(vectors, self.s)
        except np.linalg.LinAlgError:  # two of one direction
            amplitudes = np.full(len(rates), np.nan)
        return rates, amplitudes

    @property
    def _modes(self) -> tuple[Coefficients, Coefficients]:
        """Those that decay: rounding leaves growing ones behind, and a trace of each in C(t)."""
        rates, amplitudes = self._all_modes
        decays = rates.real < 0.0
        return rates[decays], amplitudes[decays]

    @cached_property
    def _complete(self) -> bool:
        """Whether the modes make up C(0). What they miss there they miss in the same proportion later."""
        start = self.w @ self.s
        return bool(abs(self._all_modes[1].sum() - start) <= _COMPLETE * abs(start))

    @cached_property
    def _decaying(self) -> tuple[Coefficients | Vector, Coefficients | Vector, Coefficients | Vector]:
        """(w, K, s) without the modes that grow, which a Sylvester equation parts from the others."""
        T, Q, k = dense_linalg.schur(self.K, sort="lhp")
        w, s = self.w @ Q, Q.conj().T @ self.s
        if k < len(s):
            X = dense_linalg.solve_sylvester(T[:k, :k], -T[k:, k:], -T[:k, k:])
            s = s[:k] - X @ s[k:]
        return w[:k], T[:k, :k], s[:k]

    def _variance(self, tau: float) -> float:
        w, K, s = self._decaying
        k = len(s)
        block = np.zeros((k + 2, k + 2), dtype=K.dtype)
        block[:k, :k] = K * tau
        block[:k, k] = s
        block[k, k + 1] = 1.0
        # Column k+1 of the exponential: ∫_0^1 (1-x) e^{Kτx} s dx; times 2τ.
        return float(2.0 * tau * (w @ dense_linalg.expm(block)[:k, k + 1]).real)


def _numbers(name: str, values: ArrayLike, *, infinite: bool = False) -> Vector:
    """Times or frequencies as an array, without NaN."""
    try:
        array = reals(name, values)
    except ValueError:
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


def reduced_model(basis: Harmonics, frame: Frame, moments: Coefficients) -> ReducedModel:
    """The model of the module docstring for f = n·p̂, widened until its power spectrum stands still."""
    real = real_harmonics(basis)
    # The constant is a mode of its own, and δf is orthogonal to it from both sides.
    generator = (real.conj().T @ basis.generator(frame.precession, frame.damping) @ real).real.tocsr()[1:, 1:]
    generator.eliminate_zeros()
    f = basis.linear(frame.p_hat)
    start = (real.conj().T @ f).real[1:]
    # <δf g> for coefficients g: the moments of δf·Y.
    product = basis.multiplication(frame.p_hat).T @ moments
    weights = (real.T @ (product - (f @ moments) * moments)).real[1:]
    near, width = 1.0 + float(np.linalg.norm(frame.damping)), 1.0 + float(frame.damping[2])
    turn = abs(float(frame.precession[2]))
    # <f²> - <f>² cancels where fluctuations are small, and a slow mode is a small part of a fast 𝓛.
    rounding = _EPS * (8.0 * float(abs(f @ product) / abs(weights @ start)) + (near + turn) / width)
    if len(start) <= _WHOLE:
        return ReducedModel(weights, generator.toarray(), start, rounding=rounding)
    # On the axis only order 0 counts, and where all turn slowly the pole at |b| is about as close to each.
    tilted = frame.damping[0] != 0.0 or np.any(frame.p_hat[:2] != 0.0)
    fast = tilted and turn > 0.5 * near
    lines = turn * np.arange(1.0, basis.order_max + 1.0) if fast else np.zeros(0)
    poles = np.asarray(math.sqrt(near * width) + 1j * lines, dtype=np.complex128)
    far = 4.0 * (near + turn)
    spaces = Spaces(generator, weights, start)
    for pole in [complex(width if fast else near), complex(far), *poles[:_LINES]]:
        spaces.add(pole)
    steps = np.array([-width, width, 0.5 * turn])
    beside = [line + steps for line in lines[:3]]
    omega = np.concatenate([lines, *beside, np.geomspace(0.3 * width, 3.0 * far, 8)])
    return replace(_widened(spaces, poles, omega), rounding=rounding)


def _widened(spaces: Spaces, poles: Coefficients, omega: Vector) -> ReducedModel:
    """The model whose power spectrum stands still at ``omega``, which begins with the lines of ``poles``."""
    # Two models may agree and both be wrong, on the first line without a pole or at 0, the variance's limit.
    certain = np.array([*omega[_LINES : len(poles)][:1], 0.0])
    truth = np.array([spaces.spectrum(x) for x in certain])
    first = range(spaces.poles)
    later: dict[int, int] = {}
    spaces.widen(first, _FIRST)
    model = best = replace(ReducedModel(*spaces.projection()), error=math.inf)
    missed, wider, size = list[int](), True, 0
    while best.error > _CONVERGED and size < min(spaces.size, _MOST):
        size = spaces.size
        if wider:
            spaces.widen(first, _MORE)
        for i in missed:
            if i not in later:
                later[i] = spaces.add(complex(poles[i]))
            spaces.widen([later[i]], _MORE // 2)
        before, model = model, ReducedModel(*spaces.projection())
        changes = np.abs(model.power_spectrum(omega) / before.power_spectrum(omega) - 1.0)
        wrong = np.abs(model.power_spectrum(certain) / truth - 1.0)
        error = float(np.max(np.concatenate([changes, wrong])))
        if error <= _CONVERGED:
            error = max(error, model.growth)
        # Beyond what rounding allows, more columns may make it worse.
        if error < best.error:
            best = replace(model, error=error)
        if len(certain) > 1:
            changes[_LINES] = max(changes[_LINES], wrong[0])
        missed = [i for i in range(_LINES, len(poles)) if changes[i] > _CONVERGED]
        wider = not missed or bool(np.max(np.delete(changes, missed)) > _CONVERGED)
    return best
