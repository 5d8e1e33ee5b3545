"""Real Chromium against real servers: the fixtures of every test in this folder.

How to use them::

    import pytest
    pytestmark = pytest.mark.browser

    def test_something(app):                   # a page with the app as a visitor finds it
        app.get_by_role("slider").first.press("ArrowRight")

- ``app``: a page that all tests share, each of which begins where ``as_found`` puts it. For a
  page of one's own, with its own kernel, at another address or of another size:
  ``page = open_page(f"{app_server.url}?alpha=1", viewport={"width": 390, "height": 844})``, then
  ``wait_for_app(page)``.
- ``open_page(url, **context_options)``: a page in a context of its own; all options of ``new_context``
  are accepted (``color_scheme="dark"``, ``offline=...``). Each page collects its console errors,
  uncaught exceptions and requests that left this machine in ``page.problems``; the test fails at its end
  if there are any. A test that provokes an error on purpose clears the list: ``page.problems.clear()``.
- ``app_server`` / ``lab_server``: running servers with ``.url``, ``.port``, ``.log()``, ``.process``.
- ``serve(arguments)``: starts ``slls <arguments>`` on a free port and waits until it answers.
- ``lab_page(notebook)``: opens a notebook of the repository's notebooks (a copy, never the original) in
  JupyterLab; ``run_all(page)`` runs its cells.

``from harness import wait_for_app, run_all`` gives the two functions.

Without Chromium these tests skip and say so, unless SLLS_REQUIRE_BROWSER=1: then they fail.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from harness import (
    ARGUMENTS,
    NAMES,
    Server,
    as_found,
    free_port,
    open_notebook,
    ready,
    start,
    wait_for_app,
    watch,
)

ROOT = Path(__file__).parent.parent.parent


# What the browser tests keep open until the last of them is over.
OPEN = ExitStack()
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests first, among all that were collected: see ``pytest_xdist_make_scheduler``.

    Where a browser is required, in CI, a browser test that fails is tried once more, and pytest's summary
    names it: three processes of others stand between a key and what a page shows. Elsewhere a failure counts
    at once, so that it is looked at.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
    if os.environ.get("SLLS_REQUIRE_BROWSER") == "1":
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember a failure, for the teardown that follows."""
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser after its last test, unless that is to be tried once more.

    Playwright keeps an event loop running in the main thread, and what looks for the kernel's event loop
    (``slls_widgets.explore.dispatch``) would find Playwright's.
    """
    again = item.get_closest_marker("flaky") and item.stash[FAILED] and item.execution_count == 1
    if (
        not again
        and item.get_closest_marker("browser")
        and not (nextitem and nextitem.get_closest_marker("browser"))
    ):
        OPEN.close()


@pytest.fixture(scope="session")
def chromium() -> Any:
    """The browser, once per session."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get("SLLS_REQUIRE_BROWSER") == "1":
            pytest.fail(f"SLLS_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    playwright = OPEN.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
    OPEN.callback(browser.close)
    return browser


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open an address in a page of its own; at the end of the test its problems must be none."""
    yield from _opening(chromium)


@pytest.fixture(scope="module")
def open_lasting_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """The same for a page that the tests of a file share: a kernel for each takes longer than the test."""
    yield from _opening(chromium)


def _opening(chromium: Any) -> Iterator[Callable[..., Any]]:
    pages: list[Any] = []

    def open_(url: str, **options: Any) -> Any:
        pages.append(page := _opened(chromium, url, **options))
        return page

    yield open_
    problems = [problem for page in pages for problem in page.problems]
    for page in pages:
        page.context.close()
    assert problems == []


def _opened(chromium: Any, url: str, **options: Any) -> Any:
    # Where movement is not wanted, the app stands still until a test runs it.
    usual = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
    context = chromium.new_context(**{**usual, **options})
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.problems = watch(page)
    page.goto(url, wait_until="commit")
    return page


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start ``slls <arguments>`` on a free port; it ends with the session at the latest."""
    servers: list[Server] = []

    def serve_(*arguments: str, **options: Any) -> Server:
        port = free_port()
        log = tmp_path_factory.mktemp("server") / "log"
        command = [sys.executable, "-m", "slls_widgets", *arguments]
        base = arguments[arguments.index("--base-url") + 1].lstrip("/") if "--base-url" in arguments else ""
        # A template's file answers without starting a kernel.
        probe = f"{base}voila/static/voila.js" if arguments[0] == "app" else "api"
        server = start([*command, "--port", str(port), "--no-browser"], port, log, probe, **options)
        servers.append(server)
        return server

    yield serve_
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def app_server(serve: Callable[..., Server], chromium: Any) -> Server:
    """The app as ``slls app`` serves it."""
    return serve("app")


@pytest.fixture(scope="session")
def lasting_app(app_server: Server, chromium: Any) -> Any:
    """A page with the app, as long as the browser is open."""
    page = _opened(chromium, app_server.url, permissions=["clipboard-read", "clipboard-write"])
    wait_for_app(page)
    page.since = time.monotonic()
    ready(page)
    return page


@pytest.fixture
def app(lasting_app: Any) -> Iterator[Any]:
    """The shared page with everything as a visitor finds it."""
    as_found(lasting_app)
    yield lasting_app
    problems, lasting_app.problems[:] = lasting_app.problems[:], []
    assert problems == []


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Server]:
    """JupyterLab on a copy of the notebooks, with settings of nobody."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "notebooks", ignore=shutil.ignore_patterns(".*"))
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ip=localhost"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={home / 'notebooks'}"),
        *("--IdentityProvider.token=", "--allow-root", "--LabApp.news_url=None"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    server = start(command, port, home / "log", "api", env=environment)
    yield server
    server.stop()


@pytest.fixture
def lab_page(lab_server: Server, open_page: Callable[..., Any]) -> Callable[[str], Any]:
    """Open a notebook of the repository in JupyterLab."""

    return lambda notebook: open_notebook(open_page(f"{lab_server.url}lab/tree/{notebook}?reset"))
