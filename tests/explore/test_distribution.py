"""Finite-time entropies: their exact mean and the integral fluctuation theorem."""

from __future__ import annotations

import math

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets.explore.distribution import Stretches
from slls_widgets.simulation import Ensemble, relaxation_time


def gathered(magnet, *, trajectories=256, rounds=120, seed=4):
    steady = sw.steady_state(magnet)
    ensemble = Ensemble(magnet, trajectories=trajectories, seed=seed)
    ensemble.advance(math.ceil(12.0 * relaxation_time(magnet) / ensemble.dt))
    ensemble.restart_statistics()
    stretches = Stretches(ensemble, steady)
    while rounds:
        rounds -= stretches.advance()
    return stretches.distribution()


@pytest.mark.parametrize("theta", [0.0, 0.9])
def test_mean_and_fluctuation_theorem_hold(theta):
    found = gathered(sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=theta))
    # Two numbers at two points within 4.5 standard errors: false alarms below 3e-5.
    assert abs(found.mean.z(found.exact_means[2])) < 4.5
    assert abs(found.fluctuation.z(1.0)) < 4.5
    assert found.fluctuation.stderr < 0.02
    assert 0.05 < found.negative < 0.5
    widths, centres = np.diff(found.edges), 0.5 * (found.edges[1:] + found.edges[:-1])
    assert found.exact_means[0] + found.exact_means[1] == pytest.approx(found.exact_means[2])
    # Stretches of one trajectory are correlated, but less than all 120 of its being one: 4.5 standard errors
    # of that worst case, and what lies beyond the outermost bins.
    for density, mean in zip((found.pumped, found.bath, found.total), found.exact_means, strict=True):
        assert np.sum(density * widths) == pytest.approx(1.0, abs=0.01)
        seen = float(np.sum(density * widths * centres))
        spread = math.sqrt(float(np.sum(density * widths * (centres - seen) ** 2)))
        assert abs(seen - mean) < 4.5 * spread / math.sqrt(256) + 0.01 * float(np.ptp(found.edges))
        assert spread > 0.05


def test_without_the_boundary_term_the_theorem_fails(monkeypatch):
    from slls_widgets.fokker_planck.steady_state import SteadyState

    monkeypatch.setattr(SteadyState, "density", lambda self, n: np.ones(np.shape(n)[:-1]))
    found = gathered(sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9))
    assert abs(found.fluctuation.z(1.0)) > 8.0


def test_nothing_is_said_before_the_first_stretch():
    magnet = sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866)
    ensemble = Ensemble(magnet, trajectories=16, seed=0)
    assert Stretches(ensemble, sw.steady_state(magnet)).distribution() is None
