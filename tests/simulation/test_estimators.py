"""Means, variances and their errors, from numbers few enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from slls_widgets.simulation.estimators import (
    Estimate,
    Estimates,
    estimates_from_samples,
    estimates_from_stretches,
    mean,
    spread_of_mean,
    variance,
)

SAMPLES = np.array([1.0, 2.0, 4.0, 9.0])  # mean 4, variance 38/3, fourth moment 184.5


def test_mean_and_spread_of_four_numbers():
    assert mean(SAMPLES) == pytest.approx((4.0, math.sqrt(38 / 3) / 2))
    assert spread_of_mean(SAMPLES) == pytest.approx(math.sqrt(38 / 3) / 2)
    both = np.stack([SAMPLES, 10.0 * SAMPLES], axis=1)
    assert spread_of_mean(both) == pytest.approx(np.array([1.0, 10.0]) * math.sqrt(38 / 3) / 2)


def test_two_numbers_are_enough_for_a_spread_and_one_is_not():
    assert mean(np.array([1.0, 3.0])) == pytest.approx((2.0, 1.0))
    assert math.isnan(mean(np.array([1.0])).stderr)
    assert mean(np.array([1.0])).value == 1.0
    assert all(math.isnan(each) for each in mean(np.array([])))
    assert spread_of_mean(np.array([[1.0, 2.0], [3.0, 2.0]])) == pytest.approx([1.0, 0.0])
    assert np.isnan(spread_of_mean(np.array([[1.0, 2.0]]))).tolist() == [True, True]


def test_the_error_of_a_variance_comes_from_the_fourth_moment():
    found = variance(SAMPLES)
    fourth = (81 + 16 + 0 + 625) / 4
    assert found.value == pytest.approx(38 / 3)
    assert found.stderr == pytest.approx(math.sqrt(max((fourth - (38 / 3) ** 2 / 3) / 4, 0.0)))
    assert all(math.isnan(each) for each in variance(SAMPLES[:3]))


def test_few_samples_get_the_error_of_a_gaussian_at_least():
    flat = np.array([-1.0, 1.0, -1.0, 1.0])  # its fourth moment is as small as can be
    assert variance(flat, few=True).stderr == pytest.approx(math.sqrt(2 / 3) * 4 / 3)
    assert variance(flat).stderr < variance(flat, few=True).stderr
    fluctuation = estimates_from_samples(flat, flat, 0.5, few=True).Delta_P
    assert fluctuation == pytest.approx(np.array(variance(flat, few=True)) / 0.5)
    assert variance(SAMPLES, few=True).stderr == pytest.approx(
        max(variance(SAMPLES).stderr, math.sqrt(2 / 3) * 38 / 3)
    )


def test_rates_are_entropies_over_their_time_and_delta_p_is_a_variance_over_it():
    found = estimates_from_samples(SAMPLES, -2.0 * SAMPLES[::-1], 5.0)
    assert pytest.approx((0.8, math.sqrt(38 / 3) / 10)) == found.S_P
    assert pytest.approx((-1.6, math.sqrt(38 / 3) / 5)) == found.S_B
    total = SAMPLES - 2.0 * SAMPLES[::-1]
    assert found.Sigma == pytest.approx((-0.8, total.std(ddof=1) / 10))
    assert found.Delta_P == pytest.approx(np.array(variance(SAMPLES)) / 5.0)


@pytest.mark.parametrize("duration", [0.0, -1.0, math.nan])
def test_no_time_gives_no_rates(duration):
    assert all(math.isnan(x) for pair in estimates_from_samples(SAMPLES, SAMPLES, duration) for x in pair)


def test_stretches_give_the_errors_and_the_whole_gives_the_values():
    whole = Estimates(*(Estimate(value, 99.0) for value in (1.0, 2.0, 3.0, 4.0)))
    bath = np.array([3.0, 1.0, 2.0, 2.0])
    parts = estimates_from_samples(SAMPLES, bath, 2.0, few=True)
    found = estimates_from_stretches(SAMPLES, bath, 2.0, whole, total=32.0, ends=0.3)
    shrink = 0.5  # four stretches of 2 are a quarter of the time
    assert pytest.approx((1.0, shrink * parts.S_P.stderr)) == found.S_P
    assert pytest.approx((2.0, math.hypot(shrink * parts.S_B.stderr, 0.3))) == found.S_B
    assert found.Sigma == pytest.approx((3.0, math.hypot(shrink * parts.Sigma.stderr, 0.3)))
    assert found.Delta_P == parts.Delta_P
    assert estimates_from_stretches(SAMPLES[::-1], bath, 2.0, whole, 8.0, 0.0).S_P.stderr == parts.S_P.stderr


def test_a_distance_is_signed_and_infinite_without_an_error():
    assert Estimate(1.0, 0.5).z(2.0) == -2.0
    assert Estimate(1.0, 0.0).z(2.0) == -math.inf
    assert Estimate(3.0, 0.0).z(2.0) == math.inf
    assert Estimate(2.0, 0.0).z(2.0) == 0.0


@pytest.mark.parametrize(
    ("value", "stderr", "exact"),
    [(0.0, 0.1, 1.0), (1.0, 0.0, 2.0), (1.0, 0.1, 0.0), (-1.0, 0.1, 1.0), (1.0, math.nan, 2.0)],
)
def test_a_logarithm_that_does_not_exist_gives_no_distance(value, stderr, exact):
    assert math.isnan(Estimate(value, stderr).log_z(exact))


def test_the_logarithmic_distance_is_that_of_the_logarithms():
    assert Estimate(2.0, 0.5).log_z(1.0) == pytest.approx(math.log(2.0) / 0.25)
    assert Estimate(2.0, 0.5).log_z(3.0) == pytest.approx((math.log(2.0) - math.log(3.0)) / 0.25)
    assert Estimate(0.0, 0.0).log_z(0.0) == 0.0
