"""The widgets without a browser: set the state, look at the marks; set a widget, look at the state."""

from __future__ import annotations

import base64
import math
import re
import threading
import time
from html import unescape

import ipywidgets
import numpy as np
import pytest
from waiting import PATIENCE, eventually

from slls_widgets.explore.presets import PRESETS
from slls_widgets.explore.state import Hold, Quantity
from slls_widgets.explore.story import STORY
from slls_widgets.explore.units import Units
from slls_widgets.explore.worker import once
from slls_widgets.fokker_planck import steady_state
from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.theory import rates
from slls_widgets.widgets import Controls, Explorer, Ledger, PhaseMap, RatesView, SphereView
from slls_widgets.widgets.panels.rates import QUANTITIES
from slls_widgets.widgets.parts.dials import SPECS


def curve(explorer, name):
    mark = explorer.rates.curves
    finite = np.isfinite(mark.x)
    return np.asarray(mark.x)[finite], np.asarray(mark.y)[QUANTITIES.index(name), finite]


def test_the_curves_are_exact_at_this_angle_and_the_dashed_ones_are_the_closed_forms(explorer):
    explorer.state.move(theta=0.7)
    assert explorer.exact.wait(PATIENCE)
    torque = explorer.state.snapshot.alpha_nu
    delta = explorer.state.magnet.delta
    alpha, pumped = curve(explorer, "S_P")
    for k in (10, 77, 160):
        magnet = Macrospin(alpha=alpha[k], nu=torque / abs(alpha[k]), delta=delta, theta=0.7)
        assert pumped[k] == pytest.approx(steady_state(magnet).S_P, rel=1e-5, abs=1e-5)
    closed = np.asarray(explorer.rates.closed.y[QUANTITIES.index("Sigma")])
    there = np.isfinite(closed) & (np.asarray(explorer.rates.closed.x) != 0.0)
    closed, alpha = closed[there], np.asarray(explorer.rates.closed.x)[there]
    np.testing.assert_allclose(closed, rates(alpha, torque / np.abs(alpha), delta).Sigma, rtol=1e-12)


def slide(explorer, name, value, request=1):
    dial = explorer.controls.board(Units.REDUCED).dials[name]
    dial._received(dial, {"type": "slide", "value": value, "request": request}, [])


def enter(explorer, name, text, request=1):
    dial = explorer.controls.board(Units.REDUCED).dials[name]
    dial._received(dial, {"type": "type", "text": text, "request": request}, [])


def test_a_slider_moves_the_state_and_the_plotted_data(explorer):
    before = curve(explorer, "S_B")[1]
    slide(explorer, "theta", 60.0)
    assert explorer.state.magnet.theta == pytest.approx(math.radians(60.0))
    assert explorer.exact.wait(PATIENCE)
    after = curve(explorer, "S_B")[1]
    assert np.max(np.abs(after - before)) > 0.1


def test_a_dial_shows_what_the_state_says_and_names_the_request_it_answers(explorer):
    slide(explorer, "alpha", -0.5, request=200)
    shown = explorer.controls.board(Units.REDUCED).dials["alpha"].shown
    assert (shown["value"], shown["text"], shown["seen"]) == (-0.5, "-0.5", 200)
    explorer.state.move(alpha=0.25)
    assert explorer.controls.board(Units.REDUCED).dials["alpha"].shown["value"] == 0.25
    assert explorer.controls.board(Units.REDUCED).dials["alpha"].shown["seen"] == 200


def test_each_slider_move_computes_the_curves_once(explorer):
    results = []

    def watch(change):
        results.append(change["new"])

    explorer.exact.observe(watch, "curves")
    slide(explorer, "theta", 20.0)
    assert explorer.exact.wait(PATIENCE)
    explorer.exact.unobserve(watch, "curves")
    assert [result.fine for result in results] == [False, True]
    assert len({result.key for result in results}) == 1


def test_moving_alpha_at_fixed_torque_recomputes_neither_curves_nor_map(explorer):
    curves, phase_map = explorer.exact.curves, explorer.exact.phase_map
    slide(explorer, "alpha", -0.5)
    assert explorer.exact.wait(PATIENCE)
    assert explorer.exact.point.magnet.alpha == -0.5
    assert explorer.exact.curves is curves
    assert explorer.exact.phase_map is phase_map


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("delta", "0", "δ must lie between 0.000100 and 1000; got 0"),
        ("nu", "-1", "ν must lie between"),
        ("alpha", "lots", "α must be a number ('lots' is not)"),
        ("theta", "200", "θ must lie between 0° and 180°; got 200°"),
        ("nu", "10,000", "ν must not have a comma: '10,000' could be ten thousand or ten"),
        ("nu", "1e9", "ν must lie between 1.00×10⁻⁶ and 10000; got 1000000000"),
        ("alpha", "", "α must be a number ('' is not)"),
    ],
)
def test_a_bad_number_is_refused_with_a_message_and_taken_off_the_screen(explorer, name, text, words):
    before = explorer.state.snapshot
    text_before = explorer.controls.board(Units.REDUCED).dials[name].shown["text"]
    enter(explorer, name, text, request=999)
    assert explorer.state.snapshot is before
    assert explorer.controls.board(Units.REDUCED).dials[name].shown["text"] == text_before
    assert explorer.controls.board(Units.REDUCED).dials[name].shown["seen"] == 999
    assert words in unescape(explorer.controls._message.value)


def test_a_field_that_was_refused_is_well_again_with_any_legal_value(explorer):
    dial = explorer.controls.board(Units.REDUCED).dials["nu"]
    legal = dial.shown["text"]
    enter(explorer, "nu", "-1")
    assert dial.shown["refused"]
    enter(explorer, "nu", legal)  # changes nothing
    assert not dial.shown["refused"]
    assert explorer.state.message == ""


def test_point_and_crossings_can_be_heard_with_value_and_error_bound(explorer):
    assert explorer.exact.wait(PATIENCE)
    rates, phases = explorer.rates.overlay, explorer.phase_map.overlay
    assert "; S_B crosses 0 at α = 1.10" in rates.label
    assert "; S_P crosses 0 at α = −0.871" in rates.label
    said = r"S_P = 5\.297, S_B = −2\.497, Σ = 2\.800 ηT, each within \d×10⁻\S+?"
    assert re.fullmatch(rf"α = 0\.420: {said}", rates.value_text)
    assert re.fullmatch(rf"α = 0\.420, θ = 34\.0°: refrigerator; {said}", phases.value_text)
    explorer.state.show(Quantity.UNCERTAINTY_PRODUCT)
    assert phases.value_text.endswith(f"; Q = {explorer.exact.point.steady.uncertainty_product:.4g}")


def test_every_symbol_that_offers_an_explanation_has_one(explorer):
    assert explorer.exact.wait(PATIENCE)
    pages = [explorer.ledger._table.value]
    pages += [part.value for part in explorer.rates.children[1].children if hasattr(part, "value")]
    terms = {unescape(name) for page in pages for name in re.findall('data-term="([^"]*)"', page)}
    assert terms >= {"S_P", "S_B", "Σ", "Δ_P", "Q", "z", "efficiency", "error bound", "closed form"}
    assert terms <= explorer.page.terms.keys()
    for spec in SPECS[Units.REDUCED]:
        assert spec.known
        assert spec.symbol in explorer.page.terms


def test_at_infinite_field_the_drawn_curves_reach_their_limits(explorer):
    assert explorer.exact.wait(PATIENCE)
    magnet, torque = explorer.state.magnet, explorer.state.snapshot.alpha_nu
    flow = 2.0 * torque * math.cos(magnet.theta) / magnet.delta
    for mark, share in ((explorer.rates.curves, 1.0), (explorer.rates.closed, 1.0 / math.cos(magnet.theta))):
        at = [int(k) for k in np.flatnonzero(np.asarray(mark.x) == 0.0)]
        assert len(at) == 2
        drawn = np.asarray(mark.y)[:, at]
        limits = flow * share * np.array([[-1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
        assert drawn == pytest.approx(limits, rel=1e-12)
        # The neighbours come near them: the limits are those of the curves.
        beside = np.asarray(mark.y)[:, [at[0] - 1, at[1] + 1]]
        assert beside == pytest.approx(limits, abs=0.06 * flow)


def test_a_refused_field_is_well_again_after_a_preset_that_changes_nothing(explorer):
    go = next(preset.go for preset in PRESETS if preset.name == "refrigerator")
    explorer.state.apply(go(explorer.state.snapshot))
    enter(explorer, "nu", "-1")
    assert explorer.controls.board(Units.REDUCED).dials["nu"].shown["refused"]
    explorer.controls._chips["refrigerator"].click()
    assert not explorer.controls.board(Units.REDUCED).dials["nu"].shown["refused"]


def test_the_preset_where_the_point_is_shows_as_chosen(explorer):
    def chosen():
        chips = explorer.controls._chips.items()
        return [name for name, chip in chips if "mod-active" in chip._dom_classes]

    explorer.controls._chips["dud"].click()
    assert chosen() == ["dud"]
    explorer.state.move(theta=0.9)
    assert chosen() == []


@pytest.mark.parametrize(
    ("units", "name", "text", "words"),
    [
        (Units.SI, "diameter_si", "-5", "d must lie between 0.100 nm and 1.00×10⁶ nm; got -5 nm"),
        (Units.SI, "field_si", "0", "B must be > 0; got 0 mT"),
        (Units.SI, "field_si", "1e12", "B = 1e+12 mT is out of reach: ν must lie between 1e-06 and 10000"),
        (Units.PAPER, "field", "-1", "H must be > 0 in the paper's units; got -1"),
    ],
)
def test_a_refusal_speaks_the_units_of_its_dial(explorer, units, name, text, words):
    explorer.state.show(units=units)
    dial = explorer.controls.board(units).dials[name]
    dial._received(dial, {"type": "type", "text": text, "request": 1}, [])
    assert explorer.state.message.startswith(words)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("trajectories", "2.7", "trajectories must be a whole number from 1 to 65536; got '2.7'"),
        ("trajectories", "65537", "trajectories must be a whole number from 1 to 65536; got '65537'"),
        ("trajectories", "10,000", "trajectories must be a whole number"),
        ("seed", "1.5", "seed must be a whole number from 0 to 4294967295; got '1.5'"),
        ("seed", "", "seed must be a whole number"),
    ],
)
def test_settings_are_never_another_number_than_was_typed(explorer, name, text, words):
    panel, before = explorer.simulation, explorer.state.snapshot
    field, shown = panel._fields[name], panel._fields[name].value
    field.value = text
    assert explorer.state.simulation_message.startswith(words)
    assert explorer.state.snapshot is before
    assert field.value == shown
    assert "refused" in field._dom_classes
    field.value = "7"
    assert getattr(explorer.state.snapshot.settings, name) == 7
    assert "refused" not in field._dom_classes
    assert explorer.state.simulation_message == ""


def test_typing_an_alpha_that_cannot_be_had_says_so(explorer):
    enter(explorer, "alpha", "0")
    assert explorer.state.magnet.alpha == pytest.approx(3e-4)
    assert explorer.state.message.startswith("α = 0 is out of reach while the torque is kept")
    slide(explorer, "alpha", 0.0)
    assert explorer.state.message == ""


def test_the_step_is_typed_and_refused_in_the_units_of_its_field(explorer):
    explorer.state.show(units=Units.SI)
    panel, scale = explorer.simulation, explorer.state.snapshot.scale
    panel._fields["dt"].value = f"{0.01 * scale.time:.4f}".replace(".", ",")
    assert explorer.state.snapshot.settings.dt == pytest.approx(0.01, rel=1e-2)
    panel._fields["dt"].value = f"{2.0 * scale.time:.4f}"
    assert explorer.state.simulation_message.startswith("the time step must be a number above 0 and up to ")
    assert " ns, or 'auto'" in explorer.state.simulation_message
    assert explorer.state.snapshot.settings.dt == pytest.approx(0.01, rel=1e-2)


def test_a_decimal_comma_and_a_degree_sign_are_understood(explorer):
    enter(explorer, "theta", "12,5°")
    assert math.degrees(explorer.state.magnet.theta) == pytest.approx(12.5)


def test_the_map_marker_moves_both_ways(explorer):
    explorer.phase_map.overlay._received(None, {"type": "move", "x": -0.7, "y": 45.0}, [])
    assert explorer.state.magnet.alpha == pytest.approx(-0.7)
    assert explorer.state.magnet.theta == pytest.approx(math.pi / 4)
    explorer.state.move(alpha=1.1, theta=math.radians(10))
    assert (explorer.phase_map.overlay.x, explorer.phase_map.overlay.y) == (
        pytest.approx(1.1),
        pytest.approx(10),
    )


@pytest.mark.parametrize(
    "junk", [None, 3, {"type": "move"}, {"type": "move", "x": "1", "y": []}, {"type": "??"}]
)
def test_junk_from_the_page_moves_nothing(explorer, junk):
    before = explorer.state.snapshot
    explorer.phase_map.overlay._received(None, junk, [])
    explorer.page._received(None, junk, [])
    explorer.controls.board(Units.REDUCED).dials["nu"]._received(None, junk, [])
    assert explorer.state.snapshot is before


def test_every_map_quantity_paints_a_picture_of_its_own(explorer):
    seen = set()
    for quantity in Quantity:
        explorer.state.show(quantity)
        picture = bytes(explorer.phase_map.image.image.value)
        assert picture.startswith(b"\x89PNG")
        seen.add(picture)
    assert len(seen) == len(Quantity)


def test_the_map_swaps_image_widgets_since_bqplot_ignores_new_bytes(explorer):
    before = explorer.phase_map.image.image
    explorer.state.show(Quantity.S_P)
    assert explorer.phase_map.image.image is not before


def test_stale_panels_are_marked_until_recomputed(explorer):
    explorer.state.move(delta=0.3)
    assert explorer.exact.wait(PATIENCE)
    assert "stale" not in explorer.rates._dom_classes
    # With the workers held up, a move must leave the curves marked.
    gate = threading.Event()
    explorer.exact._lines.submit(once(lambda: gate.wait(10)))
    explorer.state.move(delta=0.5)
    assert "stale" in explorer.rates._dom_classes
    gate.set()
    assert explorer.exact.wait(PATIENCE)
    assert "stale" not in explorer.rates._dom_classes


def test_running_fills_the_ledger_and_pausing_stops(explorer):
    explorer.state.running = True
    assert eventually(lambda: explorer.live.reading is not None)
    assert eventually(lambda: "±" in explorer.ledger._table.value.split(">simulated<")[1])
    explorer.state.running = False
    assert explorer.live.wait(2)
    reading = explorer.live.reading
    time.sleep(0.3)
    assert explorer.live.reading is reading


def test_settling_is_shown_in_place_of_statistics(explorer):
    explorer.live.settling = 0.034
    assert ">settling, 3 %<" in explorer.simulation._readout.value
    explorer.live.settling = 1.0
    assert explorer.simulation._readout.value.count(">–<") == 3


def test_a_reading_belongs_to_the_point_it_was_taken_at(explorer):
    explorer.state.running = True
    assert eventually(lambda: explorer.live.reading is not None)
    explorer.state.move(alpha=-0.4)
    assert eventually(lambda: explorer.live.reading.magnet == explorer.state.magnet)
    explorer.state.running = False
    assert explorer.live.wait(PATIENCE)


def test_simulation_and_exact_agree(explorer):
    # z of three means and a variance at one seed: |z| < 5 for all has a false-alarm rate below 1e-5.
    explorer.state.configure(seed=11)
    explorer.state.running = True
    assert eventually(lambda: explorer.live.reading is not None and explorer.live.reading.time > 20.0, 60)
    # Its exact partner comes from another thread.
    assert eventually(lambda: explorer.live.reading.fluctuation is not None, 60)
    explorer.state.running = False
    reading, steady = explorer.live.reading, explorer.exact.point.steady
    for name in ("S_P", "S_B", "Sigma"):
        assert abs(getattr(reading.estimates, name).z(getattr(steady, name))) < 5.0
    assert abs(reading.fluctuation.z) < 5.0


def test_an_error_in_the_simulation_reaches_the_screen(explorer, monkeypatch):
    import slls_widgets.simulation as simulation

    def broken(*_args, **_options):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(simulation, "Ensemble", broken)
    explorer.state.running = True
    assert eventually(lambda: "no such thing" in explorer.state.simulation_message)
    assert not explorer.state.running


def test_closing_leaves_no_thread_behind():
    explorer = Explorer()
    explorer.state.running = True
    assert eventually(lambda: explorer.live.reading is not None, 60)
    explorer.close()
    assert eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("slls-")], 15)


def test_a_link_opens_the_same_state(explorer, monkeypatch):
    explorer.state.move(alpha=-0.3, theta=0.5)
    sent = []
    monkeypatch.setattr(explorer.page, "send", lambda content, buffers=None: sent.append(content))
    explorer.header._link.click()
    other = Explorer.from_url("https://example.org/app?" + sent[0]["link"])
    assert other.state.snapshot == explorer.state.snapshot
    other.close()


def test_a_foreign_query_gives_a_message_and_leaves_the_state(explorer):
    before = explorer.state.snapshot
    explorer.page._received(None, {"type": "query", "query": "?alpha=<script>"}, [])
    assert explorer.state.snapshot is before
    assert "has an invalid value" in explorer.state.message
    assert "<script>" not in explorer.controls._message.value


@pytest.mark.parametrize("panel", [PhaseMap, RatesView, SphereView, Ledger])
def test_a_panel_stands_alone_on_a_shared_state(explorer, panel):
    view = panel(explorer.state)
    explorer.state.move(alpha=0.9)
    assert explorer.exact.wait(PATIENCE)
    assert "stale" not in view._dom_classes
    view.close()


def test_controls_follow_another_views_moves(explorer):
    controls = Controls(explorer.state)
    explorer.state.hold(Hold.NU)
    assert controls._holds[Hold.NU].value
    assert not controls._holds[Hold.ALPHA_NU].value
    controls.close()


def test_the_sentence_names_the_phase(explorer):
    explorer.state.apply(explorer.state.snapshot)
    assert "Refrigerator" in explorer.header._badge.value
    assert "from the bath" in explorer.header._sentence.value
    explorer.state.move(alpha=-0.3)
    assert explorer.exact.wait(PATIENCE)
    assert "Heat pump" in explorer.header._badge.value


def test_a_download_reaches_the_page(explorer, monkeypatch):
    sent = []
    monkeypatch.setattr(explorer.page, "send", lambda content, buffers=None: sent.append((content, buffers)))
    explorer.header._write("CSV: rates and points")
    assert eventually(lambda: bool(sent))
    content, buffers = sent[0]
    assert content["name"] == "slls_rates.csv"
    assert b"\n# software: slls-widgets" in buffers[0]


def test_the_blank_picture_is_a_picture():
    from slls_widgets.widgets.panels.phase_map import _blank

    assert _blank().startswith(b"\x89PNG")
    assert base64.b64encode(_blank())


def test_a_page_that_says_hello_is_told_everything_once_more(explorer, monkeypatch):
    told = set()
    monkeypatch.setattr("ipywidgets.Widget.send_state", lambda self, key=None: told.add(self))
    explorer.page._received(None, {"type": "hello"}, [])
    wanted = {explorer, explorer.rates, explorer.phase_map.image, explorer.phase_map.image.image}
    assert wanted | {explorer.rates.curves} <= told


def test_the_story_leads_through_its_steps_and_leaves_the_state_free(explorer, monkeypatch):
    focused = []
    monkeypatch.setattr(ipywidgets.DOMWidget, "focus", lambda widget: focused.append(widget))
    state, story = explorer.state, explorer.story
    assert "hidden" in story._dom_classes
    explorer.header.story.click()
    assert "hidden" not in story._dom_classes
    assert focused == [story.next]
    assert story.back.disabled
    titles = [story._title.value]
    for _ in STORY[1:]:
        story.next.click()
        titles.append(story._title.value)
    assert [step.title in title for step, title in zip(STORY, titles, strict=True)] == [True] * 6
    assert story.next.description == "Done"
    assert STORY[-1].words in story._words.value
    story.back.click()
    assert state.magnet == STORY[4].magnet
    # The reader plays; the words stay with their step.
    state.move(theta=0.1)
    assert STORY[4].words in story._words.value
    state.undo()
    assert state.magnet == STORY[4].magnet
    story.next.click()
    story.next.click()
    assert "hidden" in story._dom_classes
    assert focused[-1] is explorer.header.story
    assert state.magnet == STORY[5].magnet
    state.undo()
    assert state.snapshot.story == 6
    story.end.click()
    assert state.snapshot.story == 0


def test_the_button_beside_a_slider_says_what_it_does_and_moves_the_state(explorer):
    dials = explorer.controls.board(Units.REDUCED).dials
    assert dials["nu"].sweeps == "raise the field at this torque"
    for step, nu in enumerate((10.0, 1000.0)):
        dials["nu"]._received(
            None, {"type": "sweep", "value": nu, "begins": not step, "request": 900 + step}, []
        )
    assert explorer.state.magnet.alpha == pytest.approx(0.003)
    explorer.state.undo()
    assert explorer.state.magnet.nu == pytest.approx(3 / 0.42)
    explorer.state.hold(Hold.NU)
    assert dials["nu"].sweeps == "raise the field at this α"
    assert dials["theta"].sweeps == "move θ to the end of its slider"
