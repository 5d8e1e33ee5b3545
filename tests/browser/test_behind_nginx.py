"""The nginx settings printed in docs/hosting.md, in a real nginx that speaks HTTPS to a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Server, free_port, ready, start, wait_for_app

pytestmark = pytest.mark.browser

HOSTING = Path(__file__).parent.parent.parent / "docs" / "hosting.md"
BASE = "/magnet/"
AROUND = """
daemon off;
pid {folder}/pid;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
    server {{
        listen 127.0.0.1:{plain};
        location / {{ return 204; }}
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
{location}
    }}
}}
"""


def location_of_hosting_page() -> str:
    found = re.search(
        r"^    location /magnet/ \{\n(?:     .*\n)+    \}\n", HOSTING.read_text("utf-8"), re.MULTILINE
    )
    assert found
    return found[0]


@pytest.fixture
def nginx(serve, tmp_path: Path) -> Iterator[str]:
    """Address of the app behind nginx."""
    programs = {
        name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("nginx", "openssl")
    }
    for name, program in programs.items():
        if program is None:
            pytest.skip(f"needs {name}")
    app = serve("app", "--public", "--behind-proxy", "--base-url", BASE, "--pool-size", "1")
    subprocess.run(
        [
            *(programs["openssl"], "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    port, plain = free_port(), free_port()
    settings = tmp_path / "nginx.conf"
    settings.write_text(
        AROUND.format(
            folder=tmp_path,
            user="user root;" if os.geteuid() == 0 else "",
            port=port,
            plain=plain,
            location=location_of_hosting_page().replace("8866", str(app.port)),
        )
    )
    command = [programs["nginx"], "-e", "stderr", "-p", str(tmp_path), "-c", str(settings)]
    front: Server = start(command, plain, tmp_path / "log")
    yield f"https://localhost:{port}{BASE}"
    front.stop()


def test_the_app_works_behind_nginx_over_https(nginx: str, open_page) -> None:
    page = open_page(f"{nginx}?theta=0.4", ignore_https_errors=True)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    wait_for_app(page)
    ready(page)
    cell = ".slls-ledger tbody tr:first-child td:nth-child(2)"
    before = page.inner_text(cell)
    page.locator(".dial-theta .slider").press("PageUp")
    page.wait_for_function(
        "([where, before]) => document.querySelector(where).innerText !== before", arg=[cell, before]
    )
    assert {address.partition("/api")[0] for address in sockets} == {
        nginx.replace("https", "wss").rstrip("/")
    }
