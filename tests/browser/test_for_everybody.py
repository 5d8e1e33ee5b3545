"""The app without a mouse and without an eye: keyboard, accessibility tree, and a finger that scrolls."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest
from harness import at, pause, ready, run, wait_for_app

from slls_widgets.downloads.files import FORMATS
from slls_widgets.widgets import parts

pytestmark = pytest.mark.browser

AREAS = {
    "slider": ".dial-alpha .slider",
    "map": ".slls-card:has(.map-quantity) .slls-overlay",
    "rates": ".slls-card:has(.rates-axis) .slls-overlay",
    "sphere": ".slls-sphere-handle",
}
POINT = (
    """() => [...document.querySelectorAll('.slls-parameter .number')].map(node => node.value).join(' ')"""
)
# Controls that can be seen, with their size; a label of a slider or field belongs to it.
TARGETS = """() => [...document.querySelectorAll(
        '.slls-app :is(button, input, select, a[href], [role=menuitem]), .slls-overlay-point')]
    .filter(node => node.checkVisibility({ visibilityProperty: true }) && !node.matches('.slls-skip'))
    .map(node => {
        const grip = getComputedStyle(node, '::after');
        const more = node.matches('.slls-overlay-point') ? -2 * parseFloat(grip.top) : 0;
        const box = node.getBoundingClientRect();
        return [node.outerHTML.slice(0, 90), box.width + more, box.height + more];
    })"""


@pytest.fixture(scope="module")
def phone(app_server, open_lasting_page):
    page = open_lasting_page(
        app_server.url, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    wait_for_app(page)
    ready(page)
    yield page
    page.context.close()


def bring(page, where):
    """Bring something to the middle of the screen; where it is then."""
    node = page.locator(where).first
    node.evaluate("node => node.scrollIntoView({ block: 'center', behavior: 'instant' })")
    return node.bounding_box()


def swipe(page, x, y, dx, dy):
    """One finger, in eight steps."""
    send = page.context.new_cdp_session(page).send

    def touch(kind, *points):
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": x, "y": y})
    for k in range(1, 9):
        touch("touchMove", {"x": x + dx * k / 8, "y": y + dy * k / 8})
        page.evaluate("() => new Promise(requestAnimationFrame)")
    touch("touchEnd")


@pytest.mark.parametrize("where", AREAS.values(), ids=AREAS)
def test_a_finger_that_goes_up_scrolls_and_changes_nothing(phone, where):
    ready(phone)
    box = bring(phone, where)
    before, turned = phone.evaluate(POINT), phone.locator(".slls-sphere-canvas").get_attribute("data-frames")
    height = phone.evaluate("() => scrollY")
    swipe(phone, box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"], 6, -120)
    phone.wait_for_function("before => Math.abs(scrollY - before) > 60", arg=height)
    # The kernel has answered everything once it has answered this.
    phone.locator(".dial-delta .number").evaluate(
        """node => {
            node.value = '0.866025403784438646763'; node.dataset.edited = 'yes';
            node.dispatchEvent(new Event('change'));
        }"""
    )
    phone.wait_for_function("() => document.querySelector('.dial-delta .number').value === '0.866'")
    assert phone.evaluate(POINT) == before
    if where == AREAS["sphere"]:
        assert phone.locator(".slls-sphere-canvas").get_attribute("data-frames") == turned


def test_a_finger_that_goes_sideways_moves_the_slider_and_a_tap_moves_the_map(phone):
    box = bring(phone, AREAS["slider"])
    swipe(phone, box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"], 0.35 * box["width"], 4)
    phone.wait_for_function(
        "() => Math.abs(document.querySelector('.dial-alpha .number').value - 0.65) < 0.1"
    )
    box = bring(phone, AREAS["map"])
    phone.touchscreen.tap(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    at(phone, alpha=-0.4)
    box = bring(phone, ".slls-overlay-point")  # and the point itself goes with the finger, up and down too
    swipe(phone, box["x"] + 10, box["y"] + 10, 40, -60)
    phone.wait_for_function("() => document.querySelector('.dial-theta .number').value > 55")
    phone.get_by_role("button", name="refrigerator").tap()
    at(phone, alpha=0.42)


def test_everything_is_large_enough_to_be_hit(phone, app):
    for page, least in ((phone, 40), (app, 24)):
        small = [each for each in page.evaluate(TARGETS) if min(each[1:]) < least - 0.5]
        assert small == []


def test_a_screen_of_320_pixels_is_not_left_sideways(phone):
    phone.set_viewport_size({"width": 320, "height": 700})
    try:
        phone.wait_for_function("() => document.documentElement.scrollWidth === 320")
        ready(phone)
        assert phone.evaluate("() => document.documentElement.scrollWidth") == 320
    finally:
        phone.set_viewport_size({"width": 390, "height": 844})


def test_the_download_menu_acts_on_a_press_and_not_on_the_way(app):
    downloads = []
    app.on("download", lambda found: downloads.append(found))
    button = app.get_by_role("button", name="Download")
    button.focus()
    app.keyboard.press("ArrowDown")
    items = app.get_by_role("menuitem")
    names = items.all_inner_texts()
    assert names == [*FORMATS, "Line for your own page"]
    assert button.get_attribute("aria-expanded") == "true"
    for name in (*names[1:], names[0]):
        app.keyboard.press("ArrowDown")
        assert app.evaluate("() => document.activeElement.textContent") == name
    app.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert button.evaluate("node => node === document.activeElement")
    assert downloads == []
    app.keyboard.press("ArrowDown")
    with app.expect_download():
        app.keyboard.press("Enter")
    assert len(downloads) == 1


def test_the_accessibility_tree_names_and_states_everything(app):
    for name in ("units", "colour of the map", "axis of the rates", "scheme"):
        assert app.get_by_role("combobox", name=name, exact=True).count() == 1
    for name in ("undo the last move (Ctrl+Z)", "help", "switch between light and dark"):
        assert app.get_by_role("button", name=name, exact=True).count() == 1
    for name in ("torque |α|ν", "one trajectory", "refrigerator"):
        assert app.get_by_role("button", name=name, pressed=True).count() == 1
    assert app.get_by_role("button", name="field ν", pressed=False).count() == 1
    zoom = app.get_by_role("button", name="zoom", exact=True)
    zoom.click()
    assert app.get_by_role("button", name="zoom", exact=True, pressed=True).count() == 1
    zoom.click()
    assert app.get_by_role("heading", level=1).count() == 1
    assert app.get_by_role("heading", level=2).count() == 6
    for landmark in ("main", "banner"):
        assert app.get_by_role(landmark).count() == 1
    table = app.get_by_role("table", name="Exact and simulated values")
    assert table.get_by_role("rowheader").count() == 6
    assert table.get_by_role("columnheader").count() == 5


def test_a_symbol_explains_itself_on_hover_on_focus_and_on_tap(app, phone):
    tip = app.locator(".slls-explain")
    symbol = app.locator(".slls-ledger tbody .slls-term").first
    symbol.hover()
    tip.wait_for()
    text = tip.inner_text()
    assert text.startswith("SP The rate at which the current gains entropy")
    assert "(paper Eq. 16)" in text
    app.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    app.mouse.move(0, 0)
    # By keyboard; and a table that is written anew, as it is while the simulation runs, keeps the focus.
    app.locator(".slls-ledger thead .slls-term").last.focus()
    app.keyboard.press("Tab")
    tip.wait_for()
    focused = "() => document.activeElement.dataset.term"
    assert app.evaluate(focused) == "S_P"
    assert app.evaluate("() => document.activeElement.getAttribute('aria-describedby')") == tip.get_attribute(
        "id"
    )
    app.evaluate(
        """() => {
            const table = document.querySelector('.slls-ledger table');
            table.outerHTML = table.outerHTML;
        }"""
    )
    app.wait_for_function(f"() => ({focused})() === 'S_P'")
    tip.wait_for()
    app.locator(".run").focus()
    tip.wait_for(state="hidden")
    phone.locator(".slls-parameter .symbol").first.tap()
    assert "δ" not in phone.locator(".slls-explain").inner_text()
    assert phone.locator(".slls-explain").inner_text().startswith("α, torque over field: How hard")
    phone.locator(".slls-title").tap()
    phone.locator(".slls-explain").wait_for(state="hidden")


def test_the_curves_are_read_from_crossing_to_crossing(app):
    area = app.get_by_role("slider", name="Entropy rates against torque over field α")
    area.focus()
    for key, alpha, zero in (("PageUp", 1.099, "S_B"), ("PageDown", 3e-4, ""), ("PageDown", -0.871, "S_P")):
        app.keyboard.press(key)
        at(app, alpha=alpha)
        # The words come after the dials have moved: first α alone, then the rates there.
        text = app.wait_for_function(
            r"""alpha => {
                const text = document.activeElement.getAttribute('aria-valuetext');
                const said = Number(text.match(/^α = ([^:]*)/)[1].replace('−', '-'));
                return Math.abs(said - alpha) <= 5e-3 * Math.abs(alpha) && text.includes('Σ = ') && text;
            }""",
            arg=alpha,
        ).json_value()
        if zero:
            value = float(re.search(rf"{zero} = ([^,×]*)", text)[1].replace("−", "-"))
            value *= 1e-4 if "×10⁻" in text.partition(f"{zero} =")[2].partition(",")[0] else 1.0
            assert abs(value) < 0.01, text


def test_a_pause_is_said(app):
    said = app.locator(".slls-card:has(.run) [role=status]")
    run(app)
    app.wait_for_function(
        """() => document.querySelector('.slls-card:has(.run) [role=status]').textContent
            === 'simulation running'"""
    )
    pause(app)
    app.wait_for_function(
        """() => document.querySelector('.slls-card:has(.run) [role=status]').textContent
            .startsWith('simulation paused')"""
    )
    assert said.count() == 1


def test_the_first_tab_leads_past_the_dials_to_the_map(app):
    app.evaluate("() => { document.activeElement.blur(); getSelection().removeAllRanges(); }")
    app.locator(".slls-skip").focus()
    app.keyboard.press("Enter")
    assert app.evaluate("() => document.activeElement.getAttribute('aria-label')").startswith(
        "Operating point"
    )


def test_the_page_grows_with_its_screen_and_for_an_audience(app):
    text = """() => {
        const zoom = document.querySelector('.slls-app').currentCSSZoom;
        return zoom * parseFloat(getComputedStyle(document.querySelector('.bqplot .axis text')).fontSize);
    }"""
    off = """() => {
        const gaps = [...document.querySelectorAll('.slls-plot:has(.slls-overlay)')].flatMap(plot => {
            const [area, overlay] = ['.plotarea_background', '.slls-overlay'].map(
                each => plot.querySelector(each).getBoundingClientRect());
            return ['left', 'right', 'top', 'bottom'].map(edge => Math.abs(area[edge] - overlay[edge]));
        });
        return Math.max(...gaps);
    }"""
    usual = app.evaluate(text)
    button = app.get_by_role("button", name="present: larger, for an audience; a second press goes back")
    button.click()
    app.wait_for_function(f"usual => Math.abs(({text})() / usual - 1440 / 1280) < 0.01", arg=usual)
    app.wait_for_function(f"() => ({off})() < 1")
    assert app.locator(".slls-settings").is_hidden()
    button.click()
    app.wait_for_function(f"usual => ({text})() === usual", arg=usual)
    app.set_viewport_size({"width": 3840, "height": 2160})
    try:
        app.wait_for_function(f"usual => Math.abs(({text})() / usual - 2) < 0.01", arg=usual)
        app.wait_for_function(f"() => ({off})() < 1")
        box = app.locator(AREAS["map"]).bounding_box()  # a click lands where it points
        app.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
        at(app, alpha=1.0)
    finally:
        app.set_viewport_size({"width": 1440, "height": 900})


SCREENS = ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"})
# How many states the random visitor is followed through; more by hand.
STATES = int(os.environ.get("SLLS_AXE_STATES", "12"))


def wander(page, chance):
    """One random act that changes what there is to see; what it was, and where the reader is to look."""
    act = chance.choice(("preset", "menu", "menu", "dialog", "downloads", "view", "refusal", "hold", "run"))
    if act == "preset":
        chips = page.locator(".slls-chips button:visible")
        if chips.count():
            chips.nth(chance.randrange(chips.count())).click()
    elif act == "menu":
        menu = page.locator(chance.choice((".units", ".map-quantity", ".rates-axis", ".setting-scheme")))
        options = menu.locator("option").count()
        menu.locator("select").select_option(index=chance.randrange(options))
    elif act == "dialog":
        page.get_by_role("button", name=chance.choice(("help", "Cite")), exact=True).click()
        page.wait_for_selector("dialog[open]")
    elif act == "downloads":
        page.get_by_role("button", name="Download").click()
    elif act == "view":
        page.locator(".slls-choice button").nth(chance.randrange(2)).click()
    elif act == "refusal":
        field = page.locator(".slls-parameter .number, .setting-seed input")
        field = field.nth(chance.randrange(field.count()))
        field.fill("nonsense")
        field.press("Enter")
        page.wait_for_selector("[role=alert]:has-text('number')")
    elif act == "hold":
        page.locator(".slls-hold button").nth(chance.randrange(2)).click()
    else:
        page.click(".run")
    return act


def test_axe_finds_nothing_wherever_a_random_visitor_goes(app):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    chance = random.Random(20261130)
    acts = []
    for count in range(STATES):
        app.emulate_media(
            **{"color_scheme": "light", "forced_colors": "none"} | SCREENS[count % len(SCREENS)]
        )
        acts.append(wander(app, chance))
        ready(app)
        found = axe.run(app, options={"resultTypes": ["violations"]}).response["violations"]
        what = [(each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found]
        assert what == [], acts
        app.keyboard.press("Escape")
    app.emulate_media(color_scheme="light", forced_colors="none")
    assert {"dialog", "refusal", "menu"} <= set(acts)


def test_plots_that_come_late_get_their_landmarks_and_the_way_to_them(open_page):
    page = open_page("about:blank")
    page.set_content("<div class='slls-app'><div class='slls-head'></div><div class='slls-main'></div></div>")
    script = (Path(parts.__file__).parent / "names.js").read_text(encoding="utf-8")
    found = page.evaluate(
        """async (script) => {
            const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            const { named } = await import(address);
            const [app, main] = [document.querySelector(".slls-app"), document.querySelector(".slls-main")];
            named(app, true);
            const before = document.querySelectorAll(".slls-skip, [role]").length;
            main.innerHTML = "<p class='slls-overlay-root'><a class='slls-overlay' tabindex='0'></a></p>";
            await new Promise((done) => setTimeout(done));
            document.querySelector(".slls-skip").click();
            const roles = [...document.querySelectorAll("[role]")].map((node) => node.getAttribute("role"));
            return [before, roles, document.activeElement.className];
        }""",
        script,
    )
    assert found == [0, ["banner", "main"], "slls-overlay"]
