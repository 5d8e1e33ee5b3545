"""``slls warm-up``: compile every kernel once, so that the first visitor does not wait.

The machine code is kept beside the package, in NUMBA_CACHE_DIR, or in the user's cache: ``slls info`` says
where.
"""

from __future__ import annotations

import argparse
from typing import Any

from .compiling import announced
from .parsing import command

__all__ = ["add", "is_warm", "run", "warm_up"]

EXAMPLES = """examples:
  slls warm-up
  NUMBA_CPU_NAME=generic slls warm-up    for any processor of this kind
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(commands, "warm-up", "compile the solvers once, about a minute", EXAMPLES)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compile what is not compiled yet, and keep it."""
    from multiprocessing import get_context

    from .._code_folders import NotKept, keep_mark, place_to_write

    try:
        place_to_write()
    except NotKept:
        if is_warm():
            return 0
        # What is compiled now would be of no use to anybody.
        raise
    with announced():
        if not is_warm():
            # numba compiles in one thread only.
            schemes = get_context("spawn").Process(target=_run_schemes)
            schemes.start()
            _run_solvers()
            schemes.join()
            # This finds what both have kept, or ends with the error that either met.
            warm_up()
    keep_mark()
    return 0


def warm_up() -> None:
    """Run each solver and each scheme on something tiny."""
    _run_solvers()
    _run_schemes()


def is_warm() -> bool:
    """Whether `warm_up` finds all that it needs; nothing is compiled."""
    from numba.core import event

    class Cold(Exception):
        pass

    class Refusal(event.Listener):
        def on_start(self, _event: Any) -> None:
            raise Cold

        def on_end(self, _event: Any) -> None:
            pass

    try:
        with event.install_listener("numba:compile", Refusal()):
            warm_up()
    except Cold:
        return False
    return True


def _run_solvers() -> None:
    from .. import phase_map, steady_state

    magnet = _magnet()
    steady_state(magnet)
    phase_map([-1.0, 0.0, 1.0], [0.0, 1.0], delta=magnet.delta, nu=magnet.nu)


def _run_schemes() -> None:
    from .. import simulate
    from ..simulation.schemes import SCHEMES

    for name, scheme in SCHEMES.items():
        dt = None if scheme.step_rule else 0.01
        simulate(_magnet(), trajectories=8, duration=1.0, dt=dt, scheme=name)


def _magnet() -> Any:
    from .. import Macrospin

    return Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7)
