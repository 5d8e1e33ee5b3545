"""Phase maps: rates and phases over a grid of α and θ, at fixed field or at fixed torque (``magnet.held``).

Grids over all four parameters, stored on disk, are the business of `sweeps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._arguments import count, reals
from .._cancellation import check
from .._steps import Steps, each, finish
from ..fokker_planck.batch import Cancel, Solutions, checked_tolerance, solve_in_steps, solve_many, stopper
from ..magnet.held import Held
from ..magnet.phase import phases as named_phases
from .boundaries import checked_held, lines_in_steps, phase_boundaries

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Progress = Callable[[float], None]

__all__ = [
    "LONG_NAMES",
    "Level",
    "levels_in_steps",
    "lines_in_steps",
    "phase_boundaries",
    "phase_map",
    "phase_map_levels",
    "phases",
]

# Points per task when an executor is given: large enough to pay for shipping them.
_CHUNK = 256
#: What the four rates are called in words, in units of ηT.
LONG_NAMES = {
    "S_P": "pumped entropy rate",
    "S_B": "bath entropy rate",
    "Sigma": "entropy production rate",
    "Delta_P": "fluctuation coefficient of the pumped entropy",
}


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
    ValueError, TypeError
        For illegal arguments, before any work.
    Cancelled
        When ``cancel`` said stop.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise TypeError(
            f"executor must have a method submit, as concurrent.futures has it; got {executor!r:.60}"
        )
    plane = _plane(alpha, theta, delta, nu, alpha_nu, tol)
    points = plane.alpha[np.newaxis, :], plane.theta[:, np.newaxis]
    if executor is None:
        stop = stopper(cancel)
        solved = finish(plane.solve(*points, stop), progress, stop)
    else:
        solved = plane.solve_in(executor, *points, progress, cancel)
    return plane.dataset(slice(None), slice(None), solved)


def phase_map_levels(
    alpha: ArrayLike,
    theta: ArrayLike,
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    levels: int = 4,
    tol: float = 1e-6,
    progress: Progress | None = None,
    cancel: Cancel = None,
) -> Iterator[Level]:
    """Yield maps of growing resolution, the dataset of the last one :func:`phase_map` itself.

    Level k takes every 2^(levels-1-k)-th row and column (and always the last ones); each level solves only
    the points that the levels before it did not, and one that has none is left out.

    Parameters
    ----------
    alpha, theta, delta, nu, alpha_nu, tol, cancel
        As in :func:`phase_map`.
    levels : int
        How many maps at most, >= 1.
    progress : callable, optional
        Called with the fraction done of the last map, 0 to 1.

    Raises
    ------
    ValueError
        For illegal parameters, at once and not with the first map.
    """
    wanted, stop = count("levels", levels), stopper(cancel)
    return _watched(_levels(_plane(alpha, theta, delta, nu, alpha_nu, tol), wanted, stop), progress, stop)


def levels_in_steps(
    alpha: ArrayLike,
    theta: ArrayLike,
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    tol: float = 1e-6,
) -> Iterator[Level | float | None]:
    """`phase_map_levels` in steps: between the maps, the share that is done where it has grown, or None."""
    return _levels(_plane(alpha, theta, delta, nu, alpha_nu, tol), 4)


def _watched(
    steps: Iterator[Level | float | None], progress: Progress | None, stop: Callable[[], bool] | None
) -> Iterator[Level]:
    """The maps alone."""
    check(stop)
    for step in steps:
        if isinstance(step, Level):
            yield step
            continue
        if step is not None and progress is not None:
            progress(step)
        check(stop)


def _levels(
    plane: _Grid, levels: int, cancel: Callable[[], bool] | None = None
) -> Iterator[Level | float | None]:
    shape = plane.theta.size, plane.alpha.size
    grid = np.full((len(Solutions._fields), *shape), np.nan)
    done = np.zeros(shape, dtype=bool)
    for level in range(levels):
        stride = 2 ** (levels - 1 - level)
        rows, columns = (np.unique(np.append(np.arange(0, size, stride), size - 1)) for size in shape)
        wanted = np.zeros_like(done)
        wanted[np.ix_(rows, columns)] = True
        i, j = np.nonzero(wanted & ~done)
        if i.size == 0:
            continue
        before, share = done.sum() / done.size, i.size / done.size

        def of_all(part: float | None, before: float = before, share: float = share) -> float | None:
            return None if part is None else min(1.0, before + share * part)

        grid[:, i, j] = yield from each(plane.solve(plane.alpha[j], plane.theta[i], cancel), of_all)
        done |= wanted
        solved = Solutions(*grid[:, rows][:, :, columns])
        yield Level(
            plane.alpha[columns],
            plane.theta[rows],
            solved.S_P,
            solved.S_B,
            solved.Sigma,
            solved.Delta_P,
            partial(plane.dataset, rows, columns, solved),
        )


@dataclass(frozen=True, eq=False)
class Level:
    """A map of some resolution as arrays, those of the rates of shape (theta, alpha), and as a dataset."""

    alpha: Array
    theta: Array
    S_P: Array
    S_B: Array
    Sigma: Array
    Delta_P: Array
    _make: Callable[[], xr.Dataset]

    @property
    def dataset(self) -> xr.Dataset:
        """Made when asked for: xarray is not loaded before."""
        return self._make()


def phases(solved: Solutions) -> NDArray[np.str_]:
    """The phase of every point, as :meth:`slls_widgets.Phase.of_rates` names it."""
    return named_phases(solved.S_P, solved.S_B, solved.S_P_error, solved.S_B_error)


def _plane(
    alpha: ArrayLike, theta: ArrayLike, delta: float, nu: float | None, alpha_nu: float | None, tol: float
) -> _Grid:
    """The plane of checked arguments."""
    alpha, theta = _axis("alpha", alpha), _axis("theta", theta)
    # Any α but 0 will do to check the others; the grid's own are checked with all their points.
    furthest = float(np.max(np.abs(alpha))) or 1.0
    delta, held = checked_held(delta, nu, alpha_nu, furthest)
    return _Grid(alpha, theta, delta, held, checked_tolerance(tol))


def _axis(name: str, values: ArrayLike) -> Array:
    axis = np.atleast_1d(reals(name, values))
    if axis.ndim != 1 or axis.size == 0:
        raise ValueError(f"{name} must be a one-dimensional, non-empty array; got shape {axis.shape}")
    return axis


@dataclass(frozen=True, eq=False)
class _Grid:
    """The grid of a map and what is held on it."""

    alpha: Array
    theta: Array
    delta: float
    held: Held
    tol: float

    def solve(self, alpha: Array, theta: Array, cancel: Callable[[], bool] | None) -> Steps[Solutions]:
        """Solve some points of the plane, in threads of this process."""
        field, infinite = self.held.along(alpha)
        solved = yield from solve_in_steps(alpha, field, self.delta, theta, tol=self.tol, cancel=cancel)
        return _at_midpoint(solved, infinite)

    def solve_in(
        self, executor: Executor, alpha: Array, theta: Array, progress: Progress | None, cancel: Cancel
    ) -> Solutions:
        """The same, by the workers of an executor."""
        field, infinite = self.held.along(alpha)
        points = np.broadcast_arrays(alpha, field, float(self.delta), theta)
        flat = [np.ascontiguousarray(values).ravel() for values in points]
        tasks = [[v[first : first + _CHUNK] for v in flat] for first in range(0, flat[0].size, _CHUNK)]
        futures = [executor.submit(_solve_chunk, task, self.tol) for task in tasks]
        stop = stopper(cancel)
        parts: list[tuple[Array, ...]] = []
        try:
            while len(parts) < len(futures):
                check(stop)
                try:
                    parts.append(futures[len(parts)].result(timeout=0.1))
                except TimeoutError:
                    continue
                if progress is not None:
                    progress(len(parts) / len(futures))
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        shape = points[0].shape
        columns = (np.concatenate(rows).reshape(shape) for rows in zip(*parts, strict=True))
        return _at_midpoint(Solutions(*columns), infinite)

    def dataset(
        self, rows: slice | NDArray[np.intp], columns: slice | NDArray[np.intp], solved: Solutions
    ) -> xr.Dataset:
        """What was solved on some rows and columns of the plane."""
        import xarray as xr

        dims = ("theta", "alpha")
        variables = {
            # Divided by eta T, which UDUNITS does not know: they have no dimension.
            name: (
                dims,
                getattr(solved, name),
                {"units": "1", "long_name": words, "comment": "in units of eta T"},
            )
            for name, words in LONG_NAMES.items()
        }
        variables["error"] = (dims, solved.error, {"units": "1", "long_name": "certificate"})
        variables["phase"] = (dims, phases(solved), {"long_name": "phase"})
        attributes: dict[str, float | str] = {
            "Conventions": "CF-1.11",
            "title": "Phase map of the stochastic Landau-Lifshitz-Slonczewski macrospin",
            "source": f"slls-widgets {__version__}",
            "references": "arXiv:2502.06054",
            "delta": float(self.delta),
            "tol": self.tol,
            "certificate": float(np.max(solved.error)),
            "slls_widgets_version": __version__,
            **self.held.argument,
        }
        if self.held.alpha_nu is not None:
            attributes["note"] = (
                "alpha = 0 is the limit of infinite field, where S_P jumps; its midpoint is stored, rates 0"
            )
        # xarray gives every variable a fill value, which a coordinate may not have.
        full = {"_FillValue": None}
        along, across = (
            {"units": "1", "long_name": "torque over field"},
            {"units": "rad", "long_name": "angle between P and H"},
        )
        return xr.Dataset(
            variables,
            coords={
                "alpha": ("alpha", self.alpha[columns], along, full),
                "theta": ("theta", self.theta[rows], across, full),
            },
            attrs=attributes,
        )


def _at_midpoint(solved: Solutions, infinite: NDArray[np.bool_]) -> Solutions:
    # Infinite field: the midpoint of the jump, decided and exact.
    return Solutions(*(np.where(infinite, 0.0, values) for values in solved))


def _solve_chunk(points: list[Array], tol: float) -> tuple[Array, ...]:
    """One task of an executor; processes bring their own parallelism."""
    alpha, nu, delta, theta = points
    return tuple(solve_many(alpha, nu, delta, theta, tol=tol, threads=1))
