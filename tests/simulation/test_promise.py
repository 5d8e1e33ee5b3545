"""The automatic step's promise, at magnets that broke it once; `make audit` asks magnets drawn at random.

Seeds are fixed. A sound simulation with fresh ones would exceed 4.5 standard errors in one check out of
150 000, were it not for the skewness of a variance, which makes it one in 10 000 or so.
"""

from __future__ import annotations

import numpy as np
import pytest
from numba import config

import slls_widgets as sw
from slls_widgets import Macrospin
from slls_widgets.magnet.device import MATERIALS
from slls_widgets.simulation import default_step, relaxation_time
from slls_widgets.simulation.step_size import MEAN_TOLERANCE, SPREAD_TOLERANCE

# Statistics need numbers, which take hours in plain Python.
pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="numba is switched off")

FAR = 4.5
DEVICE = sw.Device(theta=1.0).macrospin()
PERMALLOY = sw.Device(
    magnetisation_si=MATERIALS["permalloy"][0], gilbert_damping=MATERIALS["permalloy"][1], theta=1.0
).macrospin()
FAST = Macrospin(alpha=0.01, nu=200.0, delta=0.005, theta=1.5)
STRONG = Macrospin(alpha=239.0, nu=0.0267, delta=0.0129, theta=2.53)


@pytest.mark.parametrize(
    ("magnet", "times", "trajectories"),
    [
        (DEVICE, 1.0, 20_000),
        (DEVICE, 3.0, 80_000),
        (PERMALLOY, 1.0, 20_000),
        (FAST, 1.0, 20_000),
        (STRONG, 1.0, 40_000),
    ],
    ids=["device", "device, longer", "permalloy", "fast", "strong torque"],
)
def test_fluctuation_over_short_times(magnet: Macrospin, times: float, trajectories: int) -> None:
    """Known to 1, 0.5 or 0.7 %. They were 4 to 12 % low: half drifts at the ends, too few steps to relax."""
    tau = times * relaxation_time(magnet)
    found = sw.simulate(magnet, trajectories, tau, seed=2).Delta_P
    exact = float(sw.steady_state(magnet).finite_time_variance(tau))
    assert abs(found.log_z(exact)) < FAR + SPREAD_TOLERANCE * found.value / found.stderr


def test_fluctuation_over_less_than_a_relaxation_time() -> None:
    """The time of one automatic step, in which a single step would not do."""
    tau = default_step(STRONG)
    found = sw.simulate(STRONG, 40_000, tau, seed=3).Delta_P
    exact = float(sw.steady_state(STRONG).finite_time_variance(tau))
    assert abs(found.log_z(exact)) < FAR + SPREAD_TOLERANCE * found.value / found.stderr


@pytest.mark.parametrize("magnet", [DEVICE, PERMALLOY], ids=["device", "permalloy"])
def test_mean_magnetisation_where_precession_is_fast(magnet: Macrospin) -> None:
    """A tenth of the promise and its own error: across a and b it was off by 0.0015."""
    run = sw.simulate(magnet, 2048, 25.0 * relaxation_time(magnet), seed=1)
    distance = np.abs(run.mean_n - sw.steady_state(magnet).mean_n)
    assert (distance < 0.1 * MEAN_TOLERANCE + FAR * run.mean_n_stderr).all()
    assert (run.mean_n_stderr < 2e-4).all()


@pytest.mark.parametrize("scheme", ["moebius", "euler", "heun"])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 9])
def test_the_shortest_runs_have_a_mean_magnetisation(scheme: str, steps: int) -> None:
    run = sw.simulate(FAST, 16, steps * 1e-7, dt=1e-7, burn_in=3e-7, scheme=scheme)
    for found in (run.mean_n, run.mean_n_at_steps):
        # In such a time nothing moves.
        np.testing.assert_allclose(found, run.paths.end.mean(axis=0), atol=0.02)
    assert np.isfinite([run.mean_n_stderr, run.mean_n_at_steps_stderr]).all()


@pytest.mark.parametrize(("trajectories", "duration"), [(1, 1.0), (8, 1.0)])
def test_few_trajectories_know_the_error_of_the_heat(trajectories: int, duration: float) -> None:
    """Scatter over stated error, 60 seeds: 1 within 9 %. Work at shared ends made it a quarter."""
    magnet = FAST.replace(delta=0.05)
    runs = [sw.simulate(magnet, trajectories, duration, seed=seed, threads=1) for seed in range(60)]
    for name in ("S_P", "S_B", "Sigma"):
        value, stderr = np.array([getattr(run, name) for run in runs]).T
        assert 0.64 < value.std(ddof=1) / np.sqrt(np.mean(stderr**2)) < 1.4, name
