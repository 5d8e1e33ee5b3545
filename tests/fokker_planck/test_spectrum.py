"""Relaxation rates: complete against all eigenvalues, and seen in how correlations decay."""

import dataclasses
import math
import sys
import warnings
from functools import lru_cache

import numpy as np
import pytest
from references_fokker_planck import dense_rates

from slls_widgets import Macrospin, steady_state
from slls_widgets.fokker_planck import InaccurateRateWarning, spectrum


def magnet_at(*point):
    return Macrospin(**dict(zip(("alpha", "nu", "delta", "theta"), point, strict=True)))


@lru_cache
def solved(*point):
    # The spectrum of one and the same matrix is compared: it need not be a large one.
    state = steady_state(magnet_at(*point), tol=1e-2)
    return state, all_rates(state)


def all_rates(state):
    """Every eigenvalue of -𝓛 in the state's basis, from the complex matrix as it stands, by real part."""
    basis, frame = state.basis, state.frame
    inner = basis.generator(frame.precession, frame.damping).toarray()[1:, 1:]
    values = np.linalg.eigvals(-inner)
    return values[np.argsort(values.real)]


# Precession up to a hundred times faster than damping; on and beside the line a·b = 0; no precession at all
# (α = 1/δ), where pairs merge; no field at all (α = -δ).
POINTS = [
    (0.1, 30.0, 0.1, 0.0),
    (0.05, 45.0, 0.01, 0.5),
    (0.5, 10.0, 0.1, 1.0),
    (0.5, 5.0, 0.05, 0.7),
    (-0.4, 4.0, 0.01, 1.3),
    (-0.7, 6.0, 1.0, 2.0),
    (1.0, 20.0, 1.0, math.pi / 2),
    (1.01, 20.0, 1.0, math.pi / 2),
    (1.0, 4.0, 1.0, 0.0),
    (-0.1, 30.0, 0.1, 0.0),
    (2.3347, 0.3429, 0.1, 1.3770),
]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("dense", [10**6, 0])
def test_none_of_the_slowest_is_missing(point, dense, monkeypatch):
    monkeypatch.setattr(spectrum, "_DENSE", dense)
    state, expected = solved(*point)
    for k in (1, 2, 5, 8):
        rates = spectrum.relaxation_rates(state.basis, state.frame, k)
        np.testing.assert_allclose(rates.real, expected[:k].real, rtol=1e-6)
        assert np.all(np.abs(rates[:, np.newaxis] - expected).min(axis=1) < 1e-4 * np.abs(rates))
        # Partners stand together, positive frequency first.
        first = rates[:-1][rates[:-1].imag > 1e-4]
        after = rates[1:][rates[:-1].imag > 1e-4]
        np.testing.assert_allclose(after, first.conj(), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("delta", [0.01, 0.1, 1.0, 10.0])
def test_none_is_missing_at_random_points(delta, monkeypatch):
    monkeypatch.setattr(spectrum, "_DENSE", 0)
    rng = np.random.default_rng(12)
    checked = 0
    while checked < 12:
        nu, theta = 10 ** rng.uniform(-0.5, 1.5), rng.uniform(0, math.pi)
        magnet = magnet_at(rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 0.7), nu, delta, theta)
        if np.linalg.norm(magnet.damping) > 300:
            continue
        state = steady_state(magnet, tol=1e-2)
        if not 50 < state.basis.size < 400:
            continue
        checked += 1
        np.testing.assert_allclose(
            spectrum.relaxation_rates(state.basis, state.frame, 6).real,
            all_rates(state)[:6].real,
            rtol=1e-5,
            err_msg=str(magnet),
        )


def test_slowest_of_the_audit():
    """The mode nearest to 0 in the complex plane is not the slowest: these were once 118, 483 and 75."""
    for point, slowest in zip(POINTS, (60 + 297j, 242.5 + 4497j, 38.68 + 88.5j), strict=False):
        rate = steady_state(magnet_at(*point)).relaxation_rates(1)[0]
        assert rate.real == pytest.approx(slowest.real, rel=1e-3)
        assert abs(rate.imag) == pytest.approx(slowest.imag, rel=1e-3)


def test_a_large_basis_agrees_with_ornstein_and_uhlenbeck():
    """Strong fields: (i + j) b_z ± i (i - j) a_z, the first of them exactly."""
    state = steady_state(magnet_at(0.5, 1e3, 0.2, 1.0))
    assert state.basis.size > spectrum._DENSE
    b_z, a_z = state.frame.damping[2], abs(state.frame.precession[2])
    # The three at twice the rate nearly coincide, and rounding moves them.
    with pytest.warns(InaccurateRateWarning):
        rates = state.relaxation_rates(6)
    np.testing.assert_allclose(rates[:2], [complex(b_z, a_z), complex(b_z, -a_z)], rtol=1e-9)
    np.testing.assert_allclose(np.sort(rates[2:].real), 2 * b_z, rtol=0.01)
    np.testing.assert_allclose(
        np.sort(np.abs(rates[2:].imag)), [0.0, 0.0, 2 * a_z, 2 * a_z], rtol=0.01, atol=1.0
    )


def test_a_free_sphere_has_l_times_l_plus_one():
    free = steady_state(Macrospin(alpha=0.0, nu=1e-6, delta=1e3, theta=0.0))
    np.testing.assert_allclose(free.relaxation_rates(8).real, [2, 2, 2, 6, 6, 6, 6, 6], rtol=1e-5)


@pytest.mark.parametrize("point", [(0.5, 10.0, 0.1, 1.0), (-0.4, 4.0, 0.05, 1.3), (0.5, 5.0, 0.05, 0.7)])
def test_correlations_decay_at_last_as_the_slowest_mode(point):
    state = steady_state(magnet_at(*point), tol=1e-12)
    slowest = state.relaxation_rates(1)[0]
    # One pair of modes is left: C(t+2h) = 2 e^{-ρh} cos(ωh) C(t+h) - e^{-2ρh} C(t).
    h = 1.0 / abs(slowest)
    c = state.autocorrelation(12.0 / slowest.real + h * np.arange(4))
    _, product = np.linalg.solve([[c[1], c[0]], [c[2], c[1]]], c[2:])
    assert -np.log(-product) / (2 * h) == pytest.approx(slowest.real, rel=0.01)


def test_errors_notice_a_mode_that_was_missed(monkeypatch):
    state = steady_state(magnet_at(0.5, 10.0, 0.1, 1.0))
    assert np.all(state.relaxation_errors(2) < 1e-6)
    honest = spectrum.relaxation_rates

    def misses_the_slowest(basis, frame, k):
        rates = honest(basis, frame, k + 2)
        return rates[2:] if basis.size == state.basis.size else rates[:k]

    module = sys.modules["slls_widgets.fokker_planck.steady_state"]
    monkeypatch.setattr(module, "relaxation_rates", misses_the_slowest)
    assert np.all(state.relaxation_errors(2) > 1.0)


def test_a_nearly_coincident_pair_is_warned_of():
    """The third and fourth rate coincide to 1e-6: the state's own basis alone gave 228.4859 and 228.5462."""
    state = steady_state(Macrospin(alpha=-0.08573, nu=115.7, delta=0.2579, theta=1.571))
    with pytest.warns(InaccurateRateWarning, match="4 of 8 relaxation rates"):
        rates = state.relaxation_rates(8)
    errors = state.relaxation_errors(8)
    # Dense eigenvalues of the full harmonic basis, to the digits given.
    for k, truth in ((2, 228.516), (3, 228.516), (6, 341.72 + 446.97j), (7, 341.72 - 446.97j)):
        assert abs(rates[k] - truth) <= errors[k] + 0.005
        assert errors[k] > 1e-6 * abs(rates[k])
    assert abs(rates[2] - 228.516) < 2e-3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state.relaxation_rates(2)


def test_errors_cover_what_a_full_dense_basis_shows():
    rng = np.random.default_rng(8)
    for _ in range(12):
        alpha, theta = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 0.3)), rng.uniform(0, math.pi)
        magnet = magnet_at(alpha, 10 ** rng.uniform(-1, 0.5), 10 ** rng.uniform(-0.5, 0.5), theta)
        state = steady_state(magnet, tol=1e-3)
        k = min(6, (state.basis.size - 1) // 2)
        errors = state.relaxation_errors(k)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rates = state.relaxation_rates(k)
        truth = dense_rates(*dataclasses.astuple(magnet), 15)
        missed = np.abs(rates[:, np.newaxis] - truth).min(axis=1)
        assert np.all(missed <= errors), magnet
        assert np.all(np.abs(rates.real - truth[:k].real) <= errors), magnet
        assert bool(caught) == bool(np.any(errors > 1e-6 * np.abs(rates))), magnet


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        (2.5, TypeError, "integer"),
        ("a", TypeError, "integer"),
        (None, TypeError, "integer"),
        (0, ValueError, r"\[1, "),
        (10**6, ValueError, "half of the"),
    ],
)
def test_how_many_is_checked(k, error, message):
    with pytest.raises(error, match=message):
        steady_state(magnet_at(0.5, 2.0, 0.866, 0.7)).relaxation_rates(k)
