"""Running a sweep: hand out chunks, write what comes back, survive what goes wrong."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from pathlib import Path

from .._cancellation import Cancelled
from .compute import Result, task_at
from .opening import open_store
from .plan import Plan
from .store import Found, Store
from .workers import Here, Workers

__all__ = ["Progress", "Summary", "run_sweep"]

_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    #: Points in the store, in the whole sweep, and computed by this run.
    stored: int
    points: int
    computed: int
    #: Of this run's points.
    failed: int
    #: Since the run began.
    seconds: float
    #: Points per second since the first chunk came; 0 until a second one has.
    rate: float
    workers: int
    #: While the store is read back: points read so far.
    read: int | None = None

    @property
    def left(self) -> float | None:
        """Seconds to go at that rate, if there is one yet."""
        return (self.points - self.stored) / self.rate if self.rate else None


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    path: Path
    points: int
    #: Chunks found done, computed now, and still to do.
    found: int
    computed: int
    pending: int
    seconds: float
    #: Points of the whole sweep by status; empty while it is not complete.
    counts: dict[str, int]
    #: Files found damaged, whose chunks this run computes again.
    damage: tuple[str, ...] = ()
    #: Chunks taken as they were, from a store made before there were checksums.
    unchecked: int = 0

    @property
    def complete(self) -> bool:
        """Whether every point is there, and has been read back."""
        return self.pending == 0 and bool(self.counts)


def run_sweep(
    plan: Plan,
    out: str | Path,
    workers: Workers | None = None,
    *,
    progress: Callable[[Progress], object] | None = None,
    cancel: Callable[[], bool] | None = None,
    retry_failed: bool = False,
) -> Summary:
    """Compute a sweep into a Zarr store, or go on where an earlier run of the same sweep stopped.

    What the store holds is read back and compared with its checksums, at the start and after the last chunk.
    A damaged chunk is computed again.

    Parameters
    ----------
    plan : Plan
        From `read_plan`.
    out : path
        Folder of the store; made where there is none.
    workers : Workers, optional
        `Processes`, a `Cluster`, or by default this thread. The numbers do not depend on it.
    progress : callable, optional
        Called with a `Progress` at every chunk and at least every 0.1 s.
    cancel : callable, optional
        Asked as often; once it returns True what is done is kept, and the summary is not complete.
    retry_failed : bool
        Compute chunks that hold failed points again.

    Raises
    ------
    ValueError
        If ``out`` holds something else, or another sweep.
    OSError
        If ``out`` cannot be written, or does not hold what was written to it, or the cluster is lost. Chunks
        written before are kept.

    Examples
    --------
    >>> import tempfile
    >>> plan = Plan.of({"grid": {"alpha": [0.1, 0.2], "nu": 2, "delta": 1, "theta": 0}, "exact": {}})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = run_sweep(plan, f"{folder}/results.zarr")
    >>> summary.complete, summary.counts["done"]
    (True, 2)
    """
    workers = Here() if workers is None else workers
    with open_store(out, plan) as store:
        run = _Sweep(plan, store, workers, progress, cancel)
        counts: dict[str, int] = {}
        found = Found(store.path, plan.points, len(plan.chunks))
        try:
            found = store.read_back(retry_failed=retry_failed, adopt=True, look=run.look)
            run.begin(found.pending)
            run.drive()
            if not run.left:
                counts = _read_back(store, run) if run.chunks else found.counts
                store.finish(counts)
        except Cancelled:
            # While the store was read back.
            if not run.chunks:
                run.queue.extend(range(len(plan.chunks) - store.marked()))
        finally:
            workers.stop()
        return Summary(
            Path(out),
            plan.points,
            len(plan.chunks) - run.chunks - run.left,
            run.chunks,
            run.left,
            time.monotonic() - run.began,
            counts,
            tuple(found.damage),
            found.unchecked,
        )


def _read_back(store: Store, run: _Sweep) -> dict[str, int]:
    """Read back what the runs have written; the points by status."""
    again = store.read_back(whole=True, look=run.look)
    if again.pending:
        raise OSError(
            f"{again.damage[-1]}, after it was written: the disk or the memory may be at fault. The same "
            "command computes it again"
        )
    return again.counts


class _Sweep:
    """One run of a sweep, from its first chunk to its last."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        workers: Workers,
        progress: Callable[[Progress], object] | None,
        cancel: Callable[[], bool] | None,
    ) -> None:
        self.plan, self.store, self.workers, self.progress = plan, store, workers, progress
        self.cancelled: Callable[[], bool] = (lambda: False) if cancel is None else cancel
        self.queue: deque[int] = deque()
        #: Chunks whose worker died. They run alone, so that the next death has a name.
        self.suspects: deque[int] = deque()
        self.deaths: Counter[int] = Counter()
        self.flying: dict[Future[Result], int] = {}
        self.stored = self.chunks = self.points = self.failed = 0
        self.began = time.monotonic()
        #: When the first chunk came, and its points: starting the workers says nothing about their speed.
        self.first = (math.inf, 0)

    @property
    def left(self) -> int:
        """Chunks not written yet."""
        return len(self.queue) + len(self.suspects) + len(self.flying)

    def begin(self, chunks: list[int]) -> None:
        """Take the chunks that are to be computed."""
        self.queue.extend(chunks)
        self.stored = self.plan.points - sum(map(self.plan.chunks.size, chunks))
        if chunks:
            self.store.begin()

    def look(self, read: int) -> bool:
        """Tell how far reading back is; whether to stop."""
        self._report(read)
        return self.cancelled()

    def drive(self) -> None:
        """Compute and write until nothing is left, or somebody says stop."""
        while self.left:
            if self.cancelled():
                return
            self._hand_out()
            finished, _ = wait(self.flying, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            died = [chunk for future in finished if (chunk := self._collect(future)) is not None]
            if died:
                self._mourn(died)
            self._report()

    def _hand_out(self) -> None:
        if self.suspects:
            if not self.flying:
                self._submit(self.suspects.popleft())
            return
        # One at least: workers may come only when something waits for them.
        wanted = max(1, self.workers.slots() + self.workers.ahead)
        while self.queue and len(self.flying) < wanted:
            self._submit(self.queue.popleft())

    def _submit(self, chunk: int) -> None:
        future: Future[Result]
        try:
            future = self.workers.submit(task_at(self.plan, self.plan.chunks.points(chunk)))
        except Exception as error:
            # A worker that died while idle is noticed here.
            future = Future()
            future.set_exception(error)
        self.flying[future] = chunk

    def _collect(self, future: Future[Result]) -> int | None:
        """Write what a future brought; the chunk itself if its worker died."""
        chunk = self.flying[future]
        try:
            result = future.result()
        except CancelledError:
            # Nobody here cancels a future and then looks at it.
            raise ConnectionError(
                "the workers are gone. The chunks written before are kept, and the same command goes on from "
                "there"
            ) from None
        except Exception as error:
            if not self.workers.lost(error):
                raise
            del self.flying[future]
            return chunk
        self._write(chunk, result)
        # Only now: until it is written it counts as to do.
        del self.flying[future]
        return None

    def _mourn(self, died: list[int]) -> None:
        # The other tasks of a broken pool end the same way, at once.
        for future in list(self.flying):
            if future.done() and (chunk := self._collect(future)) is not None:
                died.append(chunk)
        self.workers.recover()
        for chunk in sorted(died):
            self.deaths[chunk] += 1
            if self.deaths[chunk] < self.workers.patience:
                self.suspects.append(chunk)
            else:
                reason = f"the worker ended unexpectedly, {self.deaths[chunk]} times (memory?)"
                self._write(chunk, Result.lost(self.plan.chunks.size(chunk), reason))

    def _write(self, chunk: int, result: Result) -> None:
        self.store.write(chunk, result)
        size = self.plan.chunks.size(chunk)
        self.first = min(self.first, (time.monotonic(), size))
        self.chunks += 1
        self.points += size
        self.stored += size
        self.failed += result.count("failed")

    def _report(self, read: int | None = None) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        since, before = self.first
        self.progress(
            Progress(
                stored=self.stored,
                points=self.plan.points,
                computed=self.points,
                failed=self.failed,
                seconds=now - self.began,
                rate=(self.points - before) / (now - since) if self.points > before else 0.0,
                workers=self.workers.slots(),
                read=read,
            )
        )
