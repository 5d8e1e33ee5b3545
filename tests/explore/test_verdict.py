"""Marks beside simulated numbers: looked at for ever, they are wrong as rarely as is said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

import slls_widgets as sw
from slls_widgets.explore import ensembles as ensembles_module
from slls_widgets.explore.ensembles import LiveEnsembles, Reading
from slls_widgets.explore.state import Settings, Snapshot
from slls_widgets.explore.verdict import Verdict, as_gaussian, boundary, judge
from slls_widgets.simulation import relaxation_time

Array = NDArray[np.float64]


def looks(runs: int, paths: int, shift: float = 0.0) -> tuple[Array, Array]:
    """|z| of means of Brownian paths at 80 looks over ten doublings of the time, and the times."""
    draws = np.random.default_rng(20261130)
    times = np.geomspace(1.0, 1024.0, 80)
    steps = np.sqrt(np.diff(times, prepend=0.0))
    total, z = np.zeros((runs, paths)), np.empty((times.size, runs))
    for k, step in enumerate(steps):
        total += step * draws.standard_normal((runs, paths))
        rates = total / times[k] + shift
        z[k] = np.abs(rates.mean(axis=1)) / (rates.std(axis=1, ddof=1) / math.sqrt(paths))
    return z, times


@pytest.mark.parametrize("paths", [16, 64])
def test_repeated_looks_alarm_as_rarely_as_stated(paths: int) -> None:
    runs, alarms = 4000, 0.05
    z, times = looks(runs, paths)
    limits = np.array([boundary(time, alarms) for time in times])[:, None]
    found = np.vectorize(as_gaussian)(z, paths - 1.0)
    # At most 5 %: four standard errors of a share of 4000, a false alarm in 30 000.
    assert np.mean((found > limits).any(axis=0)) < alarms + 4.0 * math.sqrt(alarms / runs)
    # At the level of a row of the ledger one run in 4000 is expected at most; six or more once in 1700.
    rare = np.array([boundary(time) for time in times])[:, None]
    assert np.count_nonzero((found > rare).any(axis=0)) < 6
    # What the ledger marked before: three standard errors, at any look.
    assert np.mean((z > 3.0).any(axis=0)) > 0.04


def test_what_is_off_is_marked_in_the_end() -> None:
    z, times = looks(50, 64, shift=0.05)
    found = np.vectorize(as_gaussian)(z, 63.0)
    assert (found[-1] > boundary(times[-1])).all()


def test_a_stated_bias_is_no_disagreement_and_limits_the_test() -> None:
    assert judge(30.0, 40.0, 255.0, 100.0) == (30.0, True, False)
    assert judge(-50.0, 40.0, 255.0, 100.0) == (-50.0, True, True)
    assert judge(2.0, 0.5, 255.0, 100.0) == (2.0, False, False)
    assert not judge(1e9, 0.0, 0.0, 100.0).beyond  # too little data for an error bar
    assert not judge(1e9, math.inf, 255.0, 100.0).beyond  # no bias stated


def test_without_data_nothing_is_beyond_and_with_little_it_may_be() -> None:
    assert not judge(1e9, 0.0, 255.0, 0.0).beyond
    assert judge(1e9, 0.0, 255.0, 0.5).beyond
    assert [judge(2.0, bias, 255.0, 1.0).limited for bias in (0.5, 1.0, 1.5)] == [False, False, True]
    assert as_gaussian(5.0, 0.0) == as_gaussian(5.0, -1.0) == 0.0
    assert 0.0 < as_gaussian(5.0, 0.5) < as_gaussian(5.0, 1.0) < 5.0


@pytest.mark.parametrize("freedom", [4, 15, 63, 255])
@pytest.mark.parametrize("z", [0.5, 2.0, 5.0])
def test_a_z_of_student_is_as_rare_as_that_of_gauss(z: float, freedom: int) -> None:
    assert as_gaussian(z, freedom) == pytest.approx(norm.isf(student.sf(z, freedom)), rel=0.03)


def readings(seed: int, looks: int) -> list[Reading]:
    bench = LiveEnsembles(Snapshot(settings=Settings(seed=seed, trajectories=32, dt=0.01)), lambda: False)
    bench.compare()
    bench._spread.advance(300)
    bench._spread.restart()
    bench._unsettled = 0
    found = []
    for _ in range(looks):
        bench._spread.advance(2 * bench._spread.steps)
        found.append(bench.reading())
    return found


@pytest.mark.compiled
def test_the_ledgers_rows_are_not_marked_unless_something_is_off() -> None:
    """Real runs: 8 seeds, 40 looks, four rows; one wrong mark in 125 repetitions, and the seeds are fixed."""
    steady = sw.steady_state(Snapshot().magnet)
    rows = ("S_P", "S_B", "Sigma", "Delta_P")
    for seed in range(8):
        for reading in readings(seed, 40):
            verdicts = [reading.verdict(name, steady) for name in rows]
            assert all(verdict is not None and not verdict.beyond for verdict in verdicts)
            # What is shown is what z is made of: a reader can do the sum.
            estimate = reading.estimates.S_P
            assert verdicts[0].z == pytest.approx((estimate.value - steady.S_P) / estimate.stderr)
    # Against the exact values of another magnet every rate is.
    other = sw.steady_state(Snapshot().moved(alpha=0.6).magnet)
    assert all(reading.verdict(name, other).beyond for name in rows[:3])


@pytest.mark.compiled
def test_the_fluctuations_error_shrinks_with_time() -> None:
    found = [reading.fluctuation for reading in readings(1, 64)]
    first, last = found[3], found[-1]
    assert {each.tau for each in found} == {first.tau}
    # Sixteen times the data: a quarter of the error.
    assert last.simulated.stderr / last.simulated.value < 0.4 * first.simulated.stderr / first.simulated.value


@pytest.mark.compiled
@pytest.mark.parametrize("count", [1, 2])
def test_no_more_stretches_are_counted_than_there_are(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[float] = []

    def note(z: float, bias: float, degrees_of_freedom: float, ratio: float) -> Verdict:
        counted.append(degrees_of_freedom)
        return judge(z, bias, degrees_of_freedom, ratio)

    monkeypatch.setattr(ensembles_module, "judge", note)
    steady = sw.steady_state(Snapshot().magnet)
    # Stretches are made longer when their number doubles: over a doubling it takes all of its values.
    bench = LiveEnsembles(Snapshot(settings=Settings(trajectories=count)), lambda: False)
    bench._unsettled = 0
    unit = math.ceil(5.0 * relaxation_time(Snapshot().magnet) / bench._bulk.dt)
    bench._spread.advance(30 * unit)
    spare = []
    for _ in range(50):
        bench._spread.advance(unit)
        bench.reading().verdict("S_P", steady)
        spare.append(count * bench._bulk._batches.stretches - 1 - counted.pop())
    assert min(spare) >= 0
