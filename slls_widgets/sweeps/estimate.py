"""What a sweep will cost, from a few of its points."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .compute import compute, task_at
from .plan import Plan
from .quantities import variables

__all__ = ["Forecast", "estimate"]


@dataclass(frozen=True)
class Forecast:
    """Cost of a sweep, from ``sampled`` of its points."""

    sampled: int
    #: Processor seconds per point: mean, and the standard error of that.
    seconds_per_point: float
    stderr: float
    #: Reasons of those that failed.
    failures: tuple[str, ...]
    #: Size of the store before compression.
    bytes: int


def estimate(plan: Plan, sample: int = 32, stop: Callable[[], bool] | None = None) -> Forecast:
    """Compute some points, the same ones every time, drawn from the whole grid.

    Examples
    --------
    >>> plan = Plan.of({"grid": {"alpha": [0.1, 0.2], "nu": 2, "delta": 1, "theta": 0}, "exact": {}})
    >>> estimate(plan).sampled
    2
    """
    generator = np.random.default_rng(0)
    drawn = (
        np.unique(generator.integers(plan.points, size=sample))
        if plan.points > sample
        else np.arange(plan.points)
    )
    # The first call loads or compiles the kernels.
    compute(task_at(plan, drawn[:1]), stop)
    seconds: list[float] = []
    failures: list[str] = []
    for index in drawn:
        began = time.perf_counter()
        result = compute(task_at(plan, np.array([index])), stop)
        seconds.append(time.perf_counter() - began)
        failures += result.reasons.values()
    size = {"float64": 8, "int64": 8, "int8": 1, "str": 0}
    width = sum(size[one.dtype] * (len(one.extra[1]) if one.extra else 1) for one in variables(plan))
    spread = float(np.std(seconds, ddof=1)) if len(seconds) > 1 else float("nan")
    return Forecast(
        len(seconds),
        float(np.mean(seconds)),
        spread / len(seconds) ** 0.5,
        tuple(failures),
        plan.points * width,
    )
