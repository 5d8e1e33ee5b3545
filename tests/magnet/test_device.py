"""SI devices against the worked example of docs/physics.md, section 6, and against the scaling laws."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slls_widgets import Macrospin
from slls_widgets.magnet.device import MATERIALS, Device


def test_the_worked_example():
    device = Device(
        magnetisation_si=1e6, diameter_si=40e-9, thickness_si=1.5e-9, gilbert_damping=0.01,
        temperature_si=300, field_si=0.1, current_si=50e-6, polarisation=0.6,
    )  # fmt: skip
    magnet = device.macrospin()
    assert device.moment_in_bohr_magnetons == pytest.approx(2.03e5, rel=5e-3)
    assert device.spin_torque_field_si == pytest.approx(5.24e-3, rel=5e-3)
    assert device.alpha_nu == pytest.approx(2.38, rel=5e-3)
    assert magnet.nu == pytest.approx(45.5, rel=5e-3)
    assert magnet.alpha == pytest.approx(0.052, rel=1e-2)
    assert device.critical_current_si == pytest.approx(9.5e-6, rel=1e-2)
    assert device.alpha_nu == pytest.approx(0.6 * 50e-6 / 12.59e-6 * 300 / 300, rel=1e-2)


@given(
    field=st.floats(1e-3, 10),
    current=st.floats(-1e-3, 1e-3),
    diameter=st.floats(5e-9, 2e-7),
    damping=st.floats(1e-3, 1),
)
def test_the_torque_depends_on_neither_field_nor_size(field, current, diameter, damping):
    device = Device(field_si=field, current_si=current, diameter_si=diameter, gilbert_damping=damping)
    magnet = device.macrospin()
    assert magnet.alpha * magnet.nu == pytest.approx(Device(current_si=current).alpha_nu, rel=1e-12)


def test_at_the_critical_current_alpha_is_minus_delta():
    device = Device(current_si=-Device().critical_current_si)
    assert device.macrospin().alpha == pytest.approx(-device.gilbert_damping, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("field_si", 0.0), ("temperature_si", -3.0), ("diameter_si", math.nan), ("polarisation", 1.2),
        ("current_si", math.inf), ("theta", -0.1), ("gilbert_damping", "much"),
    ],
)  # fmt: skip
def test_bad_values_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        Device(**{name: value})


@given(
    nu=st.floats(0.1, 1e3),
    torque=st.floats(-50, 50),
    damping=st.floats(1e-3, 1),
    theta=st.floats(0, math.pi),
    temperature=st.floats(1, 900),
    polarisation=st.floats(0.05, 1),
)
def test_the_device_at_a_point_stands_at_that_point(nu, torque, damping, theta, temperature, polarisation):
    magnet = Macrospin(alpha=torque / nu, nu=nu, delta=damping, theta=theta)
    device = Device.at(magnet, temperature_si=temperature, polarisation=polarisation, diameter_si=7e-8)
    assert (device.temperature_si, device.polarisation, device.diameter_si) == (
        temperature,
        polarisation,
        7e-8,
    )
    back = device.macrospin()
    for name in ("alpha", "nu", "delta", "theta"):
        assert getattr(back, name) == pytest.approx(getattr(magnet, name), rel=1e-12), name


def test_sizes_that_no_number_holds_are_refused_in_words():
    with pytest.raises(ValueError, match=r"^the device's sizes are too extreme for floating-point numbers$"):
        Device(magnetisation_si=1e300, diameter_si=1e100, thickness_si=1e100).macrospin()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"field_si": 0}, "field_si must be > 0; got 0"),
        ({"g_factor": -1.0}, "g_factor must be > 0; got -1.0"),
        ({"gilbert_damping": 90 * "x"}, f"gilbert_damping must be a finite real number; got '{39 * 'x'}"),
        ({"polarisation": 1.5}, "polarisation must lie in (0, 1]; got 1.5"),
        ({"theta": -0.5}, "theta must lie in [0, pi] (radians); got -0.5"),
        ({"theta": 4.0}, "theta must lie in [0, pi] (radians); got 4.0"),
    ],
)
def test_a_refusal_says_what_is_legal_and_what_came(change, words):
    with pytest.raises(ValueError, match="must") as caught:
        Device(**change)
    assert str(caught.value) == words


def test_what_is_at_the_edge_is_legal():
    device = Device(polarisation=1, theta=math.pi, current_si=0)
    assert (device.polarisation, device.theta, device.current_si) == (1.0, math.pi, 0.0)
    assert Device(theta=0, gilbert_damping=1e-9, magnetisation_si=1e-9).macrospin().delta == 1e-9


@pytest.mark.parametrize("material", MATERIALS)
def test_a_material_gives_what_is_not_given(material):
    magnetisation, damping = MATERIALS[material]
    device = Device(material=material)
    assert (device.magnetisation_si, device.gilbert_damping) == (magnetisation, damping)
    assert Device(material=material, gilbert_damping=0.5).gilbert_damping == 0.5
    assert Device(material=material, magnetisation_si=2e5).magnetisation_si == 2e5
    # A copy keeps what the device is made of.
    assert replace(device, field_si=0.3) == Device(material=material, field_si=0.3)
    assert Device.at(device.macrospin(), material=material).magnetisation_si == magnetisation


def test_a_device_keeps_its_numbers_and_says_so_where_another_material_is_asked_for():
    device = Device(material="permalloy", field_si=0.3)
    for material in ("YIG", "CoFeB"):
        with pytest.raises(
            ValueError, match=f"material must be left out .*; got '{material}' with 800000.0 and"
        ):
            replace(device, material=material)
        other = replace(device, material=material, magnetisation_si=None, gilbert_damping=None)
        assert other == Device(material=material, field_si=0.3)
    assert replace(device, material="permalloy") == device


@pytest.mark.parametrize("material", ["iron", None, ["CoFeB"]])
def test_a_material_that_is_none_is_refused_with_those_that_are(material):
    with pytest.raises(ValueError, match="material must be one of CoFeB, permalloy, cobalt, YIG; got"):
        Device(material=material)


def test_a_device_is_printed_as_a_table_in_its_usual_units():
    device = Device(material="permalloy", field_si=0.2, current_si=-8e-5, theta=math.radians(25))
    rows = dict(line.split(maxsplit=1) for line in str(device).splitlines())
    assert rows["magnetisation_si"].split() == ["0.8", "MA/m"]
    assert rows["field_si"].split() == ["200", "mT"]
    assert rows["current_si"].split() == ["-80", "µA"]
    assert rows["theta"].split() == ["25", "degrees"]
    assert float(rows["rate_si"].split()[0]) == pytest.approx(device.rate_si, rel=1e-5)
    assert "<td>current_si</td><td>-80</td><td>µA</td>" in device._repr_html_()
