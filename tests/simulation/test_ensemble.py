"""The stateful ensemble: nothing about slices, threads or company may change a trajectory."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from numba import config

from slls_widgets import Macrospin
from slls_widgets.simulation import Ensemble, largest_step, relaxation_time
from slls_widgets.simulation.chunks import CHUNK
from slls_widgets.simulation.schemes import SCHEMES

MAGNET = Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)


def fingerprint(ensemble: Ensemble) -> bytes:
    return b"".join(part.tobytes() for part in (ensemble.n, ensemble.pumped, ensemble.bath, ensemble.mean_n))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("trajectories", [1, 5, 70, 200])
def test_slices_and_threads_change_nothing(scheme: str, trajectories: int) -> None:
    whole = Ensemble(MAGNET, trajectories=trajectories, dt=2e-3, scheme=scheme, seed=3)
    whole.advance(37)
    whole.restart_statistics()
    whole.advance(100)
    for threads in (1, 2, 3):
        with Ensemble(
            MAGNET, trajectories=trajectories, dt=2e-3, scheme=scheme, seed=3, threads=threads
        ) as cut:
            for steps in (1, 30, 6):
                cut.advance(steps)
            cut.restart_statistics()
            for steps in (0, 41, 1, 50, 8):
                cut.advance(steps)
            assert fingerprint(cut) == fingerprint(whole)
            # Equal, with NaN equal to itself: a single trajectory this short has no errors.
            np.testing.assert_array_equal(cut.estimates(), whole.estimates())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_trajectory_does_not_know_its_company(scheme: str) -> None:
    few = Ensemble(MAGNET, trajectories=70, dt=2e-3, scheme=scheme)
    many = Ensemble(MAGNET, trajectories=3 * CHUNK, dt=2e-3, scheme=scheme)
    few.advance(60)
    many.advance(60)
    np.testing.assert_array_equal(few.pumped, many.pumped[:70])
    np.testing.assert_array_equal(few.bath, many.bath[:70])


def test_chunks_may_run_in_any_order() -> None:
    forward = Ensemble(MAGNET, trajectories=200, dt=0.01)
    backward = Ensemble(MAGNET, trajectories=200, dt=0.01)
    forward.advance(50)
    backward._chunks.reverse()
    backward.advance(50)
    backward._chunks.reverse()
    np.testing.assert_array_equal(forward.n, backward.n)


def test_seeds_matter() -> None:
    paths = []
    for seed in (0, 1):
        ensemble = Ensemble(MAGNET, trajectories=64, dt=0.01, seed=seed, initial=[0, 0, 1])
        ensemble.advance(10)
        paths.append(ensemble.n)
    assert np.abs(paths[0] - paths[1]).min() > 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_recording_sees_the_same_paths(scheme: str) -> None:
    plain = Ensemble(MAGNET, trajectories=80, dt=2e-3, scheme=scheme, tracked=5)
    recorded = Ensemble(MAGNET, trajectories=80, dt=2e-3, scheme=scheme, tracked=5)
    plain.advance(50)
    seen = recorded.advance_recorded(50, 8)
    assert seen.paths.shape == (5, 7, 3)
    assert seen.times == pytest.approx(2e-3 * np.array([8, 16, 24, 32, 40, 48, 50]))
    np.testing.assert_array_equal(seen.paths[:, -1], plain.n[:5])
    np.testing.assert_array_equal(seen.pumped[:, -1], plain.pumped[:5])
    np.testing.assert_array_equal(seen.bath[:, -1], plain.bath[:5])
    assert recorded.advance_recorded(0).paths.shape == (5, 0, 3)


def test_entropies_of_a_fine_path_are_the_integrals_they_claim() -> None:
    """S_P and S_B against sums over the recorded path of dS_P = (2να/δ) n·p̂ dt, dS_B = ν(ĥ + α n × p̂)∘dn."""
    dt = 1e-5
    for scheme in SCHEMES:
        ensemble = Ensemble(MAGNET, trajectories=3, dt=dt, scheme=scheme, tracked=3)
        path = np.concatenate([ensemble.n[:, None], ensemble.advance_recorded(4000, 1).paths], axis=1)
        middle = 0.5 * (path[:, 1:] + path[:, :-1])
        change = np.diff(path, axis=1)
        pumped = MAGNET.pumping * dt * (middle @ MAGNET.p_hat).sum(axis=1)
        force = MAGNET.nu * (MAGNET.h_hat + MAGNET.alpha * np.cross(middle, MAGNET.p_hat))
        bath = (force * change).sum(axis=(1, 2))
        np.testing.assert_allclose(ensemble.pumped, pumped, rtol=1e-3)
        # The area term is noise the chord does not see: 2 dt αν per step, sqrt(4000) steps.
        np.testing.assert_allclose(ensemble.bath, bath, atol=6 * 2 * dt * 5 * math.sqrt(4000) + 1e-3)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_equilibrium_pumps_nothing(scheme: str) -> None:
    magnet = Macrospin(alpha=0.0, nu=3.0, delta=0.5)
    ensemble = Ensemble(magnet, trajectories=20, dt=1e-3, scheme=scheme)
    start = ensemble.n
    ensemble.advance(200)
    assert not ensemble.pumped.any()
    np.testing.assert_allclose(ensemble.bath, 3.0 * (ensemble.n - start)[:, 2], atol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_norm_stays(scheme: str) -> None:
    ensemble = Ensemble(MAGNET, trajectories=16, dt=2e-3, scheme=scheme)
    # A step in plain Python takes a thousand times longer.
    ensemble.advance(1000 if config.DISABLE_JIT else 20_000)
    assert np.abs(np.linalg.norm(ensemble.n, axis=1) - 1.0).max() < 1e-12


@pytest.mark.parametrize("scheme", SCHEMES)
def test_norm_heals(scheme: str) -> None:
    """Rounding cannot pile up: a length that is wrong on purpose is right again a few steps later."""
    ensemble = Ensemble(MAGNET.replace(nu=1e-3), trajectories=16, dt=2e-3, scheme=scheme)
    ensemble._chunks[0].n *= 1.0 + 1e-7
    ensemble.advance(2)
    assert np.abs(np.linalg.norm(ensemble.n, axis=1) - 1.0).max() < 1e-12


@pytest.mark.slow
def test_norm_stays_for_ten_million_steps() -> None:
    ensemble = Ensemble(MAGNET, trajectories=16, dt=0.01)
    ensemble.advance(10_000_000)
    assert np.abs(np.linalg.norm(ensemble.n, axis=1) - 1.0).max() < 1e-12


def test_initial_points() -> None:
    assert Ensemble(MAGNET, trajectories=3, dt=0.01, initial=[0, 0, 5]).n.tolist() == [[0, 0, 1]] * 3
    points = np.eye(3)
    np.testing.assert_array_equal(Ensemble(MAGNET, trajectories=3, dt=0.01, initial=points).n, points)
    drawn = Ensemble(MAGNET, trajectories=9, dt=0.01, initial=lambda rng, count: rng.normal(size=(count, 3)))
    np.testing.assert_allclose(np.linalg.norm(drawn.n, axis=1), 1.0)
    uniform = Ensemble(MAGNET, trajectories=3000, dt=0.01).n
    # Components of a uniform direction have variance 1/3: |z| < 5, false alarms 2e-6.
    assert np.abs(uniform.mean(axis=0)).max() < 5 / math.sqrt(3 * 3000)
    for bad in ([0, 0, 0], [0, 0, math.nan], [[0, 0, 1]] * 2):
        with pytest.raises(ValueError, match="initial must"):
            Ensemble(MAGNET, trajectories=3, dt=0.01, initial=bad)


@pytest.mark.parametrize(
    ("name", "value"),
    [("trajectories", 0), ("trajectories", 2.5), ("trajectories", "many"), ("threads", 0), ("seed", -1)],
)
def test_bad_counts_are_named(name: str, value: object) -> None:
    arguments = {"trajectories": 4, "dt": 0.01} | {name: value}
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        Ensemble(MAGNET, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_steps_a_scheme_cannot_stand_are_refused_with_the_largest(scheme: str) -> None:
    largest = largest_step(MAGNET, scheme)
    Ensemble(MAGNET, trajectories=1, dt=largest, scheme=scheme).advance(3)
    with pytest.raises(ValueError, match="dt must be <= "):
        Ensemble(MAGNET, trajectories=1, dt=1.01 * largest, scheme=scheme)
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="dt must be a finite time > 0"):
            Ensemble(MAGNET, trajectories=1, dt=bad, scheme=scheme)


def test_unknown_scheme_lists_the_known() -> None:
    with pytest.raises(ValueError, match="moebius, euler, heun"):
        Ensemble(MAGNET, trajectories=1, scheme="milstein")


def test_estimates_before_the_first_step_are_nan_not_noise() -> None:
    for trajectories in (1, 40):
        found = Ensemble(MAGNET, trajectories=trajectories, dt=0.01).estimates()
        assert math.isnan(found.S_P.value)
        assert math.isnan(found.Delta_P.stderr)


def test_batches_stay_few_and_equal() -> None:
    ensemble = Ensemble(MAGNET, trajectories=2, dt=0.01)
    ensemble.advance(5000)
    assert 32 <= len(ensemble._batches._ends) - 1 <= 64
    assert ensemble.stretch >= 0.64


@pytest.mark.parametrize("trajectories", [1, 4])
def test_stretches_outlast_the_memory_and_never_shrink(trajectories: int) -> None:
    ensemble = Ensemble(MAGNET, trajectories=trajectories, dt=0.01)
    long_enough = 5.0 * relaxation_time(MAGNET)
    before = 0.0
    for _ in range(300):
        ensemble.advance(17)
        tau = ensemble.stretch
        assert before <= tau <= ensemble.elapsed
        assert tau == ensemble.elapsed or tau >= long_enough
        before = tau
    assert tau < 0.05 * ensemble.elapsed


def test_a_single_trajectory_has_no_error_before_eight_stretches() -> None:
    ensemble = Ensemble(MAGNET, trajectories=1, dt=0.01)
    while (stretches := ensemble.elapsed / (5.0 * relaxation_time(MAGNET))) < 10.0:
        ensemble.advance(20)
        found = ensemble.estimates()
        assert found.S_P.value == pytest.approx(float(ensemble.pumped[0]) / ensemble.elapsed)
        # Stretches are whole numbers of batches, up to an eighth longer than need be.
        if stretches < 7.0:
            assert math.isnan(found.S_P.stderr)
            assert math.isnan(found.Delta_P.value)
    assert found.S_P.stderr > 0.0
    assert found.Delta_P.stderr > 0.0


def test_errors_of_short_runs_are_the_spread_of_the_trajectories() -> None:
    ensemble = Ensemble(MAGNET, trajectories=3, dt=0.01)
    ensemble.advance(40)
    rates = ensemble.pumped / ensemble.elapsed
    assert ensemble.estimates().S_P.stderr == pytest.approx(np.std(rates, ddof=1) / math.sqrt(3))
    assert math.isnan(ensemble.estimates().Delta_P.stderr)


def test_threads_end_with_the_ensemble() -> None:
    before = threading.active_count()
    with Ensemble(MAGNET, trajectories=200, dt=0.01, threads=2) as ensemble:
        ensemble.advance(5)
    assert threading.active_count() == before


@pytest.mark.parametrize("nu", [1e-6, 1e6])
def test_extreme_fields_stay_finite(nu: float) -> None:
    magnet = Macrospin(alpha=0.3, nu=nu, delta=0.5, theta=2.0)
    ensemble = Ensemble(magnet, trajectories=16)
    ensemble.advance(200)
    assert np.isfinite(ensemble.bath).all()
    assert np.isfinite(ensemble.pumped).all()
