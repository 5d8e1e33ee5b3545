"""The adapted frame is what it says: orthonormal, and its axis a stable fixed point of the noiseless flow."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slls_widgets import Macrospin
from slls_widgets.fokker_planck.frame import (
    A_Z,
    A_Z_ERROR,
    B_Z,
    B_Z_ERROR,
    adapted_frame,
    frame_components,
)

magnets = st.builds(
    Macrospin,
    alpha=st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-100),
    nu=st.floats(1e-6, 1e4),
    delta=st.floats(1e-4, 1e3),
    theta=st.one_of(st.floats(0, math.pi), st.sampled_from([0.0, math.pi / 2, math.pi])),
)


@settings(deadline=None)  # the first call loads compiled code
@given(magnet=magnets)
def test_frame_is_a_rotation_that_adapts_a_and_b(magnet):
    frame = adapted_frame(magnet)
    a, b = magnet.precession, magnet.damping
    size = np.linalg.norm(a) + np.linalg.norm(b)
    np.testing.assert_allclose(frame.axes @ frame.axes.T, np.eye(3), atol=2e-14)
    assert np.linalg.det(frame.axes) == pytest.approx(1.0, abs=2e-14)
    np.testing.assert_allclose(frame.axes @ a, frame.precession, atol=1e-14 * size)
    np.testing.assert_allclose(frame.axes @ b, frame.damping, atol=1e-14 * size)
    np.testing.assert_allclose(frame.axes @ magnet.h_hat, frame.h_hat, atol=1e-14)
    np.testing.assert_allclose(frame.axes @ magnet.p_hat, frame.p_hat, atol=1e-14)


@settings(deadline=None)  # the first call loads compiled code
@given(magnet=magnets)
def test_axis_is_a_stable_fixed_point_of_the_noiseless_flow(magnet):
    a, b, e = magnet.precession, magnet.damping, adapted_frame(magnet).axes[2]
    size = np.linalg.norm(a) + np.linalg.norm(b)
    np.testing.assert_allclose(np.cross(a, e) + b - e * (e @ b), 0.0, atol=1e-13 * size)
    assert b @ e >= -1e-13 * size


def test_axis_does_not_depend_on_the_field_strength():
    weak, strong = (adapted_frame(Macrospin(alpha=0.7, nu=nu, delta=0.3, theta=1.1)) for nu in (1e-3, 1e3))
    np.testing.assert_allclose(weak.axes, strong.axes, atol=1e-15)


near_the_axis = st.one_of(st.floats(0, math.pi), st.sampled_from([0.0, 1e-9, 1e-4, math.pi / 2, math.pi]))


@settings(deadline=None)  # the first call loads compiled code
@given(
    delta=st.floats(1e-3, 1e3),
    theta=near_the_axis,
    zero=st.sampled_from(["isotropic", "no precession", "line", "none"]),
    off=st.sampled_from([0.0, 1e-15, -1e-9, 1e-4]),
    alpha=st.floats(-100, 100).filter(lambda x: abs(x) > 1e-3),
)
def test_parameters_are_as_accurate_as_they_say(delta, theta, zero, off, alpha):
    """b_z and a_z against 80-bit arithmetic, at and beside the points where one of them vanishes."""
    half = (1 / delta - delta) * math.cos(theta) / 2
    zeros = {
        "isotropic": -delta,
        "no precession": 1 / delta,
        "line": half + math.hypot(half, 1),
        "none": alpha,
    }
    alpha = zeros[zero] * (1 + off)
    f = frame_components(alpha, 1.0, delta, theta)
    c = 0.0 if theta == math.pi / 2 else -1.0 if theta == math.pi else np.cos(np.longdouble(theta))
    a, d = np.longdouble(alpha), np.longdouble(delta)
    g = d * (1 - a) * (1 + a) + (1 - d) * (1 + d) * a * c
    # b_z and -a_z are the two parts of √(w·w), whose real part is half of b² - a² and imaginary part a·b.
    real = (d - 1) * (d + 1) * (1 - a) * (1 + a) + 4 * a * d * c
    modulus = np.hypot(real, 2 * g)
    damped = np.sqrt((modulus + abs(real)) / 2)
    turned = abs(g) / damped if damped > 0 else damped
    if real < 0:
        damped, turned = turned, damped
    # What 80 bits leave of g where its terms cancel, and of the rest.
    slack = 1e-17 * d * (1 + a * a) / max(damped, turned, 1e-12) + 1e-17 * max(damped, turned)
    assert abs(f[B_Z] * d - damped) <= f[B_Z_ERROR] * d + slack
    assert abs(abs(f[A_Z]) * d - turned) <= f[A_Z_ERROR] * d + slack
    assert f[B_Z_ERROR] + f[A_Z_ERROR] <= 1e-14 * (1 + 1 / delta) * (1 + abs(alpha))


@pytest.mark.parametrize("delta", [0.866, 0.3, 7.0])
def test_zeros_along_the_field_are_exact(delta):
    """No rounding is claimed where there is none: b_z = ν|δ + α|/δ, a_z = ν(1 - αδ)/δ."""
    for alpha, theta in ((-delta, 0.0), (delta, math.pi)):
        f = frame_components(alpha, 1e4, delta, theta)
        assert f[B_Z] == 0.0
        assert f[B_Z_ERROR] == 0.0
    alpha = float(np.nextafter(-delta, 0.0))
    f = frame_components(alpha, 1e4, delta, 0.0)
    exact = 10**4 * (Fraction(delta) + Fraction(alpha)) / Fraction(delta)
    assert f[B_Z] == pytest.approx(float(exact), rel=1e-14)
    assert f[B_Z_ERROR] < 1e-14 * f[B_Z]
    f = frame_components(1 / delta, 1e4, delta, 0.0)
    exact = 10**4 * (1 - Fraction(delta) * Fraction(1 / delta)) / Fraction(delta)
    assert abs(f[A_Z]) == pytest.approx(float(abs(exact)), rel=1e-14, abs=1e-300)
