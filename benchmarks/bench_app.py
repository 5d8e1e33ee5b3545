"""How fast the app answers, in real Chromium through Voila: run `python benchmarks/bench_app.py`.

A slider is moved by keyboard, off axis and with the simulation running; the page itself stops the time from
the key to the first redrawn curve (coarse) and to the last one (full resolution). Medians and the 95th
percentile are printed as Markdown.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time

from playwright.sync_api import Page, sync_playwright

WATCH = """() => {
    const where = '.slls-card:has(.slls-legend) .bqplot';
    const bench = (window.bench = { start: null, first: null, last: null, frames: 0 });
    document.querySelector('.dial-theta .slider').addEventListener('keydown', () => {
        bench.start = performance.now();
        bench.first = bench.last = null;
    }, true);
    new MutationObserver(() => {
        if (bench.start === null) return;
        const passed = performance.now() - bench.start;
        if (bench.first === null) bench.first = passed;
        bench.last = passed;
    }).observe(document.querySelector(where), { subtree: true, attributes: true, attributeFilter: ['d'] });
}"""


DRAWN = """() => [...document.querySelectorAll('.bqplot path.line')].some(
    path => (path.getAttribute('d') ?? '').length > 500)"""


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


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
        page.wait_for_timeout(350)
        seen = page.evaluate("() => [window.bench.first, window.bench.last]")
        first.append(seen[0])
        last.append(seen[1])
    return first, last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 moves instead of 100")
    options = parser.parse_args()
    chromium = next(
        (
            found
            for name in ("chromium", "chromium-browser", "google-chrome")
            if (found := shutil.which(name))
        ),
        None,
    )
    if chromium is None:
        sys.exit("no Chromium on the PATH: the app's benchmark needs one")
    server = subprocess.Popen(
        [sys.executable, "-m", "slls_widgets.cli", "app", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            cold = opened(page, url)
            page.close()
            warm = []
            for _ in range(3):
                time.sleep(8.0)  # the pool refills
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                warm.append(opened(page, url))
                if len(warm) < 3:
                    page.close()
            page.wait_for_timeout(3000)
            page.click(".run")
            page.wait_for_timeout(3000)
            frames = "() => Number(document.querySelector('.slls-sphere-canvas').dataset.frames)"
            before, clock = page.evaluate(frames), time.perf_counter()
            page.wait_for_timeout(5000)
            rate = (page.evaluate(frames) - before) / (time.perf_counter() - clock)
            first, last = moves(page, 20 if options.quick else 100)
            browser.close()
    finally:
        server.terminate()
        server.wait(10)
    print("\n## The app in Chromium, off axis, simulation running\n")
    print("| what | median | p95 |\n|---|---|---|")
    print(
        f"| key to first redrawn curve, ms | {statistics.median(first):.0f} | {percentile(first, 0.95):.0f} |"
    )
    print(f"| key to full resolution, ms | {statistics.median(last):.0f} | {percentile(last, 0.95):.0f} |")
    print(f"| screen updates of the sphere, 1/s | {rate:.1f} | |")
    print(f"| first visit, just started server, s | {cold:.1f} | |")
    print(f"| visit with a preheated kernel, s | {statistics.median(warm):.1f} | {max(warm):.1f} |")


if __name__ == "__main__":
    main()
