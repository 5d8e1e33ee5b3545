"""A quantity of one's own beside the others: its curve, its point, its faults."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets.explore.state import Hold, Snapshot
from slls_widgets.widgets import CurvePanel, Workbench

PATIENCE = 60.0


def shown(quantity, snapshot):
    bench = Workbench(partial(CurvePanel, "Mine", quantity, "mine / ηT"), snapshot=snapshot)
    return bench, bench.cards[0]


@pytest.mark.parametrize("hold", list(Hold))
def test_the_curve_and_the_point_are_the_quantity(hold):
    start = Snapshot(magnet=sw.Macrospin(alpha=0.4, nu=5.0, delta=0.3, theta=0.8)).holding(hold)
    bench, panel = shown(lambda steady: steady.Delta_B, start)
    assert panel.following.wait(PATIENCE)
    alpha, values = panel.plot.marks["curve"].x, panel.plot.marks["curve"].y
    assert np.array_equal(alpha, np.linspace(-start.alpha_max, start.alpha_max, alpha.size))
    for k in (3, 50, 80):
        nu = 2.0 / abs(alpha[k]) if hold is Hold.ALPHA_NU else 5.0
        magnet = sw.Macrospin(alpha=alpha[k], nu=nu, delta=0.3, theta=0.8)
        assert values[k] == pytest.approx(sw.steady_state(magnet).Delta_B, rel=1e-9)
    # At a fixed torque the field is infinite there, and nothing is drawn.
    assert np.isnan(values[40]) == (hold is Hold.ALPHA_NU)
    (here,) = panel.plot.marks["point"].y
    assert here == pytest.approx(sw.steady_state(start.magnet).Delta_B, rel=1e-9)
    bench.state.move(theta=0.2)
    assert panel.following.wait(PATIENCE)
    assert panel.plot.marks["curve"].y[80] != values[80]
    bench.close()


def test_a_fault_of_the_quantity_is_told_and_the_panel_lives_on():
    def above(steady):
        if steady.magnet.theta > 1.0:
            raise ValueError("only up to 1")
        return steady.S_P

    bench, panel = shown(above, Snapshot().moved(theta=1.2))
    assert not panel.following.wait(PATIENCE)
    assert panel.says.value == "only up to 1"
    bench.state.move(theta=0.5)
    assert panel.following.wait(PATIENCE)
    assert panel.says.value == ""
    bench.close()


@pytest.mark.parametrize("change", [{"alpha_max": 0.5}, {"hold": Hold.NU}])
def test_the_curve_follows_what_is_held_and_the_range_though_the_magnet_stays(change):
    bench, panel = shown(lambda steady: steady.S_P, Snapshot())
    assert panel.following.wait(PATIENCE)
    before = panel.plot.marks["curve"].y
    bench.state.snapshot = replace(bench.state.snapshot, **change)
    assert "stale" in panel._dom_classes
    assert panel.following.wait(PATIENCE)
    alpha, values = panel.plot.marks["curve"].x, panel.plot.marks["curve"].y
    snapshot = bench.state.snapshot
    assert alpha[-1] == snapshot.alpha_max
    magnet = snapshot.magnet.replace(alpha=alpha[-1], nu=float(snapshot.held.at(alpha[-1])))
    assert values[-1] == pytest.approx(sw.steady_state(magnet).S_P, rel=1e-9) != before[-1]
    assert "stale" not in panel._dom_classes
    bench.close()


@pytest.mark.parametrize("beyond", [math.nan, math.inf])
@pytest.mark.parametrize("end", [1.5, -9.0])
def test_a_point_without_a_number_leaves_the_axis(beyond, end):
    start = Snapshot(magnet=sw.Macrospin(alpha=1.8, nu=3.0, delta=0.9, theta=0.0))
    bench, panel = shown(lambda steady: 1.0 if steady.magnet.alpha < end else beyond, start)
    assert panel.following.wait(PATIENCE)
    assert panel.says.value == ""
    low, high = panel.plot.figure.axes[1].scale.min, panel.plot.figure.axes[1].scale.max
    assert low < (1.0 if end > 0.0 else 0.0) < high < 3.0
    bench.close()
