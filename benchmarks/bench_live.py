"""The live simulation without a page: how often it updates, how soon it obeys, whether its memory stays flat.

    python benchmarks/bench_live.py [--minutes 10]

An event loop stands in for the kernel's. Pause, resume, reset and a move are timed from the call to the
moment when nothing runs any more, or to the first frame of what was asked for. Then the simulation runs for
the given time, first with moves, pauses and resets, then left alone at one point; the resident memory is
looked at every second. The exit code is 1 if it grew by more than 5 MiB over either half, its first fifth
taken as warming up.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import psutil

from slls_widgets.explore.live import LiveSimulation
from slls_widgets.explore.state import ExplorerState

# (α, θ), at the state's fixed torque; the last two have the strongest field.
POINTS = [(0.42, 0.6), (-0.3, 0.5), (1.6, 1.0), (-1.5, 1.4), (0.05, 1.2), (0.02, 0.3)]
MOVE_SECONDS = 4.0
ALLOWED_MIB = 5.0


class Bench:
    """A live simulation and what it has published."""

    def __init__(self) -> None:
        self.state = ExplorerState()
        self.live = LiveSimulation(self.state)
        self.frames = 0
        self.published = asyncio.Event()
        self.live.observe(self._count, "frame")

    def _count(self, _change: object) -> None:
        self.frames += 1
        self.published.set()

    async def frame_of_this_point(self) -> None:
        while True:
            self.published.clear()
            await self.published.wait()
            frame = self.live.frame
            if frame is not None and frame.magnet == self.state.magnet:
                return

    async def pause(self) -> None:
        self.state.running = False
        self.live.wait()

    async def resume(self) -> None:
        self.state.running = True
        await self.frame_of_this_point()

    async def reset(self) -> None:
        self.live.reset()
        await self.frame_of_this_point()


async def milliseconds(action: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await action()
    return 1e3 * (time.perf_counter() - began)


async def obedience(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each action."""
    found: dict[str, list[float]] = {name: [] for name in ("pause", "resume", "reset", "move")}

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
    return found


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
    options = parser.parse_args()
    minutes = 0.1 if options.quick else options.minutes
    bench = Bench()
    bench.state.running = True
    await bench.frame_of_this_point()  # kernels loaded

    before, began = bench.frames, time.perf_counter()
    await asyncio.sleep(5.0)
    print(f"screen updates: {(bench.frames - before) / (time.perf_counter() - began):.1f}/s")
    for name, times in (await obedience(bench, 12 if options.quick else 48)).items():
        print(f"{name:7} median {statistics.median(times):5.1f} ms, longest {max(times):5.1f} ms")

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
    return 0 if flat and not left else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
