"""Full counting statistics: the scaled cumulant generating function and the large-deviation function.

For an entropy A(τ) = k_P S_P + k_B S_B accumulated along paths, <e^{kA}> grows like e^{λ(k)τ}, and λ is the
leading eigenvalue of the tilted generator. With dS_B = ν (ĥ + αn × p̂)∘dn the gradient becomes D = ∇ + k_B g
with g = να n × p̂ (the part ν ĥ·dn is the change of a bounded function and shifts no eigenvalue), and with
the drift v = a × n + b - n (n·b)

    𝓛_k = v·D + D·D + k_P c n·p̂,      c = 2να/δ.

Written out (∇·g = 0, g·∇ = -να i p̂·J):

    𝓛_k = 𝓛 - 2 k_B να i p̂·J + k_B v·g + k_B² (να)² (1 - (n·p̂)²) + k_P c n·p̂,
    v·g = να [(a·n)(p̂·n) - a·p̂ + n·(p̂ × b)].

λ'(0) is the rate, λ''(0) the fluctuation coefficient. The fluctuation theorem relates two processes: with
k_P = k_B = k, λ(k) of a magnet is λ(-1-k) of its partner α -> -α.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..macrospin import Macrospin
from ._scipy import sparse, sparse_linalg
from .frame import adapted_frame
from .harmonics import Harmonics, Operator
from .steady_state import steady_state

Array = NDArray[np.float64]
Which = Literal["pumped", "bath", "total"]

__all__ = ["RateFunction", "rate_function", "scgf", "scgf_slope"]

_TILT = {"pumped": (1.0, 0.0), "bath": (0.0, 1.0), "total": (1.0, 1.0)}
_MAX_SIZE = 60_000


class RateFunction(NamedTuple):
    """Large-deviation function: P(A/τ ≈ rate) ~ e^{-τ·value}; ``k`` is the tilt that makes it typical."""

    rate: Array
    value: Array
    k: Array


def scgf(magnet: Macrospin, k: ArrayLike, which: Which = "pumped", *, tol: float = 1e-10) -> Array:
    """Scaled cumulant generating function λ(k) = lim ln<e^{kA}>/τ, in units of ηT.

    Parameters
    ----------
    magnet : Macrospin
    k : array_like
        Counting variable, dimensionless.
    which : {"pumped", "bath", "total"}
        A = S_P, S_B or S_P + S_B.
    tol : float
        Two truncations must agree to tol·max(1, |λ|).

    Returns
    -------
    ndarray
        Of the shape of ``k``; λ(0) = 0 exactly.

    Raises
    ------
    ValueError
        For an unknown ``which``, or when the tilt needs a basis beyond the stated limit.

    Examples
    --------
    >>> magnet = Macrospin(alpha=0.6, nu=2, delta=0.866, theta=0.9)
    >>> here, there = scgf(magnet, -0.3, "total"), scgf(magnet.partner(), -0.7, "total")
    >>> print(f"{here:.11f} {abs(here - there) < 1e-10}")
    -0.22174629669 True
    """
    k = np.asarray(k, dtype=float)
    _tilt(which)
    return np.array([_leading(magnet, float(x), which, tol)[0] for x in k.flat]).reshape(k.shape)


def scgf_slope(magnet: Macrospin, k: ArrayLike, which: Which = "pumped", *, tol: float = 1e-10) -> Array:
    """λ'(k): the rate of A in the paths that dominate <e^{kA}>; the mean rate at k = 0."""
    k = np.asarray(k, dtype=float)
    _tilt(which)
    return np.array([_leading(magnet, float(x), which, tol)[1] for x in k.flat]).reshape(k.shape)


def rate_function(
    magnet: Macrospin, which: Which = "pumped", *, k: ArrayLike | None = None, tol: float = 1e-9
) -> RateFunction:
    """Large-deviation function I(a) = max_k [k a - λ(k)], parametrically in k.

    Parameters
    ----------
    k : array_like, optional
        Tilts; by default 41 of them covering about six standard deviations at τ = 1/(ηT).

    Returns
    -------
    RateFunction
        a = λ'(k), I = k λ'(k) - λ(k) >= 0 with its zero at the mean rate.
    """
    if k is None:
        base = steady_state(magnet)
        spread = _spread(magnet, which, base.Delta_P)
        k = np.linspace(-3.0, 3.0, 41) / max(spread, 1e-3)
    tilts = np.asarray(k, dtype=float)
    pairs = np.array([_leading(magnet, float(x), which, tol) for x in tilts.flat])
    rate = pairs[:, 1].reshape(tilts.shape)
    return RateFunction(rate, tilts * rate - pairs[:, 0].reshape(tilts.shape), tilts)


def _spread(magnet: Macrospin, which: Which, fluctuation: float) -> float:
    """√λ''(0), the width of the fluctuations."""
    if which == "pumped":
        return float(np.sqrt(max(fluctuation, 0.0)))
    h = 1e-3
    second = (_leading(magnet, h, which, 1e-10)[1] - _leading(magnet, -h, which, 1e-10)[1]) / (2.0 * h)
    return float(np.sqrt(max(second, 0.0)))


def _tilt(which: str) -> tuple[float, float]:
    if which not in _TILT:
        raise ValueError(f"which must be one of {', '.join(map(repr, _TILT))}; got {which!r}")
    return _TILT[which]


@lru_cache(maxsize=4096)
def _leading(magnet: Macrospin, k: float, which: Which, tol: float) -> tuple[float, float]:
    """λ(k) and λ'(k), the basis doubled in order and widened in degree until two agree."""
    frame = adapted_frame(magnet)
    k_pumped, k_bath = (k * x for x in _tilt(which))
    field = float(np.linalg.norm(frame.damping)) + abs(k_pumped * magnet.pumping)
    field += (abs(k_bath) + k_bath**2) * abs(magnet.alpha * magnet.nu)
    ell_max, order_max = int(8 + 5.0 * np.sqrt(field)), 5
    before: tuple[float, float] | None = None
    while True:
        basis = Harmonics(ell_max, min(order_max, ell_max))
        if basis.size > _MAX_SIZE:
            raise ValueError(
                f"k={k!r} needs over {_MAX_SIZE} harmonics (two smaller bases do not agree to tol={tol!r}); "
                "use a smaller |k|, a weaker field or torque, or a larger tol"
            )
        matrix, slope = _operators(magnet, basis, which, k)
        guess = before[0] if before else _rightmost(matrix, _potential_bound(magnet, which, k))
        now = _eigenvalue(matrix, slope, k, guess)
        scale = tol * max(1.0, abs(now[0]))
        if before is not None and abs(now[0] - before[0]) <= scale:
            return now
        before = now
        order_max = 2 * order_max
        ell_max = int(1.25 * ell_max) + 2


def _operators(magnet: Macrospin, basis: Harmonics, which: Which, k: float) -> tuple[Operator, Operator]:
    """𝓛_k and its derivative with respect to k."""
    frame = adapted_frame(magnet)
    weight_pumped, weight_bath = _tilt(which)
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
    generator = basis.generator(a, b) + k * slope + k * k * curvature
    return generator.tocsc(), (slope + 2.0 * k * curvature).tocsr()


def _eigenvalue(matrix: Operator, slope: Operator, k: float, value: float) -> tuple[float, float]:
    """The real leading eigenvalue by inverse iteration from both sides, its shift moving with the quotient.

    The leading eigenfunction is positive everywhere (Perron-Frobenius), so the constant function is a start
    that cannot miss it.
    """
    size = matrix.shape[0]
    right = np.zeros(size, dtype=complex)
    right[0] = 1.0
    left = right
    identity = sparse.eye_array(size, format="csc")
    for _ in range(12):
        # Just above the estimate: exactly at it the matrix is singular.
        lu = sparse_linalg.splu((matrix - (value + 1e-7 * max(1.0, abs(value))) * identity).tocsc())
        for _ in range(3):
            right = lu.solve(right)
            right /= np.linalg.norm(right)
            left = lu.solve(left, trans="T")
            left /= np.linalg.norm(left)
        new = float(((left @ (matrix @ right)) / (left @ right)).real)
        converged = abs(new - value) <= 1e-9 * max(1.0, abs(new))
        value = new
        if converged:
            break
    derivative = float(((left @ (slope @ right)) / (left @ right)).real)
    return (0.0 if k == 0.0 else value), derivative


def _rightmost(matrix: Operator, bound: float) -> float:
    """The rightmost eigenvalue, by shift-and-invert Arnoldi from a bound on its right."""
    shift = bound + 0.1 * max(1.0, abs(bound))
    lu = sparse_linalg.splu((matrix - shift * sparse.eye_array(matrix.shape[0], format="csc")).tocsc())
    inverse = sparse_linalg.LinearOperator(matrix.shape, matvec=lu.solve, dtype=complex)
    start = np.full(matrix.shape[0], 1e-3, dtype=complex)
    start[0] = 1.0
    values = shift + 1.0 / sparse_linalg.eigs(
        inverse, k=min(6, matrix.shape[0] - 2), which="LM", v0=start, return_eigenvectors=False, tol=1e-6
    )
    return float(values.real.max())


def _potential_bound(magnet: Macrospin, which: Which, k: float) -> float:
    """An upper bound of λ(k): 𝓛_k is a diffusion with the potential V = 𝓛_k 1, and λ <= max V."""
    frame = adapted_frame(magnet)
    weight_pumped, weight_bath = _tilt(which)
    torque = abs(weight_bath * k * magnet.alpha * magnet.nu)
    a, b = float(np.linalg.norm(frame.precession)), float(np.linalg.norm(frame.damping))
    return abs(k * weight_pumped * magnet.pumping) + torque * min(2.0 * a + b, 1e300) + torque**2
