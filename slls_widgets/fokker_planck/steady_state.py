"""The steady state of a magnet at any angle: rates, moments, density, and what follows from them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._reading import Readable, to_error
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin, checked_magnet
from ..magnet.phase import Phase, efficiency, phases, uncertainty_product
from ..proof.state_file import Evidence, write
from .batch import checked_tolerance
from .density import current, density
from .evidence import evidence
from .expansion import Expansion
from .frame import Frame, adapted_frame, frame_components
from .harmonics import Coefficients, Harmonics
from .heat import heat_fluctuations
from .observables import harmonic_weights, positions
from .per_second import PerSecond, per_second
from .point import factorise, moment_bounds, rates
from .relaxation import ReducedModel
from .spectrum import InaccurateRateWarning, checked_count, relaxation_rates
from .truncation import WorkLimitWarning, check_work, refine

Vector = NDArray[np.float64]

__all__ = ["SteadyState", "steady_state"]

TimeQuantity = Literal["autocorrelation", "power_spectrum", "finite_time_variance"]
_RATES = ("S_P", "S_B", "Sigma", "Delta_P")
# Small enough that α² vanishes against 1, large enough that nothing underflows.
_TINY = 1e-30
# What the model of what depends on time may be off by without a warning. It aims at a hundredth of it.
_MODEL_ERROR = 1e-6
# The same for a relaxation rate.
_RATE_ERROR = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class SteadyState(Readable):
    """Exact steady state of a magnet. Made by :func:`steady_state`.

    Attributes
    ----------
    magnet : Macrospin
    S_P, S_B, Sigma : float
        Pumped and bath entropy rates and their sum, the entropy production rate; units of ηT.
    Delta_P : float
        lim Var(S_P over τ)/τ, units of ηT. :attr:`Delta_B` and :attr:`Delta_tot` are computed on access.
    mean_n : ndarray, shape (3,)
        <n> in the frame with ĥ = z and p̂ = (sin θ, 0, cos θ).
    second_moments : ndarray, shape (3, 3)
        <n_i n_j> in the same frame; its trace is 1.
    errors : mapping
        An absolute bound for each of the quantities above: how far it may be from the exact value at the
        parameters as they are, truncation and rounding together (docs/physics.md, section 3).
    certificate : float
        The largest error/max(|value|, 1e-9) of the four rates.
    uncertainty_product : float
        Q = Δ_P Σ/S_P²; its limit at α = 0, +inf where S_P = 0.
    ell_max, order_max : int
        Truncation of degree and order that met the tolerance.
    moments : ndarray, shape (ell_max + 1, 2 order_max + 1)
        Means of the real harmonics of the adapted frame; ``coefficients`` has them as <Y_lm>.
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
    ell_max: int
    order_max: int
    moments: Vector = field(repr=False)

    @property
    def phase(self) -> Phase:
        """What the magnet does with entropy."""
        return Phase(str(phases(*self._signed)))

    @property
    def efficiency(self) -> float:
        """-S_B/S_P of a refrigerator, |S_P|/S_B of a heat pump, NaN in every other phase."""
        return float(efficiency(*self._signed))

    @property
    def Delta_B(self) -> float:
        """lim Var(S_B over τ)/τ, the fluctuation coefficient of the heat, units of ηT.

        Exact at any angle, and computed on first access together with :attr:`Delta_tot`;
        :attr:`heat_errors` bounds the error of each.

        Examples
        --------
        >>> ss = steady_state(Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7))
        >>> print(f"{ss.Delta_P:.6f} {ss.Delta_B:.6f} {ss.Delta_tot:.6f}")
        0.405943 5.112965 5.788935
        >>> ss.heat_errors["Delta_B"] < 1e-8 * ss.Delta_B
        True
        """
        return self._heat[0][0]

    @property
    def Delta_tot(self) -> float:
        """lim Var(S_P + S_B over τ)/τ, the fluctuation coefficient of the total entropy, units of ηT."""
        return self._heat[0][1]

    @property
    def heat_errors(self) -> Mapping[str, float]:
        """An absolute bound for ``Delta_B`` and for ``Delta_tot``, of the same kind as that of ``Delta_P``.

        The truncation is chosen for the four rates and for ``Delta_P``: where it does less well for these
        two, their bounds say so.
        """
        return self._heat[1]

    @cached_property
    def _heat(self) -> tuple[tuple[float, float], Mapping[str, float]]:
        near, square = _nearby(self.magnet), (self.magnet.alpha * self.magnet.nu) ** 2
        components = frame_components(near.alpha, near.nu, near.delta, near.theta)
        values, bounds = heat_fluctuations(components, near.delta, self.ell_max, self.order_max)
        bath, total = (square * values).tolist()
        errors = dict(zip(("Delta_B", "Delta_tot"), (square * bounds).tolist(), strict=True))
        return (bath, total), MappingProxyType(errors)

    @property
    def _signed(self) -> tuple[float, float, float, float]:
        return self.S_P, self.S_B, self.errors["S_P"], self.errors["S_B"]

    def _rows(self) -> list[Sequence[str]]:
        rows = [("exact", "value", "error")]
        for name in _RATES:
            rows.append((name, to_error(getattr(self, name), self.errors[name]), f"{self.errors[name]:.0e}"))
        rows.append(("phase", str(self.phase).replace("_", " "), ""))
        rows.append(("efficiency", f"{self.efficiency:.6g}", ""))
        return [*rows, ("uncertainty product", f"{self.uncertainty_product:.6g}", "")]

    def in_si(self, device: Device) -> PerSecond:
        """The rates in 1/s, and the heat in W, of the device whose state this is.

        Examples
        --------
        >>> device = Device(material="permalloy", field_si=0.2, current_si=80e-6)
        >>> print(f"{steady_state(device).in_si(device).S_P:.3e} /s")
        3.682e+09 /s
        """
        return per_second(device, self.magnet, {name: getattr(self, name) for name in _RATES}, self.errors)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping that cannot be changed cannot be pickled; what was derived is derived again.
        return _restored, (
            {f.name: getattr(self, f.name) for f in fields(self)} | {"errors": dict(self.errors)},
        )

    def density(self, n: ArrayLike) -> Vector:
        """Probability per solid angle at unit vectors n, shape (..., 3) -> (...)."""
        return density(n, self.basis, self.coefficients, self.frame)

    def current(self, n: ArrayLike) -> Vector:
        """Probability current at unit vectors n, shape (..., 3) -> (..., 3), tangent to the sphere."""
        return current(n, self.basis, self.coefficients, self.frame)

    def autocorrelation(self, t: ArrayLike) -> Vector:
        """C(t) = <n·p̂(0) n·p̂(t)> - <n·p̂>², of the shape of t (units of 1/(ηT)).

        Warns
        -----
        WorkLimitWarning
            As the two below: where the small model that they share may be off by more than 1e-6 of C(0), of
            the spectrum or of the variance. :meth:`time_errors` has their errors.
        """
        return self._in_time("autocorrelation", self._model(), t)

    def power_spectrum(self, omega: ArrayLike) -> Vector:
        """Two-sided power spectrum of n·p̂, ∫ C(t) e^{-iωt} dt; (2να/δ)² times it is Δ_P at ω = 0."""
        return self._in_time("power_spectrum", self._model(), omega)

    def finite_time_variance(self, tau: ArrayLike) -> Vector:
        """Var(S_P over τ)/τ for paths started in the steady state; Δ_P as τ -> ∞, units of ηT."""
        return self._in_time("finite_time_variance", self._model(), tau)

    def variance(self, tau: ArrayLike) -> Vector:
        """Var(S_P over τ): the variance of the entropy that is pumped in a time τ, dimensionless.

        The path starts in the steady state. It is τ times :meth:`finite_time_variance`, and so is its error.

        Parameters
        ----------
        tau : array_like
            Durations, > 0, units of 1/(ηT).

        Returns
        -------
        ndarray
            Of the shape of ``tau``.

        Examples
        --------
        >>> ss = steady_state(Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7))
        >>> ss.variance([0.1, 1.0]).round(3)
        array([0.023, 0.389])
        """
        return self._over(self._in_time("finite_time_variance", self._model(), tau), tau)

    def std(self, tau: ArrayLike) -> Vector:
        """√Var(S_P over τ): by how much the entropy that is pumped in a time τ scatters, dimensionless.

        Parameters and accuracy are those of :meth:`variance`.

        Examples
        --------
        The mean grows as τ, the scatter as its root: over a long time what is pumped becomes certain.

        >>> ss = steady_state(Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7))
        >>> print(f"{ss.S_P * 100:.1f} ± {ss.std(100.0):.1f}")
        860.4 ± 6.4
        """
        return np.sqrt(self._over(self._in_time("finite_time_variance", self._model(), tau), tau))

    @staticmethod
    def _over(rate: Vector, tau: ArrayLike) -> Vector:
        """A rate times the duration; nothing in any time is nothing."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.where(rate > 0.0, rate * np.asarray(tau, dtype=float), 0.0)

    def _model(self) -> ReducedModel:
        model = self._expansion.model
        if model.error > _MODEL_ERROR:
            warnings.warn(
                "the work limit stopped the model of what depends on time where the power spectrum is still "
                f"off by {model.error:.0e} of itself at some frequency. "
                "`time_errors` has an error for each time, frequency and duration.",
                WorkLimitWarning,
                stacklevel=3,
            )
        return model

    def _in_time(self, quantity: TimeQuantity, model: ReducedModel, at: ArrayLike) -> Vector:
        if quantity == "autocorrelation":
            return model.autocorrelation(at)
        if quantity == "power_spectrum":
            return model.power_spectrum(at)
        return self.magnet.pumping**2 * model.integrated_variance(at)

    def relaxation_rates(self, k: int = 6) -> Coefficients:
        """The k eigenvalues of -𝓛 that decay slowest (decay rate + i frequency), slowest first, units of ηT.

        They come from a basis of twice the order and a quarter more degrees than that of the state. A complex
        pair is listed with the positive frequency first; k may take one without the other.

        Raises
        ------
        TypeError, ValueError
            If k is not an integer, or more than half of the basis: the faster half is not resolved.

        Warns
        -----
        InaccurateRateWarning
            Where a rate may be off by more than 1e-6 of itself: in a basis that does not resolve it, or if it
            is one of two that nearly coincide, which rounding moves far. :meth:`relaxation_errors` has the
            errors.

        Examples
        --------
        >>> fast = steady_state(Macrospin(alpha=0.1, nu=30, delta=0.1, theta=0))
        >>> fast.relaxation_rates(2).round(2)
        array([60.+297.j, 60.-297.j])
        """
        rates, errors = self._slowest(k)
        poor = errors > _RATE_ERROR * np.abs(rates)
        if np.any(poor):
            first = int(np.argmax(poor))
            warnings.warn(
                f"{int(poor.sum())} of {len(rates)} relaxation rates may be off by more than "
                f"{_RATE_ERROR:.0e} of themselves, the first of them {rates[first]:.6g} by "
                f"{errors[first]:.0e}. `relaxation_errors` has an error for each; "
                "a smaller tol of steady_state gives a larger basis.",
                InaccurateRateWarning,
                stacklevel=2,
            )
        return rates

    def time_errors(self, quantity: TimeQuantity, at: ArrayLike) -> Vector:
        """Estimated errors of ``autocorrelation``, ``power_spectrum`` or ``finite_time_variance``.

        They are the changes from a basis of twice the order and a quarter more degrees, which are larger than
        what that basis still misses; what the small model of each basis misses; and what rounding adds.

        Parameters
        ----------
        quantity : str
            The name of one of these methods.
        at : array_like
            What it is called with: times, frequencies or durations.

        Returns
        -------
        ndarray
            Absolute, of the shape of ``at``.
        """
        if quantity not in get_args(TimeQuantity):
            raise ValueError(f"quantity must be one of {', '.join(get_args(TimeQuantity))}; got {quantity!r}")
        models = self._expansion.model, self._finer.model
        here, there = (self._in_time(quantity, model, at) for model in models)
        missed = sum(model.error + model.rounding for model in models)
        # C(0) sets the scale of a correlation; the other two are positive and have their own.
        scale = models[0].autocorrelation(0.0) if quantity == "autocorrelation" else np.abs(here)
        return np.asarray(1.5 * np.abs(here - there) + (1e-11 + missed) * scale)

    def relaxation_errors(self, k: int = 6) -> Vector:
        """Estimated absolute errors of ``relaxation_rates(k)``: the changes from the state's own basis.

        They are larger than what the finer basis still misses. A slower mode that was missed moves every
        decay rate after it by one place, and so counts as an error.
        """
        return self._slowest(k)[1]

    def _slowest(self, k: int) -> tuple[Coefficients, Vector]:
        """The rates and their errors."""
        finer = Harmonics(*self._finer_size)
        # A few more, since two modes of nearly one decay rate may change places.
        few = min(checked_count(self.basis, k) + 4, (self.basis.size - 1) // 2)
        here = relaxation_rates(self.basis, self.frame, few)
        there = relaxation_rates(finer, self.frame, few)
        nearest = np.abs(there[:, np.newaxis] - here).min(axis=1)
        moved = np.abs(here.real - there.real)
        size = finer.ell_max**2 + np.linalg.norm(self.frame.damping) + np.linalg.norm(self.frame.precession)
        errors = 1.5 * np.maximum(nearest, moved) + 1e-14 * size
        return there[:k], errors[:k]

    def evidence(self) -> Evidence:
        """What :func:`slls_widgets.check` needs to prove the values and their errors, or to fail to."""
        claims = {name: (getattr(self, name), error) for name, error in self.errors.items()}
        size = self.ell_max + 8 + self.ell_max // 4, self.order_max + 4
        return evidence(self.magnet, _nearby(self.magnet), size, claims)

    def write(self, path: str | PathLike[str]) -> None:
        """Write values, errors and the evidence for them to a file (`slls_widgets.proof.state_file`)."""
        write(Path(path), self.evidence())

    @property
    def frame(self) -> Frame:
        """The adapted frame: ``frame.axes @ n`` are the components the harmonics are functions of."""
        return self._expansion.frame

    @property
    def basis(self) -> Harmonics:
        """The harmonics that :attr:`coefficients` belongs to."""
        return self._expansion.basis

    @property
    def coefficients(self) -> Coefficients:
        """Moments <Y_lm> in the order of :attr:`basis`; p = Σ <Y_lm>* Y_lm / 4π in the adapted frame."""
        return self._expansion.coefficients

    @cached_property
    def _expansion(self) -> Expansion:
        return Expansion(adapted_frame(_nearby(self.magnet)), self.moments)

    @property
    def _finer_size(self) -> tuple[int, int]:
        ell_max = int(1.25 * self.ell_max) + 4
        return ell_max, min(2 * self.order_max, ell_max)

    @cached_property
    def _finer(self) -> Expansion:
        """The same steady state in a basis of twice the order and a quarter more degrees."""
        (ell_max, order_max), near = self._finer_size, _nearby(self.magnet)
        components = frame_components(near.alpha, near.nu, near.delta, near.theta)
        operators = factorise(components, ell_max, order_max)
        _, _, moments = rates(components, near.alpha, near.nu, near.delta, *operators, False)
        return Expansion(self.frame, moments)


def _restored(values: dict[str, Any]) -> SteadyState:
    return SteadyState(**values | {"errors": MappingProxyType(values["errors"])})


def steady_state(magnet: Macrospin | Device, tol: float = 1e-8) -> SteadyState:
    """Solve the Fokker-Planck equation on the sphere for a magnet.

    Parameters
    ----------
    magnet : Macrospin or Device
    tol : float
        Wanted certificate, in [1e-13, 0.1]. Where rounding keeps a rate from it (next to its zero, or Σ at
        large ν near θ = π/2) the certificate of the result says what was reached.

    Returns
    -------
    SteadyState

    Raises
    ------
    TypeError, ValueError
        For an argument that is none; for a point expected to need more work than the limit, before any work.

    Warns
    -----
    WorkLimitWarning
        When the tolerance would after all have needed more work than the limit (|b| above 1e6, or a strong
        field on the line a·b = 0, where many orders are needed). The bounds hold all the same.

    Examples
    --------
    >>> ss = steady_state(Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7))
    >>> print(f"{ss.S_P:.6f} {ss.phase} {ss.certificate < 1e-8}")
    1.241213 refrigerator True
    """
    magnet = checked_magnet(magnet)
    near = _nearby(magnet)
    parameters = near.alpha, near.nu, near.delta
    components = frame_components(*parameters, near.theta)
    tol = checked_tolerance(tol)
    check_work(components, tol)
    values, bounds, certificate, moments, inverse, limited = refine(*parameters, near.theta, tol)
    if limited:
        warnings.warn(
            f"the work limit stopped the solver at certificate {certificate:.1e}, short of tol={tol:.1e}: "
            f"tol={10 ** math.ceil(math.log10(certificate)):.0e} can be met here. "
            "`errors` has a bound for each rate.",
            WorkLimitWarning,
            stacklevel=2,
        )
    mean, second = low_moments(moments)
    low = moment_bounds(components, moments, inverse)
    axes = adapted_frame(near).axes
    pumped, _, produced, spread = values.tolist()
    product = float(uncertainty_product(pumped, produced, spread))
    if 0.0 < abs(magnet.alpha) < _TINY**3:
        # S_P itself may underflow; Q has long been at its limit.
        product = steady_state(magnet.replace(alpha=0.0), tol).uncertainty_product
    if magnet.alpha == 0.0:
        values, bounds, certificate = np.zeros(4), np.zeros(4), 0.0
        # Q falls like α² where <n·p̂> does not vanish.
        product = 0.0 if product < 1e-40 else product
    errors = dict(zip(_RATES, bounds.tolist(), strict=True))
    # A rotation mixes the three components of a vector, and the nine of a tensor.
    errors["mean_n"] = float(np.sqrt(np.sum(low[:3] ** 2)))
    errors["second_moments"] = float(np.sqrt(2.0 * np.sum(low[3:] ** 2)))
    return SteadyState(
        magnet=magnet,
        **dict(zip(_RATES, values.tolist(), strict=True)),
        mean_n=axes.T @ mean,
        second_moments=axes.T @ second @ axes,
        errors=MappingProxyType(errors),
        certificate=certificate,
        uncertainty_product=product,
        ell_max=moments.shape[0] - 1,
        order_max=moments.shape[1] // 2,
        moments=moments,
    )


def low_moments(x: Vector) -> tuple[Vector, Vector]:
    """<n> and <n n> in the adapted frame from the moments of real harmonics (`observables`)."""
    factor, where = harmonic_weights(), positions(x.shape[1] // 2)
    degree = np.array([1, 1, 1, 2, 2, 2, 2, 2])
    n_z, n_x, n_y, zz, zx, zy, difference, xy = factor * x[degree, where]
    zz += 1.0 / 3.0
    across = 1.0 - zz
    second = [[(across + difference) / 2, xy, zx], [xy, (across - difference) / 2, zy], [zx, zy, zz]]
    return np.array([n_x, n_y, n_z]), np.array(second)


def _nearby(magnet: Macrospin) -> Macrospin:
    """The magnet; with α = 0, one so close that moments and ratios of rates have their limit."""
    return magnet if magnet.alpha != 0.0 else magnet.replace(alpha=_TINY)
