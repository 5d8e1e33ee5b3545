"""A real device in SI units: its dials, what it is in reduced parameters, and what the model leaves out."""

from __future__ import annotations

import re
from typing import Any

import ipywidgets as w

from ...explore.state import ExplorerState
from ...explore.units import Units, time_unit
from ...magnet.device import CAVEATS, MATERIALS, Device
from ..parts.dials import DialBoard
from ..parts.panel import ListeningBox, html
from ..parts.state_card import StateCard
from ..parts.words import number

__all__ = ["DevicePanel", "DeviceView"]

_OWN = "own values"


class DevicePanel(ListeningBox):
    """Dials of a free layer in a field and a current, on the shared operating point.

    Parameters
    ----------
    state : ExplorerState
    """

    def __init__(self, state: ExplorerState) -> None:
        self._state = state
        self.board = DialBoard(state, Units.SI)
        self.material = w.Dropdown(options=[_OWN, *MATERIALS], value=_OWN, description="material")
        self.material.tooltip = "magnetisation and damping of a common material"
        for name in ("device-material", "slls-material"):
            self.material.add_class(name)
        self.material.observe(self._chosen, "value")
        self._reading = html("", "slls-reading")
        caveats = "; ".join(CAVEATS)
        super().__init__(
            [
                self.material,
                self.board,
                self._reading,
                html(f"<p>The model has {caveats}.</p>", "slls-note", "slls-caveats"),
            ]
        )
        self.add_class("slls-device")
        self.listen(state, self._show, "snapshot")
        self._show()

    def _chosen(self, change: dict[str, Any]) -> None:
        found = MATERIALS.get(change["new"])
        if found is not None and found != _material(self._state.snapshot.device):
            self._state.make_of(*found)

    def _show(self, _change: object = None) -> None:
        device = self._state.snapshot.device
        now = _material(device)
        self.material.value = next((name for name, values in MATERIALS.items() if values == now), _OWN)
        self._reading.value = _reading(device)


class DeviceView(StateCard):
    """The device as a panel of its own; it steers the same point as the panels beside it.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self.panel = DevicePanel(self._state)
        super().__init__("A real device", [self.panel])


def _material(device: Device) -> tuple[float, float]:
    return device.magnetisation_si, device.gilbert_damping


def _reading(device: Device) -> str:
    magnet = device.macrospin()
    unit, seconds = time_unit(1.0 / device.rate_si)
    cells = (
        ("α", number(magnet.alpha)),
        ("ν", number(magnet.nu)),
        ("moment", f"{number(device.moment_in_bohr_magnetons)} μ<sub>B</sub>"),
        ("a<sub>J</sub>", f"{number(1e3 * device.spin_torque_field_si)} mT"),
        ("I<sub>c</sub>", f"{number(1e6 * device.critical_current_si)} µA"),
        ("1/(ηT)", f"{number(1.0 / device.rate_si / seconds)} {unit}"),
    )
    tips = {
        "α": "torque over field, the model's own parameter",
        "ν": "magnetic over thermal energy, the model's own parameter",
        "a<sub>J</sub>": "spin-torque field ħpI/(2eμ)",
        "I<sub>c</sub>": "critical current of the macrospin: α = −δ at −I_c",
        "1/(ηT)": "unit of time of the reduced model",
        "moment": "magnetic moment M_s V in Bohr magnetons",
    }
    body = "".join(f"<span>{_symbol(k, tips.get(k, ''))} {v}</span>" for k, v in cells)
    return f"<div>{body}</div>"


def _symbol(symbol: str, says: str) -> str:
    """A symbol of the device, which explains itself as those of the model do."""
    name = re.sub("<[^>]*>", "", symbol)
    return (
        f'<b class="slls-term" role="button" tabindex="0" data-term="device {name}" '
        f'data-says="{says}">{symbol}</b>'
    )
