"""A word before a long silence: the first command after an installation compiles the solvers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["WORDS", "announced"]

WORDS = "compiling the solvers once, about a minute\n"


@contextmanager
def announced() -> Iterator[None]:
    """Print one line on standard error if something is compiled; what was found on disk is not."""
    # Only where something is computed: numba takes a third of a second to load.
    from numba.core import event

    class Announcement(event.Listener):
        said = False

        def on_start(self, _event: Any) -> None:
            if not self.said:
                self.said = True
                sys.stderr.write(WORDS)
                sys.stderr.flush()

        def on_end(self, _event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Announcement()):
        yield
