"""The bounds are honest: never below the true error, and rarely far above it."""

import math

import numpy as np
import pytest
from references_fokker_planck import extended_rates

from slls_widgets.fokker_planck.truncation import refine

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
