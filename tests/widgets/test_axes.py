"""The axis of the rates: linear, and symmetric logarithmic."""

from __future__ import annotations

import numpy as np
import pytest

from slls_widgets.widgets.axes import SignedAxis, axis, linear_scale


@pytest.fixture
def signed():
    scale = linear_scale()
    made = SignedAxis(scale, axis(scale, "rate", vertical=True))
    made.threshold = 0.1
    return made


def test_decades_are_evenly_spaced_above_the_threshold_and_odd_about_zero(signed):
    places = signed.place([10.0, 100.0, 1000.0])
    assert np.diff(places) == pytest.approx([1.0, 1.0], abs=1e-3)
    assert signed.place(-7.0) == -signed.place(7.0)
    assert signed.place(0.0) == 0.0
    # Below it: linear to a per cent.
    assert signed.place(0.02) == pytest.approx(2 * signed.place(0.01), rel=0.01)


def test_its_ticks_are_signed_powers_of_ten_with_plain_names(signed):
    signed.set_range(float(signed.place(-20.0)), float(signed.place(5000.0)))
    names = [signed._shown.tick_labels[f"{at:g}"] for at in signed._shown.tick_values]
    assert names == ["−10", "−1", "0", "1", "10", "100", "1000"]
    places = signed.place([-10.0, -1.0, 0.0, 1.0, 10.0, 100.0, 1000.0])
    assert signed._shown.tick_values == pytest.approx(places, rel=1e-5, abs=1e-9)


def test_a_linear_axis_has_no_names_of_its_own(signed):
    signed.threshold = None
    signed.set_range(-6.0, 11.0)
    assert signed._shown.tick_labels is None
    assert list(signed._shown.tick_values) == [-5.0, 0.0, 5.0, 10.0]
