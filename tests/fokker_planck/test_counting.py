"""The scaled cumulant generating function: derivatives, the fluctuation theorem, convexity."""

import numpy as np
import pytest

from slls_widgets import Macrospin, counting, steady_state

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


def test_unknown_entropy_is_refused():
    with pytest.raises(ValueError, match="which must be one of"):
        counting.scgf(MAGNET, 0.1, "heat")
