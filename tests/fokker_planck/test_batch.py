"""Many points at once: the same numbers whatever the order and the threads, and a cancel that is heard."""

import os
import threading

import numpy as np
import pytest

from slls_widgets import Macrospin, steady_state
from slls_widgets._cancellation import Cancelled
from slls_widgets._processors import processors
from slls_widgets.fokker_planck import solve_many
from slls_widgets.simulation import Ensemble

ALPHA = np.linspace(-2, 2, 101)


def test_threads_and_order_do_not_matter():
    one = solve_many(ALPHA, 3.0, 0.866, 1.2, threads=1)
    many = solve_many(ALPHA[::-1], 3.0, 0.866, 1.2, threads=4)
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b[::-1])


def test_agrees_with_single_points_and_broadcasts():
    solved = solve_many([[0.5], [-0.5]], [1.0, 2.0, 4.0], 0.866, 0.7, tol=1e-8)
    assert solved.S_P.shape == (2, 3)
    ss = steady_state(Macrospin(alpha=-0.5, nu=2.0, delta=0.866, theta=0.7), tol=1e-8)
    assert solved.S_P[1, 1] == ss.S_P
    assert solved.error[1, 1] == ss.certificate


def test_cancel_and_progress():
    with pytest.raises(Cancelled):
        solve_many(ALPHA, 3.0, 0.866, 1.2, cancel=lambda: True)
    event = threading.Event()
    with pytest.raises(Cancelled):
        solve_many(ALPHA, 3.0, 0.866, 1.2, threads=2, cancel=event, progress=lambda _: event.set())
    seen = []
    solve_many(ALPHA, 3.0, 0.866, 1.2, progress=seen.append)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_cancel_is_heard_before_the_next_point(threads, monkeypatch):
    started = []
    monkeypatch.setattr("slls_widgets.fokker_planck.batch.solve_into", lambda *_: started.append(1))
    with pytest.raises(Cancelled):
        solve_many(ALPHA, 3.0, 0.866, 1.2, threads=threads, cancel=lambda: len(started) >= 3)
    assert len(started) <= 2 + threads


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_threads_are_refused_as_the_simulation_refuses_them(threads):
    message = f"threads must be a whole number >= 1; got {threads!r}"
    with pytest.raises(ValueError, match=message):
        solve_many(ALPHA, 3.0, 0.866, 1.2, threads=threads)
    with pytest.raises(ValueError, match=message):
        Ensemble(Macrospin(alpha=0.5, nu=2.0, delta=0.9), trajectories=4, dt=0.01, threads=threads)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system grants all processors")
def test_no_more_threads_than_a_container_grants(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)

    def pool(*_, **__):
        raise AssertionError("one processor needs no pool")

    monkeypatch.setattr("slls_widgets.fokker_planck.batch.ThreadPoolExecutor", pool)
    assert processors() == 1
    assert solve_many(ALPHA, 3.0, 0.866, 1.2).S_P.shape == ALPHA.shape


@pytest.mark.parametrize(
    ("bad", "message"),
    [((np.nan, 1, 1, 1), "alpha"), ((1, 0, 1, 1), "nu"), ((1, 1, -1, 1), "delta"), ((1, 1, 1, 4), "theta")],
)
def test_bad_points_are_named_before_any_work(bad, message):
    with pytest.raises(ValueError, match=message):
        solve_many(*bad)


def test_no_points_give_no_rates():
    assert solve_many([], 1.0, 1.0, 0.0).S_P.shape == (0,)
