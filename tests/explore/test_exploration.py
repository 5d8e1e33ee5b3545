"""What follows a state is made once for all who show it, and ends with the last of them."""

from __future__ import annotations

import threading

from waiting import PATIENCE, eventually

from slls_widgets.explore.exploration import Exploration
from slls_widgets.explore.state import ExplorerState


def threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("slls-")}


def test_one_state_has_one_exploration_and_another_state_another():
    state = ExplorerState()
    first, second, other = Exploration.of(state), Exploration.of(state), Exploration.of()
    try:
        assert first is second
        assert first.exact is second.exact
        assert other is not first
        assert other.state is not state
    finally:
        for exploration in (first, second, other):
            exploration.leave()


def test_the_last_to_leave_ends_the_threads_and_a_new_exploration_follows_again():
    before = threads()
    state = ExplorerState()
    first, second = Exploration.of(state), Exploration.of(state)
    exact = first.exact
    first.leave()
    state.move(theta=0.2)
    assert exact.wait(PATIENCE)
    assert exact.point.magnet.theta == 0.2  # the other one is still there
    state.running = True
    second.leave()
    assert not state.running
    # Panels that other tests have dropped may still be at work, and end by themselves.
    assert eventually(lambda: not threads() - before)
    state.move(theta=0.3)
    assert exact.point.magnet.theta == 0.2
    third = Exploration.of(state)
    assert third.exact is not exact
    assert third.exact.wait(PATIENCE)
    assert third.exact.point.magnet.theta == 0.3
    third.leave()


def test_nothing_is_computed_that_nobody_asked_for():
    exploration = Exploration.of()
    assert "exact" not in vars(exploration)
    assert exploration.exact.wait(PATIENCE)
    assert exploration.exact.phase_map is None
    exploration.exact.want_map()
    assert exploration.exact.wait(PATIENCE)
    assert exploration.exact.phase_map.fraction == 1.0
    exploration.leave()
