"""What needs a browser when the site is made: pictures of the usual views, and bytecode for its Python.

A picture is the app itself, as HTML without scripts: the same layout and the same numbers, so that nothing
jumps when the app takes its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

from ..explore.permalink import to_query
from ..explore.presets import PRESETS
from ..explore.state import Snapshot
from .site import bytecode, finish, write_page

__all__ = ["add_pictures", "served"]

# Laptops and phones: of other windows the picture is stretched a little.
_SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_PATIENCE_MS = 180_000
_DRAWN = "!document.querySelector('#rendered_cells .slls-card:is(.busy, .stale)')"


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as any web server would; the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def add_pictures(out: Path, browser: str | None = None, *, start_alone: bool = False) -> None:
    """Visit a site that has been written, and add to it what the visit shows.

    Parameters
    ----------
    out : Path
    browser : str, optional
        The program of a Chromium; by default the one that Playwright has installed.
    start_alone : bool
        Take no pictures of the presets.
    """
    from playwright.sync_api import sync_playwright

    views = queries()[:1] if start_alone else queries()

    with sync_playwright() as play, served(out) as address:
        chromium = play.chromium.launch(
            executable_path=browser, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        try:
            page = chromium.new_page(service_workers="block")
            _open(page, address)
            bytecode(out, json.loads(page.evaluate("sllsPython", _BYTECODE)))
            page.close()
            (out / "pictures").mkdir(exist_ok=True)
            for size, (width, height) in _SIZES.items():
                for theme in _THEMES:
                    context = chromium.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme=theme,
                        reduced_motion="reduce",  # nothing moves before it is asked to
                        service_workers="block",
                    )
                    _picture_all(context.new_page(), address, out, f"{size}-{theme}", views)
                    context.close()
        finally:
            chromium.close()
    write_page(out, {query: key(query) for query in views})
    finish(out)


def queries() -> list[str]:
    """The addresses that have a picture: the usual start, and where the presets lead from there."""
    start = Snapshot()
    return ["", *(to_query(preset.go(start)) for preset in PRESETS)]


def key(query: str) -> str:
    """The name of a picture."""
    return hashlib.sha256(query.encode()).hexdigest()[:8]


def _open(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_function(
        "window.sllsMarks?.live || document.querySelector('#loading.failed')", timeout=_PATIENCE_MS
    )
    if page.query_selector("#loading.failed"):
        raise RuntimeError(f"the site does not run: {page.inner_text('#loading')}")


def _picture_all(page: Any, address: str, out: Path, kind: str, views: list[str]) -> None:
    """Pictures of all addresses in one window."""
    _open(page, address)
    snapshot = (Path(__file__).parent / "front" / "snapshot.js").read_text(encoding="utf-8")
    snapshot = snapshot.partition("\n")[2]  # without the comment
    for query in views:
        page.evaluate("sllsPython", f"from slls_widgets.page import session\nsession.go({query!r})")
        page.wait_for_function(
            "sllsPython('session.settled()').then(said => said === 'True')", timeout=_PATIENCE_MS
        )
        page.wait_for_function(_DRAWN, timeout=_PATIENCE_MS)
        page.wait_for_timeout(300)  # bqplot moves its curves to their places
        made = page.evaluate(snapshot)
        (out / "pictures" / f"{key(query)}-{kind}.html").write_text(_small(made), encoding="utf-8")


def _small(text: str) -> str:
    """No runs of blanks. Nothing else is touched: these are numbers that somebody will read."""
    return re.sub(r"\s+", " ", text)


_BYTECODE = "from slls_widgets.page import session\nsession.bytecode()"
