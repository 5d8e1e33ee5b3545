"""One state, one notification per change, nothing lost on bad input."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slls_widgets.explore.presets import PRESETS
from slls_widgets.explore.state import LIMITS, ExplorerState, Hold, Quantity, Settings, Snapshot
from slls_widgets.explore.units import Units
from slls_widgets.magnet.macrospin import Macrospin, Phase


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def state(clock):
    return ExplorerState(clock=clock)


def seen(state):
    changes = []
    state.observe(changes.append, "snapshot")
    return changes


def test_a_move_at_fixed_torque_notifies_once_with_alpha_and_nu_together(state):
    changes = seen(state)
    state.move(alpha=-0.5)
    assert len(changes) == 1
    magnet = changes[0]["new"].magnet
    assert (magnet.alpha, magnet.nu) == (-0.5, pytest.approx(6.0, rel=1e-12))


def test_a_move_at_fixed_field_leaves_the_field(state):
    state.hold(Hold.NU)
    nu = state.magnet.nu
    state.move(alpha=1.7)
    assert state.magnet.nu == nu


def test_the_held_torque_does_not_drift_over_many_moves(state):
    torque = state.snapshot.alpha_nu
    for k in range(1, 5000):
        state.move(alpha=math.sin(k) or 0.1)
    assert state.snapshot.alpha_nu == torque


def test_a_preset_is_one_change(state):
    for preset in PRESETS:
        changes = seen(state)
        state.apply(preset.go(state.snapshot))
        assert len(changes) <= 1
        state.unobserve_all()
        assert state.message == ""


@pytest.mark.parametrize("alpha", [0.0, 1e-9, -1e-9])
def test_at_fixed_torque_the_point_stops_short_of_infinite_field_and_jumps_across(state, alpha):
    state.move(alpha=alpha)
    assert abs(state.magnet.alpha) == pytest.approx(state.snapshot.alpha_nu / 1e4, rel=1e-9)
    assert state.magnet.nu <= LIMITS["nu"][1] * (1 + 1e-12)
    if alpha:
        assert math.copysign(1, state.magnet.alpha) == math.copysign(1, alpha)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"delta": 0.0}, "delta must be > 0"),
        ({"nu": -1.0}, "nu must be > 0"),
        ({"alpha": math.nan}, "alpha must be a finite real number"),
        ({"theta": 4.0}, r"theta must lie in \[0, pi\]"),
        ({"nu": 1e5}, "nu must lie between 1e-06 and 10000"),
        ({"delta": math.inf}, "delta must be a finite"),
    ],
)
def test_a_bad_value_is_refused_with_a_message_and_nothing_is_lost(state, bad, words):
    before = state.snapshot
    changes = seen(state)
    assert state.move(**bad) is False
    assert state.snapshot is before
    assert changes == []
    assert re.search(words, state.message)
    assert state.move(delta=0.5)
    assert state.message == ""


def test_undo_and_redo_walk_the_history(state, clock):
    start = state.snapshot
    state.move(alpha=0.6)
    clock.now += 10
    state.move(theta=0.2)
    end = state.snapshot
    assert state.can_undo
    assert not state.can_redo
    state.undo()
    state.undo()
    assert state.snapshot == start
    assert not state.can_undo
    state.redo()
    state.redo()
    assert state.snapshot == end
    assert not state.can_redo


def test_one_drag_is_one_step_of_undo(state, clock):
    start = state.snapshot
    for k in range(50):
        clock.now += 0.02
        state.move(alpha=0.5 + 0.01 * k)
    state.undo()
    assert state.snapshot == start


def test_a_move_after_undo_drops_the_redone_future(state, clock):
    state.move(alpha=0.6)
    state.undo()
    clock.now += 10
    state.move(alpha=0.7)
    assert not state.can_redo


def test_holding_the_torque_is_refused_where_there_is_none(state):
    state.apply(Snapshot(magnet=Macrospin(alpha=0.0, nu=2.0, delta=0.5), hold=Hold.NU))
    assert not state.hold(Hold.ALPHA_NU)
    assert "alpha = 0" in state.message
    assert state.snapshot.hold is Hold.NU


def test_the_range_of_alpha_grows_to_keep_the_point_in_view(state):
    state.move(alpha=7.3)
    assert state.snapshot.alpha_max == 10.0


@pytest.mark.parametrize(
    "bad",
    [
        {"trajectories": 0},
        {"trajectories": 10**9},
        {"dt": -0.1},
        {"dt": math.nan},
        {"scheme": "rk4"},
        {"seed": -1},
    ],
)
def test_bad_settings_are_refused(state, bad):
    before = state.snapshot
    assert not state.configure(**bad)
    assert state.snapshot is before
    assert next(iter(bad)) in state.simulation_message


def test_settings_and_quantity_change_through_the_snapshot(state):
    assert state.configure(trajectories=64, seed=3)
    assert state.snapshot.settings == Settings(trajectories=64, seed=3)
    assert state.show(Quantity.SIGMA)
    assert state.snapshot.quantity is Quantity.SIGMA


@given(
    alpha=st.floats(-100, 100),
    nu=st.floats(1e-6, 1e4),
    delta=st.floats(1e-4, 1e3),
    theta=st.floats(0, math.pi),
    target=st.floats(-100, 100),
)
@settings(max_examples=200, deadline=None)
def test_any_legal_move_lands_on_a_legal_point_or_is_refused(alpha, nu, delta, theta, target):
    state = ExplorerState(
        Snapshot(
            magnet=Macrospin(alpha=alpha, nu=nu, delta=delta, theta=theta), hold=Hold.NU, alpha_max=100.0
        )
    )
    state.hold(Hold.ALPHA_NU)
    before = state.snapshot
    moved = state.move(alpha=target)
    if moved:
        for name, (low, high) in LIMITS.items():
            assert low - 1e-12 * abs(low) <= getattr(state.magnet, name) <= high * (1 + 1e-12)
    else:
        assert state.snapshot is before
        assert state.message


def test_presets_lie_in_the_phase_they_name():
    from slls_widgets.fokker_planck import steady_state

    wanted = {"refrigerator": Phase.REFRIGERATOR, "heat pump": Phase.HEAT_PUMP, "dud": Phase.DUD}
    wanted |= {"equilibrium": Phase.EQUILIBRIUM, "ideal engine": Phase.REFRIGERATOR}
    for preset in PRESETS:
        if preset.name in wanted:
            assert steady_state(preset.go(Snapshot()).magnet).phase is wanted[preset.name]


def test_a_sweep_of_the_field_keeps_the_torque_and_is_one_step_of_undo_however_slow(state, clock):
    start = state.snapshot
    state.move(theta=0.5)
    before = state.snapshot
    for step, nu in enumerate((10.0, 100.0, 1000.0)):
        clock.now += 10
        assert state.sweep(Units.REDUCED, "nu", nu, begins=step == 0)
        assert state.snapshot.alpha_nu == pytest.approx(start.alpha_nu, rel=1e-12)
        assert state.magnet.nu == nu
    state.undo()
    assert state.snapshot == before
    # Not a weaker field than keeps α on the map.
    assert state.sweep(Units.REDUCED, "nu", 0.01, begins=True)
    assert (state.magnet.alpha, state.snapshot.alpha_max) == (pytest.approx(2.0), 2.0)
    state.hold(Hold.NU)
    assert state.sweep(Units.REDUCED, "nu", 50.0, begins=True)
    assert state.magnet.alpha == pytest.approx(2.0)


def test_a_sweep_ends_where_something_else_moves_and_where_there_is_no_further(state):
    assert state.sweep(Units.REDUCED, "theta", 0.3, begins=True)
    state.move(delta=0.5)
    assert not state.sweep(Units.REDUCED, "theta", 0.31, begins=False)
    assert state.magnet.theta == 0.3
    assert state.sweep(Units.REDUCED, "theta", 0.31, begins=True)
    state.undo()
    assert not state.sweep(Units.REDUCED, "theta", 0.32, begins=False)
    assert state.magnet.theta == 0.3
    assert not state.sweep(Units.REDUCED, "delta", -1.0, begins=True)
    assert state.message == ""
