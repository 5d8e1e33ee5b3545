"""Curves f = 0 that are known beforehand."""

import cmath
import math

import numpy as np
import pytest

from slls_widgets._steps import finish
from slls_widgets.maps.continuation import (
    Box,
    crosses,
    crossing,
    find_roots,
    gradient,
    lies_on,
    trace,
    turning,
)

SQUARE = Box(-2.0, 2.0, -2.0, 2.0)


def followed(f, start, box=SQUARE, step=0.2, **more):
    return np.array(finish(trace(f, start, gradient(f, start), box, step=step, xtol=1e-11, **more)))


def test_a_closed_curve_closes_with_the_positive_side_on_its_left():
    circle = followed(lambda z: 1.0 - abs(z) ** 2, 1.0 + 0j)
    assert circle[0] == circle[-1]
    np.testing.assert_allclose(np.abs(circle), 1.0, atol=1e-10)
    assert 2 * np.pi * 0.98 < np.abs(np.diff(circle)).sum() < 2 * np.pi
    turns = np.diff(np.unwrap(np.angle(circle)))
    assert np.all(turns > 0)
    other = followed(lambda z: abs(z) ** 2 - 1.0, 1.0 + 0j)
    assert np.all(np.diff(np.unwrap(np.angle(other))) < 0)


def test_an_s_with_both_its_folds_is_one_curve_whose_sharp_turns_get_short_steps():
    def f(z):
        return z.imag - 20.0 * z.real**3 + z.real

    curve = followed(f, 0j)
    np.testing.assert_allclose(curve.imag, 20 * curve.real**3 - curve.real, atol=1e-9)
    assert abs(curve[-1].imag) == 2.0
    # From the middle one way: past one fold and up.
    fold = math.sqrt(1 / 60)
    assert np.min(np.abs(np.abs(curve.real) - fold)) < 0.03
    steps = np.abs(np.diff(curve))
    assert steps.max() <= 0.21
    assert steps.min() < 0.1


def test_a_neighbouring_branch_is_not_mistaken_for_the_curve():
    gap = 1e-3

    def f(z):
        y = z.imag - 0.5 * math.sin(3.0 * z.real)
        return y * (y - gap)

    lower = followed(f, -2.0 + 0.5j * math.sin(-6.0))
    np.testing.assert_allclose(lower.imag, 0.5 * np.sin(3.0 * lower.real), atol=1e-10)
    upper = followed(lambda z: -f(z), complex(-2.0, 0.5 * math.sin(-6.0) + gap))
    assert {round(curve[-1].real, 9) for curve in (lower, upper)} <= {-2.0, 2.0}
    np.testing.assert_allclose(upper.imag, 0.5 * np.sin(3.0 * upper.real) + gap, atol=1e-10)


def test_curves_end_exactly_on_the_edge_and_at_once_if_they_start_there():
    def f(z):
        return z.imag - 0.3 * z.real

    box = Box(0.0, 1.0, -1.0, 1.0)
    for sign in (1.0, -1.0):
        ends = followed(lambda z, sign=sign: sign * f(z), 0.5 + 0.15j, box)[-1]
        assert ends.real in (0.0, 1.0)
        assert ends.imag == pytest.approx(0.3 * ends.real, abs=1e-11)
    lengths = [followed(lambda z, sign=sign: sign * f(z), 0j, box).size for sign in (1.0, -1.0)]
    assert min(lengths) == 1 < max(lengths)


def test_a_goal_ends_the_curve_or_asks_for_shorter_steps():
    asked = []

    def goal(last, guess):
        if guess.real < 1.5:
            return None
        asked.append(abs(guess - last))
        return 2.0 + 0j if asked[-1] < 0.05 else last

    curve = followed(lambda z: z.imag, 0j, goal=goal)
    assert curve[-1] == 2.0
    assert asked[-1] < 0.05 < asked[0]


def test_where_curves_cross_there_is_no_way_on():
    curve = followed(lambda z: (z.real - 0.3 * z.imag) * (z.imag + 0.2 * z.real), 0.3 + 1j)
    np.testing.assert_allclose(curve.real, 0.3 * curve.imag, atol=1e-9)
    assert abs(curve[-1]) < 1e-4


def test_a_crossing_is_found_at_a_fold_too():
    """Just below the top of an arc: the line and the curve are nearly parallel."""

    def f(z):
        return 1.0 - abs(z) ** 2

    height = 1.0 - 1e-3
    first, second = cmath.rect(1.0, 1.53), cmath.rect(1.0, 1.75)
    assert first.imag > height > second.imag
    found = crossing(f, first, second, (1j * height, 1j), 1e-12)
    assert found.imag == pytest.approx(height, abs=1e-15)
    assert found.real == pytest.approx(-math.sqrt(1 - height**2), abs=1e-11)


def test_the_turn_between_two_points_is_found_on_the_curve_and_not_on_the_chord():
    """An ellipse with its axes askew: the turn is not above the middle of the chord."""
    tilt = cmath.rect(1.0, 0.4)

    def f(z):
        w = z / tilt
        return 1.0 - (w.real / 2.0) ** 2 - w.imag**2

    first, second = (tilt * complex(2.0 * math.cos(t), math.sin(t)) for t in (0.7, 1.0))
    top = turning(f, first, second, 1e-10)
    t = math.atan2(math.cos(0.4), 2.0 * math.sin(0.4))
    assert top == pytest.approx(tilt * complex(2.0 * math.cos(t), math.sin(t)), abs=1e-6)


def test_what_a_polygon_crosses_and_what_lies_on_it():
    arc = np.exp(1j * np.linspace(0.0, 1.0, 11))
    assert crosses(arc, 0.5 * arc[4] + 0j, 2.0 * arc[4] + 0.001)
    assert not crosses(arc, 0.5 + 0j, 0.9 + 0j)
    between = cmath.exp(0.45j)
    assert lies_on(arc, between, 1j * between)
    assert not lies_on(arc, between, -1j * between)
    assert not lies_on(arc, 1.1 * between, 1j * between)


def test_many_roots_at_once_and_one_that_a_finer_look_takes_back():
    k = np.arange(1.0, 6.0)
    roots = find_roots(lambda x, i: np.expm1(k[i] * x) - 1.0, np.zeros(5), np.full(5, 9.0), 1e-13)
    np.testing.assert_allclose(roots, math.log(2) / k, atol=1e-12)
    assert find_roots(lambda x, _: 1.0 + x, np.zeros(1), np.ones(1), 1e-9) == 0.0
