"""How the app is offered: where it listens, to whom, and how much each visitor may take.

``slls app`` offers it to the person at this machine, ``slls app --public`` to others.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import Any

__all__ = ["Hosting", "add_arguments", "from_options"]

# A hidden tab must keep its kernel for half an hour.
SHORTEST_IDLE_MINUTES = 30.0
# GiB. The app's kernel has allocated a half after its first minute.
SMALLEST_KERNEL = 1.0
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_BASE_URL = re.compile(r"/([A-Za-z0-9._~-]+/)*")


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """One way to offer the app.

    Parameters
    ----------
    host, port : str, int
        Where to listen; port 0 picks a free one.
    base_url : str
        The path under which the app appears; a slash is added to either end where it is missing.
    behind_proxy : bool
        A web server on the way passes the requests on: believe its X-Forwarded-For and -Proto headers.
    pool_size : int
        Kernels kept started, with the app's cells already run, for the next visitors (0: none).
    max_visitors : int
        Pages open at once; the next visitor is asked to wait (0: no limit).
    idle_minutes : float
        A page that is open but silent for this long loses its kernel.
    embed : tuple of str
        Origins, such as ``https://example.org``, whose pages may show the app in a frame.
    allow_host : tuple of str
        Names besides its own under which the app may be asked for; with ``behind_proxy`` and none given, any.
    kernel_memory : float
        GiB that each visitor's kernel may allocate, on Linux (0: no limit).
    leave_seconds, arrive_seconds : float
        A kernel whose page is gone, or whose page never connected, ends after this long.

    Raises
    ------
    ValueError
        If a value is not legal; the message names it.
    """

    host: str = "localhost"
    port: int = 8866
    base_url: str = "/"
    behind_proxy: bool = False
    pool_size: int = 1
    max_visitors: int = 0
    idle_minutes: float = 12 * 60.0
    embed: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    kernel_memory: float = 0.0
    leave_seconds: float = 60.0
    arrive_seconds: float = 120.0

    def __post_init__(self) -> None:
        slashed = f"/{self.base_url.strip('/')}/".replace("//", "/")
        object.__setattr__(self, "base_url", slashed)
        if not _BASE_URL.fullmatch(slashed):
            raise ValueError(
                "base URL must be a path such as /magnet/, of letters, digits and . _ ~ -; "
                f"got {self.base_url!r}"
            )
        if not 0 <= self.pool_size <= 64:
            raise ValueError(f"pool size must be from 0 to 64; got {self.pool_size}")
        if not 0 <= self.max_visitors <= 10_000:
            raise ValueError(f"visitors must be from 1 to 10000, or 0 for no limit; got {self.max_visitors}")
        if not SHORTEST_IDLE_MINUTES <= self.idle_minutes <= 1e6:
            raise ValueError(
                f"idle minutes must be at least {SHORTEST_IDLE_MINUTES:g}, which a tab in the background may "
                f"stay silent; got {self.idle_minutes:g}"
            )
        for origin in self.embed:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"embed takes an origin such as https://example.org; got {origin!r}")
        for name in self.allow_host:
            if not _NAME.fullmatch(name):
                raise ValueError(f"allow host takes a name such as magnet.example.org; got {name!r}")
        if self.kernel_memory != 0.0 and not SMALLEST_KERNEL <= self.kernel_memory <= 1024.0:
            raise ValueError(
                f"kernel memory must be from {SMALLEST_KERNEL:g} to 1024 GiB, or 0 for no limit; "
                f"got {self.kernel_memory:g}"
            )
        for name in ("leave_seconds", "arrive_seconds"):
            if not 0.0 < getattr(self, name) < 1e6:
                raise ValueError(f"{name} must be positive; got {getattr(self, name):g}")

    @classmethod
    def public(cls, **settings: Any) -> Hosting:
        """Settings for a shared host, where ``settings`` does not say otherwise."""
        defaults = {
            # A proxy is on this machine unless told otherwise; without one, others must reach us directly.
            "host": "localhost" if settings.get("behind_proxy") else "0.0.0.0",
            "pool_size": 2,
            "max_visitors": 20,
            "idle_minutes": 60.0,
            "kernel_memory": 2.0,
        }
        return cls(**{**defaults, **settings})

    def summary(self) -> str:
        """What is in force for others, in one line; empty where nobody else is meant to come."""
        if not (self.max_visitors or self.behind_proxy or self.embed):
            return ""
        limit = f"at most {self.max_visitors} visitors" if self.max_visitors else "no limit on visitors"
        frames = ", ".join(["itself", *self.embed])
        trust = ", X-Forwarded headers believed" if self.behind_proxy else ""
        memory = f"{self.kernel_memory:g} GiB for each kernel, " if self.kernel_memory else ""
        return (
            f"For others: {limit}, kernels kept ready: {self.pool_size}, {memory}"
            f"silent pages end after {self.idle_minutes:g} min, "
            f"frames allowed in {frames}{trust}."
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of hosting to the parser of ``slls app``."""
    add = parser.add_argument_group(
        "for others",
        "--public listens on every address of this machine (with --behind-proxy on localhost only), keeps "
        "2 kernels ready, lets in 20 visitors at once, and ends pages that are silent for an hour. Each of "
        "these can be set by itself. There is no log-in and no encryption: see docs/hosting.md.",
    ).add_argument
    add("--public", action="store_true", help="settings for a shared host")
    add("--base-url", metavar="PATH", help="path under which the app appears (/)")
    add(
        "--behind-proxy",
        action="store_true",
        default=None,
        help="a web server passes the requests on: believe its X-Forwarded headers",
    )
    add(
        *("--pool-size", "--pool"),
        type=_whole,
        metavar="N",
        help="kernels kept ready for the next visitors, 0 to 64 (1; public: 2)",
    )
    add(
        "--max-visitors",
        type=_whole,
        metavar="N",
        help="pages open at once, 0 for no limit (0; public: 20)",
    )
    add(
        "--idle-minutes",
        type=float,
        metavar="M",
        help="an open page silent for this long loses its kernel, at least 30 (720; public: 60)",
    )
    add(
        "--embed",
        action="append",
        metavar="ORIGIN",
        help="let pages of https://ORIGIN show the app in a frame; may be repeated (none)",
    )
    add(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="a name besides this machine's own under which the app may be asked for; may be repeated",
    )
    add(
        "--kernel-memory",
        type=float,
        metavar="GIB",
        help="memory that each visitor's kernel may allocate, 0 for no limit (0; public: 2)",
    )
    add("--leave-seconds", type=float, help=argparse.SUPPRESS)
    add("--arrive-seconds", type=float, help=argparse.SUPPRESS)


def from_options(options: argparse.Namespace) -> Hosting:
    """The hosting that parsed options describe.

    Raises
    ------
    ValueError
        If a value is not legal.
    """
    names = ("host", "port", "base_url", "behind_proxy", "pool_size", "max_visitors", "idle_minutes")
    more = ("kernel_memory", "leave_seconds", "arrive_seconds")
    given = {name: getattr(options, name) for name in (*names, *more)}
    for name in ("embed", "allow_host"):
        given[name] = tuple(getattr(options, name) or ()) or None
    chosen = {name: value for name, value in given.items() if value is not None}
    return Hosting.public(**chosen) if options.public else Hosting(**chosen)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"expected a whole number; got {text!r}")
    return int(text)
