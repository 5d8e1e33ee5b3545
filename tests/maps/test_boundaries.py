"""The curves between phases, against closed forms and dense scans."""

import math

import numpy as np
import pytest

from slls_widgets import Macrospin, phase_boundaries, steady_state
from slls_widgets._cancellation import Cancelled
from slls_widgets.fokker_planck import solve_many

ROOT = math.sqrt(3) / 2
RIGHT = math.pi / 2
# Strongly and weakly damped, smooth and folded, fixed field and fixed torque.
CASES = [
    (ROOT, {"nu": 5.0}),
    (ROOT, {"alpha_nu": 3.0}),
    (2.0, {"nu": 0.5}),
    (2.0, {"alpha_nu": 10.0}),
    (0.3, {"nu": 20.0}),
    (0.05, {"nu": 20.0}),
]


def reduced(which, alpha, held, delta, theta):
    """S/α, which has the roots of S and none at α = 0."""
    nu = held["nu"] if "nu" in held else held["alpha_nu"] / np.abs(alpha)
    return getattr(solve_many(alpha, nu, delta, theta, tol=1e-10), which) / alpha


def scanned(held, delta, theta, low, high):
    """Brackets of all roots of both rates between 0.02 and the ends of a range, from a dense scan."""
    alpha = np.concatenate([-np.geomspace(-low, 0.02, 250), np.geomspace(0.02, high, 250)])
    nu = held["nu"] if "nu" in held else held["alpha_nu"] / np.abs(alpha)
    solved, brackets = solve_many(alpha, nu, delta, theta, tol=1e-5), {}
    for which in ("S_P", "S_B"):
        sign = np.sign(getattr(solved, which) / alpha)
        k = np.flatnonzero((sign[1:] != sign[:-1]) & (alpha[1:] * alpha[:-1] > 0))
        brackets[which] = alpha[k], alpha[k + 1]
    return brackets


def assert_roots(which, alpha, theta, held, delta):
    """The rate changes sign within 1e-8 of each α."""
    inside = alpha != 0.0
    alpha, theta = alpha[inside], theta[inside]
    below, above = (reduced(which, alpha + dx, held, delta, theta) for dx in (-1e-8, 1e-8))
    assert np.all(below * above < 0), (which, alpha[below * above >= 0], theta[below * above >= 0])


@pytest.mark.parametrize(("delta", "held"), CASES)
def test_every_curve_goes_from_edge_to_edge_or_to_the_point_where_phases_meet(delta, held):
    curves = phase_boundaries(delta=delta, **held)
    for which, axial in (("S_P", -delta), ("S_B", 1 / delta)):
        ((alpha, theta),) = curves[which]
        assert (alpha[-1], theta[-1]) == (0.0, RIGHT)
        if abs(axial) <= 2.0:
            assert theta[0] == 0.0
            assert alpha[0] == pytest.approx(axial, abs=1e-8)
        else:
            assert abs(alpha[0]) == 2.0
        assert_roots(which, alpha, theta, held, delta)
        # Fit for drawing: no long chord, no sharp corner.
        steps = np.diff(alpha / 2.0 + 1j * theta / RIGHT)
        assert np.abs(steps).max() < 0.07
        assert np.abs(np.angle(steps[1:] / steps[:-1])).max() < 0.5


@pytest.mark.parametrize(("delta", "held"), CASES[:5])
def test_at_given_angles_they_are_all_the_roots_that_a_dense_scan_finds(delta, held):
    rng = np.random.default_rng(5)
    theta = np.sort(np.concatenate([rng.uniform(0, math.pi, 6), RIGHT + rng.normal(size=4) * 0.03]))
    curves = phase_boundaries(delta=delta, theta=theta, alpha_range=(-1.5, 2.0), **held)
    brackets = {angle: scanned(held, delta, angle, -1.5, 2.0) for angle in theta}
    for which, found in curves.items():
        for alpha, angles in found:
            assert set(angles) <= set(theta)
            assert_roots(which, alpha, angles, held, delta)
        for angle in theta:
            here = np.sort(np.concatenate([alpha[angles == angle] for alpha, angles in found]))
            here = here[np.abs(here) > 0.02]
            left, right = brackets[angle][which]
            assert here.size == left.size, (which, angle, here, left)
            assert np.all((left <= here) & (here <= right))


def test_the_folded_curve_is_one_curve_in_the_order_along_it():
    """δ = 0.3, ν = 20: three roots of S_B at 86.4°, which three separate pieces used to hold."""
    ((alpha, theta),) = phase_boundaries(delta=0.3, nu=20.0, theta=[1.45, 1.5079, RIGHT])["S_B"]
    np.testing.assert_array_equal(theta, [1.45, 1.5079, 1.5079, 1.5079, RIGHT])
    assert np.all(np.diff(alpha) < 0)
    np.testing.assert_allclose(alpha[1:4], [1.080968, 0.972401, 0.808940], atol=1e-6)
    ((alpha, theta),) = phase_boundaries(delta=0.3, nu=20.0)["S_B"]
    assert np.sum(np.diff(np.sign(np.diff(theta))) != 0) == 2


def test_folds_on_the_way_to_where_phases_meet_are_followed():
    """δ = 0.01, |α|ν = 3: far out S_B = 0 points straight at (0, π/2), but it folds near α = 1.

    The folds are so narrow that with points no better than xtol they could not be followed.
    """
    lines = phase_boundaries(delta=0.01, alpha_nu=3.0, alpha_range=(0.0, 150.0), xtol=1e-3)
    ((alpha, theta),) = lines["S_B"]
    assert theta[0] == pytest.approx(0.0, abs=1e-5)
    assert (alpha[-1], theta[-1]) == (0.0, RIGHT)
    assert np.sum(np.diff(np.sign(np.diff(theta))) != 0) == 2
    assert alpha[-2] < 1.0


@pytest.mark.parametrize("theta", [1.5698, [1.0, 1.5698, RIGHT]])
def test_both_sides_of_a_narrow_fold_are_found_at_whatever_angles(theta):
    """The fold of δ = 0.01, |α|ν = 3 ends 1e-4 above 89.943°, between two points of the drawn curve."""
    held = {"alpha_nu": 3.0}
    curves = phase_boundaries(delta=0.01, alpha_range=(0.0, 2.0), theta=theta, **held)["S_B"]
    alpha, angles = (np.concatenate(v) for v in zip(*curves, strict=True))
    roots = alpha[angles == 1.5698]
    np.testing.assert_allclose(np.sort(roots), [0.239396, 1.025466, 1.044595], atol=1e-6)
    assert_roots("S_B", roots, np.full(3, 1.5698), held, 0.01)


def test_on_the_last_piece_to_where_phases_meet_they_are_roots_too():
    held, close = {"alpha_nu": 3.0}, RIGHT - 1e-7
    for which, ((alpha, theta),) in phase_boundaries(delta=ROOT, theta=[1.0, close, RIGHT], **held).items():
        np.testing.assert_array_equal(theta, [1.0, close, RIGHT])
        assert_roots(which, alpha, theta, held, ROOT)


def test_nothing_is_found_where_the_field_is_too_strong_to_look():
    """S_P = 0 near α = -δ/cos θ, which at small θ is closer to 0 than |α|ν/10⁴."""
    held, delta = {"alpha_nu": 12.0}, 1e-3
    lines = phase_boundaries(delta=delta, alpha_range=(-0.02, 0.0), theta=[0.2, 0.8, 1.2], **held)
    ((alpha, theta),) = lines["S_P"]
    np.testing.assert_array_equal(theta, [0.8, 1.2])
    np.testing.assert_allclose(alpha, -delta / np.cos(theta), rtol=0.01)


@pytest.mark.parametrize("count", [21, 80, 81])
def test_past_the_right_angle_the_curve_is_its_own_image(count):
    theta = np.linspace(0, math.pi, count)
    for found in phase_boundaries(delta=ROOT, nu=5.0, theta=theta).values():
        ((alpha, angles),) = found
        np.testing.assert_array_equal(angles, theta)
        np.testing.assert_allclose(alpha, -alpha[::-1], atol=2e-9)
        if count % 2:
            assert alpha[count // 2] == 0.0


@pytest.mark.parametrize("held", [{"nu": 5.0}, {"alpha_nu": 3.0}])
@pytest.mark.parametrize("theta", [RIGHT, [RIGHT], [RIGHT, 2.0], [0.4, RIGHT], [RIGHT - 1e-4, RIGHT]])
def test_both_curves_meet_the_right_angle_at_zero(theta, held):
    for which, ((alpha, angles),) in phase_boundaries(delta=ROOT, theta=theta, **held).items():
        np.testing.assert_array_equal(angles, np.atleast_1d(theta))
        assert alpha[angles == RIGHT] == 0.0
        assert_roots(which, alpha, angles, held, ROOT)


def test_one_angle_gives_every_root_as_a_curve_of_its_own():
    roots = phase_boundaries(delta=0.3, nu=20.0, theta=1.5079)["S_B"]
    assert [alpha.size for alpha, _ in roots] == [1, 1, 1]
    np.testing.assert_allclose([alpha[0] for alpha, _ in roots], [0.808940, 0.972401, 1.080968], atol=1e-6)


def test_only_the_given_range_is_searched():
    whole = phase_boundaries(delta=ROOT, nu=5.0, theta=[0.0, 0.5, 1.0])
    right = phase_boundaries(delta=ROOT, nu=5.0, theta=[0.0, 0.5, 1.0], alpha_range=(0.0, 1.5))
    assert right["S_P"] == []
    np.testing.assert_allclose(right["S_B"][0][0], whole["S_B"][0][0], atol=2e-9)
    ((alpha, theta),) = phase_boundaries(delta=ROOT, nu=5.0, alpha_range=(0.5, 0.8))["S_B"]
    assert (alpha[0], alpha[-1]) == (0.8, 0.5)
    assert 0.0 < theta[0] < theta[-1] < RIGHT
    assert phase_boundaries(delta=ROOT, nu=5.0, alpha_range=(1.2, 1.5)) == {"S_P": [], "S_B": []}
    assert phase_boundaries(delta=ROOT, nu=5.0, theta=[]) == {"S_P": [], "S_B": []}


def test_a_curve_does_not_depend_on_where_it_is_looked_at():
    theta = np.linspace(1.2, 1.5, 5)
    together = phase_boundaries(delta=0.3, alpha_nu=3.0, theta=theta)["S_B"][0][0]
    alone = [phase_boundaries(delta=0.3, alpha_nu=3.0, theta=t)["S_B"][0][0][0] for t in theta]
    np.testing.assert_allclose(together, alone, atol=2e-9)
    point = steady_state(Macrospin(alpha=alone[2], nu=3.0 / alone[2], delta=0.3, theta=theta[2]))
    assert abs(point.S_B) < 1e-7


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"xtol": 0.0}, "xtol must lie in"),
        ({"xtol": -1.0}, "xtol must lie in"),
        ({"xtol": math.nan}, "xtol must lie in"),
        ({"xtol": "fine"}, "xtol must lie in"),
        ({"alpha_range": (1.0, -1.0)}, "low < high"),
        ({"alpha_range": (-1.0, math.inf)}, "alpha_range must be .* finite"),
        ({"alpha_range": (math.nan, 1.0)}, "alpha_range must be"),
        ({"alpha_range": (1, 2, 3)}, "two numbers"),
        ({"alpha_range": 2.0}, "two numbers"),
        ({"nu": None, "alpha_nu": 3e3}, r"alpha_range must reach to \|alpha\| = 3 at least"),
        ({"theta": [0.1, 4.0]}, r"theta must be angles in \[0, pi\]"),
        ({"theta": [math.nan]}, r"theta must be angles in \[0, pi\]"),
        ({"theta": "right"}, "theta must be real numbers"),
        ({"nu": "a"}, "nu must be a finite real number; got 'a'"),
        ({"nu": math.nan}, "nu must be"),
        ({"nu": -1.0}, "nu must be > 0"),
        ({"nu": None}, "exactly one of nu and alpha_nu"),
        ({"nu": None, "alpha_nu": "x"}, "alpha_nu must be"),
        ({"nu": None, "alpha_nu": math.inf}, "alpha_nu must be"),
        ({"delta": None}, "delta must be"),
        ({"delta": 0.0}, "delta must be > 0"),
    ],
)
def test_bad_input_is_named(bad, complaint):
    with pytest.raises(ValueError, match=complaint):
        phase_boundaries(**({"delta": 1.0, "nu": 1.0} | bad))


def test_cancel_is_heard_soon():
    asked = []

    def cancel():
        asked.append(None)
        return len(asked) > 40

    with pytest.raises(Cancelled):
        phase_boundaries(delta=ROOT, nu=5.0, cancel=cancel)
    assert len(asked) < 45
