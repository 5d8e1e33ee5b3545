"""The server of the app: its settings, and a real Voila whose visitors come and leave."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import socket
import sys
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
import websocket
import zmq
from harness import Server, free_port, start
from jupyter_client.session import Session
from jupyter_core.paths import jupyter_path
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClosedError
from traitlets.config import Config
from voila.execute import VoilaExecutor
from waiting import eventually

from slls_widgets.serving import server as app_server
from slls_widgets.serving.handlers import AppPage
from slls_widgets.serving.kernels import VisitorKernelManager
from slls_widgets.serving.logs import LINES, Sparing
from slls_widgets.serving.settings import (
    APP_NOTEBOOK,
    EXTENSIONS,
    LIMITS,
    SHARE,
    notebooks_dir,
    voila_config,
)
from slls_widgets.serving.wire import PROTOCOL

TEMPLATE = SHARE / "voila" / "templates" / "slls"
LEAVE, ARRIVE = 2.0, 5.0
# Twice the watch's period beyond the limit, and room for a busy machine.
PATIENCE = 20.0


def line(text: str, error: Exception | None = None, logger: str = "asyncio") -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord(logger, logging.ERROR, "", 0, text, (), info)


def test_the_log_says_in_a_short_line_what_matters_and_a_flood_is_counted() -> None:
    now = 0.0
    sparing = Sparing(clock=lambda: now)
    assert not sparing.filter(line("Task exception was never retrieved", WebSocketClosedError()))
    records = [
        line(f"Too many open files: {k}\nTraceback\n  File", OSError(24, "files")) for k in range(1000)
    ]
    said = [record for record in records if sparing.filter(record)]
    assert [record.getMessage() for record in said] == [
        f"Too many open files: {k} (OSError: [Errno 24] files)" for k in range(LINES)
    ]
    assert not any(record.exc_info for record in said)
    assert sparing.filter(line("a true fault", ValueError("x" * 10_000)))
    now = 61.0
    again = line("Too many open files: 70\nTraceback", OSError(24, "files"))
    assert sparing.filter(again)
    assert again.getMessage().endswith("(and 995 more like it)")


def test_settings_hide_the_code_and_keep_visitors_apart() -> None:
    config = voila_config()
    page = config["VoilaConfiguration"]
    assert page["strip_sources"]
    assert not page["show_tracebacks"]
    assert page["file_allowlist"] == []
    assert page["allow_template_override"] == page["allow_theme_override"] == "NO"


def test_a_page_waits_for_its_cells_as_long_as_it_may_take_itself() -> None:
    """By default what a cell shows is given up after four seconds, and the page comes without the app."""
    made = VoilaExecutor(nbformat.v4.new_notebook(), config=Config(voila_config()))
    assert made.iopub_timeout >= LIMITS.page_seconds
    assert made.startup_timeout >= LIMITS.page_seconds
    assert made.raise_on_iopub_timeout
    assert made.timeout is None


def test_nothing_switches_the_check_against_cross_site_requests_off() -> None:
    assert "disable_check_xsrf" not in json.dumps(voila_config())


def test_the_idle_limit_is_far_above_the_time_in_the_pool() -> None:
    config = voila_config()
    assert config["MappingKernelManager"]["cull_idle_timeout"] >= 3600
    assert config["VisitorKernelManager"]["leave_seconds"] <= 80


def test_what_a_visitor_leaves_behind_is_collected_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Page:
        def __init__(self) -> None:
            self.itself = self

    async def shut_down(*_: object, **__: object) -> None:
        pass

    monkeypatch.setattr(VisitorKernelManager, "shutdown_kernel", shut_down)
    manager = VisitorKernelManager()
    manager._kernels["a kernel"] = None
    gc.disable()  # nobody but the manager is to do it
    try:
        left = weakref.ref(Page())
        assert left() is not None
        asyncio.run(manager.end("a kernel"))
        assert left() is None
    finally:
        gc.enable()


def test_few_messages_wait_on_each_line_to_a_kernel() -> None:
    # ZeroMQ would hold a thousand on either side, of 128 KiB each.
    manager = VisitorKernelManager()
    with manager.context.socket(zmq.DEALER) as line:
        assert line.getsockopt(zmq.SNDHWM) == LIMITS.messages_held_for_kernel <= 16
        assert line.getsockopt(zmq.RCVHWM) == LIMITS.messages_held_of_kernel <= 32
    assert manager.shared_context


@pytest.mark.parametrize(("deserted", "let_in"), [(4, 4), (1, 1), (0, 0)])
def test_visitors_who_come_together_never_take_more_places_than_there_are(
    monkeypatch: pytest.MonkeyPatch, deserted: int, let_in: int
) -> None:
    kernels = [f"kernel-{k}" for k in range(4)]
    manager = VisitorKernelManager(max_visitors=len(kernels))
    monkeypatch.setattr(manager, "list_kernel_ids", lambda: kernels)
    manager._given, manager._visited = set(kernels), set(kernels)
    manager._kernel_connections = dict.fromkeys(kernels[deserted:], 1)
    most = 0

    async def shut_down(*_: object, **__: object) -> None:
        await asyncio.sleep(0.01)

    async def visit() -> bool:
        nonlocal most
        async with manager.welcome() as guest:
            most = max(most, manager.visitors())
            await asyncio.sleep(0.02)
            return guest is not None

    async def come_together() -> list[bool]:
        return await asyncio.gather(*(visit() for _ in range(12)))

    monkeypatch.setattr(manager, "shutdown_kernel", shut_down)
    assert sum(asyncio.run(come_together())) == let_in
    assert most == len(kernels)
    assert manager.visitors() == len(kernels) - deserted


@pytest.mark.parametrize("theme", [None, "other"])
def test_a_kernel_of_the_pool_is_a_visitors_only_if_the_page_is_made_of_it(theme: str | None) -> None:
    """What another visitor may get next must not end with a page that could not be made."""
    manager: Any = VisitorKernelManager()
    page: Any = AppPage.__new__(AppPage)
    page.application = SimpleNamespace(settings={"kernel_manager": manager})

    async def visit() -> str | None:
        done = asyncio.get_running_loop().create_future()
        done.set_result({"kernel_id": "the next", "task": asyncio.get_running_loop().create_future()})
        manager._pools = {"notebook": [done]}
        manager.lives = lambda kernel_id: asyncio.sleep(0, True)
        manager.fill_if_needed = lambda **_: None
        async with manager.welcome() as guest:
            await manager.check_pool()
            data = {"template": "slls", "theme": "light"}
            assert page.should_use_rendered_notebook(data, 1, None, theme, {}) is (theme is None)
            found: str | None = guest.kernel_id
            return found

    assert asyncio.run(visit()) == (None if theme else "the next")


def test_the_address_of_the_app_can_be_opened() -> None:
    names = {host: app_server._name(host) for host in ("0.0.0.0", "::", "example.org", "::1")}
    assert names == {
        "0.0.0.0": "localhost", "::": "[::1]", "example.org": "example.org", "::1": "[::1]"
    }  # fmt: skip


def test_the_page_loads_the_extensions_that_are_served() -> None:
    listed = re.search(r"set extensions = \[(.*?)\]", (TEMPLATE / "index.html.j2").read_text(), re.DOTALL)
    assert listed
    assert tuple(re.findall(r'"([^"]+)"', listed[1])) == EXTENSIONS


def test_what_is_said_of_all_ipv6_addresses_is_true() -> None:
    try:
        found = bind_sockets(0, "::")
    except OSError:
        pytest.skip("this machine has no IPv6")
    for one in found:
        with one:
            assert one.family == socket.AF_INET6
            assert one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
    both = bind_sockets(free_port(), "")
    families = set()
    for one in both:
        with one:
            families.add(one.family)
    assert families == {socket.AF_INET, socket.AF_INET6}
    assert "IPv6 only" in app_server._reach("::")
    assert [app_server._reach(host) for host in ("", "localhost", "0.0.0.0", "::1")] == [""] * 4


def test_the_apps_notebook_names_a_template_that_every_voila_here_finds() -> None:
    notebook = nbformat.read(notebooks_dir() / APP_NOTEBOOK, as_version=4)
    found = [Path(folder) / "voila" / "templates" for folder in jupyter_path()]
    installed = next(path for each in found if (path := each / notebook.metadata.voila.template).is_dir())
    for path in TEMPLATE.rglob("*.*"):
        # An editable installation copies them once.
        assert (installed / path.relative_to(TEMPLATE)).read_bytes() == path.read_bytes(), (
            f"{path.name} has changed since: install the package again"
        )


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(app_server.PortTaken, match=rf"port {port} .*--port"):
            app_server.claim_port("127.0.0.1", port)


def test_a_strange_host_is_named() -> None:
    with pytest.raises(app_server.PortTaken, match="not-a-host"):
        app_server.claim_port("not-a-host.invalid", 0)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cells that leave a trace when they run, one of them not part of the app, and one that fails."""
    folder = tmp_path_factory.mktemp("app")
    cells = [
        nbformat.v4.new_markdown_cell("prose for readers", metadata={"tags": ["notebook-only"]}),
        nbformat.v4.new_code_cell("open('reader', 'w').close()", metadata={"tags": ["notebook-only"]}),
        nbformat.v4.new_code_cell("open('visitor', 'w').close()\nprint('the app', 6 * 7)"),
        nbformat.v4.new_code_cell("secret = 'hush'\nraise RuntimeError(secret)"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture(scope="module")
def small_app(notebook: Path) -> Iterator[Server]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "slls_widgets", "app", "--notebook", str(notebook), "--no-browser"),
        *("--port", str(port), "--leave-seconds", str(LEAVE), "--arrive-seconds", str(ARRIVE)),
    ]
    running = start(command, port, notebook.parent / "log", "voila/static/voila.js")
    yield running
    running.stop()


def visit(app: Server) -> tuple[str, str]:
    """Load the page; return its text and the kernel that belongs to it."""
    with urllib.request.urlopen(app.url, timeout=60) as response:
        page = response.read().decode()
    found = re.search(r'"kernelId": "([0-9a-f-]+)"', page)
    assert found, page[-2000:]
    return page, found[1]


def connect(app: Server, kernel: str) -> websocket.WebSocket:
    address = f"ws://localhost:{app.port}/api/kernels/{kernel}/channels?session_id=test"
    return websocket.create_connection(address, timeout=30, subprotocols=[PROTOCOL])


def is_alive(app: Server, kernel: str) -> bool:
    try:
        with urllib.request.urlopen(f"{app.url}api/kernels/{kernel}", timeout=30):
            return True
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 404:
                raise
        return False


def ends_within(app: Server, kernel: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(app, kernel):
            return True
        time.sleep(0.2)
    return False


def test_cells_of_the_notebook_only_are_not_run(small_app: Server, notebook: Path) -> None:
    page, _ = visit(small_app)
    assert "the app 42" in page
    assert (notebook.parent / "visitor").exists()
    assert not (notebook.parent / "reader").exists()
    assert "prose for readers" not in page


def test_the_page_shows_no_source_no_traceback_and_no_foreign_host(small_app: Server) -> None:
    page, _ = visit(small_app)
    assert "6 * 7" not in page
    assert "hush" not in page
    assert "slls-skeleton" in page
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page) == []


def test_a_theme_in_the_query_does_not_reach_the_page(small_app: Server) -> None:
    with urllib.request.urlopen(f"{small_app.url}?theme=%22%3E%3Cb%3Eevil", timeout=60) as response:
        assert b"<b>evil" not in response.read()


@pytest.fixture(scope="module")
def later(small_app: Server, notebook: Path) -> SimpleNamespace:
    """After longer than a kernel without a page may live: who has come before, and who has not."""
    kernels = [visit(small_app)[1] for _ in range(2)]
    hidden = connect(small_app, kernels[0])
    connect(small_app, kernels[1]).close()
    back = connect(small_app, kernels[1])
    trace = notebook.parent / "visitor"
    trace.unlink()
    _, deserted = visit(small_app)
    alive = is_alive(small_app, deserted)
    # The pool is filled again a second after a visit, which takes a busy machine some time.
    assert eventually(trace.exists)
    time.sleep(ARRIVE + 2 * LEAVE)
    return SimpleNamespace(
        kernels=kernels, hidden=hidden, back=back, deserted=deserted, deserted_was_alive=alive
    )


def test_a_kernel_in_the_pool_waits_for_its_visitor(small_app: Server, later: SimpleNamespace) -> None:
    came = datetime.now(UTC)
    _, kernel = visit(small_app)
    with urllib.request.urlopen(f"{small_app.url}api/kernels/{kernel}", timeout=30) as response:
        ran = datetime.fromisoformat(json.load(response)["last_activity"])
    # Its cells ran before the visitor came, longer ago than a kernel without a page may live.
    assert (came - ran).total_seconds() > ARRIVE
    page = connect(small_app, kernel)
    assert page.connected
    page.close()


def test_a_hidden_page_keeps_its_kernel_and_a_closed_one_frees_it(
    small_app: Server, later: SimpleNamespace
) -> None:
    # A hidden tab sends nothing, but its websocket stays open.
    assert is_alive(small_app, later.kernels[0])
    later.hidden.close()
    assert ends_within(small_app, later.kernels[0], LEAVE + PATIENCE)


def test_a_page_that_comes_back_in_time_finds_its_kernel(small_app: Server, later: SimpleNamespace) -> None:
    assert is_alive(small_app, later.kernels[1])
    later.back.close()


def test_a_page_that_never_connects_frees_its_kernel(small_app: Server, later: SimpleNamespace) -> None:
    assert later.deserted_was_alive
    assert ends_within(small_app, later.deserted, PATIENCE)


def test_a_visitor_cannot_run_code(small_app: Server, notebook: Path) -> None:
    _, kernel = visit(small_app)
    page = connect(small_app, kernel)
    session = Session()
    trace = notebook.parent / "intruder"
    attack = {"code": f"open({str(trace)!r}, 'w').close()", "silent": False}
    page.send_binary(_message(session, "execute_request", attack))
    # A message that is allowed, answered after the attack would have been.
    page.send_binary(_message(session, "comm_info_request", {}))
    deadline = time.monotonic() + 30
    while b"comm_info_reply" not in page.recv():
        assert time.monotonic() < deadline
    page.close()
    assert not trace.exists()


def _message(session: Session, kind: str, content: dict[str, object]) -> bytes:
    return serialize_msg_to_ws_v1(session.msg(kind, content), "shell", session.pack)
