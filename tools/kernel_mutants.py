"""Break the compiled kernels by hand, one formula at a time: which test notices?

    python tools/kernel_mutants.py [--only TEXT] [--jobs 2]

mutmut (the other half of `make mutants`) leaves decorated functions alone, and so every kernel.
Here each row of a table names a kernel's file, a text that stands in it once, what replaces
it, and the tests of which at least one must fail. The package and its tests are copied to a folder of their
own, and the kernels run there as plain Python, unless the row says that this takes too long. The exit code
tells whether every mutant was noticed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Mutant(NamedTuple):
    """One wrong formula, and the tests that must notice it."""

    file: str
    text: str
    becomes: str
    tests: str
    compiled: bool = False


STORED = "tests/fokker_planck/test_rates.py -k stored_rates"
BOUNDS = "tests/fokker_planck/test_certificate.py -k bounds_hold_and"
KERNELS = "tests/fokker_planck/test_kernels.py"
DIGITS = "tests/fokker_planck/test_compensated.py"

MUTANTS = (
    # The generator and its elimination.
    Mutant("fokker_planck/couplings.py", "(2.0 * ell + 3.0)", "(2.0 * ell + 5.0)", STORED),
    Mutant("fokker_planck/couplings.py", "(minus + 2.0) * (2.0", "(minus + 3.0) * (2.0", STORED),
    Mutant("fokker_planck/couplings.py", "1.0 - side * (ell + 1.0), 1", "1.0 - side * ell, 1", STORED),
    Mutant("fokker_planck/couplings.py", "here[4, k] = below[2", "here[4, k] = -below[2", STORED),
    Mutant("fokker_planck/couplings.py", "(0.0, sense, 0.0, -sense)", "(0.0, -sense, 0.0, sense)", STORED),
    Mutant(
        "fokker_planck/elimination.py",
        "s[order_max + m, m] -= m * a_z",
        "s[order_max + m, m] += m * a_z",
        STORED,
    ),
    Mutant("fokker_planck/elimination.py", "if side < 0.0:", "if side > 0.0:", STORED),
    Mutant(
        "fokker_planck/elimination.py",
        "below[k + 1] -= down[4, k] * r[k]",
        "below[k + 1] += down[4, k] * r[k]",
        KERNELS,
    ),
    # What the rates are made of.
    Mutant(
        "fokker_planck/observables.py",
        "(-0.5 * alpha * p_x * p_x, 0.5",
        "(0.5 * alpha * p_x * p_x, 0.5",
        STORED,
    ),
    Mutant("fokker_planck/observables.py", "2.0 / math.sqrt(15.0),", "1.0 / math.sqrt(15.0),", STORED),
    Mutant("fokker_planck/observables.py", "(y_tail - ROOT_3_TAIL)", "(y_tail + ROOT_3_TAIL)", KERNELS),
    Mutant(
        "fokker_planck/fluctuations.py",
        "chi[ell, k] -= overlap * f[ell, k]",
        "chi[ell, k] += overlap * f[ell, k]",
        KERNELS,
    ),
    # The bounds.
    Mutant("fokker_planck/certificate.py", "abs(r[k]) + _EPS * s[k]", "abs(r[k])", KERNELS),
    Mutant(
        "fokker_planck/certificate.py",
        "out[ell] = 0.5 * b_x * total",
        "out[ell] = 0.005 * b_x * total",
        BOUNDS,
    ),
    Mutant("fokker_planck/certificate.py", "out[k] = abs(out[k])", "out[k] = 0.01 * abs(out[k])", BOUNDS),
    Mutant(
        "fokker_planck/certificate.py", "_SAFETY * abs(order) + doubt", "_SAFETY * abs(order) * 0.01", BOUNDS
    ),
    Mutant("fokker_planck/certificate.py", "_SAFETY * degree", "0.01 * degree", BOUNDS),
    Mutant(
        "fokker_planck/certificate.py",
        "parts[2] += abs(slope[j]) * frame[10 + j]",
        "parts[2] += 0.0",
        KERNELS,
    ),
    Mutant(
        "fokker_planck/point.py",
        "out[k] = felt(frame, elements, psi, x, left).sum() + 1e-15",
        "out[k] = 0.01 * felt(frame, elements, psi, x, left).sum()",
        "tests/fokker_planck/test_certificate.py -k bounds_of_the_moments",
    ),
    Mutant(
        "fokker_planck/truncation.py",
        "bounds[i] = parts[0, i] + parts[1, i] + parts[2, i]",
        "bounds[i] = parts[0, i] + parts[2, i]",
        BOUNDS,
    ),
    # Twice the working precision.
    Mutant("fokker_planck/compensated.py", "(a - (s - t)) + (b - t)", "(a - (s - t)) - (b - t)", DIGITS),
    Mutant("fokker_planck/compensated.py", "+ a_low * b_low", "- a_low * b_low", DIGITS),
    Mutant("fokker_planck/compensated.py", "/ (2.0 * q * s)", "/ (q * s)", DIGITS),
    Mutant("fokker_planck/compensated.py", "(rest * e + factor * tails[ell, row, k])", "(rest * e)", DIGITS),
    Mutant(
        "fokker_planck/compensated.py",
        "r[k], t[k] = gather(r[k], t[k], -c[6, k], -d[6, k]",
        "r[k], t[k] = gather(r[k], t[k], -c[6, k], d[6, k]",
        DIGITS,
    ),
)


def noticed(mutant: Mutant) -> tuple[bool, float]:
    """Whether a test fails where the package holds this mutant, and the seconds that it took."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="slls-mutant-") as folder:
        copy = Path(folder)
        bare = shutil.ignore_patterns("__pycache__", "conftest.py")
        for part in ("slls_widgets", "tests", "benchmarks"):
            shutil.copytree(ROOT / part, copy / part, ignore=bare)
        shutil.copy(ROOT / "pyproject.toml", copy)
        if mutant.file:
            path = copy / "slls_widgets" / mutant.file
            source = path.read_text()
            if (count := source.count(mutant.text)) != 1:
                raise SystemExit(f"{mutant.file} holds {mutant.text!r} {count} times, not once")
            path.write_text(source.replace(mutant.text, mutant.becomes))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            *_words(mutant.tests),
        ]
        environment = os.environ | {"NUMBA_DISABLE_JIT": "0" if mutant.compiled else "1"}
        result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    if result.returncode not in (0, 1):  # 5: no such test; a mutant must not count as noticed for that
        raise SystemExit(f"{mutant.file}, {mutant.text!r}:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result.returncode == 1, time.perf_counter() - began


def _words(tests: str) -> list[str]:
    files, _, chosen = tests.partition(" -k ")
    return [*files.split(), *(["-k", chosen.strip("'")] if chosen else [])]


def main(arguments: list[str] | None = None) -> int:
    """Try the mutants that were chosen and print what became of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="mutants of files, or with texts, that hold this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if options.only in m.file or options.only in m.text]
    survived = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        # A test that fails without a change would notice everything.
        controls = list({m.tests: m._replace(file="") for m in chosen}.values())
        for control, (failed, _) in zip(controls, pool.map(noticed, controls), strict=True):
            if failed:
                raise SystemExit(f"{control.tests} fails without any change")
        for mutant, (caught, seconds) in zip(chosen, pool.map(noticed, chosen), strict=True):
            survived += not caught
            word = "noticed " if caught else "SURVIVED"
            print(f"{word} {seconds:4.0f} s  {mutant.file}: {mutant.text}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
