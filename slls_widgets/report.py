"""Tables of numbers as plain text, for notebooks and terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(header: Sequence[str], rows: Iterable[Sequence[object]], formats: Sequence[str]) -> str:
    """Aligned columns, numbers to the right; print the result.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences
        One value per column.
    formats : sequence of str
        A format specification per column, such as ``".4f"``; strings pass unformatted.

    Examples
    --------
    >>> print(table(["phase", "S_P"], [["dud", 1.25], ["heat pump", -0.5]], ["", ".2f"]))
    phase        S_P
    ---------  -----
    dud         1.25
    heat pump  -0.50
    """
    lines = [
        [
            value if isinstance(value, str) else format(value, spec)
            for value, spec in zip(row, formats, strict=True)
        ]
        for row in rows
    ]
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
