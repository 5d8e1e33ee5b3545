"""What a sweep can compute, and how each result is stored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..magnet.macrospin import Phase
from ..maps.phase_map import LONG_NAMES

__all__ = ["COSTLY", "EXACT", "LAYOUT", "PHASES", "RATES", "SIMULATED", "STATUS", "Variable", "variables"]

#: Of the store. In the first one ``tau`` was not stored, and codes were single bytes, which lost their type
#: on the way into NetCDF.
LAYOUT = 2

RATES = tuple(LONG_NAMES)
#: Those that need more of a point than its rates.
COSTLY = ("mean_n", "relaxation_rate", "Delta_P_tau")
#: Quantities from the exact solver.
EXACT = (*RATES, "phase", "certificate", "uncertainty_product", "efficiency", *COSTLY)
#: Quantities from the simulation.
SIMULATED = RATES

#: Codes of the variable ``phase``; 0 stands where nothing was computed.
PHASES = ("none", *Phase)
#: Codes of the variable ``status``.
STATUS = ("pending", "done", "above_tol", "failed")

_WORDS = {
    "certificate": "largest error/max(|value|, 1e-9) of the four rates",
    "uncertainty_product": "uncertainty product Delta_P Sigma / S_P^2; +inf where S_P = 0",
    "efficiency": "efficiency of a refrigerator or heat pump, NaN in other phases",
    "mean_n": "mean magnetisation, H along z and P in the xz plane",
    "relaxation_rate": "slowest relaxation rate",
    "Delta_P": "fluctuation coefficient of the pumped entropy, of infinite time",
    "Delta_P_tau": "exact variance of the pumped entropy over the time tau, divided by tau",
}
_IN_WORDS = {"rate": "in units of eta T", "time": "in units of 1/(eta T)"}


class Variable(NamedTuple):
    """One array of the store."""

    name: str
    dtype: str
    attributes: dict[str, Any]
    #: A dimension beyond those of the grid, with its labels.
    extra: tuple[str, tuple[str, ...]] | None = None

    @property
    def empty(self) -> Any:
        """What stands where nothing was computed."""
        return {"float64": math.nan, "str": ""}.get(self.dtype, 0)


def variables(plan: Any, layout: int = LAYOUT) -> Iterator[Variable]:
    """The arrays that a plan fills, ``status`` last: it is written last, and says that a chunk is done."""
    if plan.exact is not None:
        for name in plan.exact.quantities:
            if name == "phase":
                yield _flags("phase", PHASES, "phase", layout)
            else:
                words = _WORDS.get(name) or LONG_NAMES[name]
                kind = "rate" if name in RATES or name in ("relaxation_rate", "Delta_P_tau") else None
                extra = ("component", ("x", "y", "z")) if name == "mean_n" else None
                yield _number(name, words, kind, extra)
            if plan.exact.errors and name in RATES:
                yield _number(f"{name}_error", f"bound of the error of {name}", "rate")
    if plan.simulation is not None:
        for name in plan.simulation.quantities:
            yield _number(f"{name}_simulated", _simulated_words(name), "rate")
            yield _number(f"{name}_stderr", f"standard error of {name}_simulated", "rate")
        yield Variable("seed", "int64", {"units": "1", "long_name": "seed of the point's simulation"})
        yield _number("dt", "time step of the simulation", "time")
        if "Delta_P" in plan.simulation.quantities and layout > 1:
            yield _number("tau", "time of Delta_P_simulated", "time")
    yield Variable("failure", "str", {"long_name": "why a point failed, empty elsewhere"})
    yield _flags("status", STATUS, "status of the point", layout)


def _simulated_words(name: str) -> str:
    if name == "Delta_P":
        return (
            "variance of the pumped entropy over the time tau, divided by tau, simulated; "
            "its exact partner is Delta_P_tau, not Delta_P"
        )
    return f"{LONG_NAMES[name]}, simulated"


def _number(name: str, words: str, kind: str | None, extra: Any = None) -> Variable:
    # UDUNITS does not know eta T, by which these numbers were divided: they have no dimension.
    comment = {"comment": _IN_WORDS[kind]} if kind else {}
    return Variable(name, "float64", {"units": "1", "long_name": words, **comment}, extra)


def _flags(name: str, meanings: tuple[str, ...], words: str, layout: int) -> Variable:
    # The CF conventions' way of storing words. They want the codes to have the variable's own type, and the
    # plain integers of a Zarr attribute become 64 bits wide in NetCDF.
    return Variable(
        name,
        "int8" if layout == 1 else "int64",
        {
            "long_name": words,
            "flag_values": list(range(len(meanings))),
            "flag_meanings": " ".join(map(str, meanings)),
        },
    )
