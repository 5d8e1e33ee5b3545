"""Formulas as MathML, which every browser draws by itself: no script, no font, no other host."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert

__all__ = ["block_math", "inline_math"]


def inline_math(page: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    page.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block_math(page: Any, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    page.body.append(f'<div class="math">{_mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def _mathml(formula: str, display: str) -> str:
    # The converter makes a bold letter only of one in braces.
    return convert(re.sub(r"\\mathbf ([A-Za-z])", r"\\mathbf{\1}", formula), display=display)
