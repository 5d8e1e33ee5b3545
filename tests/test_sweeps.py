"""Maps over the (α, θ) plane."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from slls_widgets import Macrospin, Phase, phase_map, steady_state, theory
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
