"""A steady state as a small file that anybody can read, with what it takes to prove its numbers (`checker`).

The file is JSON: numbers as the shortest decimals that give back the same doubles.

- ``format``, ``version``: the two constants below.
- ``magnet``: ``alpha``, ``nu``, ``delta``, ``theta``.
- ``frame``: a quaternion (w, x, y, z) of any length. It turns ĥ = z and p̂ = (sin θ, 0, cos θ) into the frame
  of the functions.
- ``claims``: for each of ``S_P``, ``S_B``, ``Sigma``, ``Delta_P``, ``mean_n`` and ``second_moments`` its
  ``value`` and its ``error``, an absolute bound for each component.
- ``functions``: real functions on the sphere. Row l has the coefficients of Y_l0, Y_l1, … up to any order
  <= l as pairs of real and imaginary part; those of negative orders follow. |Y_lm|² has the mean 1. In
  the words of `checker` they are ρ̃ = ``density`` + ``density tail``, y = ``adjoint`` + ``adjoint tail``, one
  ψ for each of ``S_P``, ``S_B``, ``Sigma``, ``n_x``, …, ``n_x n_x``, ``n_x n_y``, …, and as ``Delta_P`` that
  of the first of the two parts of Δ_P.
"""

from __future__ import annotations

import json
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any, NamedTuple

from ..magnet.macrospin import Macrospin

__all__ = ["FIRST", "RATES", "SECOND", "Evidence", "Rows", "parts", "read", "write"]

FORMAT, VERSION = "slls-widgets state", 1
RATES = ("S_P", "S_B", "Sigma", "Delta_P")
FIRST = tuple(f"n_{i}" for i in "xyz")
SECOND = tuple(f"n_{i} n_{j}" for i, j in combinations_with_replacement("xyz", 2))
FUNCTIONS = ("density", "density tail", "adjoint", "adjoint tail", *RATES, *FIRST, *SECOND)
SHAPES = dict.fromkeys(RATES, ()) | {"mean_n": (3,), "second_moments": (3, 3)}


Rows = list[list[tuple[float, float]]]


class Evidence(NamedTuple):
    """What a file holds: ``claims`` has (value, error), ``functions`` rows of coefficients."""

    magnet: Macrospin
    frame: list[float]
    claims: dict[str, tuple[Any, float]]
    functions: dict[str, Rows]


def parts(name: str, value: Any) -> list[tuple[str, float]]:
    """The numbers of a claim, each with the name of its function."""
    if name in RATES:
        return [(name, value)]
    if name == "mean_n":
        return list(zip(FIRST, value, strict=True))
    pairs = [f"n_{min(i, j)} n_{max(i, j)}" for i in "xyz" for j in "xyz"]
    return list(zip(pairs, (number for row in value for number in row), strict=True))


def write(path: Path, evidence: Evidence) -> None:
    """Write a state file."""
    magnet, frame, claims, functions = evidence
    content = {
        "format": FORMAT,
        "version": VERSION,
        "magnet": {name: getattr(magnet, name) for name in ("alpha", "nu", "delta", "theta")},
        "frame": frame,
        "claims": {name: {"value": value, "error": error} for name, (value, error) in claims.items()},
        "functions": functions,
    }
    path.write_text(json.dumps(content, allow_nan=False, separators=(",", ":")) + "\n", encoding="utf-8")


def read(path: Path) -> Evidence:
    """Read a state file.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If it holds something else; the message says what.
    """
    try:
        return _understood(json.loads(path.read_text(encoding="utf-8")))
    except RecursionError:
        raise ValueError(f"{path} is no state file: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{path} is no state file: {error}") from None


def _understood(content: object) -> Evidence:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'it should be an object with "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise ValueError(f"its version is {content.get('version')!r:.40}, and this program reads {VERSION}")
    magnet, claims = _part(content, "magnet"), _part(content, "claims")
    functions = _part(content, "functions")
    frame = _numbers("frame", content.get("frame"), (4,))
    if not any(frame):
        raise ValueError("frame must be a quaternion other than 0")
    return Evidence(
        Macrospin(**{name: _number(name, magnet.get(name)) for name in ("alpha", "nu", "delta", "theta")}),
        frame,
        {name: _claim(name, _part(claims, name), shape) for name, shape in SHAPES.items()},
        {name: _rows(name, functions.get(name)) for name in FUNCTIONS},
    )


def _part(content: dict[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise ValueError(f"{name!r} should be an object; got {part!r:.40}")
    return part


def _claim(name: str, claim: dict[str, Any], shape: tuple[int, ...]) -> tuple[Any, float]:
    return _numbers(name, claim.get("value"), shape), _number(f"the error of {name}", claim.get("error"))


def _rows(name: str, rows: object) -> Rows:
    if not isinstance(rows, list) or not rows:
        raise ValueError(
            f"the function {name!r} should be a list of rows, one for each degree; got {rows!r:.40}"
        )
    for ell, row in enumerate(rows):
        if not isinstance(row, list) or not 1 <= len(row) <= ell + 1:
            raise ValueError(
                f"row {ell} of {name!r} should have 1 to {ell + 1} pairs of numbers; got {row!r:.40}"
            )
    return [[tuple(_numbers(name, pair, (2,))) for pair in row] for row in rows]


def _numbers(name: str, value: object, shape: tuple[int, ...]) -> Any:
    if not shape:
        return _number(name, value)
    if not isinstance(value, list) or len(value) != shape[0]:
        raise ValueError(f"{name} should be a list of {shape[0]}; got {value!r:.40}")
    return [_numbers(name, each, shape[1:]) for each in value]


def _number(name: str, value: object) -> float:
    # An integer may be larger than any double.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not abs(value) <= 1.7976931348623157e308
    ):
        raise ValueError(f"{name} should be a finite number; got {value!r:.40}")
    return float(value)
