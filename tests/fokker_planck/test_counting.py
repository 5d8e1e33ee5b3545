"""The scaled cumulant generating function: derivatives, the fluctuation theorem, convexity."""

import numpy as np
import pytest

from slls_widgets import Macrospin, counting, steady_state
from slls_widgets.fokker_planck.harmonics import Harmonics

MAGNET = Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9)


@pytest.mark.parametrize(("which", "rate"), [("pumped", "S_P"), ("bath", "S_B"), ("total", "Sigma")])
def test_slope_at_zero_is_the_rate(which, rate):
    exact = getattr(steady_state(MAGNET), rate)
    assert counting.scgf_slope(MAGNET, 0.0, which) == pytest.approx(exact, rel=1e-9)
    h = 1e-3
    values = counting.scgf(MAGNET, [-2 * h, -h, h, 2 * h], which)
    slope = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)
    assert slope == pytest.approx(exact, rel=1e-6)
    assert counting.scgf(MAGNET, 0.0, which) == 0.0


def test_curvature_at_zero_is_the_fluctuation_coefficient():
    h = 1e-3
    low, high = counting.scgf_slope(MAGNET, [-h, h], "pumped")
    assert (high - low) / (2 * h) == pytest.approx(steady_state(MAGNET).Delta_P, rel=1e-6)


def test_known_value_of_the_fluctuation_theorem():
    assert counting.scgf(MAGNET, -0.3, "total") == pytest.approx(-0.22174629669, abs=1e-10)
    assert counting.scgf(MAGNET, -0.7, "total") == pytest.approx(-0.26077741757, abs=1e-10)


def test_fluctuation_theorem_between_partners_and_not_within_one_process():
    rng = np.random.default_rng(11)
    broken = 0
    for _ in range(10):
        magnet = Macrospin(
            alpha=rng.normal(),
            nu=10 ** rng.uniform(-0.5, 0.7),
            delta=10 ** rng.uniform(-0.4, 0.4),
            theta=rng.uniform(0, np.pi),
        )
        k = rng.uniform(-1.4, -0.6)
        here = counting.scgf(magnet, k, "total")
        assert here == pytest.approx(float(counting.scgf(magnet.partner(), -1 - k, "total")), abs=1e-10)
        broken += abs(here - counting.scgf(magnet, -1 - k, "total")) > 1e-7
    assert broken >= 8


def test_rate_function_has_its_zero_at_the_mean():
    at = counting.rate_function(MAGNET, k=np.linspace(-1, 1, 5))
    assert at.rate[2] == pytest.approx(steady_state(MAGNET).S_P, rel=1e-8)
    assert at.value[2] == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(at.rate) > 0)
    assert np.all(at.value[[0, 1, 3, 4]] > 0)


def naive_leading(magnet, k, k_pumped, k_bath, ell_max):
    """The rightmost of all eigenvalues of the tilted generator, dense, in the laboratory frame."""
    basis, a, b, p = Harmonics(ell_max, ell_max), magnet.precession, magnet.damping, magnet.p_hat
    torque, along = magnet.alpha * magnet.nu, basis.multiplication(p)
    one = np.eye(basis.size)
    power = basis.multiplication(a) @ along - (a @ p) * one + basis.multiplication(np.cross(p, b))
    tilted = basis.generator(a, b) + k * k_pumped * magnet.pumping * along
    tilted = tilted + k * k_bath * torque * (power - 2 * basis.rotation(p))
    tilted = tilted + (k * k_bath * torque) ** 2 * (one - along @ along)
    return np.linalg.eigvals(np.asarray(tilted)).real.max()


@pytest.mark.parametrize(("which", "tilt"), [("pumped", (1, 0)), ("bath", (0, 1)), ("total", (1, 1))])
def test_against_all_eigenvalues_in_the_laboratory_frame(which, tilt):
    k = np.array([-1.5, -0.4, 0.0, 0.3, 0.9])
    values = counting.scgf(MAGNET, k, which)
    naive = [naive_leading(MAGNET, x, *tilt, 14) for x in k]
    np.testing.assert_allclose(values, naive, atol=2e-9)


def test_errors_are_honest():
    """A loose tolerance leaves errors to see; a tight one is the truth."""
    rng = np.random.default_rng(3)
    for which in ("pumped", "bath", "total"):
        magnet = MAGNET.replace(alpha=float(rng.normal()), theta=float(rng.uniform(0, np.pi)))
        k = np.linspace(-1.2, 0.8, 6)
        rough, exact = (counting.curve(magnet, k, which, tol=tol) for tol in (1e-2, 1e-12))
        assert np.all(np.abs(rough.value - exact.value) <= rough.value_error + exact.value_error)
        assert np.all(np.abs(rough.slope - exact.slope) <= rough.slope_error + exact.slope_error)
        assert np.all(exact.value_error <= 1e-10 * np.maximum(1, np.abs(exact.value)))


def test_a_curve_does_not_depend_on_its_other_points():
    k = np.linspace(-2.0, 1.0, 13)
    alone = [float(counting.scgf(MAGNET, x, "total")) for x in k[::4]]
    np.testing.assert_allclose(counting.scgf(MAGNET, k, "total")[::4], alone, rtol=0, atol=1e-9)


def test_a_missed_branch_is_noticed():
    """Started at a wrong eigenvalue the walk would follow it; the ends and the tangents tell."""
    from slls_widgets.fokker_planck.tilted import tilted_generator

    generator = tilted_generator(MAGNET, (1.0, 0.0), 14, 5)
    k = np.linspace(0.2, 0.6, 5)
    value, slope, _ = counting._outwards(generator, k, None)
    assert counting._is_leading(generator, k, value, slope)
    value, slope, _ = counting._outwards(generator, k, np.full(5, -2.0))
    assert not counting._is_leading(generator, k, value, slope)


def test_a_tilt_that_leaves_no_digits_is_refused():
    with pytest.raises(ValueError, match="rounding hides"):
        counting.scgf(MAGNET.replace(nu=30.0), -1.3, "total")


def test_unknown_entropy_is_refused():
    with pytest.raises(ValueError, match="which must be one of"):
        counting.scgf(MAGNET, 0.1, "heat")
