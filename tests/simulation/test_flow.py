"""The noiseless drift: a Lorentz matrix against a plain integration of the equation it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from slls_widgets import Macrospin
from slls_widgets.simulation.flow import (
    _oscillating_moments,
    complex_rate,
    drift_weights,
    lorentz_matrix,
)

Vector = NDArray[np.float64]

MAGNETS = [
    Macrospin(alpha=0.5, nu=2.0, delta=0.866, theta=0.7),
    Macrospin(alpha=-1.5, nu=4.0, delta=0.3, theta=1.4),
    Macrospin(alpha=0.0, nu=1.0, delta=2.0),
    Macrospin(alpha=-0.866, nu=4.0, delta=0.866, theta=0.3),  # no attractor to speak of
]


def velocity(n: Vector, a: Vector, b: Vector) -> Vector:
    return np.cross(a, n) + b - n * (n @ b)[..., None]


def runge_kutta(n: Vector, a: Vector, b: Vector, t: float, steps: int = 400) -> tuple[Vector, Vector]:
    """n(t) and ∫ n dt, by the classical fourth-order rule."""
    h, integral = t / steps, np.zeros_like(n)
    for _ in range(steps):
        k1 = velocity(n, a, b)
        k2 = velocity(n + 0.5 * h * k1, a, b)
        k3 = velocity(n + 0.5 * h * k2, a, b)
        k4 = velocity(n + h * k3, a, b)
        middle = n + 0.5 * h * k2
        after = n + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        integral += h / 6 * (n + 4 * middle + after)
        n = after
    return n, integral


def mapped(matrix: Vector, n: Vector) -> Vector:
    x = matrix @ np.concatenate([[np.ones(len(n))], n.T])
    return (x[1:] / x[0]).T


@pytest.fixture
def directions() -> Vector:
    n = np.random.default_rng(5).standard_normal((20, 3))
    return n / np.linalg.norm(n, axis=1, keepdims=True)


@pytest.mark.parametrize("magnet", MAGNETS)
def test_matrix_is_the_flow(magnet: Macrospin, directions: Vector) -> None:
    a, b = magnet.precession, magnet.damping
    expected, _ = runge_kutta(directions, a, b, 0.3)
    np.testing.assert_allclose(mapped(lorentz_matrix(a, b, 0.3), directions), expected, atol=2e-8)


@pytest.mark.parametrize("magnet", MAGNETS)
def test_flow_composes_and_stays_on_the_sphere(magnet: Macrospin, directions: Vector) -> None:
    a, b = magnet.precession, magnet.damping
    half, whole = lorentz_matrix(a, b, 0.2), lorentz_matrix(a, b, 0.4)
    twice = mapped(half, mapped(half, directions))
    np.testing.assert_allclose(twice, mapped(whole, directions), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(twice, axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize(("b", "t"), [(1e-9, 1.0), (1.0, 1e-9), (700.0, 1.0), (1e6, 1e-5)])
def test_matrix_survives_extremes(b: float, t: float) -> None:
    matrix = lorentz_matrix(np.array([0.0, 0.0, 3.0]), np.array([0.0, 0.0, b]), t)
    assert np.isfinite(matrix).all()
    np.testing.assert_allclose(mapped(matrix, np.array([[0.0, 0.0, 1.0]])), [[0, 0, 1]], atol=1e-12)


def test_rate_is_that_of_small_deviations() -> None:
    a, b = MAGNETS[0].precession, MAGNETS[0].damping
    rate = complex_rate(a, b)
    late, _ = runge_kutta(np.array([[1.0, 0, 0], [0, 1.0, 0]]), a, b, 4.0, 4000)
    later, _ = runge_kutta(late, a, b, 2 * np.pi / abs(rate.imag), 4000)
    ratio = np.linalg.norm(later[0] - later[1]) / np.linalg.norm(late[0] - late[1])
    assert ratio == pytest.approx(np.exp(-rate.real * 2 * np.pi / abs(rate.imag)), rel=1e-3)


def test_weights_are_exact_for_pure_precession_at_any_speed(directions: Vector) -> None:
    vector = np.array([0.3, -0.2, 0.9])
    for speed in (
        0.0,
        0.1,
        7.0,
        39.0,
        41.0,
        400.0,
    ):  # series, quadrature and closed form, and where they meet
        a = speed * np.array([0.6, 0.0, 0.8])
        nodes = [mapped(lorentz_matrix(a, np.zeros(3), t), directions) for t in (0.0, 0.5, 1.0)]
        weights = drift_weights(a, vector, 1.0)
        found = sum(n @ w for n, w in zip(nodes, weights, strict=True))
        along = a / speed if speed else np.array([0.0, 0.0, 1.0])
        axial = (directions @ along)[:, None] * along
        across = directions - axial
        sine, cosine = (np.sin(speed) / speed, (1 - np.cos(speed)) / speed) if speed else (1.0, 0.0)
        exact = (axial + sine * across + cosine * np.cross(along, directions)) @ vector
        np.testing.assert_allclose(found, exact, atol=1e-12)


@pytest.mark.parametrize("half", [False, True], ids=["whole", "second half"])
@pytest.mark.parametrize("speed", [0.01, 0.2, 1.0, 2.5, 4.5])
def test_weights_are_exact_for_precession_about_a_tilted_point(
    speed: float, half: bool, directions: Vector
) -> None:
    a, vector, tilt = (
        speed * np.array([0.6, 0.0, 0.8]),
        np.array([0.3, -0.2, 0.9]),
        np.array([0.1, 0.3, -0.2]),
    )
    turned = [mapped(lorentz_matrix(a, np.zeros(3), t), directions) for t in (0.0, 0.5, 1.0)]
    weights = drift_weights(a, vector, 1.0, half=half)
    found = sum((tilt + n) @ w for n, w in zip(turned, weights, strict=True))
    times, gauss = np.polynomial.legendre.leggauss(20)
    begin = 0.5 if half else 0.0
    times, gauss = begin + 0.5 * (1.0 - begin) * (1.0 + times), 0.5 * (1.0 - begin) * gauss
    path = [tilt + mapped(lorentz_matrix(a, np.zeros(3), t), directions) for t in times]
    np.testing.assert_allclose(found, np.einsum("t,tni,i->n", gauss, path, vector), atol=2e-9)


def test_weights_integrate_the_full_drift_to_fourth_order(directions: Vector) -> None:
    magnet = MAGNETS[0]
    a, b = magnet.precession, magnet.damping
    errors = []
    for dt in (0.4, 0.2, 0.1):
        nodes = [mapped(lorentz_matrix(a, b, t), directions) for t in (0.0, dt / 2, dt)]
        weights = drift_weights(a, magnet.p_hat, dt)
        found = sum(n @ w for n, w in zip(nodes, weights, strict=True))
        _, integral = runge_kutta(directions, a, b, dt)
        errors.append(np.sqrt(np.mean((found - integral @ magnet.p_hat) ** 2)))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (orders > 4.5).all(), orders


def test_short_steps_compose_to_a_long_one() -> None:
    a, b, t = np.array([1.0, 2.0, -3.0]), np.array([2.0, -1.0, 4.0]), 2e-5
    short, long = np.linalg.matrix_power(lorentz_matrix(a, b, t), 4096), lorentz_matrix(a, b, 4096 * t)
    np.testing.assert_allclose(short / short[0, 0], long / long[0, 0], atol=2e-12)


@pytest.mark.parametrize("begin", [-1.0, 0.0])
@pytest.mark.parametrize("phase", [0.0, 3.0, 19.9, 20.1, 60.0])
def test_the_moments_of_an_oscillation_are_its_integrals(phase: float, begin: float) -> None:
    nodes, gauss = np.polynomial.legendre.leggauss(200)
    half = 0.5 * (1.0 - begin)
    s = begin + half * (nodes + 1.0)
    expected = [np.sum(half * gauss * s**k * np.exp(1j * phase * s)) for k in range(3)]
    np.testing.assert_allclose(_oscillating_moments(phase, begin), expected, atol=1e-13)


def test_a_slow_rate_is_a_rate() -> None:
    assert complex_rate(np.array([0.0, 0.0, 3.0]), np.array([0.0, 0.0, 0.5])) == 0.5 - 3j
