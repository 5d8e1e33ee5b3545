"""Hand results of background threads to the kernel's main thread.

ipywidgets are not thread safe, so nothing but the main thread ever touches them: a worker posts a callback,
and the kernel's own event loop runs it between two messages. Posts are coalesced by topic, so a slow page
is shown the newest result instead of a queue of old ones.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar
from weakref import WeakSet

__all__ = ["Dispatcher"]


class Dispatcher:
    """Run callbacks in the thread whose event loop was running when this was made.

    Without a running loop (plain Python, tests) callbacks run at once in the posting thread, one at a time.
    A callback that raises is reported to the loop's exception handler; the others run all the same.
    """

    _all: ClassVar[WeakSet[Dispatcher]] = WeakSet()

    def __init__(self) -> None:
        self._all.add(self)
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._lock = threading.RLock()
        self._pending: dict[str, Callable[[], None]] = {}

    def post(self, topic: str, callback: Callable[[], None]) -> None:
        """Run ``callback`` soon, unless a later post on the same topic replaces it first."""
        if self._loop is None:
            with self._lock:
                callback()
            return
        with self._lock:
            waiting = bool(self._pending)
            self._pending[topic] = callback
        if not waiting and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._flush)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold results back: where there is no loop they would meet panels that are being built."""
        with self._lock:
            yield

    @classmethod
    def catch_up(cls) -> None:
        """Run what waits, in the thread of the event loop: for code there that holds the loop up."""
        for each in list(cls._all):
            each._flush()

    def _flush(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, {}
        for topic, callback in pending.items():
            try:
                callback()
            except Exception as error:
                context = {"message": f"a result could not be shown ({topic})", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
