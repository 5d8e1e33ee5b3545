"""Three readings of one point: what the dials show and turn, and what rates and times are called."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slls_widgets.explore.permalink import BadLink, from_query, to_query
from slls_widgets.explore.presets import PRESETS
from slls_widgets.explore.state import ExplorerState, Hold, Snapshot
from slls_widgets.explore.units import (
    SAMPLE_LIMITS,
    Sample,
    Scale,
    Units,
    next_range,
    readings,
    scale_of,
    time_unit,
    turned,
)
from slls_widgets.magnet.device import Device
from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.magnet.paper import PAPER_DELTA

magnets = st.builds(
    Macrospin,
    alpha=st.floats(-50, 50),
    nu=st.floats(1e-3, 1e3),
    delta=st.floats(1e-3, 0.99),
    theta=st.floats(0, math.pi),
)
samples = st.builds(
    Sample,
    magnetisation_si=st.floats(3e4, 3e6),
    diameter_si=st.floats(5e-9, 2e-7),
    thickness_si=st.floats(5e-10, 1e-8),
    temperature_si=st.floats(1, 600),
    polarisation=st.floats(0.05, 1),
)


@given(magnets, samples, st.sampled_from(Units))
@settings(max_examples=200, deadline=None)
def test_turning_a_dial_to_what_it_shows_changes_nothing(magnet, sample, units):
    for name, value in readings(magnet, sample, units).items():
        after, made_of = turned(magnet, sample, units, name, value)
        for parameter in ("alpha", "nu", "delta", "theta"):
            assert getattr(after, parameter) == pytest.approx(getattr(magnet, parameter), rel=1e-12)
        assert made_of == sample


@given(magnets, samples)
@settings(max_examples=200, deadline=None)
def test_the_device_at_a_point_is_the_inverse_of_its_macrospin(magnet, sample):
    again = sample.at(magnet).macrospin()
    assert again.alpha == pytest.approx(magnet.alpha, rel=1e-12)
    assert again.nu == pytest.approx(magnet.nu, rel=1e-12)
    assert (again.delta, again.theta) == (magnet.delta, magnet.theta)


def test_the_papers_numbers_are_the_papers():
    # γ₀ = T = 1, η = 0.5, |m| = √3, P = 1: δ = mη/γ₀ = √3/2 and αν = (mP/H)(mH/T) = 3.
    magnet = Macrospin(alpha=0.42, nu=3.0 / 0.42, delta=PAPER_DELTA)
    shown = readings(magnet, Sample(), Units.PAPER)
    assert shown["damping"] == pytest.approx(0.5)
    assert shown["torque"] == pytest.approx(1.0)
    assert shown["field"] == pytest.approx(magnet.nu / math.sqrt(3.0))
    assert scale_of(magnet, Sample(), Units.PAPER).rate == pytest.approx(0.5)


def test_turning_the_papers_field_keeps_its_torque_and_the_other_way_round():
    magnet = Macrospin(alpha=0.42, nu=3.0 / 0.42, delta=PAPER_DELTA)
    stronger, _ = turned(magnet, Sample(), Units.PAPER, "field", 10.0)
    assert stronger.nu == pytest.approx(10.0 * math.sqrt(3.0))
    assert stronger.alpha * stronger.nu == pytest.approx(3.0)
    pushed, _ = turned(magnet, Sample(), Units.PAPER, "torque", -2.0)
    assert pushed.nu == pytest.approx(magnet.nu)
    assert pushed.alpha * pushed.nu == pytest.approx(-6.0)


def test_the_si_scale_is_the_devices_own_rate_and_time():
    sample, magnet = Sample(), Device().macrospin()
    scale = scale_of(magnet, sample, Units.SI)
    assert scale.rate * 10.0**scale.power == pytest.approx(Device().rate_si)
    assert scale.rate_unit == f"10{'⁶' if scale.power == 6 else '?'}/s"
    assert scale.time == pytest.approx(1e9 / Device().rate_si)
    assert scale.time_suffix == " ns"


WEAK = Macrospin(alpha=0.655, nu=2601, delta=0.0005, theta=2.0944)


@pytest.mark.parametrize(
    ("magnet", "sample", "rate_unit", "suffix"),
    [
        # 1/ηT = 295 µs and S_P of some millions of ηT; 18.5 µs where it is cold.
        (WEAK, Sample(magnetisation_si=8e5, temperature_si=4.2), "10⁹/s", " µs"),
        (Device().macrospin(), Sample(temperature_si=4.2), "10⁶/s", " µs"),
        (Macrospin(alpha=0.1, nu=1, delta=1e-6), Sample(), "10⁶/s", " ms"),
        (Macrospin(alpha=0.1, nu=1, delta=1e-6), Sample(temperature_si=1e-2), "1/s", " s"),
        (Macrospin(alpha=0.42, nu=3.0 / 0.42, delta=PAPER_DELTA), Sample(), "10⁹/s", " ns"),
    ],
)
def test_the_si_units_go_with_the_point(magnet, sample, rate_unit, suffix):
    scale = scale_of(magnet, sample, Units.SI)
    assert (scale.rate_unit, scale.time_suffix) == (rate_unit, suffix)
    assert 1.0 <= scale.time < 1000.0
    length = {" ns": 1e-9, " µs": 1e-6, " ms": 1e-3, " s": 1.0}[suffix]
    assert scale.time * length * scale.rate * 10.0**scale.power == pytest.approx(1.0)


@given(magnets, samples)
@settings(max_examples=200, deadline=None)
def test_si_rates_and_times_are_short(magnet, sample):
    scale = scale_of(magnet, sample, Units.SI)
    assert 1e-8 < scale.rate < 10.0
    assert scale.rate * 2.0 * magnet.nu * abs(magnet.alpha) / magnet.delta < 1e4
    assert 0.999 < scale.time < 1000.0 or scale.time_suffix in (" ns", " s")


@pytest.mark.parametrize(
    ("seconds", "unit"),
    [(1e-13, "ns"), (9.99e-7, "ns"), (9.996e-7, "µs"), (1e-6, "µs"), (0.02, "ms"), (1.0, "s"), (1e9, "s")],
)
def test_a_time_takes_the_unit_that_keeps_it_short(seconds, unit):
    assert time_unit(seconds)[0] == unit


def test_device_dials_move_the_point_and_the_point_moves_the_device():
    state = ExplorerState()
    assert state.turn(Units.SI, "gilbert_damping", 0.01)
    assert state.turn(Units.SI, "field_si", 0.1)
    assert state.turn(Units.SI, "current_si", 50e-6)
    assert (state.magnet.nu, state.magnet.alpha) == (
        pytest.approx(Device().macrospin().nu),
        pytest.approx(Device().macrospin().alpha),
    )
    state.move(nu=20.0)
    assert state.snapshot.device.field_si == pytest.approx(0.1 * 20.0 / Device().macrospin().nu)
    before = state.snapshot.device
    assert state.turn(Units.SI, "temperature_si", 150.0)
    after = state.snapshot.device
    assert (after.current_si, after.field_si) == (
        pytest.approx(before.current_si),
        pytest.approx(before.field_si),
    )
    assert state.magnet.nu == pytest.approx(40.0)


def test_units_dials_and_sample_can_be_undone():
    state = ExplorerState()
    start = state.snapshot
    state.show(units=Units.SI)
    state.turn(Units.SI, "diameter_si", 60e-9)
    assert state.snapshot.sample.diameter_si == 60e-9
    state.undo()
    assert state.snapshot.sample == start.sample
    assert state.snapshot.units is Units.SI
    state.undo()
    assert state.snapshot == start


@pytest.mark.parametrize(
    ("units", "name", "value", "words"),
    [
        (Units.SI, "polarisation", 1.5, "polarisation must lie in"),
        (Units.SI, "field_si", 0.0, "field_si must be > 0"),
        (Units.SI, "field_si", 1e5, "nu must lie between"),
        (Units.PAPER, "field", -1.0, "H must be > 0"),
        (Units.PAPER, "damping", math.nan, "η must be > 0"),
    ],
)
def test_a_bad_turn_is_refused_with_a_message(units, name, value, words):
    state = ExplorerState()
    before = state.snapshot
    assert not state.turn(units, name, value)
    assert words in state.message
    assert state.snapshot is before


def test_no_current_is_equilibrium_with_the_field_held():
    state = ExplorerState()
    assert state.turn(Units.SI, "current_si", 0.0)
    assert state.magnet.alpha == 0.0
    assert state.snapshot.hold is Hold.NU


@given(magnets.filter(lambda m: m.alpha != 0), samples, st.sampled_from(Units), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_link_carries_units_sample_and_axis(magnet, sample, units, log_rates):
    snapshot = Snapshot(magnet=magnet, alpha_max=100.0, sample=sample, units=units, log_rates=log_rates)
    assert from_query(to_query(snapshot)) == snapshot


@pytest.mark.parametrize(
    "query",
    [
        "units=cgs",
        "rates=cubic",
        "p=2",
        "Ms=-1",
        "T=nan",
        "Ms=1e300",
        "p=1e-300",
        "diameter=1e200",
        "T=1e-99",
    ],
)
def test_a_link_with_bad_units_is_refused(query):
    with pytest.raises(BadLink):
        from_query(query)


def test_the_real_nanomagnet_is_the_default_device():
    preset = next(preset for preset in PRESETS if preset.name == "real nanomagnet")
    there = preset.go(Snapshot())
    assert there.units is Units.SI
    assert there.device.current_si == pytest.approx(Device().current_si)
    assert there.device.field_si == pytest.approx(Device().field_si)


def test_ranges_step_through_one_two_five():
    assert [next_range(0.5, up) for up in (True, False)] == [1.0, 0.2]
    assert next_range(100.0, True) == 100.0
    assert next_range(0.01, False) == 0.01


@pytest.mark.parametrize("name", SAMPLE_LIMITS)
def test_a_sample_lies_within_its_limits(name):
    low, high = SAMPLE_LIMITS[name]
    for edge in (low, high):
        assert getattr(Sample(**{name: edge}), name) == edge
    words = f"{name} must lie between {low:g} and {high:g} here; got "
    for beyond in (low * (1 - 1e-9), high * (1 + 1e-9)):
        if name == "polarisation" and beyond > 1.0:
            words = "polarisation must lie in (0, 1]; got "
        with pytest.raises(ValueError, match="must lie") as caught:
            Sample(**{name: beyond})
        assert str(caught.value) == f"{words}{beyond!r}"
    # A dial's value is turned into SI units and back.
    assert getattr(Sample(**{name: low * (1 - 1e-12)}), name) < low
    if name != "polarisation":
        assert getattr(Sample(**{name: high * (1 + 1e-12)}), name) > high


@pytest.mark.parametrize(("name", "symbol"), [("field", "H"), ("damping", "η")])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_dial_of_the_papers_units_is_refused_by_its_symbol(name, symbol, value):
    with pytest.raises(ValueError, match="paper") as caught:
        turned(Snapshot().magnet, Sample(), Units.PAPER, name, value)
    assert str(caught.value) == f"{symbol} must be > 0 in the paper's units; got {value!r}"


def test_a_dial_of_the_papers_units_may_be_small():
    magnet, _ = turned(Snapshot().magnet, Sample(), Units.PAPER, "damping", 0.25)
    assert magnet.delta == pytest.approx(0.25 * math.sqrt(3.0))
    assert turned(Snapshot().magnet, Sample(), Units.PAPER, "field", 0.25)[0].nu < 1.0


def test_the_scales_as_a_whole():
    magnet = Macrospin(alpha=0.42, nu=3.0 / 0.42, delta=PAPER_DELTA)
    assert scale_of(magnet, Sample(), Units.REDUCED) == Scale(1.0, "ηT", " ηT", 0, 1.0, "/(ηT)")
    paper = scale_of(magnet, Sample(), Units.PAPER)
    assert paper == Scale(paper.rate, "the paper's units", "", 0, 1.0 / paper.rate, "")
    slow = scale_of(Macrospin(alpha=0.1, nu=1, delta=1e-6), Sample(temperature_si=1e-2), Units.SI)
    assert (slow.rate_unit, slow.suffix, slow.power) == ("1/s", "/s", 0)


@given(magnets, samples)
@settings(max_examples=200, deadline=None)
def test_a_power_is_the_smallest_that_keeps_rates_short(magnet, sample):
    """A power of a thousand, of which ηT is a hundredth at least, and a usual rate less than ten thousand."""
    scale = scale_of(magnet, sample, Units.SI)
    usual = scale.rate * 2.0 * magnet.nu * abs(magnet.alpha) / magnet.delta
    assert scale.power % 3 == 0
    assert scale.rate < 10.0
    assert usual < 1e4
    # One power less would be too small for one of the two.
    assert 1e3 * scale.rate >= 10.0 * (1 - 1e-12) or 1e3 * usual >= 1e4


def test_what_the_dials_show_in_each_system():
    magnet, sample = Snapshot().magnet, Sample(temperature_si=77.0)
    assert readings(magnet, sample, Units.REDUCED) == {
        "alpha": magnet.alpha, "nu": magnet.nu, "delta": magnet.delta, "theta": magnet.theta,
    }  # fmt: skip
    assert list(readings(magnet, sample, Units.PAPER)) == ["torque", "field", "damping", "theta"]
    assert readings(magnet, sample, Units.PAPER)["theta"] == magnet.theta
    shown = readings(magnet, sample, Units.SI)
    device = sample.at(magnet)
    assert shown == {
        name: getattr(device, name)
        for name in (
            "magnetisation_si", "diameter_si", "thickness_si", "gilbert_damping", "temperature_si",
            "field_si", "current_si", "polarisation", "theta",
        )
    }  # fmt: skip
