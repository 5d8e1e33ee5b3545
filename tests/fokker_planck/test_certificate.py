"""The bounds are honest: never below the true error, and rarely far above it."""

import math
from decimal import Decimal

import numpy as np
import pytest
from references_fokker_planck import extended_rates
from references_theory import exact_rates

from slls_widgets import Macrospin, steady_state
from slls_widgets.fokker_planck.frame import frame_components
from slls_widgets.fokker_planck.point import factorise, rates
from slls_widgets.fokker_planck.truncation import refine, starting_size, work

pytestmark = pytest.mark.compiled

RATES = ("S_P", "S_B", "Sigma", "Delta_P")
PARAMETERS = ("alpha", "nu", "delta", "theta")


def random_point(rng, near_the_line):
    nu, delta = 10 ** rng.uniform(-1, 1.7), 10 ** rng.uniform(-0.7, 0.7)
    theta, alpha = rng.uniform(0, math.pi), rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 0.4)
    if near_the_line:
        half = (1 / delta - delta) * math.cos(theta) / 2
        alpha = half + rng.choice([-1, 1]) * math.sqrt(half**2 + 1)
        alpha *= 1 + rng.choice([0.0, 1e-6, 1e-3, 1e-2]) * rng.normal()
    return alpha, nu, delta, theta


def test_a_bound_holds_where_precession_all_but_vanishes():
    """a_z is then rounding alone, and S_B close to its zero; it once had a bound of 5.6e-20."""
    magnet = Macrospin(
        alpha=-42.779141697345, nu=0.3292927145212678, delta=0.021304731054143676, theta=2.717260093627881
    )
    state = steady_state(magnet, tol=1e-12)
    # By the checker, in balls of 128 bits, to 3e-27.
    assert abs(state.S_B - 5.601232305860113e-08) <= state.errors["S_B"]
    assert state.errors["S_B"] < 2e-16 * (state.S_P + state.Sigma)
    assert state.certificate > 1e-12


def test_bounds_hold_next_to_zeros_on_the_axis():
    """S_P vanishes at α = -δ and S_B at α = 1/δ: as close as the parameters' last digit, at any field."""
    rng = np.random.default_rng(9)
    for k in range(80):
        nu, delta = 10 ** rng.uniform(-8, 2), 10 ** rng.uniform(-2, 2)
        zero = -delta if k % 2 else 1 / delta
        point = float(zero * (1 + rng.choice([-1, 0, 1]) * 10 ** rng.uniform(-16, -2))), nu, delta
        if nu * (1 + abs(point[0]) / delta) > 1e3:
            continue
        values, bounds, *_ = refine(*point, 0.0, 10 ** rng.uniform(-13, -4))
        for value, bound, truth, name in zip(values, bounds, exact_rates(*point), RATES, strict=False):
            assert abs(float(truth - Decimal(value))) <= bound, (name, point)


def next_to_a_zero(rng, which):
    """A magnet at a random field, weak ones among them, and near a zero of S_P or S_B in α if it has one."""
    nu, delta = 10 ** rng.uniform(-6, 1), 10 ** rng.uniform(-1.5, 1.5)
    theta = float(rng.choice([rng.uniform(0, math.pi), 10 ** rng.uniform(-8, 0)]))
    ends = rng.choice([-1, 1]) * np.geomspace(1e-2, 1e2, 17)
    ends = ends[nu * (1 + np.abs(ends) / delta) < 60]
    signs = [refine(a, nu, delta, theta, 1e-3)[0][which] * a > 0 for a in ends]
    for k in np.flatnonzero(np.diff(signs)):
        low, high = ends[k], ends[k + 1]
        for _ in range(int(rng.integers(5, 50))):
            middle = 0.5 * (low + high)
            same = (refine(middle, nu, delta, theta, 1e-3)[0][which] * middle > 0) == signs[k]
            low, high = (middle, high) if same else (low, middle)
        return float(low), nu, delta, theta
    return None


def test_bounds_hold_next_to_zeros_at_any_angle():
    rng, checked = np.random.default_rng(10), 0
    while checked < 24:
        point = next_to_a_zero(rng, checked % 2)
        if point is None:
            continue
        state = steady_state(
            Macrospin(**dict(zip(PARAMETERS, point, strict=True))), 10 ** rng.uniform(-13, -5)
        )
        if state.ell_max > 40 or state.order_max > 8:
            continue
        checked += 1
        exact = extended_rates(*point, state.ell_max + 12, min(state.order_max + 5, state.ell_max + 12))
        # The reference forms differences of terms of this size, with 64 bits.
        slack = 1e-19 * (abs(state.S_P) + state.Sigma)
        for name, bound in state.errors.items():
            error = float(np.max(np.abs(exact[name] - getattr(state, name))))
            assert error <= bound + (slack if name in RATES else 1e-19), (name, point)


def ratios(points, seed, limit):
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
def test_bounds_hold_on_a_hundred_points():
    assert np.quantile(ratios(100, seed=4, limit=60), 0.95) < 1000


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


def test_bounds_of_the_moments_hold_and_are_not_absurd():
    """At a loose tolerance the truncation is to be seen; a larger basis in 80 bits is the truth."""
    rng = np.random.default_rng(7)
    shares = {"mean_n": [], "second_moments": []}
    while len(shares["mean_n"]) < 12:
        alpha, nu, delta, theta = random_point(rng, False)
        state = steady_state(Macrospin(alpha=alpha, nu=nu, delta=delta, theta=theta), tol=1e-2)
        if state.ell_max > 30 or state.order_max > 8:
            continue
        order_max = min(2 * state.order_max + 8, 2 * state.ell_max + 10)
        exact = extended_rates(alpha, nu, delta, theta, 2 * state.ell_max + 10, order_max)
        for name, found in shares.items():
            error = float(np.abs(exact[name] - getattr(state, name)).max())
            assert error <= state.errors[name], (name, alpha, nu, delta, theta)
            found.append(error / state.errors[name])
    for name, found in shares.items():
        assert max(found) > 0.01, name
