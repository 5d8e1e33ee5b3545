"""The audit's limits, on z-scores made to order; the audit itself takes minutes (`make audit`)."""

from __future__ import annotations

import math

import audit
import numpy as np
import pytest

SEEDS = 200


def test_deviations_are_in_standard_errors() -> None:
    z = np.tile([[-1.0], [1.0]], (SEEDS // 2, 3)) * math.sqrt((SEEDS - 1) / SEEDS)
    mean, spread = audit.deviations(z)
    np.testing.assert_allclose(mean, 0.0, atol=1e-12)
    np.testing.assert_allclose(spread, 0.0, atol=1e-12)
    # A shift by 0.3 is 0.3 √200 standard errors of a mean; a factor 1.5, (1.5² - 1)/√(2/199) of a variance.
    np.testing.assert_allclose(audit.deviations(z + 0.3)[0], 0.3 * math.sqrt(SEEDS), rtol=1e-12)
    np.testing.assert_allclose(audit.deviations(1.5 * z)[1], 1.25 * math.sqrt(199 / 2), rtol=1e-12)


@pytest.mark.parametrize(
    ("shift", "factor", "sound"), [(0.0, 1.0, True), (0.5, 1.0, False), (0.0, 1.5, False)]
)
def test_what_is_off_by_half_an_error_bar_is_found(shift: float, factor: float, sound: bool) -> None:
    # Fixed seed; a sound sample exceeds one of the 6 limits once in 1500 seeds.
    z = shift + factor * np.random.default_rng(0).normal(size=(SEEDS, 3))
    worst = max(float(np.abs(part).max()) for part in audit.deviations(z))
    assert (worst < audit.LIMIT) == sound


def test_the_verdict_needs_every_control_to_be_caught() -> None:
    assert audit.verdict(3.9, 20.0, 30.0) == (True, True)
    assert audit.verdict(4.1, 20.0, 30.0) == (False, True)
    assert audit.verdict(3.9, 20.0, 3.0) == (True, False)
