"""Maps, slices and the curves between phases."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from slls_widgets import Macrospin, Phase, phase_boundaries, phase_map, steady_state, theory
from slls_widgets.cancellation import Cancelled
from slls_widgets.sweeps import phase_map_levels

ROOT = math.sqrt(3) / 2
ALPHA, THETA = np.linspace(-2, 2, 17), np.linspace(0, math.pi / 2, 9)


def test_map_holds_what_it_says():
    ds = phase_map(ALPHA, THETA, delta=ROOT, alpha_nu=3.0)
    assert ds.S_P.dims == ("theta", "alpha")
    assert ds.attrs["certificate"] == float(ds.error.max()) <= 1e-6
    assert ds.attrs["alpha_nu"] == 3.0
    row = ds.isel(theta=0)
    inside = ds.alpha.values != 0
    exact = theory.rates(ALPHA[inside], 3 / np.abs(ALPHA[inside]), ROOT)
    np.testing.assert_allclose(row.S_B.values[inside], exact.S_B, rtol=1e-6)
    middle = ds.sel(alpha=0.0)
    assert np.all(middle.S_P == 0)
    assert set(middle.phase.values) == {Phase.EQUILIBRIUM}
    point = steady_state(Macrospin(alpha=0.25, nu=12.0, delta=ROOT, theta=THETA[3]))
    assert ds.phase.sel(alpha=0.25, theta=THETA[3]) == point.phase


def test_levels_end_in_the_map_and_executors_change_nothing():
    full = phase_map(ALPHA, THETA, delta=ROOT, nu=4.0)
    *coarse, last = phase_map_levels(ALPHA, THETA, delta=ROOT, nu=4.0, levels=3)
    assert [d.sizes["alpha"] for d in coarse] == [5, 9]
    assert last.identical(full)
    with ThreadPoolExecutor(2) as pool:
        assert phase_map(ALPHA, THETA, delta=ROOT, nu=4.0, executor=pool).identical(full)


def test_cancel_and_bad_input():
    with pytest.raises(Cancelled):
        phase_map(ALPHA, THETA, delta=ROOT, nu=4.0, cancel=lambda: True)
    with pytest.raises(ValueError, match="exactly one of nu and alpha_nu"):
        phase_map(ALPHA, THETA, delta=ROOT)
    with pytest.raises(ValueError, match="alpha_nu must be > 0"):
        phase_map(ALPHA, THETA, delta=ROOT, alpha_nu=-1.0)


@pytest.mark.parametrize("held", [{"nu": 5.0}, {"alpha_nu": 3.0}])
def test_boundaries_start_and_end_where_they_must(held):
    theta = np.array([0.0, 0.3, 0.6, 0.9, 1.2, 1.5, math.pi / 2])
    curves = phase_boundaries(delta=ROOT, theta=theta, **held)
    for name, start in (("S_P", -ROOT), ("S_B", 1 / ROOT)):
        (alpha, at) = curves[name][0]
        assert alpha[0] == pytest.approx(start, abs=1e-8)
        assert (alpha[-1], at[-1]) == (0.0, math.pi / 2)
        np.testing.assert_array_equal(at, theta)
        for x, t in list(zip(alpha, at, strict=True))[1:-1]:
            # The rate changes sign within 1e-8 of the root.
            nu = held.get("nu", 3.0 / abs(x))
            sides = [
                getattr(steady_state(Macrospin(alpha=x + dx, nu=nu, delta=ROOT, theta=t)), name)
                for dx in (-1e-8, 1e-8)
            ]
            assert sides[0] * sides[1] < 0
