"""The dials of each system of units, on boards that steer and follow one state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...explore.state import LIMITS, ExplorerState, Hold
from ...explore.units import SAMPLE_LIMITS, Units, readings
from .dial import Dial, DialSpec, not_a_number
from .panel import ListeningBox
from .words import field_text, in_symbols, number

__all__ = ["SPECS", "DialBoard"]

_DEGREES = 180.0 / math.pi
_THETA = DialSpec(
    "theta", "θ", "angle between P and H", "θ, angle between the torque P and the field H, in degrees",
    0.0, 90.0, scale=_DEGREES, unit="°", digits=5, stops=180, known=True,
)  # fmt: skip

SPECS: dict[Units, tuple[DialSpec, ...]] = {
    Units.REDUCED: (
        DialSpec("alpha", "α", "torque over field",
                 "α = mP/H, spin torque over field; negative pushes against the field", -2.0, 2.0,
                 known=True),
        DialSpec("nu", "ν", "field over temperature", "ν = βmH, magnetic over thermal energy",
                 1e-2, 1e3, log=True, known=True),
        DialSpec("delta", "δ", "damping over precession", "δ = mη/γ₀, damping rate over precession rate",
                 1e-2, 1e1, log=True, known=True),
        _THETA,
    ),
    Units.PAPER: (
        DialSpec("torque", "P", "spin torque", "P at γ₀ = T = 1, |m| = √3; negative pushes against H",
                 -3.0, 3.0, stops=600),
        DialSpec("field", "H", "magnetic field", "H at γ₀ = T = 1, |m| = √3", 1e-2, 1e3, log=True),
        DialSpec("damping", "η", "damping", "η at γ₀ = T = 1, |m| = √3; the paper simulates with 0.5",
                 5e-3, 5.0, log=True),
        _THETA,
    ),
    Units.SI: (
        DialSpec("magnetisation_si", "M_s", "magnetisation", "saturation magnetisation of the free layer",
                 0.03, 3.0, log=True, scale=1e-6, unit="MA/m"),
        DialSpec("gilbert_damping", "α_G", "Gilbert damping", "the δ of the reduced model",
                 1e-4, 1.0, log=True),
        DialSpec("diameter_si", "d", "diameter", "of the free layer, a disc", 5.0, 205.0, scale=1e9,
                 unit="nm", stops=200),
        DialSpec("thickness_si", "t", "thickness", "of the free layer", 0.5, 10.5, scale=1e9, unit="nm",
                 stops=100),
        DialSpec("temperature_si", "T", "temperature", "of the bath", 1.0, 601.0, unit="K", stops=600),
        DialSpec("field_si", "B", "field", "magnetic field on the free layer", 1.0, 1e4, log=True, scale=1e3,
                 unit="mT"),
        DialSpec("current_si", "I", "current", "charge current; its sign is that of α", -200.0, 200.0,
                 scale=1e6, unit="µA"),
        DialSpec("polarisation", "p", "spin polarisation", "of the current, 0 to 1", 0.05, 1.0, stops=95),
        DialSpec("theta", "θ", "angle between P and B", "between the polarisation and the field", 0.0, 90.0,
                 scale=_DEGREES, unit="°", digits=5, stops=180),
    ),
}  # fmt: skip


# Of each dial that has some of its own, in the parameter's unit.
_LIMITS = {**LIMITS, **SAMPLE_LIMITS, "gilbert_damping": LIMITS["delta"]}


class DialBoard(ListeningBox):
    """The dials of one system of units: every turn goes through the state, every display comes from it.

    Parameters
    ----------
    state : ExplorerState
    units : Units
        Whose dials; the state may be read in others.
    classes : sequence of str
        CSS classes.
    """

    def __init__(self, state: ExplorerState, units: Units, classes: Sequence[str] = ()) -> None:
        self._state, self._units = state, units
        self._turning = ""
        self.dials = {spec.name: Dial(spec, self._turn) for spec in SPECS[units]}
        super().__init__(list(self.dials.values()))
        for name in ("slls-dials", *classes):
            self.add_class(name)
        self.listen(state, self._show, "snapshot")
        self.listen(state, self._heal, "message")
        self._show()

    def _heal(self, change: dict[str, Any]) -> None:
        """Unmark what was refused once something else has been granted, even if that changed nothing."""
        if not change["new"] and any(dial.shown["refused"] for dial in self.dials.values()):
            self._show()

    def _turn(self, name: str, value: float) -> None:
        self._turning, sweep = name, self.dials[name].sweep
        try:
            if sweep:
                done = self._state.sweep(self._units, name, value, begins=sweep == "begins")
            else:
                done = self._state.turn(self._units, name, value)
            # A move has shown itself; what was refused, now or before, must not stay on screen.
            if not done or self.dials[name].shown["refused"]:
                self._show()
        finally:
            self._turning = ""
        if sweep:  # what cannot be had ends it
            return
        if not done:
            self._state.message = self._refusal(name, value)
            self.dials[name].refuse()
        elif name == "alpha" and self.dials[name].typed and self._state.magnet.alpha != value:
            self._state.message = (
                f"α = {field_text(value, 6)} is out of reach while the torque is kept, since the field "
                "would be too strong: this is the nearest. Keep the field instead."
            )

    def _refusal(self, name: str, value: float) -> str:
        """Why a value was refused, in the dial's own symbol and unit; the library speaks of others."""
        spec = self.dials[name].spec
        symbol, unit = spec["symbol"], spec["unit"] if spec["unit"] == "°" else f" {spec['unit']}".rstrip()
        if math.isnan(value):
            return f"{symbol} {not_a_number(self.dials[name].typed)}"
        got = f"{field_text(spec['scale'] * value, 6)}{unit}"
        if name in _LIMITS and not _LIMITS[name][0] <= value <= _LIMITS[name][1]:
            low, high = (number(spec["scale"] * end) for end in _LIMITS[name])
            return f"{symbol} must lie between {low}{unit} and {high}{unit}; got {got}"
        reason = in_symbols(self._state.message).partition("; got")[0]
        if reason.startswith(f"{symbol} must"):
            return f"{reason}; got {got}"
        return f"{symbol} = {got} is out of reach: {reason}"

    def _show(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        values = readings(snapshot.magnet, snapshot.sample, self._units)
        for name, dial in self.dials.items():
            dial.show(values[name], ends=self._ends(name, dial))
        raised = self.dials.get("nu") or self.dials.get("field")
        if raised is not None:
            torque = self._units is Units.PAPER or snapshot.hold is Hold.ALPHA_NU
            raised.sweeps = f"raise the field at this {'torque' if torque else 'α'}"

    def _ends(self, name: str, dial: Dial) -> tuple[float, float] | None:
        """Ends of a slider that depend on the point."""
        snapshot = self._state.snapshot
        if name == "alpha":
            return -snapshot.alpha_max, snapshot.alpha_max
        if name == "theta":
            # Obtuse angles mirror acute ones: the slider reaches them only where the point has one, and does
            # not change under the hand that turns it back.
            turned_back = self._turning == "theta" and dial.range[1] > 90.0
            return (0.0, 180.0) if snapshot.magnet.theta > math.pi / 2 or turned_back else (0.0, 90.0)
        return None
