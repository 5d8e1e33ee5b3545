"""A computation that follows the exact operating point in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import traitlets as tl

from ..cancellation import check
from ..macrospin import Macrospin
from .dispatch import Dispatcher
from .exact import Exact, Point
from .worker import LatestWins

__all__ = ["Followed", "Following"]


@dataclass(frozen=True)
class Followed:
    """A result and the magnet it belongs to."""

    magnet: Macrospin
    value: Any


class Following(tl.HasTraits):
    """Compute something at each new operating point; the newest wins.

    Parameters
    ----------
    exact : Exact
        Whose points to follow.
    compute : callable
        ``compute(point)`` yields results, coarse first. Between two of them a newer point may end it.
    dispatcher : Dispatcher, optional
        How results reach the thread that observes them.
    """

    result = tl.Instance(Followed, allow_none=True)
    error = tl.Unicode("")

    def __init__(
        self, exact: Exact, compute: Callable[[Point], Iterator[object]], dispatcher: Dispatcher | None = None
    ) -> None:
        super().__init__()
        self._exact, self._compute = exact, compute
        self._closed = False
        self._dispatcher = dispatcher or Dispatcher()
        self._worker = LatestWins("slls-following", self._failed)
        exact.observe(self._follow, "point")
        self._follow()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the newest point has been computed."""
        return self._worker.wait(timeout)

    def close(self) -> None:
        """Stop following and drop what is under way; a second call does nothing."""
        if self._closed:  # ipywidgets closes once more on deletion
            return
        self._closed = True
        self._exact.unobserve(self._follow, "point")
        self._worker.cancel()

    def _follow(self, _change: object = None) -> None:
        point = self._exact.point
        if point is not None and (self.result is None or self.result.magnet != point.magnet):
            self._worker.submit(lambda cancelled: self._run(point, cancelled))

    def _run(self, point: Point, cancelled: Callable[[], bool]) -> None:
        for value in self._compute(point):
            check(cancelled)
            self._post("result", Followed(point.magnet, value))
        self._post("error", "")

    def _failed(self, error: Exception) -> None:
        self._post("error", str(error))

    def _post(self, name: str, value: object) -> None:
        self._dispatcher.post(f"following.{name}", lambda: self.set_trait(name, value))
