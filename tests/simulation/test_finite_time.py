"""The variance of S_P over a fixed time: its error is honest, and shrinks for as long as one waits."""

from __future__ import annotations

import math

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets.simulation import Ensemble
from slls_widgets.simulation.finite_time import FiniteTimeVariance

MAGNET = sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9)
# Twenty steps are τ = 1: about two relaxation times, so stretches of one path do know of each other.
DT, STEPS = 0.05, 20

pytestmark = pytest.mark.compiled


def gather(trajectories: int, steps: int, seed: int) -> FiniteTimeVariance:
    spread = FiniteTimeVariance(Ensemble(MAGNET, trajectories=trajectories, dt=DT, seed=seed), STEPS)
    spread.advance(200)
    spread.restart()
    spread.advance(steps)
    return spread


@pytest.mark.parametrize(("trajectories", "steps"), [(256, 200), (64, 2000), (6, 5000), (1, 12_000)])
def test_the_error_covers_with_any_number_of_trajectories(trajectories: int, steps: int) -> None:
    exact = float(sw.steady_state(MAGNET).finite_time_variance(DT * STEPS))
    seeds = 40
    z = [gather(trajectories, steps, seed).estimate().log_z(exact) for seed in range(seeds)]
    # A mean and a variance of 40 z-scores, 4.5 of their standard errors: a false alarm in 10^5. The mean has
    # room for the step's bias, the variance for Student's distribution.
    assert abs(np.mean(z)) < 4.5 / math.sqrt(seeds)
    assert abs(np.var(z) - 1.0) < 4.5 * math.sqrt(2.0 / seeds)


@pytest.mark.parametrize("trajectories", [1, 64, 200])
def test_the_error_shrinks_and_the_memory_does_not_grow(trajectories: int) -> None:
    spread = gather(trajectories, 40_000, 3)
    before, kept = spread.estimate(), len(spread._parts)
    spread.advance(120_000)
    after = spread.estimate()
    # Four times the data: half the error, give or take what 64 groups know of it (9 %, 4.5 of them).
    assert 0.3 < after.stderr / before.stderr < 0.7
    assert len(spread._parts) <= max(kept, 2 * spread._most)
    assert spread.trajectories * len(spread._parts) >= 64
    assert spread.stretches == trajectories * 160_000 // STEPS
    assert spread.degrees_of_freedom > 40.0


def test_slices_change_nothing_and_the_rates_neither() -> None:
    whole, cut = gather(6, 3000, 5), gather(6, 0, 5)
    for steps in (1, 19, 20, 21, 939, 2000):
        cut.advance(steps)
    assert cut.estimate() == whole.estimate()
    plain = Ensemble(MAGNET, trajectories=6, dt=DT, seed=5)
    plain.advance(200)
    plain.restart_statistics()
    plain.advance(3000)
    assert plain.estimates() == whole.ensemble.estimates()


def test_too_few_stretches_have_no_error_bar() -> None:
    assert math.isnan(gather(1, 63 * STEPS, 0).estimate().value)
    assert math.isfinite(gather(1, 64 * STEPS, 0).estimate().value)
