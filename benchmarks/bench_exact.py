"""How long the exact solver takes: run `python benchmarks/bench_exact.py`. Medians; every table is printed
as Markdown.

The naive solver (a generic sparse factorisation of the same generator in the laboratory frame, no symmetry
used) runs in the same process on the same points.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fokker_planck"))
from references_fokker_planck import naive_rates

from slls_widgets import Macrospin, phase_map, steady_state
from slls_widgets.fokker_planck import solve_many

ROOT = math.sqrt(3) / 2


def median(function, repeat):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


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


def latency(quick):
    print("| ν | place | median, ms | 90 %, ms | certificate met | L | M |")
    print("|---|---|---|---|---|---|---|")
    for nu in (1, 10, 30, 150, 1e3, 1e4):
        for near in (False, True):
            times, sizes, met, count = [], [], 0, 10 if quick or nu > 200 else 40
            for point in points(nu, count, near):
                magnet = Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True)))
                start = time.perf_counter()
                ss = steady_state(magnet, tol=1e-8)
                times.append(1e3 * (time.perf_counter() - start))
                met += ss.certificate <= 1e-8
                sizes.append((ss.ell_max, ss.order_max))
            ell, order = np.median(sizes, axis=0)
            place = "within 20 % of a·b = 0" if near else "elsewhere"
            middle, slow = np.median(times), np.quantile(times, 0.9)
            row = (
                f"| {nu:g} | {place} | {middle:.2f} | {slow:.2f} | {met}/{count} | {ell:.0f} | {order:.0f} |"
            )
            print(row, flush=True)


def batches(quick):
    repeat = 3 if quick else 5
    alpha = np.linspace(-2, 2, 202)
    print("\n| task | median, ms |\n|---|---|")
    for theta in (0.3, 1.0, 1.5):
        seconds = median(lambda t=theta: solve_many(alpha, 3 / np.abs(alpha), ROOT, t), repeat)
        print(f"| 202-point slice, αν = 3, θ = {theta}, certificate 1e-6 | {1e3 * seconds:.0f} |")
    grid = np.linspace(-2, 2, 121), np.linspace(0, math.pi / 2, 61)
    seconds = median(lambda: phase_map(*grid, delta=ROOT, alpha_nu=3.0), repeat)
    worst = float(phase_map(*grid, delta=ROOT, alpha_nu=3.0).error.max())
    print(f"| 121 × 61 map, αν = 3, δ = √3/2 (largest certificate {worst:.0e}) | {1e3 * seconds:.0f} |")


def against_naive(quick):
    print("\n| ν | this solver, ms | naive, ms | ratio | largest relative difference |")
    print("|---|---|---|---|---|")
    for nu in (1.0, 4.0) if quick else (1.0, 4.0, 10.0):
        point = (0.5, nu, 0.866, 0.7)
        magnet = Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True)))
        ell = int(8 + 4.5 * math.sqrt(np.linalg.norm(magnet.damping)))
        fast = median(lambda m=magnet: steady_state(m, tol=1e-8), 5)
        start = time.perf_counter()
        naive = naive_rates(*point, ell_max=ell)
        slow = time.perf_counter() - start
        ss = steady_state(magnet, tol=1e-8)
        gap = max(abs(getattr(ss, k) / float(naive[k]) - 1) for k in ("S_P", "S_B", "Sigma", "Delta_P"))
        print(f"| {nu:g} | {1e3 * fast:.2f} | {1e3 * slow:.0f} | {slow / fast:.0f} | {gap:.0e} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points and repetitions")
    quick = parser.parse_args().quick
    steady_state(Macrospin(alpha=0.5, nu=2, delta=1, theta=1))
    solve_many([0.5], 2, 1, 1)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    latency(quick)
    batches(quick)
    against_naive(quick)
