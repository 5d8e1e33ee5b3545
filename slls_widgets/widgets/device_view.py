"""Dials of a real device in SI units, what they are in reduced ones, and a way to go there."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import ipywidgets as w

from ..device import CAVEATS, MATERIALS, Device
from ..explore.state import ExplorerState
from .dial import Dial, DialSpec
from .panel import Card, box, button, html
from .words import number

__all__ = ["DeviceView"]

_OWN = "own values"
DIALS = (
    DialSpec("magnetisation_si", "M", "magnetisation", "saturation magnetisation M_s of the free layer",
             0.03, 3.0, log=True, scale=1e-6, unit="MA/m"),
    DialSpec("gilbert_damping", "δ", "Gilbert damping", "dimensionless; it is the δ of the reduced model",
             1e-4, 1.0, log=True),
    DialSpec("diameter_si", "d", "diameter", "of the free layer, a disc", 5.0, 205.0, scale=1e9, unit="nm",
             stops=200),
    DialSpec("thickness_si", "t", "thickness", "of the free layer", 0.5, 10.5, scale=1e9, unit="nm",
             stops=100),
    DialSpec("temperature_si", "T", "temperature", "of the bath", 0.0, 600.0, unit="K", stops=600),
    DialSpec("field_si", "B", "field", "magnetic field on the free layer", 1.0, 1e4, log=True, scale=1e3,
             unit="mT"),
    DialSpec("current_si", "I", "current", "charge current; its sign is that of α", -200.0, 200.0, scale=1e6,
             unit="µA"),
    DialSpec("polarisation", "p", "spin polarisation", "of the current, 0 to 1", 0.05, 1.0, stops=95),
    DialSpec("theta", "θ", "angle between P, B", "between the polarisation and the field", 0.0, 90.0,
             scale=180.0 / math.pi, unit="°", stops=180),
)  # fmt: skip


class DeviceView(Card):
    """A free layer in a field and a current: dials, reduced parameters, caveats.

    "Apply" moves the shared state there; until then the dials touch nothing else.

    Parameters
    ----------
    state : ExplorerState
    device : Device, optional
        Where the dials begin.

    Attributes
    ----------
    device : Device
        What the dials show now.
    """

    def __init__(self, state: ExplorerState, device: Device | None = None) -> None:
        self._state = state
        self.device = device or Device()
        self.dials = {spec.name: Dial(spec, self._move) for spec in DIALS}
        self.material = w.Dropdown(options=[_OWN, *MATERIALS], value=_OWN)
        self.material.tooltip = "magnetisation and damping of a common material"
        self.material.add_class("device-material")
        self.material.observe(self._chosen, "value")
        self.apply = button(
            "Apply to the panels", "move the shared operating point to this device", "primary"
        )
        self.apply.on_click(lambda _: self._apply())
        self._reading = html("", "slls-reading")
        self._message = html("", "slls-message")
        caveats = "".join(f"<li>{caveat}</li>" for caveat in CAVEATS)
        super().__init__(
            "A real device",
            [
                box(list(self.dials.values()), "slls-dials"),
                self._reading,
                self._message,
                box([self.apply], "slls-run"),
                html(f"<div>The model has<ul>{caveats}</ul></div>", "slls-note", "slls-caveats"),
            ],
            [self.material],
        )
        self._show()

    def _move(self, name: str, value: float) -> None:
        self._message.value = ""
        try:
            self.device = replace(self.device, **{name: value})
        except ValueError as error:
            self._message.value = f'<span role="alert">{error}</span>'
        self._show()

    def _chosen(self, change: dict[str, Any]) -> None:
        found = MATERIALS.get(change["new"])
        if found is not None and found != (self.device.magnetisation_si, self.device.gilbert_damping):
            self.device = replace(self.device, magnetisation_si=found[0], gilbert_damping=found[1])
            self._show()

    def _apply(self) -> None:
        magnet = self.device.macrospin()
        moved = self._state.move(alpha=magnet.alpha, nu=magnet.nu, delta=magnet.delta, theta=magnet.theta)
        self._message.value = "" if moved else f'<span role="alert">{self._state.message}</span>'

    def _show(self) -> None:
        for name, dial in self.dials.items():
            dial.show(getattr(self.device, name))
        now = self.device.magnetisation_si, self.device.gilbert_damping
        self.material.value = next((name for name, values in MATERIALS.items() if values == now), _OWN)
        self._reading.value = _reading(self.device)


def _reading(device: Device) -> str:
    magnet = device.macrospin()
    rows = (
        ("α", number(magnet.alpha), "ν", number(magnet.nu)),
        (
            "|α|ν",
            number(abs(device.alpha_nu)),
            "moment",
            f"{number(device.moment_in_bohr_magnetons)} μ<sub>B</sub>",
        ),
        (
            "torque field",
            f"{number(1e3 * device.spin_torque_field_si)} mT",
            "critical current",
            f"{number(1e6 * device.critical_current_si)} µA",
        ),
        ("ηT", f"{number(device.rate_si)} /s", "1/ηT", f"{number(1e9 / device.rate_si)} ns"),
    )
    body = "".join(
        "<tr>" + "".join(f"<th>{k}</th><td>{v}</td>" for k, v in ((a, b), (c, d))) + "</tr>"
        for a, b, c, d in rows
    )
    return f"<table>{body}</table>"
