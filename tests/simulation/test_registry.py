"""A scheme is what its entry in the registry says; nobody fills its gaps by guessing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import slls_widgets as sw
from slls_widgets.cli.warm_up import warm_up
from slls_widgets.explore.ensembles import LiveEnsembles
from slls_widgets.explore.state import ExplorerState, Settings, Snapshot
from slls_widgets.simulation import Ensemble, default_step, schemes
from slls_widgets.simulation.schemes import Scheme
from slls_widgets.sweeps.plan import Plan
from slls_widgets.widgets import SimulationPanel

MAGNET = sw.Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7)


def register(monkeypatch: pytest.MonkeyPatch, scheme: Scheme) -> None:
    monkeypatch.setattr(schemes, "SCHEMES", {**schemes.SCHEMES, scheme.name: scheme})


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Scheme:
    """Heun's kernel as somebody would add it who has measured nothing yet."""
    heun = schemes.HEUN
    scheme = Scheme("bare", heun.calculus, heun.weak_order, heun.advance, heun.constants)
    register(monkeypatch, scheme)
    return scheme


def plan(**simulation: object) -> Plan:
    grid = {"alpha": 0.5, "nu": 2, "delta": 0.8, "theta": [0.7]}
    return Plan.of({"grid": grid, "simulation": simulation})


def test_without_a_rule_nobody_takes_the_step_of_another_scheme(bare: Scheme) -> None:
    for refused in (
        lambda: default_step(MAGNET, "bare"),
        lambda: sw.simulate(MAGNET, 16, 1.0, scheme="bare"),
        lambda: Ensemble(MAGNET, trajectories=16, scheme="bare"),
        lambda: Settings(scheme="bare"),
        lambda: plan(scheme="bare"),
    ):
        with pytest.raises(ValueError, match=r"^dt must be given for the bare scheme"):
            refused()


def test_a_new_scheme_is_one_entry(bare: Scheme) -> None:
    run = sw.simulate(MAGNET, 16, 1.0, dt=0.01, scheme="bare", seed=2)
    same = sw.simulate(MAGNET, 16, 1.0, dt=0.01, scheme="heun", seed=2)
    assert (run.S_P, run.S_B) == (same.S_P, same.S_B)
    assert plan(scheme="bare", dt=0.01).simulation.scheme == "bare"
    warm_up()
    state = ExplorerState()
    panel = SimulationPanel(state)
    try:
        field = panel._fields["scheme"]
        assert ("Bare", "bare") in field.options
        assert ("Möbius", "moebius") in field.options
        assert "Bare (Stratonovich)" in field.tooltip
        field.value = "bare"
        # Refused as long as the step is automatic, and not shown as if it had been taken.
        assert "the bare scheme" in state.simulation_message
        assert field.value == state.snapshot.settings.scheme == "moebius"
        panel._fields["dt"].value = "0.01"
        field.value = "bare"
        assert state.snapshot.settings == Settings(scheme="bare", dt=0.01)
    finally:
        panel.close()


@pytest.mark.parametrize("promised", [False, True])
def test_the_order_of_a_scheme_promises_nothing_of_the_fluctuation(
    promised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"name": "second", "title": "", "promises_spread": promised}
    register(monkeypatch, replace(schemes.MOEBIUS, **changes))
    snapshot = Snapshot(magnet=MAGNET, settings=Settings(scheme="second", trajectories=16))
    bench = LiveEnsembles(snapshot, lambda: False)
    bench._unsettled = 0
    bench._spread.advance(100)
    steady = sw.steady_state(MAGNET)
    assert np.isfinite(bench.reading().step_bias("Delta_P", steady)) == promised
    assert schemes.scheme_named("second").label == "Second"


def test_every_scheme_of_the_package_keeps_the_promise_of_an_automatic_step() -> None:
    """What `stated_bias` says is said of all automatic steps, so each scheme has a rule."""
    for name, scheme in schemes.SCHEMES.items():
        assert name == scheme.name
        assert 0.0 < default_step(MAGNET, name) < scheme.largest_step(MAGNET) < np.inf


Array = NDArray[np.float64]


def test_what_a_scheme_does_not_sum_is_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    heun = schemes.HEUN

    def advance(generators: Array, n: Array, sums: Array, constants: Array, *counts: int) -> None:
        heun.advance(generators, n, sums, constants, *counts)
        sums[kept:] = 0.0

    register(monkeypatch, replace(heun, name="thrifty", advance=advance))
    kept = 2
    run = sw.simulate(MAGNET, 16, 1.0, dt=0.01, scheme="thrifty", seed=2)
    assert run.S_P == sw.simulate(MAGNET, 16, 1.0, dt=0.01, scheme="heun", seed=2).S_P
    for average in (run.mean_n, run.mean_n_stderr, run.mean_n_at_steps, run.mean_n_at_steps_stderr):
        assert np.isnan(average).all()
    kept = 5
    run = sw.simulate(MAGNET, 16, 1.0, dt=0.01, scheme="thrifty", seed=2)
    assert np.isfinite(run.mean_n).all()
    assert np.isnan(run.mean_n_at_steps).all()
    kept = 1
    with pytest.raises(ValueError, match="thrifty scheme adds nothing to its first two sums"):
        sw.simulate(MAGNET, 16, 1.0, dt=0.01, scheme="thrifty", seed=2)
