"""The same sweep by a Dask cluster, spoken to over TCP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xarray as xr
from grids import AWKWARD, plan

from slls_widgets.sweeps import Cluster, run_sweep

distributed = pytest.importorskip("distributed", reason="needs the extra 'distributed'")
dask = pytest.importorskip("dask")

GRID = {"alpha": {"start": -1, "stop": 1, "num": 20}, "theta": [0.1, 0.2, 0.3], "delta": 0.9, "nu": 2}


@pytest.fixture
def cluster() -> Iterator[object]:
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as running:
        assert running.scheduler_address.startswith("tcp://127.0.0.1:")
        yield running


def test_a_cluster_gives_the_same_numbers_and_survives_a_dead_worker(cluster, tmp_path: Path) -> None:
    same = plan(grid=AWKWARD)
    with Cluster(cluster.scheduler_address) as workers:
        run_sweep(same, tmp_path / "cluster.zarr", workers)
    run_sweep(same, tmp_path / "here.zarr")
    xr.testing.assert_equal(*(xr.open_zarr(tmp_path / f"{name}.zarr").load() for name in ("cluster", "here")))

    killed = []

    def kill_one(state) -> None:
        if state.computed and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    simulation = {"trajectories": 16, "duration": 0.5}
    longer = plan(grid=GRID, exact={"quantities": ["S_P"]}, simulation=simulation)
    with Cluster(cluster.scheduler_address) as workers:
        summary = run_sweep(longer, tmp_path / "killed.zarr", workers, progress=kill_one)
    assert killed
    assert (summary.computed, summary.counts["done"], summary.counts["failed"]) == (12, 60, 0)


def test_a_cluster_that_adapts_begins_with_nobody(tmp_path: Path) -> None:
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as running:
        running.adapt(minimum=0, maximum=1, interval="100ms")
        looks = []
        with Cluster(running.scheduler_address) as workers:
            summary = run_sweep(plan(grid=GRID), tmp_path / "r.zarr", workers, progress=looks.append)
    assert summary.complete
    assert looks[0].workers == 0


def test_the_command_line_uses_a_cluster(cluster, tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(
        "[grid]\nalpha = [0.1, 0.2]\nnu = 2\ndelta = 1\ntheta = 0\n[exact]\n"
    )
    command = [sys.executable, "-m", "slls_widgets", "sweep", "sweep.toml"]
    done = subprocess.run(
        [*command, "--scheduler", cluster.scheduler_address],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 points, 0 above tol, 0 failed" in done.stdout


def test_a_scheduler_that_goes_away_ends_the_run_and_keeps_what_is_done(cluster, tmp_path: Path) -> None:
    simulation = {"trajectories": 16, "duration": 0.5}
    longer = plan(grid=GRID, exact={"quantities": ["S_P"]}, simulation=simulation)

    def close(state) -> None:
        if state.computed:
            cluster.close()

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        Cluster(cluster.scheduler_address) as workers,
        pytest.raises(ConnectionError, match="gone"),
    ):
        run_sweep(longer, tmp_path / "r.zarr", workers, progress=close)
    summary = run_sweep(longer, tmp_path / "r.zarr")
    assert summary.complete
    assert summary.found >= 1


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_scheduler_takes_one_line(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(
        "chunk_points = 4\n[grid]\nalpha = {start = -1, stop = 1, num = 40}\nnu = 2\ndelta = 1\n"
        "theta = {start = 0, stop = 3, num = 40}\n[simulation]\ntrajectories = 64\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE if words[0] == "slls_widgets" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if words[0] == "slls_widgets" else subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def wait_for(there: Callable[[], object], program: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 240
        while not there():
            assert program.poll() is None, program.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    known = ("--scheduler-file", str(tmp_path / "scheduler.json"))
    scheduler = start(
        "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *known
    )
    started = [scheduler]
    try:
        wait_for((tmp_path / "scheduler.json").exists, scheduler)
        started.append(start("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", *known))
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        sweep = start("slls_widgets", "sweep", "sweep.toml", "--scheduler", address)
        started.append(sweep)
        wait_for(lambda: any((tmp_path / "sweep.zarr" / "status").glob("c/*/*")), sweep)
        scheduler.kill()
        out, err = sweep.communicate(timeout=240)
    finally:
        for program in started:
            program.kill()
            program.communicate()
    assert (sweep.returncode, out) == (2, "")
    assert err.startswith("slls sweep: the ")
    assert err.endswith(
        " gone. The chunks written before are kept, and the same command goes on from there\n"
    )
    assert err.count("\n") == 1


def test_nobody_at_the_address_takes_one_line() -> None:
    with pytest.raises(ConnectionError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1: "):
        Cluster("tcp://127.0.0.1:1", timeout=1)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'slls-widgets\[distributed\]'"):
        Cluster("tcp://127.0.0.1:8786")
