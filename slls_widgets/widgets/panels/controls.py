"""The parameters card: dials in the chosen units, what a move of α holds, and places worth visiting."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as w

from ...explore.presets import PRESETS
from ...explore.state import ExplorerState, Hold, held_reading
from ...explore.units import Units
from ..parts.dials import DialBoard
from ..parts.panel import box, button
from ..parts.spoken import Spoken
from ..parts.state_card import StateCard
from ..parts.words import in_symbols, number
from .device_view import DevicePanel

__all__ = ["Controls"]

_HOLD_TIPS = {
    Hold.ALPHA_NU: "moving α keeps the torque and changes the field, as in the paper's Figs. 3 and 4",
    Hold.NU: "moving α keeps the field and changes the torque, as in the paper's Fig. 2",
}
_UNITS = {
    "reduced units": Units.REDUCED,
    "paper's units": Units.PAPER,
    "SI: a device": Units.SI,
}


class Controls(StateCard):
    """The parameters; every change goes through the state, every display comes from it.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self._holds = {hold: w.ToggleButton(tooltip=tip) for hold, tip in _HOLD_TIPS.items()}
        for hold, toggle in self._holds.items():
            toggle.observe(lambda _, hold=hold: self._held(hold), "value")
        self._message = Spoken("alert", "slls-message")
        self.units = w.Dropdown(options=_UNITS, value=self._state.snapshot.units)
        self.units.tooltip = "read the point in reduced units, in the paper's, or as a device in SI units"
        self.units.add_class("units")
        self.units.observe(lambda change: self._state.show(units=change["new"]), "value")
        chips = []
        for preset in PRESETS:
            chip = button(preset.name, preset.meaning, "chip")
            chip.on_click(lambda _, preset=preset: self._state.apply(preset.go(self._state.snapshot)))
            chips.append(chip)
        self._chips = box(chips, "slls-chips")
        # Boards are made when they are first wanted: a page need not carry dials that nobody asked for.
        self._boards: dict[Units, DialBoard | DevicePanel] = {}
        self._dials = box([], "slls-board")
        super().__init__(
            "Parameters",
            [box(list(self._holds.values()), "slls-hold"), self._dials],
            [self.units],
        )
        self.listen(self._state, self._show, "snapshot")
        self.listen(self._state, self._tell, "message")
        self._show()

    def board(self, units: Units) -> DialBoard:
        """The dials of a system of units."""
        if units not in self._boards:
            made = DevicePanel(self._state) if units is Units.SI else DialBoard(self._state, units)
            self._boards[units] = self.ending(made)
        found = self._boards[units]
        return found.board if isinstance(found, DevicePanel) else found

    def _held(self, hold: Hold) -> None:
        chosen = self._state.snapshot.hold is hold
        if self._holds[hold].value != chosen:
            if not chosen:
                self._state.hold(hold)
            self._show()

    def _show(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        self.units.value = snapshot.units
        self.board(snapshot.units)
        # A message stands right under the dials, whose values it is about.
        shown = [self._boards[snapshot.units], self._message]
        if snapshot.units is not Units.SI:
            shown.append(self._chips)
        if list(self._dials.children) != shown:
            self._dials.children = shown
        for hold, toggle in self._holds.items():
            symbol, value, unit = held_reading(snapshot, hold)
            chosen = snapshot.hold is hold
            toggle.value = chosen
            # A power of ten takes the room of a digit.
            digits = 3 if 1e-4 <= abs(value) < 1e5 else 2
            toggle.description = (
                f"hold {symbol} = {number(value, digits)}{unit}" if chosen else f"hold {symbol}"
            )

    def _tell(self, change: dict[str, Any]) -> None:
        self._message.value = escape(in_symbols(change["new"]))
