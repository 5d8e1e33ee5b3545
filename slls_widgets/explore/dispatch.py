"""Hand results of background threads to the kernel's main thread.

ipywidgets are not thread safe, so nothing but the main thread ever touches them: a worker posts a callback,
and the kernel's own event loop runs it between two messages. Posts are coalesced by topic, so a slow page
is shown the newest result instead of a queue of old ones.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["Dispatcher"]


class Dispatcher:
    """Run callbacks in the thread whose event loop was running when this was made.

    Without a running loop (plain Python, tests) callbacks run at once in the posting thread, one at a time.
    A callback that raises is reported to the loop's exception handler; the others run all the same.
    """

    def __init__(self) -> None:
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._home = threading.get_ident()
        self._lock = threading.RLock()
        self._pending: dict[str, Callable[[], None]] = {}
        self._flush_is_due = False

    def post(self, topic: str, callback: Callable[[], None]) -> None:
        """Run ``callback`` soon, unless a later post on the same topic replaces it first."""
        if self._loop is None:
            with self._lock:
                callback()
            return
        with self._lock:
            self._pending[topic] = callback
            due, self._flush_is_due = self._flush_is_due, True
        if not due and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._flush)

    def flush(self, timeout: float | None = None) -> bool:
        """Have everything posted so far run before this returns; False when the time is up first.

        In the loop's own thread, as in the cell of a notebook, the callbacks run at once, and so they do when
        the loop has ended, or ends meanwhile. Another thread waits for the loop to run them.
        """
        loop = self._loop
        if loop is None:
            return True
        if self._home == threading.get_ident() or not loop.is_running():
            self._flush()
            return True
        done = threading.Event()

        def run() -> None:
            self._flush()
            done.set()

        with suppress(RuntimeError):  # it has been closed since
            loop.call_soon_threadsafe(run)
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        while not done.wait(max(0.0, min(0.1, end - time.monotonic()))):
            if not loop.is_running():
                self._flush()
                return True
            if time.monotonic() >= end:
                return False
        return True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold results back: where there is no loop they would meet panels that are being built."""
        with self._lock:
            yield

    def _flush(self) -> None:
        assert self._loop is not None
        with self._lock:
            self._flush_is_due = False
            topics = list(self._pending)
        for topic in topics:
            # Taken one by one: a callback may deliver what is newer, and nothing older may follow it.
            with self._lock:
                callback = self._pending.pop(topic, None)
            try:
                if callback is not None:
                    callback()
            except Exception as error:
                context = {"message": f"a result could not be shown ({topic})", "exception": error}
                self._loop.call_exception_handler(context)
