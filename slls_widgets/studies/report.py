"""Tables of numbers as plain text, for notebooks and terminals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..magnet.macrospin import Phase

if TYPE_CHECKING:
    from ..simulation import Estimate

__all__ = ["measured", "table"]


def table(header: Sequence[str], rows: Iterable[Sequence[object]], formats: Sequence[str]) -> str:
    """Aligned columns, numbers to the right; print the result.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences
        One value per column.
    formats : sequence of str
        A format specification per column, such as ``".4f"``; strings pass unformatted, and a phase is
        written in words.

    Examples
    --------
    >>> print(table(["phase", "S_P"], [[Phase.DUD, 1.25], [Phase.HEAT_PUMP, -0.5]], ["", ".2f"]))
    phase        S_P
    ---------  -----
    dud         1.25
    heat pump  -0.50
    """
    lines = [[_cell(value, spec) for value, spec in zip(row, formats, strict=True)] for row in rows]
    # A column of words is aligned to the left.
    words = [bool(lines) and spec == "" for spec in formats]
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            cell.ljust(width) if word else cell.rjust(width)
            for cell, width, word in zip(cells, widths, words, strict=True)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join([line(header), "  ".join("-" * width for width in widths), *map(line, lines)])


def measured(estimate: Estimate) -> str:
    """A simulated value and its standard error, to two digits of the error.

    Examples
    --------
    >>> from slls_widgets.simulation import Estimate
    >>> measured(Estimate(5.29713, 0.00382)), measured(Estimate(3.917e-5, 1.04e-5))
    ('5.2971 ± 0.0038', '(3.9 ± 1.0)e-05')
    """
    value, error = estimate
    if not (math.isfinite(error) and error > 0.0):
        return f"{value:.4g} ± {error:.1g}"
    power = math.floor(math.log10(max(abs(value), error)))
    if power >= -3:
        digits = max(0, 1 - math.floor(math.log10(error)))
        return f"{value:.{digits}f} ± {error:.{digits}f}"
    scale = 10.0**power
    digits = max(0, 1 - math.floor(math.log10(error / scale)))
    return f"({value / scale:.{digits}f} ± {error / scale:.{digits}f})e{power:03d}"


def _cell(value: object, spec: str) -> str:
    if isinstance(value, Phase):
        return value.value.replace("_", " ")
    return value if isinstance(value, str) else format(value, spec)
