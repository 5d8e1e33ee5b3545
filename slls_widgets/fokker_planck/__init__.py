"""The Fokker-Planck equation on the sphere, solved exactly at any angle."""

from __future__ import annotations

from .batch import Solutions, solve_many
from .spectrum import InaccurateRateWarning
from .steady_state import SteadyState, steady_state
from .truncation import WorkLimitWarning

__all__ = [
    "InaccurateRateWarning",
    "Solutions",
    "SteadyState",
    "WorkLimitWarning",
    "solve_many",
    "steady_state",
]
