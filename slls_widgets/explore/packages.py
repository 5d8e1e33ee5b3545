"""Packages that a page without a server loads when something needs them, and not before."""

from __future__ import annotations

from collections.abc import Callable

from .worker import Job, Rest

__all__ = ["there"]

#: Set by such a page: asks for a package, and tells whether it is there.
fetch: Callable[[str], bool] | None = None
_PAUSE_SECONDS = 0.1


def there(*names: str) -> Job:
    """Rest until packages are there; wherever the package was installed as usual, they are.

    Examples
    --------
    >>> list(there("scipy"))
    []
    """
    for name in names:
        while fetch is not None and not fetch(name):
            yield Rest(_PAUSE_SECONDS)
