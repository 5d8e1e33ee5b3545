"""What background computations share: workers that follow something, results that reach the main thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import traitlets as tl

from .dispatch import Dispatcher
from .worker import Worker, new_worker

__all__ = ["Background", "countdown"]


def countdown(timeout: float | None) -> Callable[[], float | None]:
    """What is left of a time in seconds, whenever it is called; always None where there is no limit."""
    end = None if timeout is None else time.monotonic() + timeout
    return lambda: None if end is None else max(end - time.monotonic(), 0.0)


class Background(tl.HasTraits):
    """Work that follows the traits of another object and publishes its results as traits of its own.

    A subclass names its workers, submits jobs to them in ``_follow`` and publishes from within; ``_failed``
    is called with any exception of a job, or of an observer of what is published.

    Parameters
    ----------
    source : HasTraits
        What is followed.
    names : sequence of str
        Which of its traits.
    workers : sequence of str
        Names of the workers.
    dispatcher : Dispatcher, optional
        How results reach the thread that observes them.
    """

    def __init__(
        self,
        source: tl.HasTraits,
        names: Sequence[str],
        workers: Sequence[str],
        dispatcher: Dispatcher | None,
    ) -> None:
        super().__init__()
        self._source, self._names = source, list(names)
        self._dispatcher = dispatcher or Dispatcher()
        self._workers = [new_worker(f"slls-{name}", self._failed) for name in workers]
        self._closed = False
        source.observe(self._follow, self._names)

    @property
    def busy(self) -> bool:
        """Whether something is still to be computed."""
        return any(worker.busy for worker in self._workers)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all that was asked for has been computed and handed over; False if the time is up first.

        In a notebook's cell, too: what the event loop has not handed over yet is handed over at once. Another
        thread waits for the event loop to do so.

        Parameters
        ----------
        timeout : float, optional
            Seconds; for ever by default.
        """
        return self._wait_for(self._workers, timeout)

    def _wait_for(self, workers: Sequence[Worker], timeout: float | None) -> bool:
        left = countdown(timeout)
        while all(worker.wait(left()) for worker in workers) and self._dispatcher.flush(left()):
            # What was handed over may have asked for more.
            if not any(worker.busy for worker in workers):
                return True
        return False

    def close(self) -> None:
        """Stop following, drop what is under way and end the workers; a second call does nothing."""
        if self._closed:  # ipywidgets closes once more on deletion
            return
        self._closed = True
        self._source.unobserve(self._follow, self._names)
        for worker in self._workers:
            worker.close()

    def _follow(self, _change: object = None) -> None:
        raise NotImplementedError

    def _failed(self, error: Exception) -> None:
        raise NotImplementedError

    def _publish(self, name: str, value: object, wanted: Callable[[], bool] = lambda: True) -> None:
        def publish() -> None:
            if not self._closed and wanted():
                try:
                    self.set_trait(name, value)
                except Exception as error:  # of an observer: the reader learns of it, and so does the log
                    self._failed(error)
                    raise

        # One topic per object: two panels may well follow the same thing.
        self._dispatcher.post(f"{id(self)}.{name}", publish)
