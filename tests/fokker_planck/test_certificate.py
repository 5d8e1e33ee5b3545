"""The bounds are honest: never below the true error, and rarely far above it."""

import math

import numpy as np
import pytest
from references_fokker_planck import extended_rates

from slls_widgets.fokker_planck.frame import frame_components
from slls_widgets.fokker_planck.point import factorise, rates
from slls_widgets.fokker_planck.truncation import refine, starting_size, work

pytestmark = pytest.mark.compiled

RATES = ("S_P", "S_B", "Sigma", "Delta_P")


def random_point(rng, near_the_line):
    nu, delta = 10 ** rng.uniform(-1, 1.7), 10 ** rng.uniform(-0.7, 0.7)
    theta, alpha = rng.uniform(0, math.pi), rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 0.4)
    if near_the_line:
        half = (1 / delta - delta) * math.cos(theta) / 2
        alpha = half + rng.choice([-1, 1]) * math.sqrt(half**2 + 1)
        alpha *= 1 + rng.choice([0.0, 1e-6, 1e-3, 1e-2]) * rng.normal()
    return alpha, nu, delta, theta


def ratios(points, seed, limit=90):
    rng = np.random.default_rng(seed)
    found = []
    while points > 0:
        point = random_point(rng, points % 10 == 0)
        tol = 10 ** rng.uniform(-9, -3)
        values, bounds, _, x, *_ = refine(*point, tol)
        ell_max, order_max = x.shape[0] - 1, x.shape[1] // 2
        if ell_max > limit or order_max > limit // 4:
            continue  # the 80-bit reference would take minutes
        points -= 1
        exact = extended_rates(*point, int(1.4 * ell_max) + 8, min(int(1.6 * order_max) + 5, ell_max))
        for value, bound, name in zip(values, bounds, RATES, strict=True):
            error = abs(float(exact[name] - value))
            assert error <= bound, (name, point, tol, error, bound)
            if error > 1e-12:
                found.append(bound / error)
    return np.array(found)


def test_bounds_hold_and_are_not_absurd():
    assert np.quantile(ratios(8, seed=3, limit=40), 0.95) < 1000


@pytest.mark.slow
def test_bounds_hold_on_five_hundred_points():
    assert np.quantile(ratios(500, seed=4), 0.95) < 1000


@pytest.mark.slow
def test_bounds_hold_in_strong_fields():
    """Where plain double precision loses Δ_P; the 80-bit reference itself is good to 1e-11 here."""
    rng = np.random.default_rng(5)
    checked = 0
    while checked < 20:
        alpha, _, delta, theta = random_point(rng, checked % 10 == 0)
        nu, tol = 10 ** rng.uniform(2.3, 3.2), 10 ** rng.uniform(-9, -5)
        values, bounds, certificate, x, *_ = refine(alpha, nu, delta, theta, tol)
        ell_max, order_max = x.shape[0] - 1, x.shape[1] // 2
        if ell_max > 400 or order_max > 6:
            continue
        exact = extended_rates(alpha, nu, delta, theta, int(1.3 * ell_max) + 8, order_max + 4)
        checked += 1
        assert certificate <= tol
        for value, bound, name in zip(values, bounds, RATES, strict=True):
            error = abs(float(exact[name] - value))
            assert error <= bound + 1e-11 * abs(value), (name, alpha, nu, delta, theta, tol, error, bound)


@pytest.mark.parametrize(
    "point",
    [
        (10.0, 1e4, 1e-3, 2.0),
        (100.0, 1e4, 1e-2, 1.0),
        (100.0, 1e3, 1e-3, 0.5),
        (-1.0, 1e4, 0.03, math.pi / 2),
    ],
)
def test_corners_of_the_range_meet_the_tolerance(point):
    """Damping vectors 1e5 to 1e8 long. The bound of Δ_P was once rounding, which no truncation cures."""
    solved = refine(*point, 1e-8)
    assert solved.certificate <= 1e-8
    assert not solved.limited
    frame, (ell_max, order_max) = (
        frame_components(*point),
        (solved.moments.shape[0], solved.moments.shape[1] // 2),
    )
    larger, parts, _ = rates(frame, *point[:3], *factorise(frame, ell_max + 7, order_max + 1), True)
    gap = np.abs(solved.values - larger)
    assert np.all(gap <= solved.bounds + parts.sum(axis=0))
    assert np.all(gap <= 1e-9 * np.abs(larger))


def anywhere(rng, near_the_line):
    """The whole range: ν from 1e-6 to 1e4, δ from 1e-2 to 1e2, |α| from 1e-3 to 100."""
    alpha, _, delta, theta = random_point(rng, False)
    nu, delta = 10 ** rng.uniform(-6, 4), 10 ** rng.uniform(-2, 2)
    alpha = np.sign(alpha) * 10 ** rng.uniform(-3, 2)
    if near_the_line:
        half = (1 / delta - delta) * math.cos(theta) / 2
        alpha = half + np.sign(alpha) * math.hypot(half, 1)
        alpha *= 1 + rng.choice([0.0, 1e-6, 1e-3, 1e-2]) * rng.normal()
    return float(alpha), nu, delta, theta


@pytest.mark.slow
def test_bounds_hold_over_the_whole_range():
    """500 points against a far larger truncation in twice the working precision; few are too large for it."""
    rng = np.random.default_rng(6)
    found, skipped, checked = [], 0, 0
    while checked < 500:
        point = anywhere(rng, checked % 10 == 0)
        frame, tol = frame_components(*point), 10 ** rng.uniform(-9, -3)
        if work(*starting_size(frame, tol)) > 3e5:
            skipped += 1
            continue
        values, bounds, _, x, *_ = refine(*point, tol)
        ell_max, order_max = int(1.3 * x.shape[0]) + 8, int(1.6 * (x.shape[1] // 2)) + 4
        if work(ell_max, order_max) > 2e6:
            skipped += 1
            continue
        checked += 1
        exact, parts, _ = rates(frame, *point[:3], *factorise(frame, ell_max, min(order_max, ell_max)), True)
        # The rounding of the parameters is the same on both sides; `test_frame` tests it.
        known = parts[:2].sum(axis=0) + 1e-15 * np.abs(exact)
        for value, bound, truth, slack, name in zip(values, bounds, exact, known, RATES, strict=True):
            error = abs(value - truth)
            assert error <= bound + slack, (name, point, tol, error, bound)
            if error > 1e-12 and error > 2 * slack:
                found.append(bound / error)
    assert skipped <= 50
    assert len(found) > 400
    assert np.mean(np.array(found) < 1000) >= 0.95
