"""How many degrees and orders a point needs: a first guess, and how it grows until the bounds suffice."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel
from .frame import frame_components
from .point import factorise, rates

Array = NDArray[np.float64]

__all__ = [
    "WORK_LIMIT",
    "Solved",
    "WorkLimitWarning",
    "check_work",
    "refine",
    "solve_into",
    "starting_size",
    "work",
]

# Values below this are compared absolutely: a rate that is zero has no relative error.
FLOOR = 1e-9
# Largest sum of L (2M+1)² over the truncations tried: at most 480 MB of inverse blocks, some seconds.
WORK_LIMIT = 6e7
_MAX_ROUNDS = 12


class TooMuchWork(ValueError):
    """A point that is not even begun, since it would need more work than the limit."""


class WorkLimitWarning(UserWarning):
    """The tolerance would have needed more work than the limit; the errors say what the result is worth."""


@kernel()
def work(ell_max: int, order_max: int) -> float:
    """L (2M+1)², the numbers in the inverse blocks."""
    return ell_max * (2.0 * order_max + 1.0) ** 2


def check_work(frame: Array, tol: float) -> None:
    """Refuse a point whose expected truncation, and another of the size, exceed the limit together."""
    ell_max, order_max = starting_size(frame, tol)
    needed = 2.0 * work(ell_max, order_max)
    if needed > WORK_LIMIT:
        raise TooMuchWork(
            f"this point needs about {ell_max} degrees with {2 * order_max + 1} orders or more, {needed:.1e} "
            f"numbers, more than the limit of {WORK_LIMIT:.1e}: its damping vector is "
            f"{np.hypot(*frame[:2]):.1e} long. "
            "Use a weaker field or torque, a larger delta, or a larger tol."
        )


class Solved(NamedTuple):
    """S_P, S_B, Σ, Δ_P (4,), their bounds, the certificate, the moments (L+1, 2M+1), the inverse blocks.

    ``limited``: the tolerance was not met, and a larger truncation would have exceeded the limit of the work.
    """

    values: Array
    bounds: Array
    certificate: float
    moments: Array
    inverse: Array
    limited: bool


@kernel()
def starting_size(frame: Array, tol: float) -> tuple[int, int]:
    """First guess of (L, M).

    Coefficients fall like exp(-l²/2|b|), and a functional's error like their square; near the line a·b = 0,
    where b_z is small, orbits average the field away and little of b_x counts. In m they fall by the size of
    the nonlinear term of the flow, b_x z², over a thermal radius z² ~ 1/b_z, against its linear one. The
    constants are near the least work on random points: ``benchmarks/starting_size.py`` shows it.
    """
    b_x, b_z = frame[0], frame[1]
    strength = math.hypot(b_x, b_z) + 1e-300
    digits = math.log(1.0 / tol)
    # Σ is smaller than its parts by a power of the field: strong fields need more digits of them.
    extra = 10.0 + 5.0 * max(0.0, math.log(strength / 150.0))
    ell_max = int(4.0 + math.sqrt((digits + extra) * (b_z + 0.05 * b_x * b_x / strength)))
    linear = math.hypot(b_z + 2.0, frame[2])
    decay = b_x / (linear * math.sqrt(b_z + 1.0))
    order_max = 2
    if decay > 0.0:
        # Where the linear term all but vanishes, a power of the field is left of the fall.
        fall = max(0.74 * min(1.0, (6.0 / decay) ** 0.17), -1.85 - 1.48 * math.log(decay))
        order_max = 2 + int(max(0.0, 0.44 * (digits - 4.0)) / fall)
    return ell_max, min(order_max, ell_max)


@kernel()
def grown(size: int, excess: float, relative: float, power: float) -> int:
    """Next truncation if the error falls like ρ^(size^(1/power)): at most doubled, at least two more."""
    if not relative < 0.05:
        return 2 * size
    wanted = (1.0 + math.log(excess) / -math.log(relative)) ** power
    proposed: int = math.ceil(size * min(wanted, 2.0)) + 1
    larger: int = min(2 * size, max(size + 2, proposed))
    return larger


@kernel()
def judge(values: Array, parts: Array, ell_max: int, order_max: int, tol: float) -> tuple[int, int, bool]:
    """The truncation that should meet ``tol``, and whether rounding alone takes a good part of it.

    It is the present one if that suffices, or if rounding hides what a larger one could gain.
    """
    excess, relative = np.zeros(2), np.zeros(2)
    share = 0.0
    for i in range(4):
        size = max(abs(values[i]), FLOOR)
        share = max(share, parts[2, i] / size)
        for row in range(2):
            part = parts[row, i]
            if not part <= 0.5 * parts[2, i]:
                excess[row] = max(excess[row], part / (0.4 * tol * size))
                relative[row] = max(relative[row], part / size)
    if not excess[0] <= 1.0:
        ell_max = grown(ell_max, excess[0], relative[0], 0.5)
    if not excess[1] <= 1.0:
        order_max = grown(order_max, excess[1], relative[1], 1.0)
    return ell_max, min(order_max, ell_max), not share <= 0.2 * tol


@kernel()
def certify(values: Array, parts: Array) -> tuple[Array, float]:
    """The bound of each rate, and the certificate: the largest of bound/max(|value|, 1e-9)."""
    bounds, worst = np.zeros(4), 0.0
    for i in range(4):
        bounds[i] = parts[0, i] + parts[1, i] + parts[2, i]
        worst = max(worst, bounds[i] / max(abs(values[i]), FLOOR))
    return bounds, worst


def refine(alpha: float, nu: float, delta: float, theta: float, tol: float) -> Solved:
    """Raise L and M until every rate is within tol of max(|value|, 1e-9), or rounding or the limit forbids.

    Twice the working precision is used from the first truncation on where rounding would exceed ``tol``.
    """
    # Floats, because numba compiles a function anew for every type it is called with.
    return refined(float(alpha), float(nu), float(delta), float(theta), tol, WORK_LIMIT)


@kernel()
def refined(alpha: float, nu: float, delta: float, theta: float, tol: float, limit: float) -> Solved:
    """`refine` as one kernel: what Python adds to each of its calls would be a third of the work."""
    frame = frame_components(alpha, nu, delta, theta)
    ell_max, order_max = starting_size(frame, tol)
    precise, limited, spent = False, False, 0.0
    for _ in range(_MAX_ROUNDS):
        spent += work(ell_max, order_max)
        elements, table, inverse = factorise(frame, ell_max, order_max)
        values, parts, x = rates(frame, alpha, nu, delta, elements, table, inverse, precise)
        ell, order, hidden = judge(values, parts, ell_max, order_max, tol)
        if hidden and not precise:
            precise = True
            values, parts, x = rates(frame, alpha, nu, delta, elements, table, inverse, precise)
            ell, order, _ = judge(values, parts, ell_max, order_max, tol)
        limited = spent + work(ell, order) > limit
        if limited or (ell == ell_max and order == order_max):
            break
        ell_max, order_max = ell, order
    bounds, certificate = certify(values, parts)
    return Solved(values, bounds, certificate, x, inverse, limited and certificate > tol)


@kernel()
def solve_into(out: Array, point: Array, tol: float, limit: float) -> None:
    """Solve one point (α, ν, δ, θ) into nine numbers (`batch.Solutions`)."""
    alpha, nu, delta, theta = point[0], point[1], point[2], point[3]
    if alpha == 0.0:
        # Equilibrium: every rate vanishes identically.
        out[:] = 0.0
        return
    solved = refined(alpha, nu, delta, theta, tol, limit)
    out[:4], out[4], out[5:] = solved.values, solved.certificate, solved.bounds
