"""Long computations that are done in steps, so that whoever drives them may do something else between two."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

from ._cancellation import check

__all__ = ["Steps", "each", "finish"]

T = TypeVar("T")
S = TypeVar("S")
U = TypeVar("U")

#: A computation that may be set aside, or given up, at each ``yield``, and returns its result. It yields the
#: share that is done where that has grown, and None elsewhere.
Steps = Generator[float | None, None, T]


def finish(
    steps: Steps[T],
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> T:
    """Take all steps and return the result; tell of progress and ask ``cancel`` between two of them.

    Examples
    --------
    >>> def halves():
    ...     yield 0.5
    ...     yield 1.0
    ...     return "result"
    >>> finish(halves(), print)
    0.5
    1.0
    'result'
    """
    with closing(steps):
        try:
            while True:
                check(cancel)
                share = next(steps)
                if share is not None and progress is not None:
                    progress(share)
        except StopIteration as end:
            result: T = end.value
            return result


def each(steps: Generator[S, None, T], use: Callable[[S], U]) -> Generator[U, None, T]:
    """The same computation, which yields ``use`` of what it yielded.

    Examples
    --------
    >>> list(each((share for share in (0.5, 1.0)), lambda share: 0.1 * share))
    [0.05, 0.1]
    """
    with closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            yield use(step)
