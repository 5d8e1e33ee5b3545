"""Background work: a worker does the newest job, in a thread of its own or in turns of an event loop."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import NamedTuple

from .._cancellation import Cancelled

__all__ = ["CPU_CLOCK", "KEEP", "Job", "LoopWorker", "Rest", "ThreadWorker", "Worker", "new_worker", "once"]


class Rest(NamedTuple):
    """What a job yields that has nothing to do for so many seconds."""

    seconds: float


#: What a job yields where others may have a turn, but no newer job may take its place yet.
KEEP = object()
#: A job yields `Rest`, `KEEP` or, where it may be set aside for good, anything else.
Job = Generator[object, None, None]
# So many seconds the turns of an event loop last: messages of the page are heard between two.
_TURN = 0.012


def once(work: Callable[[], object]) -> Job:
    """A job of one step."""
    work()
    yield None


class Worker:
    """Runs jobs, one at a time and the newest first. This is the interface of all workers.

    A job is a generator. It works from one ``yield`` to the next, and nobody interrupts it in between. At a
    ``yield`` a newer job takes its place: the generator is closed, so that it goes on with its ``finally``
    clauses at most, which must not yield. What it yields says how long it rests and whether it may be
    closed there (`Job`). A job that raises ``Cancelled`` has given up by itself, which is no error.

    Everybody uses :meth:`submit`, :meth:`cancel`, :meth:`wait`, :meth:`close` and ``busy`` alone. A subclass
    says who calls ``_advance``: it has a method ``_begin``, called with the lock held whenever a job has been
    submitted, and ``_ended``, called when the worker has been closed.

    Parameters
    ----------
    name : str
        For the log and the names of threads.
    on_error : callable
        Called where the job runs with any exception of a job other than ``Cancelled``.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None]) -> None:
        self._name, self._on_error = name, on_error
        self._wake = threading.Condition()
        self._job: Job | None = None
        self._next: Job | None = None
        self._superseded = self._kept = self._closed = False

    def submit(self, job: Job) -> None:
        """Run ``job`` in place of what runs and of what waits. After :meth:`close` nothing is run."""
        with self._wake:
            if not self._closed:
                self._next, self._superseded = job, True
                self._begin()
                self._wake.notify_all()

    def cancel(self) -> None:
        """Drop what waits, and what runs at its next ``yield``."""
        with self._wake:
            self._next, self._superseded = None, True
            self._wake.notify_all()

    def close(self, timeout: float = 5.0) -> None:
        """Drop everything, and wait at most so many seconds for the end of it; safe to repeat."""
        with self._wake:
            self._closed = True
        self.cancel()
        self._ended(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs or waits; False when the time is up first."""
        with self._wake:
            return self._wake.wait_for(lambda: not self.busy, timeout)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._wake:
            return self._job is not None or self._next is not None

    def _begin(self) -> None:
        raise NotImplementedError

    def _ended(self, timeout: float) -> None:
        raise NotImplementedError

    def _advance(self) -> float | None:
        """Go on with the job to its next ``yield``; the seconds that it rests there, None without a job."""
        with self._wake:
            if self._job is None:
                self._job, self._next, self._superseded = self._next, None, False
            job, give_up, over = self._job, self._superseded and not self._kept, True
        if job is None:
            return None
        try:
            if not give_up:
                pause = next(job)
                self._kept, over = pause is KEEP, False
                return pause.seconds if isinstance(pause, Rest) else 0.0
            job.close()
        except (StopIteration, Cancelled):
            pass
        except Exception as error:
            self._tell(error)
        finally:
            if over:
                with self._wake:
                    self._job, self._kept = None, False
                    self._wake.notify_all()
        return 0.0

    def _tell(self, error: Exception) -> None:
        try:
            self._on_error(error)
        except Exception:
            # Nobody is left to tell but whoever reads the log; the next job is run all the same.
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


class ThreadWorker(Worker):
    """Runs its jobs in a thread, which ends after ``linger`` idle seconds: an idle exploration owns none."""

    def __init__(self, name: str, on_error: Callable[[Exception], None], *, linger: float = 5.0) -> None:
        super().__init__(name, on_error)
        self._linger = linger
        self._thread: threading.Thread | None = None

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _ended(self, timeout: float) -> None:
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _run(self) -> None:
        try:
            while (rest := self._advance()) is not None or self._more():
                if rest:
                    with self._wake:
                        self._wake.wait_for(lambda: self._superseded, rest)
        finally:
            with self._wake:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _more(self) -> bool:
        """Whether a job comes while the thread lingers."""
        with self._wake:
            self._wake.wait_for(lambda: self._next is not None or self._closed, self._linger)
            if self._next is None:
                # Under this lock, or a job submitted just now would find a thread that takes no more.
                self._thread = None
            return self._next is not None


class LoopWorker(Worker):
    """Runs its jobs in short turns of the event loop that runs where they are submitted; it has no thread.

    A job that goes on for longer than a turn between two ``yield`` keeps the loop from everything else.
    Jobs are submitted in the loop's thread. Without a running loop they are done where they are waited for.
    """

    _turn: asyncio.Handle | None = None
    _at_work = False

    def wait(self, timeout: float | None = None) -> bool:
        """Do here and now what is to be done; False when the time is up first, or from within a job."""
        end = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        while not self._at_work and time.monotonic() < end and (rest := self._advance()) is not None:
            time.sleep(max(0.0, min(rest, end - time.monotonic())))
        return not self.busy

    def _advance(self) -> float | None:
        self._at_work = True
        try:
            return super()._advance()
        finally:
            self._at_work = False

    def _begin(self) -> None:
        with suppress(RuntimeError):  # no loop
            self._turn_after(0.0, asyncio.get_running_loop())

    def _turn_after(self, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._turn is not None:
            self._turn.cancel()
        self._turn = loop.call_later(seconds, self._take_turn, loop)

    def _take_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        end, rest = time.monotonic() + _TURN, self._advance()
        while rest == 0.0 and time.monotonic() < end:
            rest = self._advance()
        if rest is not None:
            self._turn_after(rest, loop)

    def _ended(self, timeout: float) -> None:
        # The job is closed here, which takes no time; from within one it has its own next turn to end in.
        if not self._at_work:
            self.wait(timeout)


# This is the one place where the kind is chosen: a page without a server has one thread and an event loop.
_ALONE = sys.platform == "emscripten"
KIND: type[Worker] = LoopWorker if _ALONE else ThreadWorker
#: Processor time of what runs here, where others may want the processor at the same time.
CPU_CLOCK = time.perf_counter if _ALONE else time.thread_time


def new_worker(name: str, on_error: Callable[[Exception], None]) -> Worker:
    """A worker of the kind that works here."""
    return KIND(name, on_error)
