"""Every public function takes real numbers in any form, and refuses what only turns into one."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets import theory
from slls_widgets._arguments import count, real, reals, whole
from slls_widgets.fokker_planck import solve_many
from slls_widgets.magnet.macrospin import nu_at_fixed_torque
from slls_widgets.maps.phase_map import phase_map_levels

IMPOSTORS = {
    "complex": 0.5 + 0j,
    "complex128": np.complex128(0.5 + 3j),
    "complex array": np.array(0.5 + 0j),
    "timedelta64": np.timedelta64(1),
    "datetime64": np.datetime64("2025-01-01"),
    "timedelta": datetime.timedelta(1),
    "date": datetime.date(2025, 1, 1),
    "text": "0.5",
    "text array": np.array("0.5"),
    "bytes": b"1",
    "bytes array": np.array(b"1"),
    "object": object(),
    "object array": np.array("1", dtype=object),
    "array of None": np.array(None),
    "None in a list": [None],
    "set": {0.5},
}
HALVES = {
    "float32": np.float32(0.5),
    "longdouble": np.longdouble(0.5),
    "Fraction": Fraction(1, 2),
    "Decimal": Decimal("0.5"),
    "array": np.array(0.5),
    "object array": np.array(Fraction(1, 2), dtype=object),
}
MAGNET = sw.Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7)
STATE = sw.steady_state(MAGNET)


def with_magnet(name: str) -> Callable[[Any], Any]:
    return lambda value: MAGNET.replace(**{name: value})


def with_device(name: str) -> Callable[[Any], Any]:
    return lambda value: sw.Device(**{name: value})


ENTRIES: dict[str, Callable[[Any], Any]] = {
    **{f"Macrospin {name}": with_magnet(name) for name in ("alpha", "nu", "delta", "theta")},
    **{f"Device {name}": with_device(name) for name in sw.Device.__dataclass_fields__ if name != "material"},
    "nu_at_fixed_torque alpha": lambda v: nu_at_fixed_torque(v, 1.0),
    "nu_at_fixed_torque alpha_nu": lambda v: nu_at_fixed_torque(1.0, v),
    "theory.rates alpha": lambda v: theory.rates(v, 2.0, 1.0),
    "theory.rates nu": lambda v: theory.rates(1.0, v, 1.0),
    "theory.delta_p": lambda v: theory.delta_p(1.0, 2.0, v),
    "theory.delta_p_closure": lambda v: theory.delta_p_closure(v, 2.0, 1.0),
    "theory.delta_p_strong_field": lambda v: theory.delta_p_strong_field(v, 2.0, 1.0),
    "theory.xi": lambda v: theory.xi(v, 1.0, 1.0),
    "theory.langevin": theory.langevin,
    "theory.chi": theory.chi,
    "theory.psi_exact": theory.psi_exact,
    "theory.psi_closure": theory.psi_closure,
    "theory.special_points": theory.special_points,
    "theory.time_scales": lambda v: theory.time_scales(v, 2.0, 1.0),
    "theory.effective_field": lambda v: theory.effective_field(v, 1.0),
    "theory.uncertainty_bound": lambda v: theory.uncertainty_bound(v, 2.0, 1.0),
    "solve_many alpha": lambda v: solve_many(v, 2.0, 1.0, 0.5, tol=1e-2),
    "solve_many theta": lambda v: solve_many(0.5, 2.0, 1.0, v, tol=1e-2),
    "autocorrelation": STATE.autocorrelation,
    "power_spectrum": STATE.power_spectrum,
    "finite_time_variance": STATE.finite_time_variance,
    "time_errors": lambda v: STATE.time_errors("autocorrelation", v),
    "phase_map alpha": lambda v: sw.phase_map(v, [0.5], nu=2.0, delta=1.0, tol=1e-2),
    "phase_map theta": lambda v: sw.phase_map([0.5], v, nu=2.0, delta=1.0, tol=1e-2),
    "phase_map nu": lambda v: sw.phase_map([0.5], [0.5], nu=v, delta=1.0, tol=1e-2),
    "phase_map alpha_nu": lambda v: sw.phase_map([0.5], [0.5], alpha_nu=v, delta=1.0, tol=1e-2),
    "phase_boundaries delta": lambda v: sw.phase_boundaries(delta=v, nu=2.0, theta=[]),
    "phase_boundaries alpha_range": lambda v: sw.phase_boundaries(
        delta=1.0, nu=2.0, alpha_range=(-0.5, v), theta=[]
    ),
    "scgf k": lambda v: sw.counting.scgf(MAGNET, v, tol=1e-3),
    "simulate duration": lambda v: sw.simulate(MAGNET, trajectories=2, duration=v, dt=0.1, burn_in=0.0),
    "simulate burn_in": lambda v: sw.simulate(MAGNET, trajectories=2, duration=0.5, dt=0.1, burn_in=v),
    "simulate dt": lambda v: sw.simulate(MAGNET, trajectories=2, duration=1.0, dt=v, burn_in=0.0),
}
# Tolerances, of which a half is none, and whole numbers.
OTHERS: dict[str, Callable[[Any], Any]] = {
    "steady_state tol": lambda v: sw.steady_state(MAGNET, tol=v),
    "solve_many tol": lambda v: solve_many(0.5, 2.0, 1.0, 0.5, tol=v),
    "phase_map tol": lambda v: sw.phase_map([0.5], [0.5], nu=2.0, delta=1.0, tol=v),
    "scgf tol": lambda v: sw.counting.scgf(MAGNET, 0.1, tol=v),
    "phase_boundaries theta": lambda v: sw.phase_boundaries(delta=1.0, nu=2.0, theta=[v]),
    "phase_boundaries xtol": lambda v: sw.phase_boundaries(delta=1.0, nu=2.0, xtol=v),
    "phase_map_levels": lambda v: phase_map_levels([0.5], [0.5], nu=2.0, delta=1.0, levels=v),
    "solve_many threads": lambda v: solve_many(0.5, 2.0, 1.0, 0.5, threads=v) if v is not None else [][0],
    "simulate trajectories": lambda v: sw.simulate(MAGNET, trajectories=v, duration=0.5),
    "simulate seed": lambda v: sw.simulate(MAGNET, seed=v, duration=0.5),
    "relaxation_rates": STATE.relaxation_rates,
}


@pytest.mark.parametrize("impostor", IMPOSTORS)
@pytest.mark.parametrize("entry", ENTRIES | OTHERS)
def test_what_is_no_real_number_is_refused(entry: str, impostor: str) -> None:
    value = IMPOSTORS[impostor]
    with pytest.raises((TypeError, ValueError), match=r"must (be|have|lie)"):
        (ENTRIES | OTHERS)[entry](value)


@pytest.mark.parametrize("form", HALVES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_real_number_is_taken_in_every_form(entry: str, form: str) -> None:
    ENTRIES[entry](HALVES[form])


@pytest.mark.parametrize("form", HALVES)
def test_half_is_half(form: str) -> None:
    assert real(HALVES[form]) == 0.5
    assert MAGNET.replace(alpha=HALVES[form]).alpha == 0.5
    np.testing.assert_array_equal(reals("x", [HALVES[form], 1]), [0.5, 1.0])


def test_numbers_beyond_all_floats_are_infinite() -> None:
    assert real(10**400) == real(Decimal("1e999")) == math.inf
    assert real(-(10**400)) == -math.inf
    assert real(Decimal("sNaN")) != real(Decimal("sNaN"))
    with pytest.raises(ValueError, match="alpha must be a finite real number; got 1000"):
        MAGNET.replace(alpha=10**400)


def test_what_only_looks_like_a_number_of_numpy_is_none() -> None:
    assert math.isnan(real(SimpleNamespace(dtype=np.dtype(float))))
    itself = np.empty((), dtype=object)
    itself[()] = itself
    assert math.isnan(real(itself))


def test_an_array_of_objects_keeps_its_shape_or_is_refused_whole() -> None:
    objects = np.array([[Fraction(1, 2), 1], [Decimal(2), 10**400]], dtype=object)
    np.testing.assert_array_equal(reals("x", objects), [[0.5, 1.0], [2.0, math.inf]])
    for bad in ([Fraction(1, 2), None], [[1.0], [1.0, 2.0]], None, [object()]):
        with pytest.raises(ValueError, match="real") as caught:
            reals("x", bad)
        assert str(caught.value) == f"x must be real numbers; got {bad!r:.60}"


@pytest.mark.parametrize("value", [2, 2.0, 3, np.int64(4), Fraction(9, 3), Decimal(5), np.array(5)])
def test_whole_numbers_in_a_range_are_taken_in_every_form(value: Any) -> None:
    assert whole(value, 2, 5)
    assert count("n", value, 2) == value
    assert type(count("n", value)) is int


@pytest.mark.parametrize(
    "value",
    [True, "3", None, 2.5, 1, 6, math.nan, math.inf, -math.inf, 3 + 0j, [3], np.True_, Decimal("NaN")],
)
def test_what_is_none_or_outside_is_refused(value: Any) -> None:
    assert not whole(value, 2, 5)


def test_a_range_may_be_open_and_reach_below_zero() -> None:
    assert whole(-7, -10)
    assert whole(10**30, 1)
    assert not whole(math.inf, 1)
    assert not whole(-math.inf, -math.inf)


@pytest.mark.parametrize(
    ("value", "least", "words"),
    [
        (0, 1, "n must be a whole number >= 1; got 0"),
        (2, 3, "n must be a whole number >= 3; got 2"),
        (120 * "x", 1, f"n must be a whole number >= 1; got '{79 * 'x'}"),
    ],
)
def test_a_count_is_refused_in_words(value: Any, least: int, words: str) -> None:
    with pytest.raises(ValueError, match="whole") as caught:
        count("n", value, least)
    assert str(caught.value) == words
    with pytest.raises(ValueError, match=r">= 1; got 0$"):
        count("n", 0)
