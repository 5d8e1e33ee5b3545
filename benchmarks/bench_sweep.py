"""How fast sweeps are: run `python benchmarks/bench_sweep.py`. Every table is printed as Markdown.

Two local workers against one on the same grid, many exact points, and what one point costs: the numbers that
docs/sweeps.md extrapolates from. Times are of whole runs with the start of the workers, and without it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from slls_widgets.sweeps import Plan, Processes, estimate, run_sweep

EXACT = {"quantities": ["S_P", "S_B", "Sigma", "Delta_P", "phase", "certificate"]}


def grid(alphas, thetas, deltas, **field):
    return {
        "alpha": {"start": -2, "stop": 2, "num": alphas},
        "theta": {"start": 0, "stop": "pi/2", "num": thetas},
        "delta": {"start": 0.3, "stop": 3, "num": deltas, "scale": "log"},
        **(field or {"alpha_nu": 3.0}),
    }


def timed(plan, workers):
    """Seconds in all, points per second from the first chunk on, and the summary."""
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with Processes(workers) as pool:
            summary = run_sweep(
                plan, Path(folder) / "r.zarr", pool, progress=lambda state: rates.append(state.rate)
            )
        return time.perf_counter() - began, rates[-1], summary


def scaling(quick):
    plan = Plan.of({"grid": grid(100, 100, 5 if quick else 20), "exact": EXACT})
    print(f"| workers | {plan.points} exact points, s | points/s after the start | to one worker |")
    print("|---|---|---|---|")
    first = None
    for workers in (1, 2):
        seconds, rate, _ = timed(plan, workers)
        first = first or rate
        print(f"| {workers} | {seconds:.1f} | {rate:.0f} | {rate / first:.2f} |", flush=True)


def many(quick):
    plan = Plan.of({"grid": grid(100, 100, 2 if quick else 10), "exact": EXACT})
    seconds, _, summary = timed(plan, os.cpu_count())
    counts = summary.counts
    print(
        f"\n{plan.points} exact points with {os.cpu_count()} workers: {seconds:.0f} s, "
        f"{counts['above_tol']} above tol, {counts['failed']} failed"
    )


def costs(quick):
    print("\n| points | cost of one, ms |\n|---|---|")
    cases = {f"exact, ν = {nu}": {"grid": grid(80, 100, 5, nu=nu), "exact": EXACT} for nu in (1, 10, 100)}
    cases["exact, αν = 3"] = {"grid": grid(80, 100, 5), "exact": EXACT}
    cases["with relaxation_rate, ν = 10"] = {
        "grid": grid(80, 100, 5, nu=10),
        "exact": {"quantities": ["S_P", "relaxation_rate"]},
    }
    cases["simulated, 64 trajectories of 5, ν = 10"] = {
        "grid": grid(80, 100, 5, nu=10),
        "simulation": {"trajectories": 64, "duration": 5},
    }
    for words, content in cases.items():
        cost = estimate(Plan.of(content), 16 if quick else 64)
        print(f"| {words} | {1e3 * cost.seconds_per_point:.2f} ± {1e3 * cost.stderr:.2f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points")
    quick = parser.parse_args().quick
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    scaling(quick)
    many(quick)
    costs(quick)
