"""Build wheel and sdist into dist/, install each into a fresh environment, and use it in an empty folder.

python tools/wheel_check.py [--wheel-only]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Tests of what ships; they need no kernel of ours to be compiled.
TESTS = ["tests/test_packaging.py", "tests/test_binder.py", "tests/test_docs.py", "-k", "not code_runs"]
POINT = ["solve", "--alpha", "0.5", "--nu", "10", "--theta", "0.7", "--json"]


def build() -> list[Path]:
    """The sdist, and the wheel made from the sdist, as a release would be."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(ROOT / "dist"), str(ROOT)], check=True)
    return sorted([*ROOT.glob("dist/*.whl"), *ROOT.glob("dist/*.tar.gz")], reverse=True)


def install(package: Path, folder: Path) -> Path:
    """A fresh environment that holds the package with the tested versions; returns its programs' folder."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    command = [programs / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", package]
    subprocess.run(command, check=True)
    return programs


def use(programs: Path, empty: Path) -> None:
    """Solve a point, and let the app answer, away from the source."""
    slls = programs / "slls"
    solved = subprocess.run([slls, *POINT], cwd=empty, check=True, capture_output=True, text=True)
    point = json.loads(solved.stdout)
    # A fresh environment has nothing compiled: whoever waits is told so.
    assert "compiling" in solved.stderr, solved.stderr
    assert point["certificate"] <= 1e-8, point
    where = subprocess.run([slls, "info", "--json"], cwd=empty, check=True, capture_output=True, text=True)
    notebooks = Path(json.loads(where.stdout)["notebooks"])
    assert programs.parent in notebooks.parents, f"the notebooks are those of {notebooks}"
    command = [slls, "app", "--no-browser", "--port", "0"]
    server = subprocess.Popen(command, cwd=empty, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        with urllib.request.urlopen(address, timeout=120) as page:
            text = page.read().decode()
        assert "kernelId" in text, "the page names no kernel"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


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
