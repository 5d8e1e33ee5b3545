"""Does the simulation keep its word? It is asked at magnets drawn at random.

    python benchmarks/audit.py [--seed 0] [--magnets 400] [--scheme moebius] [--work 1e8]

Three of four magnets have |alpha| and nu, delta log-uniform over six decades or more and theta uniform; the
fourth is a device of one of three materials in a random field and current. Each runs with the automatic step
for 1 to 100 relaxation times, with 1 to 8192 trajectories, and every quantity that has an exact value is
compared with it: S_P, S_B, Sigma, Delta_P over its own time, the components of mean_n, and <e^-S> = 1 of the
total entropy S where it converges (Sigma tau < 1/2).

A violation is a distance beyond what the step promises (`simulation.default_step`) and 4 standard errors;
with few samples, beyond what Student's distribution makes as rare. It counts if it is there again with other
noise and, from 16 trajectories on, four times as many. Of 3200 comparisons 0.2 are beyond 4 by chance, or
several where a distribution is skewed; that one comes twice happens in one sound audit out of 300 at most.
The error bars are audited by the median of |z|, which must be 0.67 within 4 of its standard errors.

Magnets that take more than the bound on trajectory steps, or |b| > 1e4 for the exact values, are passed over
and counted. Then one magnet is simulated wrong on purpose, which must not pass: by a kick with the variance
of the Gaussian instead of the calibrated one, and with the heat in Ito's sense. The exit code tells.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from negative_controls import left_point_heat, uncalibrated
from numpy.typing import NDArray
from scipy import stats

import slls_widgets as sw
from slls_widgets.fokker_planck import SteadyState
from slls_widgets.magnet.device import MATERIALS
from slls_widgets.simulation import Estimate, Run, default_step, relaxation_time
from slls_widgets.simulation.step_size import MEAN_TOLERANCE, SPREAD_TOLERANCE, stated_bias

Vector = NDArray[np.float64]
Heat = Callable[[Run], Estimate]
NAMES = ("S_P", "S_B", "Sigma", "Delta_P", "n_x", "n_y", "n_z", "e^-S")

LIMIT = 4.0
MOST_TRAJECTORIES = 8192
#: The exact values take seconds beyond this |b|.
STRONGEST = 1e4
_BURN_IN = 8.0


class Case(NamedTuple):
    """One run to be audited."""

    magnet: sw.Macrospin
    tau: float
    trajectories: int
    seed: int

    def work(self, scheme: str) -> float:
        """Trajectory steps it takes."""
        times = self.tau + _BURN_IN * relaxation_time(self.magnet)
        return self.trajectories * times / default_step(self.magnet, scheme)


class Comparison(NamedTuple):
    """Distances from the exact values in standard errors, and what the step promises, in the same unit."""

    z: Vector
    promised: Vector
    samples: Vector

    def beyond(self) -> Vector:
        """What exceeds the promise, as standard errors of a normal distribution."""
        excess = np.maximum(np.abs(self.z) - self.promised, 0.0)
        return np.minimum(stats.norm.isf(stats.t.sf(excess, np.maximum(self.samples - 1.0, 1.0))), excess)


def drawn(rng: np.random.Generator) -> sw.Macrospin:
    """A magnet at random."""
    sign, theta = float(rng.choice([-1.0, 1.0])), float(rng.uniform(0.0, math.pi))
    if rng.random() < 0.25:
        magnetisation, damping = MATERIALS[str(rng.choice(["CoFeB", "permalloy", "cobalt"]))]
        field, current = 10.0 ** rng.uniform(-2.0, 0.0), sign * 10.0 ** rng.uniform(-6.0, -3.5)
        return sw.Device(
            magnetisation_si=magnetisation,
            gilbert_damping=damping,
            field_si=field,
            current_si=current,
            theta=theta,
        ).macrospin()
    alpha, nu, delta = (10.0 ** rng.uniform(low, high) for low, high in ((-3, 3), (-3, 4), (-3, 2)))
    return sw.Macrospin(alpha=sign * alpha, nu=nu, delta=delta, theta=theta)


def cases(seed: int) -> Iterator[Case]:
    """Runs without end."""
    rng = np.random.default_rng(seed)
    while True:
        magnet = drawn(rng)
        tau = 10.0 ** rng.uniform(0.0, 2.0) * relaxation_time(magnet)
        yield Case(magnet, tau, int(MOST_TRAJECTORIES ** rng.uniform()), int(rng.integers(2**40)))


def compared(case: Case, scheme: str = "moebius", heat: Heat = attrgetter("S_B")) -> Comparison:
    """Run a case, and hold it against the exact values."""
    exact = sw.steady_state(case.magnet)
    run = sw.simulate(case.magnet, case.trajectories, case.tau, scheme=scheme, seed=case.seed)
    bath = heat(run)
    pumped_bias, bath_bias = stated_bias(case.magnet, exact.S_P, exact.S_B)
    fluctuation = float(exact.finite_time_variance(run.tau))
    theorem = _exponential_average(run, exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = [
            run.S_P.z(exact.S_P),
            bath.z(exact.S_B),
            run.Sigma.z(exact.Sigma),
            run.Delta_P.log_z(fluctuation),
        ]
        z += [*((run.mean_n - exact.mean_n) / run.mean_n_stderr), theorem.z(1.0)]
        promised = [pumped_bias / run.S_P.stderr, bath_bias / bath.stderr]
        promised += [(pumped_bias + bath_bias) / run.Sigma.stderr]
        promised += [SPREAD_TOLERANCE * run.Delta_P.value / run.Delta_P.stderr]
        promised += [*(MEAN_TOLERANCE / run.mean_n_stderr), 0.0]
    # What has no error bar is not compared, and Euler and Heun promise nothing of Delta_P and mean_n.
    known = np.isfinite(z) & ((scheme == "moebius") | (np.arange(len(NAMES)) < 3))
    # Of few trajectories the rates have stretches, and the mean of n has not.
    samples = np.full(len(NAMES), float(case.trajectories))
    samples[:4] *= max(1.0, run.duration // (run.tau * (1.0 - 1e-9)))
    return Comparison(np.where(known, z, np.nan), np.array(promised), samples)


def _exponential_average(run: Run, exact: SteadyState) -> Estimate:
    if not (exact.Sigma * run.duration < 0.5 and run.trajectories >= 64):
        return Estimate(math.nan, math.nan)
    weights = np.exp(-run.paths.total(lambda n: np.log(exact.density(n))))
    return Estimate(float(weights.mean()), float(weights.std(ddof=1)) / math.sqrt(weights.size))


def violations(case: Case, found: Comparison, scheme: str, heat: Heat = attrgetter("S_B")) -> list[str]:
    """Names of the quantities that are too far off, here and again with other noise."""
    suspects = found.beyond() > LIMIT
    if not suspects.any():
        return []
    again = case._replace(seed=case.seed + 2**41)
    if case.trajectories >= 16:
        again = again._replace(trajectories=4 * case.trajectories)
    repeated = compared(again, scheme, heat)
    lines = []
    for k in np.flatnonzero(suspects):
        is_there = repeated.beyond()[k] > LIMIT and found.z[k] * repeated.z[k] > 0.0
        lines.append(
            f"{'VIOLATION' if is_there else 'not again'} {NAMES[k]} at {case.magnet}, tau = {case.tau:.4g}, "
            f"{case.trajectories} trajectories, seed {case.seed}: z = {found.z[k]:+.1f}, then "
            f"{repeated.z[k]:+.1f}; promised {found.promised[k]:.1f}, then {repeated.promised[k]:.1f}"
        )
    return lines


class Result(NamedTuple):
    """What an audit found."""

    violations: list[str]
    chances: list[str]
    z: Vector
    skipped: int


#: Where what is wrong on purpose must be seen, and what is right must not.
CONTROL = Case(sw.Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7), 4.0, 2**16, 0)


def control(heat: Heat = attrgetter("S_B"), case: Case = CONTROL) -> int:
    """How many quantities of one run are violated."""
    lines = violations(case, compared(case, heat=heat), "moebius", heat)
    return sum(line.startswith("VIOLATION") for line in lines)


def audit(
    magnets: int, seed: int, work: float, scheme: str = "moebius", tell: Callable[[str], object] = print
) -> Result:
    """Compare so many magnets."""
    result = Result([], [], np.empty((magnets, len(NAMES))), 0)
    source, done, skipped = cases(seed), 0, 0
    while done < magnets:
        case = next(source)
        if np.linalg.norm(case.magnet.damping) > STRONGEST or case.work(scheme) > work:
            skipped += 1
            continue
        found = compared(case, scheme)
        result.z[done] = found.z
        done += 1
        for line in violations(case, found, scheme):
            (result.violations if line.startswith("VIOLATION") else result.chances).append(line)
            tell(line)
    return result._replace(skipped=skipped)


def error_bars(z: Vector) -> Vector:
    """How many standard errors the median of |z| is from a normal number's 0.6745, for each quantity."""
    count = np.count_nonzero(np.isfinite(z), axis=0)
    # The density of |z| at its median is 0.6356.
    return (np.nanmedian(np.abs(z), axis=0) - 0.6745) * 2.0 * 0.6356 * np.sqrt(count)


def verdict(violated: int, bars: Vector, *controls: int) -> tuple[bool, bool]:
    """Whether the simulation passes, and whether all that is wrong on purpose does not."""
    return violated == 0 and float(np.nanmax(np.abs(bars))) < LIMIT, min(controls) > 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--magnets", type=int, default=400)
    parser.add_argument("--scheme", default="moebius", choices=("moebius", "euler", "heun"))
    parser.add_argument("--work", type=float, default=1e8, help="most trajectory steps of a magnet")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    seed, work = options.seed, options.work
    found = audit(options.magnets, seed, work, options.scheme)
    print(
        f"{options.magnets} magnets from seed {seed}, {np.count_nonzero(np.isfinite(found.z))} comparisons, "
        f"{found.skipped} magnets passed over (more than {work:.0e} trajectory steps, or |b| > {STRONGEST:g})"
    )
    bars = error_bars(found.z)
    medians = zip(NAMES, np.nanmedian(np.abs(found.z), axis=0), strict=True)
    print("median |z|: " + ", ".join(f"{name} {median:.2f}" for name, median in medians))
    print(f"  from 0.67 by {np.nanmax(np.abs(bars)):.1f} standard errors at most (limit {LIMIT:g})")
    print(f"{len(found.violations)} violations, {len(found.chances)} that did not come again")
    with uncalibrated():
        noise = control()
    heat = control(left_point_heat)
    print(
        f"violations with an uncalibrated kick: {noise}, with left-point heat: {heat}, without: {control()}"
    )
    passed, caught = verdict(len(found.violations), bars, noise, heat)
    print(
        f"{'passed' if passed else 'FAILED'}; the wrong ones were {'caught' if caught else 'NOT CAUGHT'}"
        f" ({time.perf_counter() - began:.0f} s)"
    )
    return 0 if passed and caught else 1


if __name__ == "__main__":
    sys.exit(main())
