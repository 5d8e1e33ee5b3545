"""What Binder builds: its plan, `postBuild` run in a fresh environment, links that open something."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_binder_builds_the_top_level_environment() -> None:
    inner = ROOT / "binder" / "environment.yml"
    assert inner.read_text() == (ROOT / "environment.yml").read_text()
    # A second copy would soon be another one. The sdist has files only.
    assert inner.is_symlink() or not (ROOT / ".git").exists()


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binder_runs_with_the_compiler_settings_it_was_built_with(name: str) -> None:
    script = ROOT / "binder" / name
    assert script.stat().st_mode & 0o111, f"{script} must be executable"
    exported = re.findall(r"^export (NUMBA_\w+=.*)$", script.read_text(), re.MULTILINE)
    assert exported == ["NUMBA_CPU_NAME=generic", 'NUMBA_CACHE_DIR="${HOME}/.cache/slls-numba"']


def test_binder_builds_what_this_folder_says() -> None:
    """repo2docker's own plan: our environment, our postBuild, our start."""
    program = shutil.which("jupyter-repo2docker", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("needs jupyter-repo2docker")
    command = [program, "--no-build", "--debug", "--user-id", "1000", "--user-name", "jovyan", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    plan = done.stdout + done.stderr
    python = next(
        line
        for line in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
        if "python=" in line
    ).partition("=")[2]
    assert f"conda environment for python={python}" in plan
    assert "binder/environment.yml" in plan
    assert "./binder/postBuild" in plan
    assert 'binder/start"' in plan


def binder_links() -> set[str]:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.ipynb")]
    pattern = re.compile(r"https://mybinder\.org/v2/gh/[^\s)`|\"\\]+")
    return {link for page in pages for link in pattern.findall(page.read_text(encoding="utf-8"))}


def test_binder_links_open_files_that_exist() -> None:
    repository = PROJECT["project"]["urls"]["Repository"].removeprefix("https://github.com/")
    opened = set()
    for link in binder_links():
        address, _, query = link.partition("?urlpath=")
        assert address == f"https://mybinder.org/v2/gh/{repository}/HEAD"
        kind, path = re.fullmatch(r"(voila/render|lab/tree)/(.+)", unquote(query)).groups()
        assert (ROOT / path).exists(), link
        opened.add((kind, path))
    assert ("voila/render", "notebooks/03_phase_diagram.ipynb") in opened
    for notebook in ROOT.glob("notebooks/*.ipynb"):
        # While nobody's copy is named, a notebook's links would lead nowhere: it has none.
        assert (("lab/tree", f"notebooks/{notebook.name}") in opened) == (repository != "OWNER/REPO")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_post_build_installs_and_compiles(tmp_path: Path) -> None:
    """In an environment that holds the dependencies and nothing of ours, with a home of its own."""
    environment, home = tmp_path / "env", tmp_path / "home"
    home.mkdir()
    venv.create(environment, with_pip=True, symlinks=True)
    paths = {"base": str(environment), "platbase": str(environment)}
    inside = Path(sysconfig.get_path("purelib", vars=paths))
    # The packages of this environment, read but not written; the link to our own source is not followed.
    (inside / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    settings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHON"))},
        "HOME": str(home),
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    built = subprocess.run(
        [ROOT / "binder" / "postBuild"], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert list((home / ".cache" / "slls-numba").rglob("*.nbc"))
    # Where a Voila of this environment looks for the template that the app's notebook names.
    assert (environment / "share" / "jupyter" / "voila" / "templates" / "slls" / "index.html.j2").is_file()
    # What a visitor then starts finds the compiled code: nothing is compiled again, hence not a word.
    command = ["slls", "solve", "--alpha", "0.5", "--nu", "10", "--theta", "0.7", "--json"]
    done = subprocess.run(
        [ROOT / "binder" / "start", *command],
        cwd=home,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["phase"] == "refrigerator"
