"""Compile every kernel once, so that the first visitor does not wait: ``python -m slls_widgets.warm_up``.

The machine code is kept beside the package, in NUMBA_CACHE_DIR, or in the user's cache: ``slls info`` says
where.
"""

from __future__ import annotations

import sys
from multiprocessing import get_context
from typing import Any

import numpy as np
from numba.core import event

from . import Macrospin, phase_map, simulate, steady_state
from .simulation.schemes import SCHEMES

__all__ = ["is_warm", "warm_up"]


_MAGNET = Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7)


def warm_up() -> None:
    """Run each solver and each scheme on something tiny."""
    _run_solvers()
    _run_schemes()


def _run_solvers() -> None:
    steady_state(_MAGNET)
    phase_map(np.linspace(-1.0, 1.0, 3), np.linspace(0.0, 1.0, 2), delta=0.866, nu=2.0)


def _run_schemes() -> None:
    for name, scheme in SCHEMES.items():
        simulate(_MAGNET, trajectories=8, duration=1.0, dt=None if scheme.step_rule else 0.01, scheme=name)


def is_warm() -> bool:
    """Whether `warm_up` finds all that it needs; nothing is compiled."""

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


def _main() -> int:
    from ._code_folders import NotKept, keep_mark, place_to_write
    from .cli.compiling import announced

    try:
        place_to_write()
    except NotKept as error:
        if is_warm():
            return 0
        # What is compiled now would be of no use to anybody.
        print(f"slls_widgets.warm_up: {error}", file=sys.stderr)
        return 2
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


if __name__ == "__main__":
    try:
        raise SystemExit(_main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
