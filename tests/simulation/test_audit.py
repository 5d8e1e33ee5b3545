"""The audit's judgement, on magnets few enough for a test; the audit itself takes minutes (`make audit`)."""

from __future__ import annotations

import itertools
import math

import audit
import numpy as np
import pytest
from negative_controls import left_point_heat, uncalibrated
from numba import config

statistical = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="numba is switched off")


def test_magnets_are_drawn_from_the_whole_range_and_from_a_seed() -> None:
    some = list(itertools.islice(audit.cases(3), 300))
    assert some == list(itertools.islice(audit.cases(3), 300))
    assert some[0] != next(audit.cases(4))
    magnets = [case.magnet for case in some]
    assert {m.delta for m in magnets} >= {0.01, 0.008, 0.02}  # the three materials
    assert {math.copysign(1.0, m.alpha) for m in magnets} == {1.0, -1.0}
    for name, low, high in (("nu", 1e-2, 1e3), ("delta", 1e-2, 10.0), ("theta", 0.3, 2.8)):
        values = [getattr(m, name) for m in magnets]
        assert min(values) < low
        assert max(values) > high
    assert min(case.trajectories for case in some) < 4
    assert max(case.trajectories for case in some) > 4000


def test_a_promise_and_few_samples_are_allowed_for() -> None:
    z = np.full(len(audit.NAMES), 6.0)
    found = audit.Comparison(
        z, np.array([0.0, 1.0, 5.0, *[0.0] * 5]), np.array([1e9, 1e9, 1e9, 5, *[1e9] * 4])
    )
    # |t| = 6 with four degrees of freedom is as rare as 2.9 of a normal number.
    np.testing.assert_allclose(found.beyond()[:4], [6.0, 5.0, 1.0, 2.8876], atol=1e-4)


def test_error_bars_half_as_long_are_found() -> None:
    # Fixed seed; a sound sample exceeds one of 8 limits once in 2000 seeds.
    z = np.random.default_rng(0).normal(size=(400, len(audit.NAMES)))
    z[::3, 7] = math.nan
    assert np.abs(audit.error_bars(z)).max() < audit.LIMIT
    assert np.abs(audit.error_bars(1.5 * z)).min() > audit.LIMIT


def test_the_verdict_needs_every_control_to_be_caught() -> None:
    bars = np.array([3.9, math.nan])
    assert audit.verdict(0, bars, 20, 30) == (True, True)
    assert audit.verdict(1, bars, 20, 30) == (False, True)
    assert audit.verdict(0, bars + 0.2, 20, 30) == (False, True)
    assert audit.verdict(0, bars, 20, 0) == (True, False)


@statistical
def test_what_is_wrong_on_purpose_is_caught() -> None:
    """Fixed seed; of 8 quantities that are right one is 4 off, and again so, once in many millions."""
    case = audit.CONTROL._replace(trajectories=2**14)
    assert audit.control(case=case) == 0
    assert audit.control(left_point_heat, case) > 0
    with uncalibrated():
        assert audit.control(case=case) > 0
