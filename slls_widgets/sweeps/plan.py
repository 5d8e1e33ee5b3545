"""A sweep file, read and checked before anything runs."""

from __future__ import annotations

import codecs
import math
import tomllib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..magnet.held import field_along
from .axes import PARAMETERS, Axis, read_axis
from .chunks import Chunks
from .quantities import COSTLY, EXACT, RATES, SIMULATED
from .tables import Table

__all__ = ["EXAMPLE", "ExactPart", "Plan", "SimulatedPart", "read_plan"]

#: Points of one sweep; docs/sweeps.md says what so many cost.
MOST_POINTS = 10**10
# Each is a file per variable.
_MOST_CHUNKS = 10**6
# A sweep file is written by a person. One that is not would be read for minutes.
_LARGEST_FILE = 32_000_000

EXAMPLE = """\
title = "Phase map at fixed torque, three dampings"

# Each parameter is a number, a list, or a range. Angles are in radians; "pi/2" is understood.
[grid]
alpha = { start = -2, stop = 2, num = 41 }
theta = { start = 0, stop = "pi/2", num = 16 }
delta = { start = 0.3, stop = 3, num = 3, scale = "log" }
alpha_nu = 3            # the torque |alpha| nu is held; nu = ... would hold the field

# Leave out [exact] or [simulation] to have only the other.
[exact]
quantities = ["S_P", "S_B", "Sigma", "Delta_P", "phase", "certificate"]
tol = 1e-6              # certificate wanted at each point
errors = false          # true adds S_P_error and so on, absolute bounds

# [simulation]
# quantities = ["S_P", "S_B"]
# trajectories = 64
# duration = 5          # in 1/(eta T)
# seed = 0              # of the whole sweep: each point has a seed of its own from it
"""


@dataclass(frozen=True)
class ExactPart:
    """What to ask of the exact solver."""

    quantities: tuple[str, ...]
    tol: float
    errors: bool


@dataclass(frozen=True)
class SimulatedPart:
    """What to ask of the simulation; times in 1/(ηT)."""

    quantities: tuple[str, ...]
    trajectories: int
    duration: float
    dt: float | None
    scheme: str
    seed: int
    #: A point that needs more steps of single trajectories than this fails instead of running for days.
    max_steps: float


@dataclass(frozen=True, eq=False)
class Plan:
    """A checked sweep: its axes in the order of the dimensions, and what to compute at each point.

    Examples
    --------
    >>> plan = Plan.of({"grid": {"alpha": [0.1, 0.2], "nu": 2, "delta": 1, "theta": 0}, "exact": {}})
    >>> plan.dims, plan.points
    (('alpha',), 2)
    """

    title: str
    axes: tuple[Axis, ...]
    exact: ExactPart | None
    simulation: SimulatedPart | None
    chunk_points: int

    @classmethod
    def of(cls, content: dict[str, Any]) -> Plan:
        """Check the content of a sweep file.

        Raises
        ------
        ValueError
            Naming the first key that is wrong, its value, and what is legal.
        """
        file = Table("", content)
        title = file.text("title", "")
        axes = _grid(file.table("grid"))
        exact = _exact(file.optional("exact"))
        simulation = _simulation(file.optional("simulation"))
        points = math.prod(axis.values.size for axis in axes)
        default = _chunk_points(points, exact, simulation)
        chunk_points = file.whole("chunk_points", default, low=1, high=1_000_000)
        file.close()
        if exact is None and simulation is None:
            raise ValueError("nothing to compute: add a table [exact] or [simulation] (they may be empty)")
        simulated = simulation is not None and "Delta_P" in simulation.quantities
        if exact is not None and "Delta_P_tau" in exact.quantities and not simulated:
            raise ValueError(
                "exact.quantities: Delta_P_tau belongs to the time of a simulation; add a table [simulation] "
                "with Delta_P among its quantities, or leave it out"
            )
        if points > MOST_POINTS:
            raise ValueError(f"grid has {points:.3g} points, more than {MOST_POINTS:.0e}; split the sweep")
        plan = cls(title, axes, exact, simulation, chunk_points)
        if len(plan.chunks) > _MOST_CHUNKS:
            raise ValueError(
                f"chunk_points = {chunk_points} cuts the grid into {len(plan.chunks):.3g} chunks, more than "
                f"{_MOST_CHUNKS:.0e}; leave it out or make it larger"
            )
        return plan

    @classmethod
    def of_wording(cls, wording: dict[str, Any]) -> Plan:
        """The plan of a store, from what `wording` gave when it was made."""
        tables = {key: value for key, value in wording.items() if value is not None}
        return cls.of(
            {
                key: {one: each for one, each in value.items() if each is not None}
                if isinstance(value, dict)
                else value
                for key, value in tables.items()
            }
        )

    @property
    def points(self) -> int:
        """Number of points of the grid."""
        return math.prod(axis.values.size for axis in self.axes)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions: the axes that are not single numbers."""
        return tuple(axis.name for axis in self.axes if not axis.fixed)

    @cached_property
    def chunks(self) -> Chunks:
        """How the grid is cut; a function of the file alone, not of who computes it."""
        sizes = tuple(axis.values.size for axis in self.axes if not axis.fixed)
        return Chunks.of(sizes, self.chunk_points)

    def wording(self) -> dict[str, Any]:
        """Everything that decides the numbers and their layout, in plain types: two plans are the same if
        this is the same. The title is not part of it."""
        return {
            "grid": {axis.name: axis.wording for axis in self.axes},
            "exact": _plain(self.exact),
            "simulation": _plain(self.simulation),
            "chunk_points": self.chunk_points,
        }


def read_plan(path: str | Path) -> Plan:
    """Read a sweep file (TOML; docs/sweeps.md describes it).

    Raises
    ------
    ValueError
        If the file cannot be read, is not TOML, or asks for something that cannot be computed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ValueError(
                f"{path}: larger than {_LARGEST_FILE // 10**6} MB; use a range instead of a list"
            )
        return Plan.of(tomllib.loads(_text(path.read_bytes())))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not TOML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ValueError(f"{path} nests its tables too deeply") from None
    except ValueError as error:
        text = str(error)
        raise ValueError(text if text.startswith(str(path)) else f"{path}: {text}") from None


def _text(content: bytes) -> str:
    """The text of a file: UTF-8, with or without a byte order mark."""
    cure = 'save it as UTF-8 (in an editor: "Save as", or with iconv)'
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:4]:
        raise ValueError(
            f"this is UTF-16 or UTF-32 text, as > writes it in some shells; {cure}. In PowerShell: "
            "slls sweep --example | Out-File -Encoding utf8 sweep.toml"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise ValueError(
            f"this is not UTF-8 text: byte 0x{byte:02x} in line {line} (Latin-1, Windows-1252?); {cure}"
        ) from None


def _grid(table: Table) -> tuple[Axis, ...]:
    held = [name for name in ("nu", "alpha_nu") if name in table]
    if len(held) != 1:
        found = "both" if held else "neither"
        raise ValueError(f"grid must have exactly one of nu and alpha_nu (|alpha| nu); got {found}")
    names = [name for name in PARAMETERS if name in held or name not in ("nu", "alpha_nu")]
    axes = tuple(read_axis(table, name) for name in names)
    # The one that is not there is legal too, and may be what a misspelt key meant.
    for name in ("nu", "alpha_nu"):
        table.take(name, None)
    table.close()
    if held == ["alpha_nu"]:
        values = {axis.name: np.abs(axis.values) for axis in axes}
        # Refused here, and not by the chunk that meets it.
        field_along(values["alpha"][values["alpha"] > 0.0], values["alpha_nu"].max())
    return axes


def _exact(table: Table | None) -> ExactPart | None:
    if table is None:
        return None
    exact = ExactPart(
        quantities=table.words("quantities", (*RATES, "phase", "certificate"), EXACT),
        tol=table.number("tol", 1e-6, low=1e-13, high=0.1),
        errors=table.flag("errors", False),
    )
    table.close()
    return exact


def _simulation(table: Table | None) -> SimulatedPart | None:
    if table is None:
        return None
    from ..simulation.schemes import SCHEMES, step_rule  # here, since it brings a compiler along

    least = 1e-12
    simulation = SimulatedPart(
        quantities=table.words("quantities", SIMULATED, SIMULATED),
        trajectories=table.whole("trajectories", 256, low=4, high=1_000_000),
        duration=table.number("duration", 50.0, low=least, high=1e9),
        dt=table.number("dt", low=least, high=1e3) if "dt" in table else table.take("dt", None),
        scheme=table.word("scheme", "moebius", SCHEMES),
        seed=table.whole("seed", 0, low=0, high=2**63 - 1),
        max_steps=table.number("max_steps", 1e10, low=1.0, high=1e15),
    )
    if simulation.dt is None:
        step_rule(simulation.scheme)
    table.close()
    return simulation


def _chunk_points(points: int, exact: ExactPart | None, simulation: SimulatedPart | None) -> int:
    """About a hundred chunks, each worth shipping and none worth crying over when it is lost."""
    # A chunk takes 10 ms to write, by the one process that writes: computing it must take much longer.
    least, most = 4096, 65_536
    if exact is not None and set(exact.quantities) & set(COSTLY):
        least, most = 8, 2048
    if simulation is not None:
        least, most = 4, 512
    return max(least, min(most, points // 100))


def _plain(part: ExactPart | SimulatedPart | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(part).items()}
