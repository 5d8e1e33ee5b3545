"""A word before a long silence: the first command after an installation compiles the solvers."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._code_folders import NotKept, is_cold, place_to_write

__all__ = ["WORDS", "announced", "prepare"]

WORDS = "compiling the solvers once, about a minute\n"


@contextmanager
def announced() -> Iterator[None]:
    """Print one line on standard error if something is compiled, and one if that cannot be kept."""
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

    log, handler = logging.getLogger("slls_widgets"), logging.StreamHandler()
    log.addHandler(handler)
    try:
        with event.install_listener("numba:compile", Announcement()):
            yield
    finally:
        log.removeHandler(handler)


def prepare() -> None:
    """Compile the solvers before other processes need them, or say that each of them will have to.

    Raises
    ------
    RuntimeError
        If they cannot be compiled, so that nothing would work.
    """
    if not is_cold():
        return
    try:
        place_to_write()
    except NotKept as error:
        print(error, file=sys.stderr)
        return
    # In another process, which leaves no memory behind in a server.
    if code := subprocess.run([sys.executable, "-m", "slls_widgets", "warm-up"], check=False).returncode:
        raise RuntimeError(f"the solvers do not run: slls warm-up ends with {code}")
