"""The websocket between a page and its kernel, and how much may go and wait there.

Memory and time of the server belong to all visitors, so each connection has limits (``settings.LIMITS``),
and those of one kernel share an allowance, far above what the app's page needs. A page that sends too fast is
read more slowly; a page that does not read what its kernel sends is cut off, and connects again by itself.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import zmq
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from .settings import LIMITS
from .wire import PROTOCOL, NotAMessage, check

__all__ = ["Allowance", "Socket", "allowances"]


class Allowance:
    """A bucket that fills at a rate, up to a burst, and from which whoever takes too much has to wait.

    Examples
    --------
    >>> now = 0.0
    >>> allowance = Allowance(rate=10.0, burst=20.0, clock=lambda: now)
    >>> allowance.take(20.0), allowance.take(5.0)
    (0.0, 0.5)
    >>> now = 60.0
    >>> allowance.take(20.0)
    0.0
    """

    def __init__(self, rate: float, burst: float, clock: Any = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._at = burst, clock()

    def take(self, amount: float) -> float:
        """Take an amount; return the seconds to wait until it is paid for."""
        now = self._clock()
        self._left = min(self._burst, self._left + self._rate * (now - self._at)) - amount
        self._at = now
        return max(0.0, -self._left / self._rate)


def allowances(kernel: Any) -> tuple[Allowance, Allowance]:
    """What pages may send to a kernel, in messages and in bytes. A new connection does not renew them."""
    if not hasattr(kernel, "allowances"):
        kernel.allowances = (
            Allowance(LIMITS.messages_per_second, LIMITS.burst_of_messages),
            Allowance(LIMITS.bytes_per_second, LIMITS.burst_of_bytes),
        )
    found: tuple[Allowance, Allowance] = kernel.allowances
    return found


class Socket(VoilaKernelWebsocketHandler):
    """The websocket between a page and its kernel."""

    def initialize(self) -> None:
        """Begin with nothing held and nothing sent."""
        self.held = 0

    @property
    def _visitors(self) -> Any:
        return self.kernel_manager

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in a line why the connection is refused."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")

    async def pre_get(self) -> None:
        """Refuse what is not for a page of ours, then wait for the kernel."""
        headers = self.request.headers
        if headers.get("Upgrade", "").lower() != "websocket":
            raise HTTPError(400, reason="This address is that of a websocket")
        # Browsers always name the page; what is no browser has no visitor's cookies to misuse.
        if "Origin" in headers and not self.check_origin(headers["Origin"]):
            raise HTTPError(403, reason="Another page may not connect")
        offered = headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [word.strip() for word in offered.split(",")]:
            raise HTTPError(400, reason=f"This websocket speaks {PROTOCOL} only")
        self._refuse_one_too_many()
        await super().pre_get()  # type: ignore[no-untyped-call]
        # Others may have come while this one waited for the kernel.
        self._refuse_one_too_many()
        self._messages, self._bytes = allowances(self._visitors.get_kernel(self.kernel_id))

    def on_finish(self) -> None:
        """Let go of a handshake that was refused: it has no end of its own, and Jupyter would keep it."""
        connection = getattr(self, "connection", None)
        if connection is not None and self.get_status() != 101:
            sessions = connection._open_sessions
            if sessions.get(connection.session_key) is self:
                del sessions[connection.session_key]
        super().on_finish()

    def _refuse_one_too_many(self) -> None:
        if self.kernel_id not in self._visitors:
            raise HTTPError(404)
        if self._visitors._kernel_connections.get(self.kernel_id, 0) >= LIMITS.sockets_per_kernel:
            raise HTTPError(429)

    async def open(self, kernel_id: str) -> None:
        """Lay the line between page and kernel."""
        # An answer is dozens of small messages. Held back for acknowledgements (Nagle's algorithm), the
        # second of them leaves 40 ms after the first.
        self.set_nodelay(True)
        self._visitors.sockets.add(self)
        await super().open(kernel_id)  # type: ignore[no-untyped-call]

    async def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on if it is one; nothing more is read from the page until that is done."""
        if self.ws_connection is None:  # closed, and the other side does not know it yet
            return
        if pause := max(self._messages.take(1), self._bytes.take(len(ws_message))):
            await asyncio.sleep(pause)
        try:
            check(ws_message)
        except NotAMessage as error:
            self.log.error("Dropped what a page sent: %s", error)
            return
        try:
            if self.connection is not None:
                super().on_message(ws_message)  # type: ignore[no-untyped-call]
                await self._until_kernel_takes_it()
        except Exception as error:
            self.log.error("Closed a connection whose message could not be passed on: %r", error)
            self.close(1011, "not passed on")

    async def _until_kernel_takes_it(self) -> None:
        shell = self.connection.channels.get("shell")
        if shell is None or shell.closed():
            return
        shell.flush(zmq.POLLOUT)
        while not shell.closed() and shell.sending():
            if self.ws_connection is None or self.ws_connection.is_closing():
                return
            await asyncio.sleep(0.05)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send a message to the page, unless it left too many unread."""
        size = len(message)
        everyone = self._visitors.sockets
        if self.held + size > LIMITS.bytes_held_for_page:
            self._cut_off()
        elif sum(socket.held for socket in everyone) + size > LIMITS.bytes_held_for_all_pages:
            max(everyone, key=lambda socket: socket.held)._cut_off()
        try:
            sent = super().write_message(message, binary)
        except WebSocketClosedError:
            return None
        if sent is not None:
            self.held += size
            sent.add_done_callback(lambda done: self._delivered(done, size))
        return sent

    def _delivered(self, done: asyncio.Future[None], size: int) -> None:
        self.held -= size
        if not done.cancelled():
            done.exception()  # the page has left

    def _cut_off(self) -> None:
        if self.ws_connection is not None and not self.ws_connection.is_closing():
            self.log.error("Cut off a page that does not read what its kernel sends")
            stream: Any = self.ws_connection.stream
            stream.close()

    def on_close(self) -> None:
        """Take the line down."""
        self._visitors.sockets.discard(self)
        if self.connection is not None:
            super().on_close()  # type: ignore[no-untyped-call]
