"""Arriving, links, and what the system asks for: checks that need a page of their own under Voila."""

from __future__ import annotations

import pytest
from harness import at, ready, wait_for_app

pytestmark = pytest.mark.browser


def test_a_skeleton_with_a_message_comes_first(app_server, open_page):
    page = open_page(app_server.url)
    page.wait_for_selector("#slls-skeleton [role=status]:has-text('Python session')")
    assert page.locator(".slls-app").count() == 0
    assert page.locator("#slls-skeleton section").count() >= 4
    wait_for_app(page)
    assert page.locator("#slls-skeleton").count() == 0


def test_a_copied_link_opens_the_same_place_and_nothing_moves_where_that_is_asked(app_server, open_page):
    page = open_page(
        f"{app_server.url}?alpha=-0.31&nu=6&delta=0.7&theta=0.5&hold=nu&map=S_B&seed=9",
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    wait_for_app(page)
    at(page, alpha=-0.31, nu=6, delta=0.7, theta=0.5)
    ready(page)
    moving = page.evaluate(
        """() => [...document.querySelectorAll('.slls-app, .slls-app *')].filter(node => {
            const style = getComputedStyle(node);
            return parseFloat(style.transitionDuration) > 0 && style.transitionProperty !== 'none'
                || style.animationName !== 'none';
        }).length"""
    )
    assert moving == 0
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector("button:has-text('Copied')")
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(app_server.url)
    numbers = "() => [...document.querySelectorAll('.slls-parameter .number')].map(node => node.value)"
    shown = page.evaluate(numbers)
    page.goto(link)
    wait_for_app(page)
    at(page, alpha=-0.31, nu=6, delta=0.7, theta=0.5)
    ready(page)
    assert page.evaluate(numbers) == shown
    assert page.locator(".map-quantity select").evaluate("menu => menu.selectedIndex") == 2
    assert page.input_value(".setting-seed input") == "9"
    page.problems[:] = [problem for problem in page.problems if "_xsrf" not in problem]
