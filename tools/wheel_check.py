"""Build wheel and sdist into dist/, install each into a fresh environment, and use it in an empty folder.

python tools/wheel_check.py [--wheel-only]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from harness import ARGUMENTS, NAMES, free_port, watch  # noqa: E402

APP = "03_phase_diagram.ipynb"
# Tests of what ships; they need no kernel of ours to be compiled.
TESTS = ["tests/test_packaging.py", "tests/test_binder.py", "tests/test_docs.py", "-k", "not code_runs"]
POINT = ["solve", "--alpha", "0.5", "--nu", "10", "--theta", "0.7", "--json"]


def build() -> list[Path]:
    """The wheel, made from the sdist as a release would be, and the sdist."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(ROOT / "dist"), str(ROOT)], check=True)
    return [*ROOT.glob("dist/*.whl"), *ROOT.glob("dist/*.tar.gz")]


def install(package: Path, folder: Path) -> Path:
    """A fresh environment that holds the package with the tested versions; returns its programs' folder."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    command = [programs / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", package]
    subprocess.run(command, check=True)
    return programs


def use(programs: Path, empty: Path) -> None:
    """Solve a point, and let the app answer through its own command and plain Voila, away from the source."""
    slls = programs / "slls"
    solved = subprocess.run([slls, *POINT], cwd=empty, check=True, capture_output=True, text=True)
    point = json.loads(solved.stdout)
    # A fresh environment has nothing compiled: whoever waits is told so.
    assert "compiling" in solved.stderr, solved.stderr
    assert point["certificate"] <= 1e-8, point
    where = subprocess.run([slls, "info", "--json"], cwd=empty, check=True, capture_output=True, text=True)
    notebooks = Path(json.loads(where.stdout)["notebooks"])
    assert programs.parent in notebooks.parents, f"the notebooks are those of {notebooks}"
    voila = [programs / "voila", notebooks / APP, "--no-browser", f"--port={free_port()}"]
    for command in ([slls, "app", "--no-browser", "--port", "0"], voila):
        show(command, empty)


def show(command: list[str | Path], empty: Path) -> None:
    """Start a server and look at its page: the app alone, in Chromium where that is installed."""
    with (empty / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=empty, stdout=log, stderr=log)
    try:
        while not (found := re.search(r"http://\S+", (empty / "log").read_text())):
            assert server.poll() is None, (empty / "log").read_text()
            time.sleep(0.2)
        with urllib.request.urlopen(found[0], timeout=120) as page:
            text = page.read().decode()
        assert "kernelId" in text, "the page names no kernel"
        assert "slls-skeleton" in text, "the page is not of our template"
        assert text.count("cell-index") == 1, "the page shows more than the app"
        look(f"{found[0]}?alpha=-0.5&theta=0.4")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def look(address: str) -> None:
    """See in Chromium that the app draws itself at the place of its link."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        print("no Chromium here: the page was read, but not seen")
        return
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS).new_page()
        problems = watch(page)
        page.set_default_timeout(240_000)
        page.goto(address)
        page.wait_for_selector(".slls-app.standalone .slls-badge:has-text('Heat pump')")
        assert problems == []


def check_source(sdist: Path, folder: Path) -> None:
    """Run the tests of what ships in the unpacked sdist: it must hold all that they read."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    source = next(folder.iterdir())
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", *TESTS]
    subprocess.run(command, cwd=source, env={**os.environ, "PYTHONPATH": str(source)}, check=True)


def main() -> None:
    """Check the wheel, then the sdist."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel-only", action="store_true", help="leave the sdist out")
    options = parser.parse_args()
    # A path of the source would hide what is missing from the packages.
    os.environ.pop("PYTHONPATH", None)
    packages = build()
    for package in packages[:1] if options.wheel_only else packages:
        with tempfile.TemporaryDirectory() as folder:
            programs = install(package, Path(folder) / "venv")
            empty = Path(folder) / "empty"
            empty.mkdir()
            use(programs, empty)
            print(f"{package.name}: installs, solves, serves")
            if package.suffix == ".gz":
                check_source(package, Path(folder) / "sdist")
                print(f"{package.name}: passes the tests of what ships")


if __name__ == "__main__":
    main()
