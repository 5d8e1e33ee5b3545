"""The same jobs by either kind of worker: in threads, and in the turns of an event loop, which has none."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import pytest
from numba import config
from waiting import PATIENCE

from slls_widgets.explore import exact as exact_module
from slls_widgets.explore import live as engine
from slls_widgets.explore import worker as workers
from slls_widgets.explore.exact import Exact
from slls_widgets.explore.follow import Following
from slls_widgets.explore.live import LiveSimulation
from slls_widgets.explore.results import Point
from slls_widgets.explore.state import ExplorerState
from slls_widgets.explore.worker import KEEP, Job, LoopWorker, Rest, ThreadWorker, Worker

KINDS = [ThreadWorker, LoopWorker]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Worker]:
    monkeypatch.setattr(workers, "KIND", request.param)
    chosen: type[Worker] = request.param
    return chosen


@pytest.fixture
def failures() -> list[Exception]:
    return []


@pytest.fixture
def worker(kind: type[Worker], failures: list[Exception]) -> Iterator[Worker]:
    worker = workers.new_worker("test-kinds", failures.append)
    assert type(worker) is kind
    yield worker
    worker.close()
    assert not worker.busy
    assert not [thread for thread in threading.enumerate() if thread.name == "test-kinds"]


def in_loop(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(main(), PATIENCE)

    asyncio.run(limited())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_the_newest_job_takes_the_place_of_the_one_under_way_at_a_yield(worker: Worker) -> None:
    seen: list[str] = []

    def old() -> Job:
        try:
            while True:
                seen.append("old")
                yield
        finally:
            seen.append("closed")

    def new(name: str) -> Job:
        yield Rest(0.0)
        seen.append(name)

    async def main() -> None:
        worker.submit(old())
        await until(lambda: bool(seen))
        worker.submit(new("skipped or run"))
        worker.submit(new("last"))
        await until(lambda: not worker.busy)

    in_loop(main)
    seen = [each for each in seen if each not in ("old", "skipped or run")]
    assert seen == ["closed", "last"]


def test_where_a_job_is_kept_others_have_a_turn_and_no_newer_one_takes_its_place(worker: Worker) -> None:
    seen: list[str] = []

    def kept() -> Job:
        seen.append("begun")
        while "asked anew" not in seen:
            yield KEEP
        yield KEEP
        seen.append("kept")
        yield
        seen.append("never")

    def newer() -> Job:
        seen.append("newer")
        yield

    async def main() -> None:
        worker.submit(kept())
        await until(lambda: bool(seen))
        worker.submit(newer())
        seen.append("asked anew")
        await until(lambda: not worker.busy)

    in_loop(main)
    assert seen == ["begun", "asked anew", "kept", "newer"]


def test_a_rest_is_over_with_a_newer_job_and_with_the_end(worker: Worker) -> None:
    """Not a time but an order of events: the rest is far longer than the test may take."""
    seen: list[str] = []

    def idler() -> Job:
        seen.append("rests")
        yield Rest(3600.0)
        seen.append("never")

    def newer() -> Job:
        seen.append("newer")
        yield

    async def main() -> None:
        worker.submit(idler())
        await until(lambda: "rests" in seen)
        worker.submit(newer())
        await until(lambda: not worker.busy)
        worker.submit(idler())
        await until(lambda: seen[-1] == "rests")
        worker.close()
        assert not worker.busy
        worker.submit(newer())

    in_loop(main)
    assert seen == ["rests", "newer", "rests"]


def test_a_job_that_fails_is_told_and_the_next_one_runs(worker: Worker, failures: list[Exception]) -> None:
    done: list[str] = []

    def fails() -> Job:
        yield
        raise ZeroDivisionError

    def works() -> Job:
        yield
        done.append("next")

    async def main() -> None:
        worker.submit(fails())
        await until(lambda: not worker.busy)
        worker.submit(works())
        await until(lambda: not worker.busy)

    in_loop(main)
    assert [type(error) for error in failures] == [ZeroDivisionError]
    assert done == ["next"]


def test_waiting_in_the_loop_itself_does_the_work(worker: Worker) -> None:
    """As in the cell of a notebook: nothing else runs in its loop meanwhile."""
    done: list[float] = []

    def steps() -> Job:
        for _ in range(3):
            yield Rest(0.001)
        done.append(1.0)

    def endless() -> Job:
        while True:
            yield Rest(0.001)

    async def main() -> None:
        worker.submit(steps())
        assert worker.wait(PATIENCE)
        assert done == [1.0]
        worker.submit(endless())
        assert not worker.wait(0.05)

    in_loop(main)


def test_jobs_in_one_loop_take_turns_with_each_other_and_with_the_loop() -> None:
    turns: list[str] = []
    failed: list[Exception] = []

    def endless(name: str) -> Job:
        while True:
            turns.append(name)
            time.sleep(0.001)
            yield

    async def main() -> None:
        both = [LoopWorker(name, failed.append) for name in "ab"]
        for name, worker in zip("ab", both, strict=True):
            worker.submit(endless(name))
        for _ in range(4):
            before = len(turns)
            await until(lambda before=before: {"a", "b"} <= set(turns[before:]))  # type: ignore[misc]
        for worker in both:
            worker.close()

    in_loop(main)
    assert not failed


def found(kind: type[Worker], monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """What the exact jobs find at two points in turn, in a loop."""
    monkeypatch.setattr(workers, "KIND", kind)
    results: dict[str, np.ndarray] = {}

    def compute(point: Point, cancelled: Callable[[], bool]) -> Iterator[float | None]:
        yield None
        yield point.steady.Sigma

    async def main() -> None:
        state = ExplorerState()
        exact = Exact(state)
        following = Following(exact, compute)
        await until(lambda: exact.curves is not None)
        assert state.move(delta=0.7)
        # The map is the last to come.
        await until(lambda: exact.phase_map is not None and exact.phase_map.key.delta == 0.7)
        await until(lambda: not any(worker.busy for worker in (*exact._workers, *following._workers)))
        await asyncio.sleep(0)
        assert exact.wait(PATIENCE)
        assert following.wait(PATIENCE)
        for name in ("S_P", "S_B", "Sigma"):
            results[f"curve {name}"] = getattr(exact.curves, name)
            results[f"map {name}"] = getattr(exact.phase_map.level, name)
            results[f"point {name}"] = np.array(getattr(exact.point.steady, name))
        results["density"] = exact.density.values
        for name, lines in exact.boundaries.lines.items():
            results[f"line {name}"] = np.concatenate([np.stack(line) for line in lines], axis=1)
        results["followed"] = np.array(following.result.value)
        following.close()
        exact.close()

    in_loop(main)
    return results


@pytest.mark.compiled
def test_either_kind_finds_the_same_exact_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_module, "MAP_SHAPE", (9, 17))
    before = threading.active_count()
    turns = found(LoopWorker, monkeypatch)
    threads = found(ThreadWorker, monkeypatch)
    assert turns.keys() == threads.keys()
    for name, values in turns.items():
        np.testing.assert_array_equal(values, threads[name], err_msg=name)
    assert threading.active_count() == before


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="the pilot run alone takes minutes")
def test_either_kind_simulates_and_obeys(kind: type[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "READING_SECONDS", 0.0)

    async def main() -> None:
        state = ExplorerState()
        live = LiveSimulation(state)
        state.running = True
        await until(lambda: live.reading is not None and live.reading.fluctuation is not None)
        assert live.trace.magnet == state.magnet
        assert state.move(alpha=-0.4)
        await until(lambda: live.reading.magnet == state.magnet)
        state.running = False
        await until(lambda: not live._worker.busy)
        frame = live.trace
        await asyncio.sleep(0.1)
        assert live.trace is frame
        live.close()

    in_loop(main)
