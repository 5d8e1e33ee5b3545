"""A kernel manager that ends the kernels of visitors who left.

Voila's page asks for its kernel to be shut down when it closes, but that request lacks the token against
cross-site requests and is refused, so every closed tab would keep its kernel (voila issue 1458). Here the
server itself watches the page's websocket, which the browser closes with the tab and keeps open while
the tab is merely hidden.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback
from traitlets import Float, Integer
from voila.request_info_handler import RequestInfoSocketHandler

__all__ = ["Guest", "VisitorKernelManager"]


@dataclass(eq=False)
class Guest:
    """A visitor whose page is being made; the kernel is known once the page names it."""

    kernel_id: str | None = None


class VisitorKernelManager(AsyncMappingKernelManager):
    """Ends each kernel that had no open websocket for a while.

    Two kinds of kernel have no websocket and are left alone: those waiting in Voila's pool for the next
    visitor, and those still running the cells of their first page.
    """

    leave_seconds = Float(60.0, help="A kernel ends this long after its page has gone.").tag(config=True)
    arrive_seconds = Float(
        120.0, help="A kernel ends when its page has not connected this long after its cells ran."
    ).tag(config=True)

    max_visitors = Integer(0, help="Pages open at once; 0 sets no limit.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._arriving: set[Guest] = set()
        self._given: set[str] = set()
        self._visited: set[str] = set()
        self._needed_at: dict[str, float] = {}
        self._watch: PeriodicCallback | None = None

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel, and with the first one the watch over all of them."""
        if getattr(self.parent, "log_level", logging.ERROR) > logging.DEBUG:
            # ipykernel warns at every start that it listens on TCP; here that is this machine's loopback.
            kwargs.setdefault("extra_arguments", ["--IPKernelApp.log_level=ERROR"])
        kernel_id: str = await super().start_kernel(**kwargs)
        if self._watch is None:
            period = min(5.0, self.leave_seconds / 4, self.arrive_seconds / 4)
            self._watch = PeriodicCallback(self.end_deserted_kernels, 1000.0 * period)
            self._watch.start()
        return kernel_id

    async def shutdown_all(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Stop watching, then end every kernel at once: nobody is left to be asked to hurry."""
        if self._watch is not None:
            self._watch.stop()
        kwargs.setdefault("now", True)
        await ensure_async(super().shutdown_all(*args, **kwargs))

    def notify_connect(self, kernel_id: str) -> None:
        """A page has opened a websocket."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        self._visited.add(kernel_id)
        if kernel_id in self:
            # A kernel from the pool may be old; its idle time starts with its visitor.
            self.get_kernel(kernel_id).last_activity = utcnow()  # type: ignore[attr-defined]

    def visitors(self) -> int:
        """How many visitors hold a kernel or wait for one."""
        return len(self._arriving) + len(self._given & set(self.list_kernel_ids()))

    @contextlib.asynccontextmanager
    async def welcome(self) -> AsyncIterator[Guest | None]:
        """Give a visitor a place while the page is made, and its kernel from then on; None if there is none.

        Where all places are taken, a kernel whose page is gone ends early: somebody who reloads a page
        many times holds one place only.
        """
        guest = Guest()
        # The place is taken before anything is waited for, or two visitors could both find the last one free.
        self._arriving.add(guest)
        try:
            if not self.max_visitors or self.visitors() <= self.max_visitors:
                yield guest
            elif deserted := self._deserted():
                await self._end(min(deserted, key=lambda kernel_id: self._needed_at.get(kernel_id, 0.0)))
                yield guest
            else:
                self._arriving.discard(guest)
                yield None
        finally:
            self._arriving.discard(guest)
            if guest.kernel_id is not None:
                self._given.add(guest.kernel_id)

    def _deserted(self) -> set[str]:
        """Kernels whose page was open and is gone."""
        return {
            kernel_id
            for kernel_id in self._given & self._visited & set(self.list_kernel_ids())
            if self._kernel_connections.get(kernel_id, 0) == 0
        }

    def is_needed(self, kernel_id: str) -> bool:
        """Whether a page is open on this kernel, or one may still come."""
        if self._kernel_connections.get(kernel_id, 0) > 0:
            return True
        if kernel_id in self._visited:
            return False
        state = getattr(self.get_kernel(kernel_id), "execution_state", "starting")
        return state in ("starting", "busy") or kernel_id in self._pooled()

    async def end_deserted_kernels(self) -> None:
        """Shut down the kernels that nobody needed for ``leave_seconds`` (``arrive_seconds``)."""
        now = time.monotonic()
        running = set(self.list_kernel_ids())
        self._visited &= running
        self._given &= running
        self._needed_at = {k: self._needed_at.get(k, now) for k in running}
        for kernel_id in running:
            if self.is_needed(kernel_id):
                self._needed_at[kernel_id] = now
                continue
            limit = self.leave_seconds if kernel_id in self._visited else self.arrive_seconds
            if now - self._needed_at[kernel_id] >= limit:
                await self._end(kernel_id)

    async def _end(self, kernel_id: str) -> None:
        self.log.info("Ending kernel %s: its page is gone", kernel_id)
        # At once, for whoever counts while it ends.
        self._given.discard(kernel_id)
        # Voila keeps what it knows about each request for ever.
        RequestInfoSocketHandler._cache.pop(kernel_id, None)
        try:
            # Nobody is left whose work could be lost, so it need not be asked politely.
            await ensure_async(self.shutdown_kernel(kernel_id, now=True))  # type: ignore[no-untyped-call]
        except Exception:
            self.log.exception("Could not end kernel %s", kernel_id)
        # The pages of visitors who left, 1 MB each, hang together in cycles; by itself Python looks for those
        # after dozens of visits only.
        gc.collect()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Cull by idle time only where a page has been: a pooled kernel is idle by design."""
        if kernel_id in self._visited:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    def _pooled(self) -> set[str]:
        """Kernels in the pool that Voila adds to this class when preheating."""
        pooled = set()
        for pool in getattr(self, "_pools", {}).values():
            for task in pool:
                if task.done() and not task.cancelled() and task.exception() is None:
                    pooled.add(task.result()["kernel_id"])
        return pooled
