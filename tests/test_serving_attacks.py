"""One visitor who means no good, and what the others notice of it: a real ``slls app --public``."""

from __future__ import annotations

import contextlib
import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import nbformat
import psutil
import pytest
import websocket
from harness import Server, free_port, obey_ctrl_c, start
from hostile import COUNTS, hostile, v1
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from waiting import eventually

from slls_widgets.serving import leftovers
from slls_widgets.serving.leftovers import own_folder
from slls_widgets.serving.settings import LIMITS
from slls_widgets.serving.sockets import Allowance
from slls_widgets.serving.wire import PROTOCOL, NotAMessage, check

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches processes as Linux shows them")

VISITORS, FILES = 4, 400
MESSAGES = 10_000
MIB = 1 << 20
CELL = """
import os, ipywidgets as w
if os.path.exists({flag!r}):
    os._exit(3)
box = w.IntText(7)
def answer(_, content, buffers):
    if content == "flood":
        for _ in range(400):
            box.send("drop", [bytes(1 << 20)])
    elif content == "eat":
        try:
            box.send(len(bytearray(3 << 30)))
        except MemoryError:
            box.send("no memory")
    elif content == "die":
        os._exit(3)
    else:
        raise ValueError("no such request")
box.on_msg(answer)
open(f"{flag}-{{os.getpid()}}", "w").close()
box
"""


class Room:
    """The server, and what an attacker or a watchman does with it."""

    def __init__(self, server: Server, flag: Path) -> None:
        self.server, self.flag = server, flag
        self.process = psutil.Process(server.process.pid)

    def get(self, path: str = "", host: str = "localhost") -> tuple[int, str]:
        request = urllib.request.Request(f"{self.server.url}{path}", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def visitors(self) -> int:
        return int(json.loads(self.get("health")[1])["visitors"])

    def memory(self) -> float:
        return float(self.process.memory_info().rss) / MIB

    def kernels(self) -> set[int]:
        return {child.pid for child in self.process.children()}

    def enter(self) -> str:
        status, page = self.get()
        assert status == 200, page
        assert "could not be made" not in page
        return page.split('"kernelId": "')[1].split('"')[0]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("attacked")
    flag = folder / "die"
    cells = [nbformat.v4.new_code_cell(CELL.format(flag=str(flag)))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    port = free_port()
    command = [
        *(sys.executable, "-m", "slls_widgets", "app", "--public", "--notebook", str(path)),
        *("--port", str(port), "--pool-size", "1", "--max-visitors", str(VISITORS), "--kernel-memory", "1"),
    ]

    def few_files() -> None:
        import resource

        obey_ctrl_c()
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    running = start(command, port, folder / "log", "health", preexec_fn=few_files)
    yield Room(running, flag)
    running.stop()


class Page:
    """A page's side of the websocket, which says and reads only what it is told to."""

    def __init__(self, room: Room, kernel: str, name: str = "test") -> None:
        address = f"ws://localhost:{room.server.port}/api/kernels/{kernel}/channels?session_id={name}"
        self.socket = websocket.create_connection(address, timeout=60, subprotocols=[PROTOCOL])
        self._session = Session(key=b"")

    def send(self, message: str | bytes) -> None:
        (self.socket.send_binary if isinstance(message, bytes) else self.socket.send)(message)

    def say(self, kind: str, **content: object) -> None:
        self.send(serialize_msg_to_ws_v1(self._session.msg(kind, content), "shell", self._session.pack))

    def hear(self, kind: str) -> Any:
        """The content of the next message of a kind."""
        while True:
            received = self.socket.recv()
            assert received, "the connection is closed"
            _, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(received)
            if json.loads(header)["msg_type"] == kind:
                return json.loads(content)

    def ask(self, request: str) -> None:
        """Send a request to the widget that answers."""
        self.say("comm_info_request")
        for comm in self.hear("comm_info_reply")["comms"]:
            self.say("comm_msg", comm_id=comm, data={"method": "custom", "content": request})

    def is_closed(self) -> bool:
        """Read to the end, and whether there is one."""
        try:
            while self.socket.recv():
                pass
        except websocket.WebSocketTimeoutException:
            return False
        except (OSError, websocket.WebSocketException):
            pass
        return True

    def close(self) -> None:
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.socket.close()
        self.socket.shutdown()


@contextlib.contextmanager
def page(room: Room, kernel: str | None = None, name: str = "test") -> Iterator[Page]:
    opened = Page(room, kernel or room.enter(), name)
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def watched(room: Room, growth: float) -> Iterator[None]:
    """Ask for the server's health all the time: each answer comes, and its memory (MiB) grows little."""
    before, most, failed, stop = room.memory(), [0.0], list[str](), threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            most[0] = max(most[0], room.memory())
            try:
                assert room.get("health")[0] == 200
            except Exception as error:
                failed.append(repr(error))

    watchman = threading.Thread(target=watch)
    watchman.start()
    try:
        yield
    finally:
        stop.set()
        watchman.join()
    assert failed == []
    assert max(most[0], room.memory()) - before < growth


@pytest.mark.parametrize("count", COUNTS)
def test_a_count_that_lies_is_found_out_without_counting(count: int) -> None:
    if count != 6:
        with pytest.raises(NotAMessage):
            check(v1([b"{}"] * 4, count=count))


def test_what_passes_the_check_is_a_message_to_jupyter_too() -> None:
    passed = 0
    for message in hostile(seed=1, number=3000):
        try:
            check(message)
        except NotAMessage:
            continue
        assert isinstance(message, bytes)
        channel, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(message)
        assert channel == "shell"
        assert json.loads(header)["msg_type"]
        assert isinstance(json.loads(content), dict)
        passed += 1
    assert 100 < passed < 1000


def test_who_sends_more_than_allowed_waits() -> None:
    now = 0.0
    allowance = Allowance(rate=10.0, burst=20.0, clock=lambda: now)
    assert [allowance.take(10.0) for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    now = 100.0
    assert [allowance.take(10.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_a_page_that_connects_again_gets_no_new_allowance(room: Room) -> None:
    kernel, size = room.enter(), LIMITS.largest_message - 1
    count = math.ceil(LIMITS.burst_of_bytes / size)
    began = time.monotonic()
    for _ in range(2):
        with page(room, kernel) as visitor:
            for _ in range(count):
                visitor.send(bytes(size))
            visitor.say("comm_info_request")
            visitor.hear("comm_info_reply")
    # What goes beyond the one burst is paid for before the last answer comes, on a fast machine too.
    assert time.monotonic() - began > (2 * count * size - LIMITS.burst_of_bytes) / LIMITS.bytes_per_second


def test_ten_thousand_hostile_messages_leave_the_server_and_a_visitor_well(room: Room) -> None:
    kernels = [room.enter() for _ in range(VISITORS)]
    messages = list(hostile(seed=2026, number=MESSAGES))
    with contextlib.ExitStack() as stack:
        pages = [
            stack.enter_context(page(room, kernel, f"attacker-{k}"))
            for kernel in kernels
            for k in range(LIMITS.sockets_per_kernel // 2)
        ]
        stack.enter_context(watched(room, growth=100.0))
        for k, message in enumerate(messages):
            pages[k % len(pages)].send(message)
        for attacker in pages:
            # Whoever is read in order hears this answer after all the rest was dealt with.
            attacker.say("comm_info_request")
            attacker.hear("comm_info_reply")
    assert room.server.log().count("Dropped") <= 40
    assert "Traceback" not in room.server.log()
    with page(room) as visitor:
        visitor.ask("eat")
        assert visitor.hear("comm_msg")["data"]["content"] == "no memory"


def test_only_the_protocol_of_the_page_is_spoken(room: Room) -> None:
    address = f"ws://localhost:{room.server.port}/api/kernels/{room.enter()}/channels?session_id=test"
    for offered in ([], ["v2.kernel.websocket.jupyter.org"]):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(address, timeout=60, subprotocols=offered)
        assert refused.value.status_code == 400


def test_a_page_that_does_not_read_is_cut_off(room: Room) -> None:
    # 16 MiB wait for the page, and 32 messages of 1 MiB on each of two lines; 400 MiB are sent.
    with watched(room, growth=130.0), page(room) as deaf:
        deaf.ask("flood")
        assert eventually(lambda: "Cut off a page" in room.server.log())


def test_a_message_too_large_ends_its_connection_only(room: Room) -> None:
    with watched(room, growth=40.0), page(room) as visitor:
        with contextlib.suppress(OSError, websocket.WebSocketException):
            visitor.send(bytes(LIMITS.largest_message + 1))
        assert visitor.is_closed()


def test_a_widget_s_fault_names_no_folder(room: Room) -> None:
    with page(room) as visitor:
        visitor.ask("what is not known")
        content = json.dumps(visitor.hear("error"))
    assert "ipywidgets" not in content
    assert os.sep not in content


def test_a_kernel_that_dies_frees_its_place_and_its_page_is_told(room: Room) -> None:
    before = room.visitors()
    kernel = room.enter()
    with page(room, kernel) as visitor:
        visitor.ask("die")
        while visitor.hear("status")["execution_state"] != "dead":
            pass
        assert eventually(lambda: room.get(f"api/kernels/{kernel}")[0] == 404)
        assert visitor.is_closed()
    assert room.visitors() <= before


def dead(process: psutil.Process) -> bool:
    """Whether the process is no more. One of its threads is a zombie before the others have ended."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() == 1
    except psutil.NoSuchProcess:
        return True


def test_a_dead_kernel_of_the_pool_reaches_no_visitor(room: Room) -> None:
    room.enter()
    assert eventually(lambda: len(room.kernels()) > room.visitors())
    # Not one that is still being made: of that a page can only say so.
    assert eventually(lambda: all(Path(f"{room.flag}-{pid}").exists() for pid in room.kernels()))
    killed = [psutil.Process(pid) for pid in room.kernels()]
    for process in killed:
        process.kill()
    assert eventually(lambda: all(dead(process) for process in killed))
    with page(room) as visitor:
        visitor.say("comm_info_request")
        assert visitor.hear("comm_info_reply")["comms"]


def test_a_kernel_that_dies_while_its_page_is_made_leaves_words_and_no_gap(room: Room) -> None:
    before = room.visitors()
    room.flag.touch()
    try:
        failed = 0
        for _ in range(3):  # of which the first may find a kernel in the pool
            _, text = room.get()
            failed += "This page could not be made" in text
    finally:
        room.flag.unlink()
    assert failed >= 2
    assert eventually(lambda: room.visitors() <= before + 1)
    room.enter()


def test_idle_connections_keep_nobody_out_and_fill_no_log(room: Room) -> None:
    written = len(room.server.log())
    with contextlib.ExitStack() as stack:
        for k in range(FILES + 100):
            stack.enter_context(socket.create_connection(("127.0.0.1", room.server.port), timeout=60))
            if k % 50 == 0:
                assert room.get("health")[0] == 200
        assert room.get("health")[0] == 200
    assert len(room.server.log()) - written < 2000


def test_another_name_is_refused_with_a_way_out(room: Room) -> None:
    for own in ("localhost", "127.0.0.1:80", "[::1]:80", socket.gethostname(), "magnet.localhost"):
        assert room.get("health", host=own)[0] == 200, own
    for other in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"):
        status, text = room.get(host=other)
        assert status == 403, other
        assert "--allow-host" in text


def test_folders_of_killed_servers_are_cleared_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = (
        "import os, signal\nfrom slls_widgets.serving.leftovers import own_folder\n"
        "with own_folder() as folder:\n    print(folder, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", killed], env=environment, capture_output=True, text=True)
    left = Path(done.stdout.strip())
    assert left.parent == tmp_path
    assert left.is_dir()
    foreign = tmp_path / "slls-app-without-a-lock"
    foreign.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with own_folder() as first:
        assert not left.exists()
        with own_folder() as second:
            assert first.is_dir()
            assert second.is_dir()
    assert list(tmp_path.iterdir()) == [foreign]


def test_a_folder_that_is_just_being_made_is_not_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server begins between the lock's file and the lock."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lock = leftovers._lock

    def late(file: IO[str]) -> bool:
        monkeypatch.setattr(leftovers, "_lock", lock)
        leftovers._clear(tmp_path)
        return lock(file)

    monkeypatch.setattr(leftovers, "_lock", late)
    with own_folder() as folder:
        assert (folder / "lock").is_file()
        leftovers._clear(tmp_path)
        assert (folder / "lock").is_file()
    assert list(tmp_path.iterdir()) == []
