"""The curves in the (α, θ) plane where a rate changes sign: S_P = 0 and S_B = 0.

Both rates vanish with α as well, so the zeros are sought of S_P/α and S_B/α, which do not: as α -> 0 their
signs are that of cos θ and its opposite. Turning **P** round and α with it changes nothing,
S(α, θ) = S(-α, π - θ), so that at θ = π/2 they are odd in α. Hence α = 0 is reached in the one point
(0, π/2), where all three phases meet, and by one curve of each kind.

A coarse scan finds where the curves are; each is then followed (`continuation`) from there to the edge of the
plane or to (0, π/2).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arguments import real, reals
from .._steps import Steps, finish
from ..fokker_planck.batch import Cancel, solve_in_steps, stopper
from ..magnet.held import Held
from ..magnet.macrospin import Macrospin, nu_at_fixed_torque
from .continuation import Box, Points, crosses, crossing, find_roots, gradient, lies_on, trace, turning

Array = NDArray[np.float64]
Curve = tuple[Array, Array]
Rate = Literal["S_P", "S_B"]

__all__ = ["RangeTooNarrow", "checked_held", "lines_in_steps", "phase_boundaries"]

_RIGHT = math.pi / 2
# The longest step, where the plane is 1 high up to π/2; the rows up to there and the columns of the scan.
_STEP, _ROWS, _COLUMNS = 0.06, 24, 16
# Near a zero the tolerance is relative to the little that is left: the sign is right, and secants converge.
_TOLERANCE = 1e-3
# At fixed torque the field grows as α -> 0; beyond this one the last piece to (0, π/2) is drawn straight.
_STRONGEST = 1e4


class RangeTooNarrow(ValueError):
    """At this fixed torque the field is too strong over too much of the range; ``least`` |α| would do."""

    def __init__(self, least: float, alpha_range: object) -> None:
        super().__init__(least, alpha_range)  # as they are, so that a process may send it to another
        self.least, self.alpha_range = least, alpha_range

    def __str__(self) -> str:
        return (
            f"alpha_range must reach to |alpha| = {self.least:g} at least at this alpha_nu, "
            f"because closer to 0 the field is too strong; got {self.alpha_range!r}"
        )


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
    """Curves S_P = 0 and S_B = 0, by root finding and continuation.

    Parameters
    ----------
    delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque |α|ν.
    alpha_range : (float, float)
        Where to look.
    theta : array_like, optional
        The angles in [0, π] at which to give the curves; one angle takes as long as many, because the
        whole curves are followed. By default they are given from 0 to π/2, at as many points as it takes to
        draw them.
    xtol : float
        Roots are found to this much in α, in [1e-11, 0.1].
    cancel : callable or threading.Event, optional
        Asked between the points.

    Returns
    -------
    dict
        ``{"S_P": [(alpha, theta), ...], "S_B": [(alpha, theta), ...]}``: each curve as two arrays, in order
        along the curve and from its lower end; θ decreases in between where the curve folds. The longest
        curve comes first; at a single angle each root is a curve of its own, by increasing α. α = 0 is no
        curve, although every rate vanishes there. A curve that leaves ``alpha_range`` and comes back is two
        curves; :func:`slls_widgets.plots.phase_diagram.phase_edges` turns all of them into the ends of the
        phases at each angle. At chosen angles a curve ends with the last of them inside ``alpha_range``.

    Raises
    ------
    ValueError
        For illegal parameters, before any work.
    Cancelled
        When ``cancel`` said stop.

    Notes
    -----
    A curve is missed if it is closed, or comes in and leaves by the same edge, between the points of the
    scan: some 30 columns on either side of α = 0 and 24 rows on either side of π/2. Two turns of θ are
    missed if they lie between neighbouring points of a curve, at most 0.06 of the farther end of
    ``alpha_range`` or 0.09 rad apart. At fixed torque nothing is computed at |α| < alpha_nu/10⁴; a curve
    ends there, or goes straight to (0, π/2).

    Examples
    --------
    >>> (alpha, theta), = phase_boundaries(delta=0.5, nu=2.0)["S_P"]
    >>> print(f"from ({alpha[0]:.6f}, {theta[0]:.0f}) to ({alpha[-1]:.0f}, {theta[-1]:.4f})")
    from (-0.500000, 0) to (0, 1.5708)
    """
    plane = _plane(delta, nu, alpha_nu, alpha_range, xtol, cancel)
    if theta is None:
        return finish(_lines(plane))
    angles = _angles(theta)
    heights = angles / _RIGHT
    # np.linspace(0, pi, n) may miss the right angle by a rounding.
    heights[np.abs(heights - 1.0) < 1e-12] = 1.0
    if angles.size == 0:
        return {"S_P": [], "S_B": []}
    # Whole curves: of a fold that reaches a little into a narrower box, a scan of the box would see nothing.
    lines = finish(plane.curves(0.0 if heights[0] <= 1.0 else 1.0, 2.0 if heights[-1] > 1.0 else 1.0))
    found: dict[str, list[Curve]] = {
        which: plane.at_heights(which, curves, heights, angles) for which, curves in lines.items()
    }
    if angles.size == 1:
        for which, curves in found.items():
            found[which] = [(np.array([a]), angles) for a in sorted(a for alpha, _ in curves for a in alpha)]
    return found


def lines_in_steps(
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    alpha_range: tuple[float, float] = (-2.0, 2.0),
) -> Steps[dict[str, list[Curve]]]:
    """`phase_boundaries` from 0 to π/2 in steps: each a point of a curve, or some of the scan's."""
    return _lines(_plane(delta, nu, alpha_nu, alpha_range, 1e-9, None))


@dataclass(frozen=True, eq=False)
class _Plane:
    """The plane of z = α/reach + i θ/(π/2), where a step is as long as it looks."""

    delta: float
    held: Held
    low: float
    high: float
    xtol: float
    cancel: Cancel

    @property
    def reach(self) -> float:
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
        return finish(self.values_in_steps(z), cancel=stopper(self.cancel))

    def values_in_steps(self, z: Points) -> Steps[dict[Rate, Array]]:
        """S_P/(αν) and S_B/(αν); also beyond θ = 0 and π, by the symmetry about the field."""
        alpha, theta = z.real * self.reach, np.abs(z.imag) * _RIGHT
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
        near = self.near(max(abs(box.left), abs(box.right)))

        def corner(last: complex, guess: complex) -> complex | None:
            # Nothing but (0, π/2) can be beyond α = 0.
            if guess.real * seed.real > self.inner * abs(seed.real):
                return None
            aside = abs(cmath.phase((1j - last) / (guess - last)))
            if abs(last.real) < 2.0 * self.inner:
                return 1j if aside < _RIGHT else None
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


def _plane(
    delta: float,
    nu: float | None,
    alpha_nu: float | None,
    alpha_range: tuple[float, float],
    xtol: float,
    cancel: Cancel,
) -> _Plane:
    """The plane of checked arguments."""
    low, high = _range(alpha_range)
    reach = max(abs(low), abs(high))
    delta, held = checked_held(delta, nu, alpha_nu, reach)
    plane = _Plane(delta, held, low, high, _accuracy(xtol), cancel)
    if plane.inner > 0.1:
        raise RangeTooNarrow(10.0 * plane.inner * reach, alpha_range)
    return plane


def _lines(plane: _Plane) -> Steps[dict[str, list[Curve]]]:
    lines = yield from plane.curves(0.0, 1.0)
    return {which: [_in_radians(line, plane.reach) for line in found] for which, found in lines.items()}


def checked_held(delta: float, nu: float | None, alpha_nu: float | None, alpha: float) -> tuple[float, Held]:
    """δ and what is held, or a complaint in the words of :class:`slls_widgets.Macrospin` at some α != 0."""
    if nu is not None and alpha_nu is None:
        magnet = Macrospin(alpha=alpha, nu=nu, delta=delta)
        return magnet.delta, Held(nu=magnet.nu)
    if alpha_nu is not None and nu is None:
        magnet = Macrospin(alpha=alpha, nu=nu_at_fixed_torque(alpha, alpha_nu), delta=delta)
        return magnet.delta, Held(alpha_nu=real(alpha_nu))
    return delta, Held(nu, alpha_nu)  # which complains


def _range(alpha_range: tuple[float, float]) -> tuple[float, float]:
    ends = reals("alpha_range", alpha_range)
    if ends.shape != (2,):
        raise ValueError(f"alpha_range must be two numbers (low, high); got {alpha_range!r:.60}")
    low, high = ends.tolist()
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"alpha_range must be (low, high) with low < high, both finite; got {alpha_range!r}")
    return low, high


def _accuracy(xtol: float) -> float:
    accuracy = real(xtol)
    if not 1e-11 <= accuracy <= 0.1:
        raise ValueError(f"xtol must lie in [1e-11, 0.1] (accuracy of the roots in alpha); got {xtol!r:.40}")
    return accuracy


def _angles(theta: ArrayLike) -> Array:
    """The angles asked for, ascending."""
    angles = np.unique(reals("theta", theta))
    if not np.all((angles >= 0.0) & (angles <= math.pi)):
        raise ValueError(f"theta must be angles in [0, pi], in radians; got {theta!r:.60}")
    return angles


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


def _in_radians(curve: Points, reach: float) -> Curve:
    curve = curve if curve[0].imag <= curve[-1].imag else curve[::-1]
    return reach * curve.real, _RIGHT * curve.imag
