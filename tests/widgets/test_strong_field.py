"""The strong-field panel beyond its exact curves: the variance over the paper's τ, and simulated points."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets.explore.live import Reading
from slls_widgets.explore.paths import Path
from slls_widgets.magnet.paper import PAPER_TAU
from slls_widgets.simulation import Estimate, Estimates
from slls_widgets.widgets import StrongFieldView, Workbench


@pytest.fixture
def bench():
    made = Workbench(StrongFieldView)
    settle(made)
    yield made
    made.close()


def settle(bench):
    assert bench.exact.wait(300)
    assert bench.cards[0].wait(300)


def reading(magnet: sw.Macrospin, **estimates: Estimate) -> Reading:
    values = Estimates(**{name: estimates.get(name, Estimate(1.0, 0.1)) for name in Estimates._fields})
    nothing = Path(*np.zeros((4, 1)))
    return Reading(magnet, SimpleNamespace(), values, None, 1.0, 0.01, 1e6, nothing, nothing)


def test_the_thin_curves_are_the_variance_over_the_papers_time(bench):
    view = bench.cards[0]
    torque, delta = bench.state.snapshot.alpha_nu, bench.state.magnet.delta
    assert len(view.finite) == 8
    for (theta, sign), mark in view.finite.items():
        size = float(mark.x[-3])
        magnet = sw.Macrospin(alpha=sign * size, nu=torque / size, delta=delta, theta=theta)
        state = sw.steady_state(magnet)
        assert mark.y[-3] == pytest.approx(float(state.finite_time_variance(PAPER_TAU)), rel=1e-3)
        # Too short a time for weak fields: no confusion with the limit drawn beside it.
        assert mark.y[-1] < 0.8 * view.lines["Delta_P"][theta, sign].y[-1]


def test_axes_are_in_words_and_powers(bench):
    view = bench.cards[0]
    assert [axis.label for axis in view._y_axes.values()] == [
        "|pumped rate| / ηT",
        "production / ηT",
        "fluctuation / ηT",
    ]
    names = list(view._y_axes["Delta_P"].tick_labels.values())
    assert {"10⁻⁴", "10⁻²"} <= set(names)
    assert not any("e" in name or "0.0" in name for name in names)
    for axis in view._y_axes.values():
        assert len(axis.tick_labels) == len(axis.tick_values)


def test_the_thin_curves_go_with_the_torque_they_belong_to(bench):
    view = bench.cards[0]
    before = np.array(view.finite[1.0, 1.0].y)
    bench.state.move(delta=0.3)
    settle(bench)
    assert np.abs(np.array(view.finite[1.0, 1.0].y) / before - 1.0).max() > 0.3


def test_a_simulation_leaves_points_with_bars(bench):
    view = bench.cards[0]
    magnet = bench.state.magnet
    found = reading(magnet, S_P=Estimate(-3.0, 0.5), Sigma=Estimate(-0.1, 0.2))
    view._simulated({"new": found})
    assert view.points["S_P"].x == pytest.approx([abs(magnet.alpha)])
    assert view.points["S_P"].y == pytest.approx([3.0])
    assert view.bars["S_P"].y == pytest.approx([2.5, 3.5])
    # A negative Σ has no place on a logarithm.
    assert len(view.points["Sigma"].x) == 0
    view._simulated({"new": reading(sw.Macrospin(alpha=0.123, nu=1.0, delta=1.0))})
    assert len(view.points["S_P"].x) == 1  # of another magnet than the one shown
    bench.state.move(delta=0.3)
    settle(bench)
    assert len(view.points["S_P"].x) == 0
