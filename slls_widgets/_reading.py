"""Results as a table: `print` shows it as text, a notebook as HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

__all__ = ["Readable", "to_error"]


class Readable:
    """What has ``_rows()``, a table with its header in the first row; the last column is not aligned."""

    def _rows(self) -> list[Sequence[str]]:
        raise NotImplementedError

    def __str__(self) -> str:
        rows = self._rows()
        columns = list(zip(*rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        head, *rows = self._rows()
        cells = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
        titles = "".join(f"<th>{escape(title)}</th>" for title in head)
        return f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(cells)}</tbody></table>"


def to_error(value: float, error: float, most: int = 12) -> str:
    """A number with the digits that its error leaves, at most ``most``.

    Examples
    --------
    >>> to_error(8.60392345678, 3e-5), to_error(0.0123, 0.5), to_error(-3.0, 0.0)
    ('8.60392', '0.0', '-3')
    >>> to_error(1.23456789e-13, 1e-18), to_error(123456.0, 30.0)
    ('1.23457e-13', '1.2346e+05')
    """
    if not (math.isfinite(value) and 0.0 < error < math.inf):
        return f"{value:.{most}g}"
    decimals = -math.floor(math.log10(error))
    if not value:
        return f"{value:.{min(max(decimals, 0), most)}f}"
    size = math.floor(math.log10(abs(value)))
    decimals = min(decimals, most - 1 - size)
    if 0 <= decimals <= most + 2:
        return f"{value:.{decimals}f}"
    return f"{value:.{max(size + decimals, 0)}e}"
