"""Nothing on screen claims what it does not know: old numbers, obtuse angles, cut curves, long waits."""

from __future__ import annotations

import math
import re
import time

import numpy as np
import pytest
from matplotlib.figure import Figure
from waiting import PATIENCE, at_rest

import slls_widgets as sw
from slls_widgets import fokker_planck
from slls_widgets._steps import finish
from slls_widgets.downloads.figure import draw_rates, explorer_figure
from slls_widgets.downloads.files import FORMATS
from slls_widgets.explore import exact as exact_module
from slls_widgets.explore.distribution import Distribution
from slls_widgets.explore.ensembles import Fluctuation, Reading
from slls_widgets.explore.exact import Exact
from slls_widgets.explore.paths import Path
from slls_widgets.explore.presets import PRESETS
from slls_widgets.explore.results import curves_key
from slls_widgets.explore.shown import NotComputed
from slls_widgets.explore.state import ExplorerState, Hold, Quantity, Settings, Snapshot
from slls_widgets.explore.units import Units
from slls_widgets.fokker_planck import batch
from slls_widgets.fokker_planck.truncation import TooMuchWork
from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.maps import phase_map as maps
from slls_widgets.simulation import Estimate, Estimates
from slls_widgets.widgets.panels.phase_map import PhaseMap
from slls_widgets.widgets.parts.colours import PHASE_ORDER
from slls_widgets.widgets.parts.entropy_plots import DistributionPlot
from slls_widgets.widgets.parts.phase_bands import bands
from slls_widgets.widgets.parts.words import number, sentence


def settle(explorer):
    assert at_rest(explorer.exact)


def theta_dial(explorer):
    return explorer.controls.board(Units.REDUCED).dials["theta"]


def test_the_mirror_image_of_a_torque_is_the_same_physics():
    point = {"nu": 4.0, "delta": 0.6}
    obtuse = sw.steady_state(Macrospin(alpha=0.7, theta=2.1, **point))
    mirror = sw.steady_state(Macrospin(alpha=-0.7, theta=math.pi - 2.1, **point))
    for name in ("S_P", "S_B", "Sigma", "Delta_P"):
        assert getattr(obtuse, name) == pytest.approx(getattr(mirror, name), rel=1e-7)


def test_an_obtuse_angle_is_drawn_at_its_mirror_image_and_says_so(explorer):
    explorer.state.move(theta=math.radians(120.0))
    settle(explorer)
    overlay = explorer.phase_map.overlay
    assert (overlay.x, overlay.y) == pytest.approx((-0.42, 60.0))
    assert "mirror" in explorer.phase_map._note.value
    assert "120" in overlay.value_text
    assert "mirror" in overlay.value_text
    # What is painted there is the phase of the point.
    column = round((overlay.x + 2.0) / 4.0 * (overlay.grid_shape[1] - 1))
    row = round(overlay.y / 90.0 * (overlay.grid_shape[0] - 1))
    painted = np.frombuffer(overlay.grid, np.float32).reshape(overlay.grid_shape)[row, column]
    assert PHASE_ORDER[int(painted)] is explorer.exact.point.steady.phase
    explorer.state.move(theta=1.0)
    assert explorer.phase_map._note.value == ""
    assert overlay.x == pytest.approx(0.42)


def test_the_theta_slider_reaches_as_far_as_the_point(explorer):
    dial = theta_dial(explorer)
    assert dial.range == [0.0, 90.0]
    explorer.state.move(theta=math.radians(120.0))
    assert dial.range == [0.0, 180.0]
    assert dial.shown["value"] == pytest.approx(120.0)
    # Turned back by hand it must not change its scale under the hand.
    dial._received(dial, {"type": "slide", "value": 80.0, "request": 1}, [])
    assert dial.range == [0.0, 180.0]
    explorer.state.move(theta=math.radians(70.0))
    assert dial.range == [0.0, 90.0]


def test_the_simulations_numbers_go_with_their_point(explorer):
    panel = explorer.simulation
    explorer.state.running = True
    deadline = time.monotonic() + PATIENCE
    while "M steps/s" not in panel._readout.value and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "M steps/s" in panel._readout.value
    explorer.state.running = False
    assert explorer.live.wait(PATIENCE)
    explorer.state.move(alpha=0.6)
    assert panel._readout.value.count('class="value">–<') == 3


def test_a_point_that_was_never_simulated_is_not_settling(explorer):
    panel = explorer.simulation
    explorer.live.settling = 0.4
    assert "settling" in panel._readout.value
    for change in ({"alpha": 0.6}, {}):
        # As if paused half way through the burn-in of the point before.
        explorer.live._bench = (explorer.live._key(explorer.state.snapshot, 0), None)
        explorer.live.settling = 0.4
        if change:
            explorer.state.move(**change)
        else:
            explorer.state.configure(seed=9)
        assert panel._readout.value.count('class="value">–<') == 3
    explorer.live._bench = None


def test_progress_that_comes_late_is_not_told_of_the_curves_that_are_there(explorer):
    settle(explorer)
    explorer.exact.progress = 0.4
    assert "40 %" in explorer.rates.cue.value
    explorer.exact.progress = 0.0
    explorer.state.move(delta=0.5)
    settle(explorer)
    assert "%" not in explorer.rates.cue.value
    assert "busy" not in explorer.rates._dom_classes


def test_badge_sentence_and_ledger_grey_until_the_exact_point_is_there(explorer, monkeypatch):
    monkeypatch.setattr(explorer.exact._lines, "submit", lambda job: None)
    explorer.state.move(alpha=0.9)
    assert "stale" in explorer.header._say._dom_classes
    assert "stale" in explorer.ledger._dom_classes
    monkeypatch.undo()
    explorer.state.move(alpha=0.8)
    settle(explorer)
    assert "stale" not in explorer.header._say._dom_classes
    assert "stale" not in explorer.ledger._dom_classes


def test_the_closed_forms_move_with_the_coarse_curves(explorer, monkeypatch):
    monkeypatch.setattr(exact_module, "FINE_POINTS", exact_module.COARSE_POINTS + 2)
    seen = []
    explorer.exact.observe(
        lambda change: seen.append((change["new"].fine, explorer.rates.closed.y[0, 0])), "curves"
    )
    before = explorer.rates.closed.y[0, 0]
    explorer.state.move(delta=0.5)
    settle(explorer)
    assert [fine for fine, _ in seen] == [False, True]
    assert seen[0][1] != before


@pytest.mark.parametrize(
    "preset", [preset for preset in PRESETS if preset.name != "real nanomagnet"], ids=lambda p: p.name
)
def test_the_axis_of_the_rates_holds_every_exact_curve(explorer, preset):
    explorer.state.apply(preset.go(explorer.state.snapshot))
    settle(explorer)
    values = explorer.rates.curves.y
    scale = explorer.rates.y_scale
    assert scale.min <= np.nanmin(values)
    assert np.nanmax(values) <= scale.max


def test_the_edges_of_the_bands_are_named_at_every_angle(explorer):
    marks = {mark["label"]: mark["at"] for mark in explorer.rates.overlay.marks}
    assert set(marks) == {"S_P = 0", "S_B = 0", "H → ∞"}
    point = {"nu": 3.0 / marks["S_B = 0"], "delta": math.sqrt(3.0) / 2.0, "theta": math.radians(34.0)}
    # Linear between curve points 0.02 apart.
    assert abs(sw.steady_state(Macrospin(alpha=marks["S_B = 0"], **point)).S_B) < 0.01
    explorer.state.move(theta=0.0)
    settle(explorer)
    assert {mark["label"] for mark in explorer.rates.overlay.marks} == {
        "isotropic −δ",
        "insulating 1/δ",
        "H → ∞",
    }


def test_hovering_the_rates_reads_the_exact_curves(explorer):
    rows = np.frombuffer(explorer.rates.overlay.series, np.float32).reshape(4, -1)
    assert rows[1] == pytest.approx(explorer.exact.curves.S_P, rel=1e-6)
    assert explorer.rates.overlay.series_names == ["S_P", "S_B", "Σ"]


def test_a_view_chosen_by_keyboard_survives_a_move_until_it_is_reset(explorer):
    rates = explorer.rates
    rates._look("zoom", 0.5, 0.5)
    view = (rates.x_scale.min, rates.x_scale.max)
    explorer.state.move(delta=0.6)
    settle(explorer)
    assert (rates.x_scale.min, rates.x_scale.max) == view
    rates._look("reset", 0.0, 0.0)
    assert (rates.x_scale.min, rates.x_scale.max) == (-2.0, 2.0)


def test_another_range_of_alpha_takes_the_old_names_off_the_map_and_ends_a_zoom(explorer):
    assert {name["label"] for name in explorer.phase_map.overlay.names} == {
        "dud",
        "heat pump",
        "refrigerator",
    }
    explorer.rates._look("zoom", 0.5, 0.5)
    explorer.phase_map._widen(True)
    assert explorer.phase_map.overlay.names == []
    settle(explorer)
    assert explorer.phase_map.overlay.names != []
    assert explorer.rates.x_scale.max == explorer.state.snapshot.alpha_max


@pytest.mark.parametrize(
    ("quantity", "wanted"),
    [(Quantity.S_P, "0"), (Quantity.S_B, "0"), (Quantity.UNCERTAINTY_PRODUCT, "2"), (Quantity.SIGMA, "1")],
)
def test_the_colour_bar_has_a_few_ticks_with_the_one_that_matters(explorer, quantity, wanted):
    explorer.state.show(quantity)
    ticks = explorer.phase_map._bar.value.split('class="ticks">')[1].split("</div>")[0]
    assert 3 <= ticks.count("<span") <= 5
    assert f">{wanted}</span>" in ticks
    if wanted in ("0", "2"):
        assert f'left:50.00%">{wanted}<' in ticks


def test_the_boundaries_come_before_the_fine_map():
    state = ExplorerState()
    order = []
    exact = Exact(state)
    exact.observe(lambda change: order.append(f"map {change['new'].fraction:.0f}"), "phase_map")
    exact.observe(lambda change: order.append("lines"), "boundaries")
    state.move(delta=0.5)
    assert exact.wait(PATIENCE)
    exact.close()
    assert order.index("lines") < order.index("map 1")


def test_no_phase_is_named_or_shaded_where_no_curve_is_drawn():
    # Close to α = 0 and beyond the last points of the curve a heat pump takes over from the dud.
    magnet = Macrospin(alpha=0.0524, nu=3251.0, delta=0.01, theta=0.5236)
    snapshot = Snapshot(magnet=magnet, hold=Hold.ALPHA_NU, alpha_max=0.1)
    key = curves_key(snapshot)
    curves = finish(exact_module._curves(snapshot, key, 20))
    left, right = curves.gap
    assert {left, right} < set(curves.alpha)
    assert left < -0.017 < 0.017 < right
    runs = bands(curves)
    assert (runs[0]["from"], runs[-1]["to"]) == (-0.1, 0.1)
    assert left in [run["to"] for run in runs]
    assert right in [run["from"] for run in runs]
    assert all(run["to"] <= left or run["from"] >= right for run in runs)
    axes = Figure().add_subplot()
    draw_rates(axes, curves, gap=True)
    stripes = axes.images[0].get_array()[0]
    at = np.linspace(-0.1, 0.1, stripes.size)
    assert np.array_equal(np.ma.getmaskarray(stripes), (at > left) & (at < right))


@pytest.mark.parametrize(
    ("alpha", "alpha_max", "remedy"),
    [(0.42, 2.0, "; widen ±α."), (20.0, 50.0, "is too strong.")],
    ids=["a wider range would do", "no range would do"],
)
def test_a_map_is_refined_where_its_boundaries_cannot_be_traced(
    explorer, monkeypatch, alpha, alpha_max, remedy
):
    monkeypatch.setattr(exact_module, "MAP_SHAPE", (5, 9))
    monkeypatch.setattr(exact_module, "FINE_POINTS", 4)
    monkeypatch.setattr(exact_module, "COARSE_POINTS", 2)
    magnet = Macrospin(alpha=alpha, nu=1e4, delta=1.0, theta=0.6)
    explorer.state.apply(Snapshot(magnet=magnet, hold=Hold.ALPHA_NU, alpha_max=alpha_max))
    settle(explorer)
    card = explorer.phase_map
    assert explorer.state.message == ""
    assert explorer.exact.phase_map.fraction == 1.0
    assert explorer.exact.boundaries.lines == {"S_P": [], "S_B": []}
    assert not {"stopped", "stale", "busy"} & set(card._dom_classes)
    assert "Boundaries are not traced here: the field near α = 0" in card._note.value
    assert card._note.value.endswith(remedy)
    if remedy.startswith(";"):  # of which the files do not tell
        shown = explorer._shown()
        assert all(make(shown) for _, _, make in FORMATS.values())
    explorer.state.apply(Snapshot())
    settle(explorer)
    assert card._note.value == ""


def test_along_a_held_torque_no_field_beyond_the_largest_is_passed_off_as_another():
    snapshot = Snapshot(magnet=Macrospin(alpha=1.0, nu=2000.0, delta=0.9), hold=Hold.ALPHA_NU)
    curves = finish(exact_module._curves(snapshot, curves_key(snapshot), 20))
    assert curves.restricted
    assert np.all(2000.0 / np.abs(curves.alpha) <= 1e4 * (1 + 1e-9))
    small = finish(exact_module._curves(Snapshot(), curves_key(Snapshot()), 20))
    assert not small.restricted
    assert len(small.alpha) == 20


def test_a_long_wait_can_be_stopped_and_the_next_move_begins_again(explorer, monkeypatch):
    def endless(snapshot, key, points):
        while True:
            yield 0.4
            time.sleep(0.01)

    monkeypatch.setattr(exact_module, "NOTICEABLE", 0.05)
    monkeypatch.setattr(exact_module, "PATIENCE", 0.05)
    monkeypatch.setattr(exact_module, "_curves", endless)
    explorer.state.move(delta=0.31)
    deadline = time.monotonic() + PATIENCE
    while "40 %" not in explorer.rates.cue.value and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "40 %" in explorer.rates.cue.value
    explorer.exact.stop()
    assert not explorer.exact.wait(120)  # at rest, but what is there is older
    assert explorer.rates.cue.value == "stopped"
    assert "stopped" in explorer.rates._dom_classes
    assert "stale" in explorer.rates._dom_classes
    monkeypatch.undo()
    explorer.state.move(delta=0.32)
    settle(explorer)
    assert not {"stopped", "stale", "busy"} & set(explorer.rates._dom_classes)
    assert not {"stopped", "stale", "busy"} & set(explorer.phase_map._dom_classes)


WHAT = {"map": "a point of the map", "curves": "a point of the curves"}


@pytest.mark.parametrize("part", WHAT)
def test_what_cannot_be_computed_says_so_in_place_and_is_tried_again(explorer, monkeypatch, part):
    def refused(*_args, **_options):
        raise TooMuchWork("this point needs about 4452 degrees. Use a larger tol.")

    cards = {"map": explorer.phase_map, "curves": explorer.rates}
    card = cards.pop(part)
    (other,) = cards.values()
    monkeypatch.setattr(exact_module, "MAP_SHAPE", (5, 9))
    if part == "map":
        monkeypatch.setattr(maps, "levels_in_steps", lambda *args, **options: iter(refused, None))
    else:
        monkeypatch.setattr(batch, "solve_in_steps", refused)
    explorer.state.move(delta=0.31)
    settle(explorer)
    assert explorer.exact.point.magnet == explorer.state.magnet
    assert card.cue.value == "not computed"
    assert {"stopped", "busy", "stale"} <= set(card._dom_classes)
    assert card._note.value == f"Not computed: {WHAT[part]} needs too much work."
    assert WHAT[part] in explorer.state.message
    assert "tol" not in explorer.state.message
    assert not {"stopped", "stale", "busy"} & set(other._dom_classes)
    assert "Not computed" not in other._note.value
    with pytest.raises(NotComputed, match=f"{WHAT[part]} needs too much work"):
        explorer_figure(explorer._shown())
    monkeypatch.undo()
    # Even a move that asks for no other map, nor for other curves.
    explorer.state.move(alpha=0.5)
    settle(explorer)
    assert not {"stopped", "stale", "busy"} & set(card._dom_classes)
    assert card._note.value == ""


def test_a_map_that_fails_on_the_way_is_shown_as_far_as_it_came(explorer, monkeypatch):
    whole = maps.levels_in_steps

    def broken(*args, **options):
        for step in whole(*args, **options):
            yield step
            if isinstance(step, maps.Level):
                raise MemoryError

    monkeypatch.setattr(exact_module, "MAP_SHAPE", (9, 17))
    monkeypatch.setattr(maps, "levels_in_steps", broken)
    explorer.state.move(delta=0.31)
    settle(explorer)
    card = explorer.phase_map
    assert card.cue.value == "not refined"
    assert card._note.value == "Not refined: MemoryError."
    assert "stopped" in card._dom_classes
    assert "stale" not in card._dom_classes
    assert explorer.state.message == "The exact solver stopped at the map: MemoryError."
    explorer.state.message = ""
    explorer.state.move(alpha=0.5)
    settle(explorer)
    assert explorer.state.message == ""
    assert card.cue.value == "not refined"


def test_a_point_that_needs_too_much_work_is_named_as_such(monkeypatch):
    def refused(*_args, **_options):
        raise TooMuchWork("this point needs about 4452 degrees. Use a larger tol.")

    monkeypatch.setattr(fokker_planck, "steady_state", refused)
    state = ExplorerState()
    exact = Exact(state, with_map=False)
    assert not exact.wait(60)
    exact.close()
    assert exact.curves_fault.reason == "the operating point needs too much work"
    assert exact.map_fault is None
    assert exact.curves_fault.reason in state.message
    assert "tol" not in state.message


def test_a_newer_move_is_not_kept_waiting_by_slow_coarse_curves(monkeypatch):
    monkeypatch.setattr(exact_module, "PATIENCE", 0.1)
    made = exact_module._curves
    calls = []

    def slow(snapshot, key, points):
        calls.append(key)
        if len(calls) > 1:
            return (yield from made(snapshot, key, points))
        while True:
            yield None
            time.sleep(0.01)

    monkeypatch.setattr(exact_module, "_curves", slow)
    state = ExplorerState()
    exact = Exact(state, with_map=False)
    time.sleep(0.3)
    state.move(delta=0.7)
    assert exact.wait(PATIENCE)
    assert exact.curves.key.map.alpha_max == 2.0
    assert exact.curves.fine
    exact.close()


def reading_at(point, scatter, *, seen=None, dt=None):
    """Every rate a thousandth above the exact one, with a standard error of ``scatter`` times it."""
    steady = point.steady
    found = {
        name: Estimate(1.001 * getattr(steady, name), scatter * abs(getattr(steady, name)))
        for name in ("S_P", "S_B", "Sigma", "Delta_P")
    }
    nothing = Path(*np.zeros((4, 1)))
    return Reading(
        magnet=point.magnet,
        settings=Settings(dt=dt),
        estimates=Estimates(**found),
        fluctuation=seen,
        time=1e3,
        dt=0.01,
        steps_per_second=1e6,
        ledger=nothing,
        long_run=nothing,
    )


def cells(table, row):
    """The texts of one row of the ledger."""
    rows = re.findall(r"<tr[^>]*>(<th scope=.row.>.*?)</tr>", table)
    found = [[re.sub("<.*?>", "", cell) for cell in re.findall("<t[dh].*?</t[dh]>", each)] for each in rows]
    return next(each for each in found if each[0] == row)


def test_z_can_be_recomputed_from_what_is_shown(explorer):
    settle(explorer)
    point = explorer.exact.point
    explorer.live.reading = reading_at(point, 0.002)
    _, exact, _, simulated, z = cells(explorer.ledger._table.value, "SP to the current")
    value, stderr = map(float, simulated.split(" ± "))
    assert float(z) == pytest.approx((value - float(exact)) / stderr, abs=0.1)
    assert "time step" not in explorer.ledger._table.value.partition("S<sub>B")[0]


def test_a_simulation_that_tells_of_its_step_alone_says_so(explorer):
    settle(explorer)
    point = explorer.exact.point
    explorer.live.reading = reading_at(point, 1e-6)
    table = explorer.ledger._table.value
    bias = number(1e-3 * point.steady.S_P, 2)
    # A thousandth off with a millionth of scatter, within the step's promise: no z, and no 0.0 either.
    # What can be said is how much of the promise was needed.
    off = abs(point.steady.S_B) * 1e-3
    share = off / explorer.live.reading.step_bias("S_B", point.steady)
    assert cells(table, "SB to the bath")[-1] == f"{share:.0%}"
    assert f"Limited by the time step, whose stated bias is ±{bias} for S<sub>P</sub>" in table
    assert "bad" not in table
    # The same numbers with a step of one's own have no promise to hide behind.
    explorer.live.reading = reading_at(point, 1e-6, dt=0.01)
    table = explorer.ledger._table.value
    assert cells(table, "SP to the current")[-1] == "+1000.0"
    assert table.count('class="bad"') == 3
    assert "Fewer than 1 in 1000 runs are marked by chance, however long one looks." in table
    explorer.live.reading = None


@pytest.mark.parametrize(("preset", "label"), [("heat pump", "|SP|/SB"), ("dud", "")])
def test_an_engine_shows_how_little_it_fluctuates(explorer, preset, label):
    explorer.state.apply(next(each for each in PRESETS if each.name == preset).go(explorer.state.snapshot))
    settle(explorer)
    steady = explorer.exact.point.steady
    *_, shown = cells(explorer.ledger._table.value, f"efficiency {label}")
    assert shown == (f"ΔP/SP² = {number(steady.Delta_P / steady.S_P**2)}/(ηT)" if label else "")


def test_the_time_of_the_fluctuation_stands_in_the_ledger(explorer):
    settle(explorer)
    seen = Fluctuation(4.0, 400, Estimate(0.2, 0.01), 0.23, 200.0)
    explorer.live.reading = reading_at(explorer.exact.point, 0.01, seen=seen)
    table = explorer.ledger._table.value
    assert "simulated over times τ = 4.00/(ηT), where it is exactly 0.23000" in table
    assert cells(table, "ΔP fluctuation")[-1] == "−2.8"  # of the logarithm
    explorer.live.reading = None


@pytest.mark.parametrize(
    ("preset", "zero", "says"),
    [
        ("insulating", "SB to the bath", "nothing flows to or from the bath"),
        ("isotropic", "SP to the current", ""),
        ("equilibrium", "Σ produced", "no entropy flows"),
    ],
)
def test_what_is_zero_within_its_bound_is_shown_as_zero(explorer, preset, zero, says):
    explorer.state.apply(next(each for each in PRESETS if each.name == preset).go(explorer.state.snapshot))
    settle(explorer)
    table = explorer.ledger._table.value
    assert cells(table, zero)[1] == "0"
    assert says in sentence(explorer.state.snapshot, explorer.exact.point.steady)
    assert "×10" not in sentence(explorer.state.snapshot, explorer.exact.point.steady)
    assert ("nothing flows" in table) == (preset == "equilibrium")
    assert ("usual uncertainty bound" in table) == (preset != "equilibrium")


def gathered(edges, pumped, others, converged=True):
    mean, fluctuation = Estimate(0.2, 0.01), Estimate(0.926, 0.015)
    return Distribution(
        0.1, edges, pumped, others, others, mean, fluctuation, (0.1, 0.1, 0.2), 0.3, converged
    )


def test_a_narrow_peak_is_neither_cut_nor_flattens_the_others():
    edges, wide = np.linspace(-2.0, 2.0, 41), np.full(40, 0.25)
    narrow = np.zeros(40)
    narrow[20] = 10.0
    plot = DistributionPlot()
    plot.draw(gathered(edges, narrow, wide), Snapshot().scale)
    currents = plot.marks["currents"].y
    assert [*currents.max(axis=1), plot.marks["total"].y.max()] == [1.0, 1.0, 1.0]
    assert plot.y_scale.max > 1.0
    assert np.count_nonzero(currents[0]) == 2  # the two ends of its one bin


def test_an_average_that_has_not_converged_has_no_error_bar():
    edges, flat = np.linspace(-1.0, 1.0, 3), np.array([0.5, 0.5])
    plot = DistributionPlot()
    for converged in (True, False):
        found = gathered(edges, flat, flat, converged)
        plot.draw(found, Snapshot().scale)
        assert ("= 0.926 ± 0.015, exactly 1" in plot.says.value) == converged
        assert ("has not converged: rare intervals dominate it, exactly 1" in plot.says.value) != converged


def test_a_map_alone_names_its_regions(explorer):
    # Regions that live along an edge only have no place for a name, and get none at the origin either.
    panel = PhaseMap(explorer.state)
    assert all(name["from"] < name["x"] < name["to"] for name in panel.overlay.names)
    panel.close()
