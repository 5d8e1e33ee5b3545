"""``slls map``: rates and phase on a grid of α and θ, as a file."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from ..magnet.paper import PAPER_DELTA
from .compiling import announced
from .device import angle
from .interrupt import Interrupt
from .parsing import command, whole_number
from .printing import ProgressLine

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls map --alpha-nu 3 --csv map.csv
  slls map --nu 90 --delta 0.01 --alpha-max 0.1 --alphas 200 --thetas 91 --nc map.nc
"""


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "map", "rates and phase on a grid of alpha and theta, as a file", EXAMPLES)
    held = parser.add_mutually_exclusive_group(required=True)
    held.add_argument("--nu", type=float, help="field over temperature, fixed")
    held.add_argument("--alpha-nu", type=float, help="fixed |alpha| nu, in place of nu")
    parser.add_argument("--delta", type=float, default=PAPER_DELTA, help="damping over precession (0.866)")
    parser.add_argument("--alpha-max", type=float, default=2.0, help="the map ends at it on both sides (2)")
    parser.add_argument("--theta-max", type=angle, default=math.pi / 2, help="it begins at 0 (90deg)")
    size = whole_number(2, 10_000)
    # An even number of α leaves 0 out, where nothing is pumped.
    parser.add_argument("--alphas", type=size, default=80, help="how many values of alpha (80)")
    parser.add_argument("--thetas", type=size, default=31, help="how many angles (31)")
    parser.add_argument("--tol", type=float, default=1e-6, help="largest error of a point allowed (1e-6)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table, one row for each point")
    parser.add_argument("--nc", type=Path, metavar="FILE", help="write NetCDF, by the CF conventions")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the files that were asked for."""
    if options.csv is None and options.nc is None:
        raise ValueError("say where to write: --csv FILE, --nc FILE, or both")
    import numpy as np

    from .. import phase_map

    if not 0.0 < options.alpha_max < math.inf:
        raise ValueError(f"--alpha-max must be > 0 and finite; got {options.alpha_max!r}")
    # Rows of one angle would be the same; an angle beyond pi is refused with its value.
    if not options.theta_max > 0.0:
        raise ValueError(f"--theta-max must be > 0 and at most pi; got {options.theta_max!r}")
    with Interrupt() as interrupt, announced(), ProgressLine(every=10.0) as line:
        grid = phase_map(
            np.linspace(-options.alpha_max, options.alpha_max, options.alphas),
            np.linspace(0.0, options.theta_max, options.thetas),
            delta=options.delta,
            nu=options.nu,
            alpha_nu=options.alpha_nu,
            tol=options.tol,
            progress=line.show,
            cancel=interrupt,
        )
    if options.csv is not None:
        grid.to_dataframe().to_csv(options.csv)
    if options.nc is not None:
        grid.to_netcdf(options.nc)
    phases, counts = np.unique(grid.phase, return_counts=True)
    found = ", ".join(f"{count} {phase}" for phase, count in zip(phases, counts, strict=True))
    print(f"{options.alphas} x {options.thetas} points, largest error {float(grid.error.max()):.0e}: {found}")
    return 0
