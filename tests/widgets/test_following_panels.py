"""Panels that compute in the background at each new point: fluctuations and counting statistics."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from waiting import PATIENCE, at_rest, eventually

import slls_widgets as sw
from slls_widgets._cancellation import Cancelled
from slls_widgets.explore.exact import Exact
from slls_widgets.explore.follow import Following
from slls_widgets.explore.state import ExplorerState, Hold, Snapshot
from slls_widgets.widgets import CorrelationView, CountingView, PsiView, VarianceView, Workbench
from slls_widgets.widgets.parts.curves import Curve, CurvePlot


@pytest.fixture
def bench():
    start = Snapshot(magnet=sw.Macrospin(alpha=0.5, nu=2.0, delta=0.8), hold=Hold.NU)
    made = Workbench(PsiView, CorrelationView, VarianceView, CountingView, snapshot=start)
    settle(made)
    yield made
    made.close()


def settle(bench: Workbench) -> None:
    # Not `wait`, which is not true where a panel cannot compute what it shows.
    assert at_rest(bench.exact)
    assert all(at_rest(card.following) for card in bench.cards if hasattr(card, "following"))


def test_every_panel_follows_the_point(bench: Workbench) -> None:
    bench.state.move(alpha=-0.8, theta=0.0)
    settle(bench)
    psi, correlation, variance, counting = bench.cards
    # The isotropic point: free diffusion, C(t)/C(0) = e^{-2t}, and Ψ at its bound.
    assert psi.plot.marks["at exact"].y[0] == pytest.approx(0.5)
    curve = correlation.plot.marks["exact"]
    assert curve.y == pytest.approx(np.exp(-2.0 * curve.x), abs=1e-7)
    x = 0.5
    assert variance.plot.marks["paper"].y[0] == pytest.approx(1.0 - (1.0 - math.exp(-x)) / x, abs=1e-6)
    own, partner = counting.plot.marks["own"], counting.plot.marks["partner"]
    assert partner.y == pytest.approx(own.y, abs=1e-9)
    assert "∞" in counting.says.value
    assert not any("stale" in card._dom_classes for card in bench.cards)


def test_fast_precession_is_drawn_turn_by_turn(bench: Workbench) -> None:
    correlation = bench.cards[1]
    bench.state.move(alpha=0.001, nu=40.0, delta=0.005, theta=1.0)
    settle(bench)
    curve = correlation.plot.marks["exact"]
    turn = 2.0 * math.pi / abs(bench.state.magnet.precession[2])
    assert np.diff(curve.x).max() < turn / 20.0
    assert curve.x[-1] == pytest.approx(40.0 * turn)
    assert curve.x.size < 1000
    steady = sw.steady_state(bench.state.magnet)
    slowest = steady.relaxation_rates(1).real[0]
    assert f"slowest relaxation rate: {slowest:.1f} ηT" in correlation.says.value


def test_a_panel_is_grey_until_its_result_belongs_to_the_point(bench: Workbench) -> None:
    correlation = bench.cards[1]
    correlation.following._workers[0].cancel()
    bench.exact.unobserve_all("point")
    bench.state.move(alpha=0.7)
    assert "stale" in correlation._dom_classes


@pytest.mark.parametrize("view", [CorrelationView, VarianceView, CountingView])
def test_a_fault_stands_in_the_caption_until_the_panel_is_well_again(view, monkeypatch) -> None:
    state = ExplorerState(Snapshot(magnet=sw.Macrospin(alpha=0.5, nu=2.0, delta=0.8), hold=Hold.NU))
    panel = view(state)
    exact, following = panel._exploration.exact, panel.following

    def settled() -> str:
        assert at_rest(exact)
        assert at_rest(following)
        return panel.says.value

    caption, compute = settled(), following._compute

    def too_steep(point, cancelled):
        raise ValueError("too <steep>")

    monkeypatch.setattr(following, "_compute", too_steep)
    state.move(alpha=0.9)
    assert settled() == "too &lt;steep&gt;"
    monkeypatch.setattr(following, "_compute", compute)
    state.move(alpha=0.3)
    assert settled()[:5] == caption[:5]
    panel.close()


def test_counting_statistics_are_found_with_few_tilts() -> None:
    """With seven in place of nine the work would pass its limit here, and at the default point."""
    panel = CountingView(ExplorerState(Snapshot().moved(alpha=0.8)))
    assert at_rest(panel._exploration.exact)
    assert at_rest(panel.following)
    assert panel.following.error == ""
    found = panel.following.result.value
    assert found.k.size == 17
    assert np.abs(found.own - found.partner).max() < 1e-6
    panel.close()


def test_the_log_axis_has_powers_of_ten_for_ticks(bench: Workbench) -> None:
    assert list(bench.cards[0].plot.x_axis.tick_values) == [-1.0, 0.0, 1.0, 2.0]
    assert bench.cards[0].plot.x_axis.tick_labels["-1"] == "0.1"
    names = ["10⁻³", "10⁻²", "10⁻¹", "1", "10", "10²"]
    assert list(bench.cards[2].plot.x_axis.tick_labels.values()) == names


def test_the_log_axis_is_told_its_texts_once_and_before_its_ticks() -> None:
    # Told after them, they are overwritten: bqplot draws ticks late, with the texts it knew before.
    plot, told = CurvePlot({"curve": Curve("curve", "red")}, "x", "y", logarithmic=True), []
    plot.x_axis.observe(lambda change: told.append(change["name"]), ["tick_values", "tick_labels"])
    plot.set_x(1e-3, 100.0)
    assert told == ["tick_labels", "tick_values"]


def test_captions_and_axes_set_their_subscripts(bench: Workbench) -> None:
    for card in bench.cards:
        texts = (card.says.value, card.plot.x_axis.label, card.plot.y_axis.label)
        assert not any(mark in text for text in texts for mark in ("_", "1e"))


def test_a_failure_is_told_and_the_next_point_works() -> None:
    state = ExplorerState()
    exact = Exact(state, with_map=False)

    def compute(point, cancelled):
        if point.magnet.theta > 1.0:
            raise ValueError("too steep")
        yield point.magnet.theta

    following = Following(exact, compute)
    try:
        for theta, error in ((1.2, "too steep"), (0.3, "")):
            state.move(theta=theta)
            assert exact.wait(PATIENCE)
            assert following.wait(PATIENCE) == (
                not error
            )  # True would pass the older result off as the present one
            assert following.error == error
        assert following.result is not None
        assert following.result.value == 0.3
    finally:
        following.close()
        exact.close()


def test_a_newer_point_ends_the_counting_statistics_at_once(bench: Workbench, monkeypatch) -> None:
    from slls_widgets.fokker_planck import counting

    asked = threading.Event()

    def endless(magnet, k, which, *, tol, cancel):
        asked.set()
        assert eventually(cancel)
        raise Cancelled

    monkeypatch.setattr(counting, "scgf", endless)
    bench.state.move(alpha=0.9)
    assert asked.wait(PATIENCE)
    monkeypatch.undo()
    bench.state.move(alpha=0.8)
    settle(bench)
    assert bench.cards[3].following.result.magnet == bench.state.magnet
