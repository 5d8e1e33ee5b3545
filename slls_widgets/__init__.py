"""Exact and simulated entropy pumping by a nano-magnet (stochastic Landau-Lifshitz-Slonczewski).

import slls_widgets as sw
magnet = sw.Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7)
sw.steady_state(magnet).S_P            # exact, any angle
sw.simulate(magnet).S_P                # with a standard error
from slls_widgets.widgets import Explorer
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import theory
    from ._cancellation import Cancelled
    from .fokker_planck import counting, solve_for, solve_many, steady_state
    from .magnet.device import Device
    from .magnet.macrospin import Macrospin, Phase
    from .maps.phase_map import phase_boundaries, phase_map
    from .proof.checker import check
    from .simulation import simulate

    __version__: str

# Loaded on first use: numpy, numba, scipy and xarray take more than a second, which an import should not.
_LAZY = {
    "Cancelled": ("slls_widgets._cancellation", "Cancelled"),
    "Device": ("slls_widgets.magnet.device", "Device"),
    "Macrospin": ("slls_widgets.magnet.macrospin", "Macrospin"),
    "Phase": ("slls_widgets.magnet.macrospin", "Phase"),
    "__version__": ("slls_widgets._version", "__version__"),
    "check": ("slls_widgets.proof.checker", "check"),
    "counting": ("slls_widgets.fokker_planck.counting", None),
    "steady_state": ("slls_widgets.fokker_planck", "steady_state"),
    "simulate": ("slls_widgets.simulation", "simulate"),
    "phase_boundaries": ("slls_widgets.maps.phase_map", "phase_boundaries"),
    "phase_map": ("slls_widgets.maps.phase_map", "phase_map"),
    "solve_for": ("slls_widgets.fokker_planck", "solve_for"),
    "solve_many": ("slls_widgets.fokker_planck", "solve_many"),
    "theory": ("slls_widgets.theory", None),
}

__all__ = [
    "Cancelled",
    "Device",
    "Macrospin",
    "Phase",
    "__version__",
    "check",
    "counting",
    "phase_boundaries",
    "phase_map",
    "simulate",
    "solve_for",
    "solve_many",
    "steady_state",
    "theory",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LAZY[name]
    loaded = import_module(module)
    value = loaded if attribute is None else getattr(loaded, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
