"""The numbers behind the map: interpolation, the ends of scales, the places of names."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from slls_widgets.explore.map_values import RATES, colour_scale, map_values, phase_regions
from slls_widgets.explore.state import Quantity
from slls_widgets.magnet.macrospin import Phase


def grid(alpha: list[float] | None = None) -> SimpleNamespace:
    """A level of the map whose rates jump at α = 0 and are bilinear on either side."""
    alpha = np.array([-2.0, -1.0, -0.1, 0.0, 0.2, 0.5, 2.0]) if alpha is None else np.array(alpha)
    theta = np.array([0.0, 0.3, 1.5])
    level = SimpleNamespace(alpha=alpha, theta=theta)
    for k, name in enumerate(("S_P", "S_B", "Sigma", "Delta_P")):
        setattr(level, name, surface(k, alpha, theta))
    return level


def surface(k: int, alpha: np.ndarray, theta: np.ndarray) -> np.ndarray:
    a, t = alpha[None, :], theta[:, None]
    return (k + 1.0) * (5.0 * np.sign(a) + a + 2.0 * t + a * t)


@pytest.mark.parametrize("columns", [8, 9])
def test_a_map_is_interpolated_on_either_side_of_equilibrium(columns: int) -> None:
    level = grid()
    theta, alpha = np.linspace(0.0, 1.5, 7), np.linspace(-2.0, 2.0, columns + columns % 2)
    inside = (alpha < -0.1) | (alpha > 0.2)
    for k, quantity in enumerate(RATES):
        found = map_values(level, quantity, (7, columns))
        assert found.shape == (7, alpha.size)
        assert_allclose(found[:, inside], surface(k, alpha, theta)[:, inside], rtol=1e-13)
    # Next to α = 0 the nearest column of the same side stands.
    wide = map_values(level, Quantity.S_P, (7, 100))
    fine = np.linspace(-2.0, 2.0, 100)
    for side, nearest in (((fine < 0.0) & (fine > -0.1), -0.1), ((fine > 0.0) & (fine < 0.2), 0.2)):
        assert side.any()
        assert_allclose(wide[:, side] - surface(0, np.array([nearest]), theta), 0.0, atol=1e-13)


def test_one_column_on_a_side_is_enough() -> None:
    found = map_values(grid([-2.0, 0.5, 2.0]), Quantity.S_P, (7, 8))
    theta, alpha = np.linspace(0.0, 1.5, 7), np.linspace(-2.0, 2.0, 8)
    assert_allclose(found[:, :4] - surface(0, np.array([-2.0]), theta), 0.0, atol=1e-13)
    assert_allclose(found[:, 5:], surface(0, alpha[5:], theta), rtol=1e-13)


def test_phases_efficiencies_and_products_come_from_the_interpolated_rates() -> None:
    level = grid()
    rates = {q: map_values(level, q, (5, 40)) for q in RATES}
    product = map_values(level, Quantity.UNCERTAINTY_PRODUCT, (5, 40))
    expected = rates[Quantity.DELTA_P] * rates[Quantity.SIGMA] / rates[Quantity.S_P] ** 2
    assert_allclose(product, expected, rtol=1e-12)
    level.S_B = -0.5 * level.S_P
    assert_allclose(map_values(level, Quantity.EFFICIENCY, (5, 40))[:, 20:], 0.5, rtol=1e-12)
    found = map_values(level, Quantity.PHASE, (5, 40))
    assert_array_equal(found, np.where(rates[Quantity.S_P] > 0.0, 0.0, 1.0))


SPREAD = np.append(np.linspace(-1.0, 3.0, 4001), [np.nan, np.inf, 1e9])


@pytest.mark.parametrize("quantity", [Quantity.S_P, Quantity.S_B])
def test_a_signed_scale_is_even_about_zero_and_heeds_few_extremes_little(quantity: Quantity) -> None:
    scale = colour_scale(quantity, SPREAD)
    assert scale.high == -scale.low == np.percentile(np.abs(SPREAD[np.isfinite(SPREAD)]), 97.0)
    assert not scale.logarithmic
    assert (len(scale.colours), scale.colours[4]) == (9, (247, 247, 247))
    assert (colour_scale(quantity, np.array([np.nan])).low, scale.colours[0]) == (-1.0, (5, 71, 120))
    assert colour_scale(quantity, np.array([np.nan])).high == 1.0


def test_the_scales_of_what_has_no_sign() -> None:
    efficiency = colour_scale(Quantity.EFFICIENCY, SPREAD)
    assert (efficiency.low, efficiency.high, efficiency.logarithmic) == (0.0, 1.0, False)
    positive = SPREAD[np.isfinite(SPREAD) & (SPREAD > 0.0)]
    for quantity in (Quantity.SIGMA, Quantity.DELTA_P):
        scale = colour_scale(quantity, SPREAD)
        assert scale.logarithmic
        assert_allclose([scale.low, scale.high], np.log10(np.percentile(positive, [1.0, 99.0])))
        assert scale.colours == efficiency.colours != colour_scale(Quantity.S_P, SPREAD).colours
        # Without anything to show there is a decade, and one value has a little room.
        nothing = colour_scale(quantity, np.array([np.nan, 0.0, -1.0]))
        assert_allclose([nothing.low, nothing.high], [-1.0, 0.0], atol=1e-15)
        one = colour_scale(quantity, np.full(3, 100.0))
        assert_allclose([one.low, one.high], [2.0, 2.0 + math.log10(1.01)])


@pytest.mark.parametrize(
    ("bottom", "top", "reach"),
    [
        (2.0, 2.0, 0.5), (0.02, 2.0, 2.0), (2.0, 200.0, 2.0), (2.0, 2e9, 3.0), (1e-6, 2e9, math.log10(2e6)),
        (4.0, 4.0, 0.5), (0.5, 1.0, math.log10(4.0)),
    ],
)  # fmt: skip
def test_the_usual_bound_is_the_centre_of_its_scale(bottom: float, top: float, reach: float) -> None:
    values = np.array([bottom] * 100 + [top] * 100)
    scale = colour_scale(Quantity.UNCERTAINTY_PRODUCT, values)
    assert scale.logarithmic
    assert len(scale.colours) == 9
    assert_allclose([scale.low, scale.high], [math.log10(2.0) - reach, math.log10(2.0) + reach])


def test_a_name_stands_where_its_phase_has_room() -> None:
    alpha = np.linspace(-1.0, 1.0, 40)
    phases = np.full((48, 40), 2.0)
    phases[8:30, 2:14] = 1.0
    phases[10, 25:35] = 0.0  # too thin for 1 % of the map
    found = {
        (phase, left < 20): (row, left, right) for phase, row, left, right in phase_regions(phases, alpha)
    }
    assert set(found) == {(Phase.HEAT_PUMP, True), (Phase.DUD, True), (Phase.DUD, False)}
    # As near to a sixth of the height as there is room above and below.
    assert found[Phase.HEAT_PUMP, True] == (13, 2, 14)
    assert found[Phase.DUD, False] == (8, 20, 40)
    assert found[Phase.DUD, True] == (6, 0, 20)


def test_a_phase_along_an_edge_has_no_name() -> None:
    phases = np.full((48, 40), 3.0)
    phases[:6], phases[-6:] = 0.0, 1.0
    assert list(phase_regions(phases, np.linspace(-1.0, 1.0, 40))) == []
    phases[6, 30:] = 0.0
    assert list(phase_regions(phases, np.linspace(-1.0, 1.0, 40))) == [(Phase.REFRIGERATOR, 6, 30, 40)]


def named(phases: np.ndarray) -> list[tuple[Phase, int, int, int]]:
    return list(phase_regions(phases, np.linspace(-1.0, 1.0, phases.shape[1])))


def test_equilibrium_belongs_to_neither_side() -> None:
    assert named(np.full((48, 41), 2.0)) == [(Phase.DUD, 8, 0, 20), (Phase.DUD, 8, 21, 41)]


def test_a_phase_of_one_per_cent_has_a_name_and_a_smaller_one_on_one_side_does_not_hide_the_other() -> None:
    phases = np.full((50, 40), 3.0)
    phases[10, :19] = 0.0  # of 2000
    phases[:, 30:] = 0.0
    assert named(phases) == [(Phase.REFRIGERATOR, 8, 30, 40)]
    phases[10, 19] = 0.0
    assert named(phases) == [(Phase.REFRIGERATOR, 10, 0, 20), (Phase.REFRIGERATOR, 8, 30, 40)]


def test_of_equal_places_the_first_is_taken_and_a_poor_one_is_better_than_none() -> None:
    phases = np.full((48, 40), 3.0)
    phases[:, :9] = phases[:, 10:19] = 2.0
    assert named(phases) == [(Phase.DUD, 8, 0, 9)]
    phases[:] = 3.0
    phases[:, 5] = 1.0
    assert named(phases) == [(Phase.HEAT_PUMP, 8, 5, 6)]
    # But not where it would hang far below.
    phases[:] = 3.0
    phases[36:, :5] = 1.0
    assert named(phases) == []
