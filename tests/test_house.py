"""The rooms of the package: each imports what CONTRIBUTING.md says, and nothing that stands below it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "slls_widgets"


def drawn() -> dict[str, set[str]]:
    """What each room imports according to the table, in its order."""
    rows = re.findall(
        r"^\| `([\w.]+)` \|[^|]*\|([^|]*)\|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
    )
    return {room: set(re.findall(r"`([\w.]+)`", others)) for room, others in rows}


def room_of(module: str, rooms: set[str]) -> str | None:
    """The innermost room a module stands in; None for what serves every room."""
    return max((room for room in rooms if f"{module}.".startswith(f"{room}.")), key=len, default=None)


def imports(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports, below ``slls_widgets``."""
    here = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            before = here[: len(here) - node.level] if node.level else ()
            base = [*before, *(node.module or "").split(".")] if node.module else [*before]
            # The name may be a module or something in one: `room_of` takes either.
            yield from (".".join([*base, each.name][1:]) for each in node.names if base[0] == PACKAGE.name)
        elif isinstance(node, ast.Import):
            yield from (
                each.name.partition(".")[2] for each in node.names if each.name.startswith(PACKAGE.name)
            )


def found(rooms: set[str]) -> dict[str, set[str]]:
    arrows: dict[str, set[str]] = {room: set() for room in rooms}
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        here = room_of(module, rooms)
        if here is not None:
            arrows[here] |= {
                there for each in imports(path) if (there := room_of(each, rooms)) not in (None, here)
            }
    return arrows


def test_every_folder_is_a_room() -> None:
    folders = {path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("__init__.py")} - {Path()}
    assert {".".join(folder.parts) for folder in folders} == set(drawn())
    # What else lies at the top serves every room, or is the door.
    assert {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")} == set()


def test_each_room_imports_what_is_drawn() -> None:
    assert found(set(drawn())) == drawn()


def test_no_arrow_goes_back() -> None:
    above: set[str] = set()
    for room, others in drawn().items():
        assert others <= above, room
        above.add(room)
