"""The rates as functionals of the first and second moments, written so that nothing large cancels.

The formulas as they come (`docs/physics.md`) subtract numbers near ν². Two identities of the steady state,
<𝓛 n·ĥ> = <𝓛 n·p̂> = 0, remove the large parts:

    B = α (1 - <(n·p̂)²>) - (ĥ × p̂)·<n>,          Q = ĥ·p̂ - <(n·ĥ)(n·p̂)>,
    Σ = ν²α (1 + 1/δ²) B,     S_B = ν²α (B - Q/δ),     S_P = (2να/δ) <n·p̂>.

At the noiseless fixed point ê both B and Q vanish, so they are written in the deviations 1 - <n_z>, 1 -
<n_z²> and in transverse moments of the adapted frame, each of which is small where the noise is. With ĥ₊ =
|α| t k and p̂₊ = i sgn(α) t k, t = τ sin θ, |k| = 1:

    B = α [t² <1-n_z> + (p_z² - t²/2) <1-n_z²> - 2 p_z <n_z p·n_⊥> - <(p_x²-p_y²)(n_x²-n_y²)/2 + 2 p_x p_y
    n_x n_y>]
        - <(ĥ × p̂)·n_⊥>,
    Q = h_z p_z <1-n_z²> - <n_z (h_z p + p_z h)·n_⊥> - <h_x p_x (n_x²-n_y²) + (h_x p_y + h_y p_x) n_x n_y>.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel

Array = NDArray[np.float64]

__all__ = ["evaluate", "harmonic_weights", "low_functions", "multiply", "positions", "scales"]

# The functionals, in this order everywhere: n·p̂, B - Q/δ, B.
MEAN, BATH, BALANCE = range(3)


@kernel()
def scales(alpha: float, nu: float, delta: float) -> Array:
    """What turns (<n·p̂>, B - Q/δ, B, covariance integral) into (S_P, S_B, Σ, Δ_P)."""
    pumping = 2.0 * nu * alpha / delta
    return np.array(
        [pumping, alpha * nu * nu, alpha * (nu * nu + (nu / delta) ** 2), 2.0 * pumping * pumping]
    )


@kernel()
def weights(frame: Array, alpha: float, delta: float) -> Array:
    """Each functional as a row of weights of (n_z, n_x, n_y | n_z², n_z n_x, n_z n_y, n_x²-n_y², n_x n_y),
    shape (3, 8).

    n_z and n_z² stand for -(1-n_z) and -(1-n_z²) in BATH and BALANCE.
    """
    h_x, h_y, h_z, p_x, p_y, p_z, t = frame[3], frame[4], frame[5], frame[6], frame[7], frame[8], frame[9]
    out = np.zeros((3, 8))
    out[0, 0], out[0, 1], out[0, 2] = p_z, p_x, p_y
    b = out[2]
    b[0] = -alpha * t * t
    b[1] = h_z * p_y - p_z * h_y
    b[2] = p_z * h_x - h_z * p_x
    b[3] = -alpha * (p_z * p_z - 0.5 * t * t)
    b[4] = -2.0 * alpha * p_z * p_x
    b[5] = -2.0 * alpha * p_z * p_y
    b[6] = -0.5 * alpha * (p_x * p_x - p_y * p_y)
    b[7] = -2.0 * alpha * p_x * p_y
    q = np.zeros(8)
    q[3] = -h_z * p_z
    q[4] = -(h_z * p_x + p_z * h_x)
    q[5] = -(h_z * p_y + p_z * h_y)
    q[6] = -h_x * p_x
    q[7] = -(h_x * p_y + h_y * p_x)
    for i in range(8):
        out[1, i] = b[i] - q[i] / delta
    return out


@kernel()
def harmonic_weights() -> Array:
    """Weight of the eight monomials on real harmonics (constants apart), as a factor each."""
    return np.array(
        [
            1.0 / math.sqrt(3.0),
            -1.0 / math.sqrt(3.0),
            -1.0 / math.sqrt(3.0),
            2.0 / (3.0 * math.sqrt(5.0)),
            -1.0 / math.sqrt(15.0),
            -1.0 / math.sqrt(15.0),
            2.0 / math.sqrt(15.0),
            1.0 / math.sqrt(15.0),
        ]
    )


@kernel()
def positions(order_max: int) -> NDArray[np.int64]:
    """Column of R_10, R_11, I_11 | R_20, R_21, I_21, R_22, I_22: shape (8,), M >= 2."""
    return np.array([0, 1, order_max + 1, 0, 1, order_max + 1, 2, order_max + 2])


@kernel()
def low_functions(frame: Array, alpha: float, delta: float, order_max: int) -> Array:
    """Coefficients of the three functions in degrees 0, 1, 2 without their constants, shape (3, 3, 2M+1)."""
    w, factor, where = weights(frame, alpha, delta), harmonic_weights(), positions(order_max)
    out = np.zeros((3, 3, 2 * order_max + 1))
    for i in range(3):
        for k in range(8):
            out[i, 1 if k < 3 else 2, where[k]] = w[i, k] * factor[k]
    return out


@kernel()
def evaluate(frame: Array, alpha: float, delta: float, x: Array) -> tuple[Array, Array]:
    """The three functionals and a bound for the rounding of this sum: shapes (3,), (3,)."""
    order_max = x.shape[1] // 2
    w, factor, where = weights(frame, alpha, delta), harmonic_weights(), positions(order_max)
    values, rounding = np.zeros(3), np.zeros(3)
    for i in range(3):
        for k in range(8):
            moment = factor[k] * x[1 if k < 3 else 2, where[k]]
            scale = abs(moment)
            if i > 0 and k == 0:
                moment, scale = moment - 1.0, 1.0
            elif i > 0 and k == 3:
                moment, scale = moment - 2.0 / 3.0, 1.0
            values[i] += w[i, k] * moment
            rounding[i] += 4e-16 * abs(w[i, k]) * scale
    return values, rounding


@kernel(fastmath={"contract"})
def multiply(geometry: Array, p_x: float, p_y: float, p_z: float, v: Array) -> Array:
    """Coefficients of (p·n) v inside the truncation; for moments x, those of n·p̂ times each harmonic.

    n_x and n_z keep R and I apart. p_y n_y turns them into each other: multiplying by n_x + i n_y raises m
    with a factor in which p_x - i p_y stands where p_x stood.
    """
    ell_max, n = v.shape[0] - 1, v.shape[1]
    order_max = n // 2
    out = np.zeros((ell_max + 1, n))
    for ell in range(ell_max):
        g, low, high, v_low, v_high = geometry[ell], out[ell], out[ell + 1], v[ell], v[ell + 1]
        for k in range(n):
            high[k] += p_z * g[0, k] * v_low[k]
            low[k] += p_z * g[0, k] * v_high[k]
        for k in range(n - 1):
            high[k + 1] += p_x * g[1, k] * v_low[k]
            low[k] += p_x * g[1, k] * v_high[k + 1]
            high[k] += p_x * g[2, k + 1] * v_low[k + 1]
            low[k + 1] += p_x * g[2, k + 1] * v_high[k]
        for m in range(order_max):
            right, left = p_y * g[1, m], p_y * g[2, m + 1]
            i_here, i_next = order_max + m, order_max + m + 1
            high[i_next] += right * v_low[m]
            low[m] += right * v_high[i_next]
            high[m] += left * v_low[i_next]
            low[i_next] += left * v_high[m]
            if m > 0:
                high[m + 1] -= right * v_low[i_here]
                low[i_here] -= right * v_high[m + 1]
                high[i_here] -= left * v_low[m + 1]
                low[m + 1] -= left * v_high[i_here]
    return out
