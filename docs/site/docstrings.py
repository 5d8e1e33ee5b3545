"""Docstrings are written to be read in the code: |x| is a modulus and z* a complex conjugate, not markup."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["escape_bars_and_stars", "skip_foreign_members"]

_LITERAL = re.compile(r"(``.+?``|`[^`]+`|\*\*\w(?:[^*]*\w)?\*\*(?!\w))")
_VERBATIM = (">>>", "...", "====", ".. ")


def escape_bars_and_stars(
    _app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]
) -> None:
    """Put a backslash before each bar and star outside literals, examples and indented formulas."""
    formula_deeper_than: int | None = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if formula_deeper_than is not None and line.strip() and indent <= formula_deeper_than:
            formula_deeper_than = None
        if formula_deeper_than is None and not line.lstrip().startswith(_VERBATIM):
            parts = _LITERAL.split(line)
            parts[::2] = [re.sub(r"(?<!\\)([|*])", r"\\\1", part) for part in parts[::2]]
            lines[number] = "".join(parts)
            if line.endswith(":") and _is_followed_by_a_formula(lines[number + 1 :], indent):
                lines[number] = lines[number].rstrip(":") + "::"
            if lines[number].endswith("::"):
                formula_deeper_than = indent


def _is_followed_by_a_formula(rest: list[str], indent: int) -> bool:
    """Whether an empty line and then a deeper one come next."""
    return len(rest) > 1 and not rest[0].strip() and len(rest[1]) - len(rest[1].lstrip()) > indent


def skip_foreign_members(
    _app: Any, _what: str, _name: str, member: Any, skip: bool, _options: Any
) -> bool | None:
    """Leave out what others put into a class: matplotlib's ``set``, the remarks of a named tuple."""
    module = getattr(member, "__module__", None)
    foreign = isinstance(module, str) and not module.startswith("slls_widgets")
    field = (getattr(member, "__doc__", None) or "").startswith("Alias for field number")
    return True if foreign or field else None
