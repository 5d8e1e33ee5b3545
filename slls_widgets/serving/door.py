"""Who is let in: how many connections at once, and for which names of this machine.

The file descriptors of the server belong to all visitors. Each connection takes one, and so do the sockets of
the kernels, for which some are kept back.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest, split_host_and_port
from tornado.iostream import IOStream
from tornado.routing import Matcher

from .hosting import Hosting
from .settings import LIMITS

__all__ = ["Door", "Stranger", "room_for_connections"]


def room_for_connections(visitors: int) -> int:
    """How many connections fit beside the kernels of so many visitors.

    The limit on open files is raised to what the system allows first, up to ``LIMITS.most_files``.
    """
    if sys.platform == "win32":
        return LIMITS.most_connections
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = LIMITS.most_files if hard == resource.RLIM_INFINITY else min(hard, LIMITS.most_files)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    files = LIMITS.most_files if soft == resource.RLIM_INFINITY else soft
    kept = LIMITS.files_of_server + LIMITS.files_per_visitor * visitors
    # Too few for all visitors: then half of them are for connections all the same.
    return min(LIMITS.most_connections, max(files - kept, files // 2))


class _Busy(HTTPMessageDelegate):
    """Passes a request on, and notes that its connection is no longer idle."""

    def __init__(self, delegate: HTTPMessageDelegate, note: Callable[[], None]) -> None:
        self._delegate, self._note = delegate, note

    def headers_received(self, start_line: Any, headers: Any) -> Any:
        self._note()
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()


@dataclass
class _Connection:
    address: str
    idle: bool = True
    since: float = field(default_factory=time.monotonic)

    def is_idle(self) -> bool:
        """Whether it waits for a request, or for somebody who has not read an answer for very long."""
        return self.idle or time.monotonic() - self.since > LIMITS.answer_seconds


class Door(HTTPServer):
    """The HTTP server, with a bound on its connections (websockets are counted by kernel, not here).

    Where all are taken, the one that has been idle longest makes room for the next, so that somebody who
    opens many and says nothing keeps nobody out. Without a proxy, one address has at most half of them.
    """

    def initialize(self, *args: Any, most: int, behind_proxy: bool, **kwargs: Any) -> None:  # type: ignore[override]
        """As tornado's, with the most connections."""
        super().initialize(*args, **{"xheaders": behind_proxy, **kwargs})
        self._most, self._by_address = most, not behind_proxy
        # The longest unchanged first.
        self._open: dict[IOStream, _Connection] = {}

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Serve a new connection where there is room, or some can be made."""
        connection = _Connection(str(address[0]) if address else "")
        crowd = self._crowd(connection.address)
        if crowd:
            idle = next((other for other in crowd if self._open[other].is_idle()), None)
            if idle is None:
                logging.getLogger(__name__).error("Refused a connection: all %d are busy", len(crowd))
                stream.close()
                return
            del self._open[idle]
            idle.close()
        self._open[stream] = connection
        super().handle_stream(stream, address)

    def _crowd(self, address: str) -> list[IOStream]:
        """Connections of which one has to go before another comes from an address."""
        if self._by_address:
            own = [stream for stream, other in self._open.items() if other.address == address]
            if len(own) >= max(1, self._most // 2):
                return own
        return list(self._open) if len(self._open) >= self._most else []

    def _note(self, stream: IOStream, idle: bool) -> None:
        if connection := self._open.pop(stream, None):
            self._open[stream] = _Connection(connection.address, idle)

    def start_request(self, server_conn: Any, request_conn: Any) -> HTTPMessageDelegate:
        """Wait for a request; the connection is idle until it has come."""
        self._note(server_conn.stream, idle=True)
        delegate = super().start_request(server_conn, request_conn)
        return _Busy(delegate, lambda: self._note(server_conn.stream, idle=False))

    def on_close(self, server_conn: Any) -> None:
        """The connection was closed, or became a websocket."""
        self._open.pop(server_conn.stream, None)
        super().on_close(server_conn)


class Stranger(Matcher):
    """Matches requests for a name that this server does not go by.

    A page of another site can let its own name point to this machine, and is then, to a browser, of the same
    site as the app (DNS rebinding). It cannot do that with a number or with ``localhost``.
    """

    def __init__(self, hosting: Hosting) -> None:
        own = {hosting.host, socket.gethostname(), f"{socket.gethostname()}.local"}
        if hosting.host not in ("localhost", "127.0.0.1", "::1"):
            own.add(socket.getfqdn())  # asks the network, which may take seconds
        self._names = {name.lower() for name in own | set(hosting.allow_host)}
        # A proxy passes the names on that it answers to, unless it is said which those are.
        self._everybody = hosting.behind_proxy and not hosting.allow_host

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """An empty dictionary for a stranger's request, otherwise None."""
        name = split_host_and_port(request.host.lower())[0].strip("[]").rstrip(".")
        if self._everybody or name in self._names or name == "localhost" or name.endswith(".localhost"):
            return None
        try:
            ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return {}
        return None
