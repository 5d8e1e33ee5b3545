"""The plane of α and θ in which `boundaries` finds its curves: scan, pieces, points asked for."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .._steps import Steps, finish
from ..fokker_planck.batch import Cancel, solve_in_steps, stopper
from ..magnet.held import Held
from .continuation import Box, Points, crosses, crossing, find_roots, gradient, lies_on, trace, turning

Array = NDArray[np.float64]
Curve = tuple[Array, Array]
Rate = Literal["S_P", "S_B"]

__all__ = ["RIGHT", "Array", "Curve", "Plane"]

#: The right angle.
RIGHT = math.pi / 2
# The longest step, where the plane is 1 high up to π/2; the rows up to there and the columns of the scan.
_STEP, _ROWS, _COLUMNS = 0.06, 24, 16
# Near a zero the tolerance is relative to the little that is left: the sign is right, and secants converge.
_TOLERANCE = 1e-3
# At fixed torque the field grows as α -> 0; beyond this one the last piece to (0, π/2) is drawn straight.
_STRONGEST = 1e4


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of z = α/reach + i θ/(π/2), where a step is as long as it looks."""

    delta: float
    held: Held
    low: float
    high: float
    xtol: float
    cancel: Cancel

    @property
    def reach(self) -> float:
        """The largest |α|."""
        return max(abs(self.low), abs(self.high))

    @property
    def ztol(self) -> float:
        """Accuracy of z: always finer than a step, which is short where a narrow fold turns."""
        return min(self.xtol / self.reach, 1e-6)

    @property
    def inner(self) -> float:
        """|Re z| below which nothing is computed."""
        return 1e-7 if self.held.alpha_nu is None else self.held.alpha_nu / (_STRONGEST * self.reach)

    def values(self, z: Points) -> dict[Rate, Array]:
        """`values_in_steps` at once."""
        return finish(self.values_in_steps(z), cancel=stopper(self.cancel))

    def values_in_steps(self, z: Points) -> Steps[dict[Rate, Array]]:
        """S_P/(αν) and S_B/(αν); also beyond θ = 0 and π, by the symmetry about the field."""
        alpha, theta = z.real * self.reach, np.abs(z.imag) * RIGHT
        theta = np.where(theta > math.pi, 2.0 * math.pi - theta, theta)
        limit = z.real == 0.0
        # So that a curve goes on for a step beyond the edge it ends at.
        computed = np.copysign(np.maximum(np.abs(alpha), self.inner * self.reach), alpha)
        alpha = np.where(limit, self.reach, computed)
        nu = self.held.at(alpha)
        solved = yield from solve_in_steps(
            alpha, nu, self.delta, theta, tol=_TOLERANCE, cancel=stopper(self.cancel)
        )
        # <n·p̂> = cos θ times the equilibrium's magnetisation, of which only the sign matters here.
        towards = np.where(z.imag == 1.0, 0.0, np.cos(theta)) / self.delta
        return {
            "S_P": np.where(limit, towards, solved.S_P / (alpha * nu)),
            "S_B": np.where(limit, -towards, solved.S_B / (alpha * nu)),
        }

    def function(self, which: Rate, sign: float = 1.0) -> Callable[[complex], float]:
        """One of the rates, over αν, as a function of z."""
        return lambda z: sign * float(self.values(np.asarray(z))[which])

    def halves(self) -> list[tuple[float, float]]:
        """The ranges of α on either side of 0, scaled."""
        low, high = self.low / self.reach, self.high / self.reach
        return [(a, b) for a, b in ((low, min(high, 0.0)), (max(low, 0.0), high)) if a < b]

    def near(self, far: float) -> float:
        """|Re z| of the scan's first column beside 0: not in so strong a field that it takes longest."""
        return min(0.1 * far, max(2e-3, 20.0 * self.inner))

    def columns(self, half: tuple[float, float]) -> Array:
        """Re z of the scan of one half: denser towards 0, where the curves go as θ -> π/2."""
        nearest, far = sorted(np.abs(half))
        near = nearest or self.near(far)
        columns = np.unique([nearest, *np.geomspace(near, far, _COLUMNS), *np.linspace(near, far, _COLUMNS)])
        return columns if half[1] > 0.0 else -columns[::-1]

    def curves(self, bottom: float, top: float) -> Steps[dict[Rate, list[Points]]]:
        """Every curve between two heights."""
        found: dict[Rate, list[Points]] = {"S_P": [], "S_B": []}
        for half in self.halves():
            z = _points(self.columns(half), _heights(bottom, top)[:, np.newaxis])
            values = yield from self.values_in_steps(z)
            left, right = (self.inner, half[1]) if half[1] > 0.0 else (half[0], -self.inner)
            box = Box(max(half[0], left), min(half[1], right), bottom, top)
            for which, pieces in found.items():
                pieces += yield from self.pieces(which, z, values[which], box)
        return {which: sorted(_joined(pieces), key=_length, reverse=True) for which, pieces in found.items()}

    def pieces(self, which: Rate, z: Points, values: Array, box: Box) -> Steps[list[Points]]:
        """The curves in one half of the plane, from a scan of it."""
        pieces: list[Points] = []
        for start, end in _changes(z, values):
            if any(crosses(piece, start, end) for piece in pieces):
                continue
            f, back = self.function(which), self.function(which, -1.0)

            def along(t: Array, _: NDArray[np.intp], start: complex = start, end: complex = end) -> Array:
                return self.values(np.asarray(start + t * (end - start), dtype=complex))[which]

            t = find_roots(along, np.zeros(1), np.ones(1), 0.1 * self.ztol / abs(end - start))
            seed = start + float(t[0]) * (end - start)
            if abs(seed.real) < self.inner:
                continue  # (0, π/2), or where nothing is computed; the curve has other points
            slope = gradient(f, seed)
            # Close to a point of the scan a chord may cross the edge beside the one the curve does.
            if slope == 0.0 or any(lies_on(piece, seed, -1j * slope) for piece in pieces):
                continue
            ahead = yield from self.followed(f, seed, slope, box)
            closed = len(ahead) > 1 and ahead[-1] == seed
            behind = [seed] if closed else (yield from self.followed(back, seed, -slope, box))
            if len(ahead) + len(behind) > 2:
                pieces.append(np.array(behind[:0:-1] + ahead))
        return pieces

    def followed(
        self, f: Callable[[complex], float], seed: complex, slope: complex, box: Box
    ) -> Steps[list[complex]]:
        """A curve from one of its points on, to the edge of the box, to (0, π/2) or back to the point."""
        near = self.near(max(abs(box.left), abs(box.right)))

        def corner(last: complex, guess: complex) -> complex | None:
            # Nothing but (0, π/2) can be beyond α = 0.
            if guess.real * seed.real > self.inner * abs(seed.real):
                return None
            aside = abs(cmath.phase((1j - last) / (guess - last)))
            if abs(last.real) < 2.0 * self.inner:
                return 1j if aside < RIGHT else None
            # Farther out than the scan's first column there may be folds on the way.
            return 1j if abs(last.real) <= near and aside < 0.05 else last

        return trace(f, seed, slope, box, step=_STEP, xtol=self.ztol, goal=corner)

    def at_heights(self, which: Rate, curves: list[Points], heights: Array, angles: Array) -> list[Curve]:
        """The points of each curve at some heights, which are the angles ``angles``."""
        f, sampled = self.function(which), []
        for curve in curves:
            points: list[tuple[float, float]] = []
            for first, second in pairwise(self._with_turns(which, curve)):
                points += self._between(f, complex(first), complex(second), heights, angles)
            k = np.searchsorted(heights, curve[-1].imag)
            if k < heights.size and heights[k] == curve[-1].imag:
                points.append((self.reach * curve[-1].real, angles[k]))
            if points:
                alpha, theta = np.array(points if points[0][1] <= points[-1][1] else points[::-1]).T
                sampled.append((alpha, theta))
        return sampled

    def _with_turns(self, which: Rate, curve: Points) -> list[complex]:
        """A curve, and where θ turns between two of its points, the point where it does.

        Between points both of which it rises at, or falls at, it is taken to do so all the way.
        """
        step = np.abs(np.diff(curve))
        h = 1e-3 * np.minimum(np.append(step, np.inf), np.append(np.inf, step))
        right, left = self.values(np.stack([curve + h, curve - h]))[which]
        # The rate is positive on the left, so where the curve rises it falls towards the right.
        rises, f = right < left, self.function(which)
        points = [complex(curve[0])]
        for k, (first, second) in enumerate(pairwise(curve.tolist())):
            if rises[k] != rises[k + 1] and 1j not in (first, second):
                points.append(turning(f, first, second, self.ztol))
            points.append(second)
        return points

    def _between(
        self, f: Callable[[complex], float], first: complex, second: complex, heights: Array, angles: Array
    ) -> Iterator[tuple[float, float]]:
        """The points from one point of a curve to just before the next."""
        up = second.imag > first.imag
        ends = (first.imag, second.imag)
        inside = (
            (heights >= ends[0]) & (heights < ends[1]) if up else (heights <= ends[0]) & (heights > ends[1])
        )
        for k in np.flatnonzero(inside)[:: 1 if up else -1]:
            height = float(heights[k])
            t = (height - first.imag) / (second.imag - first.imag)
            z = crossing(f, first, second, (1j * height, 1j), self.ztol) if t > 0.0 else first
            if abs(z.real) < self.inner:
                z = first + t * (second - first)
            yield self.reach * z.real, float(angles[k])


def _heights(bottom: float, top: float) -> Array:
    """Im z of the scan: denser towards the right angle, where the curves turn towards α = 0."""
    below = 1.0 - (1.0 - np.linspace(0.0, 1.0, _ROWS)) ** 3
    everywhere = np.concatenate([below, 2.0 - below, np.linspace(bottom, top, 5)])
    return np.unique(everywhere[(everywhere >= bottom) & (everywhere <= top)])


def _points(x: Array | float, y: Array | float) -> Points:
    return np.asarray(np.add(x, np.multiply(1j, y)), dtype=np.complex128)


def _changes(z: Points, values: Array) -> list[tuple[complex, complex]]:
    """The edges of a grid on which the sign changes, along rows and along columns."""
    edges = []
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        changed = (values[here] < 0.0) != (values[there] < 0.0)
        edges += list(zip(z[here][changed].tolist(), z[there][changed].tolist(), strict=True))
    return edges


def _joined(pieces: list[Points]) -> list[Points]:
    """The piece that ends in (0, π/2) and the one that starts there are one curve."""
    into = [piece for piece in pieces if piece[-1] == 1j]
    out_of = [piece for piece in pieces if piece[0] == 1j]
    if not into or not out_of:
        return pieces
    rest = [piece for piece in pieces if 1j not in (piece[0], piece[-1])]
    return [np.concatenate([into[0], out_of[0][1:]]), *rest]


def _length(curve: Points) -> float:
    return float(np.abs(np.diff(curve)).sum())
