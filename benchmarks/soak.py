"""The app over a long time: run `python benchmarks/soak.py` (`--minutes 30`).

Five visitors run the live simulation and move sliders now and then; one of them closes the page every few
minutes and comes again. Memory of every kernel and of the server, their threads and the number of kernels
are read all along. After a first part in which caches fill, memory must stay flat within 5 %, and when
everybody has left no kernel may remain. The exit code is 1 if that fails.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field

import psutil
from served import Server, mebibytes, served
from visitor import Visitor

# Statistics of the simulation, the map's cache and malloc's pools fill in the first part.
SETTLING = 0.3
FLAT = 0.05


@dataclass
class Soak:
    """What was seen: memory in MiB by process over time, threads likewise."""

    minutes: float
    visitors: int
    memory: dict[str, list[float]] = field(default_factory=dict)
    threads: dict[str, list[int]] = field(default_factory=dict)
    kernels: list[int] = field(default_factory=list)
    visits: int = 0
    moves: int = 0
    slowest: float = 0.0
    kernels_left: int = 0
    errors: list[str] = field(default_factory=list)

    def growth(self) -> dict[str, float]:
        """Relative growth of each process, from the first to the last third after settling."""
        grown = {}
        for name, seen in self.memory.items():
            steady = seen[int(SETTLING * len(seen)) :]
            third = max(1, len(steady) // 3)
            first, last = statistics.median(steady[:third]), statistics.median(steady[-third:])
            grown[name] = last / first - 1.0
        return grown

    def misses(self) -> list[str]:
        """The targets that were missed."""
        found = [f"error: {error}" for error in self.errors]
        for name, share in self.growth().items():
            if share > FLAT:
                found.append(f"the memory of {name} grew by {100 * share:.1f} % (at most {100 * FLAT:g} %)")
        for name, seen in self.threads.items():
            steady = seen[int(SETTLING * len(seen)) :]
            if max(steady[-3:]) > max(steady[: max(3, len(steady) // 2)]):
                found.append(f"the threads of {name} went from {steady[0]} to {steady[-1]}")
        if self.kernels_left:
            found.append(f"{self.kernels_left} kernels were left over")
        return found


async def watch_one(visitor: Visitor, soak: Soak, until: float, seed: int, *, comes_and_goes: bool) -> None:
    """Run the simulation, move a slider every few seconds, and perhaps reload the page at times."""
    chance = random.Random(seed)
    theta = 34.0
    await visitor.open(300.0)
    soak.visits += 1
    visitor.click("Run")
    stay = time.monotonic() + 60.0
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(2.0, 6.0))
        theta = min(max(theta + chance.uniform(-5.0, 5.0), 5.0), 85.0)
        answer = await visitor.slide("theta", theta)
        soak.moves += 1
        soak.slowest = max(soak.slowest, answer.shown)
        if comes_and_goes and time.monotonic() > stay:
            visitor.close()
            await visitor.open(300.0)
            soak.visits += 1
            visitor.click("Run")
            stay = time.monotonic() + 60.0


def look(server: Server, soak: Soak, lasting: set[str]) -> None:
    """Read memory and threads of the server and of the lasting visitors' kernels."""
    processes = {"server": server.process}
    for kernel in server.kernels():
        try:
            line = " ".join(kernel.cmdline())
        except psutil.NoSuchProcess:  # that of the visitor who comes and goes, on its way out
            continue
        found = next((name for name in lasting if name in line), None)
        if found is not None:
            processes[f"kernel {sorted(lasting).index(found) + 1}"] = kernel
    for name, process in processes.items():
        soak.memory.setdefault(name, []).append(mebibytes(process)[0])
        soak.threads.setdefault(name, []).append(process.num_threads())
    soak.kernels.append(len(server.kernels()))


async def run(server: Server, minutes: float, count: int, pool: int, patience: float) -> Soak:
    soak = Soak(minutes, count)
    until = time.monotonic() + 60.0 * minutes
    visitors = [Visitor(server.url) for _ in range(count)]
    tasks = [
        asyncio.create_task(watch_one(visitor, soak, until, seed, comes_and_goes=seed == 0))
        for seed, visitor in enumerate(visitors)
    ]
    every = max(1.0, 60.0 * minutes / 200.0)
    while not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=every)
        lasting = {visitor.kernel for visitor in visitors[1:] if visitor.kernel}
        if len(lasting) == count - 1 and time.monotonic() < until:
            look(server, soak, lasting)
    soak.errors += [repr(task.exception()) for task in tasks if task.exception() is not None]
    for visitor in visitors:
        soak.errors += visitor.errors
        visitor.close()
    left_at = time.monotonic()
    while len(server.kernels()) > pool and time.monotonic() - left_at < patience:
        await asyncio.sleep(1.0)
    soak.kernels_left = max(0, len(server.kernels()) - pool)
    soak.errors += server.complaints()
    return soak


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="(30)")
    parser.add_argument("--visitors", type=int, default=5, help="(5)")
    parser.add_argument("--leave-seconds", type=float, default=60.0, help="(60)")
    parser.add_argument("--json", action="store_true", help="print everything that was seen as JSON")
    options = parser.parse_args()
    with served("--pool", "1", "--leave-seconds", str(options.leave_seconds)) as server:
        soak = asyncio.run(run(server, options.minutes, options.visitors, 1, options.leave_seconds + 60.0))
    if options.json:
        print(json.dumps(asdict(soak)))
    else:
        print(f"\n## {soak.visitors} visitors with live simulation for {soak.minutes:g} minutes\n")
        print(
            f"{soak.visits} visits, {soak.moves} slider moves, slowest answer {soak.slowest:.2f} s, at most"
        )
        print(f"{max(soak.kernels)} kernels at once, {soak.kernels_left} left over at the end.\n")
        print("| process | MiB, settled | MiB, end | growth | threads |\n|---|---|---|---|---|")
        for name, share in sorted(soak.growth().items()):
            seen, threads = soak.memory[name], soak.threads[name]
            begin = seen[int(SETTLING * len(seen))]
            print(f"| {name} | {begin:.0f} | {seen[-1]:.0f} | {100 * share:+.1f} % | {threads[-1]} |")
    for miss in soak.misses():
        print(f"missed: {miss}", file=sys.stderr)
    return 1 if soak.misses() else 0


if __name__ == "__main__":
    raise SystemExit(main())
