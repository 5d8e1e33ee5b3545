"""Many parameter points in one call."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cancellation import check
from ..macrospin import Macrospin
from .frame import frame_components
from .point import solve_range, starting_size, work

Array = NDArray[np.float64]
Cancel = Callable[[], bool] | Event | None

__all__ = ["WORK_LIMIT", "Cancel", "Solutions", "check_work", "checked_tolerance", "solve_many", "stopper"]


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


# Points per call into compiled code: about a millisecond or two, so that a cancel is heard at once.
_BATCH = 16
# Largest sum of L (2M+1)² over the truncations tried: at most 200 MB of inverse blocks, a few seconds.
WORK_LIMIT = 2.5e7


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
        Threads to share the points among; all cores by default.
    progress : callable, optional
        Called with the fraction done, 0 to 1, from the calling thread.
    cancel : callable or threading.Event, optional
        Asked between small batches.

    Returns
    -------
    Solutions
        Arrays of the broadcast shape. Where double precision cannot reach ``tol`` the ``error`` says so.

    Raises
    ------
    ValueError
        For an illegal parameter, or one that would need more memory than the stated limit; before any work.
    Cancelled
        When ``cancel`` said stop.

    Examples
    --------
    >>> rates = solve_many([-0.3, 0.0, 0.3], 2.0, 0.866, 0.7)
    >>> print(np.sign(rates.S_P), rates.error.max() < 1e-6)
    [-1.  0.  1.] True
    """
    tol = checked_tolerance(tol)
    arrays = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (alpha, nu, delta, theta)))
    shape = arrays[0].shape
    points = np.ascontiguousarray(np.stack([v.ravel() for v in arrays], axis=-1))
    _check(points, tol)
    out = np.zeros((len(points), len(Solutions._fields)))
    starts = range(0, len(points), _BATCH)
    workers = min(threads or os.cpu_count() or 1, len(starts))
    stop = stopper(cancel)

    def solve_batch(first: int) -> None:
        solve_range(points, tol, WORK_LIMIT, out, first, min(first + _BATCH, len(points)))

    if workers <= 1:
        for done, first in enumerate(starts, 1):
            check(stop)
            solve_batch(first)
            if progress is not None:
                progress(done / len(starts))
    else:
        with ThreadPoolExecutor(workers, thread_name_prefix="slls-solve") as pool:
            _drain(pool, solve_batch, starts, workers, stop, progress)
    check(stop)
    return Solutions(*(np.ascontiguousarray(column).reshape(shape) for column in out.T))


def _drain(
    pool: ThreadPoolExecutor,
    solve_batch: Callable[[int], None],
    starts: range,
    workers: int,
    stop: Callable[[], bool] | None,
    progress: Callable[[float], None] | None,
) -> None:
    """Keep a few batches per thread in flight, so that nothing queued outlives a cancel for long."""
    queue, done = iter(starts), 0
    flying = {pool.submit(solve_batch, first) for first in itertools.islice(queue, 2 * workers)}
    while flying:
        finished, flying = wait(flying, return_when=FIRST_COMPLETED)
        for future in finished:
            future.result()
        done += len(finished)
        if progress is not None:
            progress(done / len(starts))
        if stop is not None and stop():
            for future in flying:
                future.cancel()
            check(stop)
        flying |= {pool.submit(solve_batch, first) for first in itertools.islice(queue, len(finished))}


def checked_tolerance(tol: float) -> float:
    """The tolerance, if double precision can mean it."""
    if not 1e-13 <= tol <= 0.1:
        raise ValueError(f"tol must lie in [1e-13, 0.1] (relative error of the rates); got {tol!r}")
    return float(tol)


def check_work(frame: Array, tol: float) -> None:
    """Refuse a point whose expected truncation exceeds the limit."""
    ell_max, order_max = starting_size(frame, tol)
    needed = work(ell_max, order_max)
    if needed > WORK_LIMIT:
        raise ValueError(
            f"this point needs about {ell_max} degrees with {2 * order_max + 1} orders, {needed:.1e} numbers "
            f"per matrix, more than the limit of {WORK_LIMIT:.1e}: its damping vector is "
            f"{np.hypot(*frame[:2]):.1e} long. "
            "Use a weaker field or torque, a larger delta, or a larger tol."
        )


def _check(points: Array, tol: float) -> None:
    alpha, nu, delta, theta = points.T
    bad = (
        ~np.isfinite(points).all(axis=1) | ~(nu > 0.0) | ~(delta > 0.0) | ~((theta >= 0.0) & (theta <= np.pi))
    )
    reach = np.where(bad, 0.0, nu) * (1.0 + np.abs(np.where(bad, 0.0, alpha)) / np.where(bad, 1.0, delta))
    # Macrospin words the complaint; anything else that could be too large is looked at one by one.
    for i in np.flatnonzero(bad | ~(reach < 1e6)):
        magnet = Macrospin(alpha=alpha[i], nu=nu[i], delta=delta[i], theta=theta[i])
        check_work(frame_components(magnet.alpha, magnet.nu, magnet.delta, magnet.theta), tol)


def stopper(cancel: Cancel) -> Callable[[], bool] | None:
    """The question to ask: an event's ``is_set``, or the callable itself."""
    return cancel.is_set if isinstance(cancel, Event) else cancel
