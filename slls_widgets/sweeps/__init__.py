"""Sweeps over all parameters, larger than one sitting and than one machine (docs/sweeps.md).

A file says what to compute (`plan`), the grid is cut into chunks (`chunks`), workers compute them
(`compute`, `workers`), one process hands them out and writes what comes back (`execute`), and the store
(`store`) is a Zarr group that xarray opens and that remembers which chunks are done.
"""

from __future__ import annotations

from .estimate import Forecast, estimate
from .execute import Progress, Summary, run_sweep
from .opening import check_store
from .plan import EXAMPLE, Plan, read_plan
from .workers import Cluster, Here, Processes, Workers

__all__ = [
    "EXAMPLE",
    "Cluster",
    "Forecast",
    "Here",
    "Plan",
    "Processes",
    "Progress",
    "Summary",
    "Workers",
    "check_store",
    "estimate",
    "read_plan",
    "run_sweep",
]
