"""Whole numbers as arguments: a refusal names the argument, what came, what is legal."""

from __future__ import annotations

import math
from typing import Any

from .real_numbers import real

__all__ = ["count", "whole"]


def whole(value: object, least: int, most: float = math.inf) -> bool:
    """Whether a value is a whole number in a range; True and "3" are not.

    Examples
    --------
    >>> whole(3.0, 1), whole(True, 1), whole(0, 1), whole("3", 1)
    (True, False, False, False)
    """
    if isinstance(value, bool) or math.isnan(real(value)):
        return False
    number: Any = value
    return bool(least <= number <= most and abs(number) < math.inf and number == int(number))


def count(name: str, value: object, least: int = 1) -> int:
    """A whole number of at least ``least``."""
    if not whole(value, least):
        raise ValueError(f"{name} must be a whole number >= {least}; got {value!r:.80}")
    number: Any = value
    return int(number)
