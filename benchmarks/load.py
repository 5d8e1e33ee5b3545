"""Many visitors at once: run `python benchmarks/load.py` (`--visitors 20`).

Each loads the page over HTTP, connects its websocket, and then moves sliders as a reader does, all at the
same time; the time from a move to the first redrawn curve is measured. Then everybody rests, the memory of
the idle sessions is read, everybody leaves, and the kernels must end. Nothing is drawn: see `visitor.py`.
The exit code is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from dataclasses import asdict, dataclass

from reach import Row, misses, percentile, table
from served import Server, mebibytes, served
from visitor import Answer, Visitor

LIMIT_SECONDS = 2.0
LIMIT_MIB = 250.0


@dataclass(frozen=True)
class Report:
    """What was seen; times in seconds, memory in MiB."""

    visitors: int
    moves: int
    open_median: float
    open_worst: float
    echo_median: float
    echo_worst: float
    shown_median: float
    shown_p95: float
    shown_worst: float
    idle_rss: float
    idle_pss: float
    server_rss: float
    kernels_left: int
    culled_after: float
    errors: list[str]

    def rows(self) -> list[Row]:
        """What is measured, with what is to be reached."""
        return [
            Row("opening the page, s", self.open_worst, median=self.open_median),
            Row("slider to its own echo, s", self.echo_worst, median=self.echo_median),
            Row("slider to first curve or number, p95, s", self.shown_p95, median=self.shown_median),
            Row("slider to first curve or number, worst, s", self.shown_worst, LIMIT_SECONDS),
            Row("resident memory of an idle session, worst, MiB", self.idle_rss, LIMIT_MIB),
            Row("its own share of it (PSS), worst, MiB", self.idle_pss),
            Row("memory of the server, MiB", self.server_rss),
            Row("last kernel gone after everybody left, s", self.culled_after),
            Row("errors", len(self.errors), 0),
            Row("kernels left over", self.kernels_left, 0),
        ]

    def misses(self) -> list[str]:
        """The targets that were missed."""
        return [*(f"error: {error}" for error in self.errors), *misses(self.rows())]


async def behave(visitor: Visitor, moves: int, seed: int) -> list[Answer]:
    """Drag the dials about, with the pauses of somebody who looks at the result."""
    chance = random.Random(seed)
    answers = []
    value = {"theta": 34.0, "alpha": 0.42}
    for _ in range(moves):
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        name = chance.choice(("theta", "theta", "alpha"))
        step, low, high = (1.5, 5.0, 85.0) if name == "theta" else (0.03, 0.1, 1.9)
        value[name] = min(max(value[name] + chance.choice((-1, 1)) * step, low), high)
        answers.append(await visitor.slide(name, value[name]))
    return answers


async def measure(server: Server, count: int, moves: int, rest: float, patience: float) -> Report:
    visitors = [Visitor(server.url) for _ in range(count)]
    opened = await asyncio.gather(*(visitor.open(300.0) for visitor in visitors), return_exceptions=True)
    errors = [f"opening: {error!r}" for error in opened if isinstance(error, BaseException)]
    opening = [seconds for seconds in opened if not isinstance(seconds, BaseException)]
    present = [
        visitor for visitor, seconds in zip(visitors, opened, strict=True) if isinstance(seconds, float)
    ]
    await asyncio.sleep(rest)
    runs = await asyncio.gather(
        *(behave(visitor, moves, seed) for seed, visitor in enumerate(present)), return_exceptions=True
    )
    errors += [f"moving: {error!r}" for error in runs if isinstance(error, BaseException)]
    answers = [answer for run in runs if not isinstance(run, BaseException) for answer in run]
    errors += [text for visitor in visitors for text in visitor.errors]
    await asyncio.sleep(rest)
    memory = [mebibytes(kernel) for kernel in server.kernels()]
    at_rest = len(server.kernels()) - count
    for visitor in visitors:
        visitor.close()
    left_at = time.monotonic()
    while len(server.kernels()) > max(at_rest, 0) and time.monotonic() - left_at < patience:
        await asyncio.sleep(1.0)
    shown = sorted(answer.shown for answer in answers) or [float("nan")]
    echoes = [answer.echo for answer in answers] or [float("nan")]
    return Report(
        visitors=count,
        moves=len(answers),
        open_median=statistics.median(opening or [float("nan")]),
        open_worst=max(opening or [float("nan")]),
        echo_median=statistics.median(echoes),
        echo_worst=max(echoes),
        shown_median=statistics.median(shown),
        shown_p95=percentile(shown, 0.95),
        shown_worst=shown[-1],
        idle_rss=max(rss for rss, _ in memory),
        idle_pss=max(pss for _, pss in memory),
        server_rss=mebibytes(server.process)[0],
        kernels_left=len(server.kernels()) - max(at_rest, 0),
        culled_after=time.monotonic() - left_at,
        errors=errors + server.complaints(),
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visitors", type=int, default=20, help="(20)")
    parser.add_argument("--quick", action="store_true", help="5 visitors, 5 moves, shorter waits")
    parser.add_argument("--moves", type=int, default=10, help="slider moves of each visitor (10)")
    parser.add_argument("--pool", type=int, default=2, help="kernels kept ready (2)")
    parser.add_argument("--rest", type=float, default=15.0, help="seconds between arriving and moving (15)")
    parser.add_argument("--leave-seconds", type=float, default=60.0, help="(60)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if options.quick:
        options.visitors, options.moves, options.rest, options.leave_seconds = 5, 5, 8.0, 10.0
    with served("--pool", str(options.pool), "--leave-seconds", str(options.leave_seconds)) as server:
        time.sleep(8.0)  # the pool fills
        report = asyncio.run(
            measure(server, options.visitors, options.moves, options.rest, options.leave_seconds + 60.0)
        )
    if options.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        print(f"\n## {report.visitors} visitors at once, {report.moves} slider moves\n")
        print(f"{table(report.rows())}\n")
    for miss in report.misses():
        print(f"missed: {miss}", file=sys.stderr)
    return 1 if report.misses() else 0


if __name__ == "__main__":
    raise SystemExit(main())
