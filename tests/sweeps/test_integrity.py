"""What a sweep calls complete has been read back: every kind of damage is named, and mended bit for bit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from grids import AWKWARD, plan

from slls_widgets.cli import main
from slls_widgets.sweeps import Here, check_store, run_sweep
from slls_widgets.sweeps.layout import consolidate
from slls_widgets.sweeps.opening import open_store

FILE = """
chunk_points = 4
[grid]
alpha = [-0.5, 0.0, 1e-14, 0.5]
theta = [0.0, 1.0]
delta = 0.9
alpha_nu = 3.0
[exact]
quantities = ["S_P", "phase", "efficiency", "mean_n"]
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished store with two chunks, failed points, words and three components, and its file beside it."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "sweep.toml").write_text(FILE)
    assert run(folder) == 0
    return folder


def run(folder: Path, *more: str) -> int:
    out, file = str(folder / "r.zarr"), str(folder / "sweep.toml")
    return main(["sweep", file, "--out", out, "--workers", "1", "--quiet", *more])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in this process: a new one needs seconds to begin."""

    class Inside(Here):
        def __init__(self, count: int | None = None) -> None:
            super().__init__()

        def __enter__(self) -> Inside:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("slls_widgets.sweeps.Processes", Inside)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(bytes(content))


def other(file: Path) -> None:
    """The same array's other chunk: a sound file, with the wrong values in it."""
    found = {
        one for one in file.parents[len(file.parts) - file.parts.index("c") - 2].rglob("0") if one.is_file()
    }
    shutil.copy((found - {file}).pop(), file)


def empty(file: Path) -> None:
    file.write_bytes(b"")


# Every damage to one chunk, and every chunk damaged in two ways.
CHUNKS = ["phase/c/0/0", "failure/c/0/0", "mean_n/c/0/0/0", "status/c/0/0", "checks/sums/c/0/0"]
DAMAGE = [("S_P/c/0/0", damage) for damage in (empty, cut, flip, other, Path.unlink)]
DAMAGE += [(key, damage) for key in CHUNKS for damage in (flip, Path.unlink)]
DESCRIPTIONS = ["zarr.json", "S_P/zarr.json", "status/zarr.json", "alpha/zarr.json", "component/zarr.json"]
DESCRIPTIONS += ["checks/zarr.json", "checks/sums/zarr.json", "alpha/c/0", "alpha_nu/c", "component/c/0"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("key", "damage"), DAMAGE)
def test_a_damaged_chunk_is_named_and_computed_again(
    key: str,
    damage: Callable[[Path], object],
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    store = tmp_path / "r.zarr"
    damage(store / key)
    capsys.readouterr()
    assert main(["sweep", "--check", str(store)]) == 1
    out, err = capsys.readouterr()
    assert str(store / key) in out
    assert "1 of 2 chunks are damaged" in err
    assert "slls sweep FILE --out" in err
    assert run(tmp_path) == 0
    out, err = capsys.readouterr()
    assert str(store / key) in err
    assert "1 chunks computed" in out
    assert run(tmp_path, "--check") == 0
    xr.testing.assert_identical(*(read(folder) for folder in (finished, tmp_path)))


def read(folder: Path) -> xr.Dataset:
    ds = xr.open_zarr(folder / "r.zarr").load()
    assert ds.attrs.pop("completed")
    return ds


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("damage", [empty, cut, Path.unlink])
@pytest.mark.parametrize("key", DESCRIPTIONS)
def test_a_damaged_description_is_named_and_written_anew(
    key: str,
    damage: Callable[[Path], object],
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    store = tmp_path / "r.zarr"
    damage(store / key)
    capsys.readouterr()
    assert run(tmp_path, "--check") == 1
    out, err = capsys.readouterr()
    assert f"{store / key} is missing or damaged" in out
    assert "r.zarr: descriptions or coordinates are damaged. To mend it:" in err
    assert run(tmp_path) == 0
    out, err = capsys.readouterr()
    assert f"{store / key} was missing or damaged" in err
    # Its chunks were sound, and nothing was computed.
    assert "0 chunks computed" in out
    assert main(["sweep", "--check", str(store)]) == 0
    xr.testing.assert_identical(*(read(folder) for folder in (finished, tmp_path)))


def test_a_flipped_bit_is_refused_by_every_reader(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "r.zarr", tmp_path / "r.zarr")
    flip(tmp_path / "r.zarr" / "S_P" / "c" / "0" / "0")
    with pytest.raises(RuntimeError):
        xr.open_zarr(tmp_path / "r.zarr").S_P.load()


def test_nothing_is_written_where_nothing_is_to_be_done(finished: Path) -> None:
    # As on a disk that can only be read.
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    assert run_sweep(plan_of(finished), finished / "r.zarr").complete
    assert check_store(finished / "r.zarr").sound
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def plan_of(folder: Path):
    from slls_widgets.sweeps import read_plan

    return read_plan(folder / "sweep.toml")


def test_a_disk_that_can_only_be_read_takes_one_line(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    (tmp_path / "r.zarr" / "status" / "c" / "0" / "0").unlink()

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match=r"^cannot write .*r\.zarr: Read-only file system\. The chunks"):
        run_sweep(plan_of(tmp_path), tmp_path / "r.zarr")


def test_a_store_that_is_not_finished_is_not_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = iter(range(100))
    run_sweep(plan(), tmp_path / "r.zarr", cancel=lambda: next(asked) >= 2)
    found = check_store(tmp_path / "r.zarr")
    assert not found.damage
    assert 0 < len(found.pending) < found.chunks == 6
    assert main(["sweep", "--check", str(tmp_path / "r.zarr")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{len(found.pending)} of 6 chunks are not computed yet" in err


def test_a_store_that_is_being_mended_is_not_called_complete(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    empty(tmp_path / "r.zarr" / "S_P" / "c" / "0" / "0")

    class Stopped(Exception):
        pass

    class Stopping(Here):
        def submit(self, task):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(plan_of(tmp_path), tmp_path / "r.zarr", Stopping())
    assert "completed" not in xr.open_zarr(tmp_path / "r.zarr").attrs
    assert check_store(tmp_path / "r.zarr").damaged == 1


@pytest.mark.parametrize("moved", [True, False])
def test_a_store_that_goes_away_during_a_run_is_missed(moved: bool, tmp_path: Path) -> None:
    store = tmp_path / "r.zarr"

    def move(state) -> None:
        if state.computed and store.exists():
            store.rename(tmp_path / "moved.zarr") if moved else shutil.rmtree(store)

    with pytest.raises(OSError, match=r"r\.zarr was moved or removed during the run\..*move it back"):
        run_sweep(plan(), store, progress=move)
    # Nothing stands in its way back.
    assert not store.exists()
    if moved:
        (tmp_path / "moved.zarr").rename(store)
    summary = run_sweep(plan(), store)
    assert summary.complete
    assert (summary.found > 0) == moved


def test_a_store_that_goes_away_in_the_middle_of_a_chunk_leaves_its_place_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, put = tmp_path / "r.zarr", Path.replace

    def replace(self: Path, target: Path):
        if "/S_B/c/" in str(target) and not (tmp_path / "moved.zarr").exists():
            store.rename(tmp_path / "moved.zarr")
            self = Path(str(self).replace("r.zarr", "moved.zarr"))
            target.parent.mkdir(parents=True)
        return put(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="was moved or removed during the run"):
        run_sweep(plan(), store)
    assert not store.exists()


def test_what_the_disk_lost_after_it_was_written_is_not_called_complete(tmp_path: Path) -> None:
    def lose(state) -> None:
        if state.computed == 10 and state.read is None:
            empty(tmp_path / "r.zarr" / "S_P" / "c" / "0" / "0" / "0")

    with pytest.raises(OSError, match=r"S_P/c/0/0/0 cannot be read .*, after it was written: the disk"):
        run_sweep(plan(), tmp_path / "r.zarr", progress=lose)
    summary = run_sweep(plan(), tmp_path / "r.zarr")
    assert (summary.complete, summary.computed, summary.found) == (True, 1, 5)


def as_before_checksums(store: Path) -> None:
    """What 0.1.0 wrote: layout 1, codes of one byte, no checksums."""
    attributes = dict(zarr.open_group(store).attrs)
    shutil.rmtree(store / "checks")
    group = zarr.open_group(store, mode="r+")
    for name in ("status", "phase"):
        array = group[name]
        old, values = dict(array.attrs), array[...]
        group.create_array(
            name,
            data=values.astype("int8"),
            chunks=array.chunks,
            dimension_names=array.metadata.dimension_names,
            attributes=old,
            overwrite=True,
        )
    group["S_P"].attrs["units"] = "eta*T"
    group.attrs.put({**attributes, "slls_sweep_format": 1})
    consolidate(store)


def test_a_store_of_before_the_checksums_is_read_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same, store = plan(grid=AWKWARD, chunk_points=4), tmp_path / "r.zarr"
    run_sweep(same, store)
    whole = xr.open_zarr(store).load()
    as_before_checksums(store)
    assert check_store(store).unchecked == 2
    assert main(["sweep", "--check", str(store)]) == 0
    assert "made before there were checksums" in capsys.readouterr().out
    # Even without a checksum it is seen that a number is missing.
    (store / "S_P" / "c" / "1" / "0").unlink()
    summary = run_sweep(same, store)
    assert (summary.complete, summary.computed, summary.unchecked) == (True, 1, 1)
    assert check_store(store).unchecked == 0
    ds = xr.open_zarr(store).load()
    assert (ds.S_P.attrs["units"], ds.status.dtype) == ("1", np.int8)
    xr.testing.assert_equal(ds, whole)
    # From now on every change is noticed.
    other(store / "S_P" / "c" / "1" / "0")
    assert check_store(store).damaged == 1


def test_a_list_that_turns_back_begins_no_store_and_goes_on_in_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turning, store = plan(grid={**AWKWARD, "alpha": [0.5, -0.5, 0.1]}, chunk_points=3), tmp_path / "r.zarr"
    with pytest.raises(ValueError, match=r"grid.alpha must rise or fall .* got 0.1 after -0.5"):
        run_sweep(turning, store)
    assert not list(tmp_path.iterdir())
    with monkeypatch.context() as older:
        older.setattr("slls_widgets.sweeps.opening.check_ordered", lambda axis: None)
        run_sweep(turning, store)
    (store / "status" / "c" / "1" / "0").unlink()
    assert check_store(store).damaged == 1
    summary = run_sweep(turning, store)
    assert (summary.complete, summary.computed) == (True, 1)
    assert xr.open_zarr(store).alpha.values.tolist() == [0.5, -0.5, 0.1]


@pytest.mark.parametrize("layout", [0, 3, "x", None])
def test_a_store_of_an_unknown_layout_is_refused(layout: object, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "r.zarr", tmp_path / "r.zarr")
    description = json.loads((tmp_path / "r.zarr" / "zarr.json").read_text())
    description["attributes"]["slls_sweep_format"] = layout
    (tmp_path / "r.zarr" / "zarr.json").write_text(json.dumps(description))
    with pytest.raises(ValueError, match=f"has layout {layout}, which slls-widgets .* does not know"):
        check_store(tmp_path / "r.zarr")


def test_no_check_during_a_run(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with open_store(tmp_path / "r.zarr", plan()), pytest.raises(ValueError, match="another run is writing"):
        check_store(tmp_path / "r.zarr")


@pytest.mark.parametrize("place", ["none.zarr", "empty"])
def test_no_store_no_check(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["sweep", "--check", str(tmp_path / place)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_of_several_starts_at_once_one_makes_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fcntl")
    rename = Path.rename
    seen = []

    def overtaken(self: Path, target: Path):
        if not seen:
            seen.append(self)
            # The other makes the store, and is still at it when this one wants to open it.
            first.enter_context(open_store(target, plan()))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    with (
        ExitStack() as first,
        pytest.raises(ValueError, match=r"^another run is writing .*r\.zarr; wait for it"),
        open_store(tmp_path / "r.zarr", plan()),
    ):
        pass
    assert seen
    assert [path.name for path in tmp_path.iterdir()] == ["r.zarr"]
