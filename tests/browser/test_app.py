"""The app in real Chromium through Voila: what is drawn is read from the page, not from Python."""

from __future__ import annotations

import math
import re

import pytest
from harness import at, choose, pause, ready, run, still, wait_for_app

import slls_widgets as sw

pytestmark = pytest.mark.browser


RATES = ".slls-card:has(.slls-legend) .bqplot .curve path.line"


def curves(page):
    """The path data of the three exact curves in the rates view."""
    return page.eval_on_selector_all(
        ".slls-card:has(.slls-legend) .bqplot .curve path.line",
        "paths => paths.map(p => p.getAttribute('d'))",
    )


def settled(page, before):
    page.wait_for_function(
        """([where, before]) => [...document.querySelectorAll(where)].map(
            path => path.getAttribute('d')).join() !== before.join()""",
        arg=[RATES, before],
    )


def test_the_page_shows_real_numbers(app):
    assert "Refrigerator" in app.inner_text(".slls-badge")
    ledger = app.inner_text(".slls-ledger table")
    # The exact values at α = 0.42, ν = 3/0.42, δ = √3/2, θ = 34°, certified by the solver's own tests.
    assert "5.297091" in ledger
    assert "−2.497237" in ledger
    assert app.locator(".slls-overlay-band.refrigerator").count() == 1
    assert len([path for path in curves(app) if path and len(path) > 500]) >= 6


def test_moving_the_theta_slider_by_keyboard_changes_the_plotted_data(app):
    before = curves(app)
    handle = app.locator(".dial-theta .slider")
    handle.focus()
    for _ in range(5):
        handle.press("ArrowRight")
    settled(app, before)
    app.wait_for_function("() => Number(document.querySelector('.dial-theta .number').value) > 34")


def test_moving_the_alpha_slider_by_keyboard_moves_point_curves_line_and_numbers(app):
    before = app.inner_text(".slls-ledger table")
    handle = app.locator(".dial-alpha .slider")
    handle.focus()
    for _ in range(10):
        handle.press("ArrowLeft")
    app.wait_for_function("() => Number(document.querySelector('.slls-overlay').dataset.x) < 0.4")
    app.wait_for_function(
        "before => document.querySelector('.slls-ledger table').innerText !== before", arg=before
    )


def test_at_fixed_field_the_alpha_slider_leaves_the_curves_and_the_nu_slider_moves_them(app):
    app.get_by_role("button", name="field ν").click()
    ready(app)
    before = curves(app)
    handle = app.locator(".dial-nu .slider")
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    settled(app, before)


def test_dragging_on_the_map_moves_the_point_and_the_words(app):
    box = still(app.locator(".slls-overlay[data-dims='2']"))
    app.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"])
    app.mouse.down()
    app.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.7 * box["height"], steps=8)
    app.mouse.up()
    app.wait_for_selector(".slls-badge:has-text('Heat pump')")
    app.wait_for_function(
        """() => {
            const shown = name => Number(document.querySelector(`.dial-${name} .number`).value);
            return Math.abs(shown('alpha') + 0.4) < 0.02 && Math.abs(shown('theta') - 27) < 1;
        }"""
    )


def test_arrow_keys_move_the_point_on_the_map(app):
    area = app.locator(".slls-overlay[data-dims='2']")
    area.focus()
    area.press("ArrowUp")
    area.press("ArrowUp")
    app.wait_for_function("() => Number(document.querySelector('.dial-theta .number').value) > 34.5")


def test_run_and_pause(app):
    run(app)
    app.wait_for_function("() => document.querySelector('.slls-ledger table').innerText.includes('±')")
    app.wait_for_function(
        r"() => /\d+ ± |\d ± 0/.test(document.querySelector('.slls-ledger table').innerText)"
    )
    # Frames are counted, not timed: a busy machine draws few of them in a second.
    drawn = int(app.get_attribute(".slls-sphere-canvas", "data-frames") or 0)
    app.wait_for_function(
        "least => Number(document.querySelector('.slls-sphere-canvas').dataset.frames) > least",
        arg=drawn + 20,
    )
    pause(app)
    # What was under way may still arrive; then the ledger stands still.
    app.wait_for_function(
        """() => {
            const text = document.querySelector('.slls-ledger table').innerText;
            if (text !== window.ledgerWas) [window.ledgerWas, window.ledgerSince] = [text, performance.now()];
            return performance.now() - window.ledgerSince > 1500;
        }"""
    )


def test_the_sliders_answer_while_the_simulation_runs(app):
    run(app)
    before = curves(app)
    handle = app.locator(".dial-theta .slider")
    handle.focus()
    handle.press("ArrowRight")
    settled(app, before)
    pause(app)


@pytest.mark.parametrize(("name", "bad", "words"), [("delta", "0", "δ must lie"), ("nu", "-2", "ν must lie")])
def test_a_bad_number_is_refused_with_a_message_and_the_app_lives_on(app, name, bad, words):
    field = app.locator(f".dial-{name} .number")
    shown = field.input_value()
    field.fill(bad)
    field.press("Enter")
    app.wait_for_selector(f".slls-message:has-text('{words}')")
    assert field.input_value() == shown
    field.fill("0.5")
    field.press("Enter")
    app.wait_for_function("() => !document.querySelector('.slls-message').innerText.trim()")


def test_undo_brings_the_point_back(app):
    shown = app.input_value(".dial-alpha .number")
    app.get_by_role("button", name="heat pump", exact=True).click()
    app.wait_for_selector(".slls-badge:has-text('Heat pump')")
    app.keyboard.press("Control+z")
    app.wait_for_selector(".slls-badge:has-text('Refrigerator')")
    assert app.input_value(".dial-alpha .number") == shown


def test_every_map_quantity_draws(app):
    select = app.locator(".map-quantity select")
    names = select.locator("option").all_inner_texts()
    assert len(names) == 7
    # The phase is shown from the start; each other choice must bring a picture of its own.
    for name in names[1:]:
        before = app.get_attribute(".slls-plot image", "href")
        select.select_option(label=name)
        app.wait_for_function(
            "before => document.querySelector('.slls-plot image').getAttribute('href') !== before", arg=before
        )
        ready(app)  # the finer picture of this choice must not count for the next


def test_a_link_opens_the_state_it_describes_and_simulates_it_at_once(app_server, open_page):
    page = open_page(f"{app_server.url}?alpha=-0.5&nu=4&theta=0.3&hold=nu", reduced_motion="no-preference")
    wait_for_app(page)
    page.wait_for_selector(".slls-badge:has-text('Heat pump')")
    at(page, alpha=-0.5, nu=4, theta=0.3)
    page.wait_for_selector(".run:has-text('Pause')")
    page.wait_for_selector(".slls-readouts:has-text('steps/s')")


def test_a_bad_link_gives_a_message_and_the_usual_start(app_server, open_page):
    page = open_page(f"{app_server.url}?alpha=lots&nu=1e99")
    wait_for_app(page)
    page.wait_for_selector(".slls-message:has-text('has an invalid value')")
    page.wait_for_selector(".slls-badge:has-text('Refrigerator')")


def test_a_download_arrives(app):
    with app.expect_download() as waiting:
        choose(app, "CSV: rates and points")
    path = waiting.value.path()
    with open(path, encoding="utf-8") as file:
        assert "\n# software: slls-widgets" in file.read()
    assert re.fullmatch(r"slls_rates.*\.csv", waiting.value.suggested_filename)


def test_help_opens_and_closes(app):
    app.get_by_role("button", name="help", exact=True).click()
    app.wait_for_selector(".slls-sheet.open:has-text('About this app')")
    app.keyboard.press("Escape")
    app.wait_for_selector(".slls-sheet.open", state="detached")


def test_a_preset_with_another_range_of_alpha_lands_exactly_where_it_says(app):
    # The browser's slider snaps to the stops it knows; a new range must not pull the point to an old stop.
    app.get_by_role("button", name="real nanomagnet", exact=True).click()
    app.wait_for_function("() => document.querySelector('.dial-gilbert_damping .number')?.value === '0.01'")
    app.wait_for_timeout(500)
    assert app.input_value(".dial-current_si .number") == "50"
    app.locator(".units select").select_option(label="reduced units")
    app.wait_for_selector(".dial-delta .number")
    magnet = sw.Device(theta=math.radians(30)).macrospin()
    assert app.input_value(".dial-alpha .number") == f"{magnet.alpha:.4g}"
    assert app.input_value(".dial-nu .number") == f"{magnet.nu:.4g}"


def test_the_story_is_told_by_keyboard_alone_and_gives_the_focus_back(app):
    opener = app.get_by_role("button", name="story ›", exact=True)
    opener.press("Enter")
    strip = app.locator(".slls-story")
    strip.get_by_role("heading", name="1 of 6 · Equilibrium").wait_for()
    app.wait_for_selector(".slls-badge:has-text('Equilibrium')")
    focused = "text => document.activeElement.innerText === text"
    app.wait_for_function(focused, arg="Next")
    app.keyboard.press("Enter")
    strip.get_by_role("heading", name="2 of 6 · A heat pump").wait_for()
    app.wait_for_selector(".slls-badge:has-text('Heat pump')")
    # Spoken as a whole once it has rested: what comes first says which step it is.
    app.wait_for_selector(
        ".slls-story [role=status]:has-text('2 of 6 · A heat pump. A torque against')", state="attached"
    )
    app.keyboard.press("Tab")
    app.keyboard.press("Enter")
    strip.wait_for(state="hidden")
    app.wait_for_function(focused, arg="story ›")
    at(app, alpha=-0.42, theta=0)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_slider_plays_to_its_end_by_keyboard_and_one_undo_takes_it_back(app, motion):
    app.emulate_media(reduced_motion=motion)
    field = app.locator(".dial-nu .number")
    field.fill("500")
    field.press("Enter")
    app.get_by_role("button", name="torque |α|ν").click()
    alpha = float(app.input_value(".dial-alpha .number"))
    at(app, nu=500)
    play = app.get_by_role("button", name="raise the field at this torque")
    play.press("Enter")
    app.wait_for_selector(".dial-nu .play[aria-pressed=true]")
    at(app, nu=1000, alpha=alpha / 2)
    app.wait_for_selector(".dial-nu .play[aria-pressed=false]")
    play.press("Control+z")
    at(app, nu=500, alpha=alpha)
    # A hand on the slider stops it.
    play.press("Enter")
    app.locator(".dial-nu .slider").press("ArrowLeft")
    app.wait_for_selector(".dial-nu .play[aria-pressed=false]")
    app.emulate_media(reduced_motion="reduce")


def test_a_pinned_point_stays_on_screen_beside_another(app):
    app.get_by_role("button", name="pin", exact=True).press("Enter")
    app.wait_for_selector(".slls-ledger th:has-text('pinned')")
    before = app.inner_text(".slls-ledger tbody tr:first-child td:nth-child(3)")
    app.locator(".dial-theta .slider").press("PageUp")
    app.wait_for_selector(".slls-ledger .compared:has-text('Beside it SP is')")
    assert app.inner_text(".slls-ledger tbody tr:first-child td:nth-child(3)") == before == "5.2971"
    app.wait_for_selector(".slls-overlay-mark:has-text('pinned')", state="attached")
    faint = f"{RATES}[style*='opacity: 0.28']"
    assert (
        len(
            [
                path
                for path in app.eval_on_selector_all(faint, "all => all.map(p => p.getAttribute('d'))")
                if path
            ]
        )
        == 3
    )
