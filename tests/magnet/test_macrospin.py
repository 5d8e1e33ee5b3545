"""The parameter set: every legal value is taken as it is, every illegal one is refused by name."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slls_widgets import Macrospin, Phase
from slls_widgets.fokker_planck import solve_many, steady_state
from slls_widgets.magnet.held import Held
from slls_widgets.magnet.macrospin import checked_magnet, nu_at_fixed_torque
from slls_widgets.maps.phase_map import phases

alphas = st.floats(-1e6, 1e6)
positives = st.floats(1e-9, 1e9)
angles = st.floats(0.0, math.pi)
macrospins = st.builds(Macrospin, alpha=alphas, nu=positives, delta=positives, theta=angles)
LEGAL = {"alpha": 0.5, "nu": 10.0, "delta": 0.866, "theta": 0.7}
NOT_FINITE = [math.nan, math.inf, -math.inf, None, "much", 1j, [1.0, 2.0]]


@given(macrospins)
def test_legal_values_give_finite_vectors(magnet: Macrospin) -> None:
    for vector in (magnet.precession, magnet.damping, magnet.p_hat, magnet.h_hat):
        assert vector.shape == (3,)
        assert np.all(np.isfinite(vector))
    assert math.isfinite(magnet.xi)
    assert math.isfinite(magnet.pumping)


@given(macrospins)
def test_directions_are_unit_vectors_at_the_angle(magnet: Macrospin) -> None:
    assert np.linalg.norm(magnet.p_hat) == pytest.approx(1.0, abs=4e-16)
    assert math.acos(np.clip(magnet.p_hat @ magnet.h_hat, -1, 1)) == pytest.approx(magnet.theta, abs=3e-8)


@given(macrospins)
def test_the_two_vectors_carry_the_same_drive(magnet: Macrospin) -> None:
    # a = (nu/delta)(h - alpha delta p) and b = nu (h + alpha p/delta): a + delta b is free of p.
    a, b, delta, nu = magnet.precession, magnet.damping, magnet.delta, magnet.nu
    size = nu * (1 + abs(magnet.alpha)) * (1 + 1 / delta + delta)
    np.testing.assert_allclose(a + delta * b, nu * (1 / delta + delta) * magnet.h_hat, atol=1e-14 * size)


@given(alphas, positives, positives)
def test_on_the_axis_the_damping_vector_is_xi(alpha: float, nu: float, delta: float) -> None:
    magnet = Macrospin(alpha=alpha, nu=nu, delta=delta)
    scale = nu * (1 + abs(alpha) / delta)
    np.testing.assert_allclose(magnet.damping, [0.0, 0.0, magnet.xi], atol=1e-15 * scale)


@given(macrospins)
def test_partner_of_the_partner_is_the_process_itself(magnet: Macrospin) -> None:
    assert magnet.partner().partner() == magnet
    assert magnet.partner().alpha == -magnet.alpha


@given(macrospins)
def test_equal_parameters_are_one_key(magnet: Macrospin) -> None:
    again = magnet.replace()
    assert again == magnet
    assert hash(again) == hash(magnet)


def test_frozen_and_keyword_only() -> None:
    magnet = Macrospin(**LEGAL)
    with pytest.raises(AttributeError):
        magnet.alpha = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        Macrospin(0.5, 10, 0.866, 0.7)  # type: ignore[misc]


@pytest.mark.parametrize("name", LEGAL)
@pytest.mark.parametrize("value", NOT_FINITE)
def test_what_is_not_a_finite_number_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be a finite real number; got "):
        Macrospin(**{**LEGAL, name: value})


@given(name=st.sampled_from(["nu", "delta"]), value=st.floats(max_value=0.0, allow_infinity=False))
def test_zero_and_negative_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be > 0 .*got "):
        Macrospin(**{**LEGAL, name: value})


@given(
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda theta: not 0.0 <= theta <= math.pi),
)
def test_angles_outside_half_a_turn_are_refused(theta: float) -> None:
    with pytest.raises(ValueError, match=r"^theta must lie in \[0, pi\]"):
        Macrospin(**{**LEGAL, "theta": theta})


def test_overflow_is_refused_rather_than_carried_on() -> None:
    with pytest.raises(ValueError, match="overflow"):
        Macrospin(alpha=1e200, nu=1e200, delta=1.0)


def test_an_exact_right_angle_has_no_axial_torque() -> None:
    assert Macrospin(alpha=1.0, nu=1.0, delta=1.0, theta=math.pi / 2).p_hat[2] == 0.0
    assert Macrospin(alpha=1.0, nu=1.0, delta=1.0, theta=math.pi).p_hat[0] == 0.0


@pytest.mark.parametrize(
    ("pumped", "bath", "phase"),
    [
        (0.0, 0.0, Phase.EQUILIBRIUM),
        (1.0, -0.5, Phase.REFRIGERATOR),
        (-0.5, 1.0, Phase.HEAT_PUMP),
        (1.0, 1.0, Phase.DUD),
        (1e-9, 1.0, Phase.BOUNDARY),
        (1.0, -1e-9, Phase.BOUNDARY),
    ],
)
def test_phases_follow_the_signs(pumped: float, bath: float, phase: Phase) -> None:
    assert Phase.of_rates(pumped, bath, pumped_error=1e-8, bath_error=1e-8) is phase


@given(alphas.filter(lambda alpha: abs(alpha) > 1e-6), positives)
def test_fixed_torque_gives_the_field(alpha: float, alpha_nu: float) -> None:
    assert nu_at_fixed_torque(alpha, alpha_nu) * abs(alpha) == pytest.approx(alpha_nu)


@pytest.mark.parametrize(
    ("alpha", "alpha_nu", "name"), [(0.0, 3.0, "alpha"), (1.0, 0.0, "alpha_nu"), (math.nan, 1.0, "alpha")]
)
def test_fixed_torque_refuses_by_name(alpha: float, alpha_nu: float, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        nu_at_fixed_torque(alpha, alpha_nu)


def test_a_numeric_string_is_not_a_number():
    with pytest.raises(ValueError, match=r"alpha must be a finite real number; got '0\.5'"):
        Macrospin(alpha="0.5", nu=1.0, delta=1.0)


def test_an_angle_in_degrees_is_recognised():
    with pytest.raises(ValueError, match=r"given in degrees\? Those are 3.1416"):
        Macrospin(alpha=0.5, nu=1.0, delta=1.0, theta=180)
    with pytest.raises(ValueError, match="in radians") as caught:
        Macrospin(alpha=0.5, nu=1.0, delta=1.0, theta=-0.1)
    assert "degrees" not in str(caught.value)


def test_a_field_that_overflows_is_refused():
    with pytest.raises(ValueError, match=r"overflows: \|alpha\| must be 0 .* got 1e-310 at alpha_nu=3.0"):
        Held(alpha_nu=3.0).along([1e-310, 1.0])


@pytest.mark.parametrize("delta", [math.sqrt(3.0) / 2.0, 0.01, 0.3, 0.5, 2.0, 7.0])
def test_the_special_points_are_boundaries_however_they_round(delta):
    insulating, isotropic = (
        steady_state(Macrospin(alpha=alpha, nu=3.0, delta=delta)) for alpha in (1.0 / delta, -delta)
    )
    assert insulating.phase is isotropic.phase is Phase.BOUNDARY
    solved = solve_many([1.0 / delta, -delta], 3.0, delta, 0.0)
    assert set(phases(solved)) == {"boundary"}
    assert Phase.of_rates(1.0, 1e-14) is Phase.DUD


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nu": 0}, "nu must be > 0 (field over temperature); got 0.0"),
        ({"delta": -1}, "delta must be > 0 (damping over precession); got -1.0"),
        ({"alpha": "x" * 90}, f"alpha must be a finite real number; got '{39 * 'x'}"),
        *(
            (
                {"theta": theta},
                f"theta must lie in [0, pi] (angle between P and H, in radians); got {theta!r}{degrees}. "
                "Flip the sign of alpha to reach the opposite torque.",
            )
            for theta, degrees in (
                (180.0, " (given in degrees? Those are 3.1416)"),
                (4.0, " (given in degrees? Those are 0.0698)"),
                (180.5, ""),
                (-0.1, ""),
            )
        ),
        *(
            (
                {"alpha": alpha, "nu": nu, "delta": delta},
                "alpha, nu and delta together overflow double precision: the damping vector "
                f"nu (1 + alpha/delta) must be finite; got alpha={alpha!r}, nu={nu!r}, delta={delta!r}.",
            )
            for alpha, nu, delta in ((-1e200, 1e200, 1.5), (0.5, 1e200, 1e-200), (1e160, 0.5, 1e-160))
        ),
    ],
)
def test_a_refusal_says_what_is_legal_and_what_came(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        Macrospin(**{**LEGAL, **change})
    assert str(caught.value) == words


def test_a_refusal_of_what_is_no_magnet_or_no_torque() -> None:
    with pytest.raises(TypeError) as caught:
        checked_magnet(90 * "x")
    assert str(caught.value) == (
        f"magnet must be a Macrospin; got '{59 * 'x'}: "
        "write Macrospin(alpha=..., nu=..., delta=..., theta=...), or give a Device"
    )
    for alpha, alpha_nu, words in (
        (0.0, 3.0, "alpha must not be 0 at fixed alpha_nu: the field nu = alpha_nu/|alpha| is infinite "
         "there; hold nu instead, or keep |alpha| >= alpha_nu/1e4."),
        (1.0, 0.0, "alpha_nu must be > 0 (torque over temperature); got 0.0"),
        (math.inf, 3.0, "alpha must be a finite real number; got inf"),
        (1.0, math.inf, "alpha_nu must be a finite real number; got inf"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="must") as refused:
            nu_at_fixed_torque(alpha, alpha_nu)
        assert str(refused.value) == words
    assert nu_at_fixed_torque(Fraction(1, 2), Fraction(3)) == 6.0


def test_the_largest_magnets_are_legal() -> None:
    for alpha, nu, delta in ((0.1, 1.6e308, 1e9), (0.1, 1.25e308, 4.0), (-0.1, 1.25e308, 4.0)):
        magnet = Macrospin(alpha=alpha, nu=nu, delta=delta)
        assert np.isfinite(magnet.damping).all()
    for alpha, delta in ((0.0, 1.0), (1.0, 1e9), (-1.0, 1e9)):
        with pytest.raises(ValueError, match="overflow"):
            Macrospin(alpha=alpha, nu=1e308, delta=delta)
