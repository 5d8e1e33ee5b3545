"""What ships: one set of dependencies in four files, a light import, nothing that names a machine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from prose import reached

from slls_widgets import cli
from slls_widgets.cli import lab

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# conda-forge calls these otherwise.
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "jupyter_server": "jupyter-server",
    "jupyter_core": "jupyter-core",
    "playwright-python": "playwright",
    "dask-core": "dask",
}
# What pip alone can be relied on to have; without it a test skips.
PIP_ONLY = {"axe-playwright-python"}
# What the user of a notebook environment expects to find in it, by name.
NAMED = {"numpy", "numba", "ipywidgets", "bqplot", "jupyterlab", "voila", "nbval"}
HEAVY = {
    "numpy",
    "flint",
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
    extras = PROJECT["project"]["optional-dependencies"]
    # The extra "test" names Dask's by another extra, and what the package is built with.
    ours = declared([*PROJECT["project"]["dependencies"], *extras["distributed"], *extras["test"]])
    assert ours["hatchling"] == declared(PROJECT["build-system"]["requires"])["hatchling"]
    theirs = conda()
    assert theirs.keys() >= NAMED
    assert theirs.pop("pip") == SpecifierSet()
    # Exactly one minor version: repo2docker reads nothing else (it would fall back to one that is too old).
    python = re.fullmatch(r"==(3\.\d+)\.\*", str(theirs.pop("python")))
    assert python
    assert f"{python[1]}.0" in SpecifierSet(PROJECT["project"]["requires-python"])
    assert theirs == {name: bounds for name, bounds in ours.items() if name not in PIP_ONLY}


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


def container() -> list[tuple[str, str]]:
    """Instructions of the Containerfile with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(), flags=re.MULTILINE)
    joined = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined if line)]


def test_the_container_runs_the_app_without_rights_and_is_watched() -> None:
    steps = container()
    last = dict(steps)
    assert last["USER"] not in ("root", "0")
    # What runs after USER, the compilation and the app, belongs to that user.
    names = [word for word, _ in steps]
    assert names.index("USER") < max(k for k, name in enumerate(names) if name == "RUN") < names.index("CMD")
    command = json.loads(last["CMD"])
    assert command[0] in PROJECT["project"]["scripts"]
    options = cli._parser().parse_args(command[1:])
    assert options.public
    assert str(options.port) == last["EXPOSE"]
    check = json.loads(last["HEALTHCHECK"].partition("CMD")[2])
    assert f"localhost:{options.port}/health" in check[-1]
    compile(check[-1], "HEALTHCHECK", "exec")


def test_the_container_copies_what_exists_and_is_sent() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        name
        for word, rest in container()
        if word == "COPY"
        for name in rest.split()[:-1]
        if not name.startswith("--")
    ]
    assert sorted(copied) == sorted(sent)
    assert all((ROOT / name).exists() for name in copied)
    # The build reads no other file.
    metadata = PROJECT["project"]
    assert {metadata["readme"], *metadata["license-files"], "constraints.txt", "notebooks"} <= set(copied)


def test_the_container_compiles_for_any_processor() -> None:
    words = " ".join(rest for word, rest in container() if word == "ENV").split()
    settings = dict(word.split("=", 1) for word in words)
    assert settings["NUMBA_CPU_NAME"] == "generic"
    assert any(word == "RUN" and "slls warm-up" in rest for word, rest in container())
    assert any(word == "RUN" and "-c /home/slls/source/constraints.txt" in rest for word, rest in container())


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
    "module", ["cli", "sweeps", "serving.settings", "explore.permalink", "explore.state"]
)
def test_modules_without_widgets_import_without_them(module: str) -> None:
    assert {"ipywidgets", "bqplot", "matplotlib"} & loaded_by(f"slls_widgets.{module}") == set()


BARE = """
import sys
from importlib.metadata import packages_distributions

allowed = {"slls_widgets", "numpy", "scipy", "numba", "llvmlite"}
for name in set(packages_distributions()) - allowed:
    sys.modules.setdefault(name, None)  # an import of it fails

import slls_widgets as sw
magnet = sw.Macrospin(alpha=0.5, nu=2, delta=1, theta=0.7)
exact, run = sw.steady_state(magnet), sw.simulate(magnet, 64, 5.0)
sw.counting.scgf(magnet, 0.1), sw.Device().macrospin(), exact.relaxation_rates(2)
print(run.S_P.z(exact.S_P))
"""


def test_the_physics_needs_numpy_scipy_and_numba_only() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Within 5 standard errors: a false alarm in two million seeds, and the seed is fixed.
    assert abs(float(done.stdout)) < 5.0


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    return loaded


def test_the_workflow_runs_targets_and_scripts_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = [step for job in workflow()["jobs"].values() for step in job["steps"]]
    runs = "\n".join(step.get("run", "") for step in steps)
    used = set(re.findall(r"\bmake ([a-z-]+)", runs))
    assert {"quick", "check", "docs", "wheel-check", "vulnerabilities", "coverage", "soak"} <= used <= targets
    for script in re.findall(r"(?:^|\s)(\.ci/\w+)", runs):
        assert (ROOT / script).stat().st_mode & 0o111, script
    assert all(("run" in step) != ("uses" in step) for step in steps)


def test_the_workflow_covers_the_ends_of_what_is_supported() -> None:
    units = workflow()["jobs"]["units"]["strategy"]["matrix"]
    oldest = min(SpecifierSet(PROJECT["project"]["requires-python"]), key=lambda one: one.version).version
    assert oldest in units["python"]
    assert {leg["dependencies"] for leg in units["include"]} == {"oldest", "newest"}


def runs(job: str) -> str:
    """What a job of the workflow runs, as a shell would read it."""
    return "\n".join(step.get("run", "") for step in workflow()["jobs"][job]["steps"])


def test_the_kernels_alone_are_run_as_plain_python() -> None:
    """The rest of the suite would take hours."""
    assert workflow()["jobs"]["interpreted"]["env"] == {"NUMBA_DISABLE_JIT": "1"}
    dry = subprocess.run(
        ["make", "--dry-run", *shlex.split(runs("interpreted"))[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    pytest_ = next(line for line in dry.stdout.splitlines() if "-m pytest" in line)
    assert [word for word in shlex.split(pytest_) if (ROOT / word).exists() and "/" in word][-2:] == [
        "tests/fokker_planck",
        "tests/simulation",
    ]
    assert "slls_widgets" not in shlex.split(pytest_)


def test_the_oldest_leg_pins_the_lowest_versions_of_the_app_and_of_dask() -> None:
    printed = subprocess.run(
        [sys.executable, ROOT / ".ci" / "oldest"], capture_output=True, text=True, check=True
    ).stdout
    asked = declared(PROJECT["project"]["dependencies"])
    asked |= declared(PROJECT["project"]["optional-dependencies"]["distributed"])
    lowest = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in printed.splitlines()}
    assert lowest == {
        name: next(one.version for one in bounds if one.operator == ">=") for name, bounds in asked.items()
    }


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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    zipfile.ZipFile(next(folder.glob("*.whl"))).extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.mark.slow
def test_the_wheel_carries_the_notebooks_the_page_and_the_scripts(wheel: Path) -> None:
    template = Path("slls_widgets/serving/share/voila")
    (data,) = wheel.glob("*.data/data/share/jupyter")
    for folder in ("slls_widgets", "notebooks"):
        for path in tracked():
            relative = path.relative_to(ROOT)
            if relative.parts[0] == folder:
                inside = relative if folder == "slls_widgets" else Path("slls_widgets") / relative
                if relative.is_relative_to(template):
                    # Where Jupyter looks for it once the wheel is installed.
                    inside = data.relative_to(wheel) / relative.relative_to(template.parent)
                assert (wheel / inside).is_file(), inside
    others = {path.name for path in wheel.iterdir() if path.suffix != ".dist-info"}
    assert others == {"slls_widgets", data.parents[2].name}


@pytest.mark.slow
def test_links_of_the_notebooks_lead_somewhere_in_the_wheel_and_in_its_copy(
    wheel: Path, tmp_path: Path
) -> None:
    package = wheel / "slls_widgets"
    for home in (package, lab.copied(package, tmp_path / "slls-notebooks")):
        notebooks = sorted(home.glob("notebooks/*.ipynb"))
        assert len(notebooks) == len(list(ROOT.glob("notebooks/*.ipynb")))
        found = reached(notebooks)
        assert len(found) > len(notebooks)
        assert [path for path in found if not path.is_file() or not path.is_relative_to(home)] == []


def test_the_copy_of_the_notebooks_keeps_what_was_changed_in_it(tmp_path: Path) -> None:
    lab.copied(ROOT, tmp_path)
    mine = tmp_path / "notebooks" / "00_tour.ipynb"
    mine.write_text("mine")
    lab.copied(ROOT, tmp_path)
    assert mine.read_text() == "mine"
