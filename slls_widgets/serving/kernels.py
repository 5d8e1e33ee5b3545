"""A kernel manager that ends the kernels of visitors who left.

Voila's page asks for its kernel to be shut down when it closes, but that request lacks the token against
cross-site requests and is refused, so every closed tab would keep its kernel (voila issue 1458). Here the
server itself watches the page's websocket, which the browser closes with the tab and keeps open while
the tab is merely hidden.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zmq
from jupyter_core.utils import ensure_async
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback
from traitlets import Float, Integer
from voila.request_info_handler import RequestInfoSocketHandler
from voila.utils import ENV_VARIABLE

from .settings import LIMITS

if TYPE_CHECKING:
    from .sockets import Socket

__all__ = ["Guest", "VisitorKernelManager"]

GIB = 1 << 30
# A kernel is ended before the server where the machine has no memory left.
OOM_SCORE = "500"


@dataclass(eq=False)
class Guest:
    """A visitor whose page is being made.

    The kernel is known once it has been started or the page names it, and ``limit`` is the time that there is
    for the page.
    """

    kernel_id: str | None = None
    limit: asyncio.Timeout | None = None


# The visitor for whom the present task makes a page.
_guest: ContextVar[Guest | None] = ContextVar("guest", default=None)


class VisitorKernelManager(AsyncMappingKernelManager):
    """Ends each kernel that had no open websocket for a while.

    Two kinds of kernel have no websocket and are left alone: those waiting in Voila's pool for the next
    visitor, and those still running the cells of their first page.
    """

    leave_seconds = Float(60.0, help="A kernel ends this long after its page has gone.").tag(config=True)
    # The page loads 1.5 MB before it connects: 0.1 Mbit/s is enough.
    arrive_seconds = Float(
        120.0, help="A kernel ends when its page has not connected this long after its cells ran."
    ).tag(config=True)

    max_visitors = Integer(0, help="Pages open at once; 0 sets no limit.").tag(config=True)
    kernel_memory = Float(0.0, help="GiB that a kernel may allocate; 0 sets no limit.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        # ZeroMQ holds a thousand messages for each line otherwise, however large they are.
        self.context.setsockopt(zmq.SNDHWM, LIMITS.messages_held_for_kernel)
        self.context.setsockopt(zmq.RCVHWM, LIMITS.messages_held_of_kernel)
        # The open websockets of all pages; they enter and leave by themselves.
        self.sockets: set[Socket] = set()
        self._arriving: set[Guest] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._given: set[str] = set()
        self._visited: set[str] = set()
        self._needed_at: dict[str, float] = {}
        self._watch: PeriodicCallback | None = None

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel, and with the first one the watch over all of them."""
        if getattr(self.parent, "log_level", logging.ERROR) > logging.DEBUG:
            # ipykernel warns at every start that it listens on TCP; here that is this machine's loopback.
            kwargs.setdefault("extra_arguments", ["--IPKernelApp.log_level=ERROR"])
            # A traceback for every odd message of a visitor; `slls app --debug` shows them.
            kwargs.setdefault("stderr", subprocess.DEVNULL)
        kernel_id: str = await super().start_kernel(**kwargs)
        self._bound_memory(kernel_id)
        # Jupyter's websocket looks for what replaces a traceback at the kernel, which has no such trait.
        kernel: Any = self.get_kernel(kernel_id)
        kernel.traceback_replacement_message = self.traceback_replacement_message
        # Kernels for the pool are started in the visitor's task too.
        if (guest := _guest.get()) and (kwargs.get("env") or {}).get(ENV_VARIABLE.VOILA_PREHEAT) == "False":
            guest.kernel_id = kernel_id
        if self._watch is None:
            period = min(5.0, self.leave_seconds / 4, self.arrive_seconds / 4)
            self._watch = PeriodicCallback(self.end_deserted_kernels, 1000.0 * period)
            self._watch.start()
        return kernel_id

    def _bound_memory(self, kernel_id: str) -> None:
        pid = getattr(self.get_kernel(kernel_id).provisioner, "pid", None)
        if sys.platform != "linux" or not self.kernel_memory or pid is None:
            return
        from resource import RLIMIT_DATA, prlimit

        # What a process has allocated for itself (RLIMIT_DATA), not its address space (RLIMIT_AS): compilers
        # and threads reserve much more of that than they ever use.
        most = int(self.kernel_memory * GIB)
        try:
            prlimit(pid, RLIMIT_DATA, (most, most))
            Path(f"/proc/{pid}/oom_score_adj").write_text(OOM_SCORE)
        except OSError as error:
            self.log.error("The memory of a kernel could not be limited: %s", error)

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
        before = _guest.set(guest)
        # The place is taken before anything is waited for, or two visitors could both find the last one free.
        self._arriving.add(guest)
        try:
            if not self.max_visitors or self.visitors() <= self.max_visitors:
                yield guest
            elif deserted := self._deserted():
                await self.end(min(deserted, key=lambda kernel_id: self._needed_at.get(kernel_id, 0.0)))
                yield guest
            else:
                self._arriving.discard(guest)
                yield None
        finally:
            _guest.reset(before)
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
        if kernel_id in self._pooled() or kernel_id in {guest.kernel_id for guest in self._arriving}:
            return True
        # One that is only just starting may be for the pool.
        return any(not task.done() for task in self._pool()) and self.state(kernel_id) == "starting"

    def state(self, kernel_id: str) -> str:
        """What a kernel does, as far as is known: starting, busy or idle."""
        return getattr(self.get_kernel(kernel_id), "execution_state", "starting")

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
                await self.end(kernel_id)

    async def end(self, kernel_id: str | None) -> None:
        """End a kernel at once, unless it has ended already; its place is free."""
        if kernel_id is None or kernel_id not in self.list_kernel_ids():
            return
        self.log.info("Ending kernel %s", kernel_id)
        self._drop_failed()
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

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel, however it ended, and close the connections of its pages."""
        for socket in [socket for socket in self.sockets if socket.kernel_id == kernel_id]:
            socket.close(1001, "the kernel has ended")
        return super().remove_kernel(kernel_id)

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """A kernel has died by itself: the page that is being made on it ends, and so does its place."""
        self.log.error("A kernel died by itself")
        task = asyncio.create_task(self.end(kernel_id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        for guest in self._arriving:
            if guest.kernel_id == kernel_id and guest.limit is not None:
                with contextlib.suppress(RuntimeError):  # its time is up already
                    guest.limit.reschedule(asyncio.get_running_loop().time())

    async def lives(self, kernel_id: str | None) -> bool:
        """Whether a kernel is known and its process runs."""
        return (
            kernel_id is not None
            and kernel_id in self
            and bool(await ensure_async(self.get_kernel(kernel_id).is_alive()))
        )

    async def check_pool(self) -> None:
        """Take what has died or failed out of the pool. A pool that ran empty is filled again."""
        self._drop_failed()
        for name, pool in getattr(self, "_pools", {}).items():
            for task in [task for task in pool if task.done()]:
                made = task.result()
                page: asyncio.Task[Any] = made["task"]
                failed = page.done() and (page.cancelled() or page.exception() is not None)
                if failed or not await self.lives(made["kernel_id"]):
                    await self.end(made["kernel_id"])
                    if task in pool:
                        pool.remove(task)
            self.fill_if_needed(notebook_name=name)  # type: ignore[attr-defined]

    def expect_pooled(self) -> None:
        """The present visitor's page is made of the pool's next kernel, before anything is waited for."""
        guest, pool = _guest.get(), self._pool()
        if guest is not None and pool and pool[0].done():
            guest.kernel_id = pool[0].result()["kernel_id"]

    def _drop_failed(self) -> None:
        """Take kernels that could not be started out of the pool: Voila trips over them."""
        for pool in getattr(self, "_pools", {}).values():
            pool[:] = [
                task
                for task in pool
                if not (task.done() and (task.cancelled() or task.exception() is not None))
            ]

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Cull by idle time only where a page has been: a pooled kernel is idle by design."""
        if kernel_id in self._visited:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    def _pool(self) -> list[asyncio.Task[dict[str, Any]]]:
        """What is in the pool that Voila adds to this class when preheating."""
        return [task for pool in getattr(self, "_pools", {}).values() for task in pool]

    def _pooled(self) -> set[str]:
        """Kernels in the pool."""
        self._drop_failed()
        return {task.result()["kernel_id"] for task in self._pool() if task.done()}
