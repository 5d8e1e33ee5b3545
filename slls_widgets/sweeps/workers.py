"""Who computes the chunks: processes of this machine, a Dask cluster, or this very thread."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any, Protocol

from .._processors import processors
from .compute import Result, Task, compute

__all__ = ["Cluster", "Here", "Processes", "Workers"]


class Workers(Protocol):
    """What `run_sweep` needs of those who compute."""

    #: How often a chunk may take its worker down before it is given up.
    patience: int
    #: Chunks handed out beyond those under way, so that no worker waits for the next.
    ahead: int

    def slots(self) -> int:
        """Chunks that can be computed at once, now."""

    def submit(self, task: Task) -> Future[Result]:
        """Have a task computed."""

    def lost(self, error: BaseException) -> bool:
        """Whether an exception means that a worker died, and not that the task went wrong."""

    def recover(self) -> None:
        """Make submitting possible again after a loss."""

    def stop(self) -> None:
        """Have what is under way dropped."""


class Here:
    """Computes in the calling thread, one chunk after the other."""

    patience = 1
    ahead = 1

    def __init__(self) -> None:
        self._stopped = False

    def slots(self) -> int:
        """One."""
        return 1

    def submit(self, task: Task) -> Future[Result]:
        """Compute now; the future is done when this returns."""
        future: Future[Result] = Future()
        try:
            future.set_result(compute(task, lambda: self._stopped))
        except Exception as error:
            future.set_exception(error)
        return future

    def lost(self, error: BaseException) -> bool:
        """Never: whoever could answer would be gone."""
        return False

    def recover(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Nothing is under way between two calls."""
        self._stopped = True


class Processes:
    """Worker processes on this machine. Use it as a context.

    Parameters
    ----------
    count : int, optional
        All processors by default.
    """

    patience = 3
    ahead = 2

    def __init__(self, count: int | None = None) -> None:
        self.count = processors() if count is None else count
        # spawn, because a forked child of a process with threads (numba, zarr) may hang.
        self._context = multiprocessing.get_context("spawn")
        # Without a lock: a process killed while it holds one would leave the others waiting for ever.
        self._stopped = self._context.RawValue("b", 0)
        self._pool = self._new_pool()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._pool.shutdown(cancel_futures=True)

    def slots(self) -> int:
        """The number of processes."""
        return self.count

    def submit(self, task: Task) -> Future[Result]:
        """Have a task computed by one of the processes."""
        return self._pool.submit(_compute_here, task)

    def lost(self, error: BaseException) -> bool:
        """Whether a process died; all tasks under way then end so, whoever was to blame."""
        return isinstance(error, BrokenExecutor)

    def recover(self) -> None:
        """Start new processes."""
        self._pool.shutdown(wait=False)
        self._pool = self._new_pool()

    def stop(self) -> None:
        """Have the processes drop their chunks within a fraction of a second."""
        self._stopped.value = 1

    def _new_pool(self) -> ProcessPoolExecutor:
        # They inherit it; numpy reads it when it is loaded.
        for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        return ProcessPoolExecutor(
            self.count, mp_context=self._context, initializer=_begin, initargs=(self._stopped,)
        )


_stop: Callable[[], bool] | None = None


def _begin(stopped: Any) -> None:
    """First thing in a worker process."""
    global _stop
    _stop = lambda: bool(stopped.value)  # noqa: E731
    # Ctrl-C reaches the whole group of processes; the one that started us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True, name="slls-parent").start()


def _end_with_parent() -> None:
    # A pool's process waits on a queue whose other end it holds as well: killed, the parent would leave
    # it waiting for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _compute_here(task: Task) -> Result:
    return compute(task, _stop)


class Cluster:
    """The workers of a Dask cluster. Use it as a context.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://head-node:8786``.
    timeout : float
        Seconds to wait for it.

    Raises
    ------
    ImportError
        If ``distributed`` is not installed.
    ConnectionError
        If no scheduler answers.
    """

    # The scheduler has tried three more times by itself before it reports a loss.
    patience = 1
    # A cluster that adapts grows with what waits for it.
    ahead = 64
    _REFRESH = 2.0

    def __init__(self, address: str, timeout: float = 20.0) -> None:
        try:
            # Any: most of it has no types.
            distributed: Any = import_module("distributed")
        except ImportError:
            raise ImportError(
                "a Dask cluster needs the extra 'distributed': pip install 'slls-widgets[distributed]'"
            ) from None
        self.address = address
        self._lost = (distributed.scheduler.KilledWorker,)
        try:
            self._client = distributed.Client(address, timeout=timeout, set_as_default=False)
        except Exception as error:
            text = " ".join(str(error).split()) or type(error).__name__
            raise ConnectionError(f"no Dask scheduler answers at {address}: {text}") from None
        # pure=False: a retry of a chunk must not be handed the failure of the first attempt.
        self._pool = self._client.get_executor(pure=False)
        self._slots, self._asked = 0, 0.0

    @property
    def _gone(self) -> str:
        return (
            f"the Dask scheduler at {self.address} is gone. The chunks written before are kept, and the same "
            "command goes on from there"
        )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._pool.shutdown(wait=False)
        self._client.close(timeout=5)

    def slots(self) -> int:
        """Threads of all workers; a cluster may grow and shrink meanwhile."""
        if self._client.status not in ("running", "connecting"):
            raise ConnectionError(self._gone)
        if time.monotonic() - self._asked > self._REFRESH and self._client.status == "running":
            try:
                self._slots = sum(self._client.nthreads().values())
            except OSError:  # the connection broke while we asked
                raise ConnectionError(self._gone) from None
            self._asked = time.monotonic()
        return self._slots

    def submit(self, task: Task) -> Future[Result]:
        """Have a task computed by some worker."""
        future: Future[Result] = self._pool.submit(compute, task)
        return future

    def lost(self, error: BaseException) -> bool:
        """Whether the scheduler gave a task up because its workers died."""
        return isinstance(error, self._lost)

    def recover(self) -> None:
        """Nothing to do: the cluster replaces its workers."""

    def stop(self) -> None:
        """Take back what was submitted; a worker finishes the chunk it is at."""
        with contextlib.suppress(Exception):
            self._pool.shutdown(wait=False)
