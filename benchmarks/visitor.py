"""A visitor of the app without a browser: loads the page and speaks to its widgets as the page does.

What it does not do is draw. Its times are the server's and the kernel's share of an answer; `bench_app.py`
measures the whole of it in a real browser, one visitor at a time.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

__all__ = ["PROTOCOL", "Answer", "Visitor"]

PROTOCOL = "v1.kernel.websocket.jupyter.org"
Message = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Seconds from a slider's move to the dial's echo, and to the first redrawn curve or renewed number."""

    echo: float
    shown: float


@dataclass
class Visitor:
    """One open page.

    Attributes
    ----------
    kernel : str
        Identifier of the kernel that belongs to the page.
    widgets : dict
        State of every widget by its identifier, as far as this page has been told.
    errors : list of str
        What a reader of the page's console would see.
    """

    url: str
    kernel: str = ""
    widgets: dict[str, Message] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = Session(key=b"")
        self._socket: WebSocketClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[Message], None]] = []
        self._requests = 0

    async def open(self, timeout: float = 120.0) -> float:
        """Load the page, connect, and learn every widget; seconds until that is done."""
        start = time.perf_counter()
        AsyncHTTPClient.configure(None, max_clients=1000)
        request = HTTPRequest(self.url, connect_timeout=timeout, request_timeout=timeout)
        page = (await AsyncHTTPClient().fetch(request)).body.decode()
        found = re.search(r'"kernelId": "([0-9a-f-]+)"', page)
        if found is None:
            raise RuntimeError(f"the page names no kernel: {page[-500:]}")
        self.kernel = found[1]
        # Another visit is another kernel, with widgets of its own.
        self.widgets.clear()
        await self.connect(timeout)
        return time.perf_counter() - start

    async def connect(self, timeout: float = 120.0) -> None:
        """Open the page's websocket, again if it was cut, and ask for everything."""
        parts = urlsplit(self.url)
        base = parts.path if parts.path.endswith("/") else parts.path + "/"
        address = f"ws://{parts.netloc}{base}api/kernels/{self.kernel}/channels?session_id={uuid.uuid4().hex}"
        self._socket = await websocket_connect(
            HTTPRequest(address, connect_timeout=timeout, headers={"Origin": f"http://{parts.netloc}"}),
            subprotocols=[PROTOCOL],
            max_message_size=1 << 28,
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        async with asyncio.timeout(timeout):
            comm = uuid.uuid4().hex
            target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
            listed = self._expect(lambda message: message["header"]["msg_type"] == "comm_info_reply")
            self._send("comm_open", target, {"version": "1.0.0"})
            self._send("comm_info_request", {})
            await listed
            known = self._expect(lambda message: _method(message) == "update_states")
            self._send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
            for identifier, model in (await known)["content"]["data"]["states"].items():
                self.widgets[identifier] = model["state"]
            self.custom(self.page, {"type": "hello"})

    def close(self) -> None:
        """Leave, as by closing the tab."""
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            self._socket.close()

    @property
    def page(self) -> str:
        """The widget that stands for the page itself."""
        return self.find(lambda state: state.get("theme") in ("auto", "light", "dark"))

    def dial(self, name: str) -> str:
        """The widget of one parameter's dial."""
        return self.find(lambda state: (state.get("spec") or {}).get("name") == name)

    def button(self, word: str) -> str:
        """The first button whose words contain ``word``."""
        return self.find(
            lambda state: state.get("_model_name") == "ButtonModel" and word in state.get("description", "")
        )

    def find(self, wanted: Callable[[Message], bool]) -> str:
        """Identifier of the first widget whose state is wanted."""
        found = next((identifier for identifier, state in self.widgets.items() if wanted(state)), None)
        if found is None:
            raise LookupError(f"no such widget among {len(self.widgets)}")
        return found

    def custom(self, comm: str, content: Message) -> None:
        """Send a widget's own kind of message."""
        self._send("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}})

    def click(self, word: str) -> None:
        """Press a button."""
        self.custom(self.button(word), {"event": "click"})

    def update(self, comm: str, **state: Any) -> None:
        """Change a widget's state, as its view would."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self._send("comm_msg", {"comm_id": comm, "data": data})

    async def slide(self, name: str, value: float, timeout: float = 60.0) -> Answer:
        """Move a slider to ``value`` and wait for the answer."""
        dial = self.dial(name)
        self._requests += 1
        request = self._requests
        start = time.perf_counter()

        def echoed(message: Message) -> bool:
            state = _state(message)
            return _comm(message) == dial and state.get("shown", {}).get("seen", -1) >= request

        echo = self._expect(echoed)
        shown = self._expect(self._shows)
        self.custom(dial, {"type": "slide", "value": value, "request": request})
        async with asyncio.timeout(timeout):
            await echo
            echo_seconds = time.perf_counter() - start
            await shown
        return Answer(echo_seconds, time.perf_counter() - start)

    async def expect(self, wanted: Callable[[Message], bool], timeout: float = 60.0) -> Message:
        """Wait for a message."""
        async with asyncio.timeout(timeout):
            return await self._expect(wanted)

    async def until(self, wanted: Callable[[], bool], timeout: float = 60.0) -> None:
        """Wait until what the page shows is wanted; asked again at every message."""
        async with asyncio.timeout(timeout):
            while not wanted():
                await self._expect(lambda message: True)

    def _shows(self, message: Message) -> bool:
        """Whether a message redraws a curve or renews the ledger's table."""
        state = _state(message)
        curve = self.widgets.get(_comm(message), {}).get("_model_name") == "LinesModel"
        return ("y" in state and curve) or "<table" in str(state.get("value", ""))

    def _expect(self, wanted: Callable[[Message], bool]) -> asyncio.Future[Message]:
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def listen(message: Message) -> None:
            if not future.done() and wanted(message):
                future.set_result(message)

        self._listeners.append(listen)
        future.add_done_callback(lambda _: self._listeners.remove(listen))
        return future

    def _send(self, kind: str, content: Message, metadata: Message | None = None) -> None:
        assert self._socket is not None
        message = self._session.msg(kind, content, metadata=metadata)
        packed = serialize_msg_to_ws_v1(message, "shell", self._session.pack)
        self._socket.write_message(packed, binary=True)

    async def _read(self, socket: WebSocketClientConnection) -> None:
        while (received := await socket.read_message()) is not None:
            if not isinstance(received, bytes):
                continue
            _, parts = deserialize_msg_from_ws_v1(received)
            message = {"header": json.loads(parts[0]), "content": json.loads(parts[3]), "buffers": parts[4:]}
            kind = message["header"]["msg_type"]
            if kind == "error" or (kind == "stream" and message["content"]["name"] == "stderr"):
                self.errors.append(str(message["content"]))
            if kind == "comm_msg" and _state(message):
                self.widgets.setdefault(_comm(message), {}).update(_state(message))
            for listen in list(self._listeners):
                listen(message)


def _method(message: Message) -> str:
    return str(message["content"].get("data", {}).get("method", ""))


def _comm(message: Message) -> str:
    return str(message["content"].get("comm_id", ""))


def _state(message: Message) -> Message:
    if message["header"]["msg_type"] != "comm_msg" or _method(message) not in ("update", "echo_update"):
        return {}
    state: Message = message["content"]["data"].get("state", {})
    # Array traits travel as buffers and leave only their path behind.
    for path in message["content"]["data"].get("buffer_paths", []):
        state.setdefault(path[0], None)
    return state
