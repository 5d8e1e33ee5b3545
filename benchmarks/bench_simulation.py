"""Speed and cost of the simulation, against the paper's scheme in C++, in one run.

    python benchmarks/bench_simulation.py [--quick]

Steps per second are per second of processor time, median of several rounds in which the programs take turns:
a machine with other work on it then slows all of them alike. The two-thread line compares wall times.

cmtj (the extra `bench`) is timed as well where it is installed: one free layer, its Heun solver with thermal
noise. It integrates a moment without entropies, so its steps carry less than the others'.

Cost to 1 %: processor time until the standard error of both S_P and S_B is 1 % at (alpha, nu, delta, theta) =
(0.5, 10, 0.866, 1.0). A path of length τ has errors that fall as 1/√τ, with a variance rate that belongs to
the magnet, not to the scheme; so the cost is (length needed) / dt x (time per step), and the bias at that dt
must stay below half a per cent. The C++ program is timed; it is not run for the minute its answer takes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from two_threads import speedups

import slls_widgets as sw
from slls_widgets.magnet.paper import PAPER_DT
from slls_widgets.simulation import Ensemble
from slls_widgets.studies.numerics import path_length

MAGNET = sw.Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)
TRAJECTORIES = 256


def python_steps_per_second(scheme: str, steps: int) -> Callable[[], float]:
    ensemble = Ensemble(MAGNET, trajectories=TRAJECTORIES, scheme=scheme, dt=1e-3)
    ensemble.advance(8)

    def measure() -> float:
        began = time.process_time()
        ensemble.advance(steps)
        return steps * TRAJECTORIES / (time.process_time() - began)

    return measure


def compiled_reference(folder: str) -> str | None:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return None
    program = str(Path(folder) / "paper_scheme")
    source = str(Path(__file__).with_name("paper_scheme.cpp"))
    subprocess.run([compiler, "-O3", "-march=native", "-std=c++17", source, "-o", program], check=True)
    return program


def run_reference(
    program: str, magnet: sw.Macrospin, dt: float, steps: int, seed: int
) -> tuple[float, float, float]:
    """Processor seconds, S_P and S_B of one trajectory by the C++ program."""
    p = magnet.p_hat
    physics = [*magnet.precession, *magnet.damping, p[0], p[2], magnet.pumping, magnet.nu, magnet.alpha, dt]
    command = [program, *(repr(float(value)) for value in physics), str(steps), str(seed)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, pumped, bath = map(float, output.split())
    return seconds, pumped, bath


class Reference:
    """The C++ program, each time with another seed; its answers are kept."""

    def __init__(self, program: str, steps: int) -> None:
        self.program, self.steps = program, steps
        self.answers: list[tuple[float, float]] = []

    def __call__(self) -> float:
        seed = len(self.answers) + 1
        seconds, *rates = run_reference(self.program, MAGNET, PAPER_DT, self.steps, seed)
        self.answers.append((rates[0], rates[1]))
        return self.steps / seconds

    def compare(self) -> None:
        """Print the answers beside the exact values."""
        exact = sw.steady_state(MAGNET)
        length = self.steps * PAPER_DT
        print(f"answers of the C++ program, {len(self.answers)} paths of length {length:g}:")
        for name, values in zip(("S_P", "S_B"), np.transpose(self.answers), strict=True):
            error = values.std(ddof=1) / np.sqrt(values.size)
            print(f"  {name} = {values.mean():.3f} ± {error:.3f}, exactly {getattr(exact, name):.3f}")


def cmtj_steps_per_second(steps: int) -> Callable[[], float] | None:
    """cmtj's Heun solver on one free layer, with the noise of room temperature, if it is installed."""
    if find_spec("cmtj") is None:
        print("cmtj is not installed: its Heun solver is not timed", file=sys.stderr)
        return None
    import cmtj  # type: ignore[import-not-found]

    step = 1e-13

    def measure() -> float:
        demagnetisation = [cmtj.CVector(0, 0, 0)] * 3
        layer = cmtj.Layer(
            "free", cmtj.CVector(0, 0, 1), cmtj.CVector(0, 0, 1), 1.0, 1e-9, 1e-15, demagnetisation, 0.01
        )
        junction = cmtj.Junction([layer])
        junction.setLayerTemperatureDriver("all", cmtj.ScalarDriver.getConstantDriver(300))
        junction.setLayerExternalFieldDriver(
            "all", cmtj.AxialDriver(*[cmtj.ScalarDriver.getConstantDriver(value) for value in (0, 0, 8e4)])
        )
        began = time.process_time()
        # The third time is that between two entries of the log: one entry in all.
        junction.runSimulation(steps * step, step, steps * step, solverMode=cmtj.SolverMode.Heun)
        return steps / (time.process_time() - began)

    return measure


def largest_unbiased_step(scheme: str, candidates: list[float], seconds: float) -> tuple[float, float, float]:
    """Largest step whose biases of S_P and of S_B stay below 0.5 %, and those two in per cent."""
    exact = sw.steady_state(MAGNET)
    for dt in candidates:
        ensemble = Ensemble(MAGNET, trajectories=512, dt=dt, scheme=scheme)
        ensemble.advance(int(3.0 / dt))
        ensemble.restart_statistics()
        began = time.process_time()
        while time.process_time() - began < seconds:
            ensemble.advance(100)
        found = ensemble.estimates()
        bias_p = 100.0 * (found.S_P.value / exact.S_P - 1.0)
        bias_b = 100.0 * (found.S_B.value / exact.S_B - 1.0)
        if max(abs(bias_p), abs(bias_b)) < 0.5:
            return dt, bias_p, bias_b
    return candidates[-1], bias_p, bias_b


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few seconds; the ratios are rough")
    quick = parser.parse_args().quick
    rounds, scale = (3, 1) if quick else (9, 4)
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "moebius": python_steps_per_second("moebius", 20_000 * scale),
            "euler": python_steps_per_second("euler", 2_000 * scale),
            "heun": python_steps_per_second("heun", 2_000 * scale),
        }
        program = compiled_reference(folder)
        reference: Reference | None = None
        if program is None:
            print("no C++ compiler: the paper's scheme is not timed", file=sys.stderr)
        else:
            programs["paper, C++"] = reference = Reference(program, 500_000 * scale)
        cmtj = cmtj_steps_per_second(20_000 * scale)
        if cmtj is not None:
            programs["cmtj, Heun"] = cmtj
        speeds: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, measure in programs.items():
                speeds[name].append(measure())
    median = {name: statistics.median(values) for name, values in speeds.items()}
    print(f"{'program':12} {'million steps/s per core':>25} {'ns/step':>9}")
    for name, speed in median.items():
        print(f"{name:12} {speed / 1e6:25.1f} {1e9 / speed:9.1f}")
    paper = median.get("paper, C++")
    if paper and reference is not None:
        reference.compare()
        print(f"moebius over the paper's scheme in C++: {median['moebius'] / paper:.1f} x")
    print(speedups(MAGNET, 4 * rounds))
    length = path_length(MAGNET)
    seconds = 1.0 if quick else 6.0
    moebius = largest_unbiased_step("moebius", [0.04, 0.03, 0.02, 0.015, 0.01], seconds)
    euler = largest_unbiased_step("euler", [4e-3, 2e-3, 1e-3, 5e-4, 2.5e-4], seconds)
    costs = {
        "moebius": (moebius, length / moebius[0] / median["moebius"]),
        "euler": (euler, length / euler[0] / median["euler"]),
    }
    print(f"path length for 1 % on S_P and S_B: {length:.0f} / (eta T)")
    for name, ((dt, bias_p, bias_b), cost) in costs.items():
        print(f"{name:8} dt = {dt:g} (bias {bias_p:+.2f} %, {bias_b:+.2f} %): {1e3 * cost:.3g} ms")
    print(f"moebius over euler at its own best step: {costs['euler'][1] / costs['moebius'][1]:.0f} x less")
    if paper:
        cost = length / PAPER_DT / paper
        print(f"paper's scheme in C++, dt = {PAPER_DT:g}: {1e3 * cost:.3g} ms")
        print(f"moebius over the paper's scheme in C++: {cost / costs['moebius'][1]:.0f} x less")
        best = length / euler[0] / paper
        print(f"moebius over Euler in C++ at its best step: {best / costs['moebius'][1]:.0f} x less")


if __name__ == "__main__":
    main()
