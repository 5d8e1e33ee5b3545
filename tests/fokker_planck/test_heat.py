"""The fluctuation coefficients of the heat and of the total entropy, and what their bounds are worth."""

import math
import pickle

import numpy as np
import pytest
from references_fokker_planck import extended_heat

from slls_widgets import Macrospin, counting, simulate, steady_state, theory
from slls_widgets.fokker_planck import SteadyState
from slls_widgets.fokker_planck.frame import frame_components
from slls_widgets.fokker_planck.heat import heat_fluctuations
from slls_widgets.fokker_planck.tilted import tilted_generator
from slls_widgets.fokker_planck.truncation import starting_size, work

pytestmark = pytest.mark.compiled

NAMES = ("Delta_B", "Delta_tot")
MAGNET = Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9)


def somewhere(rng, largest_field):
    """A magnet of moderate α and δ, one in six at a right angle, and a field of any strength."""
    theta = math.pi / 2 if rng.random() < 1 / 6 else rng.uniform(0, math.pi)
    return Macrospin(
        alpha=float(rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 0.3)),
        nu=10 ** rng.uniform(-1, math.log10(largest_field)),
        delta=10 ** rng.uniform(-1, 1),
        theta=theta,
    )


def anywhere(rng, near_the_line):
    """The whole range: ν from 1e-6 to 1e4, δ from 1e-2 to 1e2, |α| from 1e-3 to 100; or next to a·b = 0."""
    nu, delta, theta = 10 ** rng.uniform(-6, 4), 10 ** rng.uniform(-2, 2), rng.uniform(0, math.pi)
    alpha = rng.choice([-1, 1]) * 10 ** rng.uniform(-3, 2)
    if near_the_line:
        half = (1 / delta - delta) * math.cos(theta) / 2
        alpha = half + np.sign(alpha) * math.hypot(half, 1)
        alpha *= 1 + rng.choice([0.0, 1e-6, 1e-3, 1e-2]) * rng.normal()
    return float(alpha), nu, delta, theta


def on_axis(alpha, nu, delta):
    """Both coefficients with the torque along the field (docs/physics.md, section 3)."""
    xi = nu * (1 + alpha / delta)
    mean = theory.langevin(xi)
    # L' = 1/ξ² - 1/sinh² ξ.
    variance = 1 / xi**2 if abs(xi) > 20 else 1 - mean**2 - 2 * mean / xi
    across = 2 * mean / xi
    spread = theory.delta_p(alpha, nu, delta) / (2 * nu * alpha / delta) ** 2
    martingale = alpha * nu * (alpha * delta - 1) / (delta + alpha)
    for drift in (martingale, alpha * nu * alpha * (1 + delta**2) / (delta * (delta + alpha))):
        yield (
            2 * (alpha * nu) ** 2 * across
            + 2 * martingale**2 * across
            - 8 * martingale * drift * variance
            + 4 * drift**2 * spread
        )


@pytest.mark.parametrize("nu", [1e-3, 0.3, 4.0, 100.0, 1e4])
@pytest.mark.parametrize("delta", [0.05, 0.866, 20.0])
@pytest.mark.parametrize("alpha", [0.5, -0.3, 3.0, -2.0])
def test_closed_forms_on_axis(alpha, nu, delta):
    state = steady_state(Macrospin(alpha=alpha, nu=nu, delta=delta, theta=0.0), tol=1e-12)
    for name, exact in zip(NAMES, on_axis(alpha, nu, delta), strict=True):
        # The closed form in double precision is good to 1e-10: it subtracts.
        assert getattr(state, name) == pytest.approx(exact, rel=1e-10), name
        assert abs(getattr(state, name) - exact) <= state.heat_errors[name] + 1e-10 * exact, name
        assert state.heat_errors[name] < 1e-11 * exact, name


def test_counting_statistics_have_the_same_coefficients():
    """λ''(0), by perturbation theory of another matrix in plain precision."""
    rng = np.random.default_rng(1)
    for _ in range(12):
        magnet = somewhere(rng, 30.0)
        state = steady_state(magnet)
        size = state.ell_max + 6, min(state.order_max + 4, state.ell_max)
        for name, tilt in zip(NAMES, ((0.0, 1.0), (1.0, 1.0)), strict=True):
            found = tilted_generator(magnet, tilt, *size).curvature()
            assert getattr(state, name) == pytest.approx(found, rel=1e-6), (name, magnet)


@pytest.mark.parametrize(("which", "name"), [("bath", "Delta_B"), ("total", "Delta_tot")])
def test_second_derivative_of_the_generating_function(which, name):
    exact = getattr(steady_state(MAGNET), name)
    h = 1e-3 / math.sqrt(exact)
    slope = counting.scgf_slope(MAGNET, [-2 * h, -h, h, 2 * h], which, tol=1e-13)
    assert (8 * (slope[2] - slope[1]) - (slope[3] - slope[0])) / (12 * h) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(("seed", "largest_field", "points"), [(1, 20.0, 10), (11, 3e3, 5)])
def test_bounds_cover_what_an_independent_solver_finds(seed, largest_field, points):
    """80-bit arithmetic in another frame, from the definition alone: the heat's own rate and force."""
    rng = np.random.default_rng(seed)
    while points:
        magnet, tol = somewhere(rng, largest_field), 10 ** rng.uniform(-9, -3)
        state = steady_state(magnet, tol=tol)
        size = int(1.3 * state.ell_max) + 8, min(int(1.6 * state.order_max) + 4, state.ell_max)
        if work(*size) > 2e4:
            continue
        points -= 1
        exact = extended_heat(magnet.alpha, magnet.nu, magnet.delta, magnet.theta, *size)
        for name in NAMES:
            error = abs(float(exact[name] - getattr(state, name)))
            # Its terms are ν times their sum, and the residuals of its solution more.
            slack = 1e-18 * max(1.0, magnet.nu) ** 2 * getattr(state, name)
            assert error <= state.heat_errors[name] + slack, (name, magnet, tol)


def test_bounds_cover_the_truncation_over_the_whole_range():
    rng = np.random.default_rng(2)
    ratios, checked = [], 0
    while checked < 80:
        point = anywhere(rng, checked % 10 == 0)
        frame, tol = frame_components(*point), 10 ** rng.uniform(-10, -3)
        if work(*starting_size(frame, tol)) > 3e4:
            continue
        state = steady_state(
            Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True))), tol
        )
        ell_max, order_max = int(1.3 * state.ell_max) + 8, int(1.6 * state.order_max) + 4
        if work(ell_max, order_max) > 2e5:
            continue
        checked += 1
        exact, slack = heat_fluctuations(frame, point[2], ell_max, min(order_max, ell_max))
        # The work that is left out is small where the basis is large.
        scale = (point[0] * point[1]) ** 2
        assert np.all(slack <= 1e-4 * exact), point
        for name, truth in zip(NAMES, scale * exact, strict=True):
            error = abs(getattr(state, name) - truth)
            assert error <= state.heat_errors[name] + 1e-15 * truth, (name, point, tol)
            if error > 1e-12 * truth:
                ratios.append(state.heat_errors[name] / error)
    assert len(ratios) > 40
    assert np.median(ratios) < 100


@pytest.mark.parametrize("theta", [0.0, 0.7, 1.5, math.pi / 2])
@pytest.mark.parametrize("alpha", [3e-4, 0.3, -2.0])
def test_digits_are_kept_in_the_strongest_field(alpha, theta):
    state = steady_state(Macrospin(alpha=alpha, nu=1e4, delta=0.866, theta=theta), tol=1e-9)
    for name in NAMES:
        assert 0.0 < state.heat_errors[name] < 1e-7 * getattr(state, name)


@pytest.mark.parametrize("theta", [0.3, 1.0])
def test_strong_field_limit(theta):
    """n turns about its fixed point and decays to it: Δ -> 4 (αν cos θ)² |λ|²/(Re λ)³."""
    off = []
    for nu in (1e3, 1e4):
        magnet = Macrospin(alpha=1.0 / nu, nu=nu, delta=0.5, theta=theta)
        state = steady_state(magnet)
        # λ = ν (1 - i/δ) where the torque is weak.
        limit = 4.0 * math.cos(theta) ** 2 / nu * (1 + 1 / magnet.delta**2)
        off.append([state.Delta_B / limit - 1, state.Delta_tot / limit - 1])
    assert np.all(np.abs(off) < 0.05)
    np.testing.assert_allclose(np.array(off[0]) / np.array(off[1]), 10.0, rtol=0.05)


@pytest.mark.parametrize("theta", [0.0, 0.3, 1.0, math.pi / 2, 3.0])
def test_near_equilibrium_the_total_fluctuates_as_much_as_it_grows(theta):
    """Δ_tot -> 2Σ as α -> 0, by the fluctuation theorem between partners."""
    off = []
    for alpha in (1e-3, 1e-4):
        state = steady_state(Macrospin(alpha=alpha, nu=4.0, delta=0.5, theta=theta), tol=1e-11)
        off.append(state.Delta_tot / (2 * state.Sigma) - 1)
    assert abs(off[0]) < 0.02
    assert abs(off[1]) < 0.11 * abs(off[0]) + 1e-9


def test_the_usual_bound_does_not_hold_for_the_total():
    """Δ_tot Σ/Σ² >= 2 is no law here, and not at a right angle either: precession is odd under reversal."""
    for theta in (0.9, math.pi / 2):
        magnet = Macrospin(alpha=-3.6, nu=15.0, delta=0.03, theta=theta)
        state = steady_state(magnet)
        assert state.Delta_tot < 0.1 * state.Sigma
        # The other way to the same number.
        size = state.ell_max + 6, min(state.order_max + 4, state.ell_max)
        found = tilted_generator(magnet, (1.0, 1.0), *size).curvature()
        assert state.Delta_tot == pytest.approx(found, rel=1e-4)


def test_nothing_fluctuates_at_equilibrium():
    """S_B is there the change of the energy, which is bounded."""
    state = steady_state(Macrospin(alpha=0.0, nu=3.0, delta=0.866, theta=0.7))
    assert (state.Delta_B, state.Delta_tot) == (0.0, 0.0)
    assert dict(state.heat_errors) == {"Delta_B": 0.0, "Delta_tot": 0.0}


def test_simulated_variances_over_a_long_time():
    """2048 paths: a variance is off by 3.1 % (1 σ), and four times that by chance in 1 of 16 000."""
    state = steady_state(MAGNET)
    run = simulate(MAGNET, trajectories=2048, duration=150.0, seed=5)
    for entropy, exact in (
        (run.paths.bath, state.Delta_B),
        (run.paths.pumped + run.paths.bath, state.Delta_tot),
    ):
        found = float(np.var(entropy, ddof=1)) / run.duration
        # What hangs on the ends of a path has a variance of order ν², whatever the time.
        assert abs(math.log(found / exact)) < 4 * math.sqrt(2 / 2048) + 0.02
        assert abs(math.log(found / state.Delta_P)) > 0.2


def test_nothing_is_computed_before_it_is_asked_for(monkeypatch):
    asked = []

    def counted(*arguments):
        asked.append(arguments)
        return heat_fluctuations(*arguments)

    monkeypatch.setitem(SteadyState.Delta_B.fget.__globals__, "heat_fluctuations", counted)
    state = steady_state(MAGNET)
    assert not asked
    first = state.Delta_B, state.Delta_tot, state.heat_errors["Delta_B"]
    assert (state.Delta_B, state.Delta_tot, state.heat_errors["Delta_B"]) == first
    assert len(asked) == 1
    back = pickle.loads(pickle.dumps(state))
    assert (back.Delta_B, back.Delta_tot) == first[:2]
    with pytest.raises(TypeError):
        state.heat_errors["Delta_B"] = 0.0
