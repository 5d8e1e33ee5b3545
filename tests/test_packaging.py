"""What ships: one set of dependencies in four files, a light import, nothing that names a machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# conda-forge calls these otherwise.
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "jupyter_server": "jupyter-server",
    "jupyter_core": "jupyter-core",
}
HEAVY = {
    "ipywidgets",
    "bqplot",
    "matplotlib",
    "numba",
    "scipy",
    "xarray",
    "zarr",
    "distributed",
    "voila",
    "jupyter_server",
    "tornado",
}


def declared(section: list[str]) -> dict[str, SpecifierSet]:
    requirements = [Requirement(line) for line in section]
    return {canonicalize_name(r.name): r.specifier for r in requirements if r.name != "slls-widgets"}


def pinned() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def conda() -> dict[str, SpecifierSet]:
    found = {}
    for line in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]:
        assert isinstance(line, str), "dependencies only: no pip section, no paths"
        name, bounds = re.fullmatch(r"([A-Za-z0-9_-]+)(.*)", line).groups()
        # conda's single = means "this version and everything below it".
        bounds = re.sub(r"^=([0-9.]+)$", r"==\1.*", bounds)
        found[canonicalize_name(CONDA_NAMES.get(name, name))] = SpecifierSet(bounds)
    return found


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs the git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_conda_asks_for_what_pip_asks_for() -> None:
    ours = declared(PROJECT["project"]["dependencies"])
    ours |= declared(PROJECT["build-system"]["requires"])
    theirs = conda()
    assert theirs.pop("pip") == SpecifierSet()
    # Exactly one minor version: repo2docker reads nothing else (it would fall back to one that is too old).
    python = re.fullmatch(r"==(3\.\d+)\.\*", str(theirs.pop("python")))
    assert python
    assert f"{python[1]}.0" in SpecifierSet(PROJECT["project"]["requires-python"])
    assert theirs == ours


def test_every_dependency_has_a_lower_bound_and_a_tested_version_within_its_bounds() -> None:
    pins = pinned()
    extras = PROJECT["project"]["optional-dependencies"]
    for section in [PROJECT["project"]["dependencies"], *extras.values()]:
        for name, bounds in declared(section).items():
            assert any(one.operator == ">=" for one in bounds), f"{name} has no lower bound"
            assert pins[name] in bounds, f"constraints.txt has {name} {pins[name]}, which is not {bounds}"


def test_constraints_hold_exact_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line), line


def test_binder_builds_the_top_level_environment() -> None:
    assert (ROOT / "binder" / "environment.yml").resolve() == ROOT / "environment.yml"
    assert (ROOT / "binder" / "environment.yml").is_symlink()


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binder_runs_with_the_compiler_settings_it_was_built_with(name: str) -> None:
    script = ROOT / "binder" / name
    assert script.stat().st_mode & 0o111, f"{script} must be executable"
    exported = re.findall(r"^export (NUMBA_\w+=.*)$", script.read_text(), re.MULTILINE)
    assert exported == ["NUMBA_CPU_NAME=generic", 'NUMBA_CACHE_DIR="${HOME}/.cache/slls-numba"']


def test_versions_agree() -> None:
    version = PROJECT["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def loaded_by(module: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after importing ``module``."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_plain_import_is_light() -> None:
    assert HEAVY & loaded_by("slls_widgets") == set()


@pytest.mark.parametrize(
    "module", ["cli", "sweeping", "serving.settings", "explore.permalink", "explore.state"]
)
def test_modules_without_widgets_import_without_them(module: str) -> None:
    assert {"ipywidgets", "bqplot", "matplotlib"} & loaded_by(f"slls_widgets.{module}") == set()


def test_no_file_names_a_registry_or_a_path_of_some_machine() -> None:
    # In pieces, so that this file does not find itself.
    words = [
        "index" + "-url",
        "extra-" + "index",
        "/wo" + "rk/",
        "file:" + "//",
        "/ro" + "ot/",
        "sha" + "red/design",
    ]
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    for path in tracked():
        if path.suffix in {".png", ".nc", ".woff", ".ico"}:
            continue
        found = pattern.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(ROOT)}: {found[0]}"


@pytest.mark.slow
def test_the_wheel_carries_the_notebooks_the_page_and_the_scripts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for folder in ("slls_widgets", "notebooks"):
        for path in tracked():
            relative = path.relative_to(ROOT)
            if relative.parts[0] == folder:
                inside = relative if folder == "slls_widgets" else Path("slls_widgets") / relative
                assert inside.as_posix() in names, inside
    assert not any(name.startswith(("tests/", "notebooks/")) for name in names)
