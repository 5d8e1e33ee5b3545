"""The axes of a sweep: a number, a list, or an even range, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .tables import Table, number, shown

Array = NDArray[np.float64]

__all__ = ["PARAMETERS", "Axis", "Parameter", "check_ordered", "read_axis"]

# As many values as fit into memory without a thought; a sweep has a limit of its own on their product.
_LONGEST = 10_000_000
_LONGEST_LIST = 1_000_000


class Parameter(NamedTuple):
    """What an axis may be."""

    words: str
    units: str
    legal: str
    low: float = -math.inf
    high: float = math.inf


#: In the order of the dimensions: rows of a map are angles, and α runs fastest.
PARAMETERS = {
    "nu": Parameter("field over temperature", "1", "> 0", low=math.ulp(0.0)),
    "alpha_nu": Parameter("torque over temperature |alpha| nu, held", "1", "> 0", low=math.ulp(0.0)),
    "delta": Parameter("damping over precession", "1", "> 0", low=math.ulp(0.0)),
    "theta": Parameter("angle between P and H", "rad", "in [0, pi]", low=0.0, high=math.pi),
    "alpha": Parameter("torque over field", "1", "finite"),
}


@dataclass(frozen=True, eq=False)
class Axis:
    """The values of one parameter. A single number (``fixed``) gives no dimension."""

    name: str
    values: Array
    fixed: bool
    #: What the file said, complete and in plain types.
    wording: Any


def read_axis(table: Table, name: str) -> Axis:
    """Take an axis out of the table ``grid``.

    Examples
    --------
    >>> grid = Table("grid", {"theta": {"start": 0, "stop": "pi/2", "num": 3}})
    >>> read_axis(grid, "theta").values
    array([0.        , 0.78539816, 1.57079633])
    """
    where, parameter = table.where(name), PARAMETERS[name]
    if name not in table:
        raise ValueError(
            f"{where} is missing ({parameter.words}): a number, a list, "
            "or {start = .., stop = .., num = ..}"
        )
    given = table.take(name)
    wording: Any
    if isinstance(given, dict):
        values, wording = _range(Table(where, given))
    elif isinstance(given, list):
        values, wording = _list(where, given)
    else:
        wording = number(where, given)
        values = np.array([wording])
    outside = ~((values >= parameter.low) & (values <= parameter.high))
    if outside.any():
        raise ValueError(
            f"{where} must be {parameter.legal} ({parameter.words}); got {float(values[outside][0])!r}"
        )
    values.setflags(write=False)
    return Axis(name, values, not isinstance(given, dict | list), wording)


def check_ordered(axis: Axis) -> None:
    """Refuse an axis that turns back, for a new store; one that an older version made is gone on with.

    The conventions of NetCDF want it so, and programs that select by a coordinate count on it.
    """
    signs = np.sign(np.diff(axis.values))
    if (turned := np.flatnonzero(signs != signs[:1])).size:
        k = int(turned[0])
        raise ValueError(
            f"grid.{axis.name} must rise or fall from each value to the next, as a coordinate does; "
            f"got {float(axis.values[k + 1])!r} after {float(axis.values[k])!r}"
        )


def _list(where: str, given: list[object]) -> tuple[Array, list[float]]:
    if not 0 < len(given) <= _LONGEST_LIST:
        raise ValueError(f"{where} must list 1 to {_LONGEST_LIST} numbers; got {len(given)}")
    wording = [number(f"{where}[{k}]", value) for k, value in enumerate(given)]
    values = np.array(wording)
    _distinct(where, values)
    return values, wording


def _range(table: Table) -> tuple[Array, dict[str, Any]]:
    start, stop = table.number("start"), table.number("stop")
    num = table.whole("num", low=1, high=_LONGEST)
    scale = table.word("scale", "linear", ("linear", "log"))
    table.close()
    if num == 1 and start != stop:
        raise ValueError(f"{table.name}.num = 1 holds one value: give it alone, or start = stop")
    if not math.isfinite(stop - start):
        raise ValueError(f"{table.name} runs too far for double precision: {start!r} to {stop!r}")
    if scale == "log":
        if (start > 0.0) is not (stop > 0.0) or 0.0 in (start, stop):
            raise ValueError(
                f'{table.name} with scale = "log" needs start and stop of one sign, not 0; '
                f"got {shown(start)} and {shown(stop)}"
            )
        values = np.geomspace(start, stop, num)
    else:
        values = np.linspace(start, stop, num)
    _distinct(table.name, values)
    return values, {"start": start, "stop": stop, "num": num, "scale": scale}


def _distinct(where: str, values: Array) -> None:
    # A label that stands twice would make a selection by it ambiguous.
    ordered = np.sort(values)
    twice = ordered[1:][np.diff(ordered) == 0.0]
    if twice.size:
        raise ValueError(f"{where} must not hold a value twice; got {float(twice[0])!r} more than once")
