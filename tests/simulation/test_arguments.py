"""Bad input to the simulation: always a refusal that names the argument and what is legal, and at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets.simulation import Ensemble

MAGNET = sw.Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=0.7)
NO_NUMBERS: tuple[Any, ...] = ("x", "0.1", [1], True, 1j)


@pytest.mark.parametrize("name", ["duration", "burn_in", "dt"])
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_time_is_a_number(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{name} must be a number, a time"):
        sw.simulate(MAGNET, 4, **{name: value})


def test_only_a_duration_has_no_automatic_value() -> None:
    with pytest.raises(TypeError, match=r"^duration must be a number"):
        sw.simulate(MAGNET, 4, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["duration", "burn_in", "dt"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 10**400])
def test_a_time_is_finite(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be a finite time"):
        sw.simulate(MAGNET, 4, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["duration", "burn_in", "dt"])
@pytest.mark.parametrize("value", [5e-324, 1e-300])
def test_a_time_is_long_enough_for_something_to_happen(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be at least 1e-30"):
        sw.simulate(MAGNET, 4, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [{"duration": 1e308}, {"burn_in": 1e308}, {"dt": 1e-25}])
def test_a_run_has_an_end(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must take at most 1e\+15 steps.*Make .* shorter or dt longer"):
        sw.simulate(MAGNET, 4, **arguments)  # type: ignore[arg-type]


def test_a_duration_below_one_step_is_not_stretched_in_silence() -> None:
    with pytest.raises(ValueError, match=r"duration must be at least one step, dt = 0\.1; got 1e-09"):
        sw.simulate(MAGNET, 4, 1e-9, dt=0.1)
    assert sw.simulate(MAGNET, 4, 1e-9, burn_in=0.0).duration == pytest.approx(1e-9)


def test_a_field_too_strong_for_any_step_is_refused() -> None:
    with pytest.raises(ValueError, match="use steady_state"):
        Ensemble(MAGNET.replace(nu=1e60), trajectories=1)


def test_more_trajectories_than_memory_are_refused() -> None:
    with pytest.raises(ValueError, match=r"trajectories must be <= 100000000 \(40 GB of memory"):
        sw.simulate(MAGNET, 10**15)


@pytest.mark.parametrize("name", ["trajectories", "seed", "threads"])
@pytest.mark.parametrize("value", [-1, 1.5, "5", True, None, float("nan"), float("inf"), [2]])
def test_a_count_is_a_whole_number(name: str, value: Any) -> None:
    if (name, value) == ("threads", None):  # all of them
        return
    with pytest.raises(ValueError, match=rf"^{name} must be a whole number >= "):
        sw.simulate(MAGNET, **{"trajectories": 4, name: value})


@pytest.mark.parametrize("value", [None, "Euler", [], 5])
def test_a_scheme_is_one_of_three(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^scheme must be one of moebius, euler, heun"):
        sw.simulate(MAGNET, 4, scheme=value)


@pytest.mark.parametrize("value", [None, "x", 5, {"alpha": 1.0}])
def test_a_magnet_is_a_macrospin(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^magnet must be a Macrospin"):
        sw.simulate(value)
    with pytest.raises(TypeError, match=r"^magnet must be a Macrospin"):
        Ensemble(value, trajectories=1, dt=0.1)


@pytest.mark.parametrize("name", ["progress", "cancel"])
def test_a_callback_is_a_function(name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name} must be a function or None; got 5"):
        sw.simulate(MAGNET, 4, **{name: 5})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", ["up", [1j, 0, 0], [1, 2], [np.inf, 0, 0], [0, 0, 0], lambda rng, count: None]
)
def test_starting_points_are_directions(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^initial must "):
        sw.simulate(MAGNET, 4, 0.1, initial=value)


def test_the_length_of_a_starting_point_may_be_anything() -> None:
    for length in (1e-320, 1e-200, 1e300):
        n = Ensemble(MAGNET, trajectories=2, dt=0.1, initial=[length, length, 0.0]).n
        np.testing.assert_allclose(
            n, [[0.5**0.5, 0.5**0.5, 0.0]] * 2, rtol=1e-3 if length < 1e-300 else 1e-15
        )


@pytest.mark.parametrize(
    "bins", [0, -1, 2.5, True, "auto", None, 10**9, [1.0], [1, 0], [np.nan, 1], [[0, 1]]]
)
def test_bins_are_a_number_or_edges(bins: Any) -> None:
    run = sw.simulate(MAGNET, 4, 0.1, burn_in=0.0)
    with pytest.raises(ValueError, match=r"^bins must be a whole number from 1 to 1000000 or edges"):
        run.histogram("pumped", bins)
