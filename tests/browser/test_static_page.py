"""The app as a folder of files, in Chromium: the numbers of the installed package, nothing from elsewhere.

``SLLS_PYODIDE=FOLDER`` says where a release of Pyodide lies (`tools/pyodide.py` gets one). The site that is
built from it stays in ``build/site-tested``, and with it the kernels, which take a minute. ``SLLS_SITE``
names a site that is built already.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_app
import test_app_units
from harness import at

from slls_widgets import Macrospin, steady_state
from slls_widgets.page.kernels import PINS
from slls_widgets.page.pictures import served
from slls_widgets.widgets.parts.words import number

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
START = Macrospin(alpha=0.42, nu=3 / 0.42, delta=np.sqrt(0.75), theta=np.radians(34))


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    if ready := os.environ.get("SLLS_SITE"):
        with served(Path(ready)) as address:
            yield address
        return
    folder = os.environ.get("SLLS_PYODIDE")
    if not folder:
        pytest.skip("SLLS_PYODIDE names no folder with a release of Pyodide")
    if other := {name: version(name) for name in PINS if version(name) != PINS[name]}:
        pytest.skip(f"the site is built with {PINS}; installed is {other}")
    out = ROOT / "build" / "site-tested"
    # A process of its own: Playwright runs once in each.
    command = [
        sys.executable,
        "-m",
        "slls_widgets",
        "site",
        str(out),
        "--pyodide",
        folder,
        "--pictures",
        "start",
    ]
    subprocess.run(command, check=True)
    with served(out) as address:
        yield address


@pytest.fixture(scope="module")
def live(site: str, open_lasting_page: Callable[..., Any]) -> Any:
    """A page that the tests below share."""
    return opened(open_lasting_page, site)


def opened(open_: Callable[..., Any], address: str, **options: Any) -> Any:
    page = open_(address, **options)
    page.wait_for_function("window.sllsMarks?.live || document.querySelector('#loading.failed')")
    assert not page.query_selector("#loading.failed"), page.inner_text("#loading")
    return page


def python(page: Any, code: str) -> Any:
    """What a program prints last in the page's Python, as JSON."""
    return json.loads(page.evaluate("sllsPython", code))


def exact_numbers(page: Any) -> list[str]:
    """The exact values in the ledger, once they are those of the point."""
    page.wait_for_selector(".slls-ledger td.n")
    page.wait_for_function("() => document.querySelectorAll('.slls-card.stale').length === 0")
    rows = page.query_selector_all("#rendered_cells .slls-ledger tbody tr:not(.extra)")
    return [row.query_selector("td.n").inner_text() for row in rows]


def native_numbers(magnet: Macrospin) -> list[str]:
    steady = steady_state(magnet)
    return [number(getattr(steady, name), 7) for name in ("S_P", "S_B", "Sigma", "Delta_P")]


def plain(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-")) for text in texts]


def test_the_ledger_has_the_numbers_of_the_installed_package(live: Any) -> None:
    assert plain(exact_numbers(live)) == plain(native_numbers(START))


def test_the_picture_has_the_same_numbers_and_comes_first(site: str, live: Any) -> None:
    marks = live.evaluate("sllsMarks")
    assert marks["picture"] < marks["python"] < marks["live"]
    names = json.loads(live.evaluate("document.getElementById('pictures').textContent"))
    still = live.evaluate(
        "name => fetch(`pictures/${name}-wide-light.html`).then(answer => answer.text())", names[""]
    )
    rows = re.findall(r'</th><td class="n">([^<]*)</td>', still)
    assert plain(rows[:4]) == plain(native_numbers(START))
    assert live.query_selector("#picture") is None


DRAWN = """
import numpy as np
from slls_widgets.fokker_planck import solve_many
rng, n = np.random.default_rng(7), 10_000
alpha, nu, delta = rng.uniform(-2, 2, n), 10 ** rng.uniform(-1, 1.5, n), 10 ** rng.uniform(-1, 1, n)
solved = np.array(solve_many(alpha, nu, delta, rng.uniform(0, np.pi, n), tol=1e-8))
"""


def test_points_agree_with_native_ones_inside_the_summed_bounds(live: Any) -> None:
    there = np.array(python(live, f"{DRAWN}\nimport json\njson.dumps(solved.tolist())"))
    names: dict[str, Any] = {}
    exec(DRAWN, names)
    here = names["solved"]
    # Values in rows 0 to 3, their bounds in rows 5 to 8.
    assert np.all(np.abs(there[:4] - here[:4]) <= there[5:] + here[5:])


@pytest.mark.parametrize("scheme", ["moebius", "euler", "heun"])
def test_a_simulation_with_the_same_seed_is_the_same(live: Any, scheme: str) -> None:
    program = f"""
from slls_widgets import Macrospin, simulate
magnet = Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7)
run = simulate(magnet, trajectories=64, duration=2.0, dt=0.01, scheme="{scheme}", seed=3)
values = [run.S_P.value, run.S_B.value, run.S_P.stderr, run.S_B.stderr]
"""
    names: dict[str, Any] = {}
    exec(program, names)
    there = python(live, f"{program}\nimport json\njson.dumps(values)")
    assert there == pytest.approx(names["values"], rel=1e-12)


def test_a_call_that_was_not_compiled_is_refused_by_name(live: Any) -> None:
    said = live.evaluate(
        "sllsPython",
        "from slls_widgets.fokker_planck.couplings import factors\nfactors(1.0, 2)",
    )
    assert said.startswith("failed: ")
    assert "fokker_planck.couplings.factors" in said


def test_address_and_state_follow_each_other(live: Any) -> None:
    live.locator(".dial-theta .number").fill("50")
    live.keyboard.press("Enter")
    at(live, theta=np.radians(50))
    live.wait_for_function("() => /theta=0\\.87/.test(window.location.search)")
    moved = START.replace(theta=np.radians(50))
    assert plain(exact_numbers(live))[0] == pytest.approx(steady_state(moved).S_P, rel=1e-5)


def runs(page: Any) -> None:
    """Run the simulation until a deviation is told, and pause it."""
    page.click("#rendered_cells .run")
    page.wait_for_function(
        "() => /\\d/.test(document.querySelector('.slls-ledger tbody tr td:last-child')?.innerText ?? '')"
    )
    page.click("#rendered_cells .run")
    page.wait_for_selector(".run:has-text('Run')")


def test_a_simulation_runs_and_its_deviations_are_told(live: Any) -> None:
    runs(live)


def test_files_come_out_of_the_page(live: Any) -> None:
    def saved(name: str) -> bytes:
        with live.expect_download() as started:
            live.get_by_role("button", name="Download").click()
            live.get_by_role("menuitem", name=name).click()
        return Path(started.value.path()).read_bytes()

    assert b"exact" in saved("CSV")
    assert saved("PNG").startswith(b"\x89PNG")
    # Where the release of this test lacks what a format needs, that is said.
    if "netcdf4" in live.evaluate("fetch('site.json').then((answer) => answer.json())")["later"]:
        assert saved("NetCDF")[1:4] == b"HDF"
    else:
        live.get_by_role("button", name="Download").click()
        live.get_by_role("menuitem", name="NetCDF").click()
        live.get_by_text("this page was made without").wait_for()


@pytest.mark.parametrize(
    "served_test",
    [
        test_app.test_the_story_is_told_by_keyboard_alone_and_gives_the_focus_back,
        lambda page: test_app.test_a_slider_plays_to_its_end_by_keyboard_and_one_undo_takes_it_back(
            page, "reduce"
        ),
        test_app.test_a_pinned_point_stays_on_screen_beside_another,
        test_app_units.test_si_reads_in_seconds_everywhere_and_fits,
    ],
    ids=["story", "play", "pin", "units"],
)
def test_what_the_served_app_does_it_does_here(live: Any, served_test: Callable[[Any], None]) -> None:
    live.evaluate("sllsPython", "from slls_widgets.page import session\nsession.go('')")
    at(live, alpha=START.alpha, nu=START.nu, theta=START.theta)
    assert plain(exact_numbers(live)) == plain(native_numbers(START))
    served_test(live)


def test_a_link_of_the_served_app_opens_on_a_phone(site: str, open_page: Callable[..., Any]) -> None:
    link = f"{site}?alpha=-0.3&nu=10&delta=0.866&theta=0.5"
    page = opened(open_page, link, viewport={"width": 390, "height": 844}, color_scheme="dark")
    at(page, alpha=-0.3, nu=10.0, theta=0.5)
    magnet = Macrospin(alpha=-0.3, nu=10, delta=0.866, theta=0.5)
    assert plain(exact_numbers(page)) == pytest.approx(plain(native_numbers(magnet)), rel=1e-6)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("document.querySelector('.slls-app').dataset.theme") == "dark"


def test_the_second_visit_needs_no_connection(site: str, open_page: Callable[..., Any]) -> None:
    page = opened(open_page, site)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller")
    for offline in (False, True):
        page.context.set_offline(offline)
        page.reload(wait_until="commit")
        page.wait_for_function("window.sllsMarks?.live")
        assert plain(exact_numbers(page)) == plain(native_numbers(START))


def test_nothing_needs_the_switching_of_stacks(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank")
    # Before anything of Pyodide is loaded; messages that come meanwhile are handed on.
    first = """
        const early = [];
        self.onmessage = (event) => early.push(event);
        delete WebAssembly.Suspending;
        delete WebAssembly.promising;
        await import("./worker.js?itself");
        for (const event of early) self.onmessage(event);
    """
    page.route("**/worker.js", lambda route: route.fulfill(content_type="text/javascript", body=first))
    page.goto(site)
    page.wait_for_function("window.sllsMarks?.live")
    assert (
        python(
            page, "from js import WebAssembly\nimport json\njson.dumps(hasattr(WebAssembly, 'Suspending'))"
        )
        is False
    )
    runs(page)


def test_a_missing_file_is_told_in_words(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank")
    page.route("**/app-*.zip", lambda route: route.abort())
    page.goto(site)
    page.wait_for_selector("#loading.failed")
    assert "could not be loaded" in page.inner_text("#loading")
    page.problems.clear()
