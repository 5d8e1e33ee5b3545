"""Take the pictures of the app in docs/images anew: `make pictures` (needs Chromium).

A simulation visits a few places on the way, so that the rates have simulated points, and rests at the start.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from served import served  # noqa: E402

IMAGES = ROOT / "docs" / "images"
TORQUES = ("-1.5", "-0.9", "-0.4", "0.2", "0.8", "1.4", "0.42")


def taken(page: Page) -> bytes:
    """The window, once each of the places has been simulated for a while."""
    page.wait_for_selector(".slls-badge:not(:has-text('computing'))")
    page.click(".run")
    field = page.locator(".dial-alpha .number")
    for torque in TORQUES:
        field.fill(torque)
        field.press("Enter")
        page.wait_for_selector(".slls-readouts:has-text('M steps/s')")
        page.wait_for_timeout(3000)
    page.wait_for_timeout(5000)
    # Neither the field nor a button is lit.
    page.evaluate("() => document.activeElement.blur()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    return page.screenshot()


def main() -> int:
    """Command line."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on the PATH", file=sys.stderr)
        return 1
    with served() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            size = {"width": 1440, "height": 900}
            page = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            page.set_default_timeout(120_000)
            page.goto(server.url)
            (IMAGES / f"app-{scheme}.png").write_bytes(taken(page))
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
