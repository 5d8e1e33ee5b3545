"""What a benchmark of the app has measured beside what it is to reach, as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Row", "misses", "percentile", "table"]


@dataclass(frozen=True)
class Row:
    """One measured number.

    Attributes
    ----------
    what : str
        With its unit.
    value : float
        The number that is to be compared.
    limit : float, optional
        What it is to reach; None where nothing was promised.
    least : bool
        Whether it must be at least the limit; at most otherwise.
    median : float, optional
        Beside a value that is a percentile or a worst case.
    """

    what: str
    value: float
    limit: float | None = None
    least: bool = False
    median: float | None = None

    @property
    def met(self) -> bool:
        """Whether the limit is reached; what cannot be compared is not."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.least else self.value <= self.limit


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""

    def line(row: Row) -> str:
        median = "" if row.median is None else f"{row.median:.3g}"
        if row.limit is None:
            return f"| {row.what} | {median} | {row.value:.3g} | | |"
        sign, verdict = "≥" if row.least else "≤", "met" if row.met else "**not met**"
        return f"| {row.what} | {median} | {row.value:.3g} | {sign} {row.limit:g} | {verdict} |"

    return "\n".join(["| what | median | value | reach | |", "|---|---|---|---|---|", *map(line, rows)])


def misses(rows: Sequence[Row]) -> list[str]:
    """The rows whose limit is not reached, in words."""
    return [
        f"{row.what}: {row.value:.3g} (at {'least' if row.least else 'most'} {row.limit:g})"
        for row in rows
        if not row.met
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of all lies below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
