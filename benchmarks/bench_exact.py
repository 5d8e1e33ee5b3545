"""How long the exact solver takes: run `python benchmarks/bench_exact.py`. Tables are printed as Markdown.

The time of a point is the best of a few; medians are over the point set (printed above its table) or over
repetitions.

The naive solver (a generic sparse factorisation of the same generator in the laboratory frame, no symmetry
used) and the simulation run in the same process on the same points; memory is measured in a process of its
own for each case.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fokker_planck"))
from references_fokker_planck import naive_rates

from slls_widgets import Macrospin, counting, phase_map, simulate, steady_state
from slls_widgets.fokker_planck import solve_many

ROOT = math.sqrt(3) / 2


def median(function, repeat):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def best(function, repeat=3):
    """The shortest of a few: what else the machine does can only add."""
    return min(median(function, 1) for _ in range(repeat))


def points(nu, count, near_the_line, seed=1):
    """δ log-uniform in [0.3, 3], θ uniform, |α| log-uniform in [0.01, 2]; or α within 20 % of a·b = 0."""
    rng = np.random.default_rng(seed)
    while count:
        delta, theta = 10 ** rng.uniform(-0.5, 0.5), rng.uniform(0, math.pi)
        half = (1 / delta - delta) * math.cos(theta) / 2
        line = half + rng.choice([-1, 1]) * math.hypot(half, 1)
        alpha = rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 0.3)
        if near_the_line:
            alpha = line * rng.uniform(0.8, 1.2)
        elif min(abs(alpha / (half + s * math.hypot(half, 1)) - 1) for s in (-1, 1)) < 0.2:
            continue
        count -= 1
        yield alpha, nu, delta, theta


def magnet_at(point):
    return Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True)))


def table(*heads):
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))


def row(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def latency(quick):
    print(f"\nPoint set: {points.__doc__}")
    table("ν", "place", "median, ms", "90 %, ms", "longest, ms", "certificate 1e-8 met", "L", "M")
    for nu in (1, 10, 30, 150, 1e3, 1e4):
        for near in (False, True):
            times, sizes, met, count = [], [], 0, 10 if quick else 40
            for point in points(nu, count, near):
                magnet = magnet_at(point)
                ss = steady_state(magnet, tol=1e-8)
                times.append(1e3 * best(lambda m=magnet: steady_state(m, tol=1e-8)))
                met += ss.certificate <= 1e-8
                sizes.append((ss.ell_max, ss.order_max))
            ell, order = np.median(sizes, axis=0)
            place = "within 20 % of a·b = 0" if near else "elsewhere"
            middle, slow, longest = np.median(times), np.quantile(times, 0.9), max(times)
            row(
                f"{nu:g}", place, f"{middle:.2f}", f"{slow:.2f}", f"{longest:.2f}", f"{met}/{count}",
                f"{ell:.0f}", f"{order:.0f}",
            )  # fmt: skip


def against_angle(quick):
    """One fixed α and δ: how field and angle alone change the time."""
    angles = (0.0, 0.5, 1.0, 1.5, math.pi / 2)
    table("ms: α = 0.5, δ = √3/2", *(f"θ = {theta:.2f}" for theta in angles))
    for nu in (1.0, 10.0, 100.0, 1e3, 1e4):
        magnets = [magnet_at((0.5, nu, ROOT, theta)) for theta in angles]
        times = [best(lambda m=magnet: steady_state(m), 3 if quick else 9) for magnet in magnets]
        row(f"ν = {nu:g}", *(f"{1e3 * t:.2f}" for t in times))


def scaling(quick):
    """Time and size against |b|, with the exponents of a fit to the stronger half."""
    table("abs b", "ms", "L", "M")
    lengths, times, degrees = [], [], []
    for nu in np.geomspace(10, 1e5, 5 if quick else 9):
        magnet = magnet_at((0.5, nu, ROOT, 0.7))
        lengths.append(np.linalg.norm(magnet.damping))
        times.append(best(lambda m=magnet: steady_state(m, tol=1e-8), 5))
        ss = steady_state(magnet, tol=1e-8)
        degrees.append(ss.ell_max)
        row(f"{lengths[-1]:.0f}", f"{1e3 * times[-1]:.2f}", ss.ell_max, ss.order_max)
    half = len(lengths) // 2
    slope, of_degree = (np.polyfit(np.log(lengths[half:]), np.log(v[half:]), 1)[0] for v in (times, degrees))
    print(f"\nFor |b| > {lengths[half]:.0f}: time ~ |b|^{slope:.2f}, L ~ |b|^{of_degree:.2f}.")


MEMORY = {
    "nothing": lambda: None,
    "one point, ν = 30": lambda: steady_state(magnet_at((0.5, 30.0, ROOT, 1.0))),
    "one point, ν = 1e4": lambda: steady_state(magnet_at((0.5, 1e4, ROOT, 1.0))),
    "one point near the line, ν = 1e4": lambda: steady_state(magnet_at(next(points(1e4, 1, True)))),
    "121 × 61 map, αν = 3": lambda: phase_map(*grid(), delta=ROOT, alpha_nu=3.0),
}


def memory():
    """Peak of each case above that of a process which solved one tiny point and then forgot its peak."""
    table("resident memory at its peak", "MiB")
    peaks = {}
    for case in MEMORY:
        output = subprocess.run([sys.executable, __file__, "--memory", case], capture_output=True, text=True)
        peaks[case] = float(output.stdout)
    for case, peak in peaks.items():
        if case == "nothing":
            row("the package, warm", f"{peak:.0f}")
        else:
            row(case, f"{max(0.0, peak - peaks['nothing']):.1f} more")


def forget_peak():
    """Let the peak begin anew where Linux can: that of loading the package hides what a point needs."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_mebibytes():
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    # Kilobytes in general, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def grid():
    return np.linspace(-2, 2, 121), np.linspace(0, math.pi / 2, 61)


def against_simulation(quick):
    """The paper's route: simulate until the standard error of S_P is as small.

    The standard error is measured in a short run and extrapolated as 1/√time. The paper's step is used for
    its scheme, ours for the other; neither bias counts.
    """
    point = (0.5, 6.0, ROOT, 1.0)
    magnet = magnet_at(point)
    exact = median(lambda: steady_state(magnet, tol=1e-8), 9)
    table("S_P at α = 0.5, ν = 6, θ = 1", "relative standard error", "time", "for 1e-3", "for 1e-8")
    row("this solver, with its bound", "≤ 1e-8", f"{1e3 * exact:.2f} ms", "", "")
    for scheme, dt in (("euler", 5e-6), ("moebius", None)):
        options = {"scheme": scheme, "dt": dt, "trajectories": 64, "burn_in": 1.0, "threads": 1}
        simulate(magnet, duration=0.001 if dt else 1.0, **options)
        start = time.perf_counter()
        run = simulate(magnet, duration=0.5 if quick else 2.0, **(options | {"seed": 1}))
        seconds = time.perf_counter() - start
        # Only the measured part would be repeated.
        seconds *= run.duration / (run.duration + run.burn_in)
        relative = run.S_P.stderr / abs(run.S_P.value)
        longer = [seconds * (relative / target) ** 2 for target in (1e-3, 1e-8)]
        name = "the paper's scheme (Euler, its step)" if dt else "the Möbius scheme"
        row(name, f"{relative:.1e}", f"{seconds:.2f} s", f"{longer[0]:.1e} s", f"{longer[1]:.1e} s")


def counted(quick):
    table("λ(k) at 61 points, α = 0.6, δ = 0.866, θ = 0.9", "ms per k", "largest error")
    tilts = {"pumped": np.linspace(-1, 1, 61), "total": np.linspace(-1.3, 0.3, 61)}
    for which, k in tilts.items():
        # The total entropy's eigenvectors lose all digits in stronger fields.
        for nu in (2.0,) if quick else (2.0, 4.0) if which == "total" else (2.0, 10.0, 30.0):
            magnet = magnet_at((0.6, nu, 0.866, 0.9))
            start = time.perf_counter()
            curve = counting.curve(magnet, k, which)
            seconds = time.perf_counter() - start
            row(f"{which}, ν = {nu:g}", f"{1e3 * seconds / k.size:.1f}", f"{curve.value_error.max():.0e}")


def batches(quick):
    repeat = 3 if quick else 5
    alpha = np.delete(np.linspace(-2, 2, 202), 0)  # 201 points, none of them 0
    table("task", "median, ms")
    for theta in (0.3, 1.0, 1.5):
        seconds = median(lambda t=theta: solve_many(alpha, 3 / np.abs(alpha), ROOT, t, tol=1e-6), repeat)
        worst = float(solve_many(alpha, 3 / np.abs(alpha), ROOT, theta, tol=1e-6).error.max())
        case = f"{alpha.size}-point slice, αν = 3, θ = {theta}, tol 1e-6 (largest certificate {worst:.0e})"
        row(case, f"{1e3 * seconds:.0f}")
    seconds = median(lambda: phase_map(*grid(), delta=ROOT, alpha_nu=3.0), repeat)
    worst = float(phase_map(*grid(), delta=ROOT, alpha_nu=3.0).error.max())
    row(f"121 × 61 map, αν = 3, δ = √3/2 (largest certificate {worst:.0e})", f"{1e3 * seconds:.0f}")


FIRST = """
import time
start = time.perf_counter()
import slls_widgets as sw
imported = time.perf_counter()
sw.steady_state(sw.Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7))
print(imported - start, time.perf_counter() - start)
"""


def first_call(quick):
    """Import and first point of a fresh process; the compiled code is in the cache on disk."""
    runs = []
    for _ in range(3 if quick else 9):
        output = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
        runs.append([float(x) for x in output.stdout.split()])
    imported, solved = np.median(runs, axis=0)
    table("a fresh process, warm cache", "median, s")
    row("import slls_widgets", f"{imported:.2f}")
    row("until the first point is solved", f"{solved:.2f}")


def against_naive(quick):
    table("ν", "this solver, ms", "naive, ms", "ratio", "largest relative difference")
    for nu in (1.0, 4.0) if quick else (1.0, 4.0, 10.0):
        point = (0.5, nu, 0.866, 0.7)
        magnet = magnet_at(point)
        ell = int(8 + 4.5 * math.sqrt(np.linalg.norm(magnet.damping)))
        fast = median(lambda m=magnet: steady_state(m, tol=1e-8), 5)
        start = time.perf_counter()
        naive = naive_rates(*point, ell_max=ell)
        slow = time.perf_counter() - start
        ss = steady_state(magnet, tol=1e-8)
        gap = max(abs(getattr(ss, k) / float(naive[k]) - 1) for k in ("S_P", "S_B", "Sigma", "Delta_P"))
        row(f"{nu:g}", f"{1e3 * fast:.2f}", f"{1e3 * slow:.0f}", f"{slow / fast:.0f}", f"{gap:.0e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points and repetitions")
    parser.add_argument("--memory", choices=MEMORY, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    steady_state(Macrospin(alpha=0.5, nu=2, delta=1, theta=1))
    solve_many([0.5], 2, 1, 1)
    if arguments.memory is not None:
        forget_peak()
        MEMORY[arguments.memory]()
        print(peak_mebibytes())
        sys.exit()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for part in (
        first_call,
        latency,
        against_angle,
        batches,
        scaling,
        against_naive,
        against_simulation,
        counted,
    ):
        part(arguments.quick)
    memory()
