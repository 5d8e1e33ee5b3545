"""Simulated counterparts of exact curves, and the paper's own way of simulating."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..magnet.held import Held
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_DT, PAPER_TAU
from ..simulation import Ensemble, Recording, Run, simulate

__all__ = ["follow", "simulate_as_the_paper", "simulate_slice"]


def simulate_slice(
    alpha: ArrayLike,
    *,
    theta: float,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    trajectories: int = 256,
    duration: float = 50.0,
    seed: int = 0,
) -> list[Run]:
    """Simulate points along a line of α at one angle, each from a seed of its own.

    Parameters
    ----------
    alpha : array_like, 1-D
    theta, delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque |α|ν.
    trajectories, duration, seed
        As in :func:`slls_widgets.simulate`; point k starts from ``seed + k``.

    Examples
    --------
    >>> runs = simulate_slice([-0.5, 0.5], theta=0.3, delta=0.9, nu=2.0, trajectories=64, duration=5.0)
    >>> [run.magnet.alpha for run in runs]
    [-0.5, 0.5]
    """
    alphas = np.atleast_1d(np.asarray(alpha, dtype=float))
    fields = Held(nu, alpha_nu).at(alphas)
    return [
        simulate(
            Macrospin(alpha=float(a), nu=float(field), delta=delta, theta=theta),
            trajectories=trajectories,
            duration=duration,
            seed=seed + k,
        )
        for k, (a, field) in enumerate(zip(alphas, fields, strict=True))
    ]


def simulate_as_the_paper(magnet: Macrospin, trajectories: int = 64, seed: int = 0) -> Run:
    """Simulate with the paper's scheme, step and duration (SI section III), from the steady state.

    Euler-Maruyama with renormalisation, Δt = 1e-5 and 50000 steps in the paper's units. The paper does not
    say where its trajectories start; here a run of the Möbius scheme brings them to the steady state first.
    """
    settled = simulate(magnet, trajectories=trajectories, duration=1.0, seed=seed)
    return simulate(
        magnet,
        trajectories=trajectories,
        duration=PAPER_TAU,
        dt=PAPER_DT,
        scheme="euler",
        seed=seed + 1_000_000,
        initial=settled.paths.end,
        burn_in=0.0,
    )


def follow(
    magnet: Macrospin, start: ArrayLike, duration: float, *, frames: int = 400, paths: int = 3, seed: int = 0
) -> Recording:
    """A few trajectories from one direction, at ``frames`` equal intervals of ``duration``.

    Examples
    --------
    >>> seen = follow(Macrospin(alpha=0.1, nu=5.0, delta=0.1), [1, 0, 0], 0.5, frames=10, paths=2)
    >>> seen.paths.shape
    (2, 10, 3)
    """
    with Ensemble(
        magnet, trajectories=paths, seed=seed, initial=np.asarray(start, float), tracked=paths
    ) as probe:
        between = max(1, int(np.ceil(duration / frames / probe.dt)))
    with Ensemble(
        magnet,
        trajectories=paths,
        dt=duration / frames / between,
        seed=seed,
        initial=np.asarray(start, float),
        tracked=paths,
    ) as ensemble:
        return ensemble.advance_recorded(frames * between, between)


def as_columns(runs: Sequence[Run], name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """α, values and standard errors of one quantity, for plotting."""
    estimates = [getattr(run, name) for run in runs]
    return (
        np.array([run.magnet.alpha for run in runs]),
        np.array([estimate.value for estimate in estimates]),
        np.array([estimate.stderr for estimate in estimates]),
    )
