"""The Fokker-Planck equation on the sphere, solved exactly at any angle."""

from __future__ import annotations

from .batch import Solutions, solve_many
from .steady_state import SteadyState, steady_state

__all__ = ["Solutions", "SteadyState", "solve_many", "steady_state"]
