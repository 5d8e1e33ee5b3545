"""Curves f = 0 in a plane, by pseudo-arclength continuation.

Points of the plane are complex numbers, and a curve is followed with f > 0 on its left. From a point z with
the direction t (|t| = 1) the next one is looked for at z + h t + s (it), on the normal through the predicted
point: the bordered Newton system of the pseudo-arclength method with its linear row eliminated. The one
unknown s is found by secants. Folds are nothing special, because neither coordinate is the parameter; and a
neighbouring branch has f > 0 on its right, so that the sign of ∂f/∂s tells the two apart however close they
are.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._steps import Steps

Array = NDArray[np.float64]
Points = NDArray[np.complex128]
Function = Callable[[complex], float]
#: A line: one of its points and its unit normal.
Line = tuple[complex, complex]

__all__ = ["Box", "crosses", "crossing", "find_roots", "gradient", "lies_on", "trace"]

# A step is too long when it leaves the predicted direction by more, or turns by more (radians).
_MAX_DEVIATION, _MAX_TURN = 0.1, 0.2
_SHORTEST = 1e-9
_MAX_STEPS = 10_000


class Box(NamedTuple):
    """A rectangle of the plane."""

    left: float
    right: float
    bottom: float
    top: float

    def edges(self) -> list[Line]:
        """Its four edges, normals inwards."""
        low, high = complex(self.left, self.bottom), complex(self.right, self.top)
        return [(low, 1.0 + 0j), (low, 1j), (high, -1.0 + 0j), (high, -1j)]


def trace(
    f: Function,
    start: complex,
    slope: complex,
    box: Box,
    *,
    step: float,
    xtol: float,
    goal: Callable[[complex, complex], complex | None] | None = None,
) -> Steps[list[complex]]:
    """Follow f = 0 from ``start`` with f > 0 on the left; with -f and -``slope``, the other way.

    Parameters
    ----------
    f : callable
    start, slope : complex
        A point of the curve and the gradient of f there.
    box : Box
        Where to stop.
    step : float
        The longest step. Where the curve bends they are shorter.
    xtol : float
        Points are found to this much across the curve.
    goal : callable, optional
        Asked before each step with the last point and the one predicted next: a point ends the curve there,
        the last point itself asks for a shorter step, None goes on.

    Yields
    ------
    None
        Before each step.

    Returns
    -------
    list of complex
        From ``start`` to the edge of the box, to the goal, to ``start`` again for a closed curve, or to where
        no regular point follows, which is where curves cross.

    Examples
    --------
    >>> from slls_widgets._steps import finish
    >>> box = Box(-2.0, 2.0, 0.0, 2.0)
    >>> steps = trace(lambda z: 1.0 - abs(z) ** 2, 1.0 + 0j, -2.0 + 0j, box, step=0.2, xtol=1e-12)
    >>> half = finish(steps)
    >>> abs(half[-1] + 1.0) < 1e-9, max(abs(abs(z) - 1.0) for z in half) < 1e-9
    (True, True)
    """
    points, gain, h = [start], abs(slope), 0.25 * step
    tangent, bend = -1j * slope / gain, 0.0
    while h > _SHORTEST and len(points) < _MAX_STEPS:
        yield None
        last = points[-1]
        # Equal arcs turn by equal angles: a circle is predicted exactly.
        heading = tangent * cmath.exp(0.5j * bend * h)
        guess = last + h * heading
        end = goal(last, guess) if goal is not None else None
        if end is not None and end != last:
            return [*points, end]
        found = _corrected(f, guess, 1j * heading, gain, 0.3 * h, xtol) if end is None else None
        if found is None:
            h *= 0.5
            continue
        new, slope_across = found
        chord = new - last
        # f is 0 at the new point: one value beside it completes the gradient.
        slope_along = f(new + 1e-3 * h * heading) / (1e-3 * h)
        tangent_here = heading * cmath.exp(-1j * math.atan2(slope_along, slope_across))
        turn = cmath.phase(tangent_here / tangent)
        trouble = max(abs(cmath.phase(chord / heading)) / _MAX_DEVIATION, abs(turn) / _MAX_TURN)
        if trouble > 1.0:
            h *= 0.5
            continue
        left = [edge for edge in box.edges() if _side(new, edge) < 0.0]
        if left:
            ends = [crossing(f, last, new, edge, xtol) for edge in left]
            end = min(ends, key=lambda z: abs(z - last))
            # A curve may start on the edge and leave at once.
            return [*points, end] if abs(end - start) > xtol else points
        if len(points) > 3 and abs(start - last) <= abs(chord) and ((start - last) / chord).real > 0.0:
            return [*points, start]
        points.append(new)
        gain, tangent, bend = slope_across, tangent_here, turn / abs(chord)
        h = min(step, h * min(2.0, 0.5 / max(trouble, 0.25)))
    return points


def crossing(f: Function, first: complex, second: complex, line: Line, xtol: float) -> complex:
    """Where f = 0 crosses a line, between neighbouring points of the curve on either side of the line.

    Sought along the line or, where it is more parallel to the curve than across it as at a fold, along the
    chord.
    """
    chord = second - first
    gain, normal = _across(f, first, chord)
    along = 1j * line[1]
    cosine = (along / normal).real
    if abs(cosine) > 0.5:
        share = _side(first, line) / (_side(first, line) - _side(second, line))
        sense = math.copysign(1.0, cosine)
        found = _corrected(f, first + share * chord, sense * along, gain * abs(cosine), abs(chord), xtol)
        if found is not None:
            return found[0]
    z = _on_arc(f, first, second, lambda z: _side(z, line), xtol)
    return z - _side(z, line) * line[1]


def turning(f: Function, first: complex, second: complex, xtol: float) -> complex:
    """Where the curve f = 0 is level, between neighbouring points one of which it rises and one it falls at.

    Examples
    --------
    >>> top = turning(lambda z: 1.0 - abs(z) ** 2, cmath.rect(1.0, 1.5), cmath.rect(1.0, 1.7), 1e-9)
    >>> abs(top - 1j) < 1e-4
    True
    """
    h = 1e-3 * abs(second - first)
    return _on_arc(f, first, second, lambda z: f(z + h) - f(z - h), xtol)


def gradient(f: Function, z: complex, h: float = 1e-5) -> complex:
    """∂f/∂x + i ∂f/∂y, by central differences."""
    return complex(f(z + h) - f(z - h), f(z + 1j * h) - f(z - 1j * h)) / (2.0 * h)


def crosses(curve: Points, start: complex, end: complex) -> bool:
    """Does a curve, given by its points, cross the segment from ``start`` to ``end``?

    Examples
    --------
    >>> zigzag = np.array([0.0, 1.0 + 1j, 2.0])
    >>> crosses(zigzag, 0.5, 0.5 + 1j), crosses(zigzag, 1.0, 1.0 + 0.5j)
    (True, False)
    """
    across = _cross(end - start, curve - start)
    step = np.diff(curve)
    apart = _cross(step, start - curve[:-1]) * _cross(step, end - curve[:-1])
    return bool(np.any((across[1:] * across[:-1] <= 0.0) & (apart <= 0.0)))


def lies_on(curve: Points, z: complex, heading: complex) -> bool:
    """Is z a point of a curve, with its direction, as well as the curve's chords can tell?"""
    step = np.diff(curve)
    along = np.clip(((z - curve[:-1]) / step).real, 0.0, 1.0)
    distance = np.abs(curve[:-1] + along * step - z)
    return bool(np.any((distance < 0.1 * np.abs(step)) & ((step / heading).real > 0.0)))


def find_roots(
    f: Callable[[Array, NDArray[np.intp]], Array], left: Array, right: Array, xtol: float
) -> Array:
    """Roots in many brackets at once, to ``xtol``, by the method of Chandrupatla (1997).

    Inverse quadratic interpolation where it can be trusted, bisection where it cannot.
    ``f(x, k)`` is evaluated at x in the brackets with numbers k.

    Examples
    --------
    >>> squares = np.array([2.0, 9.0])
    >>> find_roots(lambda x, k: x**2 - squares[k], np.zeros(2), np.full(2, 5.0), 1e-12).round(9)
    array([1.41421356, 3.        ])
    """
    every = np.arange(left.size)
    # a is the newest point, b the end with the other sign, c the point before.
    a, b = left.astype(float), right.astype(float)
    if a.size == 0:
        return a
    fa, fb = f(a, every), f(b, every)
    root = np.where(np.abs(fa) < np.abs(fb), a, b)
    # A coarse scan may have seen a change of sign that a finer look takes back: its zero is at an end.
    k = every[fa * fb < 0.0]
    a, b, fa, fb = a[k], b[k], fa[k], fb[k]
    t = np.full(k.size, 0.5)
    while k.size:
        x = a + t * (b - a)
        fx = f(x, k)
        same = (fx > 0.0) == (fa > 0.0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        root[k] = np.where(np.abs(fa) < np.abs(fb), a, b)
        shortest = xtol / np.abs(b - a)
        open_ = (shortest < 0.5) & (fa != 0.0)
        k, a, b, c, fa, fb, fc, shortest = (v[open_] for v in (k, a, b, c, fa, fb, fc, shortest))
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        smooth = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        # Where it is not smooth, fa and fc may be equal.
        apart = np.where(smooth, fc - fa, 1.0)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / apart * fb / (fc - fb)
        t = np.clip(np.where(smooth, t, 0.5), shortest, 1.0 - shortest)
    return root


def _corrected(
    f: Function, guess: complex, normal: complex, gain: float, limit: float, xtol: float
) -> tuple[complex, float] | None:
    """The zero of f at guess + s·normal with |s| <= limit and f growing along s, and ∂f/∂s; None without one.

    ``gain`` estimates ∂f/∂s.
    """
    s, value = 0.0, f(guess)
    for _ in range(12):
        step = -value / gain
        if abs(s + step) > limit:
            return None
        if s != 0.0 and abs(step) < xtol:
            return guess + (s + step) * normal, gain
        s, before = s + step, value
        value = f(guess + s * normal)
        if value == 0.0 or step == 0.0:
            return guess + s * normal, gain
        gain = (value - before) / step
        if gain <= 0.0:
            return None
    return None


def _across(f: Function, first: complex, chord: complex) -> tuple[float, complex]:
    """∂f/∂s across a chord, in its middle, and the unit normal along which s grows."""
    middle, h = first + 0.5 * chord, 1e-4 * chord * 1j
    return (f(middle + h) - f(middle - h)) / (2.0 * abs(h)), 1j * chord / abs(chord)


def _on_arc(f: Function, first: complex, second: complex, g: Function, xtol: float) -> complex:
    """Where g changes sign on the curve f = 0 between neighbouring points of it."""
    chord = second - first
    gain, normal = _across(f, first, chord)

    def on_curve(t: float) -> complex:
        if t in (0.0, 1.0):
            return first if t == 0.0 else second
        found = _corrected(f, first + t * chord, normal, gain, abs(chord), xtol)
        return found[0] if found is not None else first + t * chord

    def along(t: Array, _: NDArray[np.intp]) -> Array:
        return np.array([g(on_curve(x)) for x in t])

    return on_curve(float(find_roots(along, np.zeros(1), np.ones(1), 0.01 * xtol / abs(chord))[0]))


def _side(z: complex, line: Line) -> float:
    """Distance from a line, positive on the side of its normal."""
    return ((z - line[0]) * line[1].conjugate()).real


def _cross(a: Points | complex, b: Points | complex) -> Array:
    """a × b in the plane, the area they span."""
    return np.asarray((np.conj(a) * b).imag)
