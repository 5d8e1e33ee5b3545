"""A computation that follows the exact operating point in the background."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import traitlets as tl

from ..magnet.macrospin import Macrospin
from .background import Background, countdown
from .dispatch import Dispatcher
from .exact import Exact
from .results import Point
from .worker import Job

__all__ = ["Followed", "Following"]


@dataclass(frozen=True)
class Followed:
    """A result and the magnet it belongs to."""

    magnet: Macrospin
    value: Any


class Following(Background):
    """Compute something at each new operating point; the newest wins.

    Parameters
    ----------
    exact : Exact
        Whose points to follow.
    compute : callable
        ``compute(point, cancelled)`` yields results, coarse first, and None where there is none yet. A newer
        point ends it at a ``yield``, or earlier where it asks ``cancelled`` itself and raises ``Cancelled``.
    dispatcher : Dispatcher, optional
        How results reach the thread that observes them.
    depends : callable
        ``depends(point)`` is all that a result depends on: it is computed anew when that has changed.
    """

    result = tl.Instance(Followed, allow_none=True)
    error = tl.Unicode("")

    def __init__(
        self,
        exact: Exact,
        compute: Callable[[Point, Callable[[], bool]], Iterator[object]],
        dispatcher: Dispatcher | None = None,
        depends: Callable[[Point], Hashable] = lambda point: point.magnet,
    ) -> None:
        super().__init__(exact, ["point"], ["following"], dispatcher)
        self._exact, self._compute, self._depends = exact, compute, depends
        # Only the thread that computes knows what it sent last: a result may still be on its way.
        self._sent: Hashable = None
        self._follow()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the result is that of the state, whose point is waited for, too.

        False when the time is up first, or when there is none: ``error`` says why.
        """
        left = countdown(timeout)
        if not (self._exact.wait_for_point(left()) and super().wait(left())):
            return False
        point = self._exact.point
        return point is not None and self._sent == self._depends(point)

    def _follow(self, _change: object = None) -> None:
        point = self._exact.point
        if point is not None:
            self._workers[0].submit(self._run(point))

    def _run(self, point: Point) -> Job:
        wanted = self._depends(point)
        if wanted == self._sent:
            return
        for value in self._compute(point, lambda: self._closed or self._exact.point is not point):
            yield None
            if value is not None:
                self._sent = None
                self._publish("error", "")
                self._publish("result", Followed(point.magnet, value))
        self._sent = wanted

    def _failed(self, error: Exception) -> None:
        self._publish("error", str(error))
