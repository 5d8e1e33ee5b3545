"""Statistics of the statistics: are the error bars of the simulation the errors it makes?

    python benchmarks/audit.py [--seeds 200]

At each of 12 parameter points the simulation runs once per seed, and z = (estimate - exact)/(its own
standard error) is formed for S_P, S_B and Delta_P. The z must have mean 0 and variance 1 within 4 standard
errors of a sample of that size: 72 limits, so that a sound simulation of 200 seeds fails in one audit out of
120 (a variance of so few is skewed and passes its upper limit more often than a Gaussian would). Delta_P is
compared on a logarithmic scale, because the spread of a variance is skewed.

Then two simulations that are wrong on purpose, which must not pass: a kick with the variance of the Gaussian
instead of the calibrated one, and the heat of the tangential force in Ito's sense. The exit code tells.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import slls_widgets as sw
from slls_widgets.simulation.controls import left_point_heat, uncalibrated
from slls_widgets.studies.numerics import AUDIT_MAGNETS, z_scores

Vector = NDArray[np.float64]
NAMES = ("S_P", "S_B", "Delta_P")

TRAJECTORIES = 1024
LIMIT = 4.0


def scores(magnet: sw.Macrospin, seeds: int, **options: Any) -> Vector:
    """z of S_P, S_B and Delta_P per seed, shape (seeds, 3)."""
    # Noise of its own for every point, so that their deviations are independent.
    first = AUDIT_MAGNETS.index(magnet) * 10_000
    found = z_scores(magnet, seeds, first_seed=first, trajectories=TRAJECTORIES, **options)
    return np.stack([found[name] for name in NAMES], axis=1)


def deviations(z: Vector) -> tuple[Vector, Vector]:
    """How many standard errors the mean of z is from 0, and its variance from 1."""
    count = len(z)
    return z.mean(axis=0) * math.sqrt(count), (z.var(axis=0, ddof=1) - 1.0) * math.sqrt(0.5 * (count - 1))


def verdict(worst: float, *controls: float) -> tuple[bool, bool]:
    """Whether the simulation passes, and whether all that is wrong on purpose does not."""
    return worst < LIMIT, min(controls) > LIMIT


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--points", type=int, default=len(AUDIT_MAGNETS), help="how many of the 12 points")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    print(f"{options.seeds} seeds, {TRAJECTORIES} trajectories of length 2")
    print(
        f"{'alpha':>6} {'nu':>5} {'delta':>6} {'theta':>6}"
        + "".join(f"{n + ': mean  var':>20}" for n in NAMES)
    )
    worst = 0.0
    pooled = []
    for magnet in AUDIT_MAGNETS[: options.points]:
        z = scores(magnet, options.seeds)
        pooled.append(z)
        worst = max(worst, *(float(np.abs(part).max()) for part in deviations(z)))
        parameters = f"{magnet.alpha:6g} {magnet.nu:5g} {magnet.delta:6g} {magnet.theta:6.3f}"
        cells = (f"{m:+14.2f} {v:5.2f}" for m, v in zip(z.mean(axis=0), z.var(axis=0, ddof=1), strict=True))
        print(parameters + "".join(cells), flush=True)
    everything = np.concatenate(pooled)
    print(
        " " * 26
        + "".join(f"{m:+14.2f} {v:5.2f}" for m, v in zip(everything.mean(0), everything.var(0), strict=True))
    )
    print(f"largest deviation from (0, 1): {worst:.1f} standard errors (limit {LIMIT:g})")
    control = max(20, options.seeds // 4)
    with uncalibrated():
        noise = float(np.abs(deviations(scores(AUDIT_MAGNETS[0], control, share=1.0))[0]).max())
    heat = float(
        np.abs(deviations(scores(AUDIT_MAGNETS[0], control, share=1.0, bath=left_point_heat))[0]).max()
    )
    print(
        f"uncalibrated kick: {noise:.0f} standard errors, left-point heat: {heat:.0f} ({control} seeds each)"
    )
    passed, caught = verdict(worst, noise, heat)
    print(
        f"{'passed' if passed else 'FAILED'}; the wrong ones were {'caught' if caught else 'NOT CAUGHT'}",
        end="",
    )
    print(f" ({time.perf_counter() - began:.0f} s)")
    return 0 if passed and caught else 1


if __name__ == "__main__":
    sys.exit(main())
