"""The live engine alone: it obeys, says what it belongs to, and leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numba import config

from slls_widgets.explore import live as engine
from slls_widgets.explore.live import LiveSimulation
from slls_widgets.explore.state import ExplorerState, Snapshot

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="the pilot run alone takes minutes")


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "slls-simulation"]


@pytest.fixture
def live() -> Iterator[LiveSimulation]:
    live = LiveSimulation(ExplorerState())
    live._worker._linger = 0.05
    yield live
    live.close()
    assert live.wait(10)
    assert eventually(lambda: not workers()), "a thread stayed behind"


def test_nothing_runs_unasked(live: LiveSimulation) -> None:
    assert workers() == []
    assert live.frame is None


def test_paused_means_no_frame_and_no_thread(live: LiveSimulation) -> None:
    live._state.running = True
    assert eventually(lambda: live.reading is not None)
    live._state.running = False
    assert live.wait(10)
    frame = live.frame
    assert eventually(lambda: not workers())
    assert live.frame is frame


def test_resuming_goes_on_with_the_same_statistics(live: LiveSimulation) -> None:
    live._state.running = True
    assert eventually(lambda: live.reading is not None)
    live._state.running = False
    assert live.wait(10)
    before = live.reading
    live._state.running = True
    assert eventually(lambda: live.reading is not before)
    assert live.reading.time > before.time


def test_reset_begins_anew(live: LiveSimulation) -> None:
    state = live._state
    state.running = True
    assert eventually(lambda: live.reading is not None and live.reading.ledger[0].size > 10)
    longest = live.reading.time
    live.reset()
    assert live.reading is None or live.reading.time < longest
    assert eventually(lambda: live.reading is not None)
    assert live.reading.ledger[0][0] == 0.0


def test_results_carry_the_parameters_they_belong_to(live: LiveSimulation) -> None:
    seen: list[tuple[object, object]] = []
    live.observe(lambda change: seen.append((change.new.magnet, live._bench._bulk.magnet)), "frame")
    state = live._state
    state.running = True
    for alpha in (0.5, -0.4, 0.9, 1.4):
        assert state.move(alpha=alpha)
        assert eventually(lambda: live.frame is not None and live.frame.magnet == state.magnet)
    assert eventually(lambda: live.reading is not None and live.reading.magnet == state.magnet)
    assert len({of for of, _ in seen}) >= 4
    assert all(of == simulated for of, simulated in seen)
    paths = live.frame.paths
    np.testing.assert_allclose(np.linalg.norm(paths, axis=-1), 1.0, atol=1e-12)


def test_an_exception_becomes_a_message_and_ends_the_run(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, _with_distribution: bool) -> None:
        raise ArithmeticError("the moment left the sphere")

    monkeypatch.setattr(engine._Bench, "advance_bulk", broken)
    live._state.running = True
    assert eventually(lambda: not live._state.running)
    assert live._state.message == "The simulation stopped: the moment left the sphere"
    assert eventually(lambda: not workers())


def test_a_step_the_scheme_cannot_stand_is_a_message_too(live: LiveSimulation) -> None:
    assert live._state.move(delta=0.02)
    assert live._state.configure(scheme="euler", dt=0.5)
    live._state.running = True
    assert eventually(lambda: not live._state.running)
    assert "dt must be <=" in live._state.message


def test_it_stops_by_itself_when_nobody_does_anything(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_SECONDS", 0.3)
    live._state.running = True
    assert eventually(lambda: "paused after" in live._state.message)
    assert not live._state.running
    assert eventually(lambda: not workers())


def test_the_ledger_keeps_the_whole_history_in_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LEDGER_POINTS", 20)
    bench = engine._Bench(Snapshot(), lambda: False)
    for _ in range(100):
        bench.move_tracers()
    bench.advance_bulk(with_distribution=False)
    times, pumped, _ = bench.reading().ledger
    assert 10 <= times.size <= 20
    assert times[0] == pumped[0] == 0.0
    assert (np.diff(times) > 0.0).all()
    assert times[-1] == bench._tracers.elapsed
