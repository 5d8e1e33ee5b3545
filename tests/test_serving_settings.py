"""What the server is told, what its answers carry, and what it takes from a page, without a server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile import v1
from tornado.httputil import HTTPHeaders
from tornado.web import Application

from slls_widgets.serving import settings
from slls_widgets.serving.headers import add_headers, content_security_policy, security_headers
from slls_widgets.serving.hosting import Hosting
from slls_widgets.serving.wire import MOST_BUFFERS, NotAMessage, check

POLICY = (
    "default-src 'none'; script-src 'self' blob: 'sha256-m16tKAZfrqdfaIlK4k9Uc4bmwJm0z0f+0b2ahSGv/Ko='; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def test_the_headers_as_a_whole() -> None:
    assert content_security_policy() == POLICY
    assert security_headers() == HEADERS | {
        "Content-Security-Policy": POLICY,
        "X-Frame-Options": "SAMEORIGIN",
    }
    hosts = ("https://example.org", "https://*.example.com")
    assert security_headers(iter(hosts)) == HEADERS | {
        "Content-Security-Policy": f"{POLICY} {' '.join(hosts)}"
    }


@pytest.mark.parametrize("server", [{"Server": "Tornado"}, {}])
def test_headers_are_added_and_the_servers_name_is_taken_off(server: dict[str, str]) -> None:
    application = Application()
    add_headers(application, {"A": "1", "B": "2"})
    transform = application.transforms[-1](None)  # type: ignore[arg-type]
    before = HTTPHeaders({"B": "old", "C": "3", **server})
    status, headers, chunk = transform.transform_first_chunk(404, before, b"text", True)
    assert (status, dict(headers), chunk) == (404, {"A": "1", "B": "2", "C": "3"}, b"text")


def test_what_the_server_is_told_as_a_whole() -> None:
    hosting = Hosting(
        host="0.0.0.0", port=1234, pool_size=3, max_visitors=7, idle_minutes=90.0, kernel_memory=1.5,
        leave_seconds=11.0, arrive_seconds=22.0,
    )  # fmt: skip
    assert settings.voila_config(hosting) == {
        "Voila": {"ip": "0.0.0.0", "port": 1234, "base_url": "./"},
        "VoilaConfiguration": {
            "template": "slls", "theme": "light",
            "allow_template_override": "NO", "allow_theme_override": "NO",
            "strip_sources": True, "show_tracebacks": False, "preheat_kernel": True, "default_pool_size": 3,
            "file_allowlist": [],
            "multi_kernel_manager_class": "slls_widgets.serving.kernels.VisitorKernelManager",
        },
        "VoilaExecutor": {
            "startup_timeout": 180, "iopub_timeout": 180, "raise_on_iopub_timeout": True,
        },
        "VisitorKernelManager": {
            "leave_seconds": 11.0, "arrive_seconds": 22.0, "max_visitors": 7, "kernel_memory": 1.5,
            "allow_tracebacks": False,
        },
        "KernelRestarter": {"restart_limit": 0, "time_to_dead": 1.0},
        "MappingKernelManager": {
            "cull_idle_timeout": 5400, "cull_interval": 300, "cull_connected": True,
            "buffer_offline_messages": False,
        },
    }  # fmt: skip
    assert settings.voila_config() == settings.voila_config(Hosting())
    for size in (0, 1):
        page = settings.voila_config(Hosting(pool_size=size))["VoilaConfiguration"]
        assert (page["preheat_kernel"], page["default_pool_size"]) == (size > 0, size)


def test_the_notebooks_of_a_checkout_come_before_those_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    monkeypatch.setattr(settings, "_PACKAGE", package)
    with pytest.raises(FileNotFoundError) as caught:
        settings.notebooks_dir()
    assert str(caught.value) == f"no notebooks beside or inside {package}: please reinstall slls-widgets"
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(FileNotFoundError):  # those of another project
        settings.notebooks_dir()
    (package / "notebooks").mkdir(parents=True)
    assert settings.notebooks_dir() == package / "notebooks"
    (tmp_path / "pyproject.toml").touch()
    assert settings.notebooks_dir() == tmp_path / "notebooks"
    (tmp_path / "notebooks").rmdir()
    assert settings.notebooks_dir() == package / "notebooks"


def test_the_checkouts_template_comes_first_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    share = str(settings.SHARE)
    for before, after in (
        (None, [share]),
        ("", [share]),
        (os.pathsep.join(["a", share, "", "b"]), [share, "a", "b"]),
    ):
        monkeypatch.delenv("JUPYTER_PATH", raising=False)
        if before is not None:
            monkeypatch.setenv("JUPYTER_PATH", before)
        settings.add_share_to_path()
        assert os.environ["JUPYTER_PATH"].split(os.pathsep) == after


def test_kernels_are_lean_unless_somebody_wants_them_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    lean = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    for wanted in ({}, *({name: "5"} for name in lean)):
        monkeypatch.setattr(os, "environ", dict(wanted))
        settings.lean_kernels()
        assert os.environ == lean | wanted


HEADER = b'{"msg_id": "1", "msg_type": "comm_msg", "session": "s"}'
GOOD = [HEADER, b"{}", b"{}", b"{}"]


@pytest.mark.parametrize("buffers", [0, 1, MOST_BUFFERS])
def test_a_message_with_any_legal_number_of_buffers_is_taken(buffers: int) -> None:
    check(v1([*GOOD, *[b"x"] * buffers]))
    check(v1([*GOOD, *[b""] * buffers]))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("text", "text, where the protocol is binary"),
        (b"1234567", "shorter than a count"),
        (bytes(8), "a count of parts that no message has"),
        (v1(GOOD, count=5), "a count of parts that no message has"),
        (v1([*GOOD, *[b""] * (MOST_BUFFERS + 1)]), "a count of parts that no message has"),
        (v1(GOOD)[:55], "shorter than its offsets"),
        (v1(GOOD)[:56], "offsets that do not divide it"),
        (v1(GOOD) + b" ", "offsets that do not divide it"),
        (v1(GOOD, offsets=[57, 61, 116, 118, 120, 122]), "offsets that do not divide it"),
        (v1(GOOD, offsets=[56, 118, 116, 118, 120, 122]), "offsets that do not divide it"),
        (v1(GOOD, channel=b"control"), "for a channel that is closed to pages"),
        (v1(GOOD, channel=b""), "for a channel that is closed to pages"),
        *((v1([*GOOD[:k], b"{", *GOOD[k + 1 :]]), "parts that are not JSON") for k in range(4)),
        (v1([*GOOD[:3], b"[" * 100_000]), "parts that are not JSON"),
        *((v1([*GOOD[:k], b"[]", *GOOD[k + 1 :]]), "parts that are not JSON objects") for k in range(4)),
        *(
            (v1([HEADER.replace(name, b"x"), *GOOD[1:]]), f"a header without {name.decode()}")
            for name in (b"msg_id", b"msg_type", b"session")
        ),
        (v1([HEADER.replace(b'"s"', b"7"), *GOOD[1:]]), "a header without session"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason(message: str | bytes, words: str) -> None:
    with pytest.raises(NotAMessage) as caught:
        check(message)
    assert str(caught.value) == words
