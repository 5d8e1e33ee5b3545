"""Whole sweeps: the store, resuming, and everything that can go wrong meanwhile."""

from __future__ import annotations

import errno
import os
import threading
import warnings
from concurrent.futures import Future, process
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conventions import broken_rules
from grids import AWKWARD, GRID, content, plan

import slls_widgets as sw
from slls_widgets.sweeps import Here, Plan, check_store, run_sweep
from slls_widgets.sweeps.compute import Result, Task, compute
from slls_widgets.sweeps.opening import open_store
from slls_widgets.sweeps.quantities import EXACT


class Counting(Here):
    """Computes here, and remembers what."""

    def __init__(self, dies_on: tuple[int, ...] = (), patience: int = 3) -> None:
        super().__init__()
        self.seen: list[int] = []
        self.dies_on = dies_on
        self.patience = patience
        self.recovered = 0

    def submit(self, task: Task) -> Future[Result]:
        first = int(task.index[0])
        self.seen.append(first)
        if first in self.dies_on:
            future: Future[Result] = Future()
            future.set_exception(process.BrokenProcessPool("gone"))
            return future
        return super().submit(task)

    def lost(self, error: BaseException) -> bool:
        return isinstance(error, process.BrokenProcessPool)

    def recover(self) -> None:
        self.recovered += 1


def after(chunks: int):
    """A cancel that comes after some chunks."""
    asked = iter(range(10_000))
    return lambda: next(asked) >= chunks


def test_the_result_opens_with_xarray_and_says_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "results.zarr"
    summary = run_sweep(Plan.of(content(title="A test")), out)
    assert summary.complete
    assert summary.counts == {"pending": 0, "done": 30, "above_tol": 0, "failed": 0}
    ds = xr.open_zarr(out).load()
    assert ds.S_P.dims == ("delta", "theta", "alpha")
    assert ds.S_P.attrs == {
        "units": "1",
        "long_name": "pumped entropy rate",
        "comment": "in units of eta T",
    }
    assert (ds.coords["nu"].item(), ds.theta.attrs["units"]) == (2.0, "rad")
    assert ds.attrs["title"] == "A test"
    assert ds.attrs["slls_widgets_version"] == sw.__version__
    assert ds.attrs["completed"] >= ds.attrs["history"][:19]
    assert ds.phase.attrs["flag_meanings"].split()[2] == "refrigerator"
    same = sw.phase_map(ds.alpha, ds.theta, delta=0.9, nu=2.0, tol=1e-6)
    for name in ("S_P", "S_B", "Sigma", "Delta_P"):
        np.testing.assert_array_equal(ds[name].sel(delta=0.9), same[name])
    words = np.array(ds.phase.attrs["flag_meanings"].split())[ds.phase.sel(delta=0.9)]
    np.testing.assert_array_equal(words, same.phase)


def test_a_result_as_netcdf_follows_the_conventions(tmp_path: Path) -> None:
    simulation = {"trajectories": 4, "duration": 0.1, "dt": 0.02}
    grid = {"alpha": [0.5, -0.5], "theta": [0.1, 0.7], "delta": 0.9, "nu": 2}
    quantities = [name for name in EXACT if name != "mean_n"]
    made = plan(grid=grid, exact={"quantities": quantities, "errors": True}, simulation=simulation)
    run_sweep(made, tmp_path / "r.zarr")
    ds = xr.open_zarr(tmp_path / "r.zarr")
    # xarray would give the coordinates a fill value.
    ds.to_netcdf(tmp_path / "r.nc", encoding={name: {"_FillValue": None} for name in ds.coords})
    assert broken_rules(tmp_path / "r.nc") == []
    with xr.open_dataset(tmp_path / "r.nc") as again:
        xr.testing.assert_equal(again, ds.load())


def test_one_point_is_a_sweep_too(tmp_path: Path) -> None:
    point = {"alpha": 0.5, "nu": 2, "delta": 0.9, "theta": 0.7}
    run_sweep(plan(grid=point, exact={"quantities": ["S_P", "mean_n"]}), tmp_path / "r.zarr")
    ds = xr.open_zarr(tmp_path / "r.zarr").load()
    state = sw.steady_state(sw.Macrospin(**point), tol=1e-6)
    assert ds.S_P.item() == state.S_P
    np.testing.assert_array_equal(ds.mean_n.sel(component="x"), state.mean_n[0])


def test_a_failed_point_is_recorded_with_its_reason(tmp_path: Path) -> None:
    summary = run_sweep(plan(grid=AWKWARD), tmp_path / "r.zarr")
    assert summary.counts["failed"] == 2
    ds = xr.open_zarr(tmp_path / "r.zarr").load()
    assert "more than the limit" in str(ds.failure.sel(alpha=1e-14, theta=1.0).item())
    assert ds.failure.sel(alpha=0.5, theta=1.0).item() == ""
    assert ds.attrs["points_failed"] == 2


def test_a_run_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    out, reference = tmp_path / "r.zarr", tmp_path / "reference.zarr"
    first = Counting()
    summary = run_sweep(plan(), out, first, cancel=after(2))
    assert not summary.complete
    assert 0 < summary.computed < 6
    second = Counting()
    summary = run_sweep(plan(), out, second)
    assert summary.complete
    written = summary.found
    # What was written is not computed again; what was under way at the stop is.
    assert len(second.seen) == 6 - written
    assert set(first.seen[:written]).isdisjoint(second.seen)
    third = Counting()
    assert run_sweep(plan(), out, third).complete
    assert third.seen == []
    run_sweep(plan(), reference)
    xr.testing.assert_equal(xr.open_zarr(out).load(), xr.open_zarr(reference).load())


def test_a_chunk_without_its_mark_is_computed_again(tmp_path: Path) -> None:
    out = tmp_path / "r.zarr"
    run_sweep(plan(), out)
    marks = sorted((out / "status" / "c").rglob("0"))
    marks = [mark for mark in marks if mark.is_file()]
    marks[0].unlink()
    (marks[0].parent / "0.1234.partial").write_text("half")
    counting = Counting()
    run_sweep(plan(), out, counting)
    assert len(counting.seen) == 1
    assert not list(out.rglob("*.partial"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grid": {**GRID, "nu": 2.5}}, r"grid.nu \(2.0 there, 2.5 now\)"),
        (
            {"grid": {**GRID, "alpha": {"start": -1.0, "stop": 1.0, "num": 6}}},
            r"grid.alpha.num \(5 there, 6 now\)",
        ),
        ({"exact": {"tol": 1e-5}}, r"exact.tol \(1e-06 there, 1e-05 now\)"),
        ({"simulation": {}}, r"simulation \(nothing there, a table of 7 now\)"),
    ],
)
def test_another_sweep_in_the_same_place_is_refused(changes, words: str, tmp_path: Path) -> None:
    run_sweep(plan(), tmp_path / "r.zarr")
    with pytest.raises(ValueError, match=f"holds another sweep: it differs in .*{words}"):
        run_sweep(plan(**changes), tmp_path / "r.zarr")


def test_another_version_in_the_same_place_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sweep(plan(), tmp_path / "r.zarr", cancel=after(1))
    monkeypatch.setattr("slls_widgets.sweeps.opening.__version__", "9.9")
    with pytest.raises(ValueError, match=r"was begun with slls-widgets .*, this is 9\.9"):
        run_sweep(plan(), tmp_path / "r.zarr")


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_something_else_in_its_place_is_left_alone(make, tmp_path: Path) -> None:
    make(tmp_path / "r.zarr")
    with pytest.raises(ValueError, match="is not the result of a sweep"):
        run_sweep(plan(), tmp_path / "r.zarr")


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with (
        open_store(tmp_path / "r.zarr", plan()),
        pytest.raises(ValueError, match="another run is writing"),
        open_store(tmp_path / "r.zarr", plan()),
    ):
        pass
    with open_store(tmp_path / "r.zarr", plan()):
        pass


def test_a_place_that_cannot_be_written_takes_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"cannot create .*r\.zarr: "):
        run_sweep(plan(), tmp_path / "file" / "r.zarr")


def test_a_full_disk_keeps_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "r.zarr"
    put, count = os.replace, 0

    def replace(source, target):
        nonlocal count
        count += "/status/c" in str(target)
        if count > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return put(source, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(
        OSError, match=r"cannot write .*r\.zarr: No space left on device\. The chunks written"
    ):
        run_sweep(plan(), out)
    monkeypatch.undo()
    counting = Counting()
    assert run_sweep(plan(), out, counting).complete
    assert len(counting.seen) == 3


def test_a_worker_that_dies_costs_nothing(tmp_path: Path) -> None:
    workers = Counting(dies_on=(5,))
    submit = workers.submit

    def once(task: Task) -> Future[Result]:
        future = submit(task)
        workers.dies_on = ()
        return future if int(task.index[0]) != 5 or workers.seen.count(5) == 1 else submit(task)

    workers.submit = once  # type: ignore[method-assign]
    workers.seen.clear()
    workers.dies_on = (0,)
    summary = run_sweep(plan(), tmp_path / "r.zarr", workers)
    assert summary.counts["done"] == 30
    assert workers.recovered == 1


def test_a_chunk_that_kills_every_worker_is_given_up_and_no_other(tmp_path: Path) -> None:
    workers = Counting(dies_on=(10,))
    summary = run_sweep(plan(), tmp_path / "r.zarr", workers)
    assert summary.complete
    assert workers.seen.count(10) == workers.recovered == 3
    ds = xr.open_zarr(tmp_path / "r.zarr").load()
    assert (ds.status.values.ravel()[10:15] == 3).all()
    assert summary.counts == {"pending": 0, "done": 25, "above_tol": 0, "failed": 5}
    assert "ended unexpectedly, 3 times" in str(ds.failure.values.ravel()[10])
    # On a machine with more memory:
    again = Counting()
    summary = run_sweep(plan(), tmp_path / "r.zarr", again, retry_failed=True)
    assert again.seen == [10]
    assert summary.counts["done"] == 30
    assert set(xr.open_zarr(tmp_path / "r.zarr").failure.values.ravel()) == {""}


def test_workers_that_come_late_are_waited_for_at_rest(tmp_path: Path) -> None:
    class Late(Here):
        """Nobody is there until something has waited for half a second."""

        ahead = 0
        here = False

        def slots(self) -> int:
            return int(self.here)

        def submit(self, task: Task) -> Future[Result]:
            if self.here:
                return super().submit(task)
            future: Future[Result] = Future()

            def come() -> None:
                self.here = True
                future.set_result(compute(task))

            threading.Timer(0.5, come).start()
            return future

    looks = []
    summary = run_sweep(plan(), tmp_path / "r.zarr", Late(), progress=looks.append)
    assert summary.complete
    # One look at each chunk, and ten a second before.
    assert sum(look.workers == 0 for look in looks) < 10


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    seen = []
    run_sweep(plan(), tmp_path / "r.zarr", progress=seen.append)
    assert [state.stored for state in seen] == sorted(state.stored for state in seen)
    assert (seen[-1].stored, seen[-1].points, seen[-1].computed) == (30, 30, 30)
    assert seen[-1].left == 0.0


def test_a_store_warns_of_nothing(tmp_path: Path) -> None:
    run_sweep(plan(grid=AWKWARD), tmp_path / "r.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xr.open_zarr(tmp_path / "r.zarr").load()
    assert check_store(tmp_path / "r.zarr").sound
