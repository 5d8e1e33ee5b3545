"""Many trajectories that advance together: what the live app and `simulate` both drive."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._cancellation import check
from ..magnet.macrospin import Macrospin, checked_magnet
from .arguments import count, how_many
from .batches import FEW, Batches
from .chunks import CHUNK, Chunk, Start, starting_points
from .estimators import Estimates, estimates_from_samples
from .schemes import scheme_named
from .step_size import checked_step

Vector = NDArray[np.float64]

__all__ = ["CHUNK", "Ensemble", "Recording", "Start", "Tracked"]

# The mean magnetisation needs no value at every step: it hardly moves in this many.
_STRIDE = 8


class Tracked(NamedTuple):
    """The tracked trajectories at one time: n of shape (tracked, 3), entropies (tracked,)."""

    time: float
    n: Vector
    pumped: Vector
    bath: Vector


class Recording(NamedTuple):
    """What `Ensemble.advance_recorded` saw of the tracked trajectories."""

    times: Vector
    #: Magnetisation, shape (tracked, frames, 3).
    paths: Vector
    #: Cumulative entropies since statistics began, shape (tracked, frames).
    pumped: Vector
    bath: Vector

    @classmethod
    def of(cls, frames: Sequence[Tracked], tracked: int) -> Recording:
        """Put frames together; with none of them the arrays are empty, their shapes right."""
        shape = (len(frames), tracked)
        return cls(
            times=np.array([frame.time for frame in frames]),
            paths=np.reshape([frame.n for frame in frames], (*shape, 3)).swapaxes(0, 1),
            pumped=np.reshape([frame.pumped for frame in frames], shape).T,
            bath=np.reshape([frame.bath for frame in frames], shape).T,
        )


class Ensemble:
    """Trajectories of one magnet, advanced step by step, with running entropies.

    ``advance(j); advance(k)`` gives bit for bit what ``advance(j + k)`` gives, for any number of threads, and
    trajectory i does not depend on how many others there are.

    Parameters
    ----------
    magnet : Macrospin
        Parameters; fixed for the life of the ensemble.
    trajectories : int
        How many, at least 1.
    dt : float, optional
        Time step in 1/(ηT). By default the automatic one, whose promise stands in `default_step`.
    scheme : str
        Name of one of ``schemes.SCHEMES``; one without a rule for its step needs dt.
    seed : int
        Root of all random streams.
    threads : int
        Chunks of 64 trajectories are dealt to this many threads.
    initial : array (3,) or (trajectories, 3), or callable, optional
        Starting magnetisations (normalised here), or a function of (generator, count) that draws them. By
        default uniform on the sphere.
    tracked : int
        How many trajectories `advance_recorded` follows.
    cancel : callable, optional
        Asked while trajectories are set up, which takes a second for a million of them; once it returns True,
        ``Cancelled`` is raised.

    Examples
    --------
    >>> ensemble = Ensemble(Macrospin(alpha=0.5, nu=2, delta=0.9), trajectories=32, dt=0.02)
    >>> ensemble.advance(100)
    >>> ensemble.time, ensemble.n.shape, ensemble.pumped.shape
    (2.0, (32, 3), (32,))
    """

    def __init__(
        self,
        magnet: Macrospin,
        *,
        trajectories: int,
        dt: float | None = None,
        scheme: str = "moebius",
        seed: int = 0,
        threads: int = 1,
        initial: Start = None,
        tracked: int = 1,
        cancel: Callable[[], bool] | None = None,
    ) -> None:
        self.magnet = magnet = checked_magnet(magnet)
        self.trajectories = how_many(trajectories)
        self.threads = count("threads", threads)
        self.tracked = min(count("tracked", tracked, least=0), self.trajectories)
        self.seed = count("seed", seed, least=0)
        self._scheme = scheme_named(scheme)
        self.dt = checked_step(magnet, scheme, dt)
        self._constants = self._scheme.constants(magnet, self.dt)
        self._offset = self._scheme.heat_offset(magnet)
        self._boundary = self._scheme.shares(magnet, self.dt)
        start = starting_points(initial, self.trajectories, self.seed)
        self._chunks: list[Chunk] = []
        for first in range(0, self.trajectories, CHUNK):
            check(cancel)
            live = min(CHUNK, self.trajectories - first)
            points = None if start is None else start[first : first + CHUNK]
            self._chunks.append(Chunk(self.seed, first // CHUNK, live, points))
        self._pool: ThreadPoolExecutor | None = None
        self.steps = 0
        self.restart_statistics()

    @property
    def scheme(self) -> str:
        """Name of the scheme."""
        return self._scheme.name

    @property
    def time(self) -> float:
        """Time since the beginning, in 1/(ηT)."""
        return self.steps * self.dt

    @property
    def elapsed(self) -> float:
        """Time since statistics began, in 1/(ηT)."""
        return (self.steps - self._first_step) * self.dt

    @property
    def n(self) -> Vector:
        """Current magnetisations, shape (trajectories, 3)."""
        return self._gather(lambda chunk: chunk.n).T

    @property
    def start(self) -> Vector:
        """Magnetisations when statistics began, shape (trajectories, 3)."""
        return self._start

    @property
    def pumped(self) -> Vector:
        """Pumped entropy S_P of each trajectory since statistics began, shape (trajectories,)."""
        return self._entropies(self.n, self._gather(lambda chunk: chunk.sums), self.elapsed)[0]

    @property
    def bath(self) -> Vector:
        """Entropy S_B given to the bath by each trajectory since statistics began, shape (trajectories,)."""
        return self._entropies(self.n, self._gather(lambda chunk: chunk.sums), self.elapsed)[1]

    @property
    def mean_n(self) -> Vector:
        """Time average of each magnetisation since statistics began, shape (trajectories, 3).

        Over the first step and every eighth after it; NaN before the first step, and for a scheme that does
        not sum it.
        """
        return self._average(slice(2, 5))

    @property
    def mean_n_at_steps(self) -> Vector:
        """The average over the ends of steps alone, shape (trajectories, 3).

        What a scheme of the paper's kind measures. By the Möbius scheme it has a bias of order dt² that the
        average over the paths between does not have; it shows the weak order.
        """
        return self._average(slice(5, 8))

    @property
    def stretch(self) -> float:
        """Time τ over which `estimates` takes Delta_P = Var(S_P(τ))/τ.

        With fewer than 16 trajectories it never falls, but rests at about five relaxation times until 64
        stretches are full, and at each later length for as long as the run takes to double.
        """
        batches = self._batches
        return batches.stretch if batches is not None and batches.stretches else self.elapsed

    def restart_statistics(self) -> None:
        """Forget the entropies gathered so far; the magnetisations stay."""
        self._first_step = self.steps
        self._start = self.n
        for chunk in self._chunks:
            chunk.sums[:] = 0.0
        self._start_nodes = self._boundary(self._start)
        few = self.trajectories < FEW
        self._batches = Batches(self.magnet, self.dt, self._start) if few else None

    def advance(self, steps: int) -> None:
        """Take ``steps`` steps of every trajectory; other threads run meanwhile."""
        steps = count("steps", steps, least=0)
        batches = self._batches
        while batches is not None and steps:
            done = (self.steps - self._first_step) % batches.steps
            part = min(steps, batches.steps - done)
            self._advance(part)
            steps -= part
            if done + part == batches.steps:
                batches.close(self._ends())
        self._advance(steps)

    def advance_recorded(self, steps: int, every: int = 1) -> Recording:
        """Advance as `advance` does, and follow the first ``tracked`` trajectories.

        Parameters
        ----------
        steps : int
            Steps to take.
        every : int
            Steps between two frames; a last frame falls on the end if ``steps`` is no multiple.
        """
        steps, every = count("steps", steps, least=0), count("every", every)
        frames = []
        while steps:
            part = min(steps, every)
            self.advance(part)
            steps -= part
            frames.append(self.tracked_now())
        return Recording.of(frames, self.tracked)

    def tracked_now(self) -> Tracked:
        """The tracked trajectories now."""
        n, sums = self._first(self.tracked)
        return Tracked(self.time, n, *self._entropies(n, sums, self.elapsed))

    def estimates(self) -> Estimates:
        """Rates with standard errors, over the time since statistics began.

        From 16 trajectories on the errors come from their spread and Delta_P is Var(S_P(τ))/τ at τ = the
        elapsed time. With fewer, each is cut into equal stretches of five relaxation times at least, 64 at
        most, and the errors come from the spread of all of them (batch means), Delta_P from their variance.

        A run shorter than two stretches leaves one sample per trajectory, and 2 to 15 samples make an error
        bar that is itself uncertain: z then follows Student's distribution with one degree of freedom less
        than samples. Beyond 4 it is by chance once in 6 times with two samples, in 36 with four, in 770 with
        15; more often if S_P(τ) is skewed. A single trajectory has no errors and no Delta_P (NaN) before it
        has eight stretches; Delta_P needs four samples.
        """
        sums = self._gather(lambda chunk: chunk.sums)
        if self.elapsed and not sums[:2].any(axis=1).all():
            raise ValueError(
                f"the {self.scheme} scheme adds nothing to its first two sums, which S_P and S_B are made of"
            )
        pumped, bath = self._entropies(self.n, sums, self.elapsed)
        batches = self._batches
        whole = estimates_from_samples(pumped, bath, self.elapsed, batches is not None)
        if batches is None or not batches.enough:
            return whole
        return batches.estimates(whole, self.elapsed)

    def close(self) -> None:
        """End the worker threads, if there are any; the ensemble can still be used."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def __enter__(self) -> Ensemble:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _advance(self, steps: int) -> None:
        if steps == 0:
            return

        def work(chunks: Iterable[Chunk]) -> None:
            # The generator's sums wrap around by design; numpy would warn where numba is switched off.
            with np.errstate(over="ignore"):
                for chunk in chunks:
                    self._scheme.advance(
                        chunk.generators,
                        chunk.n,
                        chunk.sums,
                        self._constants,
                        steps,
                        # The first look at n is after the first step: a run of one step has a mean.
                        (self.steps - self._first_step - 1) % _STRIDE,
                        _STRIDE,
                    )

        if self.threads > 1 and len(self._chunks) > 1:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="slls-simulation")
            # A thread that other work holds up leaves the more to the rest.
            waiting = deque(self._chunks)
            tasks = min(self.threads, len(self._chunks))
            list(self._pool.map(work, [_emptied(waiting) for _ in range(tasks)]))
        else:
            work(self._chunks)
        self.steps += steps

    def _ends(self) -> Callable[[], Vector]:
        """S_P, S_B and n of each trajectory now, to be worked out later."""
        n, sums, elapsed = self.n, self._gather(lambda chunk: chunk.sums[:2]), self.elapsed
        return lambda: np.vstack([*self._entropies(n, sums, elapsed), n.T])

    def _average(self, rows: slice) -> Vector:
        visits = -(-(self.steps - self._first_step) // _STRIDE)
        sums = _filled(self._gather(lambda chunk: chunk.sums[rows]).T)
        return sums / visits if visits else np.full_like(sums, np.nan)

    def _gather(self, part: Callable[[Chunk], Vector]) -> Vector:
        return np.concatenate([part(chunk)[:, : chunk.live] for chunk in self._chunks], axis=1)

    def _first(self, count: int) -> tuple[Vector, Vector]:
        chunks = self._chunks[: -(-count // CHUNK)] or self._chunks[:1]
        n = np.concatenate([chunk.n for chunk in chunks], axis=1)[:, :count]
        sums = np.concatenate([chunk.sums for chunk in chunks], axis=1)[:, :count]
        return n.T, sums

    def _entropies(self, n: Vector, sums: Vector, elapsed: float) -> tuple[Vector, Vector]:
        """S_P = (2να/δ) ∫ n·p̂ dt and S_B = ν ĥ·Δn - αν ∫ p̂·(n × ∘dn) (paper Eqs. 6, 7)."""
        magnet, count = self.magnet, len(n)
        now = self._boundary(n)
        integral = sums[0] + self._start_nodes[0][:count] - now[0]
        turned = sums[1] + self._start_nodes[1][:count] - now[1] + self._offset * elapsed
        field = magnet.nu * (n - self._start[:count]) @ magnet.h_hat
        return magnet.pumping * integral, field - magnet.alpha * magnet.nu * turned


def _filled(sums: Vector) -> Vector:
    """NaN where a scheme has added nothing: a sum of magnetisations is not exactly zero by itself."""
    return np.where(sums.any(axis=1, keepdims=True), sums, np.nan)


def _emptied(waiting: deque[Chunk]) -> Iterator[Chunk]:
    """Chunks from a queue that several threads empty together."""
    with suppress(IndexError):
        while True:
            yield waiting.popleft()
