"""Run, pause, reset, and the settings of the simulation."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as w

from ...explore.state import ExplorerState, Settings
from ..parts.dial import typed_number
from ..parts.panel import box, button, html, set_class
from ..parts.spoken import Spoken
from ..parts.state_card import StateCard
from ..parts.words import in_symbols, number

__all__ = ["SimulationPanel"]


class SimulationPanel(StateCard):
    """Controls of the live simulation.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    _showing = False

    def __init__(self, state: ExplorerState | None = None) -> None:
        from ...simulation.schemes import SCHEMES  # here, since it brings a compiler along

        self.join(state)
        self._scale = self._state.snapshot.scale
        self._message = Spoken("alert", "slls-message")
        self._run = button("▶ Run", "run or pause the simulation (space bar)", "primary", "run")
        self._run.on_click(lambda _: self._state.set_trait("running", not self._state.running))
        reset = button("↺ Reset", "restart with the same seed", "reset")
        reset.on_click(lambda _: self._live.reset())
        self._fields: dict[str, w.ValueWidget] = {
            "trajectories": w.Text(continuous_update=False),
            "dt": w.Text(continuous_update=False, placeholder="auto"),
            "scheme": w.Dropdown(options=[(each.label, name) for name, each in SCHEMES.items()]),
            "seed": w.Text(continuous_update=False),
        }
        tips = {
            "trajectories": "independent copies that are averaged",
            "dt": "time step; empty or 'auto' picks one whose bias is below 0.1 % in S_P and 0.2 % in S_B",
            "scheme": "how one step is made, and its calculus: "
            + ", ".join(f"{each.label} ({each.calculus})" for each in SCHEMES.values()),
            "seed": "the same seed and settings give the same numbers",
        }
        # A field's own description is its label, for the eye and for screen readers.
        for name, field in self._fields.items():
            field.tooltip = tips[name]
            field.description = name
            field.add_class(f"setting-{name}")
            field.observe(lambda change, name=name: self._entered(name, change["new"]), "value")
        rows: list[w.Widget] = list(self._fields.values())
        # One widget: the three change together, many times a second.
        self._readout = html("", "slls-readouts")
        rows.append(self._readout)
        # A screen reader is told what an eye sees on the button.
        self._spoken = Spoken("status", "slls-sr")
        super().__init__(
            "Simulation",
            [box([self._run, reset], "slls-run"), box(rows, "slls-settings"), self._message, self._spoken],
        )
        self.listen(self._state, self._tell, "running", "simulation_message")
        self.listen(self._state, self._show, "snapshot", "running")
        self.listen(self._live, self._say, "reading", "settling")
        self._show()

    def _entered(self, name: str, value: Any) -> None:
        if self._showing:  # nobody has typed
            return
        try:
            wanted = self._read(name, value)
        except ValueError as error:
            self._state.simulation_message = str(error)
        else:
            if self._state.configure(**{name: wanted}):
                return
            # A scheme and a step that do not go together.
        self._show()
        self._fields[name].add_class("refused")

    def _read(self, name: str, value: Any) -> Any:
        """What a field asks for; of the panel's own refusals the words are those of its units."""
        if name == "scheme":
            return value
        text = value.strip().lower()
        if name != "dt":
            low, high = Settings.TRAJECTORIES if name == "trajectories" else Settings.SEEDS
            whole = typed_number(text)
            if not (low <= whole <= high and whole.is_integer()):
                raise ValueError(f"{name} must be a whole number from {low} to {high}; got {text[:20]!r}")
            return int(whole)
        if text == self._step_text():  # as shown, which may be rounded
            return self._state.snapshot.settings.dt
        if text in ("", "auto"):
            return None
        scale = self._state.snapshot.scale
        step = typed_number(text) / scale.time
        if not 0.0 < step <= Settings.LONGEST_STEP:
            longest = f"{number(Settings.LONGEST_STEP * scale.time)}{scale.time_suffix}"
            raise ValueError(
                f"the time step must be a number above 0 and up to {longest}, or 'auto'; got {text[:20]!r}"
            )
        return step

    def _show(self, _change: object = None) -> None:
        settings, scale = self._state.snapshot.settings, self._state.snapshot.scale
        self._showing = True
        for name, field in self._fields.items():
            value = getattr(settings, name)
            field.value = value if name == "scheme" else self._step_text() if name == "dt" else str(value)
        self._showing = False
        unit = scale.time_suffix.strip(" /")
        name = {"(ηT)": " in 1/(ηT)", "": ""}.get(unit, f" in {unit}")
        self._fields["dt"].description = f"time step{name}"
        self._scale = scale
        self._say()
        self._run.description = "❚❚ Pause" if self._state.running else "▶ Run"

    def _tell(self, change: dict[str, Any]) -> None:
        if change["name"] == "simulation_message":
            self._message.value = escape(in_symbols(change["new"]))
            # Whatever was asked for last was granted.
            for field in self._fields.values() if not change["new"] else ():
                set_class(field, "refused", False)
        else:
            reading = self._live.reading
            after = (
                ""
                if reading is None
                else f" at time {number(reading.time * self._scale.time)}{self._scale.time_suffix}"
            )
            self._spoken.value = "simulation running" if change["new"] else f"simulation paused{after}"

    def _step_text(self) -> str:
        snapshot = self._state.snapshot
        dt = snapshot.settings.dt
        return "auto" if dt is None else f"{dt * snapshot.scale.time:.6g}"

    def _say(self, _change: object = None) -> None:
        reading, settling = self._live.reading, self._live.settling
        snapshot, scale = self._state.snapshot, self._scale
        if settling < 1.0:
            self._read_out(time=f"settling, {100.0 * settling:.0f} %")
        # Numbers of an older point or of other settings would look like those of this one.
        elif reading is None or (reading.magnet, reading.settings) != (snapshot.magnet, snapshot.settings):
            self._read_out()
        else:
            self._read_out(
                number(reading.dt * scale.time) + scale.time_suffix,
                number(reading.time * scale.time) + scale.time_suffix,
                f"{reading.steps_per_second / 1e6:.1f} M steps/s",
            )

    def _read_out(self, step: str = "–", time: str = "–", speed: str = "–") -> None:
        rows = {"time step in use": step, "time so far": time, "speed": speed}
        self._readout.value = "".join(
            f'<div class="slls-readout"><span>{caption}</span><span class="value">{value}</span></div>'
            for caption, value in rows.items()
        )
