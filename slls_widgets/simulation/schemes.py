"""Three ways to take a time step. Each kernel advances one chunk of trajectories, structure of arrays.

============  ==============  ==========  ==========================================================
scheme        calculus        weak order  largest dt
============  ==============  ==========  ==========================================================
``moebius``   none needed     2           1.39 (calibration), 16/Re λ (digits)
``euler``     Ito             1           2 Re(λ+1)/|λ+1|²: very short when precession is fast
``heun``      Stratonovich    1           where |1 - z + z²/2| = 1, z = (λ+1) dt
============  ==============  ==========  ==========================================================

moebius
    Strang splitting, half drift, kick, half drift. The drift is the exact flow (`flow`), the kick Brownian
    motion on the sphere by a calibrated rotation (`kicks`); each is a process without Ito-Stratonovich doubt.
    S_P and S_B are integrated inside the drift by a Simpson rule that turns with the precession; the kick
    adds its own heat, and to S_P what makes up for coming at once, so that n, S_P and S_B are of weak order 2
    together and so is the variance of S_P, with a small factor.
euler
    Euler-Maruyama, the paper's scheme: dn = [a × n + b - n (n·b) - 2 n] dt + √2 n × dW in Ito's sense, then
    back to the sphere. Heat by the chord, p̂·(n₀ × n₁), which is Stratonovich's midpoint rule here.
heun
    Predictor and corrector of dn = [a × n + b - n (n·b)] dt + √2 n × ∘dW in Stratonovich's sense, then back
    to the sphere. Of weak order 1 only, because the three rotations of the noise do not commute.

Every kernel has the signature ``(generators, n, sums, constants, steps, phase, stride)``:

- generators: (4, lanes) uint64, the random streams, advanced in place
- n: (3, lanes), unit vectors, advanced in place
- sums: (SUMS, lanes), running ∫ n·p̂ dt, ∫ p̂·(n × ∘dn), and every ``stride`` steps the mean of n over the
  drift around the end of a step (three), and n at that end itself (three)
- phase: steps taken so far modulo ``stride``, so that where a slice ends changes nothing

The state is copied to local arrays first: LLVM vectorises over lanes only if it can see that nothing aliases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from ..magnet.macrospin import Macrospin
from .flow import complex_rate, drift_weights, lorentz_matrix
from .kicks import FIELD_BITS, TAIL, calibrated_kick, largest_kick
from .streams import Words, fill_normals, fill_words

Vector = NDArray[np.float64]
Kernel = Callable[[Words, Vector, Vector, Vector, int, int, int], None]

__all__ = ["SCHEMES", "SUMS", "Scales", "Scheme", "scheme_named", "step_rule"]

SUMS = 8

_LOW = np.uint64(TAIL)
_HIGH = np.uint64(2**FIELD_BITS - TAIL)
_FIELD = np.uint64(2**FIELD_BITS - 1)
_SECOND, _THIRD, _SIGN = (np.uint64(k * FIELD_BITS) for k in (1, 2, 3))
_ZERO = np.uint64(0)

# Fused multiply-adds, and no care for the sign of zero. Not reassociation: a sum keeps its order, so the
# result is the same however the loop was vectorised.
_FASTMATH = {"contract", "nsz", "arcp"}


class Scales(NamedTuple):
    """What a bias is to be compared with: |<n·p̂>| and |S_B/(αν)|, from a short run."""

    along: float
    bath: float


@dataclass(frozen=True)
class Scheme:
    """A time-stepping scheme: what it converges to, how fast, its kernel, and how long a step may be.

    A kernel has to fill the first two sums. Averages of n whose sums it leaves at zero are NaN.
    """

    name: str
    calculus: str
    weak_order: int
    advance: Kernel
    constants: Callable[[Macrospin, float], Vector]
    #: Nodes at step boundaries count in full while a run goes on; half of them is taken back at its two ends.
    shares_boundary_nodes: bool = False
    #: Name on screen; by default ``name`` with a capital letter.
    title: str = ""
    #: Largest legal dt at a magnet; without it any is taken.
    largest_step: Callable[[Macrospin], float] = lambda magnet: math.inf
    #: A dt that keeps what `step_size.default_step` promises. Without it dt must be given, since nobody has
    #: measured the bias.
    step_rule: Callable[[Macrospin, Scales], float] | None = None
    #: Whether ``step_rule`` keeps the bias of Delta_P within `step_size.SPREAD_TOLERANCE`, too.
    promises_spread: bool = False

    @property
    def label(self) -> str:
        """Name on screen."""
        return self.title or self.name.capitalize()


def heat_offset(scheme: Scheme, magnet: Macrospin) -> float:
    """Constant part p̂·a of the drift's p̂·(n × dn/dt), left out of the Möbius kernel."""
    return float(magnet.p_hat @ magnet.precession) if scheme.shares_boundary_nodes else 0.0


class BoundaryNodes:
    """What a kernel has counted of its two sums beyond a step boundary, with the sign changed.

    A kernel adds whole drifts, from just after a kick over the boundary n to just before the next; a run
    begins and ends in the middle of one. The half after n, less what the kernel adds for its far end, is
    missing at the start, and is too much at the end.
    """

    def __init__(self, scheme: Scheme, magnet: Macrospin, dt: float) -> None:
        a, b = magnet.precession, magnet.damping
        self._shares = scheme.shares_boundary_nodes
        self._flows = [lorentz_matrix(a, b, t) for t in (-0.5 * dt, 0.0, 0.5 * dt)]
        self._pumped, self._bath = (
            _weights(magnet, vector, dt, half=True) - _weights(magnet, vector, dt) * [[0.0], [0.0], [1.0]]
            for vector in (magnet.p_hat, _torque(magnet))
        )
        self._axis = a

    def __call__(self, n: Vector) -> tuple[Vector, Vector]:
        """Shares of the two sums for magnetisations n (N, 3)."""
        pumped, bath = np.zeros(len(n)), np.zeros(len(n))
        if self._shares:
            for flow, p, b in zip(self._flows, self._pumped, self._bath, strict=True):
                moved = n @ flow[1:, 1:].T + flow[1:, 0]
                moved /= (n @ flow[0, 1:] + flow[0, 0])[:, None]
                along = moved @ p
                pumped += along
                bath += moved @ b - (moved @ self._axis) * along
        return pumped, bath


def turns_fast(magnet: Macrospin) -> bool:
    """Whether precession outruns damping: n goes round a tilted point, and hardly relaxes meanwhile."""
    return float(np.linalg.norm(magnet.precession)) > 2.0 * float(np.linalg.norm(magnet.damping))


def _weights(magnet: Macrospin, vector: Vector, dt: float, half: bool = False) -> Vector:
    return drift_weights(magnet.precession, vector, dt, half, turns_fast(magnet))


def _torque(magnet: Macrospin) -> Vector:
    # b x p, of which only the field's part survives: p.(n x b) = n.(b x p).
    torque: Vector = magnet.nu * np.cross(magnet.h_hat, magnet.p_hat)
    return torque


def _moebius_constants(magnet: Macrospin, dt: float) -> Vector:
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


def _euler_constants(magnet: Macrospin, dt: float) -> Vector:
    return _increment_constants(magnet, dt, corrected=False)


def _heun_constants(magnet: Macrospin, dt: float) -> Vector:
    return _increment_constants(magnet, dt, corrected=True)


def _increment_constants(magnet: Macrospin, dt: float, corrected: bool) -> Vector:
    return np.concatenate(
        [magnet.precession, magnet.damping, magnet.p_hat[[0, 2]], [dt, math.sqrt(2.0 * dt), corrected]]
    )


@kernel(fastmath=_FASTMATH)
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


@kernel(fastmath=_FASTMATH)
def _advance_moebius(
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


@kernel(fastmath=_FASTMATH)
def _advance_increments(
    generators: Words, n: Vector, sums: Vector, constants: Vector, steps: int, phase: int, stride: int
) -> None:
    """A step along the tangent, by the scheme that the constants name, and back to the sphere."""
    lanes = n.shape[1]
    s0, s1, s2, s3 = generators[0].copy(), generators[1].copy(), generators[2].copy(), generators[3].copy()
    now, ahead = n.copy(), np.empty((3, lanes))
    pumped, heat = sums[0].copy(), sums[1].copy()
    words = np.empty(lanes, np.uint64)
    normals = np.empty((3, lanes))
    px, pz, dt = constants[6:9]
    corrected = constants[10] != 0.0
    for step in range(steps):
        fill_normals(s0, s1, s2, s3, words, normals)
        if corrected:
            _heun_increments(now, normals, ahead, constants)
        else:
            _euler_increments(now, normals, ahead, constants)
        for i in range(lanes):
            x, y, z = now[0, i], now[1, i], now[2, i]
            x1, y1, z1 = ahead[0, i], ahead[1, i], ahead[2, i]
            scale = 1.0 / np.sqrt(x1 * x1 + y1 * y1 + z1 * z1)
            x1 *= scale
            y1 *= scale
            z1 *= scale
            now[0, i], now[1, i], now[2, i] = x1, y1, z1
            pumped[i] += 0.5 * dt * (px * (x + x1) + pz * (z + z1))
            heat[i] += px * (y * z1 - z * y1) + pz * (x * y1 - y * x1)
        if (phase + step + 1) % stride == 0:
            for i in range(lanes):
                for k in range(3):
                    sums[2 + k, i] += now[k, i]
                    sums[5 + k, i] += now[k, i]
    generators[0], generators[1], generators[2], generators[3] = s0, s1, s2, s3
    n[:] = now
    sums[0], sums[1] = pumped, heat


@kernel(fastmath=_FASTMATH)
def _euler_increments(n: Vector, normals: Vector, ahead: Vector, constants: Vector) -> None:
    """Euler-Maruyama in Ito's calculus: weak order 1."""
    ax, ay, az, bx, by, bz = constants[0:6]
    dt, spread = constants[8], constants[9]
    for i in range(n.shape[1]):
        x, y, z = n[0, i], n[1, i], n[2, i]
        wx, wy, wz = spread * normals[0, i], spread * normals[1, i], spread * normals[2, i]
        along = x * bx + y * by + z * bz + 2.0
        ahead[0, i] = x + dt * (ay * z - az * y + bx - along * x) + (y * wz - z * wy)
        ahead[1, i] = y + dt * (az * x - ax * z + by - along * y) + (z * wx - x * wz)
        ahead[2, i] = z + dt * (ax * y - ay * x + bz - along * z) + (x * wy - y * wx)


@kernel(fastmath=_FASTMATH)
def _heun_increments(n: Vector, normals: Vector, ahead: Vector, constants: Vector) -> None:
    """Heun's predictor and corrector in Stratonovich's calculus: weak order 1."""
    ax, ay, az, bx, by, bz = constants[0:6]
    dt, spread = constants[8], constants[9]
    for i in range(n.shape[1]):
        x, y, z = n[0, i], n[1, i], n[2, i]
        # The noise adds to the precession: dn = (a dt - √2 dW) x n + ... (its Stratonovich drift is 0).
        tx = ax * dt - spread * normals[0, i]
        ty = ay * dt - spread * normals[1, i]
        tz = az * dt - spread * normals[2, i]
        along = x * bx + y * by + z * bz
        dx = ty * z - tz * y + dt * (bx - along * x)
        dy = tz * x - tx * z + dt * (by - along * y)
        dz = tx * y - ty * x + dt * (bz - along * z)
        xp, yp, zp = x + dx, y + dy, z + dz
        along = xp * bx + yp * by + zp * bz
        ahead[0, i] = x + 0.5 * (dx + ty * zp - tz * yp + dt * (bx - along * xp))
        ahead[1, i] = y + 0.5 * (dy + tz * xp - tx * zp + dt * (by - along * yp))
        ahead[2, i] = z + 0.5 * (dz + tx * yp - ty * xp + dt * (bz - along * zp))


# e^{-16}: further apart, attractor and repeller cancel more digits in one step than a double can lose.
_DIGITS = 16.0


def _moebius_largest(magnet: Macrospin) -> float:
    """Where the kick can be calibrated (dt < 1.39), and |Re λ| dt keeps the digits of a double."""
    rate = complex_rate(magnet.precession, magnet.damping).real
    return min(largest_kick(), _DIGITS / rate if rate > 0.0 else math.inf)


def _raised_rate(magnet: Macrospin) -> complex:
    """The attractor's rate λ, which the noise raises to λ + 1: what Euler's and Heun's stability is about."""
    return complex_rate(magnet.precession, magnet.damping) + 1.0


def _euler_largest(magnet: Macrospin) -> float:
    rate = _raised_rate(magnet)
    return 2.0 * rate.real / abs(rate) ** 2  # |1 - λ dt| = 1


def _heun_largest(magnet: Macrospin) -> float:
    rate = _raised_rate(magnet)
    cosine = rate.real / abs(rate)
    roots = np.roots([0.25, -cosine, 2.0 * cosine**2, -2.0 * cosine])  # |1 - λ dt + (λ dt)²/2| = 1
    real = roots.real[np.abs(roots.imag) < 1e-9 * np.abs(roots)]
    return float(real[real > 0.0].min()) / abs(rate)


def _moebius_step(magnet: Macrospin, scales: Scales) -> float:
    from .step_size import moebius_step  # where its envelopes are

    return moebius_step(magnet, scales)


moebius = Scheme(
    "moebius",
    "none needed",
    2,
    _advance_moebius,
    _moebius_constants,
    shares_boundary_nodes=True,
    title="Möbius",
    largest_step=_moebius_largest,
    step_rule=_moebius_step,
    promises_spread=True,
)
euler = Scheme(
    "euler",
    "Ito",
    1,
    _advance_increments,
    _euler_constants,
    largest_step=_euler_largest,
    # Measured bias of <n·p̂>: 0.1 dt/dt_max, up to 0.12.
    step_rule=lambda magnet, scales: 5e-3 * scales.along * _euler_largest(magnet),
)
heun = Scheme(
    "heun",
    "Stratonovich",
    1,
    _advance_increments,
    _heun_constants,
    largest_step=_heun_largest,
    # Measured bias of <n·p̂>: 0.3 dt/dt_max.
    step_rule=lambda magnet, scales: 3e-3 * scales.along * _heun_largest(magnet),
)

SCHEMES = {scheme.name: scheme for scheme in (moebius, euler, heun)}


def scheme_named(name: str) -> Scheme:
    """Look a scheme up, or say which there are."""
    if not isinstance(name, str) or name not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}; got {name!r:.80}")
    return SCHEMES[name]


def step_rule(name: str) -> Callable[[Macrospin, Scales], float]:
    """The rule of a scheme that picks a step, or an error that asks for dt where nobody has made one."""
    rule = scheme_named(name).step_rule
    if rule is None:
        raise ValueError(
            f"dt must be given for the {name} scheme, which has no rule that picks a step; got None. "
            "Give a short one, half of it too, and compare."
        )
    return rule
