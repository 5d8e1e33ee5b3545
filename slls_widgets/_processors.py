"""How many processors there are for this process, and how many threads are wanted of them."""

from __future__ import annotations

import os
import sys

from ._arguments import count

__all__ = ["processors", "wanted_threads"]


def processors() -> int:
    """Processors this process may use: a container may grant fewer than the machine has, and a page one."""
    if sys.platform == "emscripten":
        return 1  # it cannot start a thread
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def wanted_threads(threads: int | None) -> int:
    """As many threads as an argument asks for, by default one for each processor.

    Raises
    ------
    ValueError
        If it is no whole number of at least 1.

    Examples
    --------
    >>> wanted_threads(3), wanted_threads(None) == processors()
    (3, True)
    """
    return processors() if threads is None else count("threads", threads)
