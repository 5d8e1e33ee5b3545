"""The scaled cumulant generating function: derivatives, the fluctuation theorem, convexity."""

from functools import cache

import numpy as np
import pytest

from slls_widgets import Macrospin, counting, steady_state
from slls_widgets._cancellation import Cancelled
from slls_widgets.fokker_planck import WorkLimitWarning, leading_branch, tilted

pytestmark = pytest.mark.compiled

MAGNET = Macrospin(alpha=0.6, nu=2.0, delta=0.866, theta=0.9)
STRONG = Macrospin(alpha=0.5, nu=30.0, delta=0.866, theta=1.0)
MAGNETS = [
    MAGNET,
    STRONG,
    Macrospin(alpha=-1.2, nu=1.5, delta=0.4, theta=2.0),
    Macrospin(alpha=-0.866, nu=4.0, delta=0.866, theta=0.0),
    Macrospin(alpha=0.05, nu=60.0, delta=0.866, theta=np.pi / 2),
    Macrospin(alpha=3.0, nu=0.2, delta=2.0, theta=0.5),
]


@pytest.mark.parametrize(("which", "rate"), [("pumped", "S_P"), ("bath", "S_B"), ("total", "Sigma")])
def test_slope_at_zero_is_the_rate(which, rate):
    exact = getattr(steady_state(MAGNET), rate)
    assert counting.scgf_slope(MAGNET, 0.0, which) == pytest.approx(exact, rel=1e-9)
    h = 1e-3
    values = counting.scgf(MAGNET, [-2 * h, -h, h, 2 * h], which)
    slope = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)
    assert slope == pytest.approx(exact, rel=1e-6)
    assert counting.scgf(MAGNET, 0.0, which) == 0.0


@pytest.mark.parametrize("magnet", MAGNETS)
def test_curvature_at_zero_is_the_fluctuation_coefficient(magnet):
    exact = steady_state(magnet).Delta_P
    # A step that changes the slope by a thousandth of what fluctuates.
    h = 1e-3 / np.sqrt(exact)
    slope = counting.scgf_slope(magnet, [-2 * h, -h, h, 2 * h], "pumped", tol=1e-13)
    curvature = (8 * (slope[2] - slope[1]) - (slope[3] - slope[0])) / (12 * h)
    assert curvature == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("which", ["pumped", "bath", "total"])
@pytest.mark.parametrize("magnet", [MAGNET, MAGNETS[2]])
def test_perturbation_theory_gives_the_curvature(magnet, which):
    tilt = {"pumped": (1.0, 0.0), "bath": (0.0, 1.0), "total": (1.0, 1.0)}[which]
    h = 1e-3
    low, high = counting.scgf_slope(magnet, [-h, h], which, tol=1e-13)
    found = tilted.tilted_generator(magnet, tilt, 20, 16).curvature()
    assert found == pytest.approx((high - low) / (2 * h), rel=1e-5)


def test_known_value_of_the_fluctuation_theorem():
    assert counting.scgf(MAGNET, -0.3, "total") == pytest.approx(-0.22174629669, abs=1e-10)
    assert counting.scgf(MAGNET, -0.7, "total") == pytest.approx(-0.26077741757, abs=1e-10)


def test_fluctuation_theorem_between_partners_and_not_within_one_process():
    rng = np.random.default_rng(11)
    broken = 0
    for _ in range(10):
        magnet = Macrospin(
            alpha=rng.normal(),
            nu=10 ** rng.uniform(-0.5, 0.7),
            delta=10 ** rng.uniform(-0.4, 0.4),
            theta=rng.uniform(0, np.pi),
        )
        k = rng.uniform(-1.4, -0.6)
        here = counting.scgf(magnet, k, "total")
        assert here == pytest.approx(float(counting.scgf(magnet.partner(), -1 - k, "total")), abs=1e-10)
        broken += abs(here - counting.scgf(magnet, -1 - k, "total")) > 1e-7
    assert broken >= 8


def test_fluctuation_theorem_in_stronger_fields():
    for nu in (8.0, 12.0):
        magnet = MAGNET.replace(nu=nu)
        here = counting.curve(magnet, -0.5, "total")
        there = counting.curve(magnet.partner(), -0.5, "total")
        assert here.value == pytest.approx(
            float(there.value), abs=float(here.value_error + there.value_error)
        )
        assert here.value_error < 1e-6 * abs(here.value)
        assert abs(here.slope + there.slope) < here.slope_error + there.slope_error
        # Within one process the slope would vanish here.
        assert abs(here.slope) > 1e-3


def test_at_a_right_angle_the_theorem_is_a_symmetry_of_the_process_itself():
    """There the partner is the mirror image; the test that finds no symmetry elsewhere can see one."""
    k = np.array([-0.9, -0.3, 0.2])
    for alpha, nu, delta in ((0.6, 2.0, 0.866), (-1.3, 1.0, 0.4), (0.3, 5.0, 2.0)):
        magnet = Macrospin(alpha=alpha, nu=nu, delta=delta, theta=np.pi / 2)
        own, mirrored = counting.scgf(magnet, k, "total"), counting.scgf(magnet, -1 - k, "total")
        np.testing.assert_allclose(own, mirrored, rtol=0, atol=1e-10)
        assert np.ptp(own) > 1e-3
        tilted_up = magnet.replace(theta=1.4)
        off = counting.scgf(tilted_up, k, "total") - counting.scgf(tilted_up, -1 - k, "total")
        assert np.abs(off).max() > 1e-5


def test_rate_function_has_its_zero_at_the_mean():
    at = counting.rate_function(MAGNET, k=np.linspace(-1, 1, 5))
    assert at.rate[2] == pytest.approx(steady_state(MAGNET).S_P, rel=1e-8)
    assert at.value[2] == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(at.rate) > 0)
    assert np.all(at.value[[0, 1, 3, 4]] > 0)


def tangential(n, v):
    return v - n * np.einsum("i...n,in->...n", v, n)[np.newaxis]


@cache
def polynomials(degree):
    """Nodes on the sphere and their weights, orthonormal polynomials there and their tangential gradients."""
    z, weight = np.polynomial.legendre.leggauss(degree + 4)
    phi = 2 * np.pi * np.arange(2 * degree + 8) / (2 * degree + 8)
    r = np.sqrt(1 - z**2)[:, np.newaxis]
    n = np.stack([r * np.cos(phi), r * np.sin(phi), z[:, np.newaxis] + 0 * phi]).reshape(3, -1)
    w = np.repeat(weight, phi.size) / phi.size / 2
    # z² = 1 - x² - y²: at most one factor z.
    powers = [(a, b, c) for c in (0, 1) for a in range(degree + 1) for b in range(degree + 1 - c - a)]
    legendre = [np.polynomial.Legendre.basis(i) for i in range(degree + 1)]
    f = [[legendre[e](x) for x, e in zip(n, each, strict=True)] for each in powers]
    df = [[legendre[e].deriv()(x) for x, e in zip(n, each, strict=True)] for each in powers]
    values = np.array([x * y * z for x, y, z in f])
    slopes = np.array(
        [(dx * y * z, x * dy * z, x * y * dz) for (x, y, z), (dx, dy, dz) in zip(f, df, strict=True)]
    )
    _, R = np.linalg.qr((np.sqrt(w) * values).T)
    values = np.linalg.solve(R.T, values)
    slopes = np.tensordot(np.linalg.inv(R.T), slopes, axes=1).swapaxes(0, 1)
    return n, w, values, slopes - n[:, np.newaxis] * np.einsum("din,dn->in", slopes, n)


def naive_leading(magnet, k_pumped, k_bath, degree):
    """The rightmost eigenvalue of 𝓛_k = v·D + D·D + k_P c n·p̂, from this definition alone.

    Galerkin's method in polynomials of x, y, z on the sphere: D = ∇ + k_B g with the whole of
    g = ν (ĥ_⊥ + αn × p̂) acts by tangential gradients, integrals are sums over nodes, and D·D is integrated by
    parts. No harmonics, no frame, no expansion in k.
    """
    n, w, values, slopes = polynomials(degree)
    h, p = magnet.h_hat[:, np.newaxis], magnet.p_hat[:, np.newaxis]
    v = np.cross(magnet.precession, n, axisb=0, axisc=0) + tangential(
        n, magnet.damping[:, np.newaxis] + 0 * n
    )
    g = magnet.nu * (tangential(n, h + 0 * n) + magnet.alpha * np.cross(n, p[:, 0], axisa=0, axisc=0))
    gradient = slopes + k_bath * g[:, np.newaxis] * values
    adjoint = slopes - k_bath * g[:, np.newaxis] * values
    drift = np.einsum("dn,din->in", v, gradient)
    potential = k_pumped * magnet.pumping * (p * n).sum(axis=0)
    matrix = (values * w) @ (drift + potential * values).T
    matrix -= np.tensordot(adjoint * w, gradient, axes=((0, 2), (0, 2)))
    return np.linalg.eigvals(matrix).real.max()


@pytest.mark.parametrize(("which", "tilt"), [("pumped", (1, 0)), ("bath", (0, 1)), ("total", (1, 1))])
@pytest.mark.parametrize("magnet", [MAGNET, MAGNETS[2]])
def test_against_the_definition_of_the_tilted_generator(magnet, which, tilt):
    k = np.array([-1.2, -0.4, 0.0, 0.3, 0.7])
    values = counting.scgf(magnet, k, which)
    naive = [naive_leading(magnet, x * tilt[0], x * tilt[1], 12) for x in k]
    np.testing.assert_allclose(values, naive, atol=2e-8)


def test_errors_are_honest():
    """A loose tolerance leaves errors to see; a tight one is the truth."""
    rng = np.random.default_rng(3)
    for which in ("pumped", "bath", "total"):
        magnet = MAGNET.replace(alpha=float(rng.normal()), theta=float(rng.uniform(0, np.pi)))
        k = np.linspace(-1.2, 0.8, 6)
        rough, exact = (counting.curve(magnet, k, which, tol=tol) for tol in (1e-2, 1e-12))
        assert np.all(np.abs(rough.value - exact.value) <= rough.value_error + exact.value_error)
        assert np.all(np.abs(rough.slope - exact.slope) <= rough.slope_error + exact.slope_error)
        assert np.all(exact.value_error <= 1e-10 * np.maximum(1, np.abs(exact.value)))


def test_a_curve_does_not_depend_on_its_other_points():
    k = np.linspace(-2.0, 1.0, 13)
    alone = [float(counting.scgf(MAGNET, x, "total")) for x in k[::4]]
    np.testing.assert_allclose(counting.scgf(MAGNET, k, "total")[::4], alone, rtol=0, atol=1e-9)


def test_a_missed_branch_is_noticed():
    """Started at a wrong eigenvalue the walk would follow it; the ends and the tangents tell."""
    from slls_widgets.fokker_planck.tilted import tilted_generator

    generator = tilted_generator(MAGNET, (1.0, 0.0), 14, 5)
    k = np.linspace(0.2, 0.6, 5)
    value, slope, _ = leading_branch.outwards(generator, k, None, lambda: None)
    assert leading_branch.is_leading(generator, k, value, slope)
    value, slope, _ = leading_branch.outwards(generator, k, np.full(5, -2.0), lambda: None)
    assert not leading_branch.is_leading(generator, k, value, slope)


def test_a_tilt_that_leaves_no_digits_is_refused():
    with pytest.raises(ValueError, match="rounding hides"):
        counting.scgf(MAGNET.replace(nu=30.0), -1.3, "total")


@pytest.mark.parametrize("which", ["pumped", "bath", "total"])
@pytest.mark.parametrize("magnet", [MAGNET, STRONG, Macrospin(alpha=1e-6, nu=1e-6, delta=1.0, theta=1.0)])
def test_default_tilts_cover_what_fluctuates_and_stop_at_a_jump(magnet, which):
    found = counting.rate_function(magnet, which)
    middle = found.k.size // 2
    assert found.k.size == 41
    assert found.k[middle] == found.value[middle] == 0.0
    tilt = {"pumped": (1.0, 0.0), "bath": (0.0, 1.0), "total": (1.0, 1.0)}[which]
    spread = np.sqrt(tilted.tilted_generator(magnet, tilt, 60, 10).curvature())
    assert np.all(np.abs(found.rate - found.rate[middle]) < 3.01 * spread)
    assert np.abs(found.k).max() < 3.01 / spread
    assert found.error.max() < 1e-3
    assert np.all(np.diff(found.rate) > 0)
    assert found.value[[0, -1]].min() > 0.9
    assert max(-found.k[0], found.k[-1]) > 0.4 / spread


def test_in_a_strong_field_the_tilts_end_where_another_branch_of_paths_takes_over():
    found = counting.rate_function(STRONG)
    mean, spread = found.rate[20], np.sqrt(steady_state(STRONG).Delta_P)
    beyond = counting.scgf_slope(STRONG, 1.2 * found.k[0])
    assert found.rate[0] > mean - 3 * spread > mean - 20 * spread > beyond


def test_without_a_torque_nothing_flows():
    still = MAGNET.replace(alpha=0.0)
    for which in ("pumped", "bath", "total"):
        found = counting.rate_function(still, which)
        assert [float(v) for column in found for v in column] == [0.0] * 4
        assert not np.signbit(np.concatenate(found)).any()
        assert np.all(counting.rate_function(still, which, k=[-1.0, 1.0]).value == 0.0)
        assert np.all(counting.scgf(still, [-2.0, 0.5], which) == 0.0)


def test_too_much_work_is_refused_before_it_starts():
    asked = []
    for magnet, k in ((MAGNET, 1e12), (MAGNET, -1e300), (STRONG.replace(nu=1e4), np.linspace(-1e6, 1e6, 41))):
        with pytest.raises(ValueError, match=r"degrees with .* orders: .* Use a smaller \|k\|"):
            counting.scgf(magnet, k, cancel=lambda: asked.append(None))
    assert not asked


def test_what_was_found_before_the_limit_is_given_with_its_errors(monkeypatch):
    """It was once thrown away, after all the work. The message tells that fewer tilts reach more."""
    k = np.linspace(-1, 1, 31)
    exact = counting.rate_function(MAGNET, k=k, tol=1e-13)
    monkeypatch.setattr(counting, "WORK_LIMIT", 3e8)
    with pytest.warns(WorkLimitWarning, match=r"short of tol=1.0e-13: 31 tilts .* Use fewer tilts"):
        limited = counting.rate_function(MAGNET, k=k, tol=1e-13)
    assert np.all(np.abs(limited.value - exact.value) <= limited.error + exact.error)
    assert 1e-10 < limited.error.max() < 1e-7
    fewer = counting.rate_function(MAGNET, k=k[::10], tol=1e-13)
    assert fewer.error.max() < 0.1 * limited.error.max()
    monkeypatch.setattr(counting, "WORK_LIMIT", 1e8)
    with pytest.raises(ValueError, match=r"31 tilts up to \|k\|=1 need .* Use fewer tilts, a smaller"):
        counting.rate_function(MAGNET, k=k, tol=1e-13)


def test_fewer_tilts_are_not_advised_where_one_is_too_many():
    with pytest.raises(ValueError, match=r"Use a smaller \|k\|"):
        counting.scgf(MAGNET, np.linspace(0.0, 1e12, 7))


def test_progress_is_told_and_a_cancel_heard():
    for task in (lambda **how: counting.scgf(MAGNET, [-0.3, 0.2], "total", **how),
                 lambda **how: counting.rate_function(MAGNET, **how)):  # fmt: skip
        told = []
        task(progress=told.append)
        assert told[-1] == 1.0
        assert 0.0 < told[0] < 0.5
        assert np.all(np.diff(told) >= 0)
        asked = []
        with pytest.raises(Cancelled):
            task(cancel=lambda asked=asked: asked.append(None) or len(asked) == 3)
        assert len(asked) == 3


def test_vanishing_overlaps_are_refused_and_not_divided_by():
    generator = tilted.TiltedGenerator(MAGNET, (1.0, 0.0), 6, 3)
    nothing = np.zeros(generator.size)
    with pytest.raises(tilted.RoundingError, match="rounding hides"):
        generator.leading(0.1, 0.1, nothing, nothing)
    assert tilted._turned(nothing, nothing) == 1.0


@pytest.mark.parametrize(
    ("wrong", "error", "complaint"),
    [
        ({"which": "heat"}, ValueError, "which must be one of 'pumped', 'bath', 'total'; got 'heat'"),
        ({"which": ["pumped"]}, ValueError, "which must be one of"),
        ({"which": None}, ValueError, "which must be one of"),
        ({"tol": 0}, ValueError, "tol must lie in"),
        ({"tol": -1.0}, ValueError, "tol must lie in"),
        ({"tol": np.nan}, ValueError, "tol must lie in"),
        ({"tol": "fine"}, ValueError, "tol must lie in"),
        ({"k": np.nan}, ValueError, "k must be finite; got nan"),
        ({"k": "a"}, ValueError, "k must be real numbers; got 'a'"),
        ({"k": 1j}, ValueError, "k must be real numbers"),
        ({"k": [[1.0], [1.0, 2.0]]}, ValueError, "k must be real numbers"),
        ({"magnet": None}, TypeError, "magnet must be a Macrospin; got None"),
        ({"magnet": 0.5}, TypeError, "magnet must be a Macrospin; got 0.5"),
    ],
)
def test_bad_input_is_named(wrong, error, complaint):
    given = {"magnet": MAGNET, "k": 0.1} | wrong
    for function in (counting.scgf, counting.rate_function):
        with pytest.raises(error, match=complaint) as caught:
            function(**given)
        assert "np." not in str(caught.value)
