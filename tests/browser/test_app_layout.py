"""The app's shape in real Chromium: plots and overlays agree, windows fit, keys answer from everywhere."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from harness import as_found, at, pause, ready, run, wait_for_app
from waiting import eventually

from slls_widgets import steady_state
from slls_widgets.explore.state import Snapshot
from slls_widgets.explore.units import Units
from slls_widgets.widgets.parts.words import PHASE_WORDS, number, sentence

pytestmark = pytest.mark.browser

NAMES = ("alpha", "nu", "delta", "theta")
SIZES = [(1440, 900), (1366, 768), (1280, 720), (1024, 768), (600, 844), (390, 844)]
# How far the four edges of each overlay are from those of its plot area, in pixels.
OFF = """() => [...document.querySelectorAll('.slls-plot:has(.slls-overlay)')].map(plot => {
    const [area, overlay] = ['.plotarea_background', '.slls-overlay'].map(
        each => plot.querySelector(each).getBoundingClientRect());
    return Math.max(...['left', 'right', 'top', 'bottom'].map(edge => Math.abs(area[edge] - overlay[edge])));
})"""
# Controls of which a part is outside its card, or which something clips.
CUT = """() => [...document.querySelectorAll('.slls-card')].flatMap(card => {
    const box = card.getBoundingClientRect();
    return [...card.querySelectorAll('button, input, select, .slls-readout, table')]
        .filter(node => getComputedStyle(node).visibility === 'visible' && node.offsetParent)
        .filter(node => {
            const inner = node.getBoundingClientRect();
            return inner.right > box.right + 1 || inner.bottom > box.bottom + 1 || inner.left < box.left - 1;
        }).map(node => node.className + ' ' + node.textContent.slice(0, 20));
})"""
EDGES = """where => {
    const box = document.querySelector(where).getBoundingClientRect();
    return [box.left, box.right];
}"""
PLOTS = """() => [...document.querySelectorAll('.slls-plot:not(.slls-sphere)')]
    .filter(plot => getComputedStyle(plot).visibility === 'visible')
    .map(plot => plot.querySelector('.plotarea_background').getBoundingClientRect().height)"""


def opened(app_server, open_page, query="", **options):
    page = open_page(app_server.url + query, **options)
    wait_for_app(page)
    at(page, **{name: float(value) for name, value in parse_qsl(query[1:]) if name in NAMES})
    ready(page)
    return page


def shown(page, name):
    return float(page.input_value(f".dial-{name} .number"))


@pytest.fixture(scope="module", params=SIZES, ids="{0[0]}x{0[1]}".format)
def page(request, app_server, open_lasting_page):
    """A window of each size, with the edges of the map's place as the skeleton drew it."""
    width, height = request.param
    made = open_lasting_page(app_server.url, viewport={"width": width, "height": height})
    made.wait_for_selector("#slls-skeleton")
    made.skeleton = made.evaluate(EDGES, "#slls-skeleton [data-for=map]")
    wait_for_app(made)
    ready(made)
    yield made
    made.context.close()  # the server has places for some pages only


def test_overlays_lie_on_their_plots_from_the_first_moment(page):
    assert max(page.evaluate(OFF)) <= 1.0
    # A click on the tick of α = 1 is a move to α = 1, once the plot is in sight.
    page.locator(".slls-card:has(.map-quantity) .slls-overlay").scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    tick = page.locator(".slls-card:has(.map-quantity) .bqplot .tick:has-text('1')").filter(
        has_text=re.compile("^1$")
    )
    where = tick.last.locator("line").bounding_box()
    point = page.locator(".slls-card:has(.map-quantity) .slls-overlay").bounding_box()
    page.mouse.click(where["x"] + where["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_function("() => Number(document.querySelector('.dial-alpha .number').value) > 0.5")
    assert shown(page, "alpha") == pytest.approx(1.0, abs=4.0 / point["width"] * 1.5)


def test_overlays_follow_a_turned_phone_and_every_quantity(app_server, open_page):
    page = opened(
        app_server, open_page, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function(f"() => Math.max(...({OFF})()) <= 1")
    page.set_viewport_size({"width": 390, "height": 844})
    options = page.locator(".map-quantity option").all_inner_texts()
    assert len(options) == 7
    for option in options:
        page.locator(".map-quantity select").select_option(label=option)
        page.wait_for_timeout(150)
        page.wait_for_function(f"() => Math.max(...({OFF})()) <= 1")


def test_no_sentence_moves_what_is_below_it(page):
    """What is dragged must not move under the hand: the head keeps its height whatever it says."""
    draw = random.Random(5)
    magnets = [Snapshot().moved(alpha=alpha) for alpha in (0.003, -0.003, 0.0)]
    for _ in range(40):
        alpha = draw.uniform(-2.0, 2.0) * draw.choice([1.0, 0.01])
        delta, theta = draw.uniform(0.01, 2.0), draw.uniform(0.0, 1.5)
        magnets.append(
            Snapshot().moved(alpha=alpha, nu=10.0 ** draw.uniform(-2.0, 2.5), delta=delta, theta=theta)
        )
    said = []
    for snapshot in magnets:
        steady = steady_state(snapshot.magnet)
        word, icon = PHASE_WORDS[steady.phase]
        said += [(f"{icon} {word}", sentence(replace(snapshot, units=units), steady)) for units in Units]
    heights = page.evaluate(
        """said => {
            const [badge, node] = ['.slls-badge', '.slls-sentence'].map(each => document.querySelector(each));
            const before = [badge.innerHTML, node.innerHTML];
            const heights = said.map(([word, text]) => {
                [badge.textContent, node.textContent] = [word, text];
                return document.querySelector('.slls-head').getBoundingClientRect().height;
            });
            [badge.innerHTML, node.innerHTML] = before;
            return heights;
        }""",
        said,
    )
    assert max(heights) == min(heights), max(zip(heights, said, strict=True))


def test_the_skeleton_has_the_shape_of_the_app(page):
    page.wait_for_function(
        f"([where, drawn]) => ({EDGES})(where).every((x, k) => Math.abs(x - drawn[k]) < 2)",
        arg=[".slls-card:has(.map-quantity)", page.skeleton],
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_colours_follow_the_system(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.wait_for_selector(f".slls-app[data-theme={scheme}]")
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("page", SIZES[:3], indirect=True)
def test_a_laptop_shows_everything_without_scrolling(page):
    for units in ("reduced units", "SI: a device"):
        as_found(page)
        page.locator(".units select").select_option(label=units)
        page.wait_for_function(
            """([width, height]) => document.documentElement.scrollWidth === width
                && document.documentElement.scrollHeight === height""",
            arg=list(page.viewport_size.values()),
        )
        assert page.evaluate(CUT) == []
        heights = page.evaluate(PLOTS)
        assert min(heights[:2]) >= 150
        assert min(heights) >= 50
        if units == "reduced units":
            left = page.locator(".slls-left")
            assert left.evaluate("node => node.scrollHeight - node.clientHeight") <= 1
        page.get_by_role("button", name="distribution").click()
        page.wait_for_selector(".slls-card.spread")
        page.wait_for_function(f"() => Math.min(...({PLOTS})()) >= 60")
        # The notes of a run leave the plot its place, and every button of the card can be read.
        page.get_by_role("button", name="one trajectory").click()
        run(page)
        page.wait_for_selector(".slls-ledger p")
        page.wait_for_function(f"() => Math.min(...({PLOTS})()) >= 50")
        assert page.evaluate(CUT) == []
        pause(page)


@pytest.mark.parametrize("page", [(1024, 768)], indirect=True)
def test_on_a_tablet_the_dials_stay_in_sight(page):
    as_found(page)
    assert page.evaluate(CUT) == []
    assert min(page.evaluate(PLOTS)[:2]) >= 200
    page.mouse.wheel(0, 700)
    page.wait_for_function("() => scrollY > 500")
    box = page.locator(".dial-alpha .slider").bounding_box()
    assert 0 < box["y"] < 768


@pytest.mark.parametrize("page", [(390, 844)], indirect=True)
def test_on_a_phone_the_map_comes_first_and_every_tool_is_as_tall(page):
    as_found(page)
    page.evaluate("scrollTo(0, 0)")
    assert page.evaluate(CUT) == []
    map_box = page.locator(".slls-card:has(.map-quantity)").bounding_box()
    assert map_box["y"] + map_box["height"] < 844
    assert page.locator(".dial-alpha").bounding_box()["y"] > map_box["y"]
    tools = page.eval_on_selector_all(
        ".slls-tools > :not(.present)",
        "nodes => nodes.map(node => Math.round(node.getBoundingClientRect().height))",
    )
    assert len(set(tools)) == 1
    # Names of bands too narrow for words are icons, not nothing.
    page.locator(".rates-axis").scroll_into_view_if_needed()
    names = page.locator(".slls-overlay-band span").all_inner_texts()
    assert len(names) == 4
    assert all(names)


def test_undo_and_run_answer_from_a_slider_and_leave_typing_alone(app):
    slider = app.locator(".dial-alpha .slider")
    slider.focus()
    slider.press("ArrowRight")
    app.wait_for_function("() => document.querySelector('.dial-alpha .number').value !== '0.42'")
    app.wait_for_selector("button[title^='undo']:not([disabled])")
    slider.press("Control+z")
    app.wait_for_function("() => document.querySelector('.dial-alpha .number').value === '0.42'")
    slider.press(" ")
    app.wait_for_selector(".run:has-text('Pause')")
    slider.press(" ")
    app.wait_for_selector(".run:has-text('Run')")
    # In a number box that is being edited both belong to the text.
    field = app.locator(".dial-alpha .number")
    field.fill("0.9")
    field.press(" ")
    field.press("Control+z")
    app.wait_for_timeout(300)
    assert "Run" in app.inner_text(".run")
    assert shown(app, "theta") == 34.0


def test_the_number_runs_with_the_handle(app):
    # Even without an answer: the kernel's are held back.
    slider = app.locator(".dial-delta .slider")
    number = slider.evaluate(
        """slider => {
            slider.value = Number(slider.value) + 40;
            slider.dispatchEvent(new Event('input', {bubbles: true}));
            return document.querySelector('.dial-delta .number').value;
        }"""
    )
    assert float(number) > 1.0


def test_help_is_a_window_that_takes_and_returns_the_focus(app):
    button = app.get_by_role("button", name="help", exact=True)
    for close in ("Escape", "button"):
        button.click()
        dialog = app.get_by_role("dialog", name="About this app")
        dialog.wait_for()
        assert app.evaluate("document.documentElement.scrollHeight") == 900
        assert app.evaluate("document.activeElement.getAttribute('aria-label')") == "Close"
        if close == "Escape":
            app.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name="Close").click()
        dialog.wait_for(state="hidden")
        assert button.evaluate("node => node === document.activeElement")


def test_the_theme_button_changes_what_is_seen_at_the_first_press(app_server, open_page):
    page = opened(app_server, open_page, color_scheme="dark")
    button = page.get_by_role("button", name="switch between light and dark")
    for theme in ("light", "dark"):
        button.click()
        page.wait_for_selector(f".slls-app[data-theme='{theme}']")


def test_screen_readers_find_live_regions_and_names(app):
    app.evaluate("() => { window.regions = [...document.querySelectorAll('[role=status], [role=alert]')] }")
    assert app.evaluate("() => window.regions.length") >= 3
    app.locator(".dial-theta .number").fill("60")
    app.locator(".dial-theta .number").press("Enter")
    said = number(steady_state(Snapshot().moved(theta=math.pi / 3).magnet).S_P)
    app.wait_for_selector(f".slls-say [role=status]:text('hands {said}')", state="attached")
    app.locator(".dial-nu .number").fill("-3")
    app.locator(".dial-nu .number").press("Enter")
    app.wait_for_selector("[role=alert]:has-text('ν must lie')")
    app.wait_for_selector(".dial-nu .number[aria-invalid=true]")
    # The very nodes that were there before: new ones would not be heard.
    assert app.evaluate("() => window.regions.every(node => node.isConnected)")
    for name in ("trajectories", "seed"):
        assert app.get_by_role("textbox", name=name, exact=True).count() == 1


def test_an_obtuse_angle_shows_its_true_value_and_its_mirror_image(app):
    app.locator(".dial-theta .number").fill("120")
    app.locator(".dial-theta .number").press("Enter")
    app.wait_for_selector(".slls-mirror:has-text('mirrored')")
    slider = app.locator(".dial-theta .slider")
    assert float(slider.get_attribute("max")) > 0
    assert slider.evaluate("node => node.value / node.max") == pytest.approx(120 / 180, abs=0.01)
    overlay = app.locator(".slls-card:has(.map-quantity) .slls-overlay")
    assert float(overlay.get_attribute("data-x")) == pytest.approx(-0.42)
    assert float(overlay.get_attribute("data-y")) == pytest.approx(60, abs=1e-3)


def test_hovering_the_rates_reads_three_values(app):
    tip = app.locator(".slls-card:has(.rates-axis) .slls-overlay-tip")

    def read():
        box = app.locator(".slls-card:has(.rates-axis) .slls-overlay").bounding_box()
        app.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
        tip.wait_for()
        return tip.inner_text()

    # Asked again while the page is still finding its layout.
    assert eventually(lambda: read().startswith("α = 1"), 20.0), read()
    lines = read().split("\n")
    assert len(lines) == 4
    # Their sum is the production, to the three digits shown.
    pumped, bath, made = (float(line.split("=")[1].replace("ηT", "").replace("−", "-")) for line in lines[1:])
    assert pumped + bath == pytest.approx(made, abs=0.02)


def test_names_never_lie_on_one_another(app_server, open_page):
    page = opened(app_server, open_page, "?alpha=0.5&nu=2&delta=0.866&theta=0&hold=nu&alpha_max=20")
    boxes = page.eval_on_selector_all(
        ".slls-overlay-mark span, .slls-overlay-band span, .slls-overlay-names span",
        """nodes => nodes.filter(node => node.textContent).map(node => {
            const box = node.getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom];
        })""",
    )
    assert len(boxes) >= 5
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            apart = (
                one[0] >= other[2] - 1
                or other[0] >= one[2] - 1
                or one[1] >= other[3] - 3
                or other[1] >= one[3] - 3
            )
            assert apart, (one, other)


def test_the_tab_has_a_name_and_an_icon(app):
    assert app.title().startswith("sLLS Explorer")
    assert app.get_attribute("link[rel=icon]", "href").startswith("data:image/svg+xml")
    assert len(app.get_attribute("meta[name=description]", "content")) > 50
