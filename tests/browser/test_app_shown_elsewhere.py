"""The app in other places than its window: without a kernel, twice, on paper, in the system's own colours."""

from __future__ import annotations

import io
import math
import re
from html import unescape

import nbformat
import numpy as np
import pytest
from harness import COUNT_PINGS, at, choose, open_notebook, read_off, ready, run_all, still, wait_for_app
from matplotlib.image import imread
from scipy.optimize import brentq

import slls_widgets as sw
from slls_widgets.explore.permalink import from_query

pytestmark = pytest.mark.browser

TORQUE, DELTA, THETA = 3.0, math.sqrt(3.0) / 2.0, math.radians(34.0)
ICONS = {"❄": "refrigerator", "♨": "heat pump", "⊘": "dud"}
# Three pixels of a plot, in units of α and degrees.
NEAR, NEAR_ANGLE = 0.03, 1.0
MARKED = (
    "() => document.querySelectorAll('.slls-app :is(.slls-overlay-mark, .slls-overlay-band)').length >= 6"
)


def state(alpha, theta=THETA):
    return sw.steady_state(sw.Macrospin(alpha=alpha, nu=TORQUE / abs(alpha), delta=DELTA, theta=theta))


@pytest.fixture(scope="module")
def zero():
    """Where S_P = 0 at the angle and the torque that the app begins with."""
    return brentq(lambda alpha: state(alpha).S_P, -1.2, -0.6)


def assert_right(read, zero):
    """What the pictures say is what the theory says, whatever has been done to the page."""
    assert read["crossing"] == pytest.approx(zero, abs=NEAR)
    assert read["mark"] == pytest.approx(zero, abs=NEAR)
    assert read["band"] == pytest.approx([zero, 0.0], abs=NEAR)
    if read["point"]:
        assert read["point"] == [pytest.approx(0.42, abs=NEAR), pytest.approx(34.0, abs=NEAR_ANGLE)]
        assert read["image"][:2] == pytest.approx([-2.0, 2.0], abs=NEAR)
        assert read["image"][2:] == pytest.approx([0.0, 90.0], abs=NEAR_ANGLE)
        assert read["round"] == pytest.approx(1.0, abs=0.01)
        assert len(read["names"]) >= 3
        for name, alpha, degrees in read["names"]:
            phase = state(alpha, math.radians(degrees)).phase.value.replace("_", " ")
            assert ICONS.get(name, name) == phase
    assert min(read["numbers"], default=72) >= 60


@pytest.fixture
def window(app):
    """The app in a window of another size, or with other settings of the system, for one test."""

    def change(width=1440, height=900, **media):
        app.set_viewport_size({"width": width, "height": height})
        app.emulate_media(**media)
        app.wait_for_function(MARKED)
        still(app.locator(".slls-card:has(.rates-axis) .plotarea_background"))
        return app

    yield change
    app.set_viewport_size({"width": 1440, "height": 900})
    app.emulate_media(media="screen", color_scheme="light", forced_colors="none")


@pytest.fixture
def phone(app_server, open_page):
    """The app as a phone opens it: bqplot draws no plot anew that is out of sight when a window shrinks."""

    def open_(width, height, **media):
        page = open_page(app_server.url, viewport={"width": width, "height": height}, **media)
        wait_for_app(page)
        ready(page)
        page.wait_for_function(MARKED)
        return page

    return open_


@pytest.mark.parametrize(
    ("where", "scheme", "width", "height"),
    [("window", "dark", 1440, 900), ("window", "light", 1366, 700), ("phone", "dark", 390, 844)],
)
def test_a_print_is_one_right_light_page(request, zero, where, scheme, width, height):
    page = request.getfixturevalue(where)(width, height, color_scheme=scheme)
    file = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", file)) == 1
    sheet = [float(edge) for edge in re.search(rb"/MediaBox\s*\[([^\]]*)\]", file)[1].split()]
    assert sheet == pytest.approx([0.0, 0.0, 841.9, 595.3], abs=1.0)  # A4 across, in points
    page.emulate_media(media="print")
    page.wait_for_selector(".slls-paper .slls-app[data-theme=light]")
    assert_right(read_off(page), zero)
    # All of it is on the sheet, inside margins of 8 mm at 96 pixels an inch, and no plot leaves its card.
    box = page.locator(".slls-app").bounding_box()
    assert box["width"] <= (297 - 16) * 96 / 25.4
    assert box["height"] <= (210 - 16) * 96 / 25.4
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.slls-card')].flatMap(card => {
            const box = card.getBoundingClientRect();
            const parts = card.querySelectorAll('.bqplot .axis text, .slls-sphere-stage, table');
            return [...parts].filter(node => {
                const own = node.getBoundingClientRect();
                return own.width && (own.left < box.left || own.right > box.right || own.bottom > box.bottom);
            }).map(node => node.textContent);
        })"""
    )
    assert outside == []
    picture = imread(io.BytesIO(page.screenshot()))[..., :3]
    assert np.median(picture) > 0.9
    page.emulate_media(media="screen")
    page.wait_for_selector(f"body:not(.slls-paper) .slls-app[data-theme={scheme}]")
    assert_right(read_off(page), zero)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_everything_to_be_seen(window, scheme):
    page = window(color_scheme=scheme, forced_colors="active")

    def seen(locator):
        return imread(io.BytesIO(locator.screenshot()))[..., :3]

    # A name is dark within a pale rim.
    name = seen(page.locator(".slls-overlay-names span").last).mean(axis=-1)
    assert (name < 0.3).mean() > 0.05
    assert (name > 0.8).mean() > 0.1
    # A slider shows its track on either side of its handle.
    slider = page.locator(".dial-alpha .slider")
    row = seen(slider)
    middle, edge = row[row.shape[0] // 2], row[1]
    for part in (slice(2, 20), slice(-20, -2)):
        assert np.abs(middle[part] - edge[part]).max(axis=-1).min() > 0.2
    # Of two buttons the chosen one looks different.
    one, other = (
        page.locator(".slls-hold button").nth(k).evaluate("node => getComputedStyle(node).backgroundColor")
        for k in range(2)
    )
    assert one != other
    words = seen(page.locator(".run"))
    assert len(np.unique((4 * words).round().reshape(-1, 3), axis=0)) > 2
    # Each swatch has a colour of its own, and the curves those of their legend.
    swatches = [seen(page.locator(".slls-bar .cats i").nth(k))[6, 6] for k in range(3)]
    for k, swatch in enumerate(swatches):
        assert all(np.abs(swatch - each).max() > 0.05 for each in swatches[:k])
    strokes = page.eval_on_selector_all(
        ".slls-card:has(.rates-axis) .bqplot path.line", "nodes => nodes.map(n => getComputedStyle(n).stroke)"
    )
    keys = page.eval_on_selector_all(
        ".slls-card:has(.rates-axis) .slls-legend i:not(.dashed, .dot)",
        "nodes => nodes.map(node => getComputedStyle(node).borderTopColor)",
    )
    assert len(set(keys)) == 3
    assert set(keys) <= set(strokes)


def test_the_address_follows_at_rest_and_a_reload_comes_back(app_server, open_page):
    page = open_page(f"{app_server.url}?from=a-friend")
    wait_for_app(page)
    ready(page)
    entries = page.evaluate("() => history.length")
    page.evaluate(COUNT_PINGS)
    page.evaluate(
        """() => {
            window.addresses = 0;
            const replace = history.replaceState;
            history.replaceState = function (...all) {
                window.addresses += 1;
                return replace.apply(this, all);
            };
        }"""
    )

    def snapshot():
        return from_query(page.url.partition("?")[2])

    def wait_for(**wanted):
        page.wait_for_function(
            """wanted => Object.entries(wanted).every(([name, value]) =>
                new URL(location).searchParams.get(name) === value)""",
            arg=wanted,
        )

    assert page.url.endswith("?from=a-friend")  # it was only looked at
    slider = page.locator(".dial-theta .slider")
    for _ in range(20):
        slider.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.dial-theta .number').value === '44'")
    page.wait_for_function(
        "() => Math.abs(new URL(location).searchParams.get('theta') * 180 / Math.PI - 44) < 0.01"
    )
    # Not once for each step of the way: when it was over, and in what pauses a busy machine made.
    assert page.evaluate("() => [window.pings, window.addresses]") <= [10, 10]
    page.keyboard.press("Control+z")
    page.wait_for_function(
        "() => new URL(location).searchParams.get('theta') * 180 / Math.PI < 43.9", timeout=20_000
    )
    page.get_by_role("button", name="real nanomagnet", exact=True).click()
    wait_for(units="si", **{"from": "a-friend"})
    assert "Ms" in page.url
    left = snapshot()
    page.get_by_role("button", name="switch between light and dark").click()
    page.wait_for_selector(".slls-app[data-theme=dark]")
    assert page.evaluate("() => history.length") == entries
    page.reload(wait_until="commit")
    wait_for_app(page)
    page.wait_for_selector(".slls-app[data-theme=dark]")
    page.wait_for_selector(".dial-current_si .number")
    ready(page)
    page.locator(".units select").select_option(label="reduced units")
    wait_for(units="reduced")
    assert snapshot().magnet == left.magnet
    page.problems[:] = [problem for problem in page.problems if "_xsrf" not in problem]


def test_shown_twice_it_acts_once_and_after_a_restart_it_is_right_and_says_so(lab_server, open_page, zero):
    cells = ["from slls_widgets.widgets import Explorer, RatesView\napp = Explorer()\napp", "app"]
    cells.append("RatesView(app.state)")
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=made, metadata=kernel)
    nbformat.write(notebook, lab_server.path.parent / "notebooks" / "twice.ipynb")
    page = open_page(f"{lab_server.url}lab/tree/twice.ipynb?reset")
    saved = []
    page.on("download", lambda download: saved.append(download.suggested_filename))
    run_all(open_notebook(page))
    page.wait_for_function("() => document.querySelectorAll('.slls-app').length === 3")
    first, second, alone = (page.locator(".slls-app").nth(k) for k in range(3))
    apps = [f".slls-app >> nth={k}" for k in range(3)]
    ready(page)

    for each in (first, second):
        each.get_by_role("button", name="help", exact=True).click()
        page.wait_for_selector(".slls-sheet[open]")
        assert page.locator(".slls-sheet[open]").count() == 1
        assert each.locator(".slls-sheet[open]").count() == 1
        page.keyboard.press("Escape")
        page.wait_for_selector(".slls-sheet[open]", state="detached")
    for name in ("CSV: rates and points", "Python script"):
        with page.expect_download():
            choose(second, name)
    # What the second choice would have saved twice has had its time: the copied code came after it.
    page.evaluate(
        "() => { navigator.clipboard.writeText = async () => { window.copies = (window.copies ?? 0) + 1; }; }"
    )
    second.get_by_role("button", name="Copy link").click()
    second.locator("button:has-text('Code copied')").wait_for()
    assert page.evaluate("() => window.copies") == 1
    assert saved == ["slls_rates.csv", "slls_point.py"]
    assert page.evaluate("() => new URL(location).searchParams.get('alpha')") is None

    before = []
    for k, app in enumerate(apps):
        page.locator(app).scroll_into_view_if_needed()
        page.wait_for_function(MARKED)
        page.wait_for_function(
            """k => [...document.querySelectorAll('.slls-app')[k].querySelectorAll('.bqplot.figure')]
                .every(plot => plot.querySelectorAll('.axis .tick').length > 3)""",
            arg=k,
        )
        before.append(read_off(page, app))
        assert_right(before[-1], zero)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel…", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_function("() => document.querySelectorAll('.slls-app .slls-gone').length === 3")
    page.wait_for_selector(".slls-app .slls-card .jupyter-widgets-disconnected", state="attached")
    for app, was in zip(apps, before, strict=True):
        now = read_off(page, app)
        assert_right(now, zero)
        assert now["crossing"] == pytest.approx(was["crossing"], abs=0.005)
        assert now["numbers"] == was["numbers"]
    # Dead to the hand, too.
    assert page.locator(".slls-app .dial-alpha .slider").first.evaluate("node => !!node.closest('[inert]')")
    assert "no longer answer" in alone.locator("[role=alert]").inner_text()
    # anywidget gives its scripts two seconds to load, which a busy machine may take.
    page.problems[:] = [
        each for each in page.problems if "[anywidget] Failed to initialize model" not in each
    ]


def test_a_frame_shows_less_and_leads_to_the_whole(app, open_page):
    """What the line of the dialog opens; frames of other pages are tried in ``test_faults.py``."""
    app.get_by_role("button", name="heat pump", exact=True).click()
    at(app, alpha=-0.3)
    choose(app, "Line for your own page")
    line = app.inner_text("#slls-frame")
    app.keyboard.press("Escape")
    address = unescape(re.search('src="([^"]*)"', line)[1])
    frame = open_page(address, viewport={"width": 1000, "height": 520})
    frame.wait_for_selector(".slls-badge:has-text('Heat pump')")
    for card, shown in (
        (".map-quantity", True),
        (".rates-axis", True),
        (".run", False),
        (".slls-ledger", False),
    ):
        assert frame.locator(f".slls-card:has({card})").is_visible() == shown
    frame.locator(".dial-alpha .number").fill("-0.5")
    frame.locator(".dial-alpha .number").press("Enter")
    whole = frame.locator(".slls-whole")
    frame.wait_for_selector(".slls-whole[href*='alpha=-0.5&']")
    assert "embed" not in whole.get_attribute("href")
    with frame.context.expect_page() as opened:
        whole.click()
    opened.value.wait_for_selector(".slls-ledger")
    at(opened.value, alpha=-0.5)
