"""Every notebook in JupyterLab: Run All leaves no error, every panel is drawn and alive, and simulates."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import pause, run, run_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
# Every plot's box holds a canvas of some size, or a figure with a curve in it. Views appear one by one, so
# this has to be the case for two seconds on end.
DRAWN = """() => {
  const app = document.querySelector('.slls-app');
  const drawn = plot => {
    const canvas = plot.querySelector('canvas');
    if (canvas) return canvas.getBoundingClientRect().height > 50;
    const lines = [...plot.querySelectorAll('.bqplot path.line')];
    return lines.some(line => (line.getAttribute('d') || '').length > 40);
  };
  const all = app && !app.querySelector('.slls-card.stale')
    && app.querySelector('.slls-card') && [...app.querySelectorAll('.slls-plot')].every(drawn);
  if (!all) window.drawnSince = undefined;
  else window.drawnSince ??= performance.now();
  return all && performance.now() - window.drawnSince > 2000;
}"""


# The ledger's column of simulated values.
SIMULATED = ".slls-app .slls-ledger td:nth-child(4)"


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_run_all_leaves_no_error_and_living_panels(
    lab_page: Callable[[str], Any], notebook: str, tmp_path: Path
) -> None:
    page = lab_page(notebook)
    page.context.set_default_timeout(90_000)
    run_all(page)
    errors = page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]')
    stderr = page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.count() == 0, errors.all_inner_texts()
    assert stderr.count() == 0, stderr.all_inner_texts()

    cards = page.locator(".slls-app .slls-card:not(.hidden)")
    page.locator(".slls-app").first.scroll_into_view_if_needed()
    cards.first.wait_for(state="visible")
    # Alive: each plot has drawn something, and nothing is waiting for a result any more.
    page.wait_for_function(DRAWN)
    for k in range(cards.count()):
        box = cards.nth(k).bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 60
    assert page.locator(".slls-app .widget-error, .slls-app .jupyter-widgets-disconnected").count() == 0
    # The stylesheet came along: a panel without it has no border of its own.
    assert cards.first.evaluate("card => getComputedStyle(card).borderTopLeftRadius") == "12px"

    slider = page.locator(".slls-app .dial-alpha .slider")
    if slider.count():
        box_of_alpha = page.locator(".slls-app .dial-alpha .number").first
        before = box_of_alpha.input_value()
        # Lab takes the arrow keys for itself unless the slider forbids it.
        slider.first.press("ArrowRight")
        page.wait_for_function(
            "before => document.querySelector('.slls-app .dial-alpha .number').value !== before", arg=before
        )
        page.wait_for_function("document.querySelectorAll('.slls-app .slls-card.stale').length === 0")
        # A callback's error is no cell's output: Lab writes it to its log, the state to its message.
        assert not "".join(page.locator(".slls-app .slls-message").all_inner_texts()).strip()
    page.wait_for_function(DRAWN)
    if page.locator(".slls-app .run").count():
        assert_simulates(page)
    page.screenshot(path=str(_screenshots(tmp_path) / f"{notebook}.png"))


def assert_simulates(page: Any) -> None:
    """Run brings simulated values to the ledger, or to the plots that show them; then it can be paused."""
    ledger, points = page.locator(SIMULATED), page.locator(".slls-app .bqplot path.dot")
    assert ledger.filter(has_text="±").count() == 0
    before = points.count()
    run(page)
    page.wait_for_selector(".slls-app .slls-settings :text('steps/s')")
    if ledger.count():
        ledger.filter(has_text="±").first.wait_for()
    elif before:
        page.wait_for_function(
            "before => document.querySelectorAll('.slls-app .bqplot path.dot').length > before", arg=before
        )
    pause(page)
    assert not "".join(page.locator(".slls-app .slls-message").all_inner_texts()).strip()


def _screenshots(folder: Path) -> Path:
    """Where pictures go: SLLS_SCREENSHOTS, or a folder of this test."""
    chosen = os.environ.get("SLLS_SCREENSHOTS")
    if chosen:
        folder = Path(chosen)
        folder.mkdir(parents=True, exist_ok=True)
    return folder
