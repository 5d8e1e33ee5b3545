"""Machine code on disk: it follows every source that went into it, in every place, and no damage stops it."""

from __future__ import annotations

import ast
import errno
import importlib
import json
import logging
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from numba.core import compiler, event

import slls_widgets
from slls_widgets import _code_folders, _jit

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="nothing is compiled"
)

INNER = """from slls_widgets._jit import kernel

@kernel()
def inner(x):
    return {} * x
"""
OUTER = """from inner import inner

from slls_widgets._jit import kernel

@kernel()
def outer(x):
    return inner(x) + 1.0
"""
# What `count` does, for a process of its own; it prints the answer and what was compiled.
PROGRAM = """import json, sys
sys.dont_write_bytecode = True
from numba.core import event
with event.install_recorder("numba:compile") as seen:
    from outer import outer
    print(json.dumps([outer(1.0), sum(one.is_start for _, one in seen.buffer)]))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two kernels, one calling the other, and a cache of the user's own."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "inner.py").write_text(INNER.format(2.0))
    (folder / "outer.py").write_text(OUTER)
    monkeypatch.syspath_prepend(folder)
    _jit._say_once.cache_clear()
    return tmp_path


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[float, int]]:
    """Import the kernels anew, call the outer one, and tell the answer and how many were compiled."""

    def run() -> tuple[float, int]:
        load(monkeypatch)
        with event.install_recorder("numba:compile") as seen:
            value = sys.modules["outer"].outer(1.0)
        return value, sum(one.is_start for _, one in seen.buffer)

    return run


def load(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("inner", "outer"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.invalidate_caches()
    importlib.import_module("outer")


def block(home: Path, *names: str) -> None:
    """Put a file where a folder should be, which stops root as well."""
    for name in names:
        (home / name).write_text("")


@pytest.mark.parametrize("place", ["beside", "given", "own", "own for given"])
def test_an_edited_callee_is_compiled_into_its_callers_again(
    home: Path, count: Callable[[], tuple[float, int]], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    expected = {"beside": "kernels/__pycache__", "given": "given"}.get(place, "home/slls-widgets")
    if "given" in place:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / "given"))
    if place == "own":
        block(home, "kernels/__pycache__")
    if place == "own for given":
        block(home, "given")
    assert count() == (3.0, 2)
    assert count() == (3.0, 0)
    (home / "kernels" / "inner.py").write_text(INNER.format(5.0))
    assert count() == (6.0, 2)
    assert count() == (6.0, 0)
    kept = {file.parents[1] for file in home.rglob("*.nbc")}
    assert kept == {home / expected}
    # Back again, as between two branches.
    (home / "kernels" / "inner.py").write_text(INNER.format(2.0))
    assert count() == (3.0, 0)


def test_a_module_run_by_its_name_belongs_to_its_package(home: Path) -> None:
    package = home / "package"
    (package / "part").mkdir(parents=True)
    source = OUTER.replace("from inner", "from package.inner")
    (package / "part" / "run.py").write_text(f"{source}print(outer(1.0))")
    answers = []
    for factor in (2.0, 5.0):
        (package / "inner.py").write_text(INNER.format(factor))
        command = [sys.executable, "-m", "package.part.run"]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=True)
        answers.append(done.stdout)
    assert answers == ["3.0\n", "6.0\n"]


def test_without_any_place_everything_works_and_one_line_says_so(
    home: Path, count: Callable[[], tuple[float, int]], caplog: pytest.LogCaptureFixture
) -> None:
    block(home, "kernels/__pycache__", "home")
    assert count() == (3.0, 2)
    assert count() == (3.0, 2)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    for words in (str(home / "kernels" / "__pycache__"), str(home / "home"), "set NUMBA_CACHE_DIR"):
        assert words in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_user_without_a_home_has_no_place_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert len(_code_folders.folders_for(Path(_jit.__file__), "slls_widgets._jit")) == 1


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "something").write_text("in it")


DAMAGE = {
    "emptied": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:10]),
    "flipped": flip,
    "garbage": lambda file: file.write_bytes(b"\x80\x04garbage"),
    "garbage with a checksum": lambda file: _code_folders.write([file], b"\x80\x04garbage"),
    "something else": lambda file: _code_folders.write([file], b"\x80\x04K\x01."),
    "unreadable": lambda file: file.chmod(0),
    "a folder": replace_by_folder,
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_machine_code_is_compiled_again(
    home: Path, count: Callable[[], tuple[float, int]], kind: str
) -> None:
    if kind == "unreadable" and os.name != "nt" and os.geteuid() == 0:
        pytest.skip("root reads every file")
    assert count() == (3.0, 2)
    files = list(home.rglob("*.nbc"))
    assert len(files) == 2
    for file in files:
        DAMAGE[kind](file)
    assert count() == (3.0, 2)
    assert count() == (3.0, 0)


def test_damage_that_cannot_be_replaced_is_named(
    home: Path,
    count: Callable[[], tuple[float, int]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block(home, "home")
    assert count() == (3.0, 2)
    (file,) = home.rglob("outer*.nbc")
    flip(file)

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    assert count() == (3.0, 1)
    (record,) = caplog.records
    assert f"{file}: Permission denied" in record.getMessage()
    assert "set NUMBA_CACHE_DIR" in record.getMessage()


def test_a_full_disk_leaves_no_half_files_and_the_next_place_is_taken(
    home: Path, count: Callable[[], tuple[float, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes = Path.write_bytes

    def write_half(self: Path, data: bytes) -> int:
        if "__pycache__" not in self.parts:
            return write_bytes(self, data)
        write_bytes(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    assert count() == (3.0, 2)
    assert count() == (3.0, 0)
    assert not [path for path in home.rglob("__pycache__/*/*") if path.is_file()]
    assert len(list((home / "home").rglob("*.nbc"))) == 2


def test_kernels_of_a_zip_archive_are_compiled_and_not_kept(
    home: Path, count: Callable[[], tuple[float, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = home / "kernels.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in (home / "kernels").glob("*.py"):
            file.write(source, source.name)
    shutil.rmtree(home / "kernels")
    monkeypatch.syspath_prepend(archive)
    assert count() == (3.0, 2)
    assert not list(home.rglob("*.nbc"))


def test_machine_code_of_a_source_edited_after_it_was_loaded_is_not_kept(
    home: Path, count: Callable[[], tuple[float, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(monkeypatch)
    (home / "kernels" / "inner.py").write_text(INNER.format(5.0))
    assert sys.modules["outer"].outer(1.0) == 3.0
    assert count() == (6.0, 2)


def test_folders_of_old_sources_do_not_pile_up(home: Path, count: Callable[[], tuple[float, int]]) -> None:
    place = home / "kernels" / "__pycache__"
    for other in ("numba", "slls-elsewhere-0123456789abcdef", "slls-kernels"):
        (place / other).mkdir(parents=True)
    for factor in range(1, 7):
        (home / "kernels" / "inner.py").write_text(INNER.format(float(factor)))
        assert count() == (factor + 1.0, 2)
    assert len(list(place.glob(f"slls-kernels-{'?' * 16}"))) == 4
    assert {"numba", "slls-elsewhere-0123456789abcdef", "slls-kernels"} <= {
        one.name for one in place.iterdir()
    }
    assert count() == (7.0, 0)


def test_without_the_private_parts_of_numba_kernels_work(
    home: Path,
    count: Callable[[], tuple[float, int]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert count() == (3.0, 2)
    monkeypatch.delattr(compiler.CompileResult, "_rebuild")
    monkeypatch.delattr(compiler.CompileResult, "_reduce")
    assert count() == (3.0, 2)
    assert "_reduce" in caplog.text


def without_root() -> list[str]:
    """What to put before a command so that permissions hold for it."""
    if os.name == "nt":
        pytest.skip("permissions of POSIX")
    if os.geteuid():
        return []
    if (setpriv := shutil.which("setpriv")) is None:
        pytest.skip("root may write everywhere, and there is no setpriv")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


@pytest.mark.parametrize("given", [False, True])
def test_users_share_what_an_administrator_compiled(home: Path, given: bool) -> None:
    shared = home / ("given" if given else "kernels")

    def run(user: str) -> list[float]:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"},
            **({"NUMBA_CACHE_DIR": str(shared)} if given else {}),
            "XDG_CACHE_HOME": str(home / user),
        }
        command = [*prefix, sys.executable, "-c", PROGRAM]
        done = subprocess.run(
            command, cwd=home / "kernels", env=environment, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        found: list[float] = json.loads(done.stdout)
        return found

    def forbid(mode: int) -> None:
        for path in [shared, *shared.rglob("*")]:
            path.chmod(mode if path.is_dir() else 0o444)

    prefix: list[str] = []
    assert run("administrator") == [3.0, 2]
    prefix = without_root()
    forbid(0o555)
    try:
        # Unpacked or copied again: the time of a file is not what counts.
        os.utime(home / "kernels" / "inner.py", (0, 0))
        assert run("user") == [3.0, 0]
        assert not (home / "user").exists()
    finally:
        forbid(0o755)


def kernels_of(tree: ast.Module) -> list[ast.FunctionDef]:
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(one, ast.Call) and getattr(one.func, "id", "") == "kernel"
            for one in node.decorator_list
        )
    ]


def test_kernels_need_nothing_from_outside_of_their_folder() -> None:
    """Its sources are what their machine code is kept under."""
    package = Path(slls_widgets.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        outside = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level > 1
            for alias in node.names
        }
        for function in kernels_of(tree):
            found.add(file.parent)
            used = {
                node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)
            }
            assert not used & outside, f"{file.name}: {function.name}"
    known = {Path(folders[0]).parents[1] for folders in _code_folders._of_package()}
    if not os.environ.get("NUMBA_CACHE_DIR"):
        assert known == found


def test_machine_code_of_another_processor_or_a_part_of_it_is_cold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "given"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    for folders in _code_folders._of_package():
        for name in ("one.f-0123.nbc", "one.g-4567.nbc"):
            _code_folders.write([folders[0] / name], b"machine code")
    assert _code_folders.is_cold()  # where a warm-up was interrupted
    _code_folders.keep_mark()
    assert not _code_folders.is_cold()
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    assert _code_folders.is_cold()
    monkeypatch.delenv("NUMBA_CPU_NAME")
    assert not _code_folders.is_cold()
    (folders[0] / name).unlink()
    assert _code_folders.is_cold()


def test_a_server_asks_for_machine_code_without_loading_numba() -> None:
    code = (
        "import sys; from slls_widgets import _code_folders as f; f.is_cold(); print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# scipy's linear algebra belongs to the process that uses it: here last of all, in a kernel of somebody's own.
LEAN = """import sys
import numpy as np
from numba import njit
import slls_widgets as sw

sw.steady_state(sw.Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7))
sw.simulate(sw.Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7), 8, 0.1)
before = "scipy.linalg" in sys.modules
print(before, njit(lambda a, b: np.linalg.solve(a, a @ b))(2.0 * np.eye(2), np.ones(2)))
"""


def test_compiled_code_loads_no_linear_algebra_that_it_does_not_use() -> None:
    done = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False [1. 1.]\n", "")
