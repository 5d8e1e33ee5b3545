"""Break the compiled kernels by hand, one formula at a time: which test notices?

    python tools/kernel_mutants.py [--only TEXT] [--jobs 2]

mutmut (the other half of `make mutants`) leaves decorated functions alone, and so every kernel.
Here each row of a table names a kernel's file, a text that stands in it once, what replaces
it, and the tests of which at least one must fail. The package and its tests are copied to folders of their
own, one for each job, and the kernels run there as plain Python, unless the row says that this takes too
long. The exit code tells whether every mutant was noticed.
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
from functools import partial
from pathlib import Path
from queue import Queue
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
STEPS = "tests/simulation/test_steps.py"
FLOW = "tests/simulation/test_flow.py"
KICKS = "tests/simulation/test_kicks.py"
STREAMS = "tests/simulation/test_streams.py -k 'published or known_state or moments'"

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
    # A step of the simulation.
    Mutant("simulation/moebius.py", "ya + twice * (cy + wz * cx", "ya + twice * (cy - wz * cx", STEPS),
    Mutant("simulation/moebius.py", "(word >> _THIRD)", "(word >> _SECOND)", STEPS),
    Mutant("simulation/moebius.py", "lag * along * (decay - (", "lag * along * (1.0 - (", STEPS),
    Mutant("simulation/moebius.py", "chord * turned + swept", "turned + swept", STEPS),
    Mutant("simulation/moebius.py", "(word >> _SIGN) == _ZERO", "(word >> _SIGN) != _ZERO", STEPS),
    Mutant("simulation/moebius.py", "ay * yb + az * zb) * fb", "ay * yb + az * zb) * fa", STEPS),
    Mutant("simulation/moebius.py", "flow[15] * z - flow[3]", "flow[15] * z + flow[3]", STEPS),
    Mutant("simulation/moebius.py", "(begin[j] * xb +", "(begin[j] * xa +", STEPS),
    Mutant("simulation/euler_heun.py", "by + z * bz + 2.0", "by + z * bz + 1.0", STEPS),
    Mutant("simulation/euler_heun.py", "(z * wx - x * wz)", "(x * wz - z * wx)", STEPS),
    Mutant("simulation/euler_heun.py", "z + 0.5 * (dz + tx", "z + (dz + tx", STEPS),
    Mutant("simulation/euler_heun.py", "along = xp * bx +", "along = x * bx +", STEPS),
    Mutant("simulation/euler_heun.py", "0.5 * dt * (px * (x + x1)", "dt * (px * (x + x1)", STEPS),
    Mutant("simulation/euler_heun.py", "pz * (x * y1 - y * x1)", "pz * (y * x1 - x * y1)", STEPS),
    # The flow, the kick and the random numbers that it is made of.
    Mutant("simulation/flow.py", "+ t * sinhc * k", "- t * sinhc * k", FLOW),
    Mutant("simulation/flow.py", "= 1.0, 1.0 - begin", "= 1.0, 1.0 + begin", FLOW),
    Mutant("simulation/kicks.py", "(dt - decay6 / 6.0)", "(dt - decay6 / 5.0)", KICKS),
    Mutant("simulation/kicks.py", "chord=6.0 * dt * math.exp(-2.0", "chord=6.0 * dt * math.exp(-1.0", KICKS),
    Mutant(
        "simulation/kicks.py",
        "lag=dt / 12.0",
        "lag=dt / 6.0",
        "tests/simulation/test_transfer.py -k undoes_its_lag",
    ),
    Mutant("simulation/streams.py", "(t >> _41)) + a", "(t >> _41)) + d", STREAMS),
    Mutant("simulation/streams.py", "(d >> _19)", "(d >> _17)", STREAMS),
    Mutant(
        "simulation/streams.py", "np.sqrt(-2.0 * np.log(", "np.sqrt(-1.0 * np.log(", STREAMS, compiled=True
    ),
)


def copied(folder: Path) -> Path:
    """A copy of the package and its tests, in which a mutant at a time can live."""
    bare = shutil.ignore_patterns("__pycache__", "conftest.py")
    for part in ("slls_widgets", "tests", "benchmarks"):
        shutil.copytree(ROOT / part, folder / part, ignore=bare)
    return Path(shutil.copy(ROOT / "pyproject.toml", folder)).parent


def noticed(mutant: Mutant, folders: Queue[Path]) -> tuple[bool, float]:
    """Whether a test fails where the package holds this mutant, and the seconds that it took."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_words(mutant.tests)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0" if mutant.compiled else "1"}
    if mutant.file:  # the byte code beside the sources stays that of the sources as they are
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    folder = folders.get()
    path = folder / "slls_widgets" / (mutant.file or "__init__.py")
    source, times = path.read_text(), path.stat()
    try:
        if mutant.file:
            if (count := source.count(mutant.text)) != 1:
                raise SystemExit(f"{mutant.file} holds {mutant.text!r} {count} times, not once")
            path.write_text(source.replace(mutant.text, mutant.becomes))
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    finally:
        path.write_text(source)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        folders.put(folder)
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
    folders: Queue[Path] = Queue()
    try_one = partial(noticed, folders=folders)
    with (
        tempfile.TemporaryDirectory(prefix="slls-mutants-") as outer,
        ThreadPoolExecutor(options.jobs) as pool,
    ):
        for job in range(options.jobs):
            folders.put(copied(Path(outer) / str(job)))
        # A test that fails without a change would notice everything.
        controls = list({m.tests: m._replace(file="") for m in chosen}.values())
        for control, (failed, _) in zip(controls, pool.map(try_one, controls), strict=True):
            if failed:
                raise SystemExit(f"{control.tests} fails without any change")
        for mutant, (caught, seconds) in zip(chosen, pool.map(try_one, chosen), strict=True):
            survived += not caught
            word = "noticed " if caught else "SURVIVED"
            print(f"{word} {seconds:4.0f} s  {mutant.file}: {mutant.text}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
