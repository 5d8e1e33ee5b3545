"""The rates as functionals of the first and second moments, written so that nothing large cancels.

The formulas as they come (``docs/physics.md``) subtract numbers near ν². Two identities of the steady state,
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
from .couplings import hop, quarter_turn

Array = NDArray[np.float64]

__all__ = ["evaluate", "harmonic_weights", "low_functions", "multiply", "positions", "scales"]

# The functionals, in this order everywhere: n·p̂, B - Q/δ, B.
MEAN, BATH, BALANCE = range(3)

# √3 and √5, the values of R_10 and R_20 at the pole, and what rounding takes from them.
ROOT_3, ROOT_3_TAIL = 1.7320508075688772, 1.0035084221806903e-16
ROOT_5, ROOT_5_TAIL = 2.23606797749979, -1.0864230407365012e-16


@kernel()
def scales(alpha: float, nu: float, delta: float) -> Array:
    """What turns (<n·p̂>, B - Q/δ, B, covariance integral) into (S_P, S_B, Σ, Δ_P)."""
    pumping = 2.0 * nu * alpha / delta
    return np.array(
        [pumping, alpha * nu * nu, alpha * (nu * nu + (nu / delta) ** 2), 2.0 * pumping * pumping]
    )


@kernel()
def weights(frame: Array, alpha: float, nu: float, delta: float) -> tuple[Array, Array]:
    """Each functional as weights of (n_z, n_x, n_y | n_z², n_z n_x, n_z n_y, n_x²-n_y², n_x n_y), and the
    magnitude of the terms each weight is summed from: shapes (3, 8).

    n_z and n_z² stand for -(1-n_z) and -(1-n_z²) in BATH and BALANCE.
    """
    h_x, h_y, h_z, p_x, p_y, p_z, t = frame[3], frame[4], frame[5], frame[6], frame[7], frame[8], frame[9]
    out, size = np.zeros((3, 8)), np.zeros((3, 8))
    out[0, 0], out[0, 1], out[0, 2] = p_z, p_x, p_y
    size[0, 0], size[0, 1], size[0, 2] = abs(p_z), abs(p_x), abs(p_y)
    balance = (
        (-alpha * t * t, 0.0),
        (h_z * p_y, -p_z * h_y),
        (p_z * h_x, -h_z * p_x),
        (-alpha * p_z * p_z, 0.5 * alpha * t * t),
        (-2.0 * alpha * p_z * p_x, 0.0),
        (-2.0 * alpha * p_z * p_y, 0.0),
        (-0.5 * alpha * p_x * p_x, 0.5 * alpha * p_y * p_y),
        (-2.0 * alpha * p_x * p_y, 0.0),
    )
    q = (
        (0.0, 0.0),
        (0.0, 0.0),
        (0.0, 0.0),
        (-h_z * p_z, 0.0),
        (-h_z * p_x, -p_z * h_x),
        (-h_z * p_y, -p_z * h_y),
        (-h_x * p_x, 0.0),
        (-h_x * p_y, -h_y * p_x),
    )
    for k in range(8):
        (one, other), (first, second) = balance[k], q[k]
        out[BALANCE, k], size[BALANCE, k] = one + other, abs(one) + abs(other)
        out[BATH, k] = out[BALANCE, k] - (first + second) / delta
        size[BATH, k] = size[BALANCE, k] + (abs(first) + abs(second)) / delta
    # In the weight of n_z², -α p_z² + h_z p_z/δ = p_z a_z/ν, which `frame` knows where it cancels.
    one, other = p_z * frame[2] / nu, 0.5 * alpha * t * t
    out[BATH, 3], size[BATH, 3] = one + other, abs(one) + abs(other)
    return out, size


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
def low_functions(frame: Array, alpha: float, nu: float, delta: float, order_max: int) -> Array:
    """Coefficients of the three functions in degrees 0, 1, 2 without their constants, shape (3, 3, 2M+1)."""
    factor, where = harmonic_weights(), positions(order_max)
    w, _ = weights(frame, alpha, nu, delta)
    out = np.zeros((3, 3, 2 * order_max + 1))
    for i in range(3):
        for k in range(8):
            out[i, 1 if k < 3 else 2, where[k]] = w[i, k] * factor[k]
    return out


@kernel()
def evaluate(
    frame: Array, alpha: float, nu: float, delta: float, x: Array, x_tail: Array
) -> tuple[Array, Array]:
    """The three functionals of moments x + x_tail and bounds for the rounding of the sums: shapes (3,), (3,).

    In the adapted frame <R_10> and <R_20> are near √3 and √5, their values at the pole.
    """
    order_max = x.shape[1] // 2
    factor, where = harmonic_weights(), positions(order_max)
    w, size = weights(frame, alpha, nu, delta)
    values, rounding = np.zeros(3), np.zeros(3)
    for i in range(3):
        for k in range(8):
            ell = 1 if k < 3 else 2
            y, y_tail = x[ell, where[k]], x_tail[ell, where[k]]
            moment = factor[k] * y + factor[k] * y_tail
            if i > 0 and k == 0:
                moment = factor[0] * ((y - ROOT_3) + (y_tail - ROOT_3_TAIL))
            elif i > 0 and k == 3:
                moment = factor[3] * ((y - ROOT_5) + (y_tail - ROOT_5_TAIL))
            values[i] += w[i, k] * moment
            rounding[i] += 1e-15 * size[i, k] * abs(moment)
            if i == BATH and k == 3:
                # a_z may be a difference (`frame`): it has fewer digits than its terms.
                rounding[i] += abs(frame[8] / nu * moment) * frame[12]
    return values, rounding


@kernel()
def multiply(across: Array, aside: Array, v: Array) -> Array:
    """Coefficients of (p·n) v inside the truncation; for moments x, those of n·p̂ times each harmonic.

    ``across`` is the table of p_x n_x + p_z n_z, ``aside`` that of p_y n_x: n_x and n_z keep R and I apart,
    and n_y is n_x a quarter turn later.
    """
    out = np.zeros(v.shape)
    hop(aside, quarter_turn(v, -1.0), out)
    out = quarter_turn(out, 1.0)
    hop(across, v, out)
    return out
