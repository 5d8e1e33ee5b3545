"""The page's half of the sphere view: drawn, turned, themed and removed in real Chromium.

Most tests give the script a model of its own and need no kernel; the last ones go through JupyterLab.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.widgets.parts.sphere import HOME, SphereCanvas, lat_long_grid

pytestmark = pytest.mark.browser

MAGNET = Macrospin(alpha=0.42, nu=7.1, delta=0.866, theta=0.6)

# A stand-in for the model of ipywidgets, and helpers that look at what was drawn.
HARNESS = """
class Model {
  constructor(state) { Object.assign(this, { state, listeners: [], sent: [], saved: 0 }); }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; this.trigger(`change:${name}`); }
  save_changes() { this.saved += 1; }
  send(content, callbacks, buffers) { this.sent.push({ content, buffers }); }
  on(name, callback) { this.listeners.push([name, callback]); }
  off(name, callback) {
    this.listeners = this.listeners.filter(([n, c]) => n !== name || c !== callback);
  }
  trigger(name, ...details) {
    this.listeners.filter(([n]) => n === name).forEach(([, c]) => c(...details));
  }
}
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const ticks = (n) => new Promise((done) => {
  const tick = () => (n-- > 0 ? requestAnimationFrame(tick) : done());
  tick();
});
const decode = (density) => (density.values ? { ...density, values: bytes(density.values) } : density);

window.start = async ({ esm, css, state, places }) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  document.body.innerHTML = places;
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  window.module = await import(url);
  window.model = new Model({ ...state, density: decode(state.density) });
  window.widget = await window.module.default();
  await window.widget.initialize({ model: window.model });
  window.cleanups = [];
  for (const el of document.querySelectorAll(".place > div")) {
    window.cleanups.push(await window.widget.render({ model: window.model, el }));
  }
  await ticks(3);
};
window.density = (density) => window.model.set("density", decode(density));
window.push = (trajectories, count, text) =>
  window.model.trigger("msg:custom", { type: "push", trajectories, frames: count }, [bytes(text)]);
window.ticks = ticks;
// The colour at a place given in units of the radius from the centre of the sphere, y up.
window.colourAt = (x, y, index = 0) => {
  const el = document.querySelectorAll(".slls-sphere-canvas")[index];
  const [canvas, ball] = [el.querySelector("canvas"), el.querySelector(".slls-sphere-handle")];
  const ratio = canvas.width / canvas.clientWidth;
  const r = ball.offsetWidth / 2;
  const at = [ball.offsetLeft + r + x * r, ball.offsetTop + r - y * r].map((v) => Math.round(v * ratio));
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
};
"""

PLACE = '<div class="place" style="width:{}px;height:{}px"><div></div></div>'


def state(**changes: Any) -> dict[str, Any]:
    sphere = SphereCanvas()
    if "magnet" in changes:
        sphere.set_vectors(changes.pop("magnet"))
    names = ("view", "home", "theme", "label", "tail", "vectors")
    values = {name: getattr(sphere, name) for name in names}
    sphere.close()
    return {**values, "density": {}, **changes}


def shading(values: Any) -> dict[str, Any]:
    sphere = SphereCanvas()
    sphere.set_density(values)
    density = {**sphere.density, "values": base64.b64encode(sphere.density["values"]).decode()}
    sphere.close()
    return density


@pytest.fixture
def show(open_page: Callable[..., Any]) -> Callable[..., Any]:
    def show_(
        places: str = PLACE.format(540, 340), options: dict[str, Any] | None = None, **traits: Any
    ) -> Any:
        page = open_page("about:blank", **(options or {}))
        page.set_content("<!doctype html><title>sphere</title>")
        page.add_script_tag(content=HARNESS)
        sphere = {"esm": str(SphereCanvas._esm), "css": str(SphereCanvas._css)}
        page.evaluate("(all) => start(all)", {**sphere, "state": state(**traits), "places": places})
        return page

    return show_


def push(page: Any, paths: Any) -> None:
    points = np.asarray(paths, "<f4")
    page.evaluate(
        "([k, n, text]) => push(k, n, text)",
        [*points.shape[:2], base64.b64encode(points.tobytes()).decode()],
    )
    page.evaluate("ticks(2)")


def data(page: Any, name: str, index: int = 0) -> str:
    return str(page.locator(".slls-sphere-canvas").nth(index).get_attribute(f"data-{name}"))


def view(page: Any) -> list[float]:
    values: list[float] = page.evaluate("model.get('view')")
    return values


def colour(page: Any, x: float, y: float, index: int = 0) -> np.ndarray:
    return np.array(page.evaluate("([x, y, i]) => colourAt(x, y, i)", [x, y, index]), float)


# ---- what is drawn ----------------------------------------------------------------------------------


def test_density_shades_the_side_where_it_is(show: Callable[..., Any]) -> None:
    density = shading(np.exp(lat_long_grid() @ [8.0, 0.0, 0.0]))
    page = show(density=density, view=(0.0, 0.0))
    peak, low = colour(page, 0.05, 0.05), colour(page, -0.55, 0.55)
    assert peak[2] - peak[0] > 100  # the accent's blue
    assert low[2] - low[0] < 40
    page.evaluate("model.set('view', [Math.PI, 0])")
    page.evaluate("ticks(2)")
    behind = colour(page, 0.05, 0.05)
    assert behind[2] - behind[0] < 40


@pytest.mark.parametrize("direction", [(0.5, 0.3, 0.8), (-0.7, 0.6, -0.4), (0.1, -0.9, 0.4)])
def test_density_sits_where_the_projection_puts_it(
    show: Callable[..., Any], direction: tuple[float, ...]
) -> None:
    """The shading's centroid against the camera's own vectors, for views all round."""
    n = np.array(direction) / np.linalg.norm(direction)
    page = show(density=shading(np.exp(60 * (lat_long_grid((121, 240)) @ n - 1))))
    azimuth, elevation = math.atan2(n[1], n[0]) + 0.4, math.asin(n[2]) - 0.3
    page.evaluate("(v) => model.set('view', v)", [azimuth, elevation])
    page.evaluate("ticks(2)")
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    front = np.array(
        [
            math.cos(elevation) * math.cos(azimuth),
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
        ]
    )
    x, y = n @ right, n @ np.cross(front, right)
    here = colour(page, x, y)
    assert here[2] - here[0] > 120
    for dx, dy in [(0.35, 0.0), (-0.35, 0.0), (0.0, 0.35), (0.0, -0.35)]:
        there = colour(page, x + dx, y + dy)
        assert there[2] - there[0] < (here[2] - here[0]) / 2


def test_the_colour_scale_is_even_in_lightness(show: Callable[..., Any]) -> None:
    page = show()
    words = page.evaluate("Array.from(module.ramp('#f0f4f8', '#0072b2'))")
    rgb = np.array([[w & 255, w >> 8 & 255, w >> 16 & 255] for w in words]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = np.cbrt(linear @ [0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness[::5]) < 0).all()
    steps = np.diff(lightness[::32])
    assert steps.min() / steps.max() < 1.6  # both negative: no step is much larger than another


@pytest.mark.parametrize(
    ("magnet", "arrows", "notes"),
    [
        (MAGNET, "H H′ P", ""),
        (MAGNET.replace(alpha=0.0), "H H′", "P = 0"),
        (MAGNET.replace(alpha=-0.866, theta=0.0), "H P", "H′ = 0"),
        (MAGNET.replace(alpha=1 / 0.866, theta=0.0), "H H′ P", "no precession"),
    ],
)
def test_absent_arrows_are_named(
    show: Callable[..., Any], magnet: Macrospin, arrows: str, notes: str
) -> None:
    page = show(magnet=magnet)
    assert (data(page, "arrows"), data(page, "notes")) == (arrows, notes)


LABELS = """([views, vectors, width, height]) => views.map(([azimuth, elevation]) => {
  const scene = { width, height, vectors, colours: {}, ...module.layout(width, height),
                  cam: module.camera(azimuth, elevation) };
  return module.placeLabels(scene, module.arrowsOf(scene), [12, 16, 10], [scene.legend]);
})"""


@pytest.mark.parametrize("size", [(540, 340), (366, 300), (280, 220)])
def test_labels_stay_apart_and_inside(show: Callable[..., Any], size: tuple[int, int]) -> None:
    page = show()
    views = [(a, e) for a in np.linspace(-3, 3, 9).tolist() for e in (-1.5, -0.6, 0.0, 0.5, 1.0, 1.57)]
    for alpha, theta in itertools.product((0.42, -0.5, -2.0, 1.6), (0.0, 0.3, 1.2, math.pi / 2)):
        vectors = state(magnet=MAGNET.replace(alpha=alpha, theta=theta))["vectors"]
        for view_, boxes in zip(views, page.evaluate(LABELS, [views, vectors, *size]), strict=True):
            for i, a in enumerate(boxes):
                assert min(a["x"], a["y"]) >= 0, (alpha, theta, view_)
                assert a["x"] + a["w"] <= size[0], (alpha, theta, view_)
                assert a["y"] + a["h"] <= size[1], (alpha, theta, view_)
                for b in boxes[:i]:
                    across = min(a["x"] + a["w"], b["x"] + b["w"]) - max(a["x"], b["x"])
                    down = min(a["y"] + a["h"], b["y"] + b["h"]) - max(a["y"], b["y"])
                    assert across <= 0 or down <= 0, (alpha, theta, view_, boxes)


def test_the_legend_never_covers_the_sphere(show: Callable[..., Any]) -> None:
    page = show()
    sizes = [(w, h) for w in range(200, 1300, 37) for h in range(220, 800, 41)]
    places = page.evaluate("(sizes) => sizes.map(([w, h]) => module.layout(w, h))", sizes)
    for (width, height), place in zip(sizes, places, strict=True):
        legend, radius = place["legend"], place["radius"]
        assert 0 <= legend["x"] <= legend["x"] + legend["w"] <= width
        assert 0 <= legend["y"] <= legend["y"] + legend["h"] <= height
        dx = max(legend["x"] - place["cx"], 0.0, place["cx"] - legend["x"] - legend["w"])
        dy = max(legend["y"] - place["cy"], 0.0, place["cy"] - legend["y"] - legend["h"])
        assert math.hypot(dx, dy) >= radius + 3
        assert place["cx"] - radius >= 0
        assert place["cy"] - radius >= 0


def test_tails_in_front_are_strong_and_behind_faint(show: Callable[..., Any]) -> None:
    t = np.linspace(-0.8, 0.8, 60)
    front = np.stack([np.cos(t), np.sin(t), 0 * t], axis=-1)
    page = show(view=(0.0, 0.0), theme="dark", tail=60)
    push(page, front[None])
    strong = along_the_equator(page, 0.4, 0.6)
    page.evaluate("model.set('view', [Math.PI, 0])")
    page.evaluate("ticks(2)")
    faint = along_the_equator(page, -0.6, -0.4)
    assert strong.min() > 0.8 * strong.max() > 150
    assert faint.max() < strong.min() - 40
    assert faint.min() < 0.6 * faint.max()  # dashed


def along_the_equator(page: Any, start: float, end: float) -> np.ndarray:
    """The red of the line along y = 0, the strongest of three rows of pixels."""
    places = [(x, y) for x in np.linspace(start, end, 30).tolist() for y in (-0.007, 0.0, 0.007)]
    red = page.evaluate("(places) => places.map(([x, y]) => colourAt(x, y)[0])", places)
    return np.reshape(red, (30, 3)).max(axis=1)


def test_a_tail_keeps_its_length_and_forgets_the_oldest(show: Callable[..., Any]) -> None:
    page = show(tail=50)
    for _ in range(4):
        push(page, np.broadcast_to([1.0, 0.0, 0.0], (3, 20, 3)))
    assert (data(page, "points"), data(page, "trajectories")) == ("50", "3")
    push(page, np.broadcast_to([1.0, 0.0, 0.0], (2, 7, 3)))
    assert (data(page, "points"), data(page, "trajectories")) == ("7", "2")
    page.evaluate("model.trigger('msg:custom', { type: 'clear' })")
    page.evaluate("ticks(2)")
    assert data(page, "points") == "0"


def test_points_that_are_no_numbers_leave_a_gap(show: Callable[..., Any]) -> None:
    t = np.linspace(-0.8, 0.8, 60)
    path = np.stack([np.cos(t), np.sin(t), 0 * t], axis=-1)
    path[::7, 1] = np.nan
    path[-1] = np.inf
    page = show(view=(0.0, 0.3), magnet=MAGNET)
    push(page, path[None])
    push(page, np.full((1, 5, 3), np.nan))
    assert data(page, "points") == "65"


@pytest.mark.parametrize(
    "density", [{"shape": [9, 16], "values": "AAAA", "top": 3}, {"shape": [1, 1]}, {"top": None}]
)
def test_a_density_that_does_not_fit_its_shape_is_not_drawn(show: Callable[..., Any], density: Any) -> None:
    page = show(density=density)
    assert int(data(page, "frames")) >= 1


# ---- turning ----------------------------------------------------------------------------------------


def test_dragging_turns_the_sphere_under_the_finger(show: Callable[..., Any]) -> None:
    page = show(view=(0.0, 0.0))
    box = page.locator(".slls-sphere-handle").bounding_box()
    x, y, radius = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + radius / 2, y + radius / 4, steps=5)
    assert page.evaluate("model.saved") == 0  # saved once, when the finger leaves
    page.mouse.up()
    page.mouse.move(x, y)
    assert view(page) == pytest.approx([-0.5, 0.25], abs=0.02)
    assert page.evaluate("model.saved") == 1


def test_a_finger_turns_it_too(show: Callable[..., Any]) -> None:
    page = show(view=(0.0, 0.0), options={"has_touch": True, "viewport": {"width": 600, "height": 500}})
    box = page.locator(".slls-sphere-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    points = [(x - 10 * k, y) for k in range(6)]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for px, py in points[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": px, "y": py}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.evaluate("ticks(2)")
    # The first of the five steps only tells that the finger goes sideways.
    assert view(page)[0] == pytest.approx(40 / (box["width"] / 2), abs=0.02)
    assert page.evaluate("model.saved") == 1


def test_keys_turn_it_and_home_or_a_double_click_bring_it_back(show: Callable[..., Any]) -> None:
    page = show()
    page.keyboard.press("Tab")
    handle = page.locator(".slls-sphere-handle")
    assert handle.evaluate("e => e === document.activeElement")
    assert handle.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    step = math.pi / 36
    for key, change in {
        "ArrowRight": (step, 0),
        "ArrowUp": (0, step),
        "ArrowLeft": (-step, 0),
        "Shift+ArrowDown": (0, -3 * step),
    }.items():
        before = view(page)
        page.keyboard.press(key)
        assert np.subtract(view(page), before) == pytest.approx(change)
    page.wait_for_function("model.saved > 0")
    page.keyboard.press("Home")
    assert view(page) == pytest.approx(HOME)
    page.evaluate("model.set('view', [2, -1])")
    handle.dblclick()
    assert view(page) == pytest.approx(HOME)


def test_the_elevation_stops_at_the_poles_and_the_azimuth_goes_round(show: Callable[..., Any]) -> None:
    page = show(view=(3.1, 1.5))
    page.locator(".slls-sphere-handle").focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowRight")
    azimuth, elevation = view(page)
    assert elevation == pytest.approx(math.pi / 2)
    assert azimuth == pytest.approx(3.1 + 4 * math.pi / 36 - 2 * math.pi)


def test_a_screen_reader_gets_the_label(show: Callable[..., Any]) -> None:
    page = show(label="The magnet cools the bath")
    assert page.get_by_role("application", name="The magnet cools the bath").count() == 1
    page.evaluate("model.set('label', 'It heats')")
    assert page.get_by_label("It heats").count() == 1


# ---- theme ------------------------------------------------------------------------------------------


def test_the_nearest_theme_wins_and_changes_are_followed(show: Callable[..., Any]) -> None:
    app = '<div class="slls-app">' + PLACE.format(400, 300) + "</div>"
    page = show(places=app, options={"color_scheme": "dark"})
    for script, expected in [
        ("0", "dark"),
        ("document.body.dataset.jpThemeLight = 'true'", "light"),
        ("document.querySelector('.slls-app').dataset.theme = 'dark'", "dark"),
        ("model.set('theme', 'light')", "light"),
        ("model.set('theme', 'auto')", "dark"),
        ("delete document.querySelector('.slls-app').dataset.theme", "light"),
        ("document.body.dataset.jpThemeLight = 'false'", "dark"),
        ("delete document.body.dataset.jpThemeLight", "dark"),
    ]:
        page.evaluate(script)
        page.evaluate("ticks(3)")
        assert data(page, "theme") == expected, script
        ball = colour(page, 0.3, -0.5)[:3].mean()
        assert (ball > 150) == (expected == "light"), script
    page.emulate_media(color_scheme="light")
    page.evaluate("ticks(3)")
    assert data(page, "theme") == "light"


def test_colours_of_the_page_take_precedence(show: Callable[..., Any]) -> None:
    page = show(places=f'<div style="--slls-sphere-ball: rgb(10 200 30)">{PLACE.format(400, 300)}</div>')
    assert colour(page, 0.1, -0.3)[:3] == pytest.approx([10, 200, 30], abs=25)


# ---- size, life and death -----------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1, 2.5])
def test_it_fills_its_container_without_scrollbars(show: Callable[..., Any], ratio: float) -> None:
    page = show(options={"device_scale_factor": ratio}, magnet=MAGNET)
    for width, height in [(1200, 700), (540, 340), (390, 300), (280, 220), (60, 220)]:
        page.evaluate(
            """([w, h]) => Object.assign(document.querySelector('.place').style,
               { width: `${w}px`, height: `${h}px` })""",
            [width, height],
        )
        page.evaluate("ticks(3)")
        seen = page.evaluate(
            """() => { const p = document.querySelector('.place'), c = p.querySelector('canvas');
            return [c.clientWidth, c.clientHeight, c.width, c.height,
                    p.scrollWidth - p.clientWidth, p.scrollHeight - p.clientHeight]; }"""
        )
        assert seen == [width, height, width * ratio, height * ratio, 0, 0]


def test_without_a_given_height_it_takes_a_comfortable_one(show: Callable[..., Any]) -> None:
    page = show(places='<div class="place"><div></div></div>')
    assert page.evaluate("document.querySelector('canvas').clientHeight") == 340


def test_nothing_is_drawn_while_nothing_changes_or_nobody_sees_it(show: Callable[..., Any]) -> None:
    page = show(magnet=MAGNET, density=shading(np.exp(lat_long_grid() @ MAGNET.damping)))
    page.evaluate("ticks(5)")
    before = data(page, "frames")
    page.evaluate("ticks(30)")
    assert data(page, "frames") == before
    for hide, unhide in [
        ("place.style.display = 'none'", "place.style.display = ''"),
        (
            "place.style.height = place.style.width = '0px'",
            "place.style.height = place.style.width = '300px'",
        ),
        ("place.style.marginTop = '3000px'", "place.style.marginTop = ''"),
    ]:
        page.evaluate(f"{{ const place = document.querySelector('.place'); {hide}; }}")
        page.evaluate("ticks(4)")
        if "Top" not in hide:
            assert page.evaluate("document.querySelector('.slls-sphere-stage').clientWidth") in (0, 540)
        before = data(page, "frames")
        for _ in range(3):
            push(page, np.broadcast_to([1.0, 0.0, 0.0], (2, 5, 3)))
        if "0px" not in hide:  # a least height keeps a view of no width alive, to be drawn when it has one
            assert data(page, "frames") == before
        page.evaluate(f"{{ const place = document.querySelector('.place'); {unhide}; }}")
        page.wait_for_function(f"+document.querySelector('.slls-sphere-canvas').dataset.frames > {before}")


def test_views_of_one_model_share_tails_and_angle(show: Callable[..., Any]) -> None:
    page = show(places=PLACE.format(400, 300) + PLACE.format(300, 250), magnet=MAGNET)
    push(page, np.broadcast_to([1.0, 0.0, 0.0], (3, 5, 3)))
    assert [data(page, "points", i) for i in (0, 1)] == ["5", "5"]
    before = [int(data(page, "frames", i)) for i in (0, 1)]
    page.locator(".slls-sphere-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    page.evaluate("ticks(2)")
    assert all(int(data(page, "frames", i)) > before[i] for i in (0, 1))


def test_a_removed_view_lets_go_of_everything(show: Callable[..., Any]) -> None:
    page = show(places=PLACE.format(400, 300) + PLACE.format(300, 250), magnet=MAGNET)
    before = page.evaluate("model.listeners.length")
    page.evaluate("cleanups[0]()")
    removed = data(page, "frames")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'; model.set('view', [1, 1])")
    push(page, np.broadcast_to([1.0, 0.0, 0.0], (3, 5, 3)))
    assert data(page, "frames") == removed
    assert int(data(page, "frames", 1)) > 0
    page.evaluate("cleanups[1]()")
    page.evaluate("document.body.innerHTML = ''")
    push(page, np.broadcast_to([1.0, 0.0, 0.0], (3, 5, 3)))
    assert page.evaluate("model.listeners.length") == before - 8  # what initialize holds remains
    assert page.evaluate("model.listeners.map(([n]) => n)") == ["change:density", "msg:custom"]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_ring_moves_only_with_data_and_only_if_motion_is_welcome(
    show: Callable[..., Any], motion: str
) -> None:
    page = show(magnet=MAGNET, options={"reduced_motion": motion})
    picture = "document.querySelector('canvas').toDataURL()"
    still = np.full((1, 1, 3), np.nan)
    push(page, still)
    before = page.evaluate(picture)
    for _ in range(4):
        push(page, still)
    assert (page.evaluate(picture) == before) == (motion == "reduce")


# ---- pictures -----------------------------------------------------------------------------------------


# ---- in JupyterLab ------------------------------------------------------------------------------------

NOTEBOOK = """
import threading, time
import numpy as np
from IPython.display import display
from slls_widgets import Macrospin
from slls_widgets.widgets.parts.sphere import SphereCanvas, lat_long_grid

magnet = Macrospin(alpha=0.42, nu=7.1, delta=0.866, theta=0.6)
sphere = SphereCanvas()
sphere.set_vectors(magnet)
sphere.set_density(np.exp(lat_long_grid() @ magnet.damping))

def live():
    rng = np.random.default_rng(1)
    n = np.tile(magnet.h_hat, (3, 1))
    for _ in range(200):
        n = n + 0.2 * rng.normal(size=n.shape)
        n /= np.linalg.norm(n, axis=1)[:, None]
        sphere.push(n[:, None])
        time.sleep(1 / 30)
    sphere.label = "all pushed"
    sphere.observe(lambda change: setattr(sphere, "label", "view " + repr(change.new)), "view")

display(sphere, sphere)
threading.Thread(target=live).start()
"""


def test_in_jupyterlab_it_follows_thirty_pushes_a_second(
    lab_server: Any, open_page: Callable[..., Any]
) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK)])
    for cell in notebook.cells:
        cell.pop("id", None)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.nbformat_minor = 4
    folder = Path(lab_server.path).parent / "notebooks"
    (folder / "sphere_canvas.ipynb").write_text(json.dumps(notebook))
    page = open_page(f"{lab_server.url}lab/tree/sphere_canvas.ipynb?reset")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    # The notebook's own sign says idle before there is a kernel; the status bar does not.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-Cell .cm-content").click()
    page.keyboard.press("Control+Enter")
    for index in (0, 1):  # a view out of sight is not drawn until it is scrolled to
        place = page.locator(".slls-sphere-canvas").nth(index)
        place.scroll_into_view_if_needed()
        place.locator("xpath=self::*[@data-points='200']").wait_for()
    assert data(page, "arrows") == "H H′ P"
    page.wait_for_selector("[aria-label='all pushed']")
    # The arrow keys turn the sphere: the notebook does not take them for its cells.
    handle = page.locator(".slls-sphere-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[aria-label^='view (-1.01']")
    assert handle.evaluate("e => e === document.activeElement")
