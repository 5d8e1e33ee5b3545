"""A hundred and twenty random acts on one page: nothing breaks, nothing leaks, the app still answers."""

from __future__ import annotations

import contextlib
import random

import psutil
import pytest
from harness import pause, ready, wait_for_app

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ACTS = 120
KEYS = (
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "ArrowDown",
    "Shift+ArrowLeft",
    "Shift+ArrowRight",
    "+",
    "-",
    "0",
)
# What a button press may not do: leave the page.
SPARED = ("Copy link",)


def kernels(server):
    """Resident memory of the server's kernels, in MiB by process id."""
    memory = {}
    for child in psutil.Process(server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended since it was listed
            if any("ipykernel" in word for word in child.cmdline()):
                memory[child.pid] = child.memory_info().rss / 2**20
    return memory


def browser_memory(page):
    """What the page's scripts hold after collecting garbage, in MiB, and the number of its nodes."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return found["JSHeapUsedSize"] / 2**20, found["Nodes"]


# Where a press on one of these reaches it, and not what covers it; begins at a random one; null if none.
# It looks at the page as it is in one go: there is nothing to wait for, however busy the machine.
REACH = """([selector, share, spared]) => {
    const all = [...document.querySelectorAll(selector)];
    const first = Math.floor(share * all.length);
    for (const one of [...all.slice(first), ...all.slice(0, first)]) {
        if (one.disabled || spared.includes(one.innerText.trim())) continue;
        one.scrollIntoView({block: "center", behavior: "instant"});
        const box = one.getBoundingClientRect();
        const at = [box.x + box.width / 2, box.y + box.height / 2];
        const hit = document.elementFromPoint(...at);
        if (hit && (one.contains(hit) || hit.contains(one) && hit.matches("label"))) return at;
    }
    return null;
}"""


def reach(page, selector, share):
    """The middle of one of these that nothing covers, or None."""
    return page.evaluate(REACH, [selector, share, SPARED])


def focus_one(page, selector, chance):
    """Focus one of these and mark its text; at once, since an act before may just now replace them all."""
    page.evaluate(
        """([selector, share]) => {
            const all = document.querySelectorAll(selector);
            const one = all[Math.floor(share * all.length)];
            one.focus();
            if (one.type === "text") one.select();
        }""",
        [selector, chance.random()],
    )


def act(page, chance):
    """One random act on something that is on the page now."""
    kind = chance.choice(("slider", "slider", "drag", "key", "button", "menu", "number"))
    if kind == "slider":
        focus_one(page, ".slls-parameter .slider", chance)
        for _ in range(chance.randrange(1, 6)):
            page.keyboard.press(chance.choice(KEYS[:6]))
    elif kind == "drag":
        areas = page.locator(".slls-overlay, .slls-sphere-handle")
        box = areas.nth(chance.randrange(areas.count())).bounding_box()
        page.mouse.move(
            box["x"] + chance.uniform(0.05, 0.95) * box["width"],
            box["y"] + chance.uniform(0.05, 0.95) * box["height"],
        )
        page.mouse.down()
        page.mouse.move(
            box["x"] + chance.uniform(-0.1, 1.1) * box["width"],
            box["y"] + chance.uniform(-0.1, 1.1) * box["height"],
            steps=4,
        )
        page.mouse.up()
    elif kind == "key":
        page.locator(".slls-overlay").nth(chance.randrange(2)).focus()
        page.keyboard.press(chance.choice((*KEYS, "Control+z", "Control+Shift+z", " ")))
    elif kind == "button":
        place = reach(page, ".slls-app button, dialog[open] button", chance.random())
        if place is not None:
            page.mouse.click(*place)
    elif kind == "menu":
        name = chance.choice((".units", ".map-quantity", ".rates-axis", ".setting-scheme"))
        if reach(page, f"{name} select", 0.0) is not None:
            menu = page.locator(f"{name} select")
            menu.select_option(index=chance.randrange(menu.locator("option").count()))
    else:
        focus_one(page, ".slls-parameter .number", chance)
        page.keyboard.type(chance.choice(("0.3", "-1", "7", "1e9", "nonsense", "", "0")))
        page.keyboard.press("Enter")


def assert_knows_what_covers_what(page):
    """Under a dialog the run button is there, visible and enabled, and cannot be pressed."""
    assert reach(page, "button.run", 0.0) is not None
    page.evaluate(
        """() => {
            const over = document.createElement("dialog");
            over.innerHTML = "<button>close</button>";
            document.body.append(over);
            over.showModal();
        }"""
    )
    assert reach(page, "button.run", 0.0) is None
    page.mouse.click(*reach(page, ".slls-app button, dialog[open] button", 0.0))
    assert page.evaluate("() => document.activeElement.innerText") == "close"
    page.evaluate("() => document.querySelector('dialog[open]').remove()")


def test_many_random_acts_leave_the_app_whole(serve, open_page):
    server = serve("app", "--pool", "0")
    page = open_page(server.url)
    wait_for_app(page)
    ready(page)
    assert_knows_what_covers_what(page)
    chance = random.Random(20261122)
    # Memory is judged from the second half on: the first one loads every module, fills every cache.
    # After it a kernel may have grown by 25 MiB, a tenth of what an idle session may have.
    settled, drawn = {}, (0.0, 0)
    for count in range(ACTS):
        if count == ACTS // 2:
            settled, drawn = kernels(server), browser_memory(page)
        act(page, chance)
        page.wait_for_timeout(chance.randrange(20, 200))
    page.wait_for_timeout(2000)
    after = kernels(server)
    assert len(settled) == 1
    for process, memory in settled.items():
        assert after[process] < memory + 25.0
    # A page with the app holds about 40 MiB and some thousand nodes; a leak of one figure for each act would
    # double both.
    heap, nodes = browser_memory(page)
    assert heap < drawn[0] + 15.0
    assert nodes < 1.5 * drawn[1] + 500
    # Whatever is on screen now, a new point is computed and drawn.
    while page.locator("dialog[open]").count():
        page.keyboard.press("Escape")
    if "Pause" in page.inner_text(".run"):
        pause(page)
    page.locator(".units select").select_option(label="reduced units")
    for name, value in (("nu", "5"), ("delta", "0.8"), ("theta", "20"), ("alpha", "0.5")):
        field = page.locator(f".dial-{name} .number")
        field.fill(value)
        field.press("Enter")
        page.wait_for_function(
            "([name, value]) => document.querySelector(`.dial-${name} .number`).value === value",
            arg=[name, value],
        )
    ready(page)
    page.wait_for_selector(".slls-badge:has-text('Refrigerator')")
    assert "Traceback" not in server.log()
    assert "Error" not in server.log()
