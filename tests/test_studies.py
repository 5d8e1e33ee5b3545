"""Fluctuations, trade-offs, numerics and errata: what the notebooks compute, at a small size."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import slls_widgets as sw
from slls_widgets import theory
from slls_widgets.plots.phase_diagram import draw_phase_diagram, phase_diagram_figure, phase_edges
from slls_widgets.studies import errata
from slls_widgets.studies.energy import balance, production_from_density, watts
from slls_widgets.studies.fluctuations import (
    bounded,
    closure_error,
    simulated_autocorrelation,
    simulated_variance,
    small_field_coefficient,
    worst_closure,
)
from slls_widgets.studies.numerics import bias, cost, mean_bias, path_length, z_scores
from slls_widgets.studies.trade_offs import (
    axis_product,
    damping_route,
    engine,
    off_axis_product,
    on_axis_product,
    over_bound,
    over_limit,
    power_over_allowed,
    refrigerator_bound,
    symmetry_residual,
    theorem_test,
    uncertainty_product,
)

ROOT = Path(__file__).parent.parent
MAGNET = sw.Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9)


def test_the_closure_is_worst_near_three() -> None:
    worst = worst_closure()
    everywhere = closure_error(np.geomspace(1e-2, 1e3, 4001))
    assert worst.error == pytest.approx(everywhere.max(), rel=1e-6)
    assert np.all(everywhere > 0.0)


def test_the_bound_of_the_fluctuation_is_what_its_proof_says() -> None:
    """From the stronger form, 2|c|/√3 <|f - <f>|>, by a sum over the sphere; and the gap."""
    magnets = [MAGNET, MAGNET.replace(theta=0.0), sw.Macrospin(alpha=-0.866, nu=3.0, delta=0.866, theta=0.3)]
    found = bounded(magnets)
    u = (np.arange(400) + 0.5) / 200 - 1
    turn = (np.arange(48) + 0.5) * (2 * math.pi / 48)
    n = np.stack(np.broadcast_arrays(
        np.sqrt(1 - u[:, None] ** 2) * np.cos(turn), np.sqrt(1 - u[:, None] ** 2) * np.sin(turn), u[:, None]
    ), axis=-1)  # fmt: skip
    for k, magnet in enumerate(magnets):
        state = sw.steady_state(magnet)
        weight = state.density(n) * (4 * math.pi / (400 * 48))
        away = np.abs((n - state.mean_n) @ magnet.p_hat)
        scale = 2 * magnet.pumping**2 / math.sqrt(3)
        assert found.bound[k] == pytest.approx(scale * math.sqrt((weight * away**2).sum()), rel=1e-3)
        assert found.Delta_P[k] < scale * (weight * away).sum() < found.bound[k]
    assert np.all(found.slowest > 2.0)


def test_small_fields_tell_the_two_coefficients_apart() -> None:
    assert small_field_coefficient(theory.psi_exact) == pytest.approx(11 / 90, abs=1e-8)
    assert small_field_coefficient(theory.psi_closure) == pytest.approx(19 / 120, abs=1e-8)


@pytest.mark.parametrize("theta", [0.0, 1.2])
def test_simulated_correlations_and_variances_meet_the_exact_ones(theta: float) -> None:
    magnet = sw.Macrospin(alpha=0.5, nu=3.0, delta=0.5, theta=theta)
    exact = sw.steady_state(magnet)
    found = simulated_autocorrelation(
        magnet, np.linspace(0.0, 0.3, 7), trajectories=512, duration=4.0, seed=1
    )
    # 7 + 3 normal numbers, two cases: 4.5 is exceeded once in 7000 seeds.
    assert np.max(np.abs(found.value - exact.autocorrelation(found.t)) / found.stderr) < 4.5
    spread = simulated_variance(magnet, np.array([0.1, 0.5, 2.0]), trajectories=2048, seed=2)
    assert np.max(np.abs(spread.value - exact.finite_time_variance(spread.t)) / spread.stderr) < 4.5


def test_variances_over_short_times_have_no_bias_of_the_step() -> None:
    """At this magnet steps of 0.066 would be off by many standard errors, and miss the shortest time."""
    magnet = sw.Macrospin(alpha=1.0, nu=3.0, delta=math.sqrt(0.75))
    found = simulated_variance(magnet, np.array([0.02, 0.1, 0.5]), trajectories=40_000, seed=3)
    assert found.t == pytest.approx([0.02, 0.1, 0.5], abs=1.1e-3)
    z = (found.value - sw.steady_state(magnet).finite_time_variance(found.t)) / found.stderr
    assert np.max(np.abs(z)) < 4.0


@pytest.mark.parametrize("name", errata.CHECKS)
def test_every_erratum_is_settled_by_its_check(name: str) -> None:
    erratum = errata.CHECKS[name]()
    assert erratum.favours_proposal
    assert abs(erratum.computed - erratum.proposed) < 0.06 * abs(erratum.proposed - erratum.printed)


def test_the_table_of_errata_has_a_row_for_each_and_says_of_what_kind() -> None:
    lines = errata.table("area of the sphere", "caption of Fig. 3").splitlines()
    assert len(lines) == 4
    assert "misprint" in lines[2]


def test_every_erratum_is_shown_in_one_notebook() -> None:
    cells = [
        json.loads(path.read_text(encoding="utf-8"))["cells"]
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    ]
    code = "".join("".join(c["source"]) for each in cells for c in each if c["cell_type"] == "code")
    shown = re.sub(r"(?<!errata\.)table\(\[[^]]*\]", "", code)  # a word may head a column, too
    assert {name: shown.count(f'"{name}"') for name in errata.CHECKS} == dict.fromkeys(errata.CHECKS, 1)


def test_the_fluctuation_theorem_needs_the_partner() -> None:
    k = np.array([-0.3, 0.1])
    assert symmetry_residual(MAGNET, k) < 1e-10
    own = sw.counting.scgf(MAGNET, k, "total") - sw.counting.scgf(MAGNET, -1.0 - k, "total")
    assert np.min(np.abs(own)) > 1e-3


def test_the_fluctuation_theorem_on_paths() -> None:
    test = theorem_test(MAGNET, 0.5, trajectories=6000, bins=16, seed=8)
    assert abs(test.exponential_average.z(1.0)) < 4.0
    assert abs(test.partner_average.z(1.0)) < 4.0
    bins = test.z.size
    assert bins >= 6
    assert float(np.sum(test.z**2)) < bins + 5.0 * math.sqrt(2.0 * bins)


def test_without_overlap_the_fluctuation_theorem_is_not_tested_in_silence() -> None:
    sigma = sw.steady_state(MAGNET).Sigma
    with pytest.warns(UserWarning, match="breaks no theorem") as warned:
        theorem_test(MAGNET, 5.0, trajectories=2000, seed=8)
    message = str(warned[0].message)
    assert f"Sigma tau = {5.0 * sigma:.3g}" in message
    # What it suggests converges, and is not warned of.
    suggested = float(message.split("at most ")[1].split()[0])
    test = theorem_test(MAGNET, 0.9 * suggested, trajectories=2000, seed=8)
    assert abs(test.exponential_average.z(1.0)) < 4.0
    assert np.count_nonzero(np.isfinite(test.log_ratio)) >= 3


def test_the_map_of_the_product_agrees_with_the_point() -> None:
    dataset = sw.phase_map([-0.5, 0.6], [0.0, 0.9], delta=0.866, nu=2.0)
    product = uncertainty_product(dataset)
    assert product[1, 1] == pytest.approx(sw.steady_state(MAGNET).uncertainty_product, rel=1e-5)


def test_strong_field_limits_of_the_product() -> None:
    alpha = np.array([1e-2, 1e-3])
    for theta in (0.0, 0.3, 1.0):
        found = engine(alpha, alpha_nu=3.0, delta=0.7, theta=theta).uncertainty_product
        if theta == 0.0:
            limit = on_axis_product(alpha, 3.0 / alpha, 0.7)
        else:
            limit = off_axis_product(alpha, 3.0 / alpha, theta)
        assert over_limit(alpha, alpha_nu=3.0, delta=0.7, theta=theta) == pytest.approx(found / limit)
        far, near = np.abs(found / limit - 1.0)
        assert near < 0.01
        assert near < 0.2 * far


def test_the_product_over_its_bound_is_that_of_the_exact_solver() -> None:
    state = sw.steady_state(sw.Macrospin(alpha=-1.5, nu=2.0, delta=0.866))
    bound = theory.uncertainty_bound(-1.5, 2.0, 0.866)
    assert over_bound(-1.5, 2.0, 0.866) == pytest.approx(state.uncertainty_product / bound, rel=1e-7)


def test_the_diagram_is_whole_and_names_what_is_there_at_small_damping() -> None:
    """Lines once stopped short of the edge of the picture, and names lay on other phases."""
    delta, nu, alpha_max = 0.01, 50.0, 0.05
    figure = phase_diagram_figure(delta=delta, alpha_nu=3.0, nu=nu, alpha_max=alpha_max)
    below = figure.axes[1]
    ends = {
        style: [alpha for line in below.lines if line.get_linestyle() == style for alpha in line.get_xdata()]
        for style in ("-", "--")
    }
    assert min(ends["-"]) == pytest.approx(-alpha_max, rel=1e-6)
    assert max(ends["--"]) == pytest.approx(alpha_max, rel=1e-6)
    names = {text.get_text(): text.get_position() for text in below.texts}
    assert set(names) == {"heat pump", "refrigerator", "dud"}
    for name, (alpha, degrees) in names.items():
        magnet = sw.Macrospin(alpha=alpha, nu=nu, delta=delta, theta=math.radians(degrees))
        assert sw.steady_state(magnet, tol=1e-4).phase == name.replace(" ", "_")


@pytest.mark.parametrize("held", [{"alpha_nu": 3.0}, {"nu": 3.0}, {"nu": 20.0}])
def test_phases_are_coloured_where_they_are(held: dict[str, float]) -> None:
    """The figure fills between roots; the phase at any place, near the right angle too, is a solution."""
    delta, alpha_max = 0.4, 2.0  # 1/δ is outside the picture
    theta = np.radians([0.0, 20.0, 50.0, 80.0, 89.0, 89.9])
    lines = sw.phase_boundaries(delta=delta, theta=theta, alpha_range=(-alpha_max, alpha_max), **held)
    pump, fridge = phase_edges(lines, theta, alpha_max)
    assert np.all(pump < 0.0)
    assert np.all(fridge > 0.0)
    assert fridge[0] == alpha_max
    for row, angle in enumerate(theta):
        places = [share * pump[row] for share in (0.01, 0.98, 1.02)]
        places += [share * fridge[row] for share in (0.98, 1.02)]
        for alpha in places:
            if abs(alpha) > alpha_max:
                continue
            nu = held.get("nu", held.get("alpha_nu", 0.0) / abs(alpha))
            state = sw.steady_state(sw.Macrospin(alpha=alpha, nu=nu, delta=delta, theta=angle))
            inside = "heat_pump" if alpha < 0.0 else "refrigerator"
            expected = inside if pump[row] < alpha < fridge[row] else "dud"
            assert state.phase == expected, (alpha, angle)


def test_the_engine_works_only_as_a_refrigerator() -> None:
    found = engine([2.0, 0.1], alpha_nu=3.0, delta=math.sqrt(0.75))
    assert math.isnan(found.efficiency[0])
    assert 0.0 < found.efficiency[1] < 1.0


def test_orders_of_two_schemes() -> None:
    magnet = sw.Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)
    moebius = bias(magnet, "moebius", [0.2, 0.1, 0.05], samples=4_000_000)["S_B"]
    euler = bias(magnet, "euler", [0.024, 0.008], samples=2_000_000)["S_B"]
    assert moebius.order == pytest.approx(2.0, abs=0.15)
    assert euler.order == pytest.approx(1.0, abs=0.3)
    assert moebius.largest_step(0.005) > 10.0 * euler.largest_step(0.005)
    assert cost(magnet, {"S_B": moebius}).steps == pytest.approx(
        path_length(magnet) / moebius.largest_step(0.005)
    )


def test_the_mean_at_step_ends_has_the_weak_order() -> None:
    magnet = sw.Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)
    moebius = mean_bias(magnet, "moebius", [0.05, 0.03], samples=8_000_000)
    euler = mean_bias(magnet, "euler", [0.012, 0.005], samples=4_000_000)
    assert moebius.order == pytest.approx(2.0, abs=0.1 + 3.0 * moebius.order_stderr)
    assert euler.order == pytest.approx(1.0, abs=0.1 + 3.0 * euler.order_stderr)
    assert max(moebius.order_stderr, euler.order_stderr) < 0.15
    # Along the drift the leading error is nearly gone.
    assert abs(bias(magnet, "moebius", [0.05], samples=8_000_000)["S_P"].value[0]) < 0.2 * moebius.value[0]


def test_a_bias_lost_in_the_noise_has_no_order() -> None:
    magnet = sw.Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)
    found = bias(magnet, "moebius", [0.02, 0.01], samples=100_000)["S_P"]
    assert math.isnan(found.order)


def test_path_length_belongs_to_the_magnet() -> None:
    magnet = sw.Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)
    run = sw.simulate(magnet, 2048, 20.0, seed=3)
    spread = np.var(run.paths.bath) / run.duration
    assert path_length(magnet) == pytest.approx(spread / (0.01 * run.S_B.value) ** 2, rel=0.15)


def test_scores_from_other_seeds_are_other_scores() -> None:
    one, other = z_scores(MAGNET, 3), z_scores(MAGNET, 3, first_seed=2)
    assert one["S_P"][2] == other["S_P"][0]
    assert not np.any(one["S_P"] == other["S_P"])


def test_scores_are_standard_normal() -> None:
    scores = z_scores(MAGNET, 12)
    for z in scores.values():
        assert abs(z.mean()) < 4.0 / math.sqrt(12)
        assert z.var(ddof=1) < 1.0 + 5.0 * math.sqrt(2.0 / 11)


def test_a_phase_diagram_takes_axes_and_colours_of_ones_own():
    axes = Figure().add_subplot()
    colours = {"refrigerator": "#112233", "heat_pump": "#445566", "dud": "#778899"}
    draw_phase_diagram(axes, delta=0.866, alpha_nu=3.0, colours=colours)
    assert to_hex(axes.get_facecolor()) == "#778899"
    assert {to_hex(each.get_facecolor()[0]) for each in axes.collections} == {"#112233", "#445566"}
    with pytest.raises(ValueError, match="colours must have refrigerator, heat_pump, dud; dud is missing"):
        draw_phase_diagram(axes, delta=0.866, nu=3.0, colours={"refrigerator": "k", "heat_pump": "k"})


@pytest.mark.parametrize("theta", [0.0, 0.7, 1.5])
def test_eq_4_from_the_density_is_the_production_from_moments(theta: float) -> None:
    state = sw.steady_state(sw.Macrospin(alpha=0.5, nu=4.0, delta=0.8, theta=theta))
    assert production_from_density(state) == pytest.approx(state.Sigma, rel=1e-7)


def test_all_heat_becomes_work_and_the_current_pays_in_entropy() -> None:
    """The simulated heat is that of the paths; its mean is the work, as the energy stays."""
    flows = balance(MAGNET)
    run = sw.simulate(MAGNET, 1024, 20.0, seed=6)
    assert flows.work_on_current == flows.heat_from_bath
    assert abs(run.S_B.z(-flows.work_on_current)) < 4.0
    assert flows.entropy_of_bath + flows.entropy_of_current == pytest.approx(flows.produced, abs=1e-8)


def test_watts_of_the_default_device() -> None:
    """1.2 pW, by the closed form at θ = 0; half a milliohm heats as much."""
    device = sw.Device(current_si=50e-6)
    spin = device.macrospin()
    closed = -float(theory.rates(spin.alpha, spin.nu, spin.delta).S_B)
    found = watts(device, 1.0)
    assert found.cooling == pytest.approx(closed * device.rate_si * 1.380649e-23 * 300.0, rel=1e-9)
    assert found.cooling == pytest.approx(1.2e-12, rel=0.03)
    assert found.joule == pytest.approx(2.5e-9)
    assert watts(device, found.break_even).joule == pytest.approx(found.cooling)


def test_the_product_on_the_axis_is_a_closed_form_and_bounded_for_refrigerators() -> None:
    for alpha, nu, delta in ((0.5, 2.0, 0.866), (-1.5, 2.0, 0.866), (0.1, 30.0, 0.3)):
        state = sw.steady_state(sw.Macrospin(alpha=alpha, nu=nu, delta=delta))
        assert axis_product(alpha, nu, delta) == pytest.approx(state.uncertainty_product, rel=1e-9)
    delta = np.geomspace(0.01, 10.0, 30)[:, None, None]
    share = np.linspace(0.002, 0.999, 40)[:, None]
    ratio = axis_product(share / delta, np.geomspace(1e-3, 1e3, 40), delta) / refrigerator_bound(delta)
    # Nearly reached, at weak field next to α = 1/δ.
    assert 0.999 < ratio.max() < 1.0


def test_psi_lies_between_two_curves_of_the_langevin_function() -> None:
    """x²/2 <= Ψ <= x/2 with x = ξL'/L: the response bound and the gap."""
    xi = np.geomspace(1e-2, 300.0, 200)
    mean = theory.langevin(xi)
    x = xi * (1.0 / xi**2 - 1.0 / np.sinh(xi) ** 2) / mean
    psi = theory.psi_exact(xi)
    assert np.all(psi < (0.5 + 1e-9) * x)
    assert np.all(psi > (0.5 - 1e-9) * x**2)


def test_the_trade_off_of_pietzonka_and_seifert_is_two_over_the_product() -> None:
    state = sw.steady_state(sw.Macrospin(alpha=0.1, nu=30.0, delta=0.866, theta=1.0))
    times = power_over_allowed(state.S_P, state.S_B, state.Delta_P)
    assert times == pytest.approx(2.0 / state.uncertainty_product)
    assert times > 1000.0


def test_more_damping_does_not_lead_to_the_ideal_engine() -> None:
    """Σ in γ₀T/m has its least value at δ = 1, at any angle; off the axis Δ_P its largest one."""
    delta = np.geomspace(0.1, 30.0, 121)
    for theta in (0.0, 1.0):
        route = damping_route(delta, alpha=0.01, nu=300.0, theta=theta)
        assert delta[route.Sigma.argmin()] == pytest.approx(1.0, rel=0.06)
        strong = 2.0 * 300.0 * 0.01**2 * (delta + 1.0 / delta) * math.cos(theta) ** 2
        # At δ = 0.1, α is a tenth of it: the next order.
        assert route.Sigma == pytest.approx(strong, rel=0.2)
    assert delta[route.Delta_P.argmax()] == pytest.approx(1.0, rel=0.06)
    dud = damping_route([9.0, 11.0], alpha=0.1, nu=30.0)
    assert list(dud.S_B > 0.0) == [False, True]
