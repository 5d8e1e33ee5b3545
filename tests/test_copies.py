"""Every public result can be pickled, copied and sent to another process, and stays immutable."""

from __future__ import annotations

import copy
import dataclasses
import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest
import xarray as xr

import slls_widgets as sw
from slls_widgets._cancellation import Cancelled
from slls_widgets.explore.results import Curves, Point, curves_key
from slls_widgets.explore.state import ExplorerState
from slls_widgets.fokker_planck import solve_many
from slls_widgets.maps.phase_map import phase_map_levels

MAGNET = sw.Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7)
GRID = {"alpha": [-0.5, 0.5], "theta": [0.0, 1.0], "delta": 0.866}


def solved_state() -> Any:
    state = sw.steady_state(MAGNET)
    state.density([0.0, 0.0, 1.0])  # a copy needs nothing of what was derived
    return state


def run() -> Any:
    return sw.simulate(MAGNET, trajectories=4, duration=0.5, burn_in=0.1, dt=0.01)


RESULTS: dict[str, Callable[[], Any]] = {
    "Macrospin": lambda: MAGNET,
    "Phase": lambda: sw.Phase.DUD,
    "Device": sw.Device,
    "Rates": lambda: sw.theory.rates([0.1, 0.2], 2.0, 0.866),
    "SpecialPoints": lambda: sw.theory.special_points(0.5),
    "TimeScales": lambda: sw.theory.time_scales(0.1, 2.0, 0.866),
    "EffectiveField": lambda: sw.theory.effective_field(0.1, 0.866),
    "SteadyState": solved_state,
    "SteadyState at equilibrium": lambda: sw.steady_state(MAGNET.replace(alpha=0.0)),
    "Solutions": lambda: solve_many([0.1, 0.2], 2.0, 0.866, 0.7),
    "Run": run,
    "Histogram": lambda: run().histogram("total"),
    "SphereHistogram": lambda: run().histogram("magnetisation"),
    "phase_map": lambda: sw.phase_map(**GRID, nu=2.0),
    "Level": lambda: next(iter(phase_map_levels(**GRID, nu=2.0, levels=1))),
    "phase_boundaries": lambda: sw.phase_boundaries(delta=0.866, nu=2.0, theta=[0.7]),
    "counting.Curve": lambda: sw.counting.curve(MAGNET, [-0.1, 0.1]),
    "counting.RateFunction": lambda: sw.counting.rate_function(MAGNET, k=[-0.1, 0.1]),
    "Snapshot": lambda: ExplorerState().snapshot,
    "Point": lambda: Point(MAGNET, solved_state(), curves_key(ExplorerState().snapshot)),
    "Curves": lambda: Curves(("nu", 2.0), *(np.arange(2.0),) * 4, sw.theory.rates(0.1, 2.0, 1.0), True),
    "Cancelled": lambda: Cancelled("stopped"),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {name: make() for name, make in RESULTS.items()}


@pytest.fixture(scope="module")
def returned(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each after a journey to another process and back."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield dict(zip(results, pool.map(copy.copy, results.values()), strict=True))


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, xr.Dataset):
        assert one.identical(other)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, Mapping):
        assert list(one) == list(other)
        assert_same(list(one.values()), list(other.values()))
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, yours in zip(one, other, strict=True):
            assert_same(mine, yours)
    elif isinstance(one, Exception):
        assert one.args == other.args
    elif not callable(one):
        np.testing.assert_equal(one, other)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_travels(name: str, results: dict[str, Any], returned: dict[str, Any]) -> None:
    result = results[name]
    copies = [pickle.loads(pickle.dumps(result, k)) for k in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for other in (*copies, copy.copy(result), copy.deepcopy(result), returned[name]):
        assert_same(result, other)


def test_a_copy_works_and_cannot_be_changed(results: dict[str, Any], returned: dict[str, Any]) -> None:
    state, other = results["SteadyState"], returned["SteadyState"]
    with pytest.raises(TypeError):
        other.errors["S_P"] = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        other.S_P = 0.0
    assert other.phase is state.phase
    assert other.autocorrelation(0.3) == state.autocorrelation(0.3)
    np.testing.assert_array_equal(other.density([[0.0, 0.6, 0.8]]), state.density([[0.0, 0.6, 0.8]]))
    assert returned["Level"].dataset.identical(results["Level"].dataset)
