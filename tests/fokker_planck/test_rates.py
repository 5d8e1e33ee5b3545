"""Rates against stored numbers, closed forms, naive solvers, and what must hold everywhere."""

import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references_fokker_planck import extended_rates, naive_rates

from slls_widgets import Macrospin, Phase, steady_state, theory
from slls_widgets.fokker_planck import WorkLimitWarning, solve_many
from slls_widgets.fokker_planck.frame import frame_components

pytestmark = pytest.mark.compiled

RATES = ("S_P", "S_B", "Sigma", "Delta_P")
STORED = json.loads((Path(__file__).parents[1] / "data" / "rates.json").read_text())["values"]
ROOT = math.sqrt(3) / 2


@pytest.mark.parametrize("stored", STORED)
def test_stored_rates(stored):
    ss = steady_state(Macrospin(**{k: stored[k] for k in ("alpha", "nu", "delta", "theta")}), tol=1e-11)
    for name in RATES:
        assert getattr(ss, name) == pytest.approx(stored[name], rel=1e-10), name
    np.testing.assert_allclose(ss.mean_n, stored["mean_n"], rtol=0, atol=1e-11)


@pytest.mark.parametrize("xi", [1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 100.0, 1e3])
@pytest.mark.parametrize("alpha", [0.5, -0.4, -2.0, 3.0])
@pytest.mark.parametrize(("delta", "theta"), [(ROOT, 0.0), (ROOT, math.pi), (0.05, 0.0), (20.0, math.pi)])
def test_closed_forms_on_axis(xi, alpha, delta, theta):
    nu = xi / abs(1 + alpha / delta)
    # At θ = π the torque along the field is -α.
    ss = steady_state(
        Macrospin(alpha=alpha if theta == 0.0 else -alpha, nu=nu, delta=delta, theta=theta), tol=1e-12
    )
    for name, exact in zip(
        RATES, [*theory.rates(alpha, nu, delta), theory.delta_p(alpha, nu, delta)], strict=True
    ):
        assert getattr(ss, name) == pytest.approx(float(exact), rel=1e-11, abs=1e-300), name
        assert abs(getattr(ss, name) - float(exact)) <= ss.errors[name] + 1e-14 * abs(float(exact)), name


def test_isotropic_point_on_axis():
    ss = steady_state(Macrospin(alpha=-ROOT, nu=4.0, delta=ROOT, theta=0.0))
    assert ss.S_P == 0.0
    assert math.isinf(ss.uncertainty_product)
    assert pytest.approx(float(theory.rates(-ROOT, 4.0, ROOT).S_B), rel=1e-13) == ss.S_B
    assert ss.phase is Phase.BOUNDARY


@pytest.mark.parametrize("nu", [1.0, 1e3, 1e4])
@pytest.mark.parametrize(("theta", "sign"), [(0.0, 1), (math.pi, -1)])
def test_rates_that_vanish_along_the_field_have_no_error(nu, theta, sign):
    """S_P at α = -δ and S_B at α = 1/δ are zeros of a factor, and keep their digits beside them."""
    ss = steady_state(Macrospin(alpha=-sign * ROOT, nu=nu, delta=ROOT, theta=theta))
    assert (ss.S_P, ss.errors["S_P"]) == (0.0, 0.0)
    assert ss.certificate < 1e-12
    alpha = -ROOT * (1 + 1e-12)
    ss = steady_state(Macrospin(alpha=sign * alpha, nu=nu, delta=ROOT, theta=theta))
    # χ = ξ²/3 in a field as weak as this.
    exact = 2 * nu**2 * Fraction(alpha) * (Fraction(alpha) + Fraction(ROOT)) / (3 * Fraction(ROOT) ** 2)
    assert abs(ss.S_P - float(exact)) <= ss.errors["S_P"] < 1e-13 * ss.S_P
    ss = steady_state(Macrospin(alpha=sign / ROOT, nu=nu, delta=ROOT, theta=theta))
    assert abs(ss.S_B) < 1e-15 * ss.S_P
    assert ss.errors["S_B"] < 1e-15 * ss.S_P
    assert ss.certificate < 1e-8


@pytest.mark.parametrize(
    "point", [(0.5, 2.0, 0.866, 0.7), (-1.3, 1.5, 0.4, 2.1), (1.0, 1.0, 0.866, math.pi / 2)]
)
def test_against_the_naive_solver_of_the_laboratory_frame(point):
    naive = naive_rates(*point, ell_max=22)
    ss = steady_state(
        Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True))), tol=1e-11
    )
    for name in RATES:
        assert getattr(ss, name) == pytest.approx(float(naive[name]), rel=1e-11), name
    np.testing.assert_allclose(ss.mean_n, naive["mean_n"], atol=1e-12)
    np.testing.assert_allclose(ss.second_moments, naive["second_moments"], atol=1e-12)


@pytest.mark.parametrize("alpha", [0.3, -0.3, 3e-4])
def test_fluctuation_keeps_its_digits_in_the_strongest_field(alpha):
    """A covariance of fluctuations of size 1/ν: plain double precision loses ten digits of it at ν = 1e4."""
    ss = steady_state(Macrospin(alpha=alpha, nu=1e4, delta=ROOT, theta=0.0), tol=1e-10)
    exact = float(theory.delta_p(alpha, 1e4, ROOT))
    assert pytest.approx(exact, rel=1e-10) == ss.Delta_P
    assert abs(ss.Delta_P - exact) <= ss.errors["Delta_P"] + 1e-13 * exact
    # Off the axis, where no closed form is known, the partner in another frame has to agree.
    one, other = (
        steady_state(Macrospin(alpha=a, nu=1e4, delta=ROOT, theta=t), tol=1e-9)
        for a, t in ((alpha, 1.0), (-alpha, math.pi - 1.0))
    )
    assert max(one.errors["Delta_P"], other.errors["Delta_P"]) < 1e-9 * one.Delta_P
    assert one.Delta_P == pytest.approx(other.Delta_P, rel=1e-9)


@pytest.mark.parametrize("theta", [1.0, 1.4, 1.5, math.pi / 2])
def test_entropy_production_keeps_its_digits_in_a_strong_field(theta):
    point = (3e-3, 1e3, ROOT, theta)
    exact = float(extended_rates(*point, ell_max=260, order_max=7)["Sigma"])
    ss = steady_state(Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True))))
    relative = 1e-9 if abs(theta - math.pi / 2) > 0.1 else 1e-7
    assert ss.Sigma == pytest.approx(exact, rel=relative)
    assert abs(ss.Sigma - exact) <= ss.errors["Sigma"]


@pytest.mark.parametrize("theta", [0.4, 1.0, 1.5])
def test_strong_field_limits_are_approached_in_proportion_to_alpha(theta):
    c, alpha_nu = math.cos(theta), 3.0
    excess = []
    for alpha in (4e-3, 2e-3, 1e-3):
        nu = alpha_nu / alpha
        ss = steady_state(Macrospin(alpha=alpha, nu=nu, delta=ROOT, theta=theta))
        limits = (
            2 * alpha_nu / ROOT * c,
            2 * alpha_nu * alpha * (1 + ROOT**2) * c**2 / ROOT**2,
            8 * alpha**2 * math.sin(theta) ** 2 / (1 + ROOT**2),
        )
        excess.append(
            [v / limit - 1 for v, limit in zip((ss.S_P, ss.Sigma, ss.Delta_P), limits, strict=True)]
        )
    excess = np.array(excess)
    np.testing.assert_allclose(excess[0] / excess[1], 2.0, rtol=0.15)
    np.testing.assert_allclose(excess[1] / excess[2], 2.0, rtol=0.1)


def on_the_line(theta, sign, delta=ROOT):
    """α with a·b = 0, where the noiseless flow has no attractor."""
    half = (1 / delta - delta) * math.cos(theta) / 2
    return half + sign * math.sqrt(half**2 + 1)


@pytest.mark.parametrize("theta", [0.3, 1.0, 1.5, math.pi / 2])
@pytest.mark.parametrize("sign", [-1, 1])
def test_smooth_across_the_line_without_an_attractor(theta, sign):
    alpha = on_the_line(theta, sign) + np.array([-1e-4, -1e-9, 0.0, 1e-9, 1e-4])
    solved = solve_many(alpha, 6.0, ROOT, theta, tol=1e-9)
    assert np.all(solved.error < 1e-9)
    for values in solved[:4]:
        np.testing.assert_allclose(values[1:4], values[2], rtol=1e-6)
        # Linear interpolation from both sides, to second order.
        np.testing.assert_allclose(values[[0, 4]].mean(), values[2], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("theta", [0.3, 1.5])
@pytest.mark.parametrize("off", [0.0, 1e-9, -1e-3, 1e-2])
@pytest.mark.parametrize(
    ("nu", "sizes"),
    [(6.0, (30, 20)), (100.0, (80, 30)), pytest.param(1e3, (230, 44), marks=pytest.mark.slow)],
)
def test_on_and_beside_the_line_against_an_independent_solver(theta, off, nu, sizes):
    """Where few orders are wrong by far (M = 3 gives S_P = -51.8 for 9.77 at θ = 1.5, ν = 1000)."""
    point = (on_the_line(theta, -1) * (1 + off), nu, ROOT, theta)
    exact = extended_rates(*point, *sizes, kind=float)
    ss = steady_state(Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True))), tol=1e-9)
    assert ss.certificate < 1e-9
    for name in RATES:
        assert getattr(ss, name) == pytest.approx(exact[name], rel=1e-6), name


def test_few_orders_near_that_line_are_not_believed():
    """The trap of the method: at M = 3 and M = 4 the answers are wrong by far; the bound must say so."""
    from slls_widgets.fokker_planck.frame import frame_components
    from slls_widgets.fokker_planck.point import factorise, rates

    point = (on_the_line(1.5, -1) + 2e-3, 100.0, ROOT, 1.5)
    exact = extended_rates(*point, ell_max=90, order_max=30)
    frame = frame_components(*point)
    for order, precise in ((3, False), (4, False), (6, False), (3, True)):
        values, bounds, _ = rates(frame, *point[:3], *factorise(frame, 90, order), precise)
        assert abs(values[0] - float(exact["S_P"])) <= bounds[:, 0].sum()
        assert bounds[:, 0].sum() > 1e-6 * abs(values[0])


def test_equilibrium_and_its_limits():
    for theta, product in ((0.0, 0.0), (1.0, 0.0), (math.pi / 2, None)):
        ss = steady_state(Macrospin(alpha=0.0, nu=5.0, delta=0.7, theta=theta))
        assert (ss.S_P, ss.S_B, ss.Sigma, ss.Delta_P, ss.certificate) == (0.0,) * 5
        assert ss.phase is Phase.EQUILIBRIUM
        assert ss.mean_n[2] == pytest.approx(float(theory.langevin(5.0)), rel=1e-12)
        assert math.isnan(ss.efficiency)
        if product is not None:
            assert ss.uncertainty_product == product
        else:
            near = steady_state(Macrospin(alpha=1e-4, nu=5.0, delta=0.7, theta=theta))
            assert ss.uncertainty_product == pytest.approx(near.uncertainty_product, rel=1e-6)


def test_second_law_on_a_thousand_points():
    rng = np.random.default_rng(7)
    n = 1000
    alpha = rng.choice([-1, 1], n) * 10 ** rng.uniform(-3, 1, n)
    delta = 10 ** rng.uniform(-1.5, 1.5, n)
    # Up to ν = 1e4, and to damping vectors of 1e5.
    nu = np.minimum(10 ** rng.uniform(-6, 4, n), 1e5 / (1 + np.abs(alpha) / delta))
    solved = solve_many(alpha, nu, delta, rng.uniform(0, np.pi, n), tol=1e-6)
    # A bound is worth something only if it is small.
    assert np.sum(solved.error > 1e-6) <= 2
    assert np.all(solved.Sigma >= -solved.Sigma_error)
    assert np.mean(solved.Sigma > solved.Sigma_error) > 0.95
    assert np.all(np.abs(solved.Sigma - solved.S_P - solved.S_B) <= sum(solved[5:8]))
    assert not np.any((-solved.S_P_error > solved.S_P) & (-solved.S_B_error > solved.S_B))
    assert np.all(np.isfinite(np.array(solved)))


@settings(max_examples=40, deadline=None)
@given(
    alpha=st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3),
    nu=st.floats(1e-3, 30),
    delta=st.floats(0.05, 20),
    theta=st.floats(0, math.pi),
)
def test_turning_round_the_torque_axis(alpha, nu, delta, theta):
    """(α, θ) and (-α, π-θ) are one physical system; the two adapted frames differ."""
    one, other = (
        steady_state(Macrospin(alpha=a, nu=nu, delta=delta, theta=t))
        for a, t in ((alpha, theta), (-alpha, math.pi - theta))
    )
    for name in RATES:
        gap = abs(getattr(one, name) - getattr(other, name))
        assert gap <= one.errors[name] + other.errors[name] + 1e-12 * abs(getattr(one, name)), name


def test_turning_carries_over_to_moments_and_density():
    """(-α, π-θ) is (α, θ) turned by half about the field."""
    half_turn = np.diag([-1.0, -1.0, 1.0])
    one = steady_state(Macrospin(alpha=0.8, nu=6.0, delta=0.4, theta=1.1), tol=1e-11)
    other = steady_state(Macrospin(alpha=-0.8, nu=6.0, delta=0.4, theta=math.pi - 1.1), tol=1e-11)
    n = np.random.default_rng(1).normal(size=(20, 3))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    np.testing.assert_allclose(other.mean_n, half_turn @ one.mean_n, atol=1e-11)
    np.testing.assert_allclose(other.second_moments, half_turn @ one.second_moments @ half_turn, atol=1e-11)
    np.testing.assert_allclose(other.density(n @ half_turn), one.density(n), atol=1e-7)
    np.testing.assert_allclose(other.current(n @ half_turn), one.current(n) @ half_turn, atol=1e-5)


def test_nothing_depends_on_how_the_system_is_turned():
    """Any rotation of all vectors, solved without the adapted frame."""
    point, turn = (0.5, 2.0, 0.866, 0.7), np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    naive = naive_rates(*point, ell_max=20, turn=turn)
    ss = steady_state(Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7), tol=1e-11)
    for name in RATES:
        assert getattr(ss, name) == pytest.approx(naive[name], rel=1e-10), name
    np.testing.assert_allclose(turn @ ss.mean_n, naive["mean_n"], atol=1e-11)
    np.testing.assert_allclose(turn @ ss.second_moments @ turn.T, naive["second_moments"], atol=1e-11)


def test_extremes_of_the_range():
    cases = [
        (100.0, 1e4, 1e3, 1.0),
        (-100.0, 1e-6, 1e-4, 2.0),
        (0.3, 1e4, 0.9, 1.2),
        (1e-9, 1e-6, 1e3, math.pi),
    ]
    for alpha, nu, delta, theta in cases:
        ss = steady_state(Macrospin(alpha=alpha, nu=nu, delta=delta, theta=theta), tol=1e-6)
        assert all(math.isfinite(getattr(ss, name)) for name in RATES)
        assert ss.Sigma >= -ss.errors["Sigma"]


def test_too_much_work_is_refused_before_it_starts():
    with pytest.raises(ValueError, match="more than the limit"):
        steady_state(Macrospin(alpha=100.0, nu=1e7, delta=1e-4, theta=1.0))
    with pytest.raises(ValueError, match="tol must lie in"):
        steady_state(Macrospin(alpha=1.0, nu=1.0, delta=1.0), tol=1e-20)


@pytest.mark.parametrize("alpha", [0.0, -0.7, 0.4, 100.0])
@pytest.mark.parametrize("delta", [1e-4, 0.7, 1e3])
@pytest.mark.parametrize("theta", [0.0, 1.0, math.pi / 2, math.pi])
def test_corners_give_finite_numbers_or_say_that_they_are_too_large(alpha, delta, theta, monkeypatch):
    # Damping vectors of 1e10 would take 20 s each at the true limit.
    monkeypatch.setattr(sys.modules["slls_widgets.fokker_planck.truncation"], "WORK_LIMIT", 6e6)
    for nu in (1e-6, 1.0, 1e4):
        for a in {alpha, -delta}:
            magnet = Macrospin(alpha=a, nu=nu, delta=delta, theta=theta)
            if np.linalg.norm(magnet.damping) > 1e9:
                # Refused before it starts, which only a field far beyond ν = 1e4 may be.
                with pytest.raises(ValueError, match="more than the limit"):
                    steady_state(magnet, tol=1e-6)
                continue
            # A warning that the work stopped at its limit would be an error.
            ss = steady_state(magnet, tol=1e-6)
            assert all(math.isfinite(getattr(ss, name)) for name in RATES)
            assert ss.Sigma >= -ss.errors["Sigma"]
            # The tolerance is met, or a rate is lost in another's rounding.
            if ss.certificate > 1e-6:
                largest = max(abs(ss.S_P), abs(ss.S_B))
                assert max(ss.errors[name] for name in RATES) < 1e-11 * largest


def test_the_work_limit_is_not_silent():
    """A strong field on the line a·b = 0 needs many orders. The bounds of what comes back hold."""
    magnet = Macrospin(alpha=-1.0, nu=200.0, delta=0.1, theta=math.pi / 2)
    module = sys.modules["slls_widgets.fokker_planck.truncation"]
    exact = steady_state(magnet, tol=1e-9)
    assert exact.certificate < 1e-9
    with pytest.MonkeyPatch.context() as patch:
        # Enough for the first truncation, and not for the one that meets the tolerance.
        frame = frame_components(magnet.alpha, magnet.nu, magnet.delta, magnet.theta)
        limit = 2.0 * module.work(*module.starting_size(frame, 1e-9))
        assert limit < module.work(exact.ell_max, exact.order_max)
        for each in (module, sys.modules["slls_widgets.fokker_planck.batch"]):
            patch.setattr(each, "WORK_LIMIT", limit)
        with pytest.warns(WorkLimitWarning, match=r"tol=1e-\d+ can be met here"):
            rough = steady_state(magnet, tol=1e-9)
        assert rough.certificate > 1e-9
        for name in RATES:
            gap = abs(getattr(rough, name) - getattr(exact, name))
            assert gap <= rough.errors[name] + exact.errors[name]
        # A grid of points goes on, with the error in its place.
        solved = solve_many([-1.0, 0.0], 200.0, 0.1, math.pi / 2, tol=1e-9)
        assert solved.error[0] == rough.certificate
        assert solved.error[1] == 0.0


@pytest.mark.parametrize("alpha", [1e-200, -1e-300])
def test_uncertainty_product_does_not_underflow(alpha):
    near = steady_state(Macrospin(alpha=1e-6, nu=2.0, delta=0.7, theta=math.pi / 2))
    ss = steady_state(Macrospin(alpha=alpha, nu=2.0, delta=0.7, theta=math.pi / 2))
    assert type(ss.uncertainty_product) is float
    assert ss.uncertainty_product == pytest.approx(near.uncertainty_product, rel=1e-5)


@pytest.mark.parametrize("bad", [None, {"alpha": 1.0}, 0.5])
def test_only_a_magnet_is_solved(bad):
    with pytest.raises(TypeError, match="magnet must be a Macrospin; got"):
        steady_state(bad)


@pytest.mark.parametrize("bad", ["a", None, [1e-8]])
def test_tolerance_is_a_number(bad):
    magnet = Macrospin(alpha=0.5, nu=2.0, delta=0.7)
    with pytest.raises(TypeError, match="tol must be a number"):
        steady_state(magnet, tol=bad)
    with pytest.raises(TypeError, match="tol must be a number"):
        solve_many(0.5, 2.0, 0.7, 0.0, tol=bad)
