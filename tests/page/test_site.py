"""The static site as far as it goes without a browser: what is called, what is checked, what is refused."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import slls_widgets
from slls_widgets import _wasm
from slls_widgets.explore import packages
from slls_widgets.page import kernels, linker, runtime, site, standins
from slls_widgets.page.runtime import Runtime
from slls_widgets.page.signatures import SIGNATURES

PACKAGE = Path(slls_widgets.__file__).parent
# Rooms that no page runs.
ELSEWHERE = ("serving", "cli", "page", "proof", "sweeps", "studies", "plots")
# What the app does not show.
UNSEEN = {PACKAGE / "fokker_planck/heat.py"}


def decorated(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "kernel"
        for each in node.decorator_list
    )


def called_from_python() -> set[str]:
    """Kernels that stand in the code of anything but a kernel, by module and name."""
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in ELSEWHERE and path not in UNSEEN
    }
    homes: dict[Path, dict[str, str]] = {}
    for path, tree in trees.items():
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        homes[path] = {node.name: f"{module}.{node.name}" for node in tree.body if decorated(node)}
    everywhere = {name for known in homes.values() for name in known.values()}
    found = set()
    for path, tree in trees.items():
        names = dict(homes[path])
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                here = path.relative_to(PACKAGE).parts
                base = ".".join([*here[: len(here) - node.level], node.module])
                names |= {
                    each.asname or each.name: f"{base}.{each.name}"
                    for each in node.names
                    if f"{base}.{each.name}" in everywhere
                }
        for node in tree.body:
            if not decorated(node):
                found |= {
                    names[each.id]
                    for each in ast.walk(node)
                    if isinstance(each, ast.Name) and each.id in names
                }
    return found


def test_each_kernel_that_python_calls_is_compiled_for_browsers_and_no_other() -> None:
    assert called_from_python() == set(SIGNATURES)


def test_another_numba_is_refused_before_anything_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kernels, "PINS", {"numba": "0.1"})
    with pytest.raises(RuntimeError, match=r"with numba 0\.1, whose insides are known"):
        kernels.build(tmp_path)


def test_without_a_linker_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linker, "find_spec", lambda _: None)
    monkeypatch.setattr(linker.shutil, "which", lambda _: None)
    monkeypatch.setattr(linker, "Path", lambda _: Path("/nowhere"))
    with pytest.raises(RuntimeError, match=r"slls-widgets\[site\]"):
        linker.linker()


@pytest.mark.parametrize(
    ("kind", "leaves"),
    [
        ("{i8*, {i8*, double*}*, i64, [2 x i64]}", ["ptr", "ptr", "i64", "i64", "i64"]),
        ("{{double, double}, i1}", ["double", "double", "i1"]),
        ("double", ["double"]),
    ],
)
def test_what_numba_returns_is_taken_apart(kind: str, leaves: list[str]) -> None:
    class Context:
        data_model_manager = {0: type("Model", (), {"get_return_type": lambda self: kind})()}  # noqa: RUF012

    opaque = kernels._returned(Context, 0)
    assert [leaf for leaf, _ in kernels._paths(opaque)] == leaves


def test_a_result_of_another_shape_than_expected_stops_the_build() -> None:
    with pytest.raises(RuntimeError, match=r"numba returns .* was expected"):
        kernels._door("k0", "function", "{double, i64}", [], ["double"])


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("float", 1, "is a float; got 1"),
        ("int", 1.0, "is a int; got 1.0"),
        ("int", True, "is a int; got True"),
        ({"array": "float64", "ndim": 2}, np.zeros(3), "2-dimensional float64 array in C order; got a 1-dim"),
        ({"array": "float64", "ndim": 2}, np.zeros((2, 3)).T, "in C order"),
        ({"array": "uint64", "ndim": 1}, np.zeros(3), "uint64"),
    ],
)
def test_an_argument_of_another_type_is_refused_by_name(kind: Any, value: object, said: str) -> None:
    with pytest.raises(TypeError, match=r"argument 2 of the kernel some\.kernel") as refused:
        _wasm._put(kind, value, 0, "some.kernel", 2)
    assert said in str(refused.value)


def test_arguments_and_results_pass_through_the_slots() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert _wasm._put("float", 0.5, 0, "", 0) == 1
    assert _wasm._put({"array": "float64", "ndim": 2}, array, 1, "", 1) == 10
    assert _wasm._given_floats[0] == 0.5
    assert _wasm._given[1:10].tolist() == [0, 0, 6, 8, array.ctypes.data, 2, 3, 24, 8]
    _wasm._made_floats[0], _wasm._made[1:3] = 2.5, (7, 1)
    assert _wasm._take({"tuple": ["float", "int", "bool"]}, 0) == ((2.5, 7, True), 3)


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a release, with known checksums."""
    folder = tmp_path / "release"
    folder.mkdir()
    names = [*runtime._CORE, "numpy.whl", *runtime.SCRIPTS]
    for name in names:
        (folder / name).write_bytes(name.encode())
    with zipfile.ZipFile(folder / "numpy.whl", "w") as wheel:
        wheel.writestr("numpy/__init__.py", "")
        wheel.writestr("numpy/_core/include/numpy/arrayobject.h", "")
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    numpy = {"name": "NumPy", "file_name": "numpy.whl", "depends": [], "sha256": sums["numpy.whl"]}
    scipy = {"name": "scipy", "file_name": "scipy.whl", "depends": ["numpy"], "sha256": ""}
    lock = {"info": {"version": "1.2", "python": "3.13"}, "packages": {"numpy": numpy, "scipy": scipy}}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    core = {name: sums[name] for name in runtime._CORE}
    core["pyodide-lock.json"] = hashlib.sha256(json.dumps(lock).encode()).hexdigest()
    scripts = {name: {"version": "1", "sha256": sums[name]} for name in runtime.SCRIPTS}
    monkeypatch.setattr(runtime, "_checksums", lambda: {"pyodide": {"1.2": core}, "scripts": scripts})
    return folder


def test_a_release_is_known_and_what_it_lacks_comes_not_later(release: Path) -> None:
    found = Runtime(release)
    assert found.check() == []
    assert found.later == []


@pytest.mark.parametrize("name", [*runtime._CORE, "numpy.whl", "pyodide-lock.json", *runtime.SCRIPTS])
def test_each_file_that_was_changed_is_refused(release: Path, name: str) -> None:
    path = release / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ValueError, match=f"{name} is not the file of the release"):
        Runtime(release).check()


def test_an_unknown_release_is_told_and_its_packages_are_checked_all_the_same(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = runtime._checksums() | {"pyodide": {}}
    monkeypatch.setattr(runtime, "_checksums", lambda: known)
    assert set(Runtime(release).check()) == {*runtime._CORE, "pyodide-lock.json"}
    (release / "numpy.whl").write_bytes(b"")
    with pytest.raises(ValueError, match=r"numpy\.whl"):
        Runtime(release).check()


@pytest.mark.parametrize("name", [*runtime._CORE, *runtime.SCRIPTS])
def test_a_folder_that_lacks_something_is_refused(release: Path, name: str) -> None:
    (release / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        Runtime(release)


@pytest.fixture
def built(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(site, "_kernels", lambda _: {kernels.LIBRARY: b"code", kernels.TABLE: b"{}"})
    out = tmp_path / "out"
    site.build_site(out, Runtime(release))
    return out


def test_the_archive_has_what_the_page_imports_and_no_server(built: Path) -> None:
    app = json.loads((built / "site.json").read_text())["app"]
    with zipfile.ZipFile(built / app) as archive:
        names = set(archive.namelist())
        assert archive.read("slls_widgets/_kernels.so") == b"code"
    assert {"slls_widgets/page/session.py", "bqplot/__init__.py", "traitlets/__init__.py"} <= names
    assert not any(name.startswith(("slls_widgets/serving/", "slls_widgets/cli/")) for name in names)
    assert not any(name.endswith((".so", ".pyc")) for name in names - {"slls_widgets/_kernels.so"})


def test_the_same_sources_give_the_same_files(built: Path, release: Path, tmp_path: Path) -> None:
    site.build_site(tmp_path / "again", Runtime(release))
    files = {each.relative_to(built): each.read_bytes() for each in built.rglob("*") if each.is_file()}
    again = tmp_path / "again"
    assert files == {
        each.relative_to(again): each.read_bytes() for each in again.rglob("*") if each.is_file()
    }


def test_later_visits_are_served_from_files_that_are_there(built: Path) -> None:
    text = (built / "offline.js").read_text()
    listed = json.loads(text[text.index("FILES = ") + 8 : text.index(";", text.index("FILES = "))])
    assert all((built / name).exists() for name in listed)
    assert "<!--" not in text
    before = text
    (built / "page.css").write_text("")
    site.finish(built)
    assert (built / "offline.js").read_text() != before


def test_nothing_of_the_site_names_another_host(built: Path) -> None:
    for path in (*built.glob("*.html"), *built.glob("*.js"), *built.glob("*.css")):
        text = (
            path.read_text(encoding="utf-8")
            .replace("http://www.w3.org", "")
            .replace("http%3A//www.w3.org", "")
        )
        assert "http://" not in text, path
        assert "https://" not in text, path


def test_numpy_comes_without_headers_and_with_its_own_checksum(built: Path) -> None:
    wheel = built / "pyodide" / "numpy.whl"
    lock = json.loads((built / "pyodide" / "pyodide-lock.json").read_text())["packages"]
    assert list(lock) == ["numpy"]  # the name that others ask for, whatever the package's own is
    assert lock["numpy"]["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    with zipfile.ZipFile(wheel) as archive:
        assert archive.namelist() == ["numpy/__init__.py"]


def test_scripts_come_without_the_widgets_of_former_days(tmp_path: Path) -> None:
    head = "/*! For license information please see some.js */\n"
    kept = f'{head}define("@jupyter-widgets/base",[])\n'
    (tmp_path / "a.js").write_text(f'{kept}{head}define("@jupyter-widgets/base7",[])\n')
    assert runtime.script(tmp_path, "a.js").decode() == kept


def test_a_folder_with_something_else_in_it_is_left_alone(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.tex").write_text("years")
    with pytest.raises(FileExistsError, match="something else"):
        site.build_site(out, Runtime(release))
    assert (out / "thesis.tex").read_text() == "years"


def test_bytecode_takes_the_place_of_sources(built: Path) -> None:
    before = json.loads((built / "site.json").read_text())
    library = BytesIO()
    with zipfile.ZipFile(library, "w") as archive:
        archive.writestr("os.py", "")
    (built / before["library"]).write_bytes(library.getvalue())
    site.bytecode(built, {"app": {"slls_widgets/_steps.py": "AAAA"}, "library": {}})
    after = json.loads((built / "site.json").read_text())
    assert not (built / before["app"]).exists()
    with zipfile.ZipFile(built / after["app"]) as archive:
        assert archive.read("slls_widgets/_steps.pyc") == bytes(3)
        assert "slls_widgets/_steps.py" not in archive.namelist()
        assert "slls_widgets/_arguments.py" in archive.namelist()


def test_stand_ins_are_for_what_is_missing_and_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("pandas", "IPython")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(standins, "find_spec", lambda name: None if name == "pandas" else object())
    standins.stand_in()
    try:
        assert sys.modules["pandas"].to_datetime([1.0]) == [sys.modules["pandas"].NaT]
        assert "IPython" not in sys.modules
    finally:
        standins.give_way()
    assert "pandas" not in sys.modules


def test_what_needs_a_package_rests_until_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(name: str) -> bool:
        asked.append(name)
        return len(asked) > 2

    monkeypatch.setattr(packages, "fetch", fetch)
    assert len(list(packages.there("scipy"))) == 2
    assert asked == ["scipy"] * 3
