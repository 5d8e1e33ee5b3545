"""The Möbius scheme: of weak order 2, for n and for the entropies along the path together.

Strang splitting, half drift, kick, half drift. The drift is the exact flow (`flow`), the kick Brownian
motion on the sphere by a calibrated rotation (`kicks`); each is a process without Ito-Stratonovich doubt.
S_P and S_B are integrated inside the drift by a Simpson rule that turns with the precession; the kick
adds its own heat, and to S_P what makes up for coming at once, so that n, S_P and S_B are of weak order 2
together and so is the variance of S_P, with a small factor.
"""

from __future__ import annotations

import math

import numpy as np

from .._jit import kernel
from ..magnet.macrospin import Macrospin
from .flow import complex_rate, drift_weights, lorentz_matrix
from .kicks import FIELD_BITS, TAIL, calibrated_kick, largest_kick
from .scheme import FASTMATH, SPREAD_TOLERANCE, TOLERANCE, Scales, Scheme, Vector
from .streams import Words, fill_words

__all__ = ["MOEBIUS", "alias_limit"]

_LOW = np.uint64(TAIL)
_HIGH = np.uint64(2**FIELD_BITS - TAIL)
_FIELD = np.uint64(2**FIELD_BITS - 1)
_SECOND, _THIRD, _SIGN = (np.uint64(k * FIELD_BITS) for k in (1, 2, 3))
_ZERO = np.uint64(0)
# A step turns the magnet by this at most, in radians.
_TURN = 2.5
# Sine of the angle of a and b, and its |b|/|a|-fold: how far off a the point lies about which n turns.
_ALIGNED, _TILT = 0.01, 3e-4
# e^{-16}: further apart, attractor and repeller cancel more digits in one step than a double can lose.
_DIGITS = 16.0


class _Shares:
    """What a kernel has counted of its two sums beyond a step boundary, with the sign changed.

    A kernel adds whole drifts, from just after a kick over the boundary n to just before the next; a run
    begins and ends in the middle of one. The half after n, less what the kernel adds for its far end, is
    missing at the start, and is too much at the end.
    """

    def __init__(self, magnet: Macrospin, dt: float) -> None:
        a, b = magnet.precession, magnet.damping
        self._flows = [lorentz_matrix(a, b, t) for t in (-0.5 * dt, 0.0, 0.5 * dt)]
        self._pumped, self._bath = (
            _weights(magnet, vector, dt, half=True) - _weights(magnet, vector, dt) * [[0.0], [0.0], [1.0]]
            for vector in (magnet.p_hat, _torque(magnet))
        )
        self._axis = a

    def __call__(self, n: Vector) -> tuple[Vector, Vector]:
        """Shares of the two sums for magnetisations n (N, 3)."""
        pumped, bath = np.zeros(len(n)), np.zeros(len(n))
        for flow, p, b in zip(self._flows, self._pumped, self._bath, strict=True):
            moved = n @ flow[1:, 1:].T + flow[1:, 0]
            moved /= (n @ flow[0, 1:] + flow[0, 0])[:, None]
            along = moved @ p
            pumped += along
            bath += moved @ b - (moved @ self._axis) * along
        return pumped, bath


def _heat_offset(magnet: Macrospin) -> float:
    """Constant part p̂·a of the drift's p̂·(n × dn/dt), left out of the kernel."""
    return float(magnet.p_hat @ magnet.precession)


def turns_fast(magnet: Macrospin) -> bool:
    """Whether precession outruns damping: n goes round a tilted point, and hardly relaxes meanwhile."""
    return float(np.linalg.norm(magnet.precession)) > 2.0 * float(np.linalg.norm(magnet.damping))


def _weights(magnet: Macrospin, vector: Vector, dt: float, half: bool = False) -> Vector:
    return drift_weights(magnet.precession, vector, dt, half, turns_fast(magnet))


def _torque(magnet: Macrospin) -> Vector:
    # b x p, of which only the field's part survives: p.(n x b) = n.(b x p).
    torque: Vector = magnet.nu * np.cross(magnet.h_hat, magnet.p_hat)
    return torque


def _constants(magnet: Macrospin, dt: float) -> Vector:
    a, b = magnet.precession, magnet.damping
    kick = calibrated_kick(dt)
    first, middle, last = _weights(magnet, magnet.p_hat, dt)
    bath_first, bath_middle, bath_last = _weights(magnet, _torque(magnet), dt)
    # A drift runs from B, just after a kick, over the step boundary to A, just before the next one.
    return np.concatenate(
        [
            lorentz_matrix(a, b, 0.5 * dt).ravel(),
            *(last, middle, first),
            *(bath_last, bath_middle, bath_first),
            *(a, magnet.p_hat[[0, 2]]),
            kick[:3],
            _path_average(magnet, dt).ravel(),
            kick[3:],
        ]
    )


def _path_average(magnet: Macrospin, dt: float) -> Vector:
    """Three 3 x 3 matrices: the mean of n over a drift from n at its end A, middle, and beginning B."""
    components = np.array([_weights(magnet, axis, dt) for axis in np.eye(3)]) / dt
    return components.transpose(1, 0, 2)[::-1]


@kernel(fastmath=FASTMATH)
def _add_path_average(nx: Vector, ny: Vector, nz: Vector, sums: Vector, constants: Vector) -> None:
    """Add the mean of n over the drift around a step boundary: the boundary alone is biased by O(dt²)."""
    flow = constants[:16]
    end, middle, begin = constants[42:51], constants[51:60], constants[60:69]
    for i in range(nx.shape[0]):
        x, y, z = nx[i], ny[i], nz[i]
        sums[5, i] += x
        sums[6, i] += y
        sums[7, i] += z
        scale = 1.0 / (flow[0] + flow[1] * x + flow[2] * y + flow[3] * z)
        xa = (flow[4] + flow[5] * x + flow[6] * y + flow[7] * z) * scale
        ya = (flow[8] + flow[9] * x + flow[10] * y + flow[11] * z) * scale
        za = (flow[12] + flow[13] * x + flow[14] * y + flow[15] * z) * scale
        # The inverse of a Lorentz matrix is its transpose with the signs of the mixed entries changed.
        scale = 1.0 / (flow[0] - flow[4] * x - flow[8] * y - flow[12] * z)
        xb = (flow[5] * x + flow[9] * y + flow[13] * z - flow[1]) * scale
        yb = (flow[6] * x + flow[10] * y + flow[14] * z - flow[2]) * scale
        zb = (flow[7] * x + flow[11] * y + flow[15] * z - flow[3]) * scale
        for k in range(3):
            j = 3 * k
            sums[2 + k, i] += (
                (end[j] * xa + end[j + 1] * ya + end[j + 2] * za)
                + (middle[j] * x + middle[j + 1] * y + middle[j + 2] * z)
                + (begin[j] * xb + begin[j + 1] * yb + begin[j + 2] * zb)
            )


@kernel(fastmath=FASTMATH)
def _advance(
    generators: Words, n: Vector, sums: Vector, constants: Vector, steps: int, phase: int, stride: int
) -> None:
    """Half drift, kick, half drift: weak order 2."""
    lanes = n.shape[1]
    s0, s1, s2, s3 = generators[0].copy(), generators[1].copy(), generators[2].copy(), generators[3].copy()
    nx, ny, nz = n[0].copy(), n[1].copy(), n[2].copy()
    pumped, heat = sums[0].copy(), sums[1].copy()
    words = np.empty(lanes, np.uint64)
    l00, l01, l02, l03 = constants[0], constants[1], constants[2], constants[3]
    l10, l11, l12, l13 = constants[4], constants[5], constants[6], constants[7]
    l20, l21, l22, l23 = constants[8], constants[9], constants[10], constants[11]
    l30, l31, l32, l33 = constants[12], constants[13], constants[14], constants[15]
    pax, pay, paz, pmx, pmy, pmz = constants[16:22]
    pbx, pby, pbz, hax, hay, haz = constants[22:28]
    hmx, hmy, hmz, hbx, hby, hbz = constants[28:34]
    ax, ay, az, px, pz, size = constants[34:40]
    chord, area = constants[40], constants[41]
    lag, decay = constants[69], constants[70]
    for step in range(steps):
        fill_words(s0, s1, s2, s3, words)
        for i in range(lanes):
            word = words[i]
            f, g, h = word & _FIELD, (word >> _SECOND) & _FIELD, (word >> _THIRD) & _FIELD
            wx = -size if f < _LOW else (size if f >= _HIGH else 0.0)
            wy = -size if g < _LOW else (size if g >= _HIGH else 0.0)
            wz = -size if h < _LOW else (size if h >= _HIGH else 0.0)
            swept = area if (word >> _SIGN) == _ZERO else -area
            x, y, z = nx[i], ny[i], nz[i]
            # Half drift to A.
            scale = 1.0 / (l00 + l01 * x + l02 * y + l03 * z)
            xa = (l10 + l11 * x + l12 * y + l13 * z) * scale
            ya = (l20 + l21 * x + l22 * y + l23 * z) * scale
            za = (l30 + l31 * x + l32 * y + l33 * z) * scale
            # Cayley rotation to B: n + 2 (w x n + w x (w x n))/(1 + w²).
            cx, cy, cz = wy * za - wz * ya, wz * xa - wx * za, wx * ya - wy * xa
            twice = 2.0 / (1.0 + (wx * wx + wy * wy + wz * wz))
            xb = xa + twice * (cx + wy * cz - wz * cy)
            yb = ya + twice * (cy + wz * cx - wx * cz)
            zb = za + twice * (cz + wx * cy - wy * cx)
            # Half drift to the step boundary; one Newton step keeps |n| = 1 against rounding.
            scale = 1.0 / (l00 + l01 * xb + l02 * yb + l03 * zb)
            x = (l10 + l11 * xb + l12 * yb + l13 * zb) * scale
            y = (l20 + l21 * xb + l22 * yb + l23 * zb) * scale
            z = (l30 + l31 * xb + l32 * yb + l33 * zb) * scale
            norm = 1.5 - 0.5 * (x * x + y * y + z * z)
            x *= norm
            y *= norm
            z *= norm
            nx[i], ny[i], nz[i] = x, y, z
            fa = pax * xa + pay * ya + paz * za
            fb = pbx * xb + pby * yb + pbz * zb
            fm = pmx * x + pmy * y + pmz * z
            along = px * xa + pz * za
            pumped[i] += fa + fb + fm + lag * along * (decay - (xa * xb + ya * yb + za * zb))
            ga = hax * xa + hay * ya + haz * za - (ax * xa + ay * ya + az * za) * fa
            gb = hbx * xb + hby * yb + hbz * zb - (ax * xb + ay * yb + az * zb) * fb
            gm = hmx * x + hmy * y + hmz * z - (ax * x + ay * y + az * z) * fm
            turned = px * (ya * zb - za * yb) + pz * (xa * yb - ya * xb)
            heat[i] += ga + gb + gm + chord * turned + swept * along
        if (phase + step + 1) % stride == 0:
            _add_path_average(nx, ny, nz, sums, constants)
    generators[0], generators[1], generators[2], generators[3] = s0, s1, s2, s3
    n[0], n[1], n[2] = nx, ny, nz
    sums[0], sums[1] = pumped, heat


def _largest(magnet: Macrospin) -> float:
    """Where the kick can be calibrated (dt < 1.39), and |Re λ| dt keeps the digits of a double."""
    rate = complex_rate(magnet.precession, magnet.damping).real
    return min(largest_kick(), _DIGITS / rate if rate > 0.0 else math.inf)


def _step(magnet: Macrospin, scales: Scales) -> float:
    """The default step, from envelopes of the bias (`step_size`)."""
    a, b = magnet.precession, magnet.damping
    precession, damping = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    rate = complex_rate(a, b).real
    # |bias of <n·p̂>| <= second dt² + fourth dt⁴: the fourth order is Simpson's, the second the splitting's.
    # In a weak field <n·p̂> comes out as b·p̂ dt coth(dt)/3 instead of b·p̂/3: |b| dt²/9 too large.
    second = 0.12 * min(damping, 0.5) + 0.01 * damping**2 / (1.0 + (rate / 3.0) ** 2)
    fourth = 2e-4 * damping**4
    allowed = 0.7 * TOLERANCE * scales.along
    square = 2.0 * allowed / (second + math.sqrt(second**2 + 4.0 * fourth * allowed))
    # |bias of S_B/(αν)| <= |a| (0.1 max(|b|, 1) dt² + 0.0012 (|b| dt)⁴), each term within the tolerance.
    warmth = TOLERANCE * scales.bath / max(precession, 1e-300)
    square = min(
        square, warmth / (0.1 * max(damping, 1.0)), math.sqrt(warmth / 1.2e-3) / max(damping, 1e-150) ** 2
    )
    # |relative bias of Delta_P| <= 0.65 |b| dt² (`kicks`), or without a field 0.7 dt³. A run begins and ends
    # at step boundaries, where the spread about the attractor is too small by a part of (rate dt)²/6; over
    # one relaxation time it adds to that with the same sign. Both make 0.43 % at most (test_transfer).
    square = min(square, SPREAD_TOLERANCE / max(0.65 * damping + 0.1 * rate**2, 1e-300))
    square = min(square, (SPREAD_TOLERANCE / 0.7) ** (2.0 / 3.0))
    alias = math.inf if turns_fast(magnet) else alias_limit(magnet, 0.3 * TOLERANCE * scales.along)
    return min(math.sqrt(square), alias, _turn_limit(magnet), _largest(magnet))


def alias_limit(magnet: Macrospin, allowed: float) -> float:
    """Where (b across a / |a|)² min((|a| dt)⁴/2880, 1/2) reaches the allowed bias of <n·p̂>."""
    a, b = magnet.precession, magnet.damping
    precession = float(np.linalg.norm(a))
    if precession == 0.0:
        return math.inf
    across = float(np.linalg.norm(np.cross(a / precession, b))) / precession
    if 0.5 * across**2 <= allowed:
        return math.inf
    return float((2880.0 * allowed / across**2) ** 0.25) / precession


def _turn_limit(magnet: Macrospin) -> float:
    """Where a step turns the magnet by _TURN radians, unless it turns about the damping vector itself.

    Up to there `drift_weights` tells what turns from what rests. Beyond, the heat is off by more than stated
    (for α = 0.3, ν = 1000, δ = 0.02, θ = 1 by 0.5 % at |a| dt = 4.5, by 0.05 % at 2.5).
    """
    a, b = magnet.precession, magnet.damping
    precession, damping = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    across = float(np.linalg.norm(np.cross(a, b)))
    if across <= min(_ALIGNED * damping, _TILT * precession) * precession:
        return math.inf
    return _TURN / precession


MOEBIUS = Scheme(
    "moebius",
    "none needed",
    2,
    _advance,
    _constants,
    shares=_Shares,
    heat_offset=_heat_offset,
    title="Möbius",
    largest_step=_largest,
    step_rule=_step,
    promises_spread=True,
)
