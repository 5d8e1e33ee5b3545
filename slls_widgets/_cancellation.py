"""How a long computation is told to stop."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Cancelled", "check"]


class Cancelled(RuntimeError):
    """The caller's ``cancel`` said stop; no result was produced."""


def check(cancel: Callable[[], bool] | None) -> None:
    """Raise `Cancelled` when ``cancel`` is given and returns True.

    Examples
    --------
    >>> check(None)
    >>> check(lambda: False)
    """
    if cancel is not None and cancel():
        raise Cancelled("the computation was cancelled before it had a result")
