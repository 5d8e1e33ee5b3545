"""Many parameter points in one call."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from numbers import Real
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arguments import real, reals
from .._cancellation import check
from .._processors import wanted_threads
from .._steps import Steps, finish
from ..magnet.macrospin import Macrospin
from .frame import frame_components
from .truncation import WORK_LIMIT, check_work, solve_into

Array = NDArray[np.float64]
Cancel = Callable[[], bool] | Event | None

__all__ = [
    "WORK_LIMIT",
    "Cancel",
    "Solutions",
    "checked_tolerance",
    "solve_in_steps",
    "solve_many",
    "stopper",
]


class Solutions(NamedTuple):
    """Rates on a set of points, all arrays of one shape; units of ηT.

    ``error`` is the certificate of each point, the largest error/max(|value|, 1e-9) of its four rates;
    the ``*_error`` arrays are absolute bounds.
    """

    S_P: Array
    S_B: Array
    Sigma: Array
    Delta_P: Array
    error: Array
    S_P_error: Array
    S_B_error: Array
    Sigma_error: Array
    Delta_P_error: Array


# Points per task of a thread: enough to hide what handing one over costs.
_BATCH = 16
# Seconds after which whoever waits for threads looks up.
_GLANCE = 0.02


def solve_many(
    alpha: ArrayLike,
    nu: ArrayLike,
    delta: ArrayLike,
    theta: ArrayLike,
    *,
    tol: float = 1e-6,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: Cancel = None,
) -> Solutions:
    """Solve every point of the broadcast parameters.

    Each point is solved on its own, so the result depends neither on the order of points nor on the number of
    threads.

    Parameters
    ----------
    alpha, nu, delta, theta : array_like
        Reduced parameters as in :class:`slls_widgets.Macrospin`; they broadcast.
    tol : float
        Wanted certificate of each point, in [1e-13, 0.1].
    threads : int, optional
        Threads to share the points among, at least 1; by default one for each processor.
    progress : callable, optional
        Called with the fraction done, 0 to 1, from the calling thread.
    cancel : callable or threading.Event, optional
        Asked before each point, from whatever thread solves it.

    Returns
    -------
    Solutions
        Arrays of the broadcast shape. Where rounding or the limit of the work keep a point from ``tol``, its
        ``error`` is larger.

    Raises
    ------
    ValueError
        For an illegal argument, or a point expected to need more work than the limit; before any work.
    Cancelled
        When ``cancel`` said stop.

    Examples
    --------
    >>> rates = solve_many([-0.3, 0.0, 0.3], 2.0, 0.866, 0.7)
    >>> print(np.sign(rates.S_P), rates.error.max() < 1e-6)
    [-1.  0.  1.] True
    """
    stop = stopper(cancel)
    return finish(
        solve_in_steps(alpha, nu, delta, theta, tol=tol, threads=threads, cancel=stop), progress, stop
    )


def solve_in_steps(
    alpha: ArrayLike,
    nu: ArrayLike,
    delta: ArrayLike,
    theta: ArrayLike,
    *,
    tol: float = 1e-6,
    threads: int | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Steps[Solutions]:
    """`solve_many` in steps: each a point or, in several threads, what they do in ``_GLANCE`` seconds."""
    tol, wanted = checked_tolerance(tol), wanted_threads(threads)
    given = {"alpha": alpha, "nu": nu, "delta": delta, "theta": theta}
    arrays = np.broadcast_arrays(*(reals(name, values) for name, values in given.items()))
    shape = arrays[0].shape
    points = np.ascontiguousarray(np.stack([v.ravel() for v in arrays], axis=-1))
    _check(points, tol)
    out = np.zeros((len(points), len(Solutions._fields)))
    starts = range(0, len(points), _BATCH)
    workers = min(wanted, len(starts))

    def solve_batch(first: int) -> Iterator[None]:
        for i in range(first, min(first + _BATCH, len(points))):
            solve_into(out[i], points[i], tol, WORK_LIMIT)
            yield

    if workers <= 1:
        for done, first in enumerate(starts, 1):
            yield from solve_batch(first)
            yield done / len(starts)
    else:
        yield from _in_threads(workers, solve_batch, starts, cancel)
    return Solutions(*(np.ascontiguousarray(column).reshape(shape) for column in out.T))


def _in_threads(
    workers: int,
    solve_batch: Callable[[int], Iterator[None]],
    starts: range,
    cancel: Callable[[], bool] | None,
) -> Steps[None]:
    """Solve batches in threads, a few for each in flight."""
    queue, done, given_up = iter(starts), 0, Event()

    def solve(first: int) -> None:
        # A point may take seconds: a cancel is heard before each.
        check(cancel)
        for _ in solve_batch(first):
            if given_up.is_set():
                return
            check(cancel)

    with ThreadPoolExecutor(workers, thread_name_prefix="slls-solve") as pool:
        try:
            flying = {pool.submit(solve, first) for first in itertools.islice(queue, 2 * workers)}
            while flying:
                finished, flying = wait(flying, _GLANCE, FIRST_COMPLETED)
                for future in finished:
                    future.result()
                done += len(finished)
                yield done / len(starts) if finished else None
                flying |= {pool.submit(solve, first) for first in itertools.islice(queue, len(finished))}
        finally:
            given_up.set()
            pool.shutdown(wait=False, cancel_futures=True)


def checked_tolerance(tol: object) -> float:
    """The tolerance, if it is a number that double precision can mean."""
    number = real(tol)
    if math.isnan(number) and not isinstance(tol, Real):
        raise TypeError(f"tol must be a number in [1e-13, 0.1]; got {tol!r:.40}")
    if not 1e-13 <= number <= 0.1:
        raise ValueError(f"tol must lie in [1e-13, 0.1] (relative error of the rates); got {number!r}")
    return number


def _check(points: Array, tol: float) -> None:
    alpha, nu, delta, theta = points.T
    bad = (
        ~np.isfinite(points).all(axis=1) | ~(nu > 0.0) | ~(delta > 0.0) | ~((theta >= 0.0) & (theta <= np.pi))
    )
    reach = np.where(bad, 0.0, nu) * (1.0 + np.abs(np.where(bad, 0.0, alpha)) / np.where(bad, 1.0, delta))
    # Macrospin words the complaint; anything else that could be too large is looked at one by one.
    for i in np.flatnonzero(bad | ~(reach < 1e5)):
        magnet = Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), points[i].tolist(), strict=True)))
        check_work(frame_components(magnet.alpha, magnet.nu, magnet.delta, magnet.theta), tol)


def stopper(cancel: Cancel) -> Callable[[], bool] | None:
    """The question to ask: an event's ``is_set``, or the callable itself."""
    return cancel.is_set if isinstance(cancel, Event) else cancel
