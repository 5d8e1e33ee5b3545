"""Sliders and number boxes for α, ν, δ, θ, what α holds, and the presets."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import ipywidgets as w

from ..explore.presets import PRESETS
from ..explore.state import ExplorerState, Hold
from .dial import Dial, DialSpec
from .panel import Card, box, button, html
from .words import number

__all__ = ["Controls"]


_HOLD_TIPS = {
    Hold.ALPHA_NU: "moving α keeps the torque |α|ν and changes the field, as in the paper's Figs. 3 and 4",
    Hold.NU: "moving α keeps the field ν and changes the torque, as in the paper's Fig. 2",
}


DIALS = (
    DialSpec(
        "alpha",
        "α",
        "torque over field",
        "α = mP/H, spin torque over field; negative pushes against the field",
        low=-2.0,
        high=2.0,
    ),
    DialSpec(
        "nu",
        "ν",
        "field over temperature",
        "ν = βmH, magnetic over thermal energy",
        low=1e-2,
        high=1e3,
        log=True,
    ),
    DialSpec(
        "delta",
        "δ",
        "damping over precession",
        "δ = mη/γ₀, damping rate over precession rate",
        low=1e-2,
        high=1e1,
        log=True,
    ),
    DialSpec(
        "theta",
        "θ",
        "angle of P to H",
        "θ, angle between the torque P and the field H, in degrees",
        low=0.0,
        high=90.0,
        scale=180.0 / math.pi,
        unit="°",
        digits=5,
        stops=180,
    ),
)


class Controls(Card):
    """The parameters card; every change goes through the state, every display comes from it.

    Parameters
    ----------
    state : ExplorerState
        The state to steer.
    """

    def __init__(self, state: ExplorerState) -> None:
        self._state = state
        self.dials = {spec.name: Dial(spec, self._move) for spec in DIALS}
        self._holds = {hold: w.ToggleButton(tooltip=tip) for hold, tip in _HOLD_TIPS.items()}
        for hold, toggle in self._holds.items():
            toggle.observe(lambda _, hold=hold: self._held(hold), "value")
        self._message = html("", "slls-message")
        chips = []
        for preset in PRESETS:
            chip = button(preset.name, preset.meaning, "chip")
            chip.on_click(lambda _, preset=preset: state.apply(preset.go(state.snapshot)))
            chips.append(chip)
        super().__init__(
            "Parameters",
            [
                box(list(self._holds.values()), "slls-hold"),
                *self.dials.values(),
                self._message,
                box(chips, "slls-chips"),
            ],
        )
        state.observe(self._show, "snapshot")
        state.observe(self._tell, "message")
        self._show()

    def _move(self, name: str, value: float) -> None:
        if not self._state.move(**{name: value}):
            self._show()  # the refused value must not stay on screen

    def _held(self, hold: Hold) -> None:
        chosen = self._state.snapshot.hold is hold
        if self._holds[hold].value != chosen:
            if not chosen:
                self._state.hold(hold)
            self._show()

    def _show(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        for name, dial in self.dials.items():
            dial.show(getattr(snapshot.magnet, name), span=snapshot.alpha_max if name == "alpha" else None)
        held = {Hold.ALPHA_NU: snapshot.alpha_nu, Hold.NU: snapshot.magnet.nu}
        for hold, toggle in self._holds.items():
            symbol = {Hold.ALPHA_NU: "|α|ν", Hold.NU: "ν"}[hold]
            chosen = snapshot.hold is hold
            toggle.value = chosen
            toggle.description = f"hold {symbol} = {number(held[hold])}" if chosen else f"hold {symbol}"

    def _tell(self, change: dict[str, Any]) -> None:
        text = escape(change["new"])
        self._message.value = f'<span role="alert">{text}</span>' if text else ""
