"""A move there and back again while results are on their way: what is shown last belongs to the point."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from waiting import PATIENCE, at_rest

from slls_widgets._steps import each
from slls_widgets.explore import exact as exact_module
from slls_widgets.explore.dispatch import Dispatcher
from slls_widgets.explore.exact import Exact
from slls_widgets.explore.follow import Following
from slls_widgets.explore.results import curves_key
from slls_widgets.explore.state import ExplorerState


class Late(Dispatcher):
    """Results wait until they are delivered, as they do while the kernel's thread is busy."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[str, Callable[[], None]] = {}

    def post(self, topic: str, callback: Callable[[], None]) -> None:
        with self._lock:
            self.waiting[topic] = callback

    def deliver(self) -> None:
        with self._lock:
            waiting, self.waiting = self.waiting, {}
        for callback in waiting.values():
            callback()


@pytest.fixture
def state() -> ExplorerState:
    return ExplorerState()


def test_the_curves_are_those_of_the_point(state: ExplorerState, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Late()
    exact = Exact(state, late, with_map=False)
    assert at_rest(exact)
    late.deliver()
    here = state.snapshot.magnet.delta
    made, begun = exact_module._curves, threading.Event()

    def interrupted(snapshot, key, points):
        while snapshot.magnet.delta != here and points == exact_module.FINE_POINTS:
            begun.set()
            yield None
        return (yield from made(snapshot, key, points))

    monkeypatch.setattr(exact_module, "_curves", interrupted)
    state.move(delta=0.1)
    assert begun.wait(PATIENCE)  # its coarse curves are on their way
    state.move(delta=here)
    assert at_rest(exact)
    late.deliver()
    assert exact.curves is not None
    assert exact.curves.key == curves_key(state.snapshot)
    assert exact.curves.fine
    exact.close()


def test_progress_of_what_is_superseded_is_not_told(
    state: ExplorerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Late()
    exact = Exact(state, late, with_map=False)
    assert at_rest(exact)
    late.deliver()
    monkeypatch.setattr(exact_module, "NOTICEABLE", 0.0)
    made, begun = exact_module._curves, threading.Event()

    def slow(snapshot, key, points):
        while snapshot.magnet.delta == 0.1:
            yield 0.4
            begun.set()
        return (yield from each(made(snapshot, key, points), lambda done: None))

    monkeypatch.setattr(exact_module, "_curves", slow)
    state.move(delta=0.1)
    assert begun.wait(PATIENCE)
    state.move(delta=0.3)
    assert at_rest(exact)
    late.deliver()
    assert exact.progress == 0.0
    exact.close()


@pytest.mark.parametrize("delivered", [True, False])
def test_what_follows_the_point_is_of_the_point(state: ExplorerState, delivered: bool) -> None:
    late = Late()
    exact = Exact(state, with_map=False)
    begun, go_on = threading.Event(), threading.Event()

    def compute(point, cancelled):
        if point.magnet.theta == 1.0:
            begun.set()
            assert go_on.wait(PATIENCE)
        yield point.magnet.theta

    following = Following(exact, compute, late)
    assert at_rest(exact)
    assert at_rest(following)
    if delivered:
        late.deliver()
    there, here = 1.0, state.snapshot.magnet.theta
    state.move(theta=there)
    assert begun.wait(PATIENCE)
    state.move(theta=here)
    assert at_rest(exact)
    go_on.set()
    assert at_rest(following)
    late.deliver()
    assert following.result is not None
    assert following.result.value == here
    following.close()
    exact.close()
