"""What is a whole number, and what is said of what is none."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from slls_widgets.whole_numbers import count, whole


@pytest.mark.parametrize("value", [2, 2.0, 3, np.int64(4), Fraction(9, 3), Decimal(5), np.array(5)])
def test_whole_numbers_in_a_range_are_taken_in_every_form(value: Any) -> None:
    assert whole(value, 2, 5)
    assert count("n", value, 2) == value
    assert type(count("n", value)) is int


@pytest.mark.parametrize(
    "value",
    [True, "3", None, 2.5, 1, 6, math.nan, math.inf, -math.inf, 3 + 0j, [3], np.True_, Decimal("NaN")],
)
def test_what_is_none_or_outside_is_refused(value: Any) -> None:
    assert not whole(value, 2, 5)


def test_a_range_may_be_open_and_reach_below_zero() -> None:
    assert whole(-7, -10)
    assert whole(10**30, 1)
    assert not whole(math.inf, 1)
    assert not whole(-math.inf, -math.inf)


@pytest.mark.parametrize(
    ("value", "least", "words"),
    [
        (0, 1, "n must be a whole number >= 1; got 0"),
        (2, 3, "n must be a whole number >= 3; got 2"),
        (120 * "x", 1, f"n must be a whole number >= 1; got '{79 * 'x'}"),
    ],
)
def test_a_count_is_refused_in_words(value: Any, least: int, words: str) -> None:
    with pytest.raises(ValueError, match="whole") as caught:
        count("n", value, least)
    assert str(caught.value) == words
    with pytest.raises(ValueError, match=r">= 1; got 0$"):
        count("n", 0)
