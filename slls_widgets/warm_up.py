"""Compile every kernel once, so that the first visitor does not wait: ``python -m slls_widgets.warm_up``.

numba keeps the machine code beside the package, or in NUMBA_CACHE_DIR.
"""

from __future__ import annotations

import numpy as np

from . import Macrospin, phase_map, simulate, steady_state

__all__ = ["warm_up"]


def warm_up() -> None:
    """Run each solver and each scheme on something tiny."""
    magnet = Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7)
    steady_state(magnet)
    phase_map(np.linspace(-1.0, 1.0, 3), np.linspace(0.0, 1.0, 2), delta=0.866, nu=2.0)
    for scheme in ("moebius", "euler", "heun"):
        simulate(magnet, trajectories=8, duration=1.0, scheme=scheme)


if __name__ == "__main__":
    warm_up()
