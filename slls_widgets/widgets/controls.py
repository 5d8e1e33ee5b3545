"""Sliders and number boxes for α, ν, δ, θ, what α holds, and the presets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as w

from ..explore.presets import PRESETS
from ..explore.state import ExplorerState, Hold
from .panel import Card, box, button, html
from .words import number

__all__ = ["Controls", "Dial", "Row"]


_HOLD_TIPS = {
    Hold.ALPHA_NU: "moving α keeps the torque |α|ν and changes the field, as in the paper's Figs. 3 and 4",
    Hold.NU: "moving α keeps the field ν and changes the torque, as in the paper's Fig. 2",
}


@dataclass(frozen=True)
class Dial:
    """A parameter as a row shows it: on a logarithmic track ``low`` and ``high`` are powers of ten."""

    name: str
    symbol: str
    meaning: str
    tooltip: str
    low: float
    high: float
    step: float
    log: bool = False
    scale: float = 1.0  # shown value = scale * parameter
    unit: str = ""
    digits: int = 4


DIALS = (
    Dial(
        "alpha",
        "α",
        "torque over field",
        "α = mP/H, spin torque over field; negative pushes against the field",
        low=-2.0,
        high=2.0,
        step=0.01,
    ),
    Dial(
        "nu",
        "ν",
        "field over temperature",
        "ν = βmH, magnetic over thermal energy",
        low=-2.0,
        high=3.0,
        step=0.01,
        log=True,
    ),
    Dial(
        "delta",
        "δ",
        "damping over precession",
        "δ = mη/γ₀, damping rate over precession rate",
        low=-2.0,
        high=1.0,
        step=0.01,
        log=True,
    ),
    Dial(
        "theta",
        "θ",
        "angle between P, H",
        "θ, angle between the torque P and the field H, in degrees",
        low=0.0,
        high=90.0,
        step=0.5,
        scale=180.0 / math.pi,
        unit="°",
        digits=5,
    ),
)


class Row:
    """One parameter: symbol, meaning, number box and slider, all showing the state."""

    def __init__(self, dial: Dial, move: Callable[[str, float], None]) -> None:
        self._dial = dial
        self._move = move
        # What was last put on screen from the state: a change to anything else is the reader's.
        self._shown: dict[w.Widget, float] = {}
        common = {"readout": False, "step": dial.step, "min": dial.low, "max": dial.high}
        self.slider = w.FloatLogSlider(base=10.0, **common) if dial.log else w.FloatSlider(**common)
        self.number = w.FloatText(continuous_update=False)
        self.slider.tooltip = dial.tooltip
        self.number.tooltip = f"{dial.symbol}, {dial.meaning}: type a value and press Enter"
        unit = f" ({dial.unit})" if dial.unit else ""
        for widget, kind in ((self.slider, "slider"), (self.number, "number")):
            widget.observe(self._changed, "value")
            widget.add_class(kind)
            widget.add_class(f"{kind}-{dial.name}")
        self.widget = box(
            [
                html(f'<span title="{dial.tooltip}">{dial.symbol}</span>', "symbol"),
                html(f'<span title="{dial.tooltip}">{dial.meaning}{unit}</span>', "meaning"),
                self.number,
                self.slider,
            ],
            "slls-parameter",
        )

    def show(self, value: float, *, span: float | None = None) -> None:
        """Show a value that came from the state; ``span`` is a new symmetric range of the slider."""
        shown = value * self._dial.scale
        # In one message: the browser snaps the value to the range and step that it knows at that moment.
        with self.slider.hold_sync():
            # The range grows before the value moves and shrinks after, so that no value is clipped.
            if span is not None and span > self.slider.max:
                self._stretch(span)
            self._put(self.slider, self._on_track(shown, span))
            if span is not None and span < self.slider.max:
                self._stretch(span)
        self._put(self.number, float(f"{shown:.{self._dial.digits}g}"))

    def _on_track(self, shown: float, span: float | None) -> float:
        """The nearest stop of the slider: a browser snaps to one anyway, and would report it as a move."""
        low, high, step = self.slider.min, self.slider.max, self.slider.step
        if span is not None:
            low, high, step = -span, span, span / 200.0
        at = math.log10(shown) if self._dial.log else shown
        at = low + step * round((min(max(at, low), high) - low) / step)
        return float(10.0**at) if self._dial.log else at

    def _stretch(self, span: float) -> None:
        self.slider.min, self.slider.max, self.slider.step = -span, span, span / 200.0

    def _put(self, widget: w.Widget, value: float) -> None:
        self._shown[widget] = value
        widget.value = value

    def _changed(self, change: dict[str, Any]) -> None:
        shown = self._shown.get(change["owner"], math.nan)
        # The browser's powers of ten differ from ours in the last bits.
        if not math.isclose(change["new"], shown, rel_tol=1e-9, abs_tol=1e-12):
            self._move(self._dial.name, change["new"] / self._dial.scale)


class Controls(Card):
    """The parameters card; every change goes through the state, every display comes from it.

    Parameters
    ----------
    state : ExplorerState
        The state to steer.
    """

    def __init__(self, state: ExplorerState) -> None:
        self._state = state
        self._rows = {dial.name: Row(dial, self._move) for dial in DIALS}
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
                *(row.widget for row in self._rows.values()),
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
        for name, row in self._rows.items():
            row.show(getattr(snapshot.magnet, name), span=snapshot.alpha_max if name == "alpha" else None)
        held = {Hold.ALPHA_NU: snapshot.alpha_nu, Hold.NU: snapshot.magnet.nu}
        for hold, toggle in self._holds.items():
            symbol = {Hold.ALPHA_NU: "|α|ν", Hold.NU: "ν"}[hold]
            chosen = snapshot.hold is hold
            toggle.value = chosen
            toggle.description = f"hold {symbol} = {number(held[hold])}" if chosen else f"hold {symbol}"

    def _tell(self, change: dict[str, Any]) -> None:
        text = escape(change["new"])
        self._message.value = f'<span role="alert">{text}</span>' if text else ""
