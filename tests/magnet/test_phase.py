"""Phase, efficiency and uncertainty product have one definition and the same numbers everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_array_equal

from slls_widgets import Macrospin, __version__, phase_map, steady_state
from slls_widgets.explore.map_values import PHASE_ORDER, _value
from slls_widgets.explore.state import Quantity
from slls_widgets.fokker_planck import solve_many
from slls_widgets.magnet.phase import Phase, efficiency, phases, uncertainty_product
from slls_widgets.maps.phase_map import phases as phases_of
from slls_widgets.studies import trade_offs
from slls_widgets.sweeps.compute import Task, compute
from slls_widgets.sweeps.plan import ExactPart
from slls_widgets.sweeps.quantities import PHASES

RIGHT = math.pi / 2
# (alpha, nu, delta, theta), phase, efficiency, Q; None where any number will do.
TABLE = [
    ((0.5, 2.0, 0.866, 0.7), "refrigerator", None, None),
    ((-0.3, 2.0, 0.866, 0.7), "heat_pump", None, None),
    ((2.0, 2.0, 0.866, 0.7), "dud", math.nan, None),
    ((-0.5, 10.0, 0.5, 0.0), "boundary", math.nan, math.inf),  # isotropic: S_P = 0
    ((1 / 0.866, 3.0, 0.866, 0.0), "boundary", math.nan, None),  # insulating: S_B is rounding
    ((0.0, 2.0, 0.866, 0.7), "equilibrium", math.nan, 0.0),
    ((0.0, 2.0, 0.866, RIGHT), "equilibrium", math.nan, None),  # a finite limit
    ((0.7, 2.0, 0.866, RIGHT), "dud", math.nan, None),
    ((-0.7, 2.0, 0.866, RIGHT), "dud", math.nan, None),
]


def swept(point: tuple[float, ...]) -> dict[str, np.ndarray]:
    """What a sweep stores."""
    alpha, nu, delta, theta = (np.array([v]) for v in point)
    exact = ExactPart(quantities=("phase", "efficiency", "uncertainty_product"), tol=1e-8, errors=False)
    return compute(
        Task(__version__, alpha, nu, delta, theta, np.array([False]), np.array([0]), exact, None)
    ).values


@pytest.mark.parametrize(("point", "named", "efficient", "product"), TABLE)
def test_every_place_gives_the_same(
    point: tuple[float, ...], named: str, efficient: float | None, product: float | None
) -> None:
    alpha, nu, delta, theta = point
    state = steady_state(Macrospin(alpha=alpha, nu=nu, delta=delta, theta=theta))
    solved = solve_many(*point, tol=1e-8)
    errors = solved.S_P_error, solved.S_B_error
    stored = swept(point)
    grid = phase_map([alpha], [theta], delta=delta, nu=nu, tol=1e-8)
    pixels = {name: grid[name].values for name in ("S_P", "S_B", "Sigma", "Delta_P")}

    assert state.phase is Phase(named)
    assert Phase.of_rates(state.S_P, state.S_B, pumped_error=errors[0], bath_error=errors[1]) is state.phase
    assert str(phases(solved.S_P, solved.S_B, *errors)) == str(phases_of(solved)) == named
    assert PHASES[stored["phase"][0]] == grid.phase.item() == named
    assert PHASE_ORDER[int(_value(Quantity.PHASE, pixels).item())] is state.phase

    if efficient is not None:
        assert_array_equal(state.efficiency, efficient)
    for other in (
        efficiency(solved.S_P, solved.S_B, *errors),
        stored["efficiency"][0],
        _value(Quantity.EFFICIENCY, pixels).item(),
    ):
        assert_array_equal(other, state.efficiency)

    if product is not None:
        assert state.uncertainty_product == product
    assert stored["uncertainty_product"][0] == state.uncertainty_product
    # Rates alone cannot tell the limit at α = 0.
    expected = state.uncertainty_product if alpha else math.inf
    for other in (
        uncertainty_product(solved.S_P, solved.Sigma, solved.Delta_P),
        trade_offs.uncertainty_product(grid).item(),
        _value(Quantity.UNCERTAINTY_PRODUCT, pixels).item(),
    ):
        assert other == expected
    if alpha > 0.0:
        engine = trade_offs.engine([alpha], alpha_nu=alpha * nu, delta=delta, theta=theta)
        assert engine.uncertainty_product[0] == pytest.approx(expected, rel=1e-6)
        np.testing.assert_allclose(engine.efficiency[0], state.efficiency, rtol=1e-6)


def test_the_product_keeps_its_digits_where_squares_leave_the_range() -> None:
    assert uncertainty_product(2e-200, 3e-200, 4e-200) == pytest.approx(3.0)
    assert uncertainty_product(2e200, 3e200, 4e200) == pytest.approx(3.0)
    dataset = xr.Dataset(
        {name: ("k", [v]) for name, v in (("S_P", 1e-200), ("Sigma", 1e-200), ("Delta_P", 1e-200))}
    )
    assert trade_offs.uncertainty_product(dataset)[0] == pytest.approx(1.0)
    tiny = {name: np.array([1e-200]) for name in ("S_P", "S_B", "Sigma", "Delta_P")}
    assert _value(Quantity.UNCERTAINTY_PRODUCT, tiny)[0] == pytest.approx(1.0)


def test_rounding_has_no_phase_on_the_map_either() -> None:
    """The map's picture once called the insulating point a dud, because S_B was 5.86e-16 there."""
    rates = {
        "S_P": np.array([3.0]),
        "S_B": np.array([5.86e-16]),
        "Sigma": np.array([3.0]),
        "Delta_P": np.ones(1),
    }
    assert PHASE_ORDER[int(_value(Quantity.PHASE, rates)[0])] is Phase.BOUNDARY
    assert np.isnan(_value(Quantity.EFFICIENCY, rates)[0])


def test_a_rate_as_small_as_rounding_beside_the_other_makes_a_boundary() -> None:
    for small, phase in ((1e-16, Phase.BOUNDARY), (1e-14, Phase.DUD)):
        assert Phase.of_rates(small, 1.0) is Phase.of_rates(1.0, small) is phase
    # Both negative: only rounding can show it.
    assert Phase.of_rates(-1.0, -1.0) is Phase.BOUNDARY


def test_a_rate_as_large_as_its_bound_has_no_sign_and_no_efficiency() -> None:
    for bound, phase in ((1e-8, Phase.BOUNDARY), (0.999e-8, Phase.REFRIGERATOR)):
        assert Phase.of_rates(1e-8, -1.0, pumped_error=bound) is phase
        assert Phase.of_rates(1.0, -1e-8, bath_error=bound) is phase
        for point in ((1e-8, -1.0, bound, 0.0), (1.0, -1e-8, 0.0, bound)):
            assert math.isnan(efficiency(*point)) == (phase is Phase.BOUNDARY)


def test_efficiencies_are_quotients_and_too_large_ones_are_not_taken() -> None:
    assert_array_equal(
        efficiency([2, -1.0, 1e-300, -1e-300], [-1.0, 4, 1e300, -1e300]), [0.5, 0.25, np.nan, np.nan]
    )
    assert math.isnan(efficiency(0.0, 0.0))
    assert uncertainty_product(1e-200, 1e200, 1e200) == math.inf
