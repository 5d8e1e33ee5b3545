"""Maps over the (α, θ) plane."""

import math
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import product
from threading import Event

import numpy as np
import pytest
from conventions import broken_rules

from slls_widgets import Macrospin, Phase, __version__, phase_map, steady_state, theory
from slls_widgets._cancellation import Cancelled
from slls_widgets.fokker_planck import Solutions
from slls_widgets.maps.phase_map import phase_map_levels, phases

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
    assert [level.alpha.size for level in coarse] == [5, 9]
    assert last.dataset.identical(full)
    with ThreadPoolExecutor(2) as pool:
        assert phase_map(ALPHA, THETA, delta=ROOT, nu=4.0, executor=pool).identical(full)


@pytest.mark.parametrize("alpha", [-0.7, 0.7])
def test_fixed_torque_is_the_same_field_on_both_sides(alpha):
    """Off the axis: |α|ν is held, for a negative α too."""
    ds = phase_map([alpha], [0.4, 1.3], delta=0.5, alpha_nu=3.0, tol=1e-8)
    for theta in (0.4, 1.3):
        point = steady_state(Macrospin(alpha=alpha, nu=3.0 / 0.7, delta=0.5, theta=theta))
        for name in ("S_P", "S_B", "Sigma", "Delta_P"):
            assert float(ds[name].sel(theta=theta, alpha=alpha)) == pytest.approx(
                getattr(point, name), rel=1e-7
            )


def test_a_map_says_what_it_was_made_of():
    torque = phase_map([0.0, 0.5], [0.1, 0.7], delta=0.5, alpha_nu=3.0, tol=1e-5)
    field = phase_map([0.0, 0.5], [0.1, 0.7], delta=0.5, nu=2, tol=1e-5)
    for ds in (torque, field):
        assert ds.attrs["slls_widgets_version"] == __version__
        assert (ds.attrs["delta"], ds.attrs["tol"]) == (0.5, 1e-5)
        assert ds.theta.attrs["units"] == "rad"
        assert ds.alpha.attrs["units"] == "1"
        for name in ("S_P", "S_B", "Sigma", "Delta_P"):
            assert (ds[name].attrs["units"], ds[name].attrs["comment"]) == ("1", "in units of eta T")
            assert ds[name].attrs["long_name"]
        assert ds.error.attrs["units"] == "1"
    assert (torque.attrs["alpha_nu"], field.attrs["nu"]) == (3.0, 2.0)
    assert "infinite field" in torque.attrs["note"]
    assert not {"note", "alpha_nu"} & set(field.attrs)
    assert "nu" not in torque.attrs


def test_a_map_as_netcdf_follows_the_conventions(tmp_path):
    phase_map([0.0, 0.5], [0.1, 0.7], delta=0.5, nu=2).to_netcdf(tmp_path / "map.nc")
    assert broken_rules(tmp_path / "map.nc") == []


def test_progress_is_told_on_every_way_to_a_map():
    grid = np.linspace(-2, 2, 40), np.linspace(0, 1.5, 20)

    def told(task):
        seen = []
        task(seen.append)
        assert seen[-1] == pytest.approx(1.0)
        assert len(seen) > 2
        assert 0.0 < seen[0] < 1.0
        assert np.all(np.diff(seen) > 0)

    told(lambda tell: phase_map(*grid, delta=ROOT, nu=2.0, progress=tell))
    told(lambda tell: list(phase_map_levels(*grid, delta=ROOT, nu=2.0, progress=tell)))
    with ThreadPoolExecutor(2) as pool:
        told(lambda tell: phase_map(*grid, delta=ROOT, nu=2.0, progress=tell, executor=pool))


class NeverDone(Executor):
    """Takes tasks and does none of them."""

    def __init__(self):
        self.futures = []

    def submit(self, *task):
        self.futures.append(Future())
        return self.futures[-1]


def test_a_cancel_is_heard_on_every_way_to_a_map():
    with pytest.raises(Cancelled):
        phase_map(ALPHA, THETA, delta=ROOT, nu=4.0, cancel=lambda: True)
    pool, stop = NeverDone(), Event()
    with pytest.raises(Cancelled):
        phase_map(ALPHA, THETA, delta=ROOT, nu=4.0, executor=pool, cancel=lambda: stop.is_set() or stop.set())
    assert pool.futures
    assert all(future.cancelled() for future in pool.futures)
    stop.clear()
    maps = phase_map_levels(ALPHA, THETA, delta=ROOT, nu=4.0, cancel=stop)
    next(maps)
    stop.set()
    with pytest.raises(Cancelled):
        next(maps)


def test_every_level_adds_something_and_the_last_is_the_map():
    full = phase_map(ALPHA, THETA, delta=ROOT, nu=4.0)
    *coarse, last = phase_map_levels(ALPHA, THETA, delta=ROOT, nu=4.0, levels=10)
    assert [d.S_P.shape for d in coarse] == [(2, 2), (2, 3), (3, 5), (5, 9)]
    assert last.dataset.identical(full)
    (only,) = phase_map_levels([0.5], [0.1], delta=ROOT, nu=4.0, levels=3)
    assert only.dataset.sizes == {"theta": 1, "alpha": 1}


def test_phases_are_named_as_one_point_is():
    """Every combination of signs, of nothing, and of values within and at their bounds."""
    values, bounds = [-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0], [0.0, 1.0]
    cases = np.array(list(product(values, values, bounds, bounds))).T
    pumped, bath, pumped_error, bath_error = cases
    zero = np.zeros(pumped.shape)
    solved = Solutions(pumped, bath, zero, zero, zero, pumped_error, bath_error, zero, zero)
    expected = [Phase.of_rates(p, b, pumped_error=dp, bath_error=db) for p, b, dp, db in cases.T]
    assert list(phases(solved)) == expected
    assert set(expected) == set(Phase)


@pytest.mark.parametrize("function", [phase_map, phase_map_levels])
@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"nu": None}, "exactly one of nu and alpha_nu"),
        ({"alpha_nu": 1.0}, "exactly one of nu and alpha_nu"),
        ({"nu": None, "alpha_nu": -1.0}, "alpha_nu must be > 0"),
        ({"nu": np.ones(3)}, "nu must be a finite real number"),
        ({"nu": "a"}, "nu must be a finite real number; got 'a'"),
        ({"nu": 0.0}, "nu must be > 0"),
        ({"delta": np.array([1.0, 2.0])}, "delta must be a finite real number"),
        ({"delta": None}, "delta must be a finite real number; got None"),
        ({"alpha": []}, "alpha must be a one-dimensional"),
        ({"alpha": [[1.0, 2.0]]}, "alpha must be a one-dimensional"),
        ({"alpha": "a"}, "alpha must be real numbers; got 'a'"),
        ({"alpha": [0.5, np.nan]}, "alpha must be a finite real number"),
        ({"tol": 0.0}, "tol must lie in"),
        ({"tol": "fine"}, "tol must be a number"),
    ],
)
def test_bad_input_is_named_before_any_work(function, bad, complaint):
    arguments = {"alpha": ALPHA, "theta": THETA, "delta": 1.0, "nu": 1.0} | bad
    with pytest.raises((TypeError, ValueError), match=complaint):
        function(**arguments, cancel=lambda: pytest.fail("it began"))


def test_bad_input_of_one_function_only():
    given = {"alpha": ALPHA, "theta": THETA, "nu": 1.0}
    with pytest.raises(TypeError, match="executor must have a method submit"):
        phase_map(**given, delta=1.0, executor="x")
    with pytest.raises(ValueError, match="theta must lie in"):
        phase_map(ALPHA, [4.0], delta=1.0, nu=1.0)
    for levels in (0, -1, 2.5, "x"):
        with pytest.raises(ValueError, match="levels must be a whole number >= 1"):
            phase_map_levels(**given, delta=1.0, levels=levels)
    with pytest.raises(TypeError, match="delta"):
        phase_map_levels(**given)
    with pytest.raises(TypeError, match="foo"):
        phase_map_levels(**given, delta=1.0, foo=2)
