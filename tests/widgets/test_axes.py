"""The axis of the rates: linear, and symmetric logarithmic."""

from __future__ import annotations

import numpy as np
import pytest

from slls_widgets.widgets.parts.axes import SignedAxis, _key, axis, linear_scale, power_texts, set_axis


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
    signed.unit = 1e6
    signed.set_range(float(signed.place(-20.0)), float(signed.place(5000.0)))
    names = [signed._shown.tick_labels[f"{at:g}"] for at in signed._shown.tick_values]
    assert names == ["−10⁷", "−10⁶", "0", "10⁶", "10⁷", "10⁸", "10⁹"]
    assert signed._shown.tick_values == pytest.approx(places, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((-1000.0, -1.0, 0.0, 0.01), ["−1000", "−1", "0", "0.01"]),
        ((-1e4, -100.0, 0.0, 1.0, 10.0), ["−10⁴", "−10²", "0", "1", "10"]),
        ((1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0), ["10⁻³", "10⁻²", "10⁻¹", "1", "10", "10²"]),
        ((0.2, 0.5, 1.0, 2.0), ["0.2", "0.5", "1", "2"]),
        ((5e-9, 1e-8, 2e-8), ["5×10⁻⁹", "10⁻⁸", "2×10⁻⁸"]),
        ((20.0, 1e4, 1e12), ["20", "10⁴", "10¹²"]),
    ],
)
def test_powers_of_ten_are_all_plain_or_all_powers(values, texts):
    assert power_texts(values) == texts


def test_an_axis_gets_its_texts_before_what_they_are_drawn_for():
    # bqplot draws new ticks a moment after it is told of them, with the texts it knew then.
    scale = linear_scale()
    shown, told = axis(scale, "rate"), []
    for model in (scale, shown):
        model.observe(
            lambda change: told.append(change["name"]), ["min", "max", "tick_values", "tick_labels"]
        )
    set_axis(scale, shown, -3.0, 2.0, [-3.0, 0.0], ["10⁻³", "1"])
    assert told[0] == "tick_labels"
    assert sorted(told) == ["max", "min", "tick_labels", "tick_values"]


def test_a_linear_axis_has_round_ticks_with_true_minus_signs(signed):
    signed.threshold = None
    signed.set_range(-6.0, 11.0)
    assert list(signed._shown.tick_values) == [-5.0, 0.0, 5.0, 10.0]
    assert list(signed._shown.tick_labels.values()) == ["−5", "0", "5", "10"]


@pytest.mark.parametrize(
    ("high", "label", "last"),
    [
        (9000.0, "rate", "8000"),
        (2.4e7, "rate / 10⁶", "20"),
        (3e-4, "rate / 10⁻⁶", "300"),
    ],
)
def test_a_linear_axis_hands_long_numbers_to_its_label(signed, high, label, last):
    signed.threshold = None
    signed.set_range(0.0, high)
    assert signed._shown.label == label
    assert list(signed._shown.tick_labels.values())[-1] == last


@pytest.mark.parametrize("value", [0.25, -3.0, 1e-7, -2.5e-7, 0.00001, 12345.5, 0.0])
def test_ticks_are_looked_up_as_javascript_writes_them(value):
    # What JSON parsers and String() of a browser make of the same double, for these by hand.
    written = {
        0.25: "0.25", -3.0: "-3", 1e-7: "1e-7", -2.5e-7: "-2.5e-7", 0.00001: "0.00001", 12345.5: "12345.5",
        0.0: "0",
    }  # fmt: skip
    assert _key(value) == written[value]
