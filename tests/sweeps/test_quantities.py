"""The arrays of a store: their names, types and the words that travel with them."""

from __future__ import annotations

import math

import pytest
from grids import plan

from slls_widgets.maps.phase_map import LONG_NAMES
from slls_widgets.sweeps.quantities import EXACT, variables

SIMULATION = {"trajectories": 8, "duration": 1.0, "seed": 1}


def rate(words: str) -> dict[str, str]:
    return {"units": "1", "long_name": words, "comment": "in units of eta T"}


def plain(words: str) -> dict[str, str]:
    return {"units": "1", "long_name": words}


TIME = {"units": "1", "comment": "in units of 1/(eta T)"}
EXACT_WORDS = {
    **{name: rate(LONG_NAMES[name]) for name in ("S_P", "S_B", "Sigma")},
    "Delta_P": rate("fluctuation coefficient of the pumped entropy, of infinite time"),
    "phase": {
        "long_name": "phase",
        "flag_values": [0, 1, 2, 3, 4, 5],
        "flag_meanings": "none equilibrium refrigerator heat_pump dud boundary",
    },
    "certificate": plain("largest error/max(|value|, 1e-9) of the four rates"),
    "uncertainty_product": plain("uncertainty product Delta_P Sigma / S_P^2; +inf where S_P = 0"),
    "efficiency": plain("efficiency of a refrigerator or heat pump, NaN in other phases"),
    "mean_n": plain("mean magnetisation, H along z and P in the xz plane"),
    "relaxation_rate": rate("slowest relaxation rate"),
    "Delta_P_tau": rate("exact variance of the pumped entropy over the time tau, divided by tau"),
    **{f"{name}_error": rate(f"bound of the error of {name}") for name in LONG_NAMES},
}
SIMULATED_WORDS = {
    **{f"{name}_simulated": rate(f"{LONG_NAMES[name]}, simulated") for name in ("S_P", "S_B", "Sigma")},
    "Delta_P_simulated": rate(
        "variance of the pumped entropy over the time tau, divided by tau, simulated; "
        "its exact partner is Delta_P_tau, not Delta_P"
    ),
    **{f"{name}_stderr": rate(f"standard error of {name}_simulated") for name in LONG_NAMES},
    "seed": plain("seed of the point's simulation"),
    "dt": {**TIME, "long_name": "time step of the simulation"},
    "tau": {**TIME, "long_name": "time of Delta_P_simulated"},
}
LAST_WORDS = {
    "failure": {"long_name": "why a point failed, empty elsewhere"},
    "status": {
        "long_name": "status of the point",
        "flag_values": [0, 1, 2, 3],
        "flag_meanings": "pending done above_tol failed",
    },
}


def test_every_array_says_what_it_is() -> None:
    full = plan(exact={"quantities": list(EXACT), "errors": True}, simulation=SIMULATION)
    made = list(variables(full))
    assert {v.name: v.attributes for v in made} == EXACT_WORDS | SIMULATED_WORDS | LAST_WORDS
    assert len({v.name for v in made}) == len(made)
    # The status says that the rest is there.
    assert [v.name for v in made][-2:] == ["failure", "status"]
    others = {"phase": "int64", "status": "int64", "seed": "int64", "failure": "str"}
    assert {v.name: v.dtype for v in made} == {v.name: others.get(v.name, "float64") for v in made}
    assert {v.name: v.extra for v in made if v.extra} == {"mean_n": ("component", ("x", "y", "z"))}
    for variable in made:
        if variable.dtype == "float64":
            assert math.isnan(variable.empty)
        else:
            assert variable.empty == ("" if variable.dtype == "str" else 0)


@pytest.mark.parametrize(("layout", "codes", "timed"), [(1, "int8", False), (2, "int64", True)])
def test_an_older_store_is_read_as_it_was_written(layout: int, codes: str, timed: bool) -> None:
    made = {
        v.name: v.dtype
        for v in variables(plan(exact={"quantities": ["phase"]}, simulation=SIMULATION), layout)
    }
    assert (made["phase"], made["status"], "tau" in made) == (codes, codes, timed)


def test_a_sweep_holds_what_was_asked_for() -> None:
    simulation = {**SIMULATION, "quantities": ["S_B"]}
    assert [v.name for v in variables(plan(exact={"quantities": ["S_P", "phase"], "errors": False}))] == [
        "S_P", "phase", "failure", "status",
    ]  # fmt: skip
    with_errors = plan(exact={"quantities": ["efficiency", "S_P"], "errors": True}, simulation=simulation)
    assert [v.name for v in variables(with_errors)] == [
        "efficiency", "S_P", "S_P_error", "S_B_simulated", "S_B_stderr", "seed", "dt", "failure", "status",
    ]  # fmt: skip
