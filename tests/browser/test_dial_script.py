"""The page's half of a dial, with a stand-in for its model: answers come when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from slls_widgets.explore.units import Units
from slls_widgets.widgets.parts.dial import Dial
from slls_widgets.widgets.parts.dials import SPECS

pytestmark = pytest.mark.browser

# A dial in each place, all of one model, and what a hand and a kernel do to them. Angles are whole degrees.
HARNESS = """
window.frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
window.start = async ({ esm, state, count }) => {
  const { default: widget } = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  const listeners = [];
  window.asked = [];
  const model = {
    get: (name) => state[name],
    send: (request) => asked.push(request),
    on: (_, callback) => listeners.push(callback),
    off: () => {},
  };
  window.answer = (value, { request }) => {
    // The kernel names the last request it has seen, from whichever page.
    const seen = Math.max(state.shown.seen, request);
    state.shown = { value, text: String(value), seen, refused: false };
    for (const callback of listeners) callback();
  };
  window.places = [...Array(count)].map(() => document.body.appendChild(document.createElement("div")));
  for (const el of window.places) widget.render({ model, el });
  window.press = (key, place = 0) => window.places[place].querySelector(".slider")
    .dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true }));
  window.value = (place = 0) => Number(window.places[place].querySelector(".number").value);
};
"""


@pytest.fixture
def dial(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """The script of the dial of θ in a page, where a kernel has shown 34° and seen some requests."""
    spec = next(spec for spec in SPECS[Units.REDUCED] if spec.name == "theta")

    def show(seen: int, places: int = 1) -> Any:
        page = open_page("about:blank")
        page.set_content("<!doctype html><title>dial</title>")
        page.add_script_tag(content=HARNESS)
        made = Dial(spec, lambda name, value: None)
        state = {"spec": made.spec, "range": made.range}
        state["shown"] = {"value": 34, "text": "34", "seen": seen, "refused": False}
        made.close()
        page.evaluate("(all) => start(all)", {"esm": str(Dial._esm), "state": state, "count": places})
        return page

    return show


@pytest.mark.parametrize("seen", [0, 7])
def test_an_answer_to_an_older_request_moves_nothing(dial: Callable[..., Any], seen: int) -> None:
    page = dial(seen)
    found = page.evaluate(
        """async () => {
            press("ArrowRight");
            await frame();
            press("ArrowRight");
            await frame();
            answer(39, asked[0]);
            const held = value();
            press("ArrowLeft");
            await frame();
            return [held, value(), asked.map(({ value }) => value)];
        }"""
    )
    assert found == [44, 39, [39, 44, 39]]


def test_an_answer_between_a_press_and_its_request_moves_nothing(dial: Callable[..., Any]) -> None:
    page = dial(0)
    found = page.evaluate(
        """async () => {
            press("ArrowRight");
            await frame();
            press("ArrowRight");
            answer(39, asked[0]);
            await frame();
            return [value(), asked.map(({ value }) => value)];
        }"""
    )
    assert found == [44, [39, 44]]


def test_a_dial_shown_twice_follows_the_other_and_then_its_own_hand(dial: Callable[..., Any]) -> None:
    page = dial(0, places=2)
    found = page.evaluate(
        """async () => {
            press("ArrowRight", 0);
            await frame();
            answer(39, asked[0]);
            const followed = value(1);
            press("ArrowRight", 1);
            await frame();
            answer(39, asked[0]);
            const held = value(1);
            answer(44, asked[1]);
            return [followed, held, value(0), value(1), asked.map(({ request }) => request)];
        }"""
    )
    assert found == [39, 44, 44, 44, [1, 2]]
