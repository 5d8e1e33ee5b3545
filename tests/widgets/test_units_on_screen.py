"""Units on screen: dials, ledger, axes, map and sentence read the same point in the chosen units."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from waiting import at_rest

from slls_widgets.explore.state import Quantity
from slls_widgets.explore.units import Sample, Units
from slls_widgets.magnet.device import MATERIALS


def turn(explorer, units, name, value):
    """What the page sends when a dial's slider is moved to a shown value."""
    dial = explorer.controls.board(units).dials[name]
    dial._received(dial, {"type": "slide", "value": value, "request": 10**6}, [])


def exact_column(explorer):
    cells = re.findall(r'<td class="n">([−\d.×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)</td>', explorer.ledger._table.value)
    return [float(cell.replace("−", "-")) for cell in cells[:2]]


@pytest.mark.parametrize("units", [Units.PAPER, Units.SI])
def test_ledger_curves_and_map_read_in_the_chosen_units(explorer, units):
    explorer.state.show(Quantity.S_P)
    # No result of before is still on its way, from a thread: what is drawn from now on is drawn here.
    assert at_rest(explorer.exact)
    reduced = exact_column(explorer)
    curve = np.array(explorer.rates.curves.y)
    top = np.frombuffer(explorer.phase_map.overlay.grid, dtype=np.float32).max()
    explorer.state.show(units=units)
    scale = explorer.state.snapshot.scale
    assert exact_column(explorer) == pytest.approx([scale.rate * value for value in reduced], rel=1e-5)
    np.testing.assert_allclose(explorer.rates.curves.y, scale.rate * curve, rtol=1e-12)
    shown = np.frombuffer(explorer.phase_map.overlay.grid, dtype=np.float32).max()
    assert shown == pytest.approx(scale.rate * top, rel=1e-6)
    for text in (explorer.ledger._table.value, explorer.rates._y_axis.label, explorer.phase_map._bar.value):
        assert scale.rate_unit in text


def test_in_si_the_sentence_speaks_of_seconds(explorer):
    explorer.state.show(units=Units.SI)
    text = explorer.header._sentence.value
    rate = explorer.exact.point.steady.Sigma * explorer.state.snapshot.device.rate_si
    found = re.search(r"([\d.]+)×10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/s is produced", text)
    power = int(found[2].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    assert float(found[1]) * 10.0**power == pytest.approx(rate, rel=5e-3)


def test_a_device_dial_moves_the_point_and_the_point_moves_the_dials(explorer):
    explorer.state.show(units=Units.SI)
    board = explorer.controls.board(Units.SI)
    before = board.dials["field_si"].shown["value"]
    turn(explorer, Units.SI, "field_si", 2.0 * before)
    assert explorer.state.magnet.nu == pytest.approx(2.0 * 3.0 / 0.42)
    assert explorer.state.magnet.alpha == pytest.approx(0.21)
    explorer.state.move(nu=3.0 / 0.42)
    assert board.dials["field_si"].shown["value"] == pytest.approx(before)


def test_a_material_sets_magnetisation_and_damping_and_is_recognised(explorer):
    explorer.state.show(units=Units.SI)
    panel = explorer.controls._boards[Units.SI]
    panel.material.value = "cobalt"
    device = explorer.state.snapshot.device
    assert (device.magnetisation_si, device.gilbert_damping) == MATERIALS["cobalt"]
    turn(explorer, Units.SI, "gilbert_damping", 0.5)
    assert panel.material.value == "own values"
    explorer.state.undo()
    assert panel.material.value == "cobalt"


def test_only_the_dials_of_the_chosen_units_are_made(explorer):
    from slls_widgets.widgets import Controls

    controls = Controls(explorer.state)
    assert set(controls._boards) == {Units.REDUCED}
    explorer.state.show(units=Units.PAPER)
    assert set(controls._boards) == {Units.REDUCED, Units.PAPER}
    assert controls._dials.children[0] is controls.board(Units.PAPER)
    controls.close()


def test_what_is_held_is_named_in_the_chosen_units(explorer):
    explorer.state.show(units=Units.SI)
    texts = [toggle.description for toggle in explorer.controls._holds.values()]
    assert texts == ["torque |I| = 62.9 µA", "field B"]
    explorer.state.show(units=Units.PAPER)
    assert explorer.controls._holds[explorer.state.snapshot.hold].description == "torque |P| = 1.00"


def test_a_chosen_step_survives_a_look_at_it_in_nanoseconds(explorer):
    explorer.state.configure(dt=0.0123456789)
    explorer.state.show(units=Units.SI)
    assert explorer.state.snapshot.settings.dt == 0.0123456789
    scale = explorer.state.snapshot.scale
    explorer.simulation._fields["dt"].value = f"{0.02 * scale.time:.9g}"
    assert explorer.state.snapshot.settings.dt == pytest.approx(0.02, rel=1e-8)


def test_a_slow_device_reads_in_microseconds_everywhere(explorer):
    cold = Sample(temperature_si=0.05)
    explorer.state.apply(replace(explorer.state.snapshot, units=Units.SI, sample=cold))
    time = f"{1e6 / explorer.state.snapshot.device.rate_si:.1f} µs"
    assert f">1/(ηT)</b> {time}" in explorer.controls._boards[Units.SI]._reading.value
    assert explorer.simulation._fields["dt"].description == "time step in µs"
    assert explorer.ledger.trajectory.x_axis.label == "time of one trajectory in µs"
    explorer.simulation._fields["dt"].value = "1"
    assert explorer.state.snapshot.settings.dt == pytest.approx(1e-6 * explorer.state.snapshot.device.rate_si)
    explorer.simulation._fields["dt"].value = "1000"
    assert " µs, or 'auto'" in explorer.state.simulation_message


def test_the_log_axis_draws_the_same_rates_elsewhere(explorer):
    linear = np.array(explorer.rates.curves.y)
    explorer.state.show(log_rates=True)
    threshold = explorer.rates._rates_axis.threshold
    drawn = np.array(explorer.rates.curves.y)
    np.testing.assert_allclose(2.0 * threshold * np.sinh(drawn * np.log(10.0)), linear, rtol=1e-9)
    assert "symmetric log" in explorer.rates._y_axis.label
    explorer.state.undo()
    np.testing.assert_array_equal(explorer.rates.curves.y, linear)


def test_zoom_pan_and_reset_by_keyboard(explorer):
    rates = explorer.rates

    def view():
        return rates.x_scale.min, rates.x_scale.max, rates.y_scale.min, rates.y_scale.max

    def ask(kind, amount):
        rates.overlay._received(None, {"type": kind, "x": amount, "y": amount}, [])

    whole = view()
    ask("zoom", 0.5)
    left, right, low, high = view()
    assert right - left == pytest.approx(0.5 * (whole[1] - whole[0]))
    # The operating point keeps its place on the screen.
    assert (0.42 - left) / (right - left) == pytest.approx((0.42 + 2.0) / 4.0)
    ask("pan", 0.1)
    assert view()[0] == pytest.approx(left + 0.1 * (right - left))
    assert view()[2] == pytest.approx(low + 0.1 * (high - low))
    assert rates.overlay.x_range == [rates.x_scale.min, rates.x_scale.max]
    ask("reset", 0)
    assert view() == whole


def test_the_map_widens_and_narrows_by_key(explorer):
    overlay = explorer.phase_map.overlay
    overlay._received(None, {"type": "zoom", "x": 1.25, "y": 1.25}, [])
    assert explorer.state.snapshot.alpha_max == 5.0
    overlay._received(None, {"type": "zoom", "x": 0.8, "y": 0.8}, [])
    overlay._received(None, {"type": "zoom", "x": 0.8, "y": 0.8}, [])
    assert explorer.state.snapshot.alpha_max == 1.0
    # Never so narrow that the operating point is outside.
    for _ in range(5):
        overlay._received(None, {"type": "zoom", "x": 0.8, "y": 0.8}, [])
    assert explorer.state.snapshot.alpha_max == 0.5
