"""The map over (α, θ): what the magnet does, and every rate, with the draggable operating point."""

from __future__ import annotations

import base64
import math
from html import escape
from typing import TYPE_CHECKING, Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from ...explore.map_values import PHASE_COLOURS, PHASE_ORDER, RATES, map_values, phase_regions
from ...explore.results import map_key
from ...explore.state import ExplorerState, Quantity
from ...explore.units import Units, next_range
from ..parts.axes import axis, bare_figure, joined, linear_scale, set_range
from ..parts.colours import SYMBOLS, Painted, paint
from ..parts.overlay import PlotOverlay
from ..parts.panel import box, button, html, select
from ..parts.state_card import StateCard
from ..parts.words import PHASE_WORDS, held_words, number, read_aloud

if TYPE_CHECKING:
    from ...maps.phase_map import Level

__all__ = ["PhaseMap"]

MARGINS = {"left": 50, "right": 16, "top": 8, "bottom": 42}
_PIXELS = (180, 360)
# Columns are even in number: none of them falls on α = 0.
_HOVER = (46, 92)
# In words: a menu has no subscripts.
_CHOICES = {
    "phase": Quantity.PHASE,
    "to the current": Quantity.S_P,
    "to the bath": Quantity.S_B,
    "produced": Quantity.SIGMA,
    "fluctuation": Quantity.DELTA_P,
    "uncertainty": Quantity.UNCERTAINTY_PRODUCT,
    "efficiency": Quantity.EFFICIENCY,
}
_BOUNDARY_STYLE = {"S_P": "solid", "S_B": "dashed"}


class PhaseMap(StateCard):
    """The phase diagram; drag, click or use the arrow keys to move the operating point.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self.x_scale = linear_scale(-2.0, 2.0)
        self.y_scale = linear_scale(0.0, 90.0)
        self.figure = self._plot()
        self.overlay = PlotOverlay(
            margins=MARGINS, y_range=[0.0, 90.0], x_name="α", y_name="θ", y_unit="°",
            label="Operating point on the map of torque α and angle θ",
        )  # fmt: skip
        self.overlay.on_move(lambda x, y: self._state.move(alpha=x, theta=math.radians(y)))
        self.overlay.on_view(self._look)
        self._bar = html("", "slls-fresh")
        self._note = html("", "slls-note", "slls-mirror")
        self._mirrored = ""
        super().__init__(
            "Phase diagram",
            [self._note, box([self.figure, self.overlay], "slls-plot"), self._bar],
            self._tools(),
            self._exact.stop,
        )
        self.listen(self._state, self._follow, "snapshot")
        self.listen(self._exact, self._speak, "point")
        self.listen(self._exact, self._draw, "phase_map")
        self.listen(self._exact, self._draw_lines, "boundaries")
        self.listen(self._exact, lambda _: self._tell_progress(), "stopped", "map_fault")
        self._exact.want_map()
        # What the picture and the lines show now.
        self._drawn: tuple[Any, ...] = ()
        self._lined: tuple[Any, ...] = ()
        self._follow()
        self._draw()
        self._draw_lines()

    def _plot(self) -> bq.Figure:
        """The picture, the boundaries and the axes."""
        scales = {"x": self.x_scale, "y": self.y_scale}
        # bqplot redraws on a new image widget, not on new bytes in the old one: fill the hidden, then swap.
        self._buffers = [self.ending(w.Image(value=_blank(), format="png")) for _ in range(2)]
        self.image = bq.Image(image=self._buffers[0], scales=scales, x=[-2.0, 2.0], y=[0.0, 90.0])
        self.image.pixelated = False
        # Each boundary twice: a pale, broad line below keeps the dark one readable on every colour.
        self.halos, self.lines = (
            {
                name: bq.Lines(
                    x=np.zeros(2),
                    y=np.zeros(2),
                    scales=scales,
                    colors=[colour],
                    stroke_width=width,
                    line_style=style,
                    opacities=[opacity],
                )
                for name, style in _BOUNDARY_STYLE.items()
            }
            for colour, width, opacity in (("#ffffff", 4.0, 0.55), ("#15181d", 1.8, 1.0))
        )
        self._x_axis = axis(self.x_scale, "α = mP/H")
        self._y_axis = axis(
            self.y_scale, "θ = ∠(P, H) in degrees", vertical=True, label_offset="35px",
            tick_values=[0, 15, 30, 45, 60, 75, 90],
        )  # fmt: skip
        return bare_figure(
            marks=[self.image, *self.halos.values(), *self.lines.values()],
            axes=[self._x_axis, self._y_axis],
            scale_x=self.x_scale, scale_y=self.y_scale, fig_margin=MARGINS,
        )  # fmt: skip

    def _tools(self) -> list[w.Widget]:
        """The range of α, and the choice of the quantity."""
        self.select = select(
            _CHOICES, self._state.snapshot.quantity, "colour of the map", "colour the map by this quantity",
            "map-quantity",
        )  # fmt: skip
        self.select.observe(lambda change: self._state.show(change["new"]), "value")
        wider = button("−", "zoom out: a wider range of α (key −)")
        narrower = button("+", "zoom in: a narrower range of α (key +)")
        for each, up in ((wider, True), (narrower, False)):
            each.add_class("range")
            each.on_click(lambda _, up=up: self._widen(up))
        reach = box([html("zoom", "slls-note"), wider, narrower], "slls-range")
        return [reach, self.select]

    def _follow(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        degrees = math.degrees(snapshot.magnet.theta)
        # The torque at (α, θ) is that at (-α, 180° - θ) turned about H: the same physics, so an obtuse angle
        # needs no map of its own.
        mirrored = degrees > 90.0
        x, y = (-snapshot.magnet.alpha, 180.0 - degrees) if mirrored else (snapshot.magnet.alpha, degrees)
        text = f"α = {number(snapshot.magnet.alpha)}, θ = {number(degrees)}°"
        where = f"α = {number(x)}, θ = {number(y)}°"
        with self.overlay.hold_sync():
            self.overlay.x, self.overlay.y = x, y
            self._place = f"{text}, drawn at its mirror image {where}" if mirrored else text
        self._speak()
        self._mirrored = (
            f"θ &gt; 90°, drawn mirrored at (−α, 180° − θ) = ({number(x)}, {number(y)}°): the same physics."
            if mirrored
            else ""
        )
        symbol = "aⱼ/B" if snapshot.units is Units.SI else "mP/H"
        self._x_axis.label = f"α = {symbol}   at {held_words(snapshot)}, δ = {number(snapshot.magnet.delta)}"
        if self.x_scale.max != snapshot.alpha_max:
            # The old names belong to places on the old axis.
            self.overlay.names = []
        set_range(self.x_scale, self._x_axis, -snapshot.alpha_max, snapshot.alpha_max)
        self.overlay.x_range = [-snapshot.alpha_max, snapshot.alpha_max]
        self.select.value = snapshot.quantity
        result = self._exact.phase_map
        self.mark_stale(result is None or result.key != map_key(snapshot))
        self._tell_progress()
        if result is not None and (result, snapshot.quantity, snapshot.scale) != self._drawn:
            self._draw()
        self._draw_lines()

    def _speak(self, _change: object = None) -> None:
        """What a screen reader says of the point: where it is and, once known, what the magnet does there."""
        snapshot, point = self._state.snapshot, self._exact.point
        text = self._place
        if point is not None and point.magnet == snapshot.magnet:
            steady = point.steady
            text += f": {PHASE_WORDS[steady.phase][0].lower()}; {read_aloud(steady, snapshot.scale)}"
            if snapshot.quantity not in (Quantity.PHASE, Quantity.S_P, Quantity.S_B, Quantity.SIGMA):
                rate = snapshot.scale.rate if snapshot.quantity in RATES else 1.0
                value = rate * float(getattr(steady, snapshot.quantity.value))
                text += f"; {SYMBOLS[snapshot.quantity]} = {number(value, 4)}"
        self.overlay.value_text = text

    def _draw(self, _change: object = None) -> None:
        result, snapshot = self._exact.phase_map, self._state.snapshot
        if result is None:
            return
        quantity, scale = snapshot.quantity, snapshot.scale
        self._drawn = (result, quantity, scale)
        fresh = result.key == map_key(self._state.snapshot)
        self.mark_stale(not fresh)
        rate = scale.rate if quantity in RATES else 1.0
        painted = paint(quantity, rate * map_values(result.level, quantity, _PIXELS), scale.rate_unit)
        hidden = self._buffers[1] if self.image.image is self._buffers[0] else self._buffers[0]
        hidden.value = painted.png
        alpha = result.level.alpha
        with self.image.hold_sync():
            self.image.x = [float(alpha[0]), float(alpha[-1])]
            self.image.image = hidden
        self._bar.value = _legend(quantity, painted)
        hover = (rate * map_values(result.level, quantity, _HOVER)).astype(np.float32)
        with self.overlay.hold_sync():
            self.overlay.grid, self.overlay.grid_shape = hover.tobytes(), list(_HOVER)
            self.overlay.value_name = SYMBOLS[quantity]
            self.overlay.value_unit = scale.rate_unit if quantity in RATES else ""
            self.overlay.value_words = (
                [PHASE_WORDS[phase][0].lower() for phase in PHASE_ORDER] if quantity is Quantity.PHASE else []
            )
        self._name_phases(result.level)
        self._tell_progress()

    def _tell_progress(self) -> None:
        """Say what is still to come, in the place of the cue, and what will not, above the map."""
        key, result, lines = map_key(self._state.snapshot), self._exact.phase_map, self._exact.boundaries
        fraction = 0.0 if result is None or result.key != key else result.fraction
        done, fault = fraction >= 1.0, self._exact.map_fault
        untraced = lines.untraced if lines is not None and lines.key == key else ""
        missing = f"Boundaries are not traced here: {escape(untraced)}." if untraced else ""
        if fault is not None and fault.key == key:
            cue = "not refined" if fraction else "not computed"
            self.busy(cue, stopped=True)
            missing = f"{cue.capitalize()}: {escape(fault.reason)}."
        elif self._exact.stopped and not done:
            self.busy("stopped", stopped=True)
        elif fraction == 0.0:
            self.busy("")  # the whole panel is stale and says so
        elif lines is None or lines.key != key:
            self.busy("tracing boundaries …")
        else:
            self.busy("" if done else f"refining, {100 * fraction:.0f} %")
        self._note.value = " ".join(filter(None, [self._mirrored, missing]))

    def _look(self, kind: str, factor: float, _y: float) -> None:
        if kind == "zoom":
            self._widen(factor > 1.0)

    def _widen(self, up: bool) -> None:
        snapshot = self._state.snapshot
        self._state.show(alpha_max=next_range(snapshot.alpha_max, up))

    def _draw_lines(self, _change: object = None) -> None:
        boundaries = self._exact.boundaries
        if boundaries is None:
            return
        fresh = boundaries.key == map_key(self._state.snapshot)
        if (boundaries, fresh) == self._lined:
            return
        self._tell_progress()
        self._lined = (boundaries, fresh)
        for name, mark in self.lines.items():
            found = boundaries.lines.get(name, []) if fresh else []
            x, y = joined([(alpha, np.degrees(theta)) for alpha, theta in found])
            for each in (self.halos[name], mark):
                with each.hold_sync():
                    each.x, each.y = x, y

    def _name_phases(self, level: Level) -> None:
        """Write each phase's name where that phase is widest."""
        grid = map_values(level, Quantity.PHASE, _HOVER)
        rows, columns = grid.shape
        alpha = np.linspace(level.alpha[0], level.alpha[-1], columns)
        if float(alpha[-1]) != self._state.snapshot.alpha_max:
            return
        half_cell = 0.5 * float(alpha[1] - alpha[0])
        names = []
        for phase, row, left, right in phase_regions(grid, alpha):
            word, icon = PHASE_WORDS[phase]
            names.append(
                {
                    "x": float(0.5 * (alpha[left] + alpha[right - 1])),
                    "y": 90.0 * row / (rows - 1),
                    "from": float(alpha[left]) - half_cell,
                    "to": float(alpha[right - 1]) + half_cell,
                    "label": word.lower(),
                    "icon": icon,
                }
            )
        self.overlay.names = names


_LINES = (
    '<span><i class="line"></i>S<sub>P</sub> = 0</span>'
    '<span><i class="line dashed"></i>S<sub>B</sub> = 0</span>'
)


def _legend(quantity: Quantity, painted: Painted) -> str:
    if quantity is Quantity.PHASE:
        swatches = "".join(
            f'<span><i style="background:rgb{PHASE_COLOURS[phase]}"></i>{PHASE_WORDS[phase][1]} '
            f"{PHASE_WORDS[phase][0].lower()}</span>"
            for phase in PHASE_ORDER[:3]
        )
        return f'<div class="slls-bar"><div class="cats">{swatches}{_LINES}</div></div>'
    ticks = "".join(
        f'<span style="left:{100.0 * share:.2f}%">{label}</span>' for share, label in painted.ticks
    )
    return (
        f'<div class="slls-bar"><div class="ramp" style="background:{painted.gradient}"></div>'
        f'<div class="ticks">{ticks}</div>'
        f'<div class="cats"><span class="title">{painted.title}</span>{_LINES}</div></div>'
    )


def _blank() -> bytes:
    """A transparent pixel, shown until there is a map."""
    return base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )
