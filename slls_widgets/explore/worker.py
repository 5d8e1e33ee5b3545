"""One background thread that always works on the newest request."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from .._cancellation import Cancelled

__all__ = ["LatestWins", "Superseded"]


class Superseded:
    """Whether a job is no longer wanted: call it to ask, or wait for it instead of sleeping."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> bool:
        """Whether the job is no longer wanted."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Rest so long, or until the job is no longer wanted; whether it is not."""
        return self._event.wait(seconds)

    def set(self) -> None:
        """The job is no longer wanted."""
        self._event.set()


Job = Callable[[Superseded], None]


class LatestWins:
    """Run jobs one at a time in a thread; a newer job cancels the one under way.

    A job gets a :class:`Superseded` that tells whether it has been, and may return or raise
    ``Cancelled`` when it has. The thread starts with the first job and ends
    after ``linger`` idle seconds, so an idle exploration owns no thread.

    Parameters
    ----------
    name : str
        Name of the thread.
    on_error : callable
        Called in the thread with any exception of a job other than ``Cancelled``.
    linger : float
        Idle seconds before the thread ends.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None], *, linger: float = 5.0) -> None:
        self._name = name
        self._on_error = on_error
        self._linger = linger
        self._wake = threading.Condition()
        self._next: Job | None = None
        self._thread: threading.Thread | None = None
        self._busy = False
        self._current = Superseded()
        self._closed = False

    def submit(self, job: Job) -> None:
        """Run ``job`` next; what runs now is told to stop. After :meth:`close` nothing is run."""
        with self._wake:
            if self._closed:
                return
            self._current.set()
            self._next = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def cancel(self) -> None:
        """Drop what waits and tell what runs to stop."""
        with self._wake:
            self._current.set()
            self._next = None
            self._wake.notify_all()

    def close(self, timeout: float = 5.0) -> None:
        """Drop everything and end the thread, waiting for it at most ``timeout`` seconds; safe to repeat."""
        with self._wake:
            self._closed = True
            thread = self._thread
        self.cancel()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs or waits; False when the time is up first."""
        with self._wake:
            return self._wake.wait_for(lambda: self._next is None and not self._busy, timeout)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._wake:
            return self._busy or self._next is not None

    def _run(self) -> None:
        try:
            while (work := self._take()) is not None:
                self._do(*work)
        finally:
            with self._wake:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _take(self) -> tuple[Job, Superseded] | None:
        with self._wake:
            self._wake.wait_for(lambda: self._next is not None or self._closed, self._linger)
            if self._next is None:
                # Under this lock, or a job submitted just now would find a thread that takes no more.
                self._thread = None
                return None
            job, self._next = self._next, None
            self._current = Superseded()
            self._busy = True
            return job, self._current

    def _do(self, job: Job, superseded: Superseded) -> None:
        try:
            job(superseded)
        except Cancelled:
            pass
        except Exception as error:
            try:
                self._on_error(error)
            except Exception:
                # Nobody is left to tell but whoever reads the log; the next job is run all the same.
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        finally:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
