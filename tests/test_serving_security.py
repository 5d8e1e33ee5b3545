"""What a visitor cannot do: a real server behind a base URL, and a websocket client that means no good."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
import websocket
from harness import Server, free_port, start
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from waiting import PATIENCE

from slls_widgets.serving.door import Stranger
from slls_widgets.serving.headers import content_security_policy, security_headers
from slls_widgets.serving.hosting import Hosting
from slls_widgets.serving.wire import PROTOCOL

BASE = "/magnet/"
VISITORS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("public")


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[Server]:
    """``slls app --public`` on a small notebook, behind a base URL and a proxy."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell("secret = 'hush'\nimport ipywidgets as w\nw.IntText(7)")]
    path = folder / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    port = free_port()
    command = [
        *(sys.executable, "-m", "slls_widgets", "app", "--public", "--behind-proxy"),
        *("--notebook", str(path), "--port", str(port), "--base-url", BASE, "--pool-size", "1"),
        *("--max-visitors", str(VISITORS), "--embed", "https://example.org"),
        *("--leave-seconds", "4", "--arrive-seconds", "8"),
    ]
    running = start(command, port, folder / "log", BASE.strip("/") + "/health")
    yield running
    running.stop()


def ask(
    app: Server, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer, redirects not followed."""
    connection = http.client.HTTPConnection("localhost", app.port, timeout=60)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def knock(app: Server, kernel: str, **headers: str) -> int:
    """Status of a websocket's handshake that is expected to be refused."""
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    headers = {"Sec-WebSocket-Protocol": PROTOCOL, **headers}
    return ask(app, f"{BASE}api/kernels/{kernel}/channels?session_id=test", **upgrade, **key, **headers)[0]


def load(app: Server, query: str = "", **headers: str) -> str:
    """The page, waited for as a page does where there is no place."""
    deadline = time.monotonic() + PATIENCE
    while True:
        status, _, page = ask(app, BASE + query, **headers)
        if status == 200:
            return page
        assert status == 503, page
        assert time.monotonic() < deadline
        time.sleep(0.5)


def kernel_of(page: str) -> str:
    return page.split('"kernelId": "')[1].split('"')[0]


def enter(app: Server) -> str:
    """Load the page and return the kernel's name."""
    return kernel_of(load(app))


class Page(websocket.WebSocket):  # type: ignore[misc]
    """A connection that lets go of its socket also where the server was the first to close."""

    def close(self, *args: object, **options: object) -> None:
        super().close(*args, **options)
        self.shutdown()


def connect(app: Server, kernel: str) -> Page:
    address = f"ws://localhost:{app.port}{BASE}api/kernels/{kernel}/channels?session_id=test"
    return websocket.create_connection(address, timeout=30, class_=Page, subprotocols=[PROTOCOL])


def leave(app: Server, page: str) -> None:
    """Make room for the next page at once: one that never connects keeps its place for a while."""
    connect(app, kernel_of(page)).close()


def test_the_app_appears_under_its_base_url_only(app: Server) -> None:
    status, headers, _ = ask(app, BASE.rstrip("/"))
    assert (status, headers["Location"]) == (301, BASE)
    assert ask(app, "/")[0] == 404
    status, _, page = ask(app, BASE)
    assert status == 200
    # Relative to the page's own address, so that a proxy may put anything before it.
    assert '"baseUrl": "./"' in page
    assert 'src="./voila/static/voila.js"' in page
    assert not re.findall(r'(?:src|href)="/[^"]*"', page)
    leave(app, page)


@pytest.mark.parametrize(("told", "believed"), [("/user/a%40b/proxy/8866", True), ('/"><script>', False)])
def test_a_path_that_a_proxy_took_off_is_put_before_every_address(
    app: Server, told: str, believed: bool
) -> None:
    before = f"{told}{BASE}" if believed else "./"
    for query in ("", "?theme=other"):  # from the pool, and made for the visitor
        page = load(app, query, **{"X-Forwarded-Prefix": told})
        assert f'"baseUrl": "{before}"' in page
        assert f'"fullStaticUrl": "{before}voila/static"' in page
        assert set(re.findall(r'(?:src|href|data-base-url)="([^"]*?)voila/', page)) == {before}
        assert (told in page) == believed
        leave(app, page)


def test_every_answer_carries_the_headers(app: Server) -> None:
    wanted = security_headers(("https://example.org",))
    for path in (
        BASE,
        f"{BASE}voila/static/voila.js",
        f"{BASE}health",
        "/nothing",
        f"{BASE}api/kernels/a-b-c-d-e",
    ):
        _, headers, text = ask(app, path)
        if path == BASE:
            leave(app, text)
        assert {name: headers.get(name) for name in wanted} == wanted, path
        assert "Server" not in headers
        assert "Set-Cookie" not in headers
        assert "X-Frame-Options" not in headers


def test_what_a_slow_line_has_to_carry_is_compressed(app: Server) -> None:
    whole, packed = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}
    saved = 0
    for path in ("voila/static/voila.js", "voila/templates/slls/static/index.css"):
        _, plain, text = ask(app, BASE + path, **whole)
        assert "Content-Encoding" not in plain
        status, headers, _ = ask(app, BASE + path, **packed)
        assert (status, headers["Content-Encoding"], headers["Vary"]) == (200, "gzip", "Accept-Encoding")
        # Loaded once: the file is known again by its tag, however it came.
        tag = {"If-None-Match": headers["Etag"]}
        assert headers["Etag"] == plain["Etag"]
        assert [ask(app, BASE + path, **tag, **one)[0] for one in (whole, packed)] == [304, 304]
        part = ask(app, BASE + path, Range="bytes=10-19", **packed)
        assert (part[0], part[2]) == (206, text[10:20])
        connection = http.client.HTTPConnection("localhost", app.port, timeout=60)
        connection.request("GET", BASE + path, headers=packed)
        body = connection.getresponse().read()
        connection.close()
        assert gzip.decompress(body).decode() == text
        saved += len(text) - len(body)
    assert saved > 150_000


def test_the_policy_names_no_host_and_allows_no_script_in_the_page(app: Server) -> None:
    policy = content_security_policy()
    assert "://" not in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    page = load(app)
    for tag in page.split("<script")[1:]:
        opening = tag.split(">", 1)[0]
        assert "src=" in opening or "json" in opening, tag[:200]
    leave(app, page)
    assert security_headers()["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "path",
    [
        *("api", "api/kernels", "api/sessions", "api/kernelspecs", "api/contents"),
        "api/contents/small.ipynb",
        *("api/terminals", "terminals/1", "terminals/websocket/1", "api/config/x", "api/status", "api/me"),
        *("api/spec.yaml", "login", "logout", "lab", "tree", "nbconvert/html/small.ipynb"),
        *("small.ipynb", "files/small.ipynb", "voila/render/small.ipynb", "voila/files/small.ipynb"),
        *("voila/tree", "voila/query/a-b-c-d-e", "voila/api/contents", "voila/api/themes/x"),
        "voila/labextensions/jupyterlab_pygments/package.json",
        *("voila/static/../../../small.ipynb", "voila/templates/lab/static/x.js", "voila/templates/x"),
        *("voila/static/%2e%2e/%2e%2e/index.html.j2", "voila/labextensions/bqplot/../../../x"),
        "voila/templates/slls/static/../index.html.j2",
    ],
)  # fmt: skip
def test_other_addresses_do_not_exist(app: Server, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        status, _, text = ask(app, BASE + path, method, b"{}" if method in ("POST", "PUT") else None)
        assert status in (403, 404, 405), (method, status)
        assert "Traceback" not in text


def test_a_visitor_cannot_end_a_kernel_over_http(app: Server) -> None:
    kernel = enter(app)
    assert ask(app, f"{BASE}api/kernels/{kernel}", "DELETE")[0] in (403, 405)
    assert ask(app, f"{BASE}api/kernels/{kernel}/restart", "POST", b"")[0] == 404
    assert ask(app, f"{BASE}voila/api/shutdown/{kernel}", "POST", b"")[0] == 204
    assert ask(app, f"{BASE}api/kernels/{kernel}")[0] == 200


def test_messages_that_run_or_read_code_do_not_reach_the_kernel(app: Server, folder: Path) -> None:
    trace = folder / "intruder"
    code = f"open({str(trace)!r}, 'w').close()"
    attacks: list[tuple[str, str, dict[str, object]]] = [
        ("shell", "execute_request", {"code": code, "silent": False}),
        ("shell", "inspect_request", {"code": "secret", "cursor_pos": 3, "detail_level": 1}),
        ("shell", "complete_request", {"code": "sec", "cursor_pos": 3}),
        ("shell", "is_complete_request", {"code": "1"}),
        ("shell", "input_reply", {"value": "x"}),
        ("shell", "history_request", {"hist_access_type": "tail", "n": 9, "output": True, "raw": True}),
        ("shell", "debug_request", {"type": "request", "command": "debugInfo", "seq": 1}),
        ("shell", "interrupt_request", {}),
        ("shell", "shutdown_request", {"restart": False}),
        ("shell", "create_subshell_request", {}),
        ("shell", "usage_request", {}),
    ]
    kernel = enter(app)
    page = connect(app, kernel)
    session = Session(key=b"")
    for channel, kind, content in [*attacks, ("shell", "comm_info_request", {})]:
        message = session.msg(kind, content)
        page.send_binary(serialize_msg_to_ws_v1(message, channel, session.pack))
    heard = []
    deadline = time.monotonic() + PATIENCE
    # The allowed message comes last, so its answer comes after any answer to the others.
    while "comm_info_reply" not in heard:
        assert time.monotonic() < deadline
        received = page.recv()
        text = received.decode(errors="replace") if isinstance(received, bytes) else received
        assert "hush" not in text
        heard += [word.split('"')[0] for word in text.replace('": "', '":"').split('"msg_type":"')[1:]]
    page.close()
    assert not trace.exists()
    refused = {kind.replace("_request", "_reply") for _, kind, _ in attacks}
    assert refused.isdisjoint(heard)
    assert "execute_input" not in heard
    assert ask(app, f"{BASE}api/kernels/{kernel}")[0] == 200


def test_a_proxy_decides_about_names(app: Server) -> None:
    assert ask(app, f"{BASE}health", Host="magnet.example.org")[0] == 200
    only = Stranger(Hosting(behind_proxy=True, allow_host=("magnet.example.org",)))
    request: Any = SimpleNamespace(host="MAGNET.example.org:443")
    assert only.match(request) is None
    request.host = "other.example.org"
    assert only.match(request) == {}


def test_a_page_of_another_site_cannot_connect(app: Server) -> None:
    kernel = enter(app)
    assert knock(app, kernel, Origin="https://evil.example") == 403


def test_websockets_per_kernel_are_counted_and_unknown_kernels_refused(app: Server) -> None:
    kernel = enter(app)
    pages = [connect(app, kernel) for _ in range(4)]
    assert knock(app, kernel) == 429
    for page in pages:
        page.close()
    assert knock(app, "00000000-0000-4000-8000-000000000000") == 404


def test_a_full_server_says_so_and_a_closed_page_makes_room(app: Server) -> None:
    kernels = [enter(app)]
    pages = [connect(app, kernels[0])]
    while True:
        status, headers, text = ask(app, BASE)
        if status == 503:
            break
        kernels.append(text.split('"kernelId": "')[1].split('"')[0])
        pages.append(connect(app, kernels[-1]))
        assert len(kernels) <= VISITORS
    assert headers["Retry-After"] == "20"
    assert f"All {VISITORS} places are taken" in text
    assert json.loads(ask(app, f"{BASE}health")[2]) == {"visitors": VISITORS, "max_visitors": VISITORS}
    pages[0].close()
    # At once, long before the kernel of a closed page would end by itself.
    deadline = time.monotonic() + 3
    while ask(app, BASE)[0] != 200:
        assert time.monotonic() < deadline
    # The others have kept their kernels.
    for kernel in kernels[1:]:
        assert ask(app, f"{BASE}api/kernels/{kernel}")[0] == 200
    for page in pages[1:]:
        page.close()


def test_public_defaults_and_what_wins_over_them() -> None:
    public = Hosting.public()
    assert (public.host, public.pool_size, public.max_visitors, public.idle_minutes) == (
        "0.0.0.0",
        2,
        20,
        60.0,
    )
    assert Hosting.public(behind_proxy=True).host == "localhost"
    assert Hosting.public(max_visitors=5, host="::1") == Hosting(
        host="::1", pool_size=2, max_visitors=5, idle_minutes=60.0, kernel_memory=2.0
    )
    assert Hosting(base_url="a/b").base_url == "/a/b/"
    assert Hosting(base_url="").base_url == "/"


@pytest.mark.parametrize(
    "bad",
    [
        {"base_url": "/a b/"},
        {"base_url": "/<script>/"},
        {"pool_size": 65},
        {"max_visitors": -1},
        {"idle_minutes": 29.0},
        {"idle_minutes": float("nan")},
        {"embed": ("https://a.org; script-src *",)},
        {"embed": ("*",)},
        {"allow_host": ("*",)},
        {"allow_host": ("a b",)},
        {"kernel_memory": 0.5},
        {"kernel_memory": float("nan")},
        {"leave_seconds": 0.0},
    ],
    ids=str,
)
def test_illegal_settings_are_named(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="got"):
        Hosting(**bad)  # type: ignore[arg-type]


def test_the_health_of_the_server_starts_no_kernel(app: Server) -> None:
    before = json.loads(ask(app, f"{BASE}health")[2])["visitors"]
    for _ in range(10):
        with urllib.request.urlopen(f"http://localhost:{app.port}{BASE}health", timeout=30) as answer:
            assert answer.status == 200
    assert json.loads(ask(app, f"{BASE}health")[2])["visitors"] <= before
