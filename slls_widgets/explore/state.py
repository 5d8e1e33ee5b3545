"""The one source of truth of an exploration: an immutable snapshot behind a single trait.

A change of any kind builds a whole new :class:`Snapshot` and assigns it once, so no observer can ever see
half a change (α moved, ν not yet), and undo, links and downloads all speak of the same object.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import product

import traitlets as tl

from ..magnet.device import Device
from ..magnet.held import Held
from ..magnet.macrospin import Macrospin, nu_at_fixed_torque
from .pin import Pin
from .units import NARROWEST, WIDEST, Sample, Scale, Units, range_around, readings, scale_of, turned

__all__ = ["LAST_STEP", "LIMITS", "ExplorerState", "Hold", "Quantity", "Settings", "Snapshot", "held_reading"]

# What the app accepts; the library itself goes as far as double precision carries it.
LIMITS: dict[str, tuple[float, float]] = {
    "alpha": (-WIDEST, WIDEST),
    "nu": (1e-6, 1e4),
    "delta": (1e-4, 1e3),
    "theta": (0.0, math.pi),
}
# At fixed αν the field ν = αν/|α| diverges at α = 0: moves stop at this ν and jump across.
LARGEST_NU = LIMITS["nu"][1]
# Steps of the story (`explore.story`), counted from 1.
LAST_STEP = 6
# Moves of the same parameters closer together than this are one step of undo: one drag, one step.
_UNDO_PAUSE = 0.8
_UNDO_DEPTH = 200


class Hold(StrEnum):
    """What stays fixed when α moves: the field, or the torque |α|ν as in the paper's Figs. 3 and 4."""

    NU = "nu"
    ALPHA_NU = "alpha_nu"


class Quantity(StrEnum):
    """What the phase map is coloured by."""

    PHASE = "phase"
    S_P = "S_P"
    S_B = "S_B"
    SIGMA = "Sigma"
    DELTA_P = "Delta_P"
    UNCERTAINTY_PRODUCT = "uncertainty_product"
    EFFICIENCY = "efficiency"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to simulate: trajectories, step in 1/(ηT) (``None`` picks it), scheme and seed."""

    trajectories: int = 256
    dt: float | None = None
    scheme: str = "moebius"
    seed: int = 1

    TRAJECTORIES = (1, 65536)
    SEEDS = (0, 2**32 - 1)
    LONGEST_STEP = 1.0

    def __post_init__(self) -> None:
        low, high = self.TRAJECTORIES
        if not (isinstance(self.trajectories, int) and low <= self.trajectories <= high):
            raise ValueError(
                f"trajectories must be a whole number from {low} to {high}; got {self.trajectories!r}"
            )
        if self.dt is not None and not 0.0 < self.dt <= self.LONGEST_STEP:
            raise ValueError(
                f"dt must lie in (0, {self.LONGEST_STEP:g}], in units of 1/(eta T), or be automatic; "
                f"got {self.dt!r}"
            )
        from ..simulation.schemes import scheme_named, step_rule  # here, since it brings a compiler along

        scheme_named(self.scheme)
        if self.dt is None:
            step_rule(self.scheme)
        low, high = self.SEEDS
        if not (isinstance(self.seed, int) and low <= self.seed <= high):
            raise ValueError(f"seed must be a whole number from {low} to {high}; got {self.seed!r}")


def _first_magnet() -> Macrospin:
    # The paper's Fig. 3 (torque αν = 3, δ = √3/2), at a point that works as a refrigerator off axis.
    return Macrospin(alpha=0.42, nu=3.0 / 0.42, delta=math.sqrt(3.0) / 2.0, theta=math.radians(34.0))


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything a link carries: where we are, what is held, what is drawn, how we simulate.

    Parameters
    ----------
    magnet : Macrospin
        The operating point.
    hold : Hold
        What a move of α keeps.
    quantity : Quantity
        Colour of the map.
    alpha_max : float
        The map and the rates span -alpha_max <= α <= alpha_max.
    settings : Settings
        The simulation's settings.
    units : Units
        How the point and the rates are read; the point itself is always the reduced one.
    sample : Sample
        What the device of the SI view is made of.
    log_rates : bool
        Whether the rates are drawn on a symmetric logarithmic axis.
    story : int
        The step of the story that is told beside it, counted from 1; 0 for none.
    pin : Pin, optional
        Another point that this one is compared with.
    """

    magnet: Macrospin = field(default_factory=_first_magnet)
    hold: Hold = Hold.ALPHA_NU
    quantity: Quantity = Quantity.PHASE
    alpha_max: float = 2.0
    settings: Settings = field(default_factory=Settings)
    units: Units = Units.REDUCED
    sample: Sample = field(default_factory=Sample)
    log_rates: bool = False
    story: int = 0
    pin: Pin | None = None

    def __post_init__(self) -> None:
        magnets = [self.magnet] if self.pin is None else [self.magnet, self.pin.magnet]
        for magnet, (name, (low, high)) in product(magnets, LIMITS.items()):
            value = getattr(magnet, name)
            # A hair of slack: αν/|α| need not round to the limit it was made from.
            if not low - 1e-12 * abs(low) <= value <= high * (1.0 + 1e-12):
                raise ValueError(f"{name} must lie between {low:g} and {high:g} here; got {value!r}")
        if not (math.isfinite(self.alpha_max) and NARROWEST <= self.alpha_max <= WIDEST):
            raise ValueError(f"alpha_max must lie between 0.01 and 100; got {self.alpha_max!r}")
        if self.story not in range(LAST_STEP + 1):
            raise ValueError(f"story must be a step from 1 to {LAST_STEP}, or 0 for none; got {self.story!r}")

    @property
    def alpha_nu(self) -> float:
        """The torque |α|ν, to twelve digits: rounding must not let it drift over a long drag."""
        return float(f"{abs(self.magnet.alpha) * self.magnet.nu:.12g}")

    @property
    def held(self) -> Held:
        """What a move of α keeps, with its value."""
        return Held(alpha_nu=self.alpha_nu) if self.hold is Hold.ALPHA_NU else Held(nu=self.magnet.nu)

    @property
    def device(self) -> Device:
        """The device of the SI view, at the operating point."""
        return self.sample.at(self.magnet)

    @property
    def scale(self) -> Scale:
        """The units of rates and times on screen."""
        return scale_of(self.magnet, self.sample, self.units)

    def moved(self, **parameters: float) -> Snapshot:
        """The snapshot after a move, with ν following α where the torque is held."""
        alpha = parameters.get("alpha", self.magnet.alpha)
        if "alpha" in parameters and "nu" not in parameters and self.hold is Hold.ALPHA_NU:
            alpha_nu = self.alpha_nu
            smallest = alpha_nu / LARGEST_NU
            if abs(alpha) < smallest:
                side = alpha if alpha != 0.0 else self.magnet.alpha
                alpha = math.copysign(smallest, side)
            # αν/|α| below the smallest legal ν would need a torque weaker than the app can show.
            nu = max(nu_at_fixed_torque(alpha, alpha_nu), LIMITS["nu"][0])
            parameters = {**parameters, "alpha": alpha, "nu": nu}
        magnet = self.magnet.replace(**parameters)
        alpha_max = max(self.alpha_max, range_around(magnet.alpha))
        # A torque that vanishes cannot be held.
        hold = Hold.NU if magnet.alpha == 0.0 else self.hold
        return replace(self, magnet=magnet, alpha_max=alpha_max, hold=hold)

    def turned(self, units: Units, name: str, value: float) -> Snapshot:
        """The snapshot after a turn of one dial of a system of units; its other dials stay."""
        if units is Units.REDUCED:
            return self.moved(**{name: value})
        magnet, sample = turned(self.magnet, self.sample, units, name, value)
        point = {key: getattr(magnet, key) for key in LIMITS}
        return replace(self.moved(**point), sample=sample)

    def swept(self, units: Units, name: str, value: float) -> Snapshot:
        """The snapshot after a turn that keeps what is held: a field is raised at a torque that is."""
        if units is not Units.REDUCED or name != "nu" or self.hold is not Hold.ALPHA_NU:
            return self.turned(units, name, value)
        torque = self.alpha_nu
        nu = max(value, torque / self.alpha_max)  # with a weaker field α would leave the map
        return self.moved(nu=nu, alpha=math.copysign(torque / nu, self.magnet.alpha))

    def holding(self, hold: Hold) -> Snapshot:
        """The snapshot with another quantity held; a vanishing torque cannot be."""
        if hold is Hold.ALPHA_NU and self.magnet.alpha == 0.0:
            raise ValueError(
                "alpha nu cannot be held at alpha = 0, where the torque vanishes; move alpha first"
            )
        return replace(self, hold=hold)


def held_reading(snapshot: Snapshot, hold: Hold | None = None) -> tuple[str, float, str]:
    """Symbol, value and unit of what is held: the torque or the field, as the snapshot's units call it.

    Examples
    --------
    >>> held_reading(Snapshot(units=Units.PAPER))
    ('|P|', 1.0, '')
    """
    torque = (snapshot.hold if hold is None else hold) is Hold.ALPHA_NU
    if snapshot.units is Units.SI:
        device = snapshot.device
        if torque:
            return "|I|", 1e6 * abs(device.current_si), " µA"
        return "B", 1e3 * device.field_si, " mT"
    if snapshot.units is Units.PAPER:
        shown = readings(snapshot.magnet, snapshot.sample, snapshot.units)
        return ("|P|", float(f"{abs(shown['torque']):.12g}"), "") if torque else ("H", shown["field"], "")
    return ("|α|ν", snapshot.alpha_nu, "") if torque else ("ν", snapshot.magnet.nu, "")


class ExplorerState(tl.HasTraits):
    """The live state: one snapshot, whether the simulation runs, and the last message to the reader.

    Observe ``snapshot``: each change notifies once, with the old and the new snapshot whole.

    Examples
    --------
    >>> state = ExplorerState()
    >>> state.move(alpha=-0.5)
    True
    >>> round(state.snapshot.magnet.nu, 9)
    6.0
    >>> state.move(delta=0.0), state.message
    (False, 'delta must be > 0 (damping over precession); got 0.0')
    """

    snapshot = tl.Instance(Snapshot, args=())
    running = tl.Bool(False)
    message = tl.Unicode("")
    #: The same about the simulation and its settings.
    simulation_message = tl.Unicode("")
    can_undo = tl.Bool(False)
    can_redo = tl.Bool(False)

    def __init__(
        self, snapshot: Snapshot | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        if snapshot is not None:
            self.snapshot = snapshot
        self._clock = clock
        self._past: list[Snapshot] = []
        self._future: list[Snapshot] = []
        self._last_move: tuple[frozenset[str], float] = (frozenset(), -math.inf)

    @property
    def magnet(self) -> Macrospin:
        """The operating point."""
        return self.snapshot.magnet

    def move(self, **parameters: float) -> bool:
        """Move the operating point; a bad value leaves everything as it was and sets ``message``."""
        return self._try(lambda: self.snapshot.moved(**parameters), frozenset(parameters))

    def turn(self, units: Units, name: str, value: float) -> bool:
        """Turn one dial of a system of units, whichever is on screen."""
        return self._try(lambda: self.snapshot.turned(units, name, value), frozenset({units, name}))

    def sweep(self, units: Units, name: str, value: float, *, begins: bool) -> bool:
        """A step of a dial that moves by itself; all of its steps together are one of undo.

        False, and without a message, where it ends: at a value that cannot be had, or since something else
        has moved.
        """
        kind = frozenset({units, name, "sweep"})
        if begins:
            self._last_move = (kind, -math.inf)
        elif self._last_move[0] != kind:
            return False
        done = self._try(lambda: self.snapshot.swept(units, name, value), kind)
        self.message = ""
        return done

    def make_of(self, magnetisation_si: float, gilbert_damping: float) -> bool:
        """Make the device of another material; its size, field, current and temperature stay."""

        def build() -> Snapshot:
            now = self.snapshot.turned(Units.SI, "magnetisation_si", magnetisation_si)
            return now.turned(Units.SI, "gilbert_damping", gilbert_damping)

        return self._try(build, frozenset())

    def hold(self, hold: Hold | str) -> bool:
        """Choose what a move of α keeps."""
        return self._try(lambda: self.snapshot.holding(Hold(hold)), frozenset({"hold"}))

    def show(
        self,
        quantity: Quantity | str | None = None,
        *,
        alpha_max: float | None = None,
        units: Units | str | None = None,
        log_rates: bool | None = None,
    ) -> bool:
        """Choose the map's quantity, the range of α, the units, or the axis of the rates."""

        def build() -> Snapshot:
            now = self.snapshot
            return replace(
                now,
                quantity=now.quantity if quantity is None else Quantity(quantity),
                alpha_max=now.alpha_max
                if alpha_max is None
                else max(alpha_max, range_around(now.magnet.alpha)),
                units=now.units if units is None else Units(units),
                log_rates=now.log_rates if log_rates is None else log_rates,
            )

        return self._try(build, frozenset({"show"}))

    def configure(self, **settings: object) -> bool:
        """Change simulation settings."""
        return self._try(
            lambda: replace(self.snapshot, settings=replace(self.snapshot.settings, **settings)),  # type: ignore[arg-type]
            frozenset(settings),
            "simulation_message",
        )

    def apply(self, snapshot: Snapshot) -> bool:
        """Take a whole snapshot: a preset, a link."""
        return self._try(lambda: snapshot, frozenset())

    def pin(self, on: bool) -> bool:
        """Keep the present point to compare later ones with, or let the pinned one go."""
        now = self.snapshot
        pin = Pin(now.magnet, now.hold is Hold.ALPHA_NU) if on else None
        return self._try(lambda: replace(now, pin=pin), frozenset())

    def undo(self) -> None:
        """Go back one step."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Go forward one step."""
        self._step(self._future, self._past)

    def _try(self, build: Callable[[], Snapshot], kind: frozenset[str], complain: str = "message") -> bool:
        try:
            after = build()
        except ValueError as error:
            self.set_trait(complain, str(error))
            return False
        self.message = self.simulation_message = ""
        before = self.snapshot
        if after == before:
            return True
        now = self._clock()
        last_kind, last_time = self._last_move
        pause = math.inf if "sweep" in kind else _UNDO_PAUSE
        if not (kind and kind == last_kind and now - last_time < pause and self._past):
            self._past = [*self._past, before][-_UNDO_DEPTH:]
        self._future = []
        self._last_move = (kind, now)
        self._assign(after)
        return True

    def _step(self, source: list[Snapshot], target: list[Snapshot]) -> None:
        if not source:
            return
        target.append(self.snapshot)
        self._last_move = (frozenset(), -math.inf)
        self._assign(source.pop())

    def _assign(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.can_undo, self.can_redo = bool(self._past), bool(self._future)
