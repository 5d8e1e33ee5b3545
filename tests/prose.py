"""The prose of a file and the links in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat

LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")


@cache
def source(path: Path) -> str:
    """Markdown as it is, of a notebook the Markdown cells."""
    if path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
        return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return path.read_text(encoding="utf-8")


def links(path: Path) -> Iterator[str]:
    """Where a page leads, fenced code left out."""
    yield from LINK.findall(re.sub(r"^```.*?^```", "", source(path), flags=re.MULTILINE | re.DOTALL))


def reached(pages: list[Path]) -> set[Path]:
    """Every file that links lead to from these pages, and from those on; whether it exists is not asked."""
    found: set[Path] = set()
    todo = list(pages)
    while todo:
        page = todo.pop()
        if page in found:
            continue
        found.add(page)
        if page.suffix in (".md", ".ipynb") and page.exists():
            files = (unquote(target).partition("#")[0] for target in links(page) if ":" not in target)
            todo += [(page.parent / file).resolve() for file in files if file]
    return found
