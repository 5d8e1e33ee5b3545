"""The curves in the (α, θ) plane where a rate changes sign: S_P = 0 and S_B = 0.

Both rates vanish with α as well, so the roots are sought on S_P/α and S_B/α, which do not. At θ = π/2 these
are odd in α: both curves end in the one point (α, θ) = (0, π/2), where all three phases meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .field import Field
from .fokker_planck.batch import Cancel, solve_many

Array = NDArray[np.float64]
Curve = tuple[Array, Array]

__all__ = ["find_roots", "phase_boundaries"]

# |α| of the scan, as fractions of the range: dense near 0, where the curves go as θ -> π/2.
_FRACTIONS = np.concatenate([np.geomspace(2e-3, 0.1, 14)[:-1], np.linspace(0.1, 1.0, 28)])
# The last row before π/2, in radians. Beyond it the curves are straight to the resolution of a plot.
_GAP = 0.001


def phase_boundaries(
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    alpha_range: tuple[float, float] = (-2.0, 2.0),
    theta: ArrayLike | None = None,
    xtol: float = 1e-9,
    cancel: Cancel = None,
) -> dict[str, list[Curve]]:
    """Curves S_P = 0 and S_B = 0, by root finding in α at each θ.

    Parameters
    ----------
    delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque |α|ν.
    alpha_range : (float, float)
        Where to look.
    theta : array_like, optional
        Angles in [0, π]; by default 49 of them from 0 to π/2.
    xtol : float
        Roots are found to this much in α.

    Returns
    -------
    dict
        ``{"S_P": [(alpha, theta), ...], "S_B": [(alpha, theta), ...]}``: each curve as two arrays, θ
        ascending. α = 0 is no curve, although every rate vanishes there.
    """
    field = Field(nu, alpha_nu)
    low, high = (float(v) for v in alpha_range)
    if not low < high:
        raise ValueError(f"alpha_range must be (low, high) with low < high; got {alpha_range!r}")
    if theta is None:
        # Dense towards the right angle, where the curves turn towards (0, π/2) within the last degree.
        rest = (math.pi / 2 - _GAP) * (1.0 - np.linspace(1.0, 0.0, 48) ** 3)
        theta = np.append(rest, math.pi / 2)
    angles = np.sort(np.atleast_1d(np.asarray(theta, dtype=float)))
    rows = angles[angles != math.pi / 2]
    reach = max(abs(low), abs(high))
    scan = np.concatenate([-reach * _FRACTIONS[::-1], reach * _FRACTIONS])
    scan = np.unique(np.append(scan[(scan >= low) & (scan <= high)], [v for v in (low, high) if v != 0.0]))

    def reduced(which: str, alpha: Array, at: Array) -> Array:
        solved = solve_many(alpha, field.at(alpha), delta, at, tol=1e-7, cancel=cancel)
        return np.asarray(getattr(solved, which) / alpha)

    grid = solve_many(scan, field.at(scan), delta, rows[:, np.newaxis], tol=1e-4, cancel=cancel)
    curves = {}
    for which in ("S_P", "S_B"):
        values = getattr(grid, which) / scan
        # No bracket across 0: at fixed torque the field is infinite there.
        change = (np.sign(values[:, 1:]) != np.sign(values[:, :-1])) & (scan[1:] * scan[:-1] > 0.0)
        i, j = np.nonzero(change)
        at = rows[i]

        def at_root(alpha: Array, k: NDArray[np.intp], which: str = which, at: Array = at) -> Array:
            return reduced(which, alpha, at[k])

        roots = find_roots(at_root, scan[j], scan[j + 1], xtol)
        curves[which] = _linked(
            roots, at, rows, 0.2 * (high - low), math.pi / 2 in angles and low <= 0.0 <= high
        )
    return curves


def find_roots(
    f: Callable[[Array, NDArray[np.intp]], Array], left: Array, right: Array, xtol: float
) -> Array:
    """Roots in many brackets at once (regula falsi with the Illinois rule, bisection when it stalls).

    ``f(x, k)`` is evaluated at x in the brackets with numbers k.
    """
    a, b = left.astype(float).copy(), right.astype(float).copy()
    every = np.arange(a.size)
    if a.size == 0:
        return a
    fa, fb = f(a, every), f(b, every)
    root = np.where(fa == 0.0, a, b)
    width = np.abs(b - a)
    # A coarse scan may have seen a change of sign that a finer look takes back: its zero is at an end.
    active = every[(fa * fb < 0.0)]
    lost = every[(fa * fb > 0.0)]
    root[lost] = np.where(np.abs(fa[lost]) < np.abs(fb[lost]), a[lost], b[lost])
    for step in range(80):
        if active.size == 0:
            break
        k = active
        with np.errstate(invalid="ignore", divide="ignore"):
            x = b[k] - fb[k] * (b[k] - a[k]) / (fb[k] - fa[k])
        stalled = ~((x - a[k]) * (x - b[k]) < 0.0) | (step % 4 == 3) & (np.abs(b[k] - a[k]) > 0.1 * width[k])
        x = np.where(stalled, 0.5 * (a[k] + b[k]), x)
        width[k] = np.where(step % 4 == 3, np.abs(b[k] - a[k]), width[k])
        fx = f(x, k)
        crossed = fx * fb[k] <= 0.0
        moved = np.abs(x - root[k])
        a[k] = np.where(crossed, b[k], a[k])
        fa[k] = np.where(crossed, fb[k], 0.5 * fa[k])
        b[k], fb[k], root[k] = x, fx, x
        done = (fx == 0.0) | (np.abs(b[k] - a[k]) < xtol) | (moved < 0.1 * xtol)
        active = k[~done]
    return root


def _linked(alpha: Array, theta: Array, rows: Array, jump: float, to_corner: bool) -> list[Curve]:
    """Join roots of neighbouring rows into curves, nearest first."""
    open_: list[list[tuple[float, float]]] = []
    closed: list[list[tuple[float, float]]] = []
    for angle in rows:
        here = sorted(float(v) for v in alpha[theta == angle])
        pairs = sorted((abs(curve[-1][0] - v), c, v) for c, curve in enumerate(open_) for v in here)
        taken: set[int] = set()
        used: set[float] = set()
        for distance, c, v in pairs:
            if distance <= jump and c not in taken and v not in used:
                open_[c].append((v, float(angle)))
                taken.add(c)
                used.add(v)
        closed += [curve for c, curve in enumerate(open_) if c not in taken]
        open_ = [curve for c, curve in enumerate(open_) if c in taken]
        open_ += [[(v, float(angle))] for v in here if v not in used]
    if to_corner and open_ and math.pi / 2 - rows[rows < math.pi / 2].max() < 0.1:
        # Symmetry, not extrapolation: see the module docstring.
        nearest = min(open_, key=lambda curve: abs(curve[-1][0]))
        nearest.append((0.0, math.pi / 2))
    curves = [np.array(curve).T for curve in closed + open_]
    return [(curve[0], curve[1]) for curve in curves]
