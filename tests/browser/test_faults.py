"""What may break between a page and its server: a cut connection, a restart, a frame on another site."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest
from harness import COUNT_PINGS, read_off, ready, wait_for_app

pytestmark = pytest.mark.browser


class Line:
    """A TCP connection from a port of its own to a server's, which can be cut and laid to another server."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._carriers: list[tuple[threading.Thread, tuple[socket.socket, socket.socket]]] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def cut(self) -> None:
        """Break every connection; new ones are let through."""
        carriers, self._carriers = self._carriers, []
        for _, ends in carriers:
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        for carrier, _ in carriers:
            carrier.join()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._door.close()
        self.cut()

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._door.accept()
                try:
                    far = socket.create_connection(("localhost", self.target))
                except OSError:
                    near.close()
                    continue
                carrier = threading.Thread(target=self._carry, args=(near, far), daemon=True)
                carrier.start()
                self._carriers.append((carrier, (near, far)))

    @classmethod
    def _carry(cls, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            back = threading.Thread(target=cls._copy, args=(far, near), daemon=True)
            back.start()
            cls._copy(near, far)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class Stripping(Line):
    """A proxy under a path of its own that it takes off, as a JupyterHub's does; one request a connection."""

    prefix = "/user/somebody/proxy/8866"

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}{self.prefix}/"

    @classmethod
    def _carry(cls, near: socket.socket, far: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (data := near.recv(1 << 16)):
            head += data
        method, _, rest = head.partition(b" ")
        if not rest.startswith(cls.prefix.encode()):
            near.close()
            far.close()
            return
        rest = re.sub(rb"(?i)\r\nConnection: keep-alive", b"\r\nConnection: close", rest)
        far.sendall(method + b" " + rest.removeprefix(cls.prefix.encode()))
        super()._carry(near, far)


def test_a_proxy_may_put_a_path_before_the_app_s_own(app_server, open_page):
    proxy = Stripping(app_server.port)
    page = open_page(f"{proxy.url}?theta=0.4")
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    wait_for_app(page)
    ready(page)
    moved(page)
    assert [address.partition("/api")[0] for address in sockets] == [
        proxy.url.replace("http", "ws").rstrip("/")
    ]
    page.context.close()
    proxy.close()


def test_a_page_whose_kernel_dies_says_so_and_starts_anew(app_server, open_page):
    server = psutil.Process(app_server.process.pid)
    before = set(server.children())
    page = open_page(app_server.url)
    wait_for_app(page)
    ready(page)
    with urllib.request.urlopen(f"{app_server.url}health") as answer:
        assert json.load(answer)["visitors"] > 0
    kernel = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    for process in before | set(server.children()):
        with suppress(psutil.NoSuchProcess):  # kernels of tests before this one come to their end
            if any(kernel in word for word in process.cmdline()):
                process.kill()
    page.wait_for_selector(".slls-gone:has-text('session')")
    page.problems.clear()  # provoked
    page.get_by_role("button", name="Reload where you were").click()
    page.wait_for_selector(".slls-gone", state="detached")
    wait_for_app(page)


@pytest.fixture
def line(app_server) -> Iterator[Line]:
    laid = Line(app_server.port)
    yield laid
    laid.close()


def moved(page) -> None:
    """Move a slider by keyboard, and wait until the exact numbers have followed."""
    cell = ".slls-ledger tbody tr:first-child td:nth-child(2)"
    before = page.inner_text(cell)
    page.locator(".dial-theta .slider").press("PageUp")
    page.wait_for_function(
        "([where, before]) => document.querySelector(where).innerText !== before", arg=[cell, before]
    )


def test_a_cut_websocket_comes_back_by_itself(line, open_page):
    page = open_page(line.url)
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    wait_for_app(page)
    ready(page)
    moved(page)
    with page.expect_websocket():
        line.cut()
    moved(page)
    assert page.locator(".slls-gone").count() == 0
    # The browser reports the cut by itself.
    assert all("ebSocket" in problem or "ERR_" in problem for problem in page.problems), page.problems
    page.problems.clear()


def test_a_restarted_server_gives_a_message_and_a_reload_to_the_same_place(line, serve, open_page):
    page = open_page(f"{line.url}?alpha=-0.5&theta=0.4")
    wait_for_app(page)
    page.wait_for_selector(".slls-badge:has-text('Heat pump')")
    ready(page)
    drawn = read_off(page)
    line.target = serve("app", "--pool", "0").port
    line.cut()
    page.wait_for_selector(".slls-gone:has-text('session')")
    # The pictures stay where they were, and answer to no hand.
    read = read_off(page)
    assert read["crossing"] == pytest.approx(drawn["crossing"], abs=0.005)
    assert read["mark"] == pytest.approx(drawn["crossing"], abs=0.03)
    assert read["numbers"] == drawn["numbers"]
    assert page.locator(".dial-alpha").evaluate("node => !!node.closest('[inert]')")
    with page.expect_navigation(wait_until="commit"):
        page.get_by_role("button", name="Reload where you were").click()
    page.problems.clear()  # provoked, until the old page had gone
    page.wait_for_selector(".slls-gone", state="detached")
    wait_for_app(page)
    page.wait_for_selector(".slls-badge:has-text('Heat pump')")


@pytest.fixture
def site(app_server) -> Iterator[http.server.HTTPServer]:
    """Another site, whose pages show whatever address their query names in a frame."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = self.path.partition("?")[2]
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<link rel="icon" href="data:,"><iframe src="{address}"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_page_of_another_site_shows_the_app_if_it_is_named(site, serve, open_page):
    # localhost and 127.0.0.1 are different sites to a browser.
    other = f"http://127.0.0.1:{site.server_port}"
    named = serve("app", "--pool", "0", "--embed", other)
    page = open_page(f"{other}/?{named.url}")
    app = page.frame_locator("iframe")
    app.locator(".slls-badge:not(:has-text('computing'))").wait_for()
    cell = app.locator(".slls-ledger tbody tr:first-child td:nth-child(2)")
    before = cell.inner_text()
    app.locator(".dial-theta .slider").press("PageUp")
    app.locator(f".slls-ledger tbody tr:first-child td:nth-child(2):not(:text-is('{before}'))").wait_for()
    # The address of a frame is its page's affair.
    (frame,) = (each for each in page.frames if each.url.startswith(named.url))
    page.wait_for_timeout(1500)
    assert frame.url == named.url


def test_a_page_of_another_site_does_not_show_it_otherwise(site, app_server, open_page):
    page = open_page(f"http://127.0.0.1:{site.server_port}/?{app_server.url}")
    page.wait_for_event("console", lambda message: "frame-ancestors" in message.text)
    assert page.frame_locator("iframe").locator("#slls-skeleton, .slls-badge").count() == 0
    page.problems.clear()  # provoked


def test_a_forgotten_page_falls_silent_until_it_is_touched(app_server, open_page):
    page = open_page(app_server.url)
    wait_for_app(page)
    page.evaluate(COUNT_PINGS)
    page.wait_for_function("() => window.pings > 0")
    # The server counts a ping as a visitor's doing: a page that never stops would never be forgotten.
    page.clock.install()
    page.clock.fast_forward(900_000)
    silent_from = page.evaluate("() => window.pings")
    page.wait_for_timeout(10_000)  # two and a half times the pause between pings
    assert page.evaluate("() => window.pings") == silent_from
    page.mouse.move(200, 200)
    page.wait_for_function(f"() => window.pings > {silent_from}", timeout=2000)
    assert page.locator(".slls-gone").count() == 0
