"""The same explorer in JupyterLab."""

from __future__ import annotations

import pytest
from harness import run_all

pytestmark = pytest.mark.browser


def test_the_notebook_runs_and_its_widgets_answer(lab_page):
    page = lab_page("03_phase_diagram.ipynb")
    run_all(page)
    page.wait_for_selector(".slls-app .slls-badge:has-text('Refrigerator')")
    page.wait_for_function("() => document.querySelector('.slls-app .slls-plot image')")
    page.locator(".slls-app").first.scroll_into_view_if_needed()
    before = page.inner_text(".slls-ledger table")
    handle = page.locator(".dial-alpha .slider")
    handle.focus()
    handle.press("ArrowLeft")
    page.wait_for_function(
        "before => document.querySelector('.slls-ledger table').innerText !== before", arg=before
    )
    page.locator(".run").click()
    page.wait_for_selector(".run:has-text('Pause')")
    page.wait_for_function(r"() => /\d ± 0/.test(document.querySelector('.slls-ledger table').innerText)")
    page.locator(".run").click()
    page.wait_for_selector(".run:has-text('Run')")
