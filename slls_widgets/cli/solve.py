"""``slls solve``: one exact point."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from ..magnet.device import Device
from .compiling import announced
from .parsing import command, magnet_of, magnet_options
from .printing import parameters, print_header, print_json

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls solve --alpha 0.5 --nu 10 --delta 0.866 --theta 0.7
  slls solve --alpha -0.3 --alpha-nu 3 --json
  slls solve --material permalloy --field 0.2T --current 80uA --theta 25deg
  slls solve --alpha 0.5 --nu 10 --write point.json   for `slls check`
"""
_RATES = ("S_P", "S_B", "Sigma", "Delta_P")


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "solve", "one exact point of the steady state", EXAMPLES)
    magnet_options(parser)
    parser.add_argument("--tol", type=float, default=1e-8, help="largest error allowed (1e-8)")
    parser.add_argument("--write", metavar="FILE", help="write a state file, which `slls check` proves")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the rates with their error bounds."""
    made = magnet_of(options)
    device = made if isinstance(made, Device) else None
    from .. import steady_state

    with announced():
        state = steady_state(made, tol=options.tol)
        if options.write is not None:
            state.write(options.write)
    values = {name: float(getattr(state, name)) for name in _RATES}
    errors = {name: float(state.errors[name]) for name in _RATES}
    if options.json:
        print_json(
            parameters=parameters(state.magnet),
            values=values,
            errors=errors,
            **({} if device is None else {"device": asdict(device), "si": asdict(state.in_si(device))}),
            phase=str(state.phase),
            efficiency=state.efficiency,
            uncertainty_product=state.uncertainty_product,
            mean_n=state.mean_n.tolist(),
            certificate=float(state.certificate),
        )
        return 0
    print_header(state.magnet, device)
    for name, value in values.items():
        print(f"  {name:20s} {value: .12g}   within {errors[name]:.1e}")
    print(f"  {'phase':20s}  {str(state.phase).replace('_', ' ')}")
    if state.efficiency == state.efficiency:
        print(f"  {'efficiency':20s} {state.efficiency: .6g}")
    print(f"  {'uncertainty product':20s} {state.uncertainty_product: .6g}")
    print("Rates are in units of eta T.")
    if device is not None:
        print(f"\n{state.in_si(device)}\nRates are in units of k_B per second, heat in watts.")
    return 0
