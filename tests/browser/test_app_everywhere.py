"""What the app shows and how it answers, read from the page: the same checks under Voila and in JupyterLab.

All tests of one server share a page; each begins where `app` puts it.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from pathlib import Path

import pytest
import xarray as xr
from harness import as_found, choose, open_notebook, pause, ready, run, run_all

from slls_widgets.explore.permalink import from_query

pytestmark = pytest.mark.browser

MAP = ".slls-card:has(.map-quantity)"
RATES = ".slls-card:has(.rates-axis)"
AREA = f"{MAP} .slls-overlay[data-dims='2']"
FRAMES = "Number(document.querySelector('.slls-sphere-canvas').dataset.frames ?? 0)"
# Everything that was ever written or marked on the page since then.
RECORD = """() => {
    window.recorded = new Set();
    window.recorder?.disconnect();
    window.recorder = new MutationObserver(() => {
        for (const card of document.querySelectorAll('.slls-app .slls-card')) {
            const title = card.querySelector('.slls-card-title').innerText.trim();
            const cue = card.querySelector('.slls-cue');
            if (card.classList.contains('stale')) {
                window.recorded.add(`stale: ${title}`);
                const visible = cue && getComputedStyle(cue).visibility === 'visible';
                if (visible) window.recorded.add(`cue: ${title}`);
                const plot = card.querySelector('.slls-plot');
                const veiled = plot && getComputedStyle(plot, '::after').visibility === 'visible';
                if (veiled) window.recorded.add(`veil: ${title}`);
            }
            const head = card.querySelector('.slls-card-head').innerText;
            const progress = /refining[^\\n]*/.exec(head);
            if (progress) window.recorded.add(`progress: ${progress[0]}`);
        }
    });
    window.recorder.observe(document.querySelector('.slls-app'),
        { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@pytest.fixture(scope="module", params=["voila", "lab"])
def page(request, open_lasting_page):
    if request.param == "voila":
        made = request.getfixturevalue("lasting_app")
    else:
        server = request.getfixturevalue("lab_server")
        made = open_lasting_page(f"{server.url}lab/tree/03_phase_diagram.ipynb?reset")
        run_all(open_notebook(made))
        made.wait_for_selector(".slls-app .slls-badge:has-text('Refrigerator')")
        made.locator(".slls-app").first.scroll_into_view_if_needed()
        made.since = time.monotonic()
        ready(made)
    made.where = request.param
    return made


@pytest.fixture
def app(page):
    as_found(page)
    yield page
    assert page.problems == []


def enter(page, name, value):
    field = page.locator(f".dial-{name} .number")
    field.fill(value)
    field.press("Enter")
    page.wait_for_function(
        """([name, value]) => {
            const shown = Number(document.querySelector(`.dial-${name} .number`).value);
            return Math.abs(shown / value - 1) < 2e-3;
        }""",
        arg=[name, float(value)],
    )


def picture(page):
    """A digest of what the map shows now."""
    # The security policy lets pictures be shown, not fetched.
    content = page.evaluate(
        """async () => {
            const image = new Image();
            image.src = document.querySelector('.slls-plot image').href.baseVal;
            await image.decode();
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.width, image.height];
            canvas.getContext('2d').drawImage(image, 0, 0);
            return canvas.toDataURL();
        }"""
    )
    return hashlib.sha256(content.encode()).hexdigest()


def settled_picture(page):
    """The digest once nothing is under way and the picture has rested for a second."""
    before = ""
    while True:
        ready(page)
        page.wait_for_function("() => !/refining|tracing/.test(document.body.innerText)")
        now = picture(page)
        if now == before:
            return now
        before = now
        page.wait_for_timeout(1000)


def spoken(page):
    return page.locator(".slls-app [role=status]").first.inner_text()


def test_old_curves_and_map_are_marked_and_the_refinement_is_told(app):
    app.evaluate(RECORD)
    enter(app, "delta", "0.0003")  # slow enough for the cue, which spares the reader what is gone at once
    app.wait_for_function("() => window.recorded.has('cue: Phase diagram')")
    ready(app)
    app.wait_for_function("() => [...window.recorded].some(each => each.startsWith('progress: '))")
    recorded = set(app.evaluate("() => [...window.recorded]"))
    assert {f"{sign}: Phase diagram" for sign in ("stale", "cue", "veil")} <= recorded, recorded
    veils = """() => [...document.querySelectorAll('.slls-app *')].filter(each =>
        each.matches('.slls-plot, .slls-fresh, .slls-say')
        && getComputedStyle(each, '::after').visibility === 'visible').length"""
    assert app.evaluate(veils) == 0
    assert any(re.fullmatch(r"progress: refining, \d+ %.*", each) for each in recorded), recorded


def test_the_newest_map_wins(app):
    enter(app, "delta", "0.5")
    wanted = settled_picture(app)
    enter(app, "delta", "0.1")
    enter(app, "delta", "0.5")  # while the one before is under way
    assert settled_picture(app) == wanted


def test_the_map_says_what_is_under_the_pointer_and_a_click_goes_there(app):
    box = app.locator(AREA).bounding_box()
    x, y = box["x"] + 0.35 * box["width"], box["y"] + 0.6 * box["height"]
    app.mouse.move(x, y)
    tip = app.locator(f"{MAP} .slls-overlay-tip")
    tip.wait_for(state="visible")
    text = tip.inner_text()
    assert "α = −0.6" in text.replace("-", "−")
    assert re.search(r"θ = 36(\.\d)?°", text)
    assert re.search("heat pump|dud", text)
    app.mouse.click(x, y)
    app.wait_for_function("() => Math.abs(document.querySelector('.dial-alpha .number').value - -0.6) < 0.02")
    app.wait_for_function("() => Math.abs(document.querySelector('.dial-theta .number').value - 36) < 0.5")


def test_each_quantity_has_a_bar_with_numbers_and_its_unit(app):
    menu = app.locator(".map-quantity select")
    for index, unit in ((1, "ηT"), (3, "ηT"), (5, "2"), (6, "1")):
        menu.select_option(index=index)
        app.wait_for_function(
            """unit => {
                const bar = document.querySelector('.slls-bar');
                const text = bar?.querySelector('.ramp') ? bar.innerText : '';
                return /\\d/.test(text) && text.includes(unit);
            }""",
            arg=unit,
        )
    menu.select_option(index=0)
    app.wait_for_function("() => !document.querySelector('.slls-bar .ramp')")
    assert "refrigerator" in app.inner_text(".slls-bar")


def test_boundaries_and_names_of_phases_are_on_the_map(app):
    app.wait_for_function(
        f"""() => [...document.querySelectorAll("{MAP} .bqplot path.line")].filter(
            path => (path.getAttribute('d') ?? '').length > 300).length >= 4"""
    )
    names = f"{MAP} .slls-plot"
    app.wait_for_function(
        f"""() => /refrigerator/.test(document.querySelector("{names}").textContent)
            && /dud/.test(document.querySelector("{names}").textContent)"""
    )


def test_simulated_points_gather_with_their_error_bars(app):
    dots = f"""() => document.querySelectorAll("{RATES} .bqplot path.dot").length"""
    run(app)
    app.wait_for_function(f"{dots} >= 3")
    first = app.evaluate(dots)
    handle = app.locator(".dial-alpha .slider")
    handle.focus()
    for _ in range(12):
        handle.press("ArrowLeft")
    app.wait_for_function(f"least => ({dots})() >= least", arg=2 * first)
    bars = app.eval_on_selector_all(
        f"{RATES} .bqplot path.line",
        "paths => paths.filter(p => /M.*M/.test(p.getAttribute('d') ?? '')).length",
    )
    assert bars >= 3
    pause(app)


def test_the_sphere_goes_on_drawing_and_the_sliders_answer_meanwhile(app):
    run(app)
    for _ in range(3):
        drawn = app.evaluate(FRAMES)
        before = app.input_value(".dial-theta .number")
        app.locator(".dial-theta .slider").press("ArrowRight")
        app.wait_for_function(f"least => {FRAMES} > least", arg=drawn + 10)
        assert app.input_value(".dial-theta .number") != before
    pause(app)


def test_a_disagreement_is_coloured_and_agreement_is_not(app):
    # Euler at a long step is biased by many standard errors at once.
    scheme = app.locator(".setting-scheme select")
    step = app.locator(".setting-dt input")
    scheme.select_option(label="Euler")
    step.fill("0.03")
    step.press("Enter")
    run(app)
    app.wait_for_selector(".slls-ledger .bad")
    colour = "node => getComputedStyle(node).color"
    assert app.eval_on_selector(".slls-ledger .bad", colour) != app.eval_on_selector(
        ".slls-ledger td", colour
    )
    pause(app)
    step.fill("auto")
    step.press("Enter")
    scheme.select_option(index=0)


def test_the_sentence_for_screen_readers_follows(app):
    before = spoken(app)
    assert "from the bath" in before
    app.get_by_role("button", name="heat pump", exact=True).click()
    app.wait_for_function(
        "before => document.querySelector('.slls-app [role=status]').innerText !== before", arg=before
    )
    node = app.locator(".slls-app [role=status]").first
    assert node.get_attribute("aria-live") in (None, "polite")  # a status is polite by itself
    app.wait_for_selector(".slls-badge:has-text('Heat pump')")
    assert "from the current" in spoken(app)


def test_undo_and_redo_by_keyboard(app):
    app.get_by_role("button", name="heat pump", exact=True).click()
    app.wait_for_selector(".slls-badge:has-text('Heat pump')")
    app.locator(AREA).focus()
    app.keyboard.press("Control+z")
    app.wait_for_selector(".slls-badge:has-text('Refrigerator')")
    app.keyboard.press("Control+Shift+z")
    app.wait_for_selector(".slls-badge:has-text('Heat pump')")


@pytest.mark.parametrize(
    ("choice", "magic"),
    [
        ("NetCDF: the map", b"\x89HDF"),
        ("PNG figure", b"\x89PNG"),
        ("SVG figure", b"<?xml"),
        ("Python script", b'"""Entropy rates'),
        ("CSV: rates and points", b"source,alpha"),
    ],
)
def test_every_file_arrives_and_is_of_the_point_on_screen(app, choice, magic, tmp_path):
    enter(app, "delta", "0.61")
    with app.expect_download() as waiting:
        # At once: what is still being computed is waited for.
        choose(app, choice)
    path = tmp_path / "file"
    waiting.value.save_as(path)
    content = Path(path).read_bytes()
    assert content.startswith(magic)
    if choice.startswith("NetCDF"):
        with xr.open_dataset(path) as dataset:
            assert dataset.attrs["delta"] == dataset.attrs["app_delta"] == 0.61
    else:
        assert b"0.61" in content


def test_a_hidden_tab_pauses_and_goes_on(app):
    look = """state => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    run(app)
    app.evaluate(look, "hidden")
    app.wait_for_selector(".run:has-text('Run')")
    app.evaluate(look, "visible")
    app.wait_for_selector(".run:has-text('Pause')")
    drawn = app.evaluate(FRAMES)
    app.wait_for_function(f"least => {FRAMES} > least", arg=drawn + 3)
    pause(app)


def test_every_control_is_reached_by_tab_and_shows_it(app):
    # A button that stops a computation goes away with it, on the way perhaps.
    # Symbols that explain themselves are written anew with their table.
    wanted = app.evaluate(
        """() => [...document.querySelectorAll(
            '.slls-app :is(button:not(.slls-stop), input, select, [tabindex="0"]:not([data-term]))')].filter(
                node => !node.disabled && node.checkVisibility({ visibilityProperty: true })).map(
                    (node, k) => (node.dataset.walk = String(k))).length"""
    )
    assert wanted > 30
    app.evaluate(
        """() => {
            const first = document.querySelector('.slls-app [data-walk="0"]');
            first.focus();
        }"""
    )
    seen, plain = {"0"}, []
    for _ in range(wanted + 60):
        app.keyboard.press("Tab")
        walk, ring = app.evaluate(
            """() => {
                const node = document.activeElement, style = getComputedStyle(node);
                const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
                const walk = node.dataset.walk ?? (node.matches('.slls-stop, [data-term]') ? 'stop' : null);
                return [walk, ring || style.boxShadow !== 'none'];
            }"""
        )
        if walk is None:
            break
        seen.add(walk)
        if not ring:
            plain.append(app.evaluate("() => document.activeElement.outerHTML.slice(0, 120)"))
    assert not plain
    missed = {str(k) for k in range(wanted)} - seen
    assert not missed, [
        app.eval_on_selector(f"[data-walk='{k}']", "node => node.outerHTML.slice(0, 120)") for k in missed
    ]


def test_what_is_copied_opens_the_same_place(app):
    app.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copiedText = text; }; }")
    enter(app, "theta", "40")
    app.get_by_role("button", name="Copy link").click()
    app.wait_for_function("() => window.copiedText")
    text = app.evaluate("() => window.copiedText")
    if app.where == "lab":
        assert re.fullmatch(r'Explorer\.from_url\("\?alpha=[^"]+"\)', text)
        app.wait_for_selector("button:has-text('Code copied')")
    else:
        assert text.startswith(app.url.partition("?")[0])
    assert from_query(text.split("?")[1].rstrip('")')).magnet.theta == pytest.approx(math.radians(40.0))


def test_shift_makes_the_arrows_of_a_slider_ten_times_as_long(app):
    slider = app.locator(".dial-theta .slider")
    for key, degrees in (("ArrowRight", 34.5), ("Shift+ArrowRight", 39.5), ("Shift+ArrowLeft", 34.5)):
        slider.press(key)
        app.wait_for_function(
            "degrees => Number(document.querySelector('.dial-theta .number').value) === degrees", arg=degrees
        )


def test_a_drag_beyond_the_edge_marks_no_text(app):
    area = app.locator(AREA).bounding_box()
    app.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 0.5 * area["height"])
    app.mouse.down()
    app.mouse.move(area["x"] + 1.1 * area["width"], area["y"] + 1.1 * area["height"], steps=8)
    app.mouse.up()
    assert app.evaluate("() => getSelection().toString()") == ""


@pytest.mark.slow
def test_a_page_left_open_for_more_than_two_pings_still_answers(app):
    # The tests above have had this page open for most of the time.
    app.wait_for_timeout(1000.0 * max(0.0, 70.0 - (time.monotonic() - app.since)))
    app.get_by_role("button", name="dud", exact=True).click()
    app.wait_for_selector(".slls-badge:has-text('Dud')")
