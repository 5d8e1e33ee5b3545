"""Stochastic simulation: schemes, random streams, ensembles, and estimates that carry their errors."""

from .ensemble import Ensemble, Recording
from .estimators import Estimate, Estimates
from .run import Paths, Run, simulate

__all__ = ["Ensemble", "Estimate", "Estimates", "Paths", "Recording", "Run", "simulate"]
