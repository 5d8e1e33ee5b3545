"""Stochastic simulation: schemes, random streams, ensembles, and estimates that carry their errors."""

from .ensemble import Ensemble, Recording, Tracked
from .estimators import Estimate, Estimates
from .histograms import Histogram, SphereHistogram
from .run import Paths, Run, simulate
from .step_size import default_step, largest_step, relaxation_time

__all__ = [
    "Ensemble",
    "Estimate",
    "Estimates",
    "Histogram",
    "Paths",
    "Recording",
    "Run",
    "SphereHistogram",
    "Tracked",
    "default_step",
    "largest_step",
    "relaxation_time",
    "simulate",
]
