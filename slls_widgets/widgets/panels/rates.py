"""Rates against α through the operating point: exact, closed form at θ = 0, and simulated."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from ... import theory
from ...explore.live import Reading
from ...explore.results import Curves, curves_key
from ...explore.state import LARGEST_NU, ExplorerState, Hold, Snapshot
from ...explore.units import Units, superscript
from ..parts.axes import SignedAxis, axis, bare_figure, joined, linear_scale, rounded_out, set_range
from ..parts.comparison import ghost
from ..parts.overlay import PlotOverlay
from ..parts.panel import box, button, html, select, term
from ..parts.phase_bands import bands, special_points
from ..parts.state_card import StateCard
from ..parts.words import held_words, number, read_aloud

__all__ = ["RatesView"]

QUANTITIES = ("S_P", "S_B", "Sigma")
# Names of the stylesheet's colours, so that the curves follow the theme.
COLOURS = {"S_P": "var(--pumped)", "S_B": "var(--bath)", "Sigma": "var(--production)"}
LABELS = {
    "S_P": f"{term('S_P')} to the current",
    "S_B": f"{term('S_B')} to the bath",
    "Sigma": f"{term('Σ')} produced",
}
# Above the plot is a strip for the names of the phases, where no curve runs.
MARGINS = {"left": 66, "right": 16, "top": 26, "bottom": 42}
_MOST_POINTS = 60
# How far beyond the exact curves the axis follows the closed forms, in shares of their range.
_CLOSED_REACH = 0.35
_AXES = {"linear": False, "symmetric log": True}
_LABEL = "Entropy rates against torque over field α; Page Up and Page Down go to the named points"
_NAMES = {"S_P": "S_P", "S_B": "S_B", "Sigma": "Σ"}


class RatesView(StateCard):
    """Three rates against α at the angle of the point, with the phases shaded and special points named.

    Drag or use the arrow keys to move α; + and - zoom, 0 shows everything again. Simulated points accumulate
    while δ, θ and what α holds stay.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self._points: dict[float, Reading] = {}
        self._points_key: tuple[Any, ...] | None = None
        self._closed_key: tuple[Any, ...] | None = None
        self._drawn_points = 0
        self._drawn_ghost: tuple[Any, ...] = (None, None, None)
        self._moved_view = False
        self._drawn_as: tuple[Any, ...] = (self._state.snapshot.scale, self._state.snapshot.log_rates)
        self.x_scale = linear_scale(-2.0, 2.0)
        self.y_scale = linear_scale(-5.0, 10.0)
        self._full_view: tuple[float, float, float, float] = (-2.0, 2.0, -5.0, 10.0)
        self.figure = self._plot()
        self.overlay = PlotOverlay(
            two_dimensional=False,
            margins=MARGINS,
            x_range=[-2.0, 2.0],
            x_name="α",
            label=_LABEL,
            series_names=list(_NAMES.values()),
        )
        self.overlay.on_move(lambda x, _y: self._state.move(alpha=x))
        self.overlay.on_view(self._look)
        self._note = html("", "slls-note", "slls-mirror")
        super().__init__(
            "Entropy rates against α",
            [html(_legend(), "slls-legend-box"), self._note, box([self.figure, self.overlay], "slls-plot")],
            self._tools(),
            self._exact.stop,
        )
        for scale in (self.x_scale, self.y_scale):
            scale.observe(self._rescaled, ["min", "max"])
        self.listen(self._state, self._follow, "snapshot")
        self.listen(self._exact, self._draw, "curves")
        self.listen(self._exact, self._tell_progress, "progress", "stopped", "curves_fault")
        self.listen(self._exact, self._speak, "point")
        self.listen(self._live, self._simulated, "reading")
        self.listen(self._pinned, self._draw, "result")
        self._follow()
        if self._exact.curves is not None:
            self._draw()

    def _plot(self) -> bq.Figure:
        """The marks and the axes."""
        scales = {"x": self.x_scale, "y": self.y_scale}
        self._zero = bq.Lines(
            x=[-100.0, 100.0],
            y=[0.0, 0.0],
            scales=scales,
            colors=["var(--dim)"],
            stroke_width=1,
            opacities=[0.6],
        )
        # One mark draws a line for each rate: what moves together is sent, and drawn, together.
        three = np.zeros((len(QUANTITIES), 2))
        colours = list(COLOURS.values())
        self.curves, self.closed, self.bars, self.ghost = (
            bq.Lines(x=np.zeros(2), y=three, scales=scales, colors=colours, **style)
            for style in (
                {"stroke_width": 2.5},
                {"stroke_width": 1.3, "line_style": "dashed"},
                {"stroke_width": 1.6},
                {"stroke_width": 5.0, "opacities": [0.28] * len(QUANTITIES)},
            )
        )
        # The colours take turns, as the points do.
        self.dots = bq.Scatter(
            x=[], y=[], scales=scales, colors=colours, stroke="var(--card)", stroke_width=1.5, default_size=50
        )
        self._x_axis = axis(self.x_scale, "α = mP/H")
        self._y_axis = axis(self.y_scale, "rate / ηT", vertical=True)
        self._rates_axis = SignedAxis(self.y_scale, self._y_axis)
        return bare_figure(
            marks=[self._zero, self.ghost, self.closed, self.curves, self.bars, self.dots],
            axes=[self._x_axis, self._y_axis], scale_x=self.x_scale, scale_y=self.y_scale, fig_margin=MARGINS,
        )  # fmt: skip

    def _tools(self) -> list[w.Widget]:
        """The choice of the axis, and the buttons for the view."""
        self._axis = select(
            _AXES, self._state.snapshot.log_rates, "axis of the rates",
            "symmetric log: decades of either sign, linear around 0", "rates-axis",
        )  # fmt: skip
        self._axis.observe(lambda change: self._state.show(log_rates=change["new"]), "value")
        self._zoom = w.ToggleButton(
            description="zoom",
            tooltip="turn the wheel to zoom, drag to pan; on the keyboard + and -, and the arrow keys",
            value=False,
        )
        self._zoom.observe(self._zooming, "value")
        self._home = button("reset view", "show the whole range again (key 0)")
        self._home.on_click(lambda _: self._show_all())
        for tool in (self._zoom, self._home):
            tool.add_class("zooming")
        return [self._axis, self._zoom, self._home]

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The simulated points on the plot, the newest last."""
        return tuple(self._points.values())

    def _follow(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        magnet = snapshot.magnet
        with self.overlay.hold_sync():
            self.overlay.x = magnet.alpha
        self._speak()
        angle = number(math.degrees(magnet.theta))
        symbol = "aⱼ/B" if snapshot.units is Units.SI else "mP/H"
        self._x_axis.label = f"α = {symbol}   at θ = {angle}°, {held_words(snapshot)}"
        self._axis.value = snapshot.log_rates
        curves = self._exact.curves
        self.mark_stale(curves is None or curves.key != curves_key(snapshot))
        if self._drawn_as != (snapshot.scale, snapshot.log_rates):
            self._draw()
            self._draw_points()
        if self._points_key != curves_key(snapshot):
            self._points_key = curves_key(snapshot)
            # They leave the plot with the curves that they were beside.
            self._points.clear()

    def _speak(self, _change: object = None) -> None:
        """What a screen reader says of the point: α, and the rates there once they are known."""
        snapshot, point = self._state.snapshot, self._exact.point
        here = point is not None and point.magnet == snapshot.magnet
        rates = f": {read_aloud(point.steady, snapshot.scale)}" if here and point is not None else ""
        self.overlay.value_text = f"α = {number(snapshot.magnet.alpha)}{rates}"

    def _draw(self, _change: object = None) -> None:
        curves = self._exact.curves
        if curves is None:
            return
        snapshot = self._state.snapshot
        scale, rates_axis = snapshot.scale, self._rates_axis
        jumps = snapshot.hold is Hold.ALPHA_NU
        rates_axis.threshold = _threshold(curves, scale.rate) if snapshot.log_rates else None
        rates_axis.label = _y_label(snapshot)
        rates_axis.unit = 10.0**scale.power
        alpha = _with_gap(curves, curves.alpha, jumps, 0.0)

        def draw(mark: bq.Lines, rates: Curves | theory.Rates) -> None:
            # In an infinite field n lies along H: what the bath loses the current gains; nothing is produced.
            along = math.cos(curves.key.theta) if rates is curves else 1.0
            flow = 2.0 * snapshot.alpha_nu / snapshot.magnet.delta * along if jumps else 0.0
            limits = (flow, -flow, 0.0)
            rows = [
                _with_gap(curves, getattr(rates, name), jumps, limit)
                for name, limit in zip(QUANTITIES, limits, strict=True)
            ]
            with mark.hold_sync():
                mark.x, mark.y = alpha, rates_axis.place(scale.rate * np.stack(rows))

        draw(self.curves, curves)
        # The closed forms at θ = 0 stay where they are while only the angle moves; once fine, they stay fine.
        closed_key = (curves.key.map, scale.rate, rates_axis.threshold)
        if self._closed_key not in ((*closed_key, True), (*closed_key, curves.fine)):
            self._closed_key = (*closed_key, curves.fine)
            draw(self.closed, curves.closed)
        self._draw_ghost()
        if self._drawn_points != len(self._points):
            self._draw_points()
        self._drawn_as = (scale, snapshot.log_rates)
        everything = (-snapshot.alpha_max, snapshot.alpha_max)
        if everything != self._full_view[:2]:
            self._moved_view = False
        self._full_view = (*everything, *_y_range(curves, scale.rate, rates_axis))
        if not (self._zoom.value or self._moved_view):
            self._show_all()
        runs = bands(curves)
        with self.overlay.hold_sync():
            self.overlay.bands = runs
            marks = special_points(snapshot, curves)
            pin = [] if snapshot.pin is None else [{"at": snapshot.pin.magnet.alpha, "label": "pinned"}]
            self.overlay.marks = [*marks, *pin]
            zeros = [
                f"{mark['label'][:3]} crosses 0 at α = {number(mark['at'])}"
                for mark in marks
                if mark["label"].endswith("= 0")
            ]
            self.overlay.label = "; ".join([_LABEL, *zeros])
            # Read under a resting pointer: the coarse curves of a drag need not be sent for it.
            if curves.fine:
                rows = [curves.alpha, *(scale.rate * getattr(curves, name) for name in QUANTITIES)]
                self.overlay.series = np.stack(rows).astype(np.float32).tobytes()
                self.overlay.series_jumps = jumps
                self.overlay.value_unit = scale.rate_unit
        self.mark_stale(curves.key != curves_key(self._state.snapshot))
        self._tell_progress()

    def _draw_ghost(self) -> None:
        """The curves through the pinned point, broad and faint, in the units of those of now."""
        pinned = self._pinned.result
        drawn = (pinned, self._state.snapshot.scale, self._rates_axis.threshold)
        if drawn == self._drawn_ghost:
            return
        self._drawn_ghost = drawn
        x, y = (np.zeros(2), np.zeros((3, 2))) if pinned is None else ghost(self._state.snapshot, pinned)
        with self.ghost.hold_sync():
            self.ghost.x, self.ghost.y = x, self._rates_axis.place(y)

    def _tell_progress(self, _change: object = None) -> None:
        curves, progress, fault = self._exact.curves, self._exact.progress, self._exact.curves_fault
        key = curves_key(self._state.snapshot)
        stale = curves is None or curves.key != key
        done = curves is not None and curves.fine and not stale
        note = (
            f"Not drawn near α = 0: fields above ν = {number(LARGEST_NU, 1)}."
            if curves is not None and curves.restricted
            else ""
        )
        # The point may fail beside curves that are there already.
        if fault is not None and fault.key == key and not done:
            cue = "not computed" if stale else "not refined"
            self.busy(cue, stopped=True)
            note = f"{cue.capitalize()}: {escape(fault.reason)}."
        elif self._exact.stopped and not done:
            self.busy("stopped", stopped=True)
        elif 0.0 < progress < 1.0:
            self.busy(f"{'updating' if stale else 'refining'}, {100.0 * progress:.0f} %")
        else:
            self.busy("")
        self._note.value = note

    def _show_all(self) -> None:
        self._moved_view = False
        left, right, low, high = self._full_view
        set_range(self.x_scale, self._x_axis, left, right)
        self._rates_axis.set_range(low, high)

    def _look(self, kind: str, x: float, y: float) -> None:
        """Zoom, pan or reset from the keyboard: ``x`` and ``y`` are a factor, or shares of the view."""
        if kind == "reset":
            self._show_all()
            return
        self._moved_view = True
        left, right, low, high = self.x_scale.min, self.x_scale.max, self.y_scale.min, self.y_scale.max
        if kind == "zoom":
            # About the operating point if it is in view, else about the middle.
            at = self._state.magnet.alpha
            centre = at if left < at < right else 0.5 * (left + right)
            middle = 0.5 * (low + high)
            left, right = centre + x * (left - centre), centre + x * (right - centre)
            low, high = middle + x * (low - middle), middle + x * (high - middle)
        else:
            along, up = x * (right - left), y * (high - low)
            left, right, low, high = left + along, right + along, low + up, high + up
        set_range(self.x_scale, self._x_axis, left, right)
        self._rates_axis.set_range(low, high)

    def _zooming(self, change: dict[str, Any]) -> None:
        zooming = change["new"]
        self.figure.interaction = (
            bq.PanZoom(scales={"x": [self.x_scale], "y": [self.y_scale]}) if zooming else None
        )
        self.overlay.active = not zooming
        # What was zoomed to stays when the button is released, until the view is reset.
        view = (self.x_scale.min, self.x_scale.max, self.y_scale.min, self.y_scale.max)
        self._moved_view = not np.allclose(view, self._full_view)

    def _rescaled(self, _change: object) -> None:
        # Zooming and panning move the scales in the browser: ticks and overlay follow.
        self.overlay.x_range = [self.x_scale.min, self.x_scale.max]
        set_range(self.x_scale, self._x_axis, self.x_scale.min, self.x_scale.max)
        self._rates_axis.set_range(self.y_scale.min, self.y_scale.max)

    def _simulated(self, change: dict[str, Any]) -> None:
        reading: Reading | None = change["new"]
        if reading is None or curves_key(self._state.snapshot) != self._points_key:
            return
        if reading.magnet != self._state.magnet or not math.isfinite(reading.estimates.S_P.stderr):
            return
        self._points.pop(reading.magnet.alpha, None)
        self._points[reading.magnet.alpha] = reading
        while len(self._points) > _MOST_POINTS:
            self._points.pop(next(iter(self._points)))
        self._draw_points()

    def _draw_points(self) -> None:
        self._drawn_points = len(self._points)
        alpha = np.array(list(self._points), dtype=float)
        rate, place = self._state.snapshot.scale.rate, self._rates_axis.place
        estimates = [[getattr(each.estimates, name) for name in QUANTITIES] for each in self._points.values()]
        pairs = [[(each.value, each.stderr) for each in row] for row in estimates]
        values, errors = np.moveaxis(np.array(pairs, dtype=float).reshape(-1, len(QUANTITIES), 2), 2, 0)
        with self.dots.hold_sync():
            self.dots.x, self.dots.y = np.repeat(alpha, len(QUANTITIES)), place(rate * values.ravel())
        ends = place(rate * np.stack([values - errors, values + errors]))
        with self.bars.hold_sync():
            sides = np.stack([alpha, alpha], axis=1)
            rows = [joined([*zip(sides, ends[:, :, k].T, strict=True)]) for k in range(len(QUANTITIES))]
            self.bars.x, self.bars.y = rows[0][0], np.stack([y for _, y in rows])


def _with_gap(curves: Curves, values: np.ndarray, gap: bool, limit: float) -> np.ndarray:
    """Break the curve at α = 0, where the rates jump when the torque is held, between their limits there."""
    values = np.asarray(values, dtype=float)
    ends = [np.nan] if curves.restricted else [-limit, np.nan, limit]
    return np.insert(values, np.searchsorted(curves.alpha, 0.0), ends) if gap else values


def _y_range(curves: Curves, rate: float, rates_axis: SignedAxis) -> tuple[float, float]:
    """Ends of the vertical axis, in its own coordinate: all of the exact curves, and 0.

    The closed forms belong to another angle: they are followed a little beyond, then cut.
    """
    exact, closed = (
        rates_axis.place(rate * np.concatenate([each.S_P, each.S_B, each.Sigma]))
        for each in (curves, curves.closed)
    )
    low, high = min(float(exact.min()), 0.0), max(float(exact.max()), 0.0)
    reach = _CLOSED_REACH * (high - low)
    top = min(max(high, float(closed.max())), high + reach)
    low, high = max(min(low, float(closed.min())), low - reach), top
    margin = 0.04 * max(high - low, 1e-12)
    return rounded_out(low - margin, high + margin)


def _threshold(curves: Curves, rate: float) -> float:
    """Two decades below the largest rate, a power of ten; below it the logarithmic axis is linear."""
    largest = rate * max(float(np.max(np.abs(getattr(curves, name)))) for name in QUANTITIES)
    return 10.0 ** (math.floor(math.log10(max(largest, 1e-300))) - 2)


def _y_label(snapshot: Snapshot) -> Callable[[int], str]:
    """The label of the rates for ticks that leave a power of ten to it."""
    scale, log = snapshot.scale, ", symmetric log" if snapshot.log_rates else ""

    def label(power: int) -> str:
        # Ticks of a logarithmic axis are powers of ten themselves.
        power += 0 if snapshot.log_rates else scale.power
        ten = f"10{superscript(power)}" if power else ""
        if snapshot.units is Units.SI:
            return f"rate in {ten or 1}/s{log}"
        if snapshot.units is Units.PAPER:
            return f"rate in {scale.rate_unit}{f' × {ten}' if ten else ''}{log}"
        return f"rate / {f'{ten} ' if ten else ''}ηT{log}"

    return label


def _legend() -> str:
    curves = "".join(
        f'<span><i style="color:{COLOURS[name]}"></i>{LABELS[name]}</span>' for name in QUANTITIES
    )
    return (
        f'<div class="slls-legend">{curves}<span><i class="dashed" style="color:var(--dim)"></i>'
        f"{term('closed form')}, θ = 0</span>"
        '<span><i class="dot full" style="color:var(--dim)"></i>'
        f"{term('simulated')}</span></div>"
    )
