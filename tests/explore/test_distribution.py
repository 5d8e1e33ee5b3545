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
    assert abs(found.mean.z(found.exact_mean)) < 4.5
    assert abs(found.fluctuation.z(1.0)) < 4.5
    assert found.fluctuation.stderr < 0.02
    assert 0.05 < found.negative < 0.5
    assert np.sum(found.density * np.diff(found.edges)) == pytest.approx(1.0, abs=0.01)


def test_without_the_boundary_term_the_theorem_fails(monkeypatch):
    from slls_widgets.fokker_planck.steady_state import SteadyState

    monkeypatch.setattr(SteadyState, "density", lambda self, n: np.ones(np.shape(n)[:-1]))
    found = gathered(sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9))
    assert abs(found.fluctuation.z(1.0)) > 8.0


def test_nothing_is_said_before_the_first_stretch():
    magnet = sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866)
    ensemble = Ensemble(magnet, trajectories=16, seed=0)
    assert Stretches(ensemble, sw.steady_state(magnet)).distribution() is None
