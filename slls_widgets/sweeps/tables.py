"""Reading tables of a TOML file: every complaint names the key, the value, and what is legal."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

__all__ = ["Table", "differences", "number", "shown"]

_MISSING: Any = object()
# 2pi/3, pi/2, -0.25*pi: right angles are common, and a right angle in decimals is easily none.
_MULTIPLE_OF_PI = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)?)\s*\*?\s*pi\s*(?:/\s*(\d+\.?\d*|\.\d+))?")
_KINDS = {bool: "true or false", str: "text", list: "a list", dict: "a table"}


class Table:
    """One table of a file, whose keys are taken out one by one; `close` complains about those left over.

    Examples
    --------
    >>> table = Table("exact", {"tol": 1e-6})
    >>> table.number("tol", low=1e-13, high=0.1)
    1e-06
    >>> table.close()
    """

    def __init__(self, name: str, content: object) -> None:
        if not isinstance(content, dict):
            raise ValueError(f"{name} must be a table; got {shown(content)}")
        self.name = name
        self._left: dict[str, Any] = dict(content)
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def where(self, key: str) -> str:
        """The key's full name."""
        return f"{self.name}.{key}" if self.name else key

    def take(self, key: str, default: Any = _MISSING) -> Any:
        """The value as it stands in the file."""
        self._known.append(key)
        if key in self._left:
            return self._left.pop(key)
        if default is _MISSING:
            raise ValueError(f"{self.where(key)} is missing{self._meant(key)}")
        return default

    def table(self, key: str) -> Table:
        """A table inside this one."""
        return Table(self.where(key), self.take(key))

    def optional(self, key: str) -> Table | None:
        """The same, or None where there is none."""
        return self.table(key) if key in self else self.take(key, None)

    def text(self, key: str, default: str) -> str:
        """Some words on one line."""
        value = self.take(key, default)
        if not isinstance(value, str) or not value.isprintable():
            raise ValueError(f"{self.where(key)} must be text on one line; got {shown(value)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise ValueError(f"{self.where(key)} must be true or false; got {shown(value)}")
        return value

    def number(
        self, key: str, default: Any = _MISSING, *, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A finite number from ``low`` to ``high``."""
        value = number(self.where(key), self.take(key, default))
        if not low <= value <= high:
            raise ValueError(f"{self.where(key)} must lie in [{low:g}, {high:g}]; got {value!r}")
        return value

    def whole(self, key: str, default: Any = _MISSING, *, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``; 1e6 is one."""
        value = self.take(key, default)
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not fits or value != int(value):
            raise ValueError(
                f"{self.where(key)} must be a whole number from {low} to {high}; got {shown(value)}"
            )
        return int(value)

    def word(self, key: str, default: str, legal: Iterable[str]) -> str:
        """One of some words."""
        return _legal(self.where(key), self.take(key, default), tuple(legal))

    def words(self, key: str, default: tuple[str, ...], legal: Iterable[str]) -> tuple[str, ...]:
        """Some of some words, at least one, none twice."""
        value = self.take(key, list(default))
        if not isinstance(value, list) or not value:
            raise ValueError(
                f"{self.where(key)} must be a list of some of {', '.join(legal)}; got {shown(value)}"
            )
        legal = tuple(legal)
        found = tuple(_legal(self.where(key), each, legal) for each in value)
        for each in found:
            if found.count(each) > 1:
                raise ValueError(f"{self.where(key)} names {each} twice")
        return found

    def close(self) -> None:
        """Complain about keys that nothing asked for."""
        for key in self._left:
            close = get_close_matches(key, self._known, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            legal = ", ".join(sorted(set(self._known)))
            raise ValueError(f"{self.where(_shortened(key))} is not known{hint}; legal here: {legal}")

    def _meant(self, key: str) -> str:
        close = get_close_matches(key, list(self._left), n=1)
        return f" (is {_shortened(close[0])} meant to be it?)" if close else ""


def number(where: str, value: object) -> float:
    """A finite number, or a multiple of π in words.

    Examples
    --------
    >>> number("theta", "pi/2") == math.pi / 2
    True
    """
    if isinstance(value, str) and (match := _MULTIPLE_OF_PI.fullmatch(value.strip())):
        factor = match[1] + "1" if match[1] in ("", "+", "-") else match[1]
        divisor = float(match[2] or 1.0)
        value = float(factor) * math.pi / divisor if divisor else math.inf
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(value):
                return float(value)
        except OverflowError:
            pass
    raise ValueError(
        f'{where} must be a finite number (or a multiple of pi such as "pi/2"); got {shown(value)}'
    )


def shown(value: object) -> str:
    """A value in an error message: short, and on one line."""
    if isinstance(value, list | dict):
        return (
            f"{_KINDS[type(value)]} of {len(value)}" if len(value) else f"an empty {_KINDS[type(value)][2:]}"
        )
    try:
        return _shortened(repr(value))
    except ValueError:  # an integer with more digits than Python prints
        return "a number with thousands of digits"


def _legal(where: str, value: object, legal: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in legal:
        return value
    close = get_close_matches(value, legal, n=1) if isinstance(value, str) else []
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise ValueError(f"{where} must be one of {', '.join(legal)}; got {shown(value)}{hint}")


def _shortened(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 40 else text[:37] + "..."


def differences(old: Mapping[str, Any], new: Mapping[str, Any], name: str = "") -> list[str]:
    """The keys in which two nested tables differ, each with both values.

    Examples
    --------
    >>> differences({"grid": {"nu": 1.0}}, {"grid": {"nu": 2.0}})
    ['grid.nu (1.0 there, 2.0 now)']
    """
    found = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        where = f"{name}.{key}" if name else key
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found += differences(a, b, where)
        elif a != b:
            values = (shown(v) if v is not None else "nothing" for v in (a, b))
            found.append("{} ({} there, {} now)".format(where, *values))
    return found
