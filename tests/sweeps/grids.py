"""Sweeps small enough to be solved in a test."""

from __future__ import annotations

from typing import Any

from slls_widgets.sweeps import Plan

GRID: dict[str, Any] = {
    "alpha": {"start": -1.0, "stop": 1.0, "num": 5},
    "theta": {"start": 0, "stop": "pi/2", "num": 3},
    "delta": [0.6, 0.9],
    "nu": 2.0,
}


def content(**changes: Any) -> dict[str, Any]:
    """A sweep file's content: GRID and the exact defaults, with other tables or keys."""
    return {"grid": dict(GRID), "exact": {}, "chunk_points": 5, **changes}


def plan(**changes: Any) -> Plan:
    return Plan.of(content(**changes))


#: alpha = 0 has an infinite field here, and one point is beyond the solver's memory.
AWKWARD = {"alpha": [-0.5, 0.0, 1e-14, 0.5], "theta": [0.0, 1.0], "delta": 0.9, "alpha_nu": 3.0}
