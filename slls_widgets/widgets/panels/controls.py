"""The parameters card: dials in the chosen units, what a move of α holds, and places worth visiting."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as w

from ...explore.presets import PRESETS
from ...explore.state import ExplorerState, Hold, held_reading
from ...explore.units import Units
from ..parts.dials import DialBoard
from ..parts.menu import Menu
from ..parts.panel import box, button, html, select, set_class
from ..parts.spoken import Spoken
from ..parts.state_card import StateCard
from ..parts.words import in_symbols, number
from .device_view import DevicePanel

__all__ = ["Controls"]

_HOLD_TIPS = {
    Hold.ALPHA_NU: "moving α keeps the torque and changes the field, as in the paper's Figs. 3 and 4",
    Hold.NU: "moving α keeps the field and changes the torque, as in the paper's Fig. 2",
}
_HOLDS = {Hold.ALPHA_NU: "torque", Hold.NU: "field"}
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
        self.units = select(
            _UNITS, self._state.snapshot.units, "units",
            "read the point in reduced units, in the paper's, or as a device in SI units", "units",
        )  # fmt: skip
        self.units.observe(lambda change: self._state.show(units=change["new"]), "value")
        self._chips = {preset.name: button(preset.name, preset.meaning, "chip") for preset in PRESETS}
        for name, chip in self._chips.items():
            chip.on_click(lambda _, name=name: self._go(name))
        self._row = self.ending(box(list(self._chips.values()), "slls-chips"))
        # A device has dials enough: there the places are a menu.
        self._menu = self.ending(Menu("Go to", "places worth visiting", list(self._chips), self._go))
        # Boards are made when they are first wanted: a page need not carry dials that nobody asked for.
        self._boards: dict[Units, DialBoard | DevicePanel] = {}
        self._dials = box([], "slls-board")
        super().__init__(
            "Parameters",
            [
                html("when α moves, keep", "slls-note", "slls-label"),
                box(list(self._holds.values()), "slls-hold"),
                self._dials,
            ],
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

    def _go(self, name: str) -> None:
        preset = next(each for each in PRESETS if each.name == name)
        self._state.apply(preset.go(self._state.snapshot))

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
        # A message stands last: it must not push away what is about to be pressed.
        shown = [
            self._boards[snapshot.units],
            self._menu if snapshot.units is Units.SI else self._row,
            self._message,
        ]
        if list(self._dials.children) != shown:
            self._dials.children = shown
        for hold, toggle in self._holds.items():
            symbol, value, unit = held_reading(snapshot, hold)
            chosen = snapshot.hold is hold
            toggle.value = chosen
            # A power of ten takes the room of a digit.
            digits = 3 if 1e-4 <= abs(value) < 1e5 else 2
            name = _HOLDS[hold]
            toggle.description = (
                f"{name} {symbol} = {number(value, digits)}{unit}" if chosen else f"{name} {symbol}"
            )
        for preset, chip in zip(PRESETS, self._chips.values(), strict=True):
            there = preset.go(snapshot)
            at = (there.magnet, there.hold, there.units) == (snapshot.magnet, snapshot.hold, snapshot.units)
            set_class(chip, "mod-active", at)

    def _tell(self, change: dict[str, Any]) -> None:
        self._message.value = escape(in_symbols(change["new"]))
