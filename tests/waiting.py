"""Waiting for what another thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

from slls_widgets.explore.background import Background

__all__ = ["PATIENCE", "at_rest", "eventually"]

#: Seconds after which something has failed rather than been slow, on a machine that is busy with other work.
PATIENCE = 300.0


def at_rest(background: Background, seconds: float = PATIENCE) -> bool:
    """Whether nothing is computed any more; `wait` also says whether it came to something."""
    return all(worker.wait(seconds) for worker in background._workers)


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether the condition becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
    return True
