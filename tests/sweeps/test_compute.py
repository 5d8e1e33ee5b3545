"""The numbers in a chunk are those of the library, and a bad point has a reason."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from grids import AWKWARD, GRID, plan

import slls_widgets as sw
from slls_widgets._cancellation import Cancelled
from slls_widgets.simulation import relaxation_time
from slls_widgets.simulation.estimators import Estimate
from slls_widgets.sweeps import compute as module
from slls_widgets.sweeps.compute import Result, compute, point_seed, task_at
from slls_widgets.sweeps.quantities import EXACT, PHASES, STATUS

ALL = {"quantities": [name for name in EXACT if name != "Delta_P_tau"], "errors": True}


POINT = {"alpha": 0.5, "nu": 2.0, "delta": 0.9, "theta": 0.3}


def everything(every=1, **changes):
    whole = plan(**changes)
    task = task_at(whole, np.arange(0, whole.points, every))
    return task, compute(task)


def spy(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What a function of the module is called with."""
    function, calls = getattr(module, name), []

    def spied(*arguments: Any, **options: Any) -> Any:
        calls.append((arguments, options))
        return function(*arguments, **options)

    monkeypatch.setattr(module, name, spied)
    return calls


def test_exact_values_are_those_of_the_steady_state() -> None:
    task, result = everything(every=4, exact=ALL)
    for k in range(task.alpha.size):
        state = sw.steady_state(task.magnet(k), tol=1e-6)
        values = {name: column[k] for name, column in result.values.items()}
        for name in ("S_P", "S_B", "Sigma", "Delta_P"):
            allowed = values[f"{name}_error"] + state.errors[name]
            assert abs(values[name] - getattr(state, name)) <= allowed
        assert PHASES[values["phase"]] == state.phase
        assert values["certificate"] <= 1e-6
        if task.alpha[k] != 0:
            assert values["uncertainty_product"] == pytest.approx(state.uncertainty_product, rel=1e-5)
        np.testing.assert_allclose(values["efficiency"], state.efficiency, rtol=1e-5, equal_nan=True)
        np.testing.assert_allclose(values["mean_n"], state.mean_n, atol=1e-5)
        assert values["relaxation_rate"] == pytest.approx(state.relaxation_rates(1)[0].real)
    assert set(result.values["status"]) == {STATUS.index("done")}
    assert {result.values[name].dtype for name in ("status", "phase")} == {np.dtype(np.int8)}
    assert not result.reasons


def test_the_uncertainty_product_has_its_limit_at_equilibrium() -> None:
    task, result = everything(exact={"quantities": ["uncertainty_product"]})
    at_rest = np.flatnonzero((task.alpha == 0) & (task.theta == 0) & (task.delta == 0.9))
    state = sw.steady_state(task.magnet(int(at_rest[0])))
    assert math.isfinite(state.uncertainty_product)
    np.testing.assert_allclose(result.values["uncertainty_product"][at_rest], state.uncertainty_product)


def test_a_simulated_point_is_simulate_with_the_seed_that_is_stored() -> None:
    simulation = {"trajectories": 16, "duration": 1.0, "seed": 7}
    task, result = everything(grid={**GRID, "delta": 0.9}, simulation=simulation)
    seeds = result.values["seed"]
    assert len(set(seeds.tolist())) == task.alpha.size
    assert seeds[3] == point_seed(7, 3)
    assert seeds.dtype == np.int64
    run = sw.simulate(task.magnet(3), trajectories=16, duration=1.0, seed=int(seeds[3]))
    assert result.values["S_P_simulated"][3] == run.S_P.value
    assert result.values["Delta_P_stderr"][3] == run.Delta_P.stderr
    assert (result.values["dt"][3], result.values["tau"][3]) == (run.dt, run.tau)


def test_a_simulated_fluctuation_has_its_partner_at_its_own_time() -> None:
    # Twelve magnets drawn at random. |z| > 4.5 at one of them has a chance of 1e-4, and a mean square above 3
    # one below 1e-4 (chi-squared with 12 degrees of freedom); the seed is fixed.
    draw = np.random.default_rng(11)
    grid = {
        "alpha": sorted(draw.uniform(-1.5, 1.5, 6).tolist()),
        "theta": sorted(draw.uniform(0.2, 2.9, 2).tolist()),
        "delta": 0.9,
        "nu": 2.0,
    }
    simulation = {"trajectories": 1024, "duration": 1.0, "seed": 3}
    _, result = everything(grid=grid, exact={"quantities": ["Delta_P", "Delta_P_tau"]}, simulation=simulation)
    assert not result.reasons
    values = result.values
    np.testing.assert_allclose(values["tau"], 1.0, rtol=0.05)
    estimates = list(map(Estimate, values["Delta_P_simulated"], values["Delta_P_stderr"]))

    def scores(name: str) -> np.ndarray:
        return np.array([one.log_z(exact) for one, exact in zip(estimates, values[name], strict=True)])

    assert np.abs(scores("Delta_P_tau")).max() < 4.5
    assert np.mean(scores("Delta_P_tau") ** 2) < 3.0
    # Against the value of infinite time the same simulation looks wrong everywhere.
    assert np.mean(scores("Delta_P") ** 2) > 10.0


def test_a_stretch_is_the_time_where_trajectories_are_few() -> None:
    simulation = {"trajectories": 8, "duration": 30.0, "dt": 0.02}
    task, result = everything(grid=POINT, exact={"quantities": ["Delta_P_tau"]}, simulation=simulation)
    tau = float(result.values["tau"][0])
    assert tau < 15.0
    exact = sw.steady_state(task.magnet(0), 1e-6).finite_time_variance(tau)
    assert result.values["Delta_P_tau"][0] == exact


def test_numbers_do_not_depend_on_how_the_grid_is_cut() -> None:
    simulation = {"trajectories": 16, "duration": 1.0, "seed": 7}
    whole = plan(grid={**GRID, "delta": 0.9}, simulation=simulation)
    _, full = everything(grid={**GRID, "delta": 0.9}, simulation=simulation)
    for chunk in range(len(whole.chunks)):
        index = whole.chunks.points(chunk)
        part = compute(task_at(whole, index))
        for name, values in part.values.items():
            np.testing.assert_array_equal(values, full.values[name][index])


def test_near_equilibrium_the_uncertainty_product_is_its_limit() -> None:
    # At 1e-200 the rates themselves are below the smallest number.
    grid = {"alpha": [1e-200, 1e-100, 1e-60, 1e-8], "nu": 2.0, "delta": 0.9, "theta": math.pi / 2}
    _, result = everything(grid=grid, exact=ALL)
    limit = sw.steady_state(sw.Macrospin(alpha=0.0, nu=2.0, delta=0.9, theta=math.pi / 2)).uncertainty_product
    np.testing.assert_allclose(result.values["uncertainty_product"], limit, rtol=1e-5)


def test_a_limit_that_cannot_be_computed_is_a_reason_too() -> None:
    _, result = everything(grid={"alpha": [0, 0.5], "nu": 1e12, "delta": 0.9, "theta": 0.3}, exact=ALL)
    assert set(result.reasons) == {0, 1}
    assert all(reason.startswith("exact: this point needs about") for reason in result.reasons.values())


def test_the_limit_alone_is_solved_for_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"quantities": ["uncertainty_product"]}
    points = spy(monkeypatch, "steady_state")
    everything(grid={**POINT, "alpha": [0, 0.5]}, exact=wanted)
    assert [arguments[0].alpha for arguments, _ in points] == [0.0]
    points.clear()
    everything(grid={"alpha": [0, 0.5], "alpha_nu": 3.0, "delta": 0.9, "theta": 0.3}, exact=wanted)
    assert points == []

    def refused(*_: Any) -> Any:
        raise ValueError("no limit here")

    monkeypatch.setattr(module, "steady_state", refused)
    _, result = everything(grid={**POINT, "alpha": [0, 0.5]}, exact=wanted)
    assert result.reasons == {0: "exact: no limit here"}


def test_a_field_beyond_all_numbers_is_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match=r"overflows: .* got 1e-310"):
        plan(grid={"alpha": [1e-310, 0.5], "alpha_nu": 3.0, "delta": 0.9, "theta": 0.3})


def test_the_burn_in_counts_among_the_steps() -> None:
    magnet = sw.Macrospin(alpha=0.5, nu=2.0, delta=0.9, theta=0.3)
    dt, trajectories, duration = 0.01, 16, 1.0
    steps = trajectories * (duration + 8.0 * relaxation_time(magnet)) / dt
    for most, failed in ((0.9 * steps, 1), (1.1 * steps, 0)):
        simulation = {"trajectories": trajectories, "duration": duration, "dt": dt, "max_steps": most}
        _, result = everything(grid=POINT, simulation=simulation)
        assert result.count("failed") == failed


def test_a_bad_point_has_a_reason_and_the_others_their_numbers() -> None:
    task, result = everything(grid=AWKWARD, exact=ALL)
    bad = task.alpha == 1e-14
    assert set(np.flatnonzero(bad)) == set(result.reasons)
    assert all(reason.startswith("exact: this point needs about") for reason in result.reasons.values())
    assert np.isnan(result.values["S_P"][bad]).all()
    assert (result.values["phase"][bad] == 0).all()
    assert np.isfinite(result.values["S_P"][~bad]).all()
    assert (result.values["status"] == np.where(bad, STATUS.index("failed"), STATUS.index("done"))).all()
    # At infinite field the midpoint of the jump stands, as on a phase map.
    limit = task.alpha == 0
    assert (result.values["S_P"][limit] == 0).all()
    assert {PHASES[code] for code in result.values["phase"][limit]} == {"equilibrium"}
    assert (result.values["mean_n"][limit] == [0, 0, 1]).all()
    assert (result.values["relaxation_rate"][limit] == math.inf).all()
    for name in ("mean_n", "relaxation_rate"):
        assert np.isnan(result.values[name][bad]).all()
        assert not np.isnan(result.values[name][~bad]).any()


def test_an_eigenvalue_that_would_take_minutes_fails_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    state = sw.steady_state(sw.Macrospin(**POINT), 1e-6)
    rows = (state.ell_max + 1) * (2 * state.order_max + 1)
    wanted = {"quantities": ["relaxation_rate"]}
    monkeypatch.setattr(module, "_LARGEST_MATRIX", rows)
    _, result = everything(grid=POINT, exact=wanted)
    assert result.values["relaxation_rate"][0] == state.relaxation_rates(1)[0].real
    monkeypatch.setattr(module, "_LARGEST_MATRIX", rows - 1)
    _, result = everything(grid=POINT, exact=wanted)
    words = f"exact: its relaxation_rate needs a matrix of {rows} rows, more than {rows - 1}"
    assert result.reasons == {0: words}


def test_the_simulation_of_a_bad_point_fails_by_itself() -> None:
    simulation = {"trajectories": 16, "duration": 1.0, "max_steps": 1e5, "dt": 1e-4}
    _, result = everything(grid={**AWKWARD, "alpha": [0.0, 0.5]}, simulation=simulation)
    assert np.isfinite(result.values["S_P"]).all()
    at_rest, too_long = result.reasons[0], result.reasons[1]
    assert at_rest == "simulation: the field is infinite at alpha = 0 and fixed alpha_nu"
    assert too_long.startswith("simulation: it needs ")
    assert too_long.endswith(" steps with dt = 1.0e-04, more than max_steps = 1.0e+05")


def test_points_after_a_bad_one_are_simulated() -> None:
    simulation = {"trajectories": 4, "duration": 1.0}
    grid = {"alpha": [0.0, 0.5], "theta": 0.4, "delta": 0.9, "alpha_nu": 3.0}
    exact = {"quantities": ["S_P", "Delta_P_tau"]}
    _, result = everything(grid=grid, exact=exact, simulation=simulation)
    assert set(result.reasons) == {0}
    for name in ("S_P_simulated", "S_P_stderr", "dt", "tau", "Delta_P_tau"):
        assert np.isfinite(result.values[name]).tolist() == [False, True], name
    assert result.values["status"].tolist() == [STATUS.index("failed"), STATUS.index("done")]


def test_a_point_may_have_a_reason_of_either_part() -> None:
    simulation = {"trajectories": 4, "duration": 1.0, "max_steps": 1.0}
    _, result = everything(grid={**AWKWARD, "alpha": 1e-14, "theta": 1.0}, simulation=simulation)
    exact, simulated = result.reasons[0].split("; simulation: ")
    assert exact.startswith("exact: this point needs about")
    assert simulated.startswith("it needs ")
    assert result.count("failed") == 1


def test_each_part_may_be_alone() -> None:
    _, exact = everything(grid=POINT, exact={"quantities": ["S_P"]})
    assert set(exact.values) == {"S_P", "status"}
    task, _ = everything(grid=POINT, simulation={"trajectories": 4, "duration": 1.0})
    simulated = compute(replace(task, exact=None))
    assert simulated.count("done") == 1
    assert "S_P" not in simulated.values
    assert math.isfinite(simulated.values["S_P_simulated"][0])


def test_a_lost_chunk_has_the_reason_at_each_point() -> None:
    result = Result.lost(3, "a worker has died")
    assert result.count("failed") == 3
    assert result.values["status"].dtype == np.int8
    assert result.reasons == dict.fromkeys(range(3), "a worker has died")


def test_a_seed_is_the_same_in_every_version() -> None:
    assert point_seed(7, 3) == 3411976877185804603


def test_each_solver_is_told_the_tolerance_and_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("solve_many", "steady_state", "simulate")
    batches, points, runs = (spy(monkeypatch, name) for name in names)
    simulation = {"trajectories": 4, "duration": 1.5, "dt": 0.02, "scheme": "heun", "seed": 5}
    exact = {"tol": 1e-5, "quantities": [*ALL["quantities"], "Delta_P_tau"]}
    whole = plan(grid={**POINT, "alpha": [0.0, 1e-14], "nu": [1e13, 2.0]}, exact=exact, simulation=simulation)
    task = task_at(whole, np.arange(whole.points))

    def never() -> bool:
        return False

    compute(task, never)
    together, *alone = (options for _, options in batches)
    assert together == {"tol": 1e-5, "threads": 1, "cancel": never}
    assert alone == [{"tol": 1e-5, "threads": 1}] * whole.points
    assert {arguments[1] for arguments, _ in points} == {1e-5}
    for _, options in runs:
        seed = options.pop("seed")
        assert seed in {point_seed(5, k) for k in range(whole.points)}
        wanted = {"trajectories": 4, "duration": 1.5, "dt": 0.02, "scheme": "heun", "threads": 1}
        assert options == {**wanted, "cancel": never}
    assert runs


PARTS = {
    "solve_many": {"exact": {"quantities": ["S_P"]}},
    "steady_state": {"exact": {"quantities": ["mean_n"]}},
    "simulate": {"simulation": {"trajectories": 4, "duration": 1.0}},
    "_variance": {
        "exact": {"quantities": ["Delta_P_tau"]},
        "simulation": {"trajectories": 4, "duration": 1.0},
    },
}


@pytest.mark.parametrize("part", PARTS)
def test_a_cancel_is_heard_between_two_points(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def stopped_meanwhile(*_: Any, **__: Any) -> Any:
        nonlocal calls
        calls += 1
        raise ValueError("a batch is refused as a whole")

    monkeypatch.setattr(module, part, stopped_meanwhile)
    whole = plan(grid={**POINT, "alpha": [0.3, 0.4, 0.5]}, **PARTS[part])
    first = 2 if part == "solve_many" else 1  # all at once, and then the first
    with pytest.raises(Cancelled):
        compute(task_at(whole, np.arange(3)), lambda: calls >= first)
    assert calls == first


def test_a_variance_that_is_not_exact_enough_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def state(error: float) -> Any:
        def errors(*arguments: Any) -> float:
            asked.append(arguments)
            return error

        return SimpleNamespace(finite_time_variance=lambda tau: 2.0 * tau, time_errors=errors)

    assert module._variance(state(4e-4), 2.0) == 4.0
    for error in (4.001e-4, math.nan):
        with pytest.raises(ValueError, match=r"^the work limit stopped it before it was exact to 1e-4$"):
            module._variance(state(error), 2.0)
    assert asked == [("finite_time_variance", 2.0)] * 3
    monkeypatch.setattr(module, "steady_state", lambda *_: state(1.0))
    simulation = {"trajectories": 4, "duration": 1.0}
    _, result = everything(grid=POINT, exact={"quantities": ["Delta_P_tau"]}, simulation=simulation)
    words = "exact: Delta_P_tau: the work limit stopped it before it was exact to 1e-4"
    assert result.reasons == {0: words}


def test_exactly_as_many_steps_as_allowed_are_allowed() -> None:
    magnet = sw.Macrospin(**POINT)
    steps = 16 * (1.0 + 8.0 * relaxation_time(magnet)) / 0.01
    for most in (steps, np.nextafter(steps, 0.0)):
        settings = {"scheme": "heun", "dt": 0.01, "trajectories": 16, "duration": 1.0, "max_steps": most}
        simulation: Any = SimpleNamespace(**settings)
        if most == steps:
            module._affordable(magnet, simulation)
        else:
            words = f"it needs {steps:.1e} steps with dt = 1.0e-02, more than max_steps = {most:.1e}"
            with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
                module._affordable(magnet, simulation)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("one\n  line"), "one line"),
        (ValueError(), "ValueError"),
        (MemoryError("too large"), "MemoryError: too large"),
        (MemoryError(), "MemoryError"),
    ],
    ids=["value", "no words", "other", "other without words"],
)
def test_a_reason_is_one_line_that_names_what_is_no_bad_value(error: Exception, reason: str) -> None:
    assert module._reason(error) == reason


def test_a_point_above_its_tolerance_says_so() -> None:
    # In a strong field across the torque the last digits of Σ are lost to rounding.
    grid = {"alpha": 3e-3, "nu": 1e3, "delta": 0.3, "theta": 1.5}
    _, result = everything(grid=grid, exact={"tol": 1e-13})
    assert result.values["status"].tolist() == [STATUS.index("above_tol")]
    assert result.values["certificate"][0] > 1e-13
    _, untold = everything(grid=grid, exact={"tol": 1e-13, "quantities": ["S_P"]})
    assert untold.count("above_tol") == 1


def test_cancel_and_another_version_are_the_only_exceptions() -> None:
    whole = plan()
    task = task_at(whole, np.arange(whole.points))
    with pytest.raises(Cancelled):
        compute(task, lambda: True)
    object.__setattr__(task, "version", "0.0.1")
    with pytest.raises(RuntimeError, match=r"started with 0\.0\.1: install the same version"):
        compute(task)
