"""The adapted frame is what it says: orthonormal, and its axis a stable fixed point of the noiseless flow."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slls_widgets import Macrospin
from slls_widgets.fokker_planck.frame import adapted_frame

magnets = st.builds(
    Macrospin,
    alpha=st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-100),
    nu=st.floats(1e-6, 1e4),
    delta=st.floats(1e-4, 1e3),
    theta=st.one_of(st.floats(0, math.pi), st.sampled_from([0.0, math.pi / 2, math.pi])),
)


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


@given(magnet=magnets)
def test_axis_is_a_stable_fixed_point_of_the_noiseless_flow(magnet):
    a, b, e = magnet.precession, magnet.damping, adapted_frame(magnet).axes[2]
    size = np.linalg.norm(a) + np.linalg.norm(b)
    np.testing.assert_allclose(np.cross(a, e) + b - e * (e @ b), 0.0, atol=1e-13 * size)
    assert b @ e >= -1e-13 * size


def test_axis_does_not_depend_on_the_field_strength():
    weak, strong = (adapted_frame(Macrospin(alpha=0.7, nu=nu, delta=0.3, theta=1.1)) for nu in (1e-3, 1e3))
    np.testing.assert_allclose(weak.axes, strong.axes, atol=1e-15)
