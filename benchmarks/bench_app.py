"""How fast the app answers, in real Chromium through Voila: run `python benchmarks/bench_app.py`.

A slider is moved by keyboard, off axis and with the simulation running; the page itself stops the time from
the key to the first redrawn curve (coarse) and to the last one (full resolution), and counts what the sphere
draws. The table says what is to be reached, and the exit code is 1 if something is not.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time

from playwright.sync_api import Page, sync_playwright
from reach import Row, misses, percentile, table
from served import served

FIRST_MS, FULL_MS = 100.0, 250.0
WARM_SECONDS, COLD_SECONDS = 3.0, 10.0
UPDATES_PER_SECOND = 20.0
WATCH = """() => {
    const where = '.slls-card:has(.slls-legend) .bqplot';
    const bench = (window.bench = { start: null, first: null, last: null, frames: 0 });
    document.querySelector('.dial-theta .slider').addEventListener('keydown', () => {
        bench.start = performance.now();
        bench.first = bench.last = null;
    }, true);
    // By the length of their paths: bars of simulated points have few corners, coarse curves 40, fine 200.
    new MutationObserver(records => {
        if (bench.start === null) return;
        const passed = performance.now() - bench.start;
        const length = Math.max(...records.map(each => each.target.getAttribute('d').length));
        if (bench.first === null && length > 300) bench.first = passed;
        if (length > 1500) bench.last = passed;
    }).observe(document.querySelector(where), { subtree: true, attributes: true, attributeFilter: ['d'] });
}"""
DRAWN = """() => [...document.querySelectorAll('.bqplot path.line')].some(
    path => (path.getAttribute('d') ?? '').length > 500)"""
FRAMES = "() => Number(document.querySelector('.slls-sphere-canvas').dataset.frames)"


def opened(page: Page, url: str) -> float:
    """Seconds until the badge and the curves of a fresh visitor are there."""
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(".slls-badge:not(:has-text('computing'))", timeout=120_000)
    page.wait_for_function(DRAWN, timeout=120_000)
    return time.perf_counter() - start


def moves(page: Page, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the first and the last redraw of each of ``count`` slider moves."""
    page.evaluate(WATCH)
    handle = page.locator(".dial-theta .slider")
    handle.focus()
    first, last = [], []
    for k in range(count):
        handle.press("ArrowRight" if (k // 20) % 2 == 0 else "ArrowLeft")
        page.wait_for_function("() => window.bench.first !== null", timeout=20_000)
        page.wait_for_function("() => window.bench.last !== null", timeout=20_000)
        page.wait_for_timeout(350)
        seen = page.evaluate("() => [window.bench.first, window.bench.last]")
        first.append(seen[0])
        last.append(seen[1])
    return first, last


def updates(page: Page, seconds: float) -> float:
    """Frames that the sphere draws in a second."""
    before, clock = page.evaluate(FRAMES), time.perf_counter()
    page.wait_for_timeout(1000.0 * seconds)
    return float(page.evaluate(FRAMES) - before) / (time.perf_counter() - clock)


def measure(chromium: str, count: int, visits: int) -> list[Row]:
    """Cold and warm visits, updates, and moves."""
    with served() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        # Where movement is not wanted, the simulation waits until it is asked for.
        size = {"width": 1440, "height": 900}
        # The pool's first kernel has not started when the first page is asked for.
        page = browser.new_page(viewport=size, reduced_motion="reduce")
        cold = opened(page, server.url)
        warm = []
        for _ in range(visits):
            page.close()
            time.sleep(8.0)  # the pool refills
            page = browser.new_page(viewport=size, reduced_motion="reduce")
            warm.append(opened(page, server.url))
        page.wait_for_timeout(3000)
        page.click(".run")
        page.wait_for_timeout(3000)
        rate = updates(page, 5.0)
        first, last = moves(page, count)
        browser.close()
    middle = statistics.median
    return [
        Row("key to first redrawn curve, p95, ms", percentile(first, 0.95), FIRST_MS, median=middle(first)),
        Row("key to full resolution, p95, ms", percentile(last, 0.95), FULL_MS, median=middle(last)),
        Row("screen updates of the sphere, 1/s", rate, UPDATES_PER_SECOND, least=True),
        Row("visit with a preheated kernel, worst, s", max(warm), WARM_SECONDS, median=middle(warm)),
        Row("first visit to a server just started, s", cold, COLD_SECONDS),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 moves instead of 100")
    options = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((found for name in names if (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("no Chromium on the PATH: the app's benchmark needs one")
    count = 20 if options.quick else 100
    rows = measure(chromium, count, 2 if options.quick else 3)
    print(f"\n## The app in Chromium, off axis, simulation running, {count} moves\n\n{table(rows)}\n")
    for miss in misses(rows):
        print(f"missed: {miss}", file=sys.stderr)
    return 1 if misses(rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
