"""Two schemes of weak order 1 that step along the tangent and come back to the sphere.

Euler
    Euler-Maruyama, the paper's scheme: dn = [a × n + b - n (n·b) - 2 n] dt + √2 n × dW in Ito's sense, then
    back to the sphere. Heat by the chord, p̂·(n₀ × n₁), which is Stratonovich's midpoint rule here.
Heun
    Predictor and corrector of dn = [a × n + b - n (n·b)] dt + √2 n × ∘dW in Stratonovich's sense, then back
    to the sphere. Of weak order 1 only, because the three rotations of the noise do not commute.
"""

from __future__ import annotations

import math

import numpy as np

from .._jit import kernel
from ..magnet.macrospin import Macrospin
from .flow import complex_rate
from .scheme import FASTMATH, Scheme, Vector
from .streams import Words, fill_normals

__all__ = ["EULER", "HEUN"]


def _euler_constants(magnet: Macrospin, dt: float) -> Vector:
    return _increment_constants(magnet, dt, corrected=False)


def _heun_constants(magnet: Macrospin, dt: float) -> Vector:
    return _increment_constants(magnet, dt, corrected=True)


def _increment_constants(magnet: Macrospin, dt: float, corrected: bool) -> Vector:
    return np.concatenate(
        [magnet.precession, magnet.damping, magnet.p_hat[[0, 2]], [dt, math.sqrt(2.0 * dt), corrected]]
    )


@kernel(fastmath=FASTMATH)
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


@kernel(fastmath=FASTMATH)
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


@kernel(fastmath=FASTMATH)
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


EULER = Scheme(
    "euler",
    "Ito",
    1,
    _advance_increments,
    _euler_constants,
    largest_step=_euler_largest,
    # Measured bias of <n·p̂>: 0.1 dt/dt_max, up to 0.12.
    step_rule=lambda magnet, scales: 5e-3 * scales.along * _euler_largest(magnet),
)
HEUN = Scheme(
    "heun",
    "Stratonovich",
    1,
    _advance_increments,
    _heun_constants,
    largest_step=_heun_largest,
    # Measured bias of <n·p̂>: 0.3 dt/dt_max.
    step_rule=lambda magnet, scales: 3e-3 * scales.along * _heun_largest(magnet),
)
