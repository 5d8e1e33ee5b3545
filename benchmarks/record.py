"""Run the benchmarks and write what they print into docs/benchmarks.md: `python benchmarks/record.py`.

Each program has a section of that page. A run replaces the sections of the programs that it ran, with the
date, the processor and the versions, and leaves the others as they are. The exit code is 1 if a program
failed or missed a target; what it printed is recorded all the same.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
PACKAGES = ("slls-widgets", "numpy", "numba", "scipy")


class Section(NamedTuple):
    """A part of the page: the program behind it, how to run it shorter, and what the reader must know."""

    title: str
    program: str
    quick: tuple[str, ...]
    words: str
    full: tuple[str, ...] = ()
    always: bool = True


SECTIONS = (
    Section(
        "Exact solver",
        "bench_exact.py",
        ("--quick",),
        """One point means S_P, S_B, Σ and Δ_P with a certificate of 1e-8 at random parameters, whose seed
        is in the program. "Within 20 %" is the neighbourhood of the line a·b = 0, where the noiseless flow
        has no attractor. L and M are the degree and the order up to which harmonics were needed.""",
    ),
    Section(
        "Simulation",
        "bench_simulation.py",
        ("--quick",),
        """A step includes the accumulation of S_P and S_B. The paper's scheme is
        `benchmarks/paper_scheme.cpp`, compiled with -O3 -march=native and run in turn with ours. A virtual
        machine's two processors are at times two threads of one core: what the second one is worth to loops
        that share nothing is told beside what it is worth to the simulation.""",
    ),
    Section(
        "Live engine",
        "bench_live.py",
        ("--quick",),
        "The engine behind the app, without a page: how often it shows something and how soon it obeys.",
        full=("--minutes", "10"),
    ),
    Section(
        "Sweeps",
        "bench_sweep.py",
        ("--quick",),
        """Grids over α, θ and δ (logarithmic from 0.3 to 3). Points per second are counted from the first
        chunk on; the seconds include the start of the workers. [Sweeps](sweeps.md) says what follows from
        the cost of a point.""",
    ),
    Section(
        "The app in Chromium",
        "bench_app.py",
        ("--quick",),
        "A slider is moved by keyboard while the simulation runs; the page itself stops the time.",
    ),
    Section(
        "The app without a server",
        "bench_page.py",
        ("--visits", "1"),
        """The static site in `build/site`, which `make site` writes, in Chromium on the machine that serves
        it. Native times are taken around those of the page, with one thread.""",
        always=False,
    ),
    Section(
        "Many visitors",
        "load.py",
        ("--visitors", "5", "--moves", "5"),
        "Each visitor has a kernel; all move sliders at the same time.",
    ),
    Section(
        "A long time",
        "soak.py",
        ("--minutes", "3"),
        """Memory and threads are read all along; growth is from the first to the last third, once caches
        are filled.""",
        always=False,
    ),
)
HEAD = """# Benchmarks

`make bench` runs the programs in `benchmarks/` and writes this page; with `ARGS=--quick` the runs are
shorter, with `ARGS=soak` it is the long one. Each section says where and when it was measured: take medians
and ratios, not the last digit. No test asserts a time. `make audit` asks whether the simulation keeps its
promises.
"""


def processor() -> str:
    """What the processor calls itself."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def stamp(command: list[str], load: float) -> str:
    """One line on when and where something was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"`{' '.join(command)}`, {datetime.now(UTC):%Y-%m-%d}, {processor()}, {os.cpu_count()} cores "
        f"(load {load:.1f} before), Python {platform.python_version()}, {versions}."
    )


def run(command: list[str]) -> tuple[str, int]:
    """Run a program, show what it prints as it comes, and return it with the exit code."""
    lines = []
    # One thread for small matrices, as `make` and `slls` have it.
    settings = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=HERE,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdout is not None
        for line in program.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return "".join(lines), program.returncode


def as_markdown(printed: str) -> str:
    """What a program printed, for the page: Markdown stays, anything else is set as it is.

    Headings go below the section's own.
    """
    text = printed.strip("\n")
    if "|---" not in text:
        return f"```text\n{text}\n```"
    return re.sub(r"^#+ ", "### ", text, flags=re.MULTILINE)


def parts(page: str) -> Iterator[tuple[str, str]]:
    """The sections of a page by their titles, each with its heading."""
    for text in re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]:
        yield text.splitlines()[0].removeprefix("## "), text


def page_with(measured: dict[str, str], before: str) -> str:
    """The page with new texts for some sections and the old ones for the rest."""
    texts = dict(parts(before)) | {title: f"## {title}\n\n{text}\n" for title, text in measured.items()}
    return "\n".join([HEAD, *(f"{texts[s.title].strip()}\n" for s in SECTIONS if s.title in texts)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [section.program.removesuffix(".py").removeprefix("bench_") for section in SECTIONS]
    # argparse looks for the empty list, too, among the choices.
    parser.add_argument("programs", nargs="*", choices=[[], *names], help="which ones (all but soak)")
    parser.add_argument("--quick", action="store_true", help="shorter runs")
    options = parser.parse_args()
    failed = []
    for name, section in zip(names, SECTIONS, strict=True):
        if name not in options.programs if options.programs else not section.always:
            continue
        command = [section.program, *(section.quick if options.quick else section.full)]
        print(f"\n=== {' '.join(command)}", flush=True)
        where = stamp(command, os.getloadavg()[0])
        printed, code = run(command)
        if code:
            failed.append(section.program)
        text = f"{where}\n\n{' '.join(section.words.split())}\n\n{as_markdown(printed)}"
        # After each program, so that what was measured survives an interruption.
        PAGE.write_text(page_with({section.title: text}, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    if failed:
        print(f"failed or missed a target: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
