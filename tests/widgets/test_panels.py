"""Panels on a workbench: the shared state, the strong-field curves, the device; and an end to all threads."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from waiting import PATIENCE

import slls_widgets as sw
from slls_widgets.explore.paths import Path
from slls_widgets.explore.permalink import from_query
from slls_widgets.explore.state import Snapshot
from slls_widgets.explore.units import Scale, Units
from slls_widgets.widgets import (
    Controls,
    DeviceView,
    Explorer,
    Ledger,
    PhaseMap,
    RatesView,
    StrongFieldView,
    Workbench,
)
from slls_widgets.widgets.parts.entropy_plots import TrajectoryPlot


def threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("slls-")]


@pytest.fixture
def bench():
    made = Workbench([Controls], StrongFieldView, DeviceView, RatesView)
    settle(made)
    yield made
    made.close()


def settle(bench):
    assert bench.exact.wait(PATIENCE)
    for card in bench.cards:
        if isinstance(card, StrongFieldView):
            assert card.wait(PATIENCE)


def test_panels_share_one_state_and_only_a_map_has_a_map_computed(bench):
    controls, _, device, rates = bench.cards
    bench.state.move(theta=0.5)
    settle(bench)
    assert controls.board(Units.REDUCED).dials["theta"].shown["value"] == pytest.approx(np.degrees(0.5))
    assert device.panel.board.dials["theta"].shown["value"] == pytest.approx(np.degrees(0.5))
    assert rates._exact.curves.key.theta == 0.5
    assert bench.exact.phase_map is None
    assert "Controls, StrongFieldView, DeviceView, RatesView" in repr(bench)


def test_a_workbench_with_a_map_computes_it():
    bench = Workbench(PhaseMap)
    assert bench.exact.wait(PATIENCE)
    assert bench.exact.phase_map is not None
    assert np.asarray(bench.cards[0].lines["S_P"].x).size > 10
    bench.close()


def test_the_strong_field_curves_are_exact_and_meet_their_limits(bench):
    view = bench.cards[1]
    torque, delta = bench.state.snapshot.alpha_nu, bench.state.magnet.delta
    theta = 1.0
    drawn = view.lines["Sigma"][theta, 1.0]
    k = 30
    magnet = sw.Macrospin(alpha=drawn.x[k], nu=torque / drawn.x[k], delta=delta, theta=theta)
    assert drawn.y[k] == pytest.approx(sw.steady_state(magnet).Sigma, rel=1e-3)
    # docs/physics.md: Σ -> 2 ν α² (1+δ²) cos²θ/δ² for α -> 0 at fixed αν.
    smallest = float(drawn.x[0])
    limit = 2.0 * torque * smallest * (1.0 + delta**2) * np.cos(theta) ** 2 / delta**2
    assert drawn.y[0] == pytest.approx(limit, rel=0.02)


def test_the_strong_field_view_follows_torque_and_damping_and_greys_meanwhile(bench):
    view = bench.cards[1]
    before = np.array(view.lines["S_P"][1.0, 1.0].y)
    bench.state.move(delta=0.3)
    settle(bench)
    assert np.abs(np.array(view.lines["S_P"][1.0, 1.0].y) / before - 1.0).max() > 0.5
    assert "stale" not in view._dom_classes
    assert "0.300" in view._note.value
    view._worker.close()
    bench.state.move(delta=0.4)
    assert "stale" in view._dom_classes


def test_the_operating_point_is_a_dot_on_the_strong_field_curves(bench):
    view = bench.cards[1]
    assert view.dots["Sigma"].x == pytest.approx([0.42])
    assert view.dots["Sigma"].y == pytest.approx([bench.exact.point.steady.Sigma])
    bench.state.move(alpha=1.9)
    settle(bench)
    assert len(view.dots["Sigma"].x) == 0  # outside the frame


def test_the_device_panel_steers_the_shared_point(bench):
    device = bench.cards[2].panel
    dial = device.board.dials["current_si"]
    dial._received(dial, {"type": "slide", "value": -30.0, "request": 1}, [])
    assert bench.state.snapshot.device.current_si == pytest.approx(-30e-6)
    assert bench.state.magnet.alpha < 0.0
    # The reduced units of the other panels stay as they are.
    assert bench.state.snapshot.units is Units.REDUCED
    assert "Joule" in device.children[-1].value


def test_a_bad_turn_of_the_device_is_refused(bench):
    dial = bench.cards[2].panel.board.dials["polarisation"]
    before = bench.state.snapshot
    dial._received(dial, {"type": "type", "text": "1.5", "request": 2}, [])
    assert bench.state.snapshot is before
    assert dial.shown["text"] == "0.6"
    assert "p must lie between 0.00100 and 1.00; got 1.5" in bench.cards[0]._message.value


@pytest.mark.parametrize("make", [Explorer, lambda: Workbench(RatesView, StrongFieldView, Ledger)])
def test_close_ends_every_thread_and_may_be_repeated(make):
    before = threads()
    made = make()
    made.state.running = True
    assert made.exact.wait(PATIENCE)
    made.close()
    made.close()
    # A job under way ends at its next look at the clock, which a busy machine may delay.
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and set(threads()) - set(before):
        time.sleep(0.05)
    assert set(threads()) <= set(before)
    made.state.move(alpha=0.3)  # nothing follows any more
    made.state.running = True
    assert set(threads()) <= set(before)


def test_a_ping_is_answered_with_the_whole_state(bench, monkeypatch):
    sent = []
    monkeypatch.setattr(bench.page, "send", lambda content, buffers=None: sent.append(content))
    bench.state.move(alpha=-0.7)
    bench.page._received(None, {"type": "ping"}, [])
    assert sent[0]["type"] == "pong"
    assert from_query(sent[0]["query"]) == bench.state.snapshot


def test_the_ledger_shows_a_path_or_a_distribution(explorer):
    ledger = explorer.ledger
    assert not explorer.live.with_distribution
    ledger.choice.choose("distribution")
    assert explorer.live.with_distribution
    assert "hidden" in ledger._views["one trajectory"]._dom_classes
    ledger.choice._buttons["distribution"].value = False  # pressing the one that is down changes nothing
    assert ledger.choice._buttons["distribution"].value
    ledger.choice.choose("long run")
    assert not explorer.live.with_distribution
    assert "hidden" in ledger._views["distribution"]._dom_classes
    assert "hidden" not in ledger._views["one trajectory"]._dom_classes
    ledger.choice.choose("one trajectory")
    assert "hidden" not in ledger._views["one trajectory"]._dom_classes


def test_the_ledger_draws_the_trajectory_with_its_exact_slopes(explorer):
    steady = explorer.exact.point.steady
    times = np.array([0.0, 1.0, 2.0])
    energy = np.array([0.0, 0.5, -0.25])
    path = Path(times, np.array([0.0, 1.0, 3.0]), np.array([0.0, -1.5, -1.25]), energy)
    plot = explorer.ledger.trajectory
    explorer.state.show(units=Units.SI)
    scale = explorer.state.snapshot.scale
    plot.draw(steady, path, scale)
    assert "ΔE/T = −0.25<" in plot.says.value
    np.testing.assert_allclose(plot.marks["paths"].y, [[0.0, 1.0, 3.0], [0.0, -1.0, -1.5], [0.0, 0.0, 1.5]])
    assert plot.marks["paths"].x == pytest.approx(scale.time * times)
    slopes = [[0.0, 2.0 * rate] for rate in (steady.S_P, steady.S_B, steady.Sigma)]
    np.testing.assert_allclose(plot.marks["slopes"].y, slopes)
    assert "ns" in plot.x_axis.label


def test_before_a_run_the_ledger_draws_the_exact_slopes_alone(explorer):
    steady, plot = explorer.exact.point.steady, explorer.ledger.trajectory
    slopes = plot.marks["slopes"]
    np.testing.assert_allclose(slopes.y[:, -1] / slopes.x[-1], [steady.S_P, steady.S_B, steady.Sigma])
    assert not np.any(plot.marks["paths"].y)
    explorer.state.hold("nu")
    explorer.state.move(alpha=0.0)
    assert explorer.exact.wait(PATIENCE)
    assert plot.y_scale.max - plot.y_scale.min == 2.0  # an axis of ordinary size where nothing flows


def test_in_equilibrium_the_errors_of_the_steps_do_not_fill_the_plot():
    plot, time = TrajectoryPlot(), np.array([0.0, 1.0, 2.0])
    steps = np.array([0.0, 2e-5, -1e-5])
    path = Path(time, 0.0 * time, steps, 0.0 * time)
    plot.draw(sw.steady_state(sw.Macrospin(alpha=0.0, nu=5.0, delta=0.5)), path, Scale())
    assert plot.y_scale.max - plot.y_scale.min >= 2.0


@pytest.mark.parametrize(("nu", "label"), [(1e-6, "entropy / 10⁻¹²"), (1e-3, "entropy / 10⁻⁶")])
def test_slopes_close_to_equilibrium_fill_the_plot(nu, label):
    steady = sw.steady_state(sw.Macrospin(alpha=0.5, nu=nu, delta=0.866, theta=0.6))
    plot = TrajectoryPlot()
    plot.expect(steady, Scale())
    ends = plot.marks["slopes"].y[:, -1]
    # Two of them far apart by the eye: a good part of the axis each.
    assert 0.0 < plot.y_scale.max - plot.y_scale.min < 1.5 * (ends.max() - ends.min())
    assert plot.y_axis.label == label
    assert all(len(text) <= 5 for text in plot.y_axis.tick_labels.values())


def test_the_plot_of_a_path_knows_every_unit_of_time():
    steady, plot = sw.steady_state(sw.Macrospin(alpha=0.5, nu=1.0, delta=0.866)), TrajectoryPlot()
    for suffix, words in {
        "/(ηT)": " in 1/(ηT)",
        " µs": " in µs",
        " s": " in s",
        "": ", the paper's units",
    }.items():
        plot.expect(steady, Scale(time_suffix=suffix))
        assert plot.x_axis.label == f"time of one trajectory{words}"


def test_a_snapshot_starts_a_workbench_where_it_says():
    start = Snapshot(magnet=sw.Macrospin(alpha=0.1, nu=3.0, delta=0.2, theta=0.3))
    bench = Workbench(Controls, snapshot=start)
    assert bench.state.snapshot == start
    bench.close()
