"""``slls sweep``: a grid of points into a Zarr store."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import AbstractContextManager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compiling import announced, prepare
from .interrupt import Interrupt
from .parsing import command, whole_number
from .printing import ProgressLine, clock

if TYPE_CHECKING:
    from ..sweeps import Cluster, Plan, Processes, Progress, Summary

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls sweep --example > sweep.toml            a file to start from
  slls sweep sweep.toml --dry-run              the grid, and what it will cost
  slls sweep sweep.toml --out results.zarr
  slls sweep sweep.toml --out results.zarr --workers 2
  slls sweep sweep.toml --out results.zarr --scheduler tcp://head-node:8786
  slls sweep --check results.zarr              read everything back; exit code 1 if something is wrong

Started again, the same command goes on where it stopped, and computes damaged chunks again. The result opens
with xarray.open_zarr.
"""


# Damaged files that a run names.
_LINES = 10


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "sweep", "compute a grid of points, here or on a cluster", EXAMPLES)
    parser.add_argument("file", nargs="?", type=Path, help="sweep file (TOML), or a store to check")
    parser.add_argument("--out", type=Path, help="folder of the result (FILE's name with .zarr)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=whole_number(1, 1024), metavar="N", help="local processes (one a processor)"
    )
    where.add_argument("--scheduler", metavar="ADDRESS", help="use the workers of this Dask scheduler")
    parser.add_argument("--dry-run", action="store_true", help="compute a few points and tell the cost")
    parser.add_argument("--retry-failed", action="store_true", help="compute chunks with failed points again")
    parser.add_argument(
        "--check", action="store_true", help="only read the result back, and compare checksums"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--example", action="store_true", help="print a sweep file and exit")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compute what is missing."""
    # Only now: numba and xarray take a second.
    from .. import sweeps

    if options.example:
        print(sweeps.EXAMPLE, end="")
        return 0
    if options.file is None:
        raise ValueError("name a sweep file; slls sweep --example prints one to start from")
    if options.check and options.file.is_dir():
        return _check(options, options.file)
    plan = sweeps.read_plan(options.file)
    if options.dry_run:
        return _tell_cost(plan)
    out = options.out or Path(options.file.with_suffix(".zarr").name)
    if options.check:
        return _check(options, out)
    if options.scheduler is None:
        # Before several processes do it at once.
        prepare()
    line = ProgressLine(every=None if options.quiet else 30.0)
    with Interrupt() as interrupt, _workers(options) as workers, line:
        summary = sweeps.run_sweep(
            plan,
            out,
            workers,
            progress=None if options.quiet else lambda state: _show(line, state),
            cancel=interrupt,
            retry_failed=options.retry_failed,
        )
    _tell_damage(summary)
    if summary.complete:
        _tell_result(summary)
        return 0
    done = summary.found + summary.computed
    print(
        f"slls sweep: interrupted; {done} of {done + summary.pending} chunks are kept in {out}. "
        "The same command goes on from there",
        file=sys.stderr,
    )
    return interrupt.exit_code


def _workers(options: argparse.Namespace) -> AbstractContextManager[Cluster | Processes]:
    from ..sweeps import Cluster, Processes

    if options.scheduler is None:
        return Processes(options.workers)
    with suppress(ImportError):  # Cluster says what is missing
        import_module("distributed")
    # Dask reports a lost connection by itself, in many lines; ours takes one. Its parts have loggers with a
    # level of their own once it is loaded.
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return Cluster(options.scheduler)


def _show(line: ProgressLine, state: Progress) -> None:
    if state.read is not None:
        _show_reading(line, state.read, state.points)
        return
    parts = [f"{state.stored:,} of {state.points:,} points".replace(",", " ")]
    if state.left is not None:
        parts += [f"{state.rate:.3g} points/s", f"{clock(state.left)} left"]
    else:
        parts.append("waiting for workers" if state.workers == 0 else "starting")
    if state.failed:
        parts.append(f"{state.failed} failed")
    line.show(state.stored / state.points, ", ".join(parts))


def _show_reading(line: ProgressLine, read: int, points: int) -> None:
    line.show(read / points, f"read back: {read:,} of {points:,} points".replace(",", " "))


def _tell_damage(summary: Summary) -> None:
    """What a run has found damaged."""
    for damage in summary.damage[:_LINES]:
        # It is mended now.
        print(f"slls sweep: {damage.replace(' is missing', ' was missing')}", file=sys.stderr)
    if (more := len(summary.damage) - _LINES) > 0:
        print(f"slls sweep: and {more} more damaged files", file=sys.stderr)
    if summary.damage:
        left = "Those of chunks are being computed again" if summary.pending else "All are mended"
        print(f"slls sweep: {left}", file=sys.stderr)
    if summary.unchecked:
        print(
            f"slls sweep: {summary.path} was made before there were checksums; {summary.unchecked} chunks "
            "could be read, were taken as they are, and have checksums now",
            file=sys.stderr,
        )


def _check(options: argparse.Namespace, store: Path) -> int:
    """Read a store back; 1 if it is not complete and sound."""
    from ..sweeps import check_store

    line = ProgressLine(every=None if options.quiet else 30.0)
    with Interrupt() as interrupt, line:

        def look(read: int, points: int) -> bool:
            if not options.quiet:
                _show_reading(line, read, points)
            return interrupt()

        found = check_store(store, look)
    for damage in found.damage:
        print(damage)
    if found.sound:
        print(f"{store}: {found.points} points in {found.chunks} chunks, all read back")
        if found.unchecked:
            print(f"{found.unchecked} chunks were made before there were checksums; a run adds them.")
        return 0
    wrong = []
    if found.damaged:
        wrong.append(f"{found.damaged} of {found.chunks} chunks are damaged")
    elif found.damage:
        wrong.append("descriptions or coordinates are damaged")
    if missing := len(found.pending) - found.damaged:
        wrong.append(f"{missing} of {found.chunks} chunks are not computed yet")
    print(
        f"slls sweep: {store}: {', '.join(wrong)}. To mend it: slls sweep FILE --out {store}, FILE being the "
        "file that it was made from",
        file=sys.stderr,
    )
    return 1


def _tell_result(summary: Summary) -> None:
    above, failed = summary.counts["above_tol"], summary.counts["failed"]
    print(
        f"{summary.path}: {summary.points} points, {above} above tol, {failed} failed; "
        f"{summary.computed} chunks computed in {clock(summary.seconds)}, {summary.found} were there"
    )
    if failed:
        print("The variable failure says why.")


def _tell_cost(plan: Plan) -> int:
    from ..sweeps import estimate

    for axis in plan.axes:
        low, high = float(axis.values.min()), float(axis.values.max())
        extent = f"{low:.6g}" if axis.fixed else f"{axis.values.size} values from {low:.6g} to {high:.6g}"
        print(f"  {axis.name:8s} {extent}")
    with Interrupt() as interrupt, announced():
        cost = estimate(plan, stop=interrupt)
    total = cost.seconds_per_point * plan.points
    print(f"{plan.points} points in {len(plan.chunks)} chunks of at most {plan.chunk_points}")
    # A single point has no spread.
    spread = f" +- {1e3 * cost.stderr:.1g}" if cost.sampled > 1 else ""
    print(
        f"{1e3 * cost.seconds_per_point:.3g}{spread} ms per point on one processor "
        f"({cost.sampled} point{'s'[: cost.sampled != 1]} tried, {len(cost.failures)} failed)"
    )
    print(f"{clock(total)} of one processor, {cost.bytes / 1e6:.3g} MB before compression")
    if cost.failures:
        print(f"A failed one: {cost.failures[0]}")
    return 0
