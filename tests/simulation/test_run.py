"""`simulate` as callers meet it: progress, cancelling, odd sizes, histograms."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest
from numba import config

import slls_widgets as sw
from slls_widgets import Macrospin
from slls_widgets._cancellation import Cancelled
from slls_widgets.simulation import Ensemble, Estimate
from slls_widgets.simulation.pace import Pace

# Statistics need numbers, which take minutes in plain Python.
statistical = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="numba is switched off")

MAGNET = Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7)


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    sw.simulate(MAGNET, 64, 5.0, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_only_a_run_that_is_watched_is_cut_into_short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["slls_widgets.simulation.run"]
    cuts: list[float] = []

    class Slices(Pace):
        def __init__(self, ensemble: Ensemble, seconds: float) -> None:
            super().__init__(ensemble, seconds)
            cuts.append(seconds)

    monkeypatch.setattr(module, "Pace", Slices)
    sw.simulate(MAGNET, 16, 0.1)
    sw.simulate(MAGNET, 16, 0.1, progress=lambda _: None)
    sw.simulate(MAGNET, 16, 0.1, cancel=lambda: False)
    alone, reported, stoppable = cuts
    assert reported == stoppable < 0.1 < alone


def test_cancel_stops_and_leaves_no_thread() -> None:
    before = threading.active_count()
    calls = iter([False, False, False])
    with pytest.raises(Cancelled):
        sw.simulate(MAGNET, 256, 1e6, threads=2, cancel=lambda: next(calls, True))
    assert threading.active_count() == before


def test_error_in_a_callback_leaves_no_thread() -> None:
    before = threading.active_count()

    def fail(_: float) -> None:
        raise KeyError("screen")

    with pytest.raises(KeyError):
        sw.simulate(MAGNET, 256, 100.0, threads=2, progress=fail)
    assert threading.active_count() == before


def test_result_is_a_function_of_the_seed() -> None:
    first = sw.simulate(MAGNET, 100, 3.0, seed=4, threads=1)
    second = sw.simulate(MAGNET, 100, 3.0, seed=4, threads=2, progress=lambda _: None)
    other = sw.simulate(MAGNET, 100, 3.0, seed=5)
    assert first.S_P == second.S_P
    np.testing.assert_array_equal(first.paths.bath, second.paths.bath)
    assert first.S_P != other.S_P


def test_duration_is_met_exactly_when_dt_is_free() -> None:
    run = sw.simulate(MAGNET, 16, 0.7318)
    assert run.duration == pytest.approx(0.7318, rel=1e-12)
    assert run.tau == run.duration


def test_a_single_step_and_a_single_trajectory() -> None:
    run = sw.simulate(MAGNET, 1, 0.01, dt=0.01, burn_in=0.0)
    assert run.duration == 0.01
    assert np.isnan(run.S_P.stderr)
    assert np.isfinite(run.paths.pumped).all()
    many = sw.simulate(MAGNET, 100, 0.01, dt=0.01, burn_in=0.0)
    assert many.S_P.stderr > 0


@pytest.mark.slow
def test_a_million_trajectories() -> None:
    # Over a relaxation time the automatic step need not be as short as for a shorter run.
    run = sw.simulate(MAGNET, 1_000_000, 0.71)
    assert run.paths.pumped.shape == (1_000_000,)
    exact = sw.steady_state(MAGNET)
    assert abs(run.S_P.z(exact.S_P)) < 4


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_durations_are_refused(duration: float) -> None:
    with pytest.raises(ValueError, match="duration must be a finite time > 0"):
        sw.simulate(MAGNET, 4, duration)


@statistical
def test_burn_in_forgets_the_start() -> None:
    exact = sw.steady_state(MAGNET)
    run = sw.simulate(MAGNET, 4000, 0.5, initial=[0.0, 0.0, -1.0])
    assert abs(run.S_P.z(exact.S_P)) < 4
    fresh = sw.simulate(MAGNET, 4000, 0.5, initial=[0.0, 0.0, -1.0], burn_in=0.0)
    assert abs(fresh.S_P.z(exact.S_P)) > 20


def test_histograms_count_everything_once() -> None:
    run = sw.simulate(MAGNET, 300, 4.0)
    for which in ("pumped", "bath", "total"):
        found = run.histogram(which, bins=20)  # type: ignore[call-overload]
        assert found.counts.sum() == 300
        assert np.sum(found.density * np.diff(found.edges)) == pytest.approx(1.0)
    total = run.paths.total(lambda n: 0.0 * n[:, 0])
    np.testing.assert_array_equal(total, run.paths.pumped + run.paths.bath)
    height = lambda n: n[:, 2]  # noqa: E731
    boundary = run.paths.boundary(height)
    np.testing.assert_array_equal(boundary, run.paths.start[:, 2] - run.paths.end[:, 2])
    np.testing.assert_array_equal(run.paths.total(height), total + boundary)
    assert run.histogram("boundary", 20, height).counts.sum() == 300
    with pytest.raises(ValueError, match="boundary term needs log_density"):
        run.histogram("boundary")
    with pytest.raises(ValueError, match="which must be one of"):
        run.histogram("work")  # type: ignore[call-overload]


@statistical
def test_histogram_on_the_sphere_is_the_density() -> None:
    run = sw.simulate(MAGNET, 2000, 100.0, seed=6)
    found = run.histogram("magnetisation")
    assert found.counts.sum() % 2000 == 0
    cosine = 0.5 * (found.cosine[1:] + found.cosine[:-1])
    azimuth = 0.5 * (found.azimuth[1:] + found.azimuth[:-1])
    sine = np.sqrt(1 - cosine**2)[:, None]
    n = np.stack(
        [
            sine * np.cos(azimuth),
            sine * np.sin(azimuth),
            np.broadcast_to(cosine[:, None], found.density.shape),
        ],
        axis=-1,
    )
    density = sw.steady_state(MAGNET).density(n.reshape(-1, 3)).reshape(found.density.shape)
    # 4e5 samples, 200 a cell on average and hardly correlated: the mean distance is 0.8/√200 = 6 %.
    assert np.abs(found.density - density).mean() < 0.08 * density.mean()
    assert np.abs(found.density.mean(axis=1) - density.mean(axis=1)).max() < 0.05 * density.max()


def test_paths_hold_frames_of_a_few() -> None:
    run = sw.simulate(MAGNET, 20, 5.0)
    tracked = run.paths.tracked
    assert tracked.paths.shape == (8, len(tracked.times), 3)
    np.testing.assert_array_equal(tracked.pumped[:, 0], 0.0)
    np.testing.assert_array_equal(tracked.pumped[:, -1], run.paths.pumped[:8])
    np.testing.assert_array_equal(tracked.paths[:, -1], run.paths.end[:8])


def test_run_is_frozen() -> None:
    run = sw.simulate(MAGNET, 16, 0.1)
    with pytest.raises(AttributeError):
        run.dt = 1.0  # type: ignore[misc]


def test_estimate_reads_well() -> None:
    assert str(Estimate(1.23456789, 0.0123)) == "1.23457 ± 0.012"
