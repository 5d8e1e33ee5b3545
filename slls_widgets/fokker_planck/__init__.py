"""The Fokker-Planck equation on the sphere, solved exactly at any angle."""

from __future__ import annotations

from .batch import Solutions, solve_many
from .per_second import PerSecond
from .solve_for import solve_for
from .spectrum import InaccurateRateWarning
from .steady_state import SteadyState, steady_state
from .truncation import WorkLimitWarning

__all__ = [
    "InaccurateRateWarning",
    "PerSecond",
    "Solutions",
    "SteadyState",
    "WorkLimitWarning",
    "solve_for",
    "solve_many",
    "steady_state",
]
