"""S_P, Σ and Δ_P towards strong field at fixed torque, on logarithmic axes (the paper's Fig. 4)."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import bqplot as bq
import numpy as np
from numpy.typing import NDArray

from ...explore.background import countdown
from ...explore.dispatch import Dispatcher
from ...explore.live import Reading
from ...explore.state import ExplorerState
from ...explore.worker import Job, new_worker
from ...magnet.paper import PAPER_TAU, PAPER_THETAS
from ...studies import strong_field as sf
from ..parts.axes import axis, bare_figure, joined, power_texts, set_axis
from ..parts.panel import box, html
from ..parts.state_card import StateCard
from ..parts.words import number

__all__ = ["StrongFieldView"]

Array = NDArray[np.float64]

MARGINS = {"left": 58, "right": 14, "top": 8, "bottom": 42}
NAMES = ("S_P", "Sigma", "Delta_P")
# Text of an SVG has no subscript, and not every font has the small letter: words.
LABELS = {"S_P": "|pumped rate| / ηT", "Sigma": "production / ηT", "Delta_P": "fluctuation / ηT"}
# Okabe-Ito in tones that carry on white and on black; one per angle of the paper.
ANGLE_COLOURS = ("#2b83c6", "#d55e00", "#009e73", "#c26a9d")
_RANGE = (1e-3, 1.0)
# Even, so that no point falls on a zero of S_P by symmetry.
_POINTS = 60
# A finite τ costs a hundred times more than the limit: fewer points, and none where ν is above this, since
# the paper's τ is long there.
_FINITE_POINTS, _FINITE_FIELD = 11, 300.0
_MOST_POINTS = 40


@dataclass(frozen=True)
class _Drawn:
    """Curves per (θ, sign) and quantity, and what they belong to."""

    key: tuple[float, float]
    exact: dict[tuple[float, float], sf.Strong]
    limits: dict[float, sf.Strong]


class StrongFieldView(StateCard):
    """Exact curves for four angles and both signs of α, asymptotes dotted, the operating point as a ring.

    Follows δ and the torque |α|ν of the state, whatever it holds; a stronger field is further to the left.
    Beside Δ_P the variance over the paper's τ, as thin curves that come a little later; a running simulation
    leaves points.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to show; by default one of the panel's own.
    """

    def __init__(self, state: ExplorerState | None = None) -> None:
        self.join(state)
        self._dispatcher = Dispatcher()
        self._worker = self.ending(new_worker("slls-strong-field", self._failed))
        self._wanted: tuple[float, float] | None = None
        self._drawn: _Drawn | None = None
        self.size = np.geomspace(*_RANGE, _POINTS)
        self.lines: dict[str, dict[tuple[float, float], bq.Lines]] = {}
        self.finite: dict[tuple[float, float], bq.Lines] = {}
        self.dots: dict[str, bq.Scatter] = {}
        self.points: dict[str, bq.Scatter] = {}
        self.bars: dict[str, bq.Lines] = {}
        self._readings: dict[tuple[float, float], Reading] = {}
        self._y_axes: dict[str, bq.Axis] = {}
        self.limits: dict[str, bq.Lines] = {}
        figures = [box([self._figure(name)], "slls-plot") for name in NAMES]
        self._note = html("", "slls-note")
        super().__init__(
            "Towards strong field at fixed torque",
            [html(_legend(), "slls-legend-box"), box(figures, "slls-triptych"), self._note],
        )
        self.add_class("slls-wide")
        self.listen(self._state, self._follow, "snapshot")
        self.listen(self._exact, self._mark, "point")
        self.listen(self._live, self._simulated, "reading")
        self._follow()
        self._mark()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the curves have been computed and drawn; False when the time is up first."""
        left = countdown(timeout)
        return self._worker.wait(left()) and self._dispatcher.flush(left())

    def _figure(self, name: str) -> bq.Figure:
        x = bq.LogScale(min=_RANGE[0], max=_RANGE[1])
        y = bq.LogScale(min=1e-3, max=10.0)
        scales = {"x": x, "y": y}
        nothing = np.array([1.0, 1.0])
        self.lines[name] = {
            (theta, sign): bq.Lines(
                x=nothing, y=nothing, scales=scales, colors=[colour], stroke_width=2.0,
                line_style="solid" if sign > 0 else "dashed",
            )
            for theta, colour in zip(PAPER_THETAS, ANGLE_COLOURS, strict=True)
            for sign in (1.0, -1.0)
        }  # fmt: skip
        self.limits[name] = bq.Lines(
            x=nothing, y=nothing, scales=scales, colors=["var(--dim)"], stroke_width=1.2, line_style="dotted"
        )
        if name == "Delta_P":
            self.finite = {
                at: bq.Lines(
                    x=nothing, y=nothing, scales=scales, colors=line.colors, stroke_width=1.0,
                    line_style=line.line_style,
                )
                for at, line in self.lines[name].items()
            }  # fmt: skip
        self.points[name] = bq.Scatter(x=[], y=[], scales=scales, colors=["var(--ink)"], default_size=16)
        self.bars[name] = bq.Lines(
            x=nothing, y=nothing, scales=scales, colors=["var(--ink)"], stroke_width=1.5
        )
        self.dots[name] = bq.Scatter(
            x=[], y=[], scales=scales, colors=["var(--card)"], stroke="var(--ink)", stroke_width=2.5,
            default_size=80,
        )  # fmt: skip
        x_axis = axis(x, "|α|", tick_values=[1e-3, 1e-2, 1e-1, 1.0], tick_format=".3~g")
        y_axis = axis(y, LABELS[name], vertical=True, label_offset="46px")
        self._y_axes[name] = y_axis
        return bare_figure(
            marks=[
                self.limits[name], *self.lines[name].values(),
                *(self.finite.values() if name == "Delta_P" else ()),
                # The ring around the operating point must not cover what was simulated there.
                self.dots[name], self.bars[name], self.points[name],
            ],
            axes=[x_axis, y_axis], scale_x=x, scale_y=y, fig_margin=MARGINS,
        )  # fmt: skip

    def _follow(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        key = (snapshot.magnet.delta, snapshot.alpha_nu)
        self.mark_stale(self._drawn is None or self._drawn.key != key)
        if key == self._wanted:
            return
        self._wanted = key
        self._readings.clear()
        if key[1] > 0.0:
            self._worker.submit(self._compute(key))
        else:
            self._note.value = "Without torque (α = 0) there is nothing to pump: move α."

    def _compute(self, key: tuple[float, float]) -> Job:
        held = {"delta": key[0], "alpha_nu": key[1]}
        # Beyond the largest field of the app the curves are their asymptotes.
        size = np.maximum(self.size, key[1] / 1e4)
        exact = {}

        def superseded() -> bool:
            return key != self._wanted

        for theta in PAPER_THETAS:
            for sign in (1.0, -1.0):
                found = sf.series(size, theta, sign=sign, cancel=superseded, tol=1e-4, **held)
                exact[theta, sign] = sf.Strong(np.abs(found.S_P), found.Sigma, found.Delta_P)
                yield None
        limits = {theta: sf.asymptotes(size, theta, **held) for theta in PAPER_THETAS}
        drawn = _Drawn(key, exact, limits)
        self._dispatcher.post("strong-field", lambda: self._draw(drawn, size))
        finite = yield from self._finite_curves(key)
        self._dispatcher.post("strong-field.finite", lambda: self._draw_finite(key, finite))

    def _finite_curves(
        self, key: tuple[float, float]
    ) -> Generator[None, None, dict[tuple[float, float], tuple[Array, Array]]]:
        delta, torque = key
        smallest = max(_RANGE[0] * 10.0, torque / _FINITE_FIELD)
        size = np.geomspace(smallest, _RANGE[1], _FINITE_POINTS) if smallest < _RANGE[1] else np.empty(0)
        curves = {}
        for theta, sign in self.finite:
            values = []
            for each in size:
                yield
                values += [
                    float(value)
                    for value in sf.finite_time(
                        each, theta, PAPER_TAU, delta=delta, alpha_nu=torque, sign=sign, tol=1e-4
                    )
                ]
            curves[theta, sign] = size, np.array(values)
        return curves

    def _draw_finite(
        self, key: tuple[float, float], curves: dict[tuple[float, float], tuple[Array, Array]]
    ) -> None:
        if key != self._wanted:
            return
        for at, (size, values) in curves.items():
            with self.finite[at].hold_sync():
                self.finite[at].x, self.finite[at].y = size, values

    def _draw(self, drawn: _Drawn, size: Array) -> None:
        self._drawn = drawn
        for mark in self.finite.values():
            mark.x = mark.y = np.array([1.0, 1.0])  # those of another torque; the new ones come later
        for name in NAMES:
            values = [getattr(strong, name) for strong in drawn.exact.values()]
            positive = np.concatenate(values)
            positive = positive[positive > 0.0]
            # S_P dips through zero where it changes sign: keep the frame on the rest.
            low = float(np.percentile(positive, 2.0)) if name == "S_P" else float(positive.min())
            low, high = 0.6 * low, 1.6 * float(positive.max())
            for at, strong in drawn.exact.items():
                mark = self.lines[name][at]
                with mark.hold_sync():
                    mark.x, mark.y = size, np.maximum(getattr(strong, name), low)
            limits = [np.abs(getattr(limit, name)) for limit in drawn.limits.values()]
            self.limits[name].x, self.limits[name].y = joined(
                [(size, np.clip(limit, low, high)) for limit in limits]
            )
            scale = self.limits[name].scales["y"]
            ticks = _decades(low, high)
            set_axis(scale, self._y_axes[name], low, high, ticks, power_texts(ticks))
        self._note.value = (
            f"At |α|ν = {number(drawn.key[1])}, δ = {number(drawn.key[0])}; both stay while α moves."
        )
        self._mark()
        self._draw_points()
        self.mark_stale(drawn.key != self._wanted)

    def _mark(self, _change: object = None) -> None:
        point = self._exact.point
        if point is None:
            return
        size = abs(point.magnet.alpha)
        for name in NAMES:
            value = abs(getattr(point.steady, name))
            scale = self.limits[name].scales["y"]
            inside = _RANGE[0] <= size <= _RANGE[1] and scale.min <= value <= scale.max
            with self.dots[name].hold_sync():
                self.dots[name].x = np.array([size] if inside else [])
                self.dots[name].y = np.array([value] if inside else [])

    def _simulated(self, change: dict[str, object]) -> None:
        reading = change["new"]
        if not isinstance(reading, Reading) or not math.isfinite(reading.estimates.S_P.stderr):
            return
        magnet = reading.magnet
        if magnet != self._state.magnet:
            return
        at = (magnet.theta, magnet.alpha)
        self._readings.pop(at, None)
        self._readings[at] = reading
        while len(self._readings) > _MOST_POINTS:
            self._readings.pop(next(iter(self._readings)))
        self._draw_points()

    def _draw_points(self) -> None:
        """Simulated points with bars of one standard error, as far as a logarithm shows them."""
        for name in NAMES:
            low = float(self.limits[name].scales["y"].min)
            seen = []
            for (_, alpha), reading in self._readings.items():
                estimate = getattr(reading.estimates, name)
                value = abs(estimate.value) if name == "S_P" else estimate.value
                if value > low:
                    seen.append((abs(alpha), value, estimate.stderr))
            x, y, error = np.array(seen, dtype=float).reshape(-1, 3).T
            with self.points[name].hold_sync():
                self.points[name].x, self.points[name].y = x, y
            ends = [
                (np.array([at, at]), np.array([max(value - half, low), value + half]))
                for at, value, half in zip(x, y, error, strict=True)
            ]
            nothing = (np.array([1.0, 1.0]), np.array([1.0, 1.0]))  # a logarithm has no zero
            with self.bars[name].hold_sync():
                self.bars[name].x, self.bars[name].y = joined(ends or [nothing])

    def _failed(self, error: Exception) -> None:
        text = f"The exact solver stopped: {error}"
        self._dispatcher.post("strong-field.error", lambda: self._state.set_trait("message", text))


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten in [low, high], with 2 and 5 times them where there are too few."""
    powers = np.arange(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1.0,), (1.0, 2.0, 5.0)):
        ticks = np.sort(np.outer(10.0**powers, factors).ravel())
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if ticks.size >= 3:
            break
    return ticks.tolist()  # type: ignore[no-any-return]


def _legend() -> str:
    angles = "".join(
        f'<span><i style="color:{colour}"></i>θ = {theta:g}</span>'
        for theta, colour in zip(PAPER_THETAS, ANGLE_COLOURS, strict=True)
    )
    return (
        f'<div class="slls-legend">{angles}<span><i style="color:var(--dim)"></i>α &gt; 0</span>'
        '<span><i class="dashed" style="color:var(--dim)"></i>α &lt; 0</span>'
        '<span><i style="color:var(--dim);border-top-style:dotted"></i>limit α → 0</span>'
        '<span><i style="color:var(--dim);border-top-width:1px"></i>Δ<sub>P</sub> at the paper\'s τ</span>'
        '<span><i class="dot" style="color:var(--dim)"></i>operating point</span>'
        '<span><i class="dot" style="color:var(--ink);background:var(--ink)"></i>simulated</span></div>'
    )
