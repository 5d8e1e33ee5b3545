"""`simulate`: one call from parameters to rates with standard errors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cancellation import check
from ..macrospin import Macrospin
from .ensemble import Ensemble, Start
from .estimators import Estimate
from .step_size import relaxation_time

Vector = NDArray[np.float64]

__all__ = ["Paths", "Run", "simulate"]

_SLICE_SECONDS = 0.02
_BURN_IN_TIMES = 8.0


@dataclass(frozen=True)
class Paths:
    """Per trajectory: both ends and the entropies gathered between them."""

    start: Vector
    end: Vector
    pumped: Vector
    bath: Vector


@dataclass(frozen=True)
class Run:
    """Result of `simulate`. Rates in units of ηT, times in 1/(ηT)."""

    magnet: Macrospin
    scheme: str
    dt: float
    seed: int
    duration: float
    S_P: Estimate
    S_B: Estimate
    Sigma: Estimate
    #: Var(S_P(τ))/τ at τ = duration; compare with ``steady_state(magnet).finite_time_variance(duration)``.
    Delta_P: Estimate
    mean_n: Vector
    mean_n_stderr: Vector
    steps_per_second: float
    paths: Paths


def simulate(
    magnet: Macrospin,
    trajectories: int = 256,
    duration: float = 50.0,
    dt: float | None = None,
    scheme: str = "moebius",
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    *,
    initial: Start = None,
    burn_in: float | None = None,
) -> Run:
    """Simulate the stochastic equation and estimate the entropy rates.

    Examples
    --------
    >>> run = simulate(Macrospin(alpha=0.5, nu=2, delta=0.9), trajectories=64, duration=5.0)
    >>> run.S_P.stderr > 0
    True
    """
    threads = len(os.sched_getaffinity(0)) if threads is None else threads
    with Ensemble(
        magnet,
        trajectories=trajectories,
        dt=dt,
        scheme=scheme,
        seed=seed,
        threads=threads,
        initial=initial,
        tracked=0,
    ) as ensemble:
        if burn_in is None:
            burn_in = _BURN_IN_TIMES * relaxation_time(magnet)
        before = round(burn_in / ensemble.dt)
        measured = max(1, round(duration / ensemble.dt))
        total = before + measured
        done = 0
        taken = 64
        began = time.perf_counter()
        for target in (before, total):
            while done < target:
                check(cancel)
                part = min(taken, target - done)
                clock = time.perf_counter()
                ensemble.advance(part)
                spent = time.perf_counter() - clock
                done += part
                taken = max(1, min(2 * taken, int(part * _SLICE_SECONDS / max(spent, 1e-6))))
                if progress is not None:
                    progress(done / total)
            if target == before:
                ensemble.restart_statistics()
        seconds = time.perf_counter() - began
        found = ensemble.estimates()
        averages = ensemble.mean_n
        return Run(
            magnet=magnet,
            scheme=scheme,
            dt=ensemble.dt,
            seed=seed,
            duration=ensemble.elapsed,
            S_P=found.S_P,
            S_B=found.S_B,
            Sigma=found.Sigma,
            Delta_P=found.Delta_P,
            mean_n=averages.mean(axis=0),
            mean_n_stderr=averages.std(axis=0, ddof=1) / np.sqrt(len(averages)),
            steps_per_second=total * trajectories / seconds,
            paths=Paths(ensemble.start, ensemble.n, ensemble.pumped, ensemble.bath),
        )
