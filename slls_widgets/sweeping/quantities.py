"""What a sweep can compute, and how each result is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..macrospin import Phase
from ..sweeps import LONG_NAMES

__all__ = ["COSTLY", "EXACT", "PHASES", "RATES", "SIMULATED", "STATUS", "Variable", "variables"]

RATES = tuple(LONG_NAMES)
#: Quantities from the exact solver.
EXACT = (*RATES, "phase", "certificate", "uncertainty_product", "efficiency", "mean_n", "relaxation_rate")
#: Those that need more of a point than its rates.
COSTLY = ("mean_n", "relaxation_rate")
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
}


class Variable(NamedTuple):
    """One array of the store."""

    name: str
    dtype: str
    attributes: dict[str, Any]
    #: A dimension beyond those of the grid, with its labels.
    extra: tuple[str, tuple[str, ...]] | None = None


def variables(plan: Any) -> Iterator[Variable]:
    """The arrays that a plan fills, ``status`` last: it is written last, and says that a chunk is done."""
    if plan.exact is not None:
        for name in plan.exact.quantities:
            if name == "phase":
                yield _flags("phase", PHASES, "phase")
            else:
                rate = name in RATES or name == "relaxation_rate"
                words = LONG_NAMES.get(name) or _WORDS[name]
                yield Variable(
                    name,
                    "float64",
                    {"units": "eta*T" if rate else "1", "long_name": words},
                    ("component", ("x", "y", "z")) if name == "mean_n" else None,
                )
            if plan.exact.errors and name in RATES:
                yield _rate(f"{name}_error", f"bound of the error of {name}")
    if plan.simulation is not None:
        for name in plan.simulation.quantities:
            yield _rate(f"{name}_simulated", f"{LONG_NAMES[name]}, simulated")
            yield _rate(f"{name}_stderr", f"standard error of {name}_simulated")
        yield Variable("seed", "int64", {"units": "1", "long_name": "seed of the point's simulation"})
        yield Variable("dt", "float64", {"units": "1/(eta*T)", "long_name": "time step of the simulation"})
    yield Variable("failure", "str", {"long_name": "why a point failed, empty elsewhere"})
    yield _flags("status", STATUS, "status of the point")


def _rate(name: str, words: str) -> Variable:
    return Variable(name, "float64", {"units": "eta*T", "long_name": words})


def _flags(name: str, meanings: tuple[str, ...], words: str) -> Variable:
    # The CF conventions' way of storing words: a billion of them take a gigabyte, not forty-eight.
    return Variable(
        name,
        "int8",
        {
            "long_name": words,
            "flag_values": list(range(len(meanings))),
            "flag_meanings": " ".join(map(str, meanings)),
        },
    )
