"""Many parameter points in one call."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cancellation import check
from ..macrospin import Macrospin
from .steady_state import steady_state

Array = NDArray[np.float64]
Cancel = Callable[[], bool] | Event | None

__all__ = ["Cancel", "Solutions", "solve_many", "stopper"]


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
    """Solve every point of the broadcast parameters."""
    stop = stopper(cancel)
    arrays = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (alpha, nu, delta, theta)))
    shape = arrays[0].shape
    points = np.stack([v.ravel() for v in arrays], axis=-1)
    out = np.zeros((9, len(points)))
    for i, (a, v, d, t) in enumerate(points):
        check(stop)
        ss = steady_state(Macrospin(alpha=a, nu=v, delta=d, theta=t), tol=tol)
        out[:, i] = (
            ss.S_P,
            ss.S_B,
            ss.Sigma,
            ss.Delta_P,
            ss.certificate,
            *(ss.errors[k] for k in ("S_P", "S_B", "Sigma", "Delta_P")),
        )
        if progress is not None:
            progress((i + 1) / len(points))
    return Solutions(*(row.reshape(shape) for row in out))


def stopper(cancel: Cancel) -> Callable[[], bool] | None:
    """The question to ask: an event's ``is_set``, or the callable itself."""
    return cancel.is_set if isinstance(cancel, Event) else cancel
