"""Run, pause, reset, and the settings of the simulation."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from ..explore.live import LiveSimulation, Reading
from ..explore.state import ExplorerState, Settings
from .panel import Card, box, button, html
from .words import number

__all__ = ["SimulationPanel"]

_SCHEMES = {"Möbius splitting": "moebius", "Stratonovich Heun": "heun", "Euler (the paper's)": "euler"}


class SimulationPanel(Card):
    """Controls of the live simulation.

    Parameters
    ----------
    state : ExplorerState
    live : LiveSimulation
    """

    def __init__(self, state: ExplorerState, live: LiveSimulation) -> None:
        self._state, self._live = state, live
        self._run = button("▶ Run", "run or pause the simulation (space bar)", "primary", "run")
        self._run.on_click(lambda _: state.set_trait("running", not state.running))
        reset = button("↺ Reset", "begin the statistics anew from the same seed", "reset")
        reset.on_click(lambda _: live.reset())
        low, high = Settings.TRAJECTORIES
        self._fields: dict[str, w.ValueWidget] = {
            "trajectories": w.BoundedIntText(min=low, max=high, continuous_update=False),
            "dt": w.Text(continuous_update=False, placeholder="auto"),
            "scheme": w.Dropdown(options=_SCHEMES),
            "seed": w.BoundedIntText(min=0, max=2**32 - 1, continuous_update=False),
        }
        tips = {
            "trajectories": "independent copies that are averaged",
            "dt": "step in units of 1/(ηT); empty or 'auto' picks one for a bias below 0.1 %",
            "scheme": "how one step is made",
            "seed": "the same seed and settings give the same numbers",
        }
        rows: list[w.Widget] = []
        for name, label in {
            "trajectories": "trajectories",
            "dt": "step · ηT",
            "scheme": "scheme",
            "seed": "seed",
        }.items():
            field = self._fields[name]
            field.tooltip = tips[name]
            field.add_class(f"setting-{name}")
            field.observe(lambda change, name=name: self._entered(name, change["new"]), "value")
            rows += [html(f'<span title="{tips[name]}">{label}</span>'), field]
        self._step, self._time, self._speed = (html("–", "value") for _ in range(3))
        for label, value in (
            ("step in use · ηT", self._step),
            ("time so far · ηT", self._time),
            ("speed", self._speed),
        ):
            rows += [html(label), value]
        super().__init__(
            "Simulation",
            [box([self._run, reset], "slls-run"), box(rows, "slls-settings")],
        )
        state.observe(self._show, ["snapshot", "running"])
        live.observe(self._read, "reading")
        self._show()

    def _entered(self, name: str, value: Any) -> None:
        settings = self._state.snapshot.settings
        if name == "dt":
            text = value.strip().lower()
            try:
                value = None if text in ("", "auto") else float(text)
            except ValueError:
                self._state.message = f"step must be a number in (0, 1] or 'auto'; got {text[:20]!r}"
                self._show()
                return
        if value != getattr(settings, name) and not self._state.configure(**{name: value}):
            self._show()

    def _show(self, _change: object = None) -> None:
        settings = self._state.snapshot.settings
        for name, field in self._fields.items():
            value = getattr(settings, name)
            field.value = ("auto" if value is None else f"{value:g}") if name == "dt" else value
        self._run.description = "❚❚ Pause" if self._state.running else "▶ Run"

    def _read(self, change: dict[str, Any]) -> None:
        reading: Reading | None = change["new"]
        if reading is None:
            self._step.value = self._time.value = self._speed.value = "–"
            return
        self._step.value = number(reading.dt)
        self._time.value = number(reading.time)
        self._speed.value = f"{reading.steps_per_second / 1e6:.1f} M steps/s"
