"""How fast the app without a server is, in real Chromium: run `python benchmarks/bench_page.py [SITE]`.

SITE is a folder that `slls site` has written, by default the one of `make site`. It is served on this
machine, uncompressed; every first visit is one of a new browser context. Native times are measured around
those of the page, in the same minute.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from slls_widgets.page.pictures import served

# (α, ν, δ, θ): cheap, ordinary, dear.
POINTS = ((0.5, 2.0, 0.866, 0.7), (-0.6, 10.0, 0.1, 0.6), (1.0, 30.0, 0.1, 1.2))
# What a task does is the same text here and there; it leaves its seconds in ``seconds``.
TASKS = {
    **{f"exact point {point}": f"solve_many(*{point}, threads=1)" for point in POINTS},
    **{
        f"slice of 201 points at {point[1:]}": f"solve_many(np.linspace(-2, 2, 201), *{point[1:]}, threads=1)"
        for point in POINTS
    },
    "map 61 x 121": "solve_many(alpha, 10.0, 0.866, theta, threads=1)",
}
TIMED = """
import json, time
import numpy as np
from slls_widgets.fokker_planck import solve_many
alpha, theta = np.linspace(-2, 2, 121), np.linspace(0, np.pi / 2, 61)[:, None]
def timed(count):
    started = time.perf_counter()
    for _ in range(count):
        {task}
    return (time.perf_counter() - started) / count
timed(1)
seconds = [timed({count}) for _ in range(3)]
"""
STEPS = """
import json, time
from slls_widgets import Macrospin
from slls_widgets.simulation.ensemble import Ensemble
magnet = Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7)
ensemble = Ensemble(magnet, trajectories=256, dt=0.02, scheme="moebius", threads=1)
ensemble.advance(100)
seconds = []
for _ in range(5):
    started = time.perf_counter()
    ensemble.advance(2000)
    seconds.append((time.perf_counter() - started) / (2000 * 256))
"""
MOVE = """async (value) => {
    const badge = () => document.querySelector("#rendered_cells .slls-ledger tbody td.n").innerText;
    const dial = document.querySelector("#rendered_cells .dial-theta input[type=range]");
    const before = badge();
    const started = performance.now();
    dial.value = String(Number(dial.value) + value);
    dial.dispatchEvent(new Event("input", { bubbles: true }));
    const waiting = () => badge() === before && performance.now() - started < 5000;
    while (waiting()) await new Promise((done) => setTimeout(done, 2));
    return performance.now() - started;
}"""


def main() -> int:
    """Measure, and print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, nargs="?", default=Path(__file__).parents[1] / "build" / "site")
    parser.add_argument("--visits", type=int, default=3)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    rows: list[tuple[str, str, str]] = []
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as play, served(options.site) as address:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"]
        browser = play.chromium.launch(executable_path=program, args=arguments)
        rows += weight(options.site, browser, address)
        rows += visits(browser, address, options.visits)
        page = visited(browser.new_context(viewport={"width": 1440, "height": 900}), address)
        for row in compared(page):
            rows.append(row)
        rows += moves(page)
        rows += memory(page)
        browser.close()
    print("| | measured | reach |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 0


def visited(context: Any, address: str) -> Any:
    page = context.new_page()
    page.set_default_timeout(180_000)
    page.goto(address)
    page.wait_for_function("window.sllsMarks?.live")
    return page


def weight(site: Path, browser: Any, address: str) -> list[tuple[str, str, str]]:
    """What a first visit asks for until it is live, each file compressed as a server would."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, service_workers="block")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(address).partition("?")[0]))
    page.goto(address)
    page.wait_for_function("window.sllsMarks?.live", timeout=180_000)
    names = {name or "index.html" for name in asked if not name.startswith("blob:")}
    sizes = {
        name: len(gzip.compress((site / name).read_bytes(), 9)) for name in names if (site / name).is_file()
    }
    for name, size in sorted(sizes.items(), key=lambda each: -each[1]):
        print(f"- {size / 1e6:.2f} MB {name}")
    print()
    context.close()
    still = sum(size for name, size in sizes.items() if name.startswith(("pictures/", "index", "page.")))
    return [
        ("gzipped, before the numbers of the picture", f"{still / 1e6:.2f} MB", "<= 8 MB"),
        ("gzipped, before the first live number", f"{sum(sizes.values()) / 1e6:.1f} MB", "<= 8 MB"),
    ]


def visits(browser: Any, address: str, count: int) -> list[tuple[str, str, str]]:
    first, second, still = [], [], []
    for _ in range(count):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = visited(context, address)
        marks = page.evaluate("sllsMarks")
        still.append(marks["picture"])
        first.append(marks["live"])
        page.wait_for_function("navigator.serviceWorker.controller")
        page.reload()
        page.wait_for_function("window.sllsMarks?.live")
        second.append(page.evaluate("sllsMarks.live"))
        context.close()
    return [
        ("first paint with exact numbers", f"{statistics.median(still) / 1e3:.2f} s", "<= 1 s"),
        ("first visit to live numbers", f"{statistics.median(first) / 1e3:.1f} s", "<= 5 s"),
        ("second visit to live numbers", f"{statistics.median(second) / 1e3:.1f} s", "<= 2.5 s"),
    ]


def compared(page: Any) -> list[tuple[str, str, str]]:
    rows = []
    for name, task in TASKS.items():
        count = 1 if "map" in name else 3 if "slice" in name else 30
        there, here = both(page, TIMED.format(task=task, count=count))
        goal = "<= 1.5 s" if "map" in name else "<= 2 times"
        rows.append(
            (name, f"{there * 1e3:.3g} ms, {there / here:.1f} times native ({here * 1e3:.3g} ms)", goal)
        )
    there, here = both(page, STEPS)
    rows.append(
        ("simulation, Möbius", f"{1e-6 / there:.0f} M steps/s ({1e-6 / here:.0f} native)", ">= 20 M steps/s")
    )
    return rows


def both(page: Any, program: str) -> tuple[float, float]:
    """Seconds there and here; the median of what each says, with the native runs around those of the page."""

    def native() -> list[float]:
        names: dict[str, Any] = {}
        exec(program, names)
        return list(names["seconds"])

    here = native()
    there = json.loads(page.evaluate("sllsPython", f"{program}\njson.dumps(seconds)"))
    return statistics.median(there), statistics.median(here + native())


def moves(page: Any) -> list[tuple[str, str, str]]:
    """From an input of a slider to the new exact number on screen."""

    def series() -> list[float]:
        found = []
        for k in range(30):
            found.append(page.evaluate(MOVE, 0.5 if k % 2 else -0.5))
            page.wait_for_timeout(400)
        return found

    idle = series()
    page.click("#rendered_cells .run")
    page.wait_for_timeout(3000)
    running = series()
    page.click("#rendered_cells .run")
    rows = []
    for name, found, goal in (("idle", idle, 80), ("simulation running", running, 120)):
        middle, late = statistics.median(found), float(np.percentile(found, 95))
        rows.append(
            (f"slider to new number, {name}", f"median {middle:.0f}, p95 {late:.0f} ms", f"p95 <= {goal} ms")
        )
    return rows


def memory(page: Any) -> list[tuple[str, str, str]]:
    """What the page and its worker hold, as Chromium counts it for the renderer's process."""
    import psutil

    page.wait_for_timeout(2000)
    renderers = [
        each for each in psutil.process_iter(["cmdline"]) if "--type=renderer" in (each.info["cmdline"] or ())
    ]
    largest = max((each.memory_full_info().uss for each in renderers), default=0)
    return [("memory of the page's process", f"{largest / 2**20:.0f} MB", "<= 400 MB")]


if __name__ == "__main__":
    raise SystemExit(main())
