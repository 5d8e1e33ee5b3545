"""Background work: the newest request wins, errors surface, no thread stays behind."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from waiting import PATIENCE, eventually

from slls_widgets._cancellation import Cancelled
from slls_widgets.explore.dispatch import Dispatcher
from slls_widgets.explore.worker import Rest, ThreadWorker, once


def threads_named(name):
    return [thread for thread in threading.enumerate() if thread.name == name]


@pytest.fixture
def worker():
    errors = []
    worker = ThreadWorker("test-worker", errors.append, linger=0.05)
    worker.errors = errors
    yield worker
    worker.cancel()
    assert worker.wait(PATIENCE)


def test_a_newer_job_cancels_the_one_under_way_and_skips_the_one_waiting(worker):
    ran, started = [], threading.Event()

    def long_job():
        try:
            while True:
                started.set()
                yield
        finally:
            ran.append("long, cancelled")

    worker.submit(long_job())
    assert started.wait(PATIENCE)
    worker.submit(once(lambda: ran.append("skipped")))
    worker.submit(once(lambda: ran.append("last")))
    assert worker.wait(PATIENCE)
    assert ran in (["long, cancelled", "last"], ["long, cancelled", "skipped", "last"])


def test_cancel_returns_within_a_slice(worker):
    started = threading.Event()

    def slices():
        while True:
            started.set()
            yield

    worker.submit(slices())
    assert started.wait(PATIENCE)
    worker.cancel()
    assert worker.wait(PATIENCE)


def test_an_exception_reaches_the_handler_and_the_worker_lives_on(worker):
    def fail():
        raise ZeroDivisionError("x")

    worker.submit(once(fail))
    assert worker.wait(PATIENCE)
    assert [type(error) for error in worker.errors] == [ZeroDivisionError]
    done = threading.Event()
    worker.submit(once(done.set))
    assert done.wait(PATIENCE)


def test_a_handler_that_fails_itself_does_not_take_the_worker_with_it(monkeypatch):
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))

    def report(error):
        raise KeyError("screen")

    worker = ThreadWorker("failing-handler", report, linger=0.05)
    done = []
    for _ in range(2):
        worker.submit(once(lambda: 1 / 0))
        assert worker.wait(PATIENCE)
        worker.submit(once(lambda: done.append(threading.current_thread().name)))
        assert worker.wait(PATIENCE)
    assert told == [KeyError, KeyError]
    assert done == ["failing-handler"] * 2
    worker.close()
    assert threads_named("failing-handler") == []


def test_a_job_that_ends_its_thread_leaves_a_worker_that_works(worker, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def leave():
        raise SystemExit

    worker.submit(once(leave))
    assert worker.wait(PATIENCE)
    assert eventually(lambda: worker._thread is None, 5.0)
    done = threading.Event()
    worker.submit(once(done.set))
    assert done.wait(PATIENCE)


def test_a_rest_ends_with_the_wish_for_the_job(worker):
    """Not a time but an order of events: the rest is far longer than the test may take."""
    resting = threading.Event()

    def idler():
        resting.set()
        yield Rest(3600.0)

    for stop in (worker.cancel, lambda: worker.submit(once(lambda: None)), worker.close):
        resting.clear()
        worker.submit(idler())
        assert resting.wait(PATIENCE)
        stop()
        assert worker.wait(PATIENCE)


def test_a_cancelled_job_is_not_an_error(worker):
    def give_up():
        raise Cancelled("superseded")

    worker.submit(once(give_up))
    assert worker.wait(PATIENCE)
    assert worker.errors == []


def test_an_idle_worker_owns_no_thread(worker):
    worker.submit(once(lambda: None))
    assert worker.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while threads_named("test-worker") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads_named("test-worker") == []


def test_posts_run_in_the_loop_thread_and_are_coalesced_by_topic():
    seen = []

    async def main():
        dispatcher = Dispatcher()
        here = threading.get_ident()

        def post():
            for k in range(100):
                dispatcher.post("number", lambda k=k: seen.append((k, threading.get_ident())))
            dispatcher.post("other", lambda: seen.append(("other", threading.get_ident())))

        thread = threading.Thread(target=post)
        thread.start()
        thread.join()  # the loop is busy meanwhile, like a kernel that draws
        await asyncio.sleep(0.01)
        assert [value for value, _ in seen] == [99, "other"]
        assert {ident for _, ident in seen} == {here}

    asyncio.run(main())


def test_a_callback_that_fails_keeps_no_other_from_running():
    seen, reported = [], []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
        dispatcher = Dispatcher()
        dispatcher.post("first", lambda: seen.append("first"))
        dispatcher.post("broken", lambda: 1 / 0)
        dispatcher.post("last", lambda: seen.append("last"))
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert seen == ["first", "last"]
    assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]
    assert "broken" in reported[0]["message"]


def test_without_a_loop_posts_run_at_once():
    seen = []
    Dispatcher().post("a", lambda: seen.append(1))
    assert seen == [1]


def test_a_paused_dispatcher_holds_results_back_until_it_goes_on() -> None:
    seen: list[str] = []
    dispatcher = Dispatcher()
    worker = threading.Thread(target=lambda: dispatcher.post("a", lambda: seen.append("result")))
    with dispatcher.paused():
        worker.start()
        worker.join(0.05)
        seen.append("built")
    worker.join(10)
    assert seen == ["built", "result"]
