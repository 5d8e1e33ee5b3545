"""Numbers as arguments: the one place that says what is a real or whole number and what only looks like one.

A refusal names the argument, what came, what is legal.
"""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["count", "real", "reals", "whole"]

# Booleans, integers and floating-point numbers; not complex numbers, text, dates, durations.
_KINDS = "biuf"


def real(value: object) -> float:
    """A single real number as a float, NaN for everything that is none: text, a complex number, a duration.

    Fractions, decimals, and NumPy's scalars and arrays without a dimension are real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from fractions import Fraction
    >>> real(2), real(Fraction(1, 2)), real(np.float32(0.5)), real(10**400)
    (2.0, 0.5, 0.5, inf)
    >>> real("2"), real(np.array("2")), real(2 + 0j), real(np.timedelta64(2)), real([2])
    (nan, nan, nan, nan, nan)
    """
    kind, number = getattr(getattr(value, "dtype", None), "kind", ""), value
    if kind:
        if getattr(value, "ndim", None) != 0:
            return math.nan
        if kind == "O":
            item: Any = value
            return math.nan if item.item() is value else real(item.item())
        if kind not in _KINDS:
            return math.nan
    elif not isinstance(value, Real | Decimal):
        return math.nan
    try:
        return float(number)  # type: ignore[arg-type]
    except OverflowError:  # an int beyond all floats
        return math.copysign(math.inf, 1.0 if number > 0 else -1.0)  # type: ignore[operator]
    except (TypeError, ValueError):  # a signalling NaN
        return math.nan


def reals(name: str, values: object) -> NDArray[np.float64]:
    """An array of real numbers, of any shape.

    Raises
    ------
    ValueError
        If something among them is none; NaN and infinity are for the caller to judge.

    Examples
    --------
    >>> reals("alpha", [0, 0.5])
    array([0. , 0.5])
    >>> reals("alpha", ["0.5"])
    Traceback (most recent call last):
    ValueError: alpha must be real numbers; got ['0.5']
    """
    import numpy as np

    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # ragged
        array = np.asarray("")
    if array.dtype.kind == "O":
        found = [real(value) for value in array.flat]
        pairs = zip(array.flat, found, strict=True)
        good = all(not math.isnan(number) or isinstance(value, Real | Decimal) for value, number in pairs)
        array = np.array(found).reshape(array.shape) if good else np.asarray("")
    if array.dtype.kind not in _KINDS:
        raise ValueError(f"{name} must be real numbers; got {values!r:.60}")
    return array.astype(float)


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
