"""Closed forms at theta = 0 against numbers, limits, quadrature and each other."""

from __future__ import annotations

import inspect
import json
import math
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from references_theory import exact_bound, exact_rates, exact_spread

from slls_widgets import theory

DELTA = math.sqrt(3) / 2
alphas = st.floats(-50, 50)
fields = st.floats(1e-3, 1e4)
dampings = st.floats(0.01, 50)
everywhere = st.floats(-323.0, 308.0).map(lambda power: 10.0**power)
LARGEST = Decimal(sys.float_info.max)


def mean_over_boltzmann(xi: float, function: object) -> float:
    """<f(n_z)> for p ~ exp(xi n_z), by plain quadrature: the naive reference."""
    u, w = np.polynomial.legendre.leggauss(400)
    p = w * np.exp(xi * (u - np.sign(xi)))
    return float(np.sum(p * function(u)) / np.sum(p))  # type: ignore[operator]


@pytest.mark.parametrize("xi", [-20.0, -3.0, -0.4, 0.399, 0.401, 1.0, 7.5, 30.0])
def test_langevin_is_the_mean_of_n(xi: float) -> None:
    assert_allclose(theory.langevin(xi), mean_over_boltzmann(xi, lambda u: u), rtol=1e-12)
    assert_allclose(theory.chi(xi), xi * mean_over_boltzmann(xi, lambda u: u), rtol=1e-12)


@given(st.floats(-1e6, 1e6))
def test_chi_is_even_positive_and_bounded(xi: float) -> None:
    value = float(theory.chi(xi))
    assert value == float(theory.chi(-xi))
    assert 0.0 <= value <= abs(xi)
    assert value <= xi * xi / 3 * (1 + 1e-14)


def test_chi_at_both_ends() -> None:
    assert_allclose(theory.chi([1e-8, 1e-4]), [1e-16 / 3, 1e-8 / 3 * (1 - 1e-8 / 15)], rtol=1e-14)
    assert_allclose(theory.chi([1e6, 1e300]), [1e6 - 1, 1e300], rtol=1e-15)


def test_chi_has_no_seam_where_its_series_ends() -> None:
    xi = np.nextafter(0.4, [0.0, 1.0])
    assert_allclose(*theory.chi(xi), rtol=1e-14)


@given(alphas, fields, dampings)
def test_rates_obey_their_identities(alpha: float, nu: float, delta: float) -> None:
    pumped, bath, total = (float(rate) for rate in theory.rates(alpha, nu, delta))
    assert total >= 0.0
    assert abs(pumped + bath - total) <= 1e-13 * (abs(pumped) + abs(bath) + total) + 1e-300
    # S_P is c <n_z> whatever alpha is.
    field = float(theory.xi(alpha, nu, delta))
    assert pumped == pytest.approx(
        2 * nu * alpha / delta * float(theory.langevin(field)), rel=1e-12, abs=1e-300
    )


@given(st.floats(0.01, 50), fields)
def test_rates_are_smooth_through_the_isotropic_point(delta: float, nu: float) -> None:
    step = 1e-6 * delta * min(1.0, 1 / nu)
    below, at, above = (np.array(theory.rates(a, nu, delta)) for a in (-delta - step, -delta, -delta + step))
    assert np.all(np.isfinite(at))
    assert at[0] == 0.0
    assert at[1] == pytest.approx(2 * nu**2 * (1 + delta**2) / 3, rel=1e-12)
    assert_allclose((below + above) / 2, at, rtol=1e-5, atol=1e-9 * at[1])


ON_AXIS = [
    value
    for value in json.loads((Path(__file__).parent / "data" / "rates.json").read_text())["values"]
    if value["theta"] == 0.0
]


@pytest.mark.parametrize("known", ON_AXIS, ids=lambda known: f"alpha={known['alpha']}")
def test_rates_against_reference_numbers(known: dict) -> None:
    point = known["alpha"], known["nu"], known["delta"]
    assert_allclose(theory.rates(*point), [known["S_P"], known["S_B"], known["Sigma"]], rtol=1e-12)
    assert_allclose(theory.delta_p(*point), known["Delta_P"], rtol=1e-12)
    assert_allclose(theory.langevin(theory.xi(*point)), known["mean_n"][2], rtol=1e-12)


def test_rates_broadcast() -> None:
    result = theory.rates(np.linspace(-2, 2, 5)[:, None], np.array([1.0, 10.0]), DELTA)
    assert result.S_P.shape == result.S_B.shape == result.Sigma.shape == (5, 2)


@pytest.mark.parametrize(
    ("alpha", "signs"),
    [(-1.5, (1, 1)), (-0.4, (-1, 1)), (0.5, (1, -1)), (1.5, (1, 1))],
    ids=["dud below", "heat pump", "refrigerator", "dud above"],
)
def test_phases_lie_between_the_special_points(alpha: float, signs: tuple[int, int]) -> None:
    result = theory.rates(alpha, 5.0, DELTA)
    assert (np.sign(result.S_P), np.sign(result.S_B)) == signs


@given(dampings, fields)
def test_special_points(delta: float, nu: float) -> None:
    points = theory.special_points(delta)
    assert tuple(theory.rates(points.equilibrium, nu, delta)) == (0.0, 0.0, 0.0)
    assert float(theory.rates(points.isotropic, nu, delta).S_P) == 0.0
    insulating = theory.rates(points.insulating, nu, delta)
    assert abs(float(insulating.S_B)) <= 1e-14 * float(insulating.Sigma)


@pytest.mark.parametrize(
    ("xi", "exact", "closure"), [(1.0, 0.3962441, 0.3734017), (3.0, 0.1094153, 0.0924042)]
)
def test_fluctuation_coefficient_against_known_values(xi: float, exact: float, closure: float) -> None:
    assert_allclose(theory.psi_exact(xi), exact, atol=5e-8)
    assert_allclose(theory.psi_closure(xi), closure, atol=5e-8)


def test_fluctuation_coefficient_at_both_ends() -> None:
    small, large = 1e-2, 1e4
    assert_allclose(theory.psi_exact(small), 0.5 - 11 * small**2 / 90, atol=1e-8)
    assert_allclose(theory.psi_closure(small), 0.5 - 19 * small**2 / 120, atol=1e-8)
    assert_allclose(theory.psi_exact(large), 0.5 / large**2, rtol=1e-3)
    assert_allclose(theory.psi_closure(large), 0.5 / large**2, rtol=1e-3)
    assert_allclose([theory.psi_exact(0.0), theory.psi_closure(0.0)], 0.5)
    seam = np.array([0.999e-4, 1.001e-4])  # a series ends between them
    assert_allclose(theory.psi_closure(seam), 0.5 - 19 * seam**2 / 120, rtol=1e-12)


def test_the_closure_is_low_by_at_most_sixteen_percent() -> None:
    xi = np.geomspace(1e-3, 1e4, 400)
    ratio = theory.psi_closure(xi) / theory.psi_exact(xi)
    assert ratio.max() <= 1 + 1e-9
    assert ratio.min() == pytest.approx(1 - 0.156, abs=1e-3)
    assert xi[ratio.argmin()] == pytest.approx(3.0, abs=0.6)


@given(st.floats(1e-3, 1e4))
def test_psi_stays_below_its_bound(xi: float) -> None:
    assert 0.0 < float(theory.psi_exact(xi)) <= 0.5 * (1 + 1e-12)
    assert 0.0 < float(theory.psi_closure(xi)) <= 0.5 * (1 + 1e-12)


@pytest.mark.parametrize("alpha", [-1.5, -0.3, 0.4, 2.0])
def test_delta_p_is_the_printed_quadrature(alpha: float) -> None:
    nu = 2.0
    xi = float(theory.xi(alpha, nu, DELTA))
    u = np.linspace(-1, 1, 400_001)
    p = xi * np.exp(xi * u) / (2 * np.sinh(xi))
    integrand = (u - float(theory.langevin(xi))) * p
    area = np.concatenate([[0.0], np.cumsum((integrand[1:] + integrand[:-1]) / 2) * (u[1] - u[0])])
    inner = slice(1, -1)
    value = np.sum(area[inner] ** 2 / ((1 - u[inner] ** 2) * p[inner])) * (u[1] - u[0])
    expected = 2 * (2 * nu * alpha / DELTA) ** 2 * value
    assert_allclose(theory.delta_p(alpha, nu, DELTA), expected, rtol=1e-5)


def test_delta_p_in_a_strong_field() -> None:
    alpha = np.array([1e-2, 1e-3, 1e-4])
    ratio = theory.delta_p(alpha, 3 / alpha, DELTA) / theory.delta_p_strong_field(alpha, 3 / alpha, DELTA)
    # The distance to the limit shrinks in proportion to alpha.
    assert_allclose((ratio[:-1] - 1) / (ratio[1:] - 1), 10, rtol=0.1)


@given(alphas, fields, dampings)
def test_delta_p_is_psi_times_its_prefactor(alpha: float, nu: float, delta: float) -> None:
    value = float(theory.delta_p(alpha, nu, delta))
    assert value >= 0.0
    field = float(theory.xi(alpha, nu, delta))
    ratio = float(theory.chi(field)) / field**2 if abs(field) > 1e-3 else 1 / 3
    prefactor = 8 * (alpha * nu / delta) ** 2
    assert value == pytest.approx(prefactor * ratio * float(theory.psi_exact(field)), rel=1e-5, abs=1e-200)


def test_uncertainty_product_beats_two_and_keeps_its_own_bound() -> None:
    alpha = np.array([-1.5, -0.3, 0.05, 0.5, 2.0])
    nu = 2.0
    result = theory.rates(alpha, nu, DELTA)
    product = theory.delta_p(alpha, nu, DELTA) * result.Sigma / result.S_P**2
    assert np.all(product >= theory.uncertainty_bound(alpha, nu, DELTA) * (1 - 1e-12))
    assert product.min() < 2
    at_delta = theory.rates(-1.5, 2.0, 0.866)
    known = theory.delta_p(-1.5, 2.0, 0.866) * at_delta.Sigma / at_delta.S_P**2
    assert_allclose(known, 12.21175, atol=5e-6)


def test_uncertainty_bound_holds_everywhere_and_is_nearly_reached() -> None:
    alpha = np.linspace(-4.0, 4.0, 41)[:, None, None] + 0.0123
    nu = np.geomspace(0.05, 300.0, 25)[:, None]
    delta = np.array([0.01, 0.1, 0.5, 1.0, 4.0])
    result = theory.rates(alpha, nu, delta)
    product = theory.delta_p(alpha, nu, delta) * result.Sigma / result.S_P**2
    excess = product / theory.uncertainty_bound(alpha, nu, delta)
    # The quadrature behind delta_p is good to some 1e-7 at strong field, where the bound is reached.
    assert excess.min() > 1.0 - 1e-6
    assert 1.07 < excess.max() < 1.0721


def test_uncertainty_bound_vanishes_at_equilibrium() -> None:
    assert theory.uncertainty_bound(0.0, 2.0, DELTA) == 0.0


@settings(max_examples=300, derandomize=True, deadline=None)
@given(everywhere, st.sampled_from([-1.0, 1.0]), everywhere, everywhere)
@example(0.999, -1.0, 5e-324, 1.0)  # ξ is too small for a number
@example(0.5, 1.0, 150.0, 1.0)
@example(0.5, 1.0, 20.0, 1.0)
@example(0.5, 1.0, 1.0, 1.0)
@example(1e200, 1.0, 1e-3, 1e200)
def test_uncertainty_bound_is_right_over_the_whole_range_of_numbers(
    size: float, sign: float, nu: float, delta: float
) -> None:
    alpha = sign * size
    if alpha == -delta:
        return
    truth = exact_bound(alpha, nu, delta)
    if truth > LARGEST:
        with pytest.raises(ValueError, match="the bound is beyond the largest floating-point number"):
            theory.uncertainty_bound(alpha, nu, delta)
        return
    assert_allclose(float(theory.uncertainty_bound(alpha, nu, delta)), float(truth), rtol=1e-13, atol=1e-322)


@given(everywhere, everywhere)
def test_uncertainty_bound_is_infinite_at_the_isotropic_point(nu: float, delta: float) -> None:
    assert theory.uncertainty_bound(-delta, nu, delta) == np.inf


def test_time_scales() -> None:
    times = theory.time_scales([0.5, -DELTA, 1 / DELTA], 4.0, DELTA)
    assert_allclose(times.precession / times.damping, DELTA)
    assert_allclose(times.effective_precession[0], DELTA / 4 / (1 - 0.5 * DELTA))
    assert_allclose(times.effective_damping[0], DELTA / 4 / (0.5 + DELTA))
    assert times.effective_damping[1] == np.inf
    assert times.effective_precession[2] > 1e14


def test_effective_field_and_its_precession() -> None:
    effective = theory.effective_field([0.5, -1.5], DELTA)
    assert_allclose(effective.field, 1 + np.array([0.5, -1.5]) / DELTA)
    # Field times gyromagnetic ratio is the precession vector over nu/delta.
    assert_allclose(effective.field * effective.gyromagnetic_ratio, 1 - np.array([0.5, -1.5]) * DELTA)
    assert theory.effective_field(-DELTA, DELTA).gyromagnetic_ratio == np.inf


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(everywhere, st.sampled_from([-1.0, 1.0]), everywhere, everywhere)
def test_rates_are_right_over_the_whole_range_of_numbers(
    size: float, sign: float, nu: float, delta: float
) -> None:
    alpha = sign * size
    truth = exact_rates(alpha, nu, delta)
    if any(abs(value) > LARGEST for value in truth):
        with pytest.raises(ValueError, match="beyond the largest floating-point number"):
            theory.rates(alpha, nu, delta)
        return
    # Next to its zero 1 - αδ hangs on the last digit of the product, and subnormal numbers have fewer digits.
    rounding = 4e-16 * float(abs(truth[0]) + truth[2])
    for value, exact in zip(theory.rates(alpha, nu, delta), truth, strict=True):
        assert_allclose(float(value), float(exact), rtol=2e-14, atol=rounding + 1e-322)


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(everywhere, st.sampled_from([-1.0, 1.0]), everywhere, everywhere)
def test_fluctuations_are_right_over_the_whole_range_of_numbers(
    size: float, sign: float, nu: float, delta: float
) -> None:
    alpha = sign * size
    truth = exact_spread(alpha, nu, delta)
    if truth is None:
        return
    for function in (theory.delta_p, theory.delta_p_closure):
        if truth > LARGEST:
            with pytest.raises(ValueError, match="Delta_P is beyond the largest floating-point number"):
                function(alpha, nu, delta)
            continue
        # The closure has the two limits of the exact one.
        rtol = 1e-12 if function is theory.delta_p else 0.01
        assert_allclose(float(function(alpha, nu, delta)), float(truth), rtol=rtol, atol=1e-322)


def test_values_that_used_to_leave_the_range() -> None:
    assert_allclose(list(theory.rates(1e-300, 1e300, 1e-3)), [2000.0, -2000.0, 2.000002e-294], rtol=1e-14)
    assert_allclose(theory.delta_p(0.5, 1e160, 0.8), 1.5625e-160 / 1.625**3, rtol=1e-14)
    assert_allclose(theory.psi_exact([1e150, 1e100]), [5e-301, 5e-201], rtol=1e-14)
    assert_allclose(theory.delta_p_strong_field(1e200, 1e300, 1e10), 4e80, rtol=1e-14)
    assert_allclose(theory.uncertainty_bound(1e-3, 1e100, 1e-3), 2 * 0.25 / 4e200, rtol=1e-5)


def test_the_quadrature_and_the_strong_field_meet() -> None:
    assert_allclose(*theory.psi_exact([99.9999999, 100.0000001]), rtol=1e-8)
    assert_allclose(*theory.delta_p(0.5, np.array([99.99999999, 100.00000001]) / 1.5, 1.0), rtol=1e-8)


@pytest.mark.parametrize("function", [theory.langevin, theory.chi, theory.psi_exact, theory.psi_closure])
def test_an_infinite_field_is_refused(function: object) -> None:
    with pytest.raises(ValueError, match="x must be finite"):
        function([1.0, math.inf])  # type: ignore[operator]


@pytest.mark.parametrize("function", [theory.rates, theory.delta_p, theory.xi, theory.time_scales])
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((math.nan, 1.0, 1.0), "alpha"),
        ((math.inf, 1.0, 1.0), "alpha"),
        (([0.1, 0.2], [1.0, 0.0], 1.0), "nu"),
        ((0.1, -2.0, 1.0), "nu"),
        ((0.1, 1.0, 0.0), "delta"),
    ],
)
def test_illegal_values_are_refused_by_name(function: object, arguments: tuple, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be finite.*; got "):
        function(*arguments)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("function", "name", "point"),
    [
        (theory.xi, "xi", (1e200, 1e200, 2.0)),
        (theory.rates, "S_P", (1e200, 1e200, 2.0)),
        (theory.rates, "S_B", (1e200, 1e100, 1e200)),
        (theory.delta_p, "Delta_P", (-2.0, 1e200, 2.0)),
        (theory.delta_p_closure, "Delta_P", (-2.0, 1e200, 2.0)),
        (theory.delta_p_strong_field, "Delta_P", (1e200, 1e-3, 2.0)),
        (theory.uncertainty_bound, "the bound", (1e200, 1e-3, 2e200)),
    ],
)
def test_a_number_too_large_is_refused_with_its_point(
    function: object, name: str, point: tuple[float, float, float]
) -> None:
    alpha, nu, delta = point
    with pytest.raises(ValueError, match="largest") as caught:
        function([0.5, alpha], [[nu]], delta)  # type: ignore[operator]
    assert str(caught.value) == (
        f"{name} is beyond the largest floating-point number, 1.8e308, "
        f"at alpha={alpha!r}, nu={nu!r}, delta={delta!r}"
    )


@pytest.mark.parametrize("name", theory.__all__)
def test_results_are_real_arrays_of_the_broadcast_shape(name: str) -> None:
    function = getattr(theory, name)
    if not callable(function) or isinstance(function, type) or name == "special_points":
        return
    column, row = np.array([[0.0], [0.3], [-200.0]]), np.array([1.0, 2.0])
    arguments = {1: (column * row,), 2: (column, row), 3: (column, row, DELTA)}
    found = function(*arguments[len(inspect.signature(function).parameters)])
    for array in found if isinstance(found, tuple) else (found,):
        assert array.dtype == float
        assert np.broadcast_shapes(array.shape, (3, 2)) == (3, 2)


def test_a_refusal_names_the_argument_and_what_came() -> None:
    for call, words in (
        (lambda: theory.chi([1.0, -math.inf]), "x must be finite (a reduced field xi); got np.float64(-inf)"),
        (lambda: theory.chi(["1"]), "x must be real numbers; got ['1']"),
        (lambda: theory.xi([0.5, math.inf], 1.0, 1.0), "alpha must be finite; got np.float64(inf)"),
        (lambda: theory.xi(0.5, [1.0, -2.0], 1.0), "nu must be finite and > 0; got np.float64(-2.0)"),
        (lambda: theory.xi(0.5, ["1"], 1.0), "nu must be real numbers; got ['1']"),
    ):
        with pytest.raises(ValueError, match="must") as caught:
            call()
        assert str(caught.value) == words
