"""The live simulation without a page: how often it updates, how soon it obeys, whether its memory stays flat.

    python benchmarks/bench_live.py [--minutes 10] [--busy]

An event loop stands in for the kernel's. Pause, resume, reset and a move are timed from the call to the
moment when the simulation rests, or to the first frame of what was asked for; slices from the inside. Then
the simulation runs for the given time, first with moves, pauses and resets, then left alone at one point;
the resident memory is looked at every second.

The exit code is 1 if the median of a slice exceeds 30 ms of processor time or that of an action 50 ms (of a
move, the 40 ms more for which it gives way to the curves), at the app's own settings and at the slow ones
named below; if there are fewer than 20 updates a second; if the memory grew by more than 5 MiB over either
half, its first fifth taken as warming up; or if a thread is left. On a machine with other work on it the wall
times are those of the other work as well: the processor time of each is printed beside them. With --busy the
limit of an action is one of that, and updates are not counted, which the app itself gives up where others
want the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import psutil

from slls_widgets.explore.ensembles import LiveEnsembles as Workings
from slls_widgets.explore.live import COURTESY_SECONDS, LiveSimulation
from slls_widgets.explore.state import ExplorerState

# (α, θ), at the state's fixed torque; the last two have the strongest field.
POINTS = [(0.42, 0.6), (-0.3, 0.5), (1.6, 1.0), (-1.5, 1.4), (0.05, 1.2), (0.02, 0.3)]
# Settings that make a step or a stretch expensive; with the distribution.
SLOW = {
    "Heun, 65 536 trajectories": {"scheme": "heun", "trajectories": 65_536},
    "dt = 1e-5": {"dt": 1e-5},
}
MOVE_SECONDS = 4.0
ALLOWED_MIB, SLICE_MS, ACTION_MS, UPDATES = 5.0, 30.0, 50.0, 20.0
COURTESY_MS = 1e3 * COURTESY_SECONDS


class Slices:
    """Milliseconds of processor time of every uninterrupted piece of work on the simulation's thread."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        for name in ("__init__", "advance", "trace", "reading"):
            setattr(Workings, name, self._timed(getattr(Workings, name)))

    def _timed(self, method: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(method)
        def timed(*arguments: object, **options: object) -> object:
            began = time.thread_time()
            try:
                return method(*arguments, **options)
            finally:
                self.seen.append(1e3 * (time.thread_time() - began))

        return timed

    def report(self) -> bool:
        """Print and forget what was seen; whether it is short enough."""
        median, longest = statistics.median(self.seen), max(self.seen)
        print(f"  pieces of work: median {median:.1f} ms, longest {longest:.1f} ms of processor time")
        self.seen.clear()
        return median <= SLICE_MS


class Bench:
    """A live simulation and what it has published."""

    def __init__(self) -> None:
        self.state = ExplorerState()
        self.live = LiveSimulation(self.state)
        self.frames = 0
        self.published = asyncio.Event()
        self.live.observe(self._count, "trace")

    def _count(self, _change: object) -> None:
        self.frames += 1
        self.published.set()

    async def frame_of_this_point(self) -> None:
        while True:
            self.published.clear()
            await self.published.wait()
            frame = self.live.trace
            if frame is not None and frame.magnet == self.state.magnet:
                return

    async def pause(self) -> None:
        self.state.running = False
        self.live._worker.wait()  # the simulation; an exact value may still be under way

    async def resume(self) -> None:
        self.state.running = True
        await self.frame_of_this_point()

    async def reset(self) -> None:
        self.live.reset()
        await self.frame_of_this_point()


async def milliseconds(action: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Wall time and processor time of the whole process."""
    began, worked = time.perf_counter(), time.process_time()
    await action()
    return 1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - worked)


async def obedience(bench: Bench, slices: Slices, rounds: int, busy: bool) -> bool:
    """Print how long each action and each piece of work takes; whether the medians are short enough."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ("pause", "resume", "reset", "move")}
    for alpha, theta in itertools.islice(itertools.cycle(POINTS), rounds):

        async def move(alpha: float = alpha, theta: float = theta) -> None:
            bench.state.move(alpha=alpha, theta=theta)
            await bench.frame_of_this_point()

        for name, action in (
            ("move", move),
            ("pause", bench.pause),
            ("resume", bench.resume),
            ("reset", bench.reset),
        ):
            found[name].append(await milliseconds(action))
            await asyncio.sleep(0.1)
    prompt = True
    for name, times in found.items():
        wall, worked = zip(*times, strict=True)
        median = statistics.median(worked if busy else wall)
        prompt &= median <= ACTION_MS + (COURTESY_MS if name == "move" and not busy else 0.0)
        print(
            f"  {name:7} median {statistics.median(wall):5.1f} ms, longest {max(wall):5.1f} ms; "
            f"of processor time {statistics.median(worked):5.1f} and {max(worked):5.1f} ms"
        )
    return slices.report() and prompt


async def watch(bench: Bench, seconds: float, move: bool) -> list[float]:
    """Resident MiB, once a second; with moves, a pause or a reset after each."""
    process = psutil.Process()
    points = itertools.cycle(POINTS)
    seen = []
    end = time.monotonic() + seconds
    next_move = time.monotonic()
    while time.monotonic() < end:
        if move and time.monotonic() >= next_move:
            next_move += MOVE_SECONDS
            alpha, theta = next(points)
            bench.state.move(alpha=alpha, theta=theta)
            await bench.pause()
            await bench.resume()
            await bench.reset()
        await asyncio.sleep(1.0)
        seen.append(process.memory_info().rss / 2**20)
    return seen


def growth(seen: list[float]) -> float:
    """Median of the last fifth less that of the second one."""
    fifth = max(1, len(seen) // 5)
    return statistics.median(seen[-fifth:]) - statistics.median(seen[fifth : 2 * fifth])


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0.5, help="length of the memory run (default 0.5)")
    parser.add_argument("--quick", action="store_true", help="a few seconds")
    parser.add_argument("--busy", action="store_true", help="judge actions by processor time")
    options = parser.parse_args()
    minutes = 0.1 if options.quick else options.minutes
    rounds = 12 if options.quick else 48
    slices = Slices()
    bench = Bench()
    bench.state.running = True
    await bench.frame_of_this_point()  # kernels loaded

    slices.seen.clear()
    before, began = bench.frames, time.perf_counter()
    await asyncio.sleep(5.0)
    rate = (bench.frames - before) / (time.perf_counter() - began)
    print(f"screen updates: {rate:.1f}/s")
    good = options.busy or rate >= UPDATES
    print("the app's own settings")
    good &= await obedience(bench, slices, rounds, options.busy)
    bench.live.with_distribution = True
    default = bench.state.snapshot.settings
    for label, settings in SLOW.items():
        print(label)
        bench.state.configure(**settings)
        good &= await obedience(bench, slices, max(6, rounds // 4), options.busy)
        bench.state.configure(**{name: getattr(default, name) for name in settings})
    bench.live.with_distribution = False

    flat = True
    for label, move in (("moves, pauses, resets", True), ("left alone", False)):
        seen = await watch(bench, 30.0 * minutes, move)
        grown = growth(seen)
        flat &= grown <= ALLOWED_MIB
        print(
            f"{label}: {len(seen)} s, {seen[0]:.0f} MiB at first, {seen[-1]:.0f} at last, grown {grown:+.1f}"
        )
    await bench.pause()
    bench.live.close()
    await asyncio.sleep(6.0)  # the worker lingers for five seconds
    left = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    print(f"threads left behind: {', '.join(left) or 'none'}")
    if not good:
        print(f"wanted: {UPDATES:.0f} updates/s, {SLICE_MS:.0f} ms a piece, {ACTION_MS:.0f} ms an action")
    return 0 if good and flat and not left else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
