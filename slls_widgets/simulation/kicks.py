"""The noise of the Möbius scheme: a random rotation of calibrated size, and its share of the entropies.

For a time dt the noise alone is Brownian motion on the sphere, generator Lap. The kick is the rotation of
half-angle vector w (|w| = tan(angle/2)), each component -q, 0 or q with probabilities 1/6, 2/3, 1/6. That
matches a Gaussian's moments up to the fifth, but the three rotations do not commute, and so the variance
alone would leave weak order 1. Fixing q by the exact decay of the mean,

    (1 + 2 E[(1 - w²)/(1 + w²)]) / 3 = e^{-2 dt},

repairs the Laplacian to order dt² (an isotropic second-order error can only be a multiple of it), so the kick
is of weak order 2 and <n> decays exactly.

The noise of a whole step arrives at once, and so what it changes lasts too long on average. For the growth
rate λ(k) of <e^{k ∫f dt}>, f = n·p̂, the error of the splitting is that of a commutator (any other of second
order differs from it by [𝓛 + kf, ·], which moves no eigenvalue; D is the drift):

    λ_scheme(k) - λ(k) = (dt²/24) <[Lap, [Lap, D + kf]]>_k + O(dt⁴).

Its part in k, -4 f Lap and lower orders, makes the variance of S_P too large by (|b| dt)²/3 near a strong
attractor, while <S_P> is right. A term of mean 0 that knows how far the kick went undoes it:

    ∫f dt += (dt/12) (n₀·p̂) (e^{-2 dt} - n₀·n₁).

What is left is the drift's own part, some -0.6 |b| dt² of the variance (tests/simulation/test_transfer.py).
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Kick", "calibrated_kick", "largest_kick"]

# A component is a field of 21 random bits: -q below _TAIL, +q in the last _TAIL values. 3 x 21 bits and one
# sign fill a 64-bit word. There is no modulo and no bias to hide: _TAIL/2²¹ is not quite 1/6, and q is
# calibrated with the probability the bits really have. Kurtosis is off by 6e-6, an error of order 1e-5 dt².
FIELD_BITS = 21
TAIL = 349525
_P_MOVED = 2 * TAIL / 2**FIELD_BITS


class Kick(NamedTuple):
    """Constants of one noise step: size q, two coefficients of the heat, two of the pumped entropy."""

    size: float
    chord: float
    area: float
    lag: float
    decay: float


def largest_kick() -> float:
    """Largest dt the calibration has a solution for, about 1.39.

    Examples
    --------
    >>> round(largest_kick(), 2)
    1.39
    """
    stay = (1.0 - _P_MOVED) ** 3
    # q -> infinity turns every moved component into a half turn: E[cos] is then as small as it gets.
    return -0.5 * math.log((1.0 + 2.0 * (2.0 * stay - 1.0)) / 3.0)


def calibrated_kick(dt: float) -> Kick:
    """Solve the calibration, and give the heat's coefficients.

    The kick's share of ∫ n × ∘dn is taken as chord (n₀ × n₁) ± area n₀. Brownian motion on the sphere has

        E[A n₁] -> 2 dt e^{-2 dt} (one antisymmetric tensor),   E[A A] = 2 ∫₀^dt (1 - <n n>) dt,

    for A = ∫ n × ∘dn. The first fixes the chord coefficient; with it the components of E[A A] across n₀ agree
    to order dt², and what is left along n₀ is the area swept by the path, (4/3)(dt - (1 - e^{-6 dt})/6),
    which needs a sign of its own. (The plain chord, or the geodesic, would leave the
    variance of the heat wrong by a relative O(dt).)

    Examples
    --------
    >>> kick = calibrated_kick(1e-3)
    >>> abs(kick.size**2 / (3 * 1e-3 / 2) - 1) < 2e-3  # three-point variance q²/3 = dt/2
    True
    """
    wanted = -1.5 * math.expm1(-2.0 * dt)  # 1 - E[cos of the angle]
    moved = [math.comb(3, k) * _P_MOVED**k * (1.0 - _P_MOVED) ** (3 - k) for k in range(4)]

    def excess(square: float) -> float:
        # 1 - cos instead of cos: no cancellation for a small step.
        lost = math.fsum(p * 2.0 * k * square / (1.0 + k * square) for k, p in enumerate(moved))
        return wanted - lost

    low, high = 0.0, 1.0
    while excess(high) > 0.0:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    decay6 = -math.expm1(-6.0 * dt)
    area = 4.0 / 3.0 * (dt - decay6 / 6.0) if dt > 1e-4 else 4.0 * dt * dt
    return Kick(
        size=math.sqrt(0.5 * (low + high)),
        chord=6.0 * dt * math.exp(-2.0 * dt) / decay6,
        area=math.sqrt(area),
        lag=dt / 12.0,
        decay=math.exp(-2.0 * dt),
    )
