"""What the screen says of a number, a point and a steady state: whole texts, and what rounding leaves."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slls_widgets.explore.state import Hold, Snapshot, held_reading
from slls_widgets.explore.units import Sample, Units
from slls_widgets.fokker_planck import steady_state
from slls_widgets.magnet.device import Device
from slls_widgets.magnet.macrospin import Macrospin, Phase
from slls_widgets.magnet.phase import efficiency
from slls_widgets.widgets.parts.words import (
    field_text,
    held_words,
    in_symbols,
    known,
    measured,
    number,
    place,
    rate_words,
    sentence,
    with_sup,
)

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def read(text: str) -> float:
    """The number that a reader takes a text for."""
    mantissa, _, power = text.partition("×10")
    return float(mantissa.translate(RAISED)) * 10.0 ** int(power.translate(RAISED) or 0)


@given(st.floats(-1e300, 1e300).filter(lambda x: abs(x) > 1e-300), st.integers(2, 6))
def test_a_number_is_right_to_its_last_digit(value: float, digits: int) -> None:
    text = number(value, digits)
    assert "-" not in text
    assert read(text) == pytest.approx(value, rel=0.5001 * 10.0 ** (1 - digits))
    mantissa = text.partition("×")[0].replace("−", "").replace(".", "").lstrip("0")
    assert digits <= len(mantissa) <= max(digits, 5)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"), (math.inf, 3, "∞"), (-math.inf, 3, "−∞"), (math.nan, 3, "–"),
        (99999.0, 3, "1.00×10⁵"), (99994.0, 5, "99994"), (99994.0, 3, "1.00×10⁵"), (12345.0, 3, "12345"),
        (0.0001, 3, "0.000100"), (0.00009999, 3, "0.000100"), (0.00009994, 3, "9.99×10⁻⁵"),
        (999.6, 3, "1000"), (123456.0, 6, "123456"), (123456.0, 5, "1.2346×10⁵"), (9.999, 3, "10.0"),
    ],
)  # fmt: skip
def test_where_a_number_changes_its_form(value: float, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (123456.0, 4, "123500"),
        (1e15, 4, "1e+15"),
        (-0.5, 4, "-0.5"),
        (0.30000000000004, 12, "0.3"),
        (0, 4, "0"),
    ],
)
def test_a_field_holds_what_can_be_typed(value: float, digits: int, text: str) -> None:
    assert field_text(value, digits) == text


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (5.29712, 0.0, "5.297"), (5.29712, math.nan, "5.297"), (math.nan, 0.1, "–"), (1.0, math.inf, "1.000"),
        (-0.001, 0.0002, "−0.00100 ± 0.00020"), (0.0, 3.0, "0.0 ± 3.0"), (12345.0, 67.0, "12345 ± 67"),
        (0.00012, 0.00003, "(1.20 ± 0.30)×10⁻⁴"), (1.0, 25.0, "1 ± 25"), (3e-9, 2e6, "(0.0 ± 2.0)×10⁶"),
        (1.0, 1e-20, "1.000000000 ± 0.000000000"), (7.0, 1.0, "7.0 ± 1.0"), (99999.0, 1.0, "99999.0 ± 1.0"),
    ],
)  # fmt: skip
def test_an_error_has_two_digits_and_its_value_as_many_places(value: float, stderr: float, text: str) -> None:
    assert measured(value, stderr) == text


def test_powers_become_superscripts_and_only_powers() -> None:
    assert (
        with_sup("2×10⁻¹²³⁴⁵⁶⁷⁸⁹⁰ and x² of 3×10⁴/s")
        == "2×10<sup>−1234567890</sup> and x² of 3×10<sup>4</sup>/s"
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("alpha nu must be -1 at theta -.5", "αν must be −1 at θ −.5"),
        ("alpha_max lies beyond alpha", "the range of α lies beyond α"),
        ("nu and null, dt=-3", "ν and null, the time step=-3"),
        ("field_si current_si temperature_si polarisation", "B I T p"),
        ("'dt' of dt's, not 'alpha'", "'dt' of the time step's, not 'alpha'"),
    ],
)
def test_a_message_speaks_the_symbols_of_the_screen(message: str, text: str) -> None:
    assert in_symbols(message) == text


@pytest.mark.parametrize(
    ("units", "torque", "field"),
    [
        (Units.REDUCED, "|α|ν = 3.00", "ν = 7.14"),
        (Units.PAPER, "|P| = 1.00", "H = 4.12"),
        (Units.SI, "|I| = 62.9 µA", "B = 15.7 mT"),
    ],
)
def test_what_is_held_has_the_name_and_unit_of_its_dial(units: Units, torque: str, field: str) -> None:
    for sign in (1.0, -1.0):
        snapshot = Snapshot(units=units).moved(alpha=0.42 * sign)
        assert snapshot.hold is Hold.ALPHA_NU
        assert held_words(snapshot) == torque
        name, value, unit = held_reading(snapshot, Hold.NU)
        assert f"{name} = {number(value)}{unit}" == field


def test_a_device_holds_a_current_or_a_field_in_convenient_units() -> None:
    snapshot = Snapshot(magnet=Device(current_si=-5e-5, field_si=0.25).macrospin(), units=Units.SI)
    assert held_reading(snapshot, Hold.ALPHA_NU) == ("|I|", pytest.approx(50.0), " µA")
    assert held_reading(snapshot, Hold.NU) == ("B", pytest.approx(250.0), " mT")


def test_a_place_is_told_in_its_units() -> None:
    start = Snapshot().moved(theta=0.5)
    assert place(start) == "α = 0.420, ν = 7.14, δ = 0.866, θ = 28.6°"
    assert place(start.__class__(magnet=start.magnet, units=Units.PAPER)) == (
        "P = 1.00, H = 4.12, η = 0.500, θ = 28.6°"
    )
    device = Device(current_si=-50.04999e-6, temperature_si=4.2, field_si=0.2504)
    shown = Snapshot(magnet=device.macrospin(), sample=Sample.of(device), units=Units.SI)
    assert place(shown) == "I = −50.0 µA, B = 250 mT, T = 4.20 K, θ = 0°"


def steady(phase: Phase, **rates: float) -> SimpleNamespace:
    return SimpleNamespace(
        phase=phase,
        errors=dict.fromkeys(("S_P", "S_B", "Sigma", "Delta_P"), 1e-3),
        efficiency=float(efficiency(rates["S_P"], rates["S_B"], 1e-3, 1e-3)),
        **rates,
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            steady(Phase.EQUILIBRIUM, S_P=0.0, S_B=0.0, Sigma=0.0),
            "The magnet is in thermal equilibrium: no entropy flows and none is produced",
        ),
        (
            steady(Phase.REFRIGERATOR, S_P=3.0, S_B=-1.0, Sigma=2.0),
            "The magnet takes 1.00 ηT of entropy from the bath and hands 3.00 ηT to the current; "
            "2.00 ηT is produced",
        ),
        (
            steady(Phase.HEAT_PUMP, S_P=-1.0, S_B=3.0, Sigma=2.0),
            "The magnet takes 1.00 ηT of entropy from the current and hands 3.00 ηT to the bath; "
            "2.00 ηT is produced",
        ),
        (
            steady(Phase.DUD, S_P=1.0, S_B=2.0, Sigma=3.0),
            "The magnet only produces entropy: 3.00 ηT, of which 2.00 ηT goes to the bath and 1.00 ηT to the "
            "current",
        ),
        (
            steady(Phase.BOUNDARY, S_P=-2.0, S_B=1e-4, Sigma=2.0),
            "The magnet sits on a phase boundary: 2.00 ηT comes out of the current and nothing flows to or "
            "from the bath; 2.00 ηT is produced",
        ),
    ],
    ids=lambda value: value.phase.value if isinstance(value, SimpleNamespace) else "",
)
def test_a_phase_is_one_sentence(state: SimpleNamespace, words: str) -> None:
    assert sentence(Snapshot(), state) == f"{words}."


@pytest.mark.parametrize("units", list(Units))
@pytest.mark.parametrize("alpha", [0.003, -0.003])
def test_near_the_ideal_the_sentence_says_what_it_costs(alpha: float, units: Units) -> None:
    snapshot = Snapshot(magnet=Macrospin(alpha=alpha, nu=1000.0, delta=0.866, theta=0.6), units=units)
    state = steady_state(snapshot.magnet)
    (cost,) = re.search(
        r"; \S+?(?: ηT)? \(([\d.]+) % of the flow\) is produced: nearly ideal\.$", sentence(snapshot, state)
    ).groups()
    assert float(cost) == pytest.approx(100.0 * (1.0 - state.efficiency), rel=0.05)
    weaker = Snapshot(magnet=Macrospin(alpha=20 * alpha, nu=50.0, delta=0.866, theta=0.6))
    assert "ideal" not in sentence(weaker, steady_state(weaker.magnet))


def test_a_rate_within_its_bound_or_within_rounding_is_nothing() -> None:
    state = steady(Phase.DUD, S_P=1e6, S_B=1.001e-3, Sigma=1e6, Delta_P=0.9e-3)
    assert (known(state, "S_B"), known(state, "Delta_P")) == (1.001e-3, 0.0)
    state.errors.update(S_B=0.0, Delta_P=0.0)
    state.Delta_P = 1e-12
    for value, told in ((1.9e-9, 0.0), (-1.9e-9, 0.0), (2.1e-9, 2.1e-9), (-2.1e-9, -2.1e-9)):
        state.S_B = value
        assert known(state, "S_B") == told
    assert known(state, "Delta_P") == 1e-12
    state.S_P, state.errors["S_B"], state.S_B = -1e6, 1e-3, 1e-3
    assert known(state, "S_B") == 0.0


def test_a_rate_in_si_units_is_told_in_full() -> None:
    scale = Snapshot(magnet=Device().macrospin(), units=Units.SI).scale
    assert scale.power == 6
    assert rate_words(-2.0, scale) == f"{number(-2.0 * Device().rate_si)}/s"
