"""Density, current, correlations and relaxation: identities that tie them to the rates."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from slls_widgets import Macrospin, steady_state
from slls_widgets.fokker_planck import InaccurateRateWarning, WorkLimitWarning, relaxation
from slls_widgets.fokker_planck.relaxation import ReducedModel

SS = steady_state(Macrospin(alpha=-0.5, nu=6.0, delta=0.4, theta=0.8), tol=1e-10)


def sphere(n=70):
    z, weight = np.polynomial.legendre.leggauss(n)
    angle = np.arange(2 * n) * math.pi / n
    z, angle = np.meshgrid(z, angle, indexing="ij")
    r = np.sqrt(1 - z**2)
    points = np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)
    return points, np.broadcast_to(weight[:, np.newaxis], z.shape) * math.pi / n


def test_density_is_normalised_positive_and_has_the_moments():
    n, weight = sphere()
    p = SS.density(n)
    assert np.sum(p * weight) == pytest.approx(1.0, abs=1e-12)
    assert p.min() > -1e-7
    np.testing.assert_allclose(np.einsum("ij,ijk->k", p * weight, n), SS.mean_n, atol=1e-12)
    np.testing.assert_allclose(np.einsum("ij,ijk,ijl->kl", p * weight, n, n), SS.second_moments, atol=1e-12)


def test_density_on_axis_is_boltzmann():
    magnet = Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.0)
    xi, z = magnet.xi, np.linspace(-1, 1, 9)
    n = np.stack([np.sqrt(1 - z**2), 0 * z, z], axis=-1)
    exact = xi * np.exp(xi * z) / (4 * math.pi * math.sinh(xi))
    np.testing.assert_allclose(steady_state(magnet, tol=1e-12).density(n), exact, rtol=1e-6)


def test_current_is_tangent_steady_and_carries_the_entropy():
    n, weight = sphere()
    current, p = SS.current(n), SS.density(n)
    assert np.abs(np.einsum("ijk,ijk->ij", current, n)).max() < 1e-10
    np.testing.assert_allclose(np.einsum("ij,ijk->k", weight, current), 0.0, atol=1e-11)
    # S_B = ∫ g·J with g = ν(ĥ + α n × p̂).
    m = SS.magnet
    g = m.nu * (m.h_hat + m.alpha * np.cross(n, m.p_hat))
    assert np.sum(weight * np.einsum("ijk,ijk->ij", g, current)) == pytest.approx(SS.S_B, rel=1e-9)
    assert np.all(p[np.abs(n[..., 2]) < 1] > -1e-7)


def test_directions_must_be_unit_vectors():
    with pytest.raises(ValueError, match="unit vectors"):
        SS.density([0.0, 0.0, 2.0])


def test_correlations_agree_with_moments_and_fluctuations():
    m = SS.magnet
    variance = m.p_hat @ SS.second_moments @ m.p_hat - (SS.mean_n @ m.p_hat) ** 2
    assert SS.autocorrelation(0.0) == pytest.approx(variance, rel=1e-10)
    assert m.pumping**2 * SS.power_spectrum(0.0) == pytest.approx(SS.Delta_P, rel=1e-8)
    assert SS.finite_time_variance(1e7) == pytest.approx(SS.Delta_P, rel=1e-6)
    assert SS.finite_time_variance(1e-6) == pytest.approx(m.pumping**2 * variance * 1e-6, rel=1e-4)
    # Wiener-Khinchin at one frequency.
    x, w = np.polynomial.legendre.leggauss(300)
    t = 12.0 * (x + 1) / 2
    omega = 5.0
    integral = 2 * np.sum(12.0 * w / 2 * SS.autocorrelation(t) * np.cos(omega * t))
    assert SS.power_spectrum(omega) == pytest.approx(integral, rel=1e-8)


def test_finite_time_of_the_paper():
    """Var/τ over Δ_P at the paper's τ (0.5 in its units), θ = 0, αν = 3, δ = √3/2."""
    for alpha, ratio in ((0.03, 0.98), (0.1, 0.94), (0.3, 0.84), (1.0, 0.65), (-0.7, 0.23)):
        ss = steady_state(Macrospin(alpha=alpha, nu=3 / abs(alpha), delta=math.sqrt(3) / 2))
        assert ss.finite_time_variance(0.25) / ss.Delta_P == pytest.approx(ratio, abs=0.006)


def test_coefficients_are_the_moments():
    basis = SS.basis
    assert SS.coefficients[0] == pytest.approx(1.0)
    np.testing.assert_allclose(
        SS.frame.axes.T @ np.array([(basis.linear(e) @ SS.coefficients).real for e in np.eye(3)]),
        SS.mean_n,
        atol=1e-14,
    )


@pytest.mark.parametrize(
    "point", [(0.5, 2.0, 0.866, 0.7), (-0.9, 4.0, 0.5, 1.4), (1.4, 8.0, 0.3, 2.0), (-0.6, 20.0, 1.5, 0.3)]
)
def test_errors_in_time_are_honest(point):
    magnet = Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True)))
    # A loose solution has errors to see; a far larger basis is the truth.
    rough, exact = steady_state(magnet, tol=1e-2), steady_state(magnet, tol=1e-12)
    finer = exact._finer
    exact = replace(
        exact, ell_max=finer.basis.ell_max, order_max=finer.basis.order_max, moments=finer.moments
    )
    with pytest.warns(InaccurateRateWarning):
        rates = rough.relaxation_rates(6)
    errors = rough.relaxation_errors(6)
    true = exact.relaxation_rates(12)
    error = np.abs(rates[:, np.newaxis] - true).min(axis=1)
    assert np.all(error <= errors)
    for quantity, at in (
        ("autocorrelation", [0.0, 0.1, 0.5, 2.0]),
        ("power_spectrum", [0.0, 1.0, 10.0]),
        ("finite_time_variance", [0.01, 0.3, 5.0]),
    ):
        error = np.abs(getattr(rough, quantity)(at) - getattr(exact, quantity)(at))
        assert np.all(error <= rough.time_errors(quantity, at)), quantity
        assert np.all(steady_state(magnet, tol=1e-10).time_errors(quantity, at) < 1e-6)


def test_only_what_depends_on_time_has_such_errors():
    with pytest.raises(ValueError, match="quantity must be one of"):
        SS.time_errors("S_P", 1.0)


def test_long_times_and_high_frequencies_have_their_limits():
    np.testing.assert_allclose(SS.finite_time_variance([1e160, 1e300, math.inf]), SS.Delta_P, rtol=1e-8)
    assert SS.power_spectrum(math.inf) == 0.0
    assert np.all(np.isfinite(SS.time_errors("power_spectrum", [0.0, math.inf])))


def test_variance_and_standard_deviation_are_not_divided_by_the_time():
    tau = np.array([[0.03, 0.5], [7.0, 1e160]])
    np.testing.assert_allclose(SS.variance(tau), tau * SS.finite_time_variance(tau), rtol=1e-15)
    np.testing.assert_allclose(SS.std(tau) ** 2, SS.variance(tau), rtol=1e-14)
    # At first n·p̂ stands still: its variance is that of τ times a number.
    spread = SS.magnet.pumping**2 * float(SS.autocorrelation(0.0))
    np.testing.assert_allclose(SS.variance(1e-6), 1e-12 * spread, rtol=1e-4)
    assert SS.variance(math.inf) == math.inf
    nothing = steady_state(SS.magnet.replace(alpha=0.0))
    assert (nothing.variance(math.inf), nothing.std(3.0)) == (0.0, 0.0)


def test_a_steady_state_that_seems_to_grow_by_rounding_changes_nothing():
    trace = 1e-16
    weights = np.array([1.0, trace])
    model = ReducedModel(w=weights, K=np.diag([-2.0 + 0.0j, 3e-15]), s=weights)
    decayed = model.autocorrelation([0.0, 0.5, 1e300])
    np.testing.assert_allclose(decayed, [1.0, math.exp(-1.0), 0.0], atol=1e-15)
    np.testing.assert_allclose(model.integrated_variance([1e160, math.inf]), 1.0, rtol=1e-12)


@pytest.mark.parametrize("bad", [math.nan, None, "a", [1.0, math.nan]])
@pytest.mark.parametrize(
    "quantity", ["autocorrelation", "power_spectrum", "finite_time_variance", "variance", "std"]
)
def test_times_and_frequencies_are_numbers(quantity, bad):
    with pytest.raises((TypeError, ValueError), match=r"(t|omega|tau) must be") as caught:
        getattr(SS, quantity)(bad)
    assert "np.float64" not in str(caught.value)


def test_no_directions_give_no_densities():
    assert SS.density(np.zeros((0, 3))).shape == (0,)
    assert SS.current(np.zeros((2, 0, 3))).shape == (2, 0, 3)
    with pytest.raises(TypeError, match="directions must be numbers"):
        SS.density("abc")


def magnet_at(*point):
    return Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True)))


def dense(state):
    """The generator of the state's own basis as it stands, δf, and the moments of δf with each function."""
    basis, frame = state.basis, state.frame
    generator = basis.generator(frame.precession, frame.damping).toarray()
    f, multiplied = basis.linear(frame.p_hat), basis.multiplication(frame.p_hat)
    mean = f @ state.coefficients
    weights = multiplied.T @ state.coefficients - mean * state.coefficients
    # 𝓛 of a constant is zero and <δf> too: without it nothing is lost, and 𝓛 has an inverse.
    return generator[1:, 1:], weights[1:], f[1:]


# Precession up to 1e5 times as fast as damping: with either sign of the torque, next to α = -δ, with hardly
# any torque, by the line a·b = 0 with its many orders, and at α = 1/δ where nothing turns.
SMALL_DELTA = [
    (0.01, 100.0, 0.01, 1.0),
    (-0.001, 1000.0, 0.001, 0.3),
    (-1.572e-4, 900.0, 1.429e-4, 0.01),
    (1e-9, 150.0, 1e-4, 1.4),
    (0.079, 0.78, 5.6e-4, math.pi / 2 + 1e-6),
    (-0.4, 4.0, 0.02, 1.3),
    (100.0, 0.03, 0.01, 0.3),
]


@pytest.mark.parametrize("point", SMALL_DELTA)
def test_correlations_and_variances_where_precession_is_fast(point):
    state = steady_state(magnet_at(*point))
    generator, weights, start = dense(state)
    size = len(start)
    step = 1.0 / (1.0 + state.frame.damping[2])
    # e^{𝓛t} s and its two integrals over time are one exponential of a larger matrix.
    block = np.zeros((size + 2, size + 2), dtype=complex)
    block[:size, :size], block[:size, size], block[size, size + 1] = generator * step, start, 1.0
    moved = np.eye(size + 2, dtype=complex)
    once = expm(block)
    times, correlations, variances = step * np.arange(1, 7), [], []
    for k in range(1, 7):
        moved = moved @ once
        correlations.append((weights @ moved[:size, :size] @ start).real)
        # In units of the step: ∫ (τ-s) C ds is step² times the element, (2/τ) of it the variance.
        variances.append(2.0 * step / k * (weights @ moved[:size, size + 1]).real)
    scale = (weights @ start).real
    np.testing.assert_allclose(state.autocorrelation(times), correlations, rtol=0.0, atol=1e-8 * scale)
    np.testing.assert_allclose(
        state.finite_time_variance(times), state.magnet.pumping**2 * np.array(variances), rtol=1e-8
    )


@pytest.mark.parametrize("point", SMALL_DELTA)
def test_power_spectrum_about_the_precession(point):
    state = steady_state(magnet_at(*point))
    generator, weights, start = dense(state)
    a_z, width = abs(state.frame.precession[2]), 1.0 + state.frame.damping[2]
    omega = [a_z * x for x in (0.5, 0.99, 1.0, 1.01, 1.5, 2.0, 3.0, 30.0)]
    omega += [0.0, a_z - width, a_z + width, 2.0 * a_z + width]
    one = np.eye(len(start))
    exact = [2.0 * (weights @ np.linalg.solve(1j * x * one - generator, start)).real for x in omega]
    np.testing.assert_allclose(state.power_spectrum(omega), exact, rtol=1e-7)


def test_errors_of_a_device_are_small():
    state = steady_state(magnet_at(0.0524, 45.5, 0.01, 0.5))
    omega = abs(state.frame.precession[2]) * np.array([0.0, 1.0, 2.0, 3.0])
    assert np.all(state.time_errors("power_spectrum", omega) < 1e-4 * state.power_spectrum(omega))
    t = np.linspace(0.0, 0.02, 5)
    assert np.all(state.time_errors("autocorrelation", t) < 1e-6 * state.autocorrelation(0.0))


def test_a_model_that_is_too_small_says_so(monkeypatch):
    for name, columns in (("_FIRST", 8), ("_MORE", 6), ("_MOST", 10)):
        monkeypatch.setattr(relaxation, name, columns)
    point = magnet_at(0.079, 0.78, 5.6e-4, math.pi / 2 + 1e-6)
    state = steady_state(point)
    for quantity, at in (("autocorrelation", 1.0), ("power_spectrum", 1.0), ("finite_time_variance", 1.0)):
        with pytest.warns(WorkLimitWarning, match="what depends on time"):
            getattr(state, quantity)(at)
    monkeypatch.undo()
    omega = abs(state.frame.precession[2]) * np.array([0.5, 1.5, 2.5, 3.0, 4.0])
    exact = steady_state(point).power_spectrum(omega)
    with pytest.warns(WorkLimitWarning):
        off = np.abs(state.power_spectrum(omega) - exact)
    assert np.max(off / exact) > 1e-6
    assert np.all(off <= state.time_errors("power_spectrum", omega))


def test_modes_of_one_direction_are_no_trouble():
    """A Jordan block has one eigenvector; beside it a mode that grows, which rounding alone can make."""
    model = ReducedModel(
        w=np.array([1.0, 0.5, 1e-14]),
        K=np.array([[-1.0, 1.0, 0.3], [0.0, -1.0, 0.2], [0.0, 0.0, 4.0]]),
        s=np.array([1.0, 2.0, 0.0]),
    )
    for t in (np.linspace(0.0, 40.0, 81), np.array([0.0, 0.3, 1.0, 9.0, 40.0])):
        np.testing.assert_allclose(
            model.autocorrelation(t), (2.0 + 2.0 * t) * np.exp(-t), rtol=1e-9, atol=1e-13
        )
    # 2 ∫ (1 - s/τ)(2 + 2s) e^{-s} ds, and its limit.
    np.testing.assert_allclose(
        model.integrated_variance([1.0, 1e9]), [4.0 * (4.0 / math.e - 1.0), 8.0], rtol=1e-8
    )
