"""How good the simulation is: bias against the step, cost of a given accuracy, honesty of the error bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..fokker_planck import counting, steady_state
from ..magnet.macrospin import Macrospin
from ..simulation import Ensemble, Estimate, Run, default_step, relaxation_time, simulate

Array = NDArray[np.float64]

__all__ = [
    "AUDIT_MAGNETS",
    "Bias",
    "Cost",
    "bias",
    "cost",
    "mean_bias",
    "path_length",
    "z_scores",
]

#: Where the error bars are audited: all phases, weak and strong fields, little and much damping, any angle.
AUDIT_MAGNETS = tuple(
    Macrospin(alpha=alpha, nu=nu, delta=delta, theta=theta)
    for alpha, nu, delta, theta in (
        (0.5, 2.0, 0.866, 0.7),
        (-0.3, 10.0, 0.866, 1.2),
        (0.1, 30.0, 0.866, 1.0),
        (1.0, 3.0, 0.866, 1.5),
        (-0.5, 6.0, 0.1, 0.8),
        (2.0, 0.5, 2.0, 0.4),
        (-1.5, 2.0, 0.866, 0.0),
        (0.5, 10.0, 0.866, 1.0),
        (1.2, 3.0, 0.5, math.pi / 2),
        (0.4, 0.05, 0.3, 1.1),
        (3.0, 8.0, 1.0, 0.6),
        (-2.5, 4.0, 0.4, 1.0),
    )
)
#: Measured biases below this many standard errors say nothing of the order.
_SEEN = 4.0
# Burn-in: e^-8 of the start is left.
_RELAXATIONS = 8.0
# Steps between two looks at the magnetisation: a fraction of a relaxation time at the steps of interest.
_LOOK = 8


class Bias(NamedTuple):
    """Relative bias of an average at several steps, its standard error, and a power |bias| = factor dt^order.

    ``order`` and its standard error are NaN where fewer than two biases stand out of the noise.
    """

    scheme: str
    quantity: str
    dt: Array
    value: Array
    stderr: Array
    order: float
    order_stderr: float
    factor: float

    def largest_step(self, tolerance: float) -> float:
        """Step at which the fitted bias is ``tolerance``."""
        return float((tolerance / self.factor) ** (1.0 / self.order))


class Cost(NamedTuple):
    """Steps needed for a relative accuracy of S_P and S_B together."""

    scheme: str
    dt: float
    length: float

    @property
    def steps(self) -> float:
        """Number of steps."""
        return self.length / self.dt


def bias(
    magnet: Macrospin,
    scheme: str,
    steps: Sequence[float],
    *,
    samples: int = 40_000_000,
    trajectories: int = 2048,
    seed: int = 0,
) -> dict[str, Bias]:
    """Relative bias (simulated - exact)/|exact| of S_P and S_B at several steps, and the fitted orders.

    Parameters
    ----------
    magnet : Macrospin
    scheme : {"moebius", "euler", "heun"}
    steps : sequence of float
        Steps dt in 1/(ηT).
    samples : int
        Trajectory steps to spend on each dt.
    """
    exact = steady_state(magnet)
    # A path needs an end; past a few relaxation times longer paths are as good as more of them.
    runs = [
        simulate(magnet, trajectories, samples / trajectories * dt, dt=dt, scheme=scheme, seed=seed + k)
        for k, dt in enumerate(steps)
    ]
    dt = np.array([run.dt for run in runs])
    found = {}
    for name in ("S_P", "S_B"):
        true = getattr(exact, name)
        estimates = [getattr(run, name) for run in runs]
        value = np.array([(estimate.value - true) / abs(true) for estimate in estimates])
        stderr = np.array([estimate.stderr / abs(true) for estimate in estimates])
        found[name] = Bias(scheme, name, dt, value, stderr, *_power_law(dt, value, stderr))
    return found


def mean_bias(
    magnet: Macrospin,
    scheme: str,
    steps: Sequence[float],
    *,
    samples: int = 20_000_000,
    trajectories: int = 2048,
    seed: int = 0,
) -> Bias:
    """Relative bias of <n> at several steps, n taken at the ends of steps and along the exact <n>.

    The weak order of a scheme is about the distribution of what it returns, step after step. A rate may do
    better: the Möbius scheme integrates n along its drift, which takes back most of the leading error.

    Parameters
    ----------
    magnet, scheme, steps, samples
        As for :func:`bias`.
    """
    exact = steady_state(magnet).mean_n
    length = float(np.linalg.norm(exact))
    values, errors = [], []
    for k, dt in enumerate(steps):
        with Ensemble(
            magnet, trajectories=trajectories, dt=dt, scheme=scheme, seed=seed + k, threads=2
        ) as ensemble:
            ensemble.advance(math.ceil(_RELAXATIONS * relaxation_time(magnet) / dt))
            looks = max(1, samples // (trajectories * _LOOK))
            along = np.zeros(trajectories)
            for _ in range(looks):
                ensemble.advance(_LOOK)
                along += ensemble.n @ exact / (looks * length**2)
        values.append(float(along.mean()) - 1.0)
        errors.append(float(along.std(ddof=1)) / math.sqrt(trajectories))
    found = np.array(steps), np.array(values), np.array(errors)
    return Bias(scheme, "n", *found, *_power_law(*found))


def path_length(magnet: Macrospin, accuracy: float = 0.01) -> float:
    """Total time of path after which S_P and S_B both have a relative standard error of ``accuracy``.

    From the exact variances per time, which belong to the magnet and not to a scheme: Δ_P, and that of S_B
    from the second derivative of its cumulant generating function.
    """
    steady = steady_state(magnet)
    h = 1e-3
    low, high = counting.scgf_slope(magnet, np.array([-h, h]), "bath")
    spread_of_bath = float(high - low) / (2.0 * h)
    return max(steady.Delta_P / steady.S_P**2, spread_of_bath / steady.S_B**2) / accuracy**2


def cost(magnet: Macrospin, found: Mapping[str, Bias], accuracy: float = 0.01) -> Cost:
    """Steps for standard errors of ``accuracy``, the biases of both rates at most half of that."""
    steps = {name: each.largest_step(0.5 * accuracy) for name, each in found.items()}
    return Cost(next(iter(found.values())).scheme, min(steps.values()), path_length(magnet, accuracy))


def z_scores(
    magnet: Macrospin,
    seeds: int,
    *,
    first_seed: int = 0,
    trajectories: int = 512,
    duration: float = 2.0,
    share: float = 0.5,
    bath: Callable[[Run], Estimate] = attrgetter("S_B"),
) -> dict[str, Array]:
    """z = (simulated - exact)/(its own standard error) of S_P, S_B and Delta_P for each of several seeds.

    Delta_P is compared with the exact variance at the same finite time, on a logarithmic scale, because the
    spread of a variance is skewed.

    Parameters
    ----------
    magnet : Macrospin
    seeds, first_seed, trajectories, duration
        Runs from the seeds first_seed, first_seed + 1, ..., each of so many trajectories of that length in
        1/(ηT). Scores of two magnets from the same seeds are not independent.
    share : float
        Step over the default step. At half of it a quarter of the stated bias is left, out of sight here.
    bath : callable
        What to take for S_B of a run: a wrong choice must be found out.
    """
    exact = steady_state(magnet)
    fluctuation = float(exact.finite_time_variance(duration))
    dt = duration / math.ceil(duration / (share * default_step(magnet)))
    rows = []
    for seed in range(first_seed, first_seed + seeds):
        run = simulate(magnet, trajectories, duration, dt=dt, seed=seed)
        rows.append(
            (
                run.S_P.z(exact.S_P),
                bath(run).z(exact.S_B),
                run.Delta_P.log_z(fluctuation),
            )
        )
    return dict(zip(("S_P", "S_B", "Delta_P"), np.array(rows).T, strict=True))


def _power_law(dt: Array, value: Array, stderr: Array) -> tuple[float, float, float]:
    """Weighted straight line through ln|bias| against ln dt."""
    seen = np.abs(value) > _SEEN * stderr
    if np.count_nonzero(seen) < 2:
        return math.nan, math.nan, math.nan
    x, y = np.log(dt[seen]), np.log(np.abs(value[seen]))
    weight = (value[seen] / stderr[seen]) ** 2
    middle = float(np.average(x, weights=weight))
    spread = float(np.sum(weight * (x - middle) ** 2))
    order = float(np.sum(weight * (x - middle) * y)) / spread
    return order, 1.0 / math.sqrt(spread), math.exp(float(np.average(y, weights=weight)) - order * middle)
