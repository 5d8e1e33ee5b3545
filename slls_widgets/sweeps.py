"""Grids of parameters: phase maps, slices at one angle, and the curves where a rate changes sign.

There are two ways to walk through α, as in the paper: at fixed field (``nu``), and at fixed torque
(``alpha_nu`` = |α|ν, so that ν = alpha_nu/|α|). At fixed torque α = 0 is the limit of infinite field, where
S_P jumps from -2 alpha_nu cos θ/δ to +2 alpha_nu cos θ/δ; maps hold the midpoint: all rates 0, equilibrium.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import __version__
from .boundaries import phase_boundaries
from .cancellation import check
from .fokker_planck.batch import Cancel, Solutions, solve_many, stopper
from .macrospin import Phase

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Progress = Callable[[float], None]

__all__ = ["field_at", "phase_boundaries", "phase_map", "phase_map_levels", "rates_slice"]

# Points per task when an executor is given: large enough to pay for shipping them.
_CHUNK = 256
_RATES = ("S_P", "S_B", "Sigma", "Delta_P")
_LONG_NAMES = {
    "S_P": "pumped entropy rate",
    "S_B": "bath entropy rate",
    "Sigma": "entropy production rate",
    "Delta_P": "fluctuation coefficient of the pumped entropy",
}


def rates_slice(
    alpha: ArrayLike,
    *,
    theta: float,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    tol: float = 1e-6,
    threads: int | None = None,
    cancel: Cancel = None,
) -> Solutions:
    """Rates along a line of α at one angle: the app's curves.

    Parameters
    ----------
    alpha : array_like
    theta, delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque.
    tol, threads, cancel
        As in :func:`slls_widgets.fokker_planck.solve_many`.

    Returns
    -------
    Solutions
        Arrays of the shape of ``alpha``.
    """
    return _solve(
        np.asarray(alpha, dtype=float),
        np.asarray(float(theta)),
        delta,
        nu,
        alpha_nu,
        tol,
        threads=threads,
        cancel=cancel,
    )


def phase_map(
    alpha: ArrayLike,
    theta: ArrayLike,
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    tol: float = 1e-6,
    executor: Executor | None = None,
    progress: Progress | None = None,
    cancel: Cancel = None,
) -> xr.Dataset:
    """Rates and phase on an (α, θ) grid.

    Parameters
    ----------
    alpha, theta : array_like, 1-D
        The axes of the grid; θ in radians.
    delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque |α|ν.
    tol : float
        Wanted certificate per point.
    executor : concurrent.futures.Executor, optional
        Where to run (a process pool, or ``dask.distributed.Client.get_executor()``); threads of this process
        by default. The result does not depend on it.
    progress : callable, optional
        Called with the fraction done, 0 to 1.
    cancel : callable or threading.Event, optional
        Asked between batches.

    Returns
    -------
    xarray.Dataset
        Dims ("theta", "alpha"); variables S_P, S_B, Sigma, Delta_P, error (the certificate), phase (a string
        of :class:`slls_widgets.Phase`); attributes hold parameters, version and largest certificate.

    Raises
    ------
    ValueError
        For illegal parameters, before any work.
    Cancelled
        When ``cancel`` said stop.
    """
    alphas, thetas = _axis("alpha", alpha), _axis("theta", theta)
    solved = _solve(
        alphas[np.newaxis, :],
        thetas[:, np.newaxis],
        delta,
        nu,
        alpha_nu,
        tol,
        executor=executor,
        progress=progress,
        cancel=cancel,
    )
    return _dataset(alphas, thetas, solved, delta, nu, alpha_nu, tol)


def phase_map_levels(
    alpha: ArrayLike,
    theta: ArrayLike,
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    tol: float = 1e-6,
    levels: int = 4,
    cancel: Cancel = None,
) -> Iterator[xr.Dataset]:
    """Yield maps of growing resolution, the last one :func:`phase_map` itself.

    Level k takes every 2^(levels-1-k)-th row and column (and always the last ones); each level solves only
    the points that the levels before it did not.
    """
    alphas, thetas = _axis("alpha", alpha), _axis("theta", theta)
    grid = np.full((len(Solutions._fields), len(thetas), len(alphas)), np.nan)
    done = np.zeros(grid.shape[1:], dtype=bool)
    for level in range(levels):
        stride = 2 ** (levels - 1 - level)
        rows = np.unique(np.append(np.arange(0, len(thetas), stride), len(thetas) - 1))
        columns = np.unique(np.append(np.arange(0, len(alphas), stride), len(alphas) - 1))
        wanted = np.zeros_like(done)
        wanted[np.ix_(rows, columns)] = True
        i, j = np.nonzero(wanted & ~done)
        grid[:, i, j] = _solve(alphas[j], thetas[i], delta, nu, alpha_nu, tol, cancel=cancel)
        done |= wanted
        solved = Solutions(*grid[:, rows][:, :, columns])
        yield _dataset(alphas[columns], thetas[rows], solved, delta, nu, alpha_nu, tol)


def _axis(name: str, values: ArrayLike) -> Array:
    axis = np.atleast_1d(np.asarray(values, dtype=float))
    if axis.ndim != 1 or axis.size == 0:
        raise ValueError(f"{name} must be a one-dimensional, non-empty array; got shape {axis.shape}")
    return axis


def field_at(alpha: Array, nu: float | None, alpha_nu: float | None) -> Array:
    """ν along α at fixed field or at fixed torque; α = 0 has none at fixed torque."""
    field, infinite = _field(alpha, nu, alpha_nu)
    if np.any(infinite):
        raise ValueError(
            "alpha must not be 0 at fixed alpha_nu: the field nu = alpha_nu/|alpha| is infinite there"
        )
    return field


def _field(alpha: Array, nu: float | None, alpha_nu: float | None) -> tuple[Array, Array]:
    """ν at each α, and where the field is infinite (a harmless ν stands there)."""
    if (nu is None) == (alpha_nu is None):
        raise ValueError(f"give exactly one of nu and alpha_nu; got nu={nu!r}, alpha_nu={alpha_nu!r}")
    infinite = np.zeros(alpha.shape, dtype=bool)
    if nu is not None:
        return np.full(alpha.shape, float(nu)), infinite
    if not alpha_nu or not (0.0 < alpha_nu < np.inf):
        raise ValueError(f"alpha_nu must be > 0 and finite (torque over temperature); got {alpha_nu!r}")
    infinite = alpha == 0.0
    return alpha_nu / np.abs(np.where(infinite, 1.0, alpha)), infinite


def _solve(
    alpha: Array,
    theta: Array,
    delta: float,
    nu: float | None,
    alpha_nu: float | None,
    tol: float,
    *,
    executor: Executor | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: Cancel = None,
) -> Solutions:
    field, infinite = _field(alpha, nu, alpha_nu)
    alpha, field, infinite, theta = np.broadcast_arrays(alpha, field, infinite, theta)
    if executor is None:
        solved = solve_many(
            alpha, field, delta, theta, tol=tol, threads=threads, progress=progress, cancel=cancel
        )
    else:
        solved = _submit(executor, alpha, field, float(delta), theta, tol, progress, cancel)
    # Infinite field: the midpoint of the jump, decided and exact.
    return Solutions(*(np.where(infinite, 0.0, values) for values in solved))


def _dataset(
    alpha: Array,
    theta: Array,
    solved: Solutions,
    delta: float,
    nu: float | None,
    alpha_nu: float | None,
    tol: float,
) -> xr.Dataset:
    import xarray as xr

    dims = ("theta", "alpha")
    variables = {
        name: (dims, getattr(solved, name), {"units": "eta*T", "long_name": _LONG_NAMES[name]})
        for name in _RATES
    }
    variables["error"] = (dims, solved.error, {"units": "1", "long_name": "certificate"})
    variables["phase"] = (dims, phases(solved), {"long_name": "phase"})
    attributes: dict[str, float | str] = {
        "delta": float(delta),
        "tol": tol,
        "certificate": float(np.max(solved.error)),
        "slls_widgets_version": __version__,
    }
    if nu is not None:
        attributes["nu"] = float(nu)
    if alpha_nu is not None:
        attributes["alpha_nu"] = float(alpha_nu)
        attributes["note"] = (
            "alpha = 0 is the limit of infinite field, where S_P jumps; its midpoint stands there, rates 0"
        )
    return xr.Dataset(
        variables,
        coords={
            "alpha": ("alpha", alpha, {"units": "1", "long_name": "torque over field"}),
            "theta": ("theta", theta, {"units": "rad", "long_name": "angle between P and H"}),
        },
        attrs=attributes,
    )


def phases(solved: Solutions) -> NDArray[np.str_]:
    """The phase of every point, as :meth:`slls_widgets.Phase.of_rates` names it."""
    pumped, bath = solved.S_P, solved.S_B
    names = np.select(
        [
            (pumped == 0.0) & (bath == 0.0),
            (np.abs(pumped) <= solved.S_P_error) | (np.abs(bath) <= solved.S_B_error),
            (pumped > 0.0) & (bath < 0.0),
            pumped > 0.0,
            bath > 0.0,
        ],
        [Phase.EQUILIBRIUM, Phase.BOUNDARY, Phase.REFRIGERATOR, Phase.DUD, Phase.HEAT_PUMP],
        Phase.BOUNDARY,
    )
    return names.astype(f"<U{max(map(len, Phase))}")


def _submit(
    executor: Executor,
    alpha: Array,
    nu: Array,
    delta: float,
    theta: Array,
    tol: float,
    progress: Progress | None,
    cancel: Cancel,
) -> Solutions:
    flat = [np.ascontiguousarray(v).ravel() for v in (alpha, nu, theta)]
    total = flat[0].size
    futures = [
        executor.submit(_chunk, [v[start : start + _CHUNK] for v in flat], delta, tol)
        for start in range(0, total, _CHUNK)
    ]
    parts = []
    stop = stopper(cancel)
    try:
        for k, future in enumerate(futures):
            while True:
                check(stop)
                try:
                    parts.append(future.result(timeout=0.1))
                    break
                except TimeoutError:
                    continue
            if progress is not None:
                progress(min(1.0, (k + 1) * _CHUNK / total))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return Solutions(*(np.concatenate(rows).reshape(alpha.shape) for rows in zip(*parts, strict=True)))


def _chunk(points: list[Array], delta: float, tol: float) -> tuple[Array, ...]:
    """One task of an executor; processes bring their own parallelism."""
    alpha, nu, theta = points
    return tuple(solve_many(alpha, nu, delta, theta, tol=tol, threads=1))
