"""``slls simulate``: one point by simulation."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any

from .._cancellation import Cancelled
from .compiling import announced
from .interrupt import Interrupt
from .parsing import command, magnet_of, magnet_options
from .printing import ProgressLine, parameters, print_header, print_json

if TYPE_CHECKING:
    from ..simulation import Run

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls simulate --alpha 0.5 --nu 10 --theta 0.7 --trajectories 512 --duration 20
  slls simulate --alpha 0.5 --nu 2 --scheme euler --dt 1e-3 --duration 5 --json

Ctrl-C ends a run early and prints what was measured until then.
"""
_RATES = ("S_P", "S_B", "Sigma", "Delta_P")


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "simulate", "the same point by simulation, with standard errors", EXAMPLES)
    magnet_options(parser)
    parser.add_argument("--trajectories", type=int, default=256, help="how many magnets at once (256)")
    parser.add_argument("--duration", type=float, default=50.0, help="time simulated, in 1/(eta T) (50)")
    parser.add_argument("--dt", type=float, help="time step, in 1/(eta T) (chosen for the scheme)")
    parser.add_argument(
        "--scheme",
        default="moebius",
        help="how a step is made (moebius); a name that does not exist is answered with those that do",
    )
    parser.add_argument("--seed", type=int, default=0, help="start of the random numbers (0)")
    parser.add_argument("--threads", type=int, help="processors to use (all)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the rates with their standard errors."""
    made = magnet_of(options)
    from .. import simulate, steady_state

    with Interrupt() as interrupt, announced(), ProgressLine() as line:
        try:
            measured = simulate(
                made,
                trajectories=options.trajectories,
                duration=options.duration,
                dt=options.dt,
                scheme=options.scheme,
                seed=options.seed,
                threads=options.threads,
                progress=line.show,
                cancel=interrupt,
                keep=True,
            )
        except Cancelled:
            print("slls simulate: interrupted before anything was measured", file=sys.stderr)
            return interrupt.exit_code
    values = {name: float(getattr(measured, name).value) for name in _RATES}
    errors = {name: float(getattr(measured, name).stderr) for name in _RATES}
    steady = steady_state(made)
    exact = {name: float(getattr(steady, name)) for name in _RATES}
    # Delta_P belongs to the finite time τ, and so does its exact partner.
    exact["Delta_P"] = float(steady.finite_time_variance(measured.tau))
    z = {name: getattr(measured, name).z(exact[name]) for name in _RATES}
    z["Delta_P"] = measured.Delta_P.log_z(exact["Delta_P"])
    if options.json:
        print_json(
            parameters=parameters(steady.magnet),
            values=values,
            standard_errors=errors,
            scheme=measured.scheme,
            dt=measured.dt,
            seed=measured.seed,
            trajectories=measured.trajectories,
            duration=measured.duration,
            burn_in=measured.burn_in,
            tau=measured.tau,
            exact=exact,
            z=z,
            complete=not interrupt(),
            steps_per_second=float(measured.steps_per_second),
        )
    else:
        _print_table(measured, values, errors, exact, z)
    if interrupt():
        print(
            f"slls simulate: interrupted at {measured.duration:.3g} of {options.duration:g}; "
            "the numbers are of that time",
            file=sys.stderr,
        )
        return interrupt.exit_code
    return 0


def _print_table(
    measured: Run,
    values: dict[str, float],
    errors: dict[str, float],
    exact: dict[str, float],
    z: dict[str, float],
) -> None:
    print_header(measured.magnet)
    print("           simulated                exactly      z")
    for name, value in values.items():
        found = f"{value:.6g} +- {errors[name]:.2g}"
        score = f"{z[name]:+.1f}" if math.isfinite(z[name]) else "-"
        print(f"  {name:8s} {found:24s} {exact[name]:< 12.6g} {score}")
    print(f"Delta_P, its exact value too, is that of the time tau = {measured.tau:.6g}.")
    print(
        f"{measured.trajectories} trajectories for a time of {measured.duration:.6g} after "
        f"{measured.burn_in:.3g} to forget the start, {measured.steps_per_second:.3g} steps/s. "
        "Rates are in units of eta T."
    )
