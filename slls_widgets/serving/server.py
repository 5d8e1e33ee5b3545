"""The app as a server: Voila on one notebook, with the settings of this package."""

from __future__ import annotations

import errno
import logging
import os
import socket
import webbrowser
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop
from traitlets.config import Config
from voila.app import Voila

from .settings import add_share_to_path, one_blas_thread, voila_config

__all__ = ["AppServer", "PortTaken", "claim_port", "serve"]

# Jupyter compares the age of the last pong with the timeout just before it sends the next ping: a timeout
# no longer than the interval would cut every page off after a minute.
PING_MS = 30_000


class PortTaken(OSError):
    """The port cannot be listened on; the message says what to do."""


def claim_port(host: str, port: int) -> int:
    """Check that ``port`` can be listened on and return it; 0 picks a free one.

    Raises
    ------
    PortTaken
        If something else listens there, or the address or port is not allowed.
    """
    try:
        # The addresses that tornado will listen on, one or two of them.
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                if os.name != "nt":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    probe.bind((address[0], port, *address[2:]))
                except OSError as error:
                    # "localhost" may name an IPv6 address on a machine without IPv6; tornado passes it over.
                    if family == socket.AF_INET6 and error.errno == errno.EADDRNOTAVAIL:
                        continue
                    raise
                port = probe.getsockname()[1]
    except PermissionError:
        raise PortTaken(f"not allowed to listen on port {port}; choose one above 1023 with --port") from None
    except socket.gaierror:
        raise PortTaken(f"{host!r} is not an address of this machine; try --host localhost") from None
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host} port {port} ({error.strerror or error}); "
            f"choose another with --port, or --port 0 for any free one"
        ) from None
    return port


class AppServer(Voila):
    """Voila without Jupyter's own configuration files, so that the app is the same in every folder."""

    def _config_file_paths_default(self) -> list[str]:
        return []


def serve(
    notebook: Path,
    *,
    host: str = "localhost",
    port: int = 8866,
    browser: bool = True,
    debug: bool = False,
    **settings: Any,
) -> None:
    """Serve one notebook as an app until interrupted.

    Parameters
    ----------
    notebook : Path
        The notebook to run for each visitor.
    host, port : str, int
        Where to listen; port 0 picks a free one.
    browser : bool
        Open a browser if there is one; the address is printed in any case.
    debug : bool
        Log everything, and show tracebacks in the page.
    settings
        Passed to :func:`voila_config`.

    Raises
    ------
    PortTaken
        If the port is not free.
    """
    port = claim_port(host, port)
    add_share_to_path()
    one_blas_thread()
    config = Config(voila_config(**settings))
    config.Voila.update(
        ip=host,
        port=port,
        port_retries=0,
        open_browser=False,
        tornado_settings={"ws_ping_interval": PING_MS, "ws_ping_timeout": 3 * PING_MS},
        log_level="DEBUG" if debug else "ERROR",
    )
    if debug:
        config.VoilaConfiguration.show_tracebacks = True
    logging.getLogger("tornado.general").addFilter(_not_the_ping_advice)
    server = AppServer(config=config)
    server.notebook_path = str(notebook)
    server.initialize(argv=[])  # type: ignore[no-untyped-call]
    IOLoop.current().add_callback(_announce, f"http://{_name(host)}:{port}/", browser)
    server.start()  # type: ignore[no-untyped-call]


def _not_the_ping_advice(record: logging.LogRecord) -> bool:
    """Drop tornado's remark on the ping settings: it reads Jupyter's milliseconds as its own seconds."""
    return not record.getMessage().startswith("The websocket_ping_timeout")


def _announce(url: str, browser: bool) -> None:
    print(f"The app is at {url} (Ctrl-C stops it)", flush=True)
    if browser:
        try:
            webbrowser.open(url)
        except webbrowser.Error:
            print("No browser was found here: open the address above in one.", flush=True)


def _name(host: str) -> str:
    return "localhost" if host in ("", "0.0.0.0", "::") else host
