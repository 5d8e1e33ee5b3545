"""The app as a server: Voila on one notebook, with the settings of this package."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import webbrowser
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop
from traitlets.config import Config
from voila.app import Voila

from .door import Door, room_for_connections
from .handlers import ALLOWED_MESSAGES, Anybody, served
from .headers import Packing, add_headers, security_headers
from .hosting import Hosting
from .leftovers import own_folder
from .logs import keep_logs_short
from .settings import LIMITS, add_share_to_path, lean_kernels, voila_config

__all__ = ["AppServer", "PortTaken", "claim_port", "serve"]

# Jupyter compares the age of the last pong with the timeout just before it sends the next ping: a timeout
# no longer than the interval would cut every page off after a minute.
PING_MS = 30_000
HTTP_LIMITS: dict[str, Any] = {
    "max_body_size": 1 << 16,
    "max_header_size": 1 << 14,
    "idle_connection_timeout": 120.0,
    "body_timeout": 30.0,
}


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
    """Voila with this package's settings, addresses and headers.

    It reads none of Jupyter's own configuration files, so that the app is the same in every folder.
    """

    hosting = Hosting()

    def _config_file_paths_default(self) -> list[str]:
        return []

    def init_settings(self) -> Any:
        """Voila's settings, with a narrower list of messages that a page may send to its kernel."""
        settings: Any = super().init_settings()
        self.kernel_manager.allowed_message_types = ALLOWED_MESSAGES
        settings["hosting"] = self.hosting
        return settings

    def init_handlers(self) -> Any:
        """The addresses that are answered, and the headers of every answer."""
        add_headers(self.app, security_headers(self.hosting.embed))
        self.app.add_transform(Packing)
        voila: Any = super().init_handlers()
        return served(voila, self.hosting)

    def listen(self) -> None:
        """Answer requests until interrupted, then leave no kernel behind."""
        # What is there now stays: the search for garbage after each visit then takes milliseconds.
        gc.freeze()
        hosting = self.hosting
        most = room_for_connections(hosting.max_visitors + hosting.pool_size)
        Door(self.app, most=most, behind_proxy=hosting.behind_proxy, **HTTP_LIMITS).listen(self.port, self.ip)
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            # A second Ctrl-C must not cut the cleaning short.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self.stop()  # type: ignore[no-untyped-call]


def serve(notebook: Path, hosting: Hosting, *, browser: bool = True, debug: bool = False) -> None:
    """Serve one notebook as an app until interrupted.

    Parameters
    ----------
    notebook : Path
        The notebook to run for each visitor.
    hosting : Hosting
        Where to listen, and to whom.
    browser : bool
        Open a browser if there is one; the address is printed in any case.
    debug : bool
        Log everything, and show tracebacks in the page.

    Raises
    ------
    PortTaken
        If the port is not free.
    """
    port = claim_port(hosting.host, hosting.port)
    # From here on there are kernels to stop.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    add_share_to_path()
    lean_kernels()
    config = Config(voila_config(hosting))
    config.Voila.update(
        port=port,
        open_browser=False,
        identity_provider_class=Anybody,
        tornado_settings={
            "ws_ping_interval": PING_MS,
            "ws_ping_timeout": 3 * PING_MS,
            "websocket_max_message_size": LIMITS.largest_message,
        },
        log_level="DEBUG" if debug else "ERROR",
    )
    if debug:
        config.VoilaConfiguration.show_tracebacks = True
        config.VisitorKernelManager.allow_tracebacks = True
    server = AppServer(config=config)
    server.hosting = hosting
    server.notebook_path = str(notebook)
    server.initialize(argv=[])  # type: ignore[no-untyped-call]
    if not debug:
        keep_logs_short(server.log)
    url = f"http://{_name(hosting.host)}:{port}{hosting.base_url}"
    words = [f"The app is at {url} (Ctrl-C stops it)", _reach(hosting.host), hosting.summary()]
    IOLoop.current().add_callback(_announce, url, words, browser)
    with own_folder() as folder:
        server.connection_dir_root = str(folder)
        server.start()  # type: ignore[no-untyped-call]


def _announce(url: str, words: list[str], browser: bool) -> None:
    print("\n".join(filter(None, words)), flush=True)
    if browser:
        try:
            webbrowser.open(url)
        except webbrowser.Error:
            print("No browser was found here: open the address above in one.", flush=True)


def _name(host: str) -> str:
    """How the host stands in an address that can be opened here."""
    if host in ("", "0.0.0.0"):
        return "localhost"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def _reach(host: str) -> str:
    """Which addresses of this machine answer, where that is not what one might think."""
    if host == "::":
        return "It listens on IPv6 only: --host 0.0.0.0 is IPv4 only, and --host '' is both."
    return ""
