"""Exact states of devices: in SI units, as tables, and the parameter at which something happens."""

from __future__ import annotations

import math

import pytest

import slls_widgets as sw

DEVICE = sw.Device(
    material="permalloy", diameter_si=60e-9, thickness_si=2e-9, field_si=0.2, current_si=80e-6,
    polarisation=0.5, theta=math.radians(25),
)  # fmt: skip
MAGNET = sw.Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7)


def test_whatever_takes_a_magnet_takes_a_device() -> None:
    magnet = DEVICE.macrospin()
    state = sw.steady_state(DEVICE)
    assert state.magnet == magnet
    assert state.S_P == sw.steady_state(magnet).S_P
    run, same = (sw.simulate(each, 16, 0.01, seed=3) for each in (DEVICE, magnet))
    assert run.magnet == magnet
    assert run.S_P == same.S_P
    soft = sw.Device(field_si=1e-3, current_si=1e-6)
    assert sw.counting.scgf(soft, 0.1) == sw.counting.scgf(soft.macrospin(), 0.1)


def test_rates_per_second_and_watts() -> None:
    state = sw.steady_state(DEVICE)
    shown = state.in_si(DEVICE)
    assert DEVICE.rate_si * state.S_P == shown.S_P
    assert shown.errors["Sigma"] == DEVICE.rate_si * state.errors["Sigma"]
    # Heat in watts: the entropy given to the bath times its temperature.
    assert shown.heat == pytest.approx(1.380649e-23 * 300.0 * shown.S_B, rel=1e-12)
    assert shown.errors["heat"] > 0.0


def test_a_state_of_another_device_is_refused() -> None:
    other = sw.Device(field_si=0.2)
    with pytest.raises(ValueError, match=r"not that of this device: its alpha is .*; solve steady_state"):
        sw.steady_state(DEVICE).in_si(other)


def test_a_state_is_printed_with_the_digits_it_has() -> None:
    for tol in (1e-3, 1e-10):
        state = sw.steady_state(MAGNET, tol=tol)
        rows = dict(line.split(maxsplit=1) for line in str(state).splitlines())
        assert rows["phase"] == "refrigerator"
        for name in ("S_P", "S_B", "Sigma", "Delta_P"):
            value, error = map(float, rows[name].split())
            assert error == pytest.approx(state.errors[name], rel=0.5)
            assert abs(value - getattr(state, name)) <= max(error, 1e-11 * abs(value))
        # No digit that the error leaves open.
        digits = rows["S_P"].split()[0].partition(".")[2]
        assert 10.0 ** -len(digits) >= 0.1 * state.errors["S_P"]
    assert f"<td>S_P</td><td>{rows['S_P'].split()[0]}</td>" in state._repr_html_()


def test_a_run_is_printed_with_its_standard_errors() -> None:
    run = sw.simulate(MAGNET, 16, 1.0, seed=3)
    rows = dict(line.split(maxsplit=1) for line in str(run).splitlines())
    value, stderr = map(float, rows["S_P"].split())
    assert value == pytest.approx(run.S_P.value, abs=0.1 * run.S_P.stderr)
    assert stderr == pytest.approx(run.S_P.stderr, rel=0.05)
    assert "16 trajectories, scheme moebius, seed 3" in rows["time"]


def test_the_solved_parameter_gives_the_wanted_value() -> None:
    found = sw.solve_for("alpha", MAGNET, "S_B", between=(0.1, 2.0))
    assert abs(sw.steady_state(found).S_B) < 1e-6
    assert found == MAGNET.replace(alpha=found.alpha)
    # From the other end, and for a device, a function and a target.
    assert sw.solve_for("alpha", MAGNET, "S_B", between=(2.0, 0.1)).alpha == pytest.approx(
        found.alpha, rel=1e-8
    )
    strong = sw.solve_for("field_si", DEVICE, lambda s: s.Sigma / s.S_P, 0.01, between=(1.0, 100.0))
    state = sw.steady_state(strong)
    assert state.Sigma / state.S_P == pytest.approx(0.01, rel=1e-6)
    assert strong.current_si == DEVICE.current_si


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameter": "field"}, "parameter must be one of alpha, nu, delta, theta; got 'field'"),
        ({"between": (0.1, 0.2)}, r"the quantity must cross 0 between alpha = 0.1 and 0.2; it is -\d"),
        ({"quantity": lambda s: math.nan}, "it is nan and nan there"),
        ({"between": (-2.0, math.inf)}, "alpha must be a finite real number; got inf"),
        ({"quantity": "S_b"}, "quantity must be a function or one of S_P, S_B, .*; got 'S_b'"),
        ({"quantity": "phase"}, "quantity must be a function or one of .*; got 'phase'"),
        ({"xtol": 0.0}, "xtol must lie between 0 and 1; got 0.0"),
        # S_B vanishes between the ends, and the ratio has a pole there; a sign jumps.
        ({"quantity": lambda s: s.S_P / s.S_B, "target": 1.0}, r"jumps across 1 at alpha = 1\.10829"),
        ({"quantity": lambda s: math.copysign(1.0, s.S_B)}, r"jumps across 0 at alpha = 1\.10829"),
    ],
)
def test_a_search_that_cannot_succeed_is_refused(change: dict[str, object], words: str) -> None:
    arguments = {"parameter": "alpha", "of": MAGNET, "quantity": "S_B", "between": (0.1, 2.0), **change}
    with pytest.raises(ValueError, match=words):
        sw.solve_for(**arguments)
