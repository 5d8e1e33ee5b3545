"""Worker processes and the program itself, killed and interrupted for real."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import xarray as xr
from grids import plan
from waiting import PATIENCE

from slls_widgets.sweeps import Processes, read_plan, run_sweep

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

# Some seconds of work in thirty chunks: long enough to be stopped in the middle.
FILE = """
chunk_points = 12
[grid]
alpha = { start = -1, stop = 1, num = 12 }
theta = { start = 0, stop = 3, num = 30 }
delta = 0.9
nu = 2
[simulation]
trajectories = 16
duration = 0.5
"""


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    (folder / "sweep.toml").write_text(FILE)
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "slls_widgets",
            "sweep",
            "sweep.toml",
            "--out",
            "r.zarr",
            "--workers",
            "2",
            *more,
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        # Started by a shell in the background, Ctrl-C would be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def marks(folder: Path) -> dict[str, int]:
    """Chunks that are done, and when their marks were written."""
    found = [path for path in (folder / "r.zarr" / "status").rglob("c/*/*") if path.name.isdigit()]
    return {str(path): path.stat().st_mtime_ns for path in found if path.is_file()}


def wait_for_marks(folder: Path, count: int, program: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(marks(folder)) < count:
        assert program.poll() is None, program.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finish(folder: Path) -> tuple[int, int]:
    """Run to the end; the chunks computed and the chunks found."""
    program = start(folder)
    out, err = program.communicate(timeout=300)
    assert program.returncode == 0, err
    computed, found = re.search(r"(\d+) chunks computed in .*, (\d+) were there", out).groups()
    return int(computed), int(found)


def test_killed_in_the_middle_no_chunk_is_computed_twice(tmp_path: Path) -> None:
    program = start(tmp_path)
    wait_for_marks(tmp_path, 3, program)
    workers = psutil.Process(program.pid).children(recursive=True)
    program.kill()
    program.communicate()
    before = marks(tmp_path)
    assert 3 <= len(before) < 30
    # Nobody is left behind to compute for nobody.
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    assert not alive
    computed, found = finish(tmp_path)
    assert (computed, found) == (30 - len(before), len(before))
    after = marks(tmp_path)
    assert len(after) == 30
    assert {path: after[path] for path in before} == before
    # The same numbers as without a kill.
    run_sweep(read_plan(tmp_path / "sweep.toml"), tmp_path / "whole.zarr")
    xr.testing.assert_equal(
        xr.open_zarr(tmp_path / "r.zarr").load(), xr.open_zarr(tmp_path / "whole.zarr").load()
    )


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(sent: int, code: int, tmp_path: Path) -> None:
    program = start(tmp_path)
    wait_for_marks(tmp_path, 2, program)
    program.send_signal(sent)
    out, err = program.communicate(timeout=PATIENCE)
    assert program.returncode == code
    assert out == ""
    done = len(marks(tmp_path))
    assert err == (
        f"slls sweep: interrupted; {done} of 30 chunks are kept in r.zarr. "
        "The same command goes on from there\n"
    )


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(FILE)
    killed = []

    def kill_one(state) -> None:
        if state.computed and not killed:
            killed.append(next(iter(workers._pool._processes)))
            os.kill(killed[0], signal.SIGKILL)

    with Processes(2) as workers:
        summary = run_sweep(
            read_plan(tmp_path / "sweep.toml"), tmp_path / "r.zarr", workers, progress=kill_one
        )
    assert killed
    assert summary.counts == {"pending": 0, "done": 360, "above_tol": 0, "failed": 0}
    assert summary.computed == 30


def test_processes_give_the_numbers_of_this_one(tmp_path: Path) -> None:
    with Processes(2) as workers:
        run_sweep(plan(), tmp_path / "two.zarr", workers)
    run_sweep(plan(chunk_points=30), tmp_path / "here.zarr")
    xr.testing.assert_equal(*(xr.open_zarr(tmp_path / name).load() for name in ("two.zarr", "here.zarr")))


def test_a_disk_that_takes_no_more_ends_in_one_line(tmp_path: Path) -> None:
    # A limit on the size of a file stands for the end of the disk: chunks of 80 kB do not fit, the rest does.
    file = FILE.replace("chunk_points = 12", "chunk_points = 10000").replace("num = 12", "num = 300")
    file = file.replace("num = 30", "num = 33").split("[simulation]")[0] + "[exact]\nquantities = ['S_P']\n"
    (tmp_path / "sweep.toml").write_text(file)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000));"
        "from slls_widgets.cli import main;"
        "sys.exit(main(['sweep', 'sweep.toml', '--out', 'r.zarr', '--workers', '1', '--quiet']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "slls sweep: cannot write r.zarr: File too large. The chunks written before"
    )
