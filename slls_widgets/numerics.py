"""How good the simulation is: bias against the step, cost of a given accuracy, honesty of the error bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fokker_planck import counting, steady_state
from .macrospin import Macrospin
from .simulation import default_step, simulate

Array = NDArray[np.float64]

__all__ = ["PAPER_STEP", "Bias", "Cost", "bias", "cost", "path_length", "z_scores"]

#: The paper's step, 10⁻⁵ at ηT = 0.5 (SI III), in 1/(ηT).
PAPER_STEP = 5e-6
#: Measured biases below this many standard errors say nothing of the order.
_SEEN = 4.0


class Bias(NamedTuple):
    """Relative bias of a rate at several steps, its standard error, and the line |bias| = factor dt^order.

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
    magnet: Macrospin, seeds: int, *, trajectories: int = 512, duration: float = 2.0
) -> Mapping[str, Array]:
    """z = (simulated - exact)/(its own standard error) of S_P, S_B and Delta_P for each of several seeds.

    Half the default step is used, so that its bias cannot be seen. Delta_P is compared with the exact
    variance at the same finite time, on a logarithmic scale, because the spread of a variance is skewed.
    """
    exact = steady_state(magnet)
    fluctuation = float(exact.finite_time_variance(duration))
    dt = duration / math.ceil(duration / (0.5 * default_step(magnet)))
    rows = []
    for seed in range(seeds):
        run = simulate(magnet, trajectories, duration, dt=dt, seed=seed)
        spread = run.Delta_P
        rows.append(
            (
                run.S_P.z(exact.S_P),
                run.S_B.z(exact.S_B),
                math.log(spread.value / fluctuation) * spread.value / spread.stderr,
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
