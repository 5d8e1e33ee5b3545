"""Run the notebooks and store them so that two runs differ only where a result does.

python tools/notebooks.py run [NOTEBOOK ...]      execute in place, then clean
python tools/notebooks.py clean [NOTEBOOK ...]    clean without running
python tools/notebooks.py check [NOTEBOOK ...]    say what is not clean; exit status 1 if anything is
python tools/notebooks.py links [OWNER/REPO]      write the links to Binder

Clean: no time stamps, no folders of a machine, no widget state, only the tags among a cell's metadata, and
identifiers of cells that a person chose; code and output no wider than a page; links as ``links`` sets them.

Where the repository lives is said once, by ``Repository`` under ``[project.urls]`` in pyproject.toml.
``links OWNER/REPO`` changes it there, in docs/hosting.md and in the notebooks.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
PROJECT = ROOT / "pyproject.toml"
HOSTING = ROOT / "docs" / "hosting.md"
LARGEST = 1_500_000
# A code host wraps neither: wider, and a reader scrolls sideways.
WIDEST_CODE, WIDEST_OUTPUT = 110, 88
SECONDS_PER_CELL = 120
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# With it, any Voila shows the app's notebook as the app.
APP_METADATA = {**METADATA, "voila": {"template": "slls"}}
# A live view needs its kernel: stored, it is a broken picture. The text beside it says what to do.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
MACHINE_PATH = re.compile(
    r"""(?<![\w.])/(?:home|root|tmp|work|usr|opt|srv|Users|var|mnt)/|[A-Z]:\\\\?Users"""
)
TIME_STAMP = re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d")
BINDER = "https://mybinder.org/v2/gh"
BINDER_ADDRESS = re.compile(rf"{re.escape(BINDER)}/[^/\s]+/[^/\s]+/HEAD")
REPOSITORY = re.compile(r'^Repository = "https://github\.com/([^/"]+/[^/"]+)"', re.MULTILINE)
APP = "03_phase_diagram.ipynb"
NOBODY = "OWNER/REPO"
IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def run(path: Path) -> float:
    """Execute a notebook in place, in its own folder; returns the seconds it took."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    began = time.monotonic()
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    seconds = time.monotonic() - began
    write(path, clean(notebook, path.name))
    return seconds


def clean(notebook: Any, name: str = "") -> Any:
    """Take out everything that does not belong to the text or to a result; ``name`` is that of the file."""
    notebook.metadata = nbformat.from_dict(_metadata(name))
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            cell.pop("attachments", None)
            continue
        for output in cell.outputs:
            if "data" in output:
                output.data.pop(WIDGET_VIEW, None)
                output.metadata = nbformat.from_dict({})
        # An output that was nothing but a view is gone with it.
        cell.outputs = _joined([output for output in cell.outputs if output.get("data") != {}])
    return notebook


def _metadata(name: str) -> dict[str, Any]:
    """What a notebook of this name says about itself."""
    return APP_METADATA if name == APP else METADATA


def _joined(outputs: list[Any]) -> list[Any]:
    """Outputs with neighbouring pieces of one stream put together: where it was cut is a matter of time."""
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream":
            output.text = "".join(output.text)
            if kept and kept[-1].get("name") == output.name:
                kept[-1].text += output.text
                continue
        kept.append(output)
    return kept


def repository() -> str:
    """OWNER/REPO, from its only place."""
    address = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    return str(address).removeprefix("https://github.com/")


def binder(path: str) -> str:
    """Address that starts Binder with ``path``, such as ``lab/tree/notebooks/00_tour.ipynb``."""
    return f"{BINDER}/{repository()}/HEAD?urlpath={quote(path, safe='')}"


def run_it(name: str) -> str:
    """The paragraph of links under a notebook's title."""
    app = "below" if name == APP else f"in [its notebook]({APP})"
    here = f"the app here: {app}, or `slls app` in a terminal ([more](../docs/hosting.md))"
    if repository() == NOBODY:  # links to Binder would lead nowhere
        return f"**Run it:** {here}"
    return (
        f"**Run it:** [this notebook on Binder]({binder(f'lab/tree/notebooks/{name}')}) · "
        f"[the app on Binder]({binder(f'voila/render/notebooks/{APP}')}) · {here}"
    )


def link(path: Path) -> None:
    """Write the links under the title of a notebook anew."""
    notebook = nbformat.read(path, as_version=4)
    title = notebook.cells[0]
    title.source = re.sub(r"^\*\*Run it:.*$", lambda _: run_it(path.name), title.source, flags=re.MULTILINE)
    write(path, notebook)


def move_to(place: str) -> None:
    """Change where the repository lives, in pyproject.toml and in the page on hosting."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", place):
        raise ValueError(f"expected OWNER/REPO, as in the address of the repository on GitHub; got {place!r}")
    project = PROJECT.read_text(encoding="utf-8")
    PROJECT.write_text(
        REPOSITORY.sub(f'Repository = "https://github.com/{place}"', project), encoding="utf-8"
    )
    page = HOSTING.read_text(encoding="utf-8")
    HOSTING.write_text(BINDER_ADDRESS.sub(f"{BINDER}/{place}/HEAD", page), encoding="utf-8")


def write(path: Path, notebook: Any) -> None:
    """Write with a fixed layout, so that a difference is a difference."""
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook, version=4).rstrip("\n") + "\n", encoding="utf-8")


def problems(path: Path) -> list[str]:
    """What keeps a notebook from being clean, one line each."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    found = []
    if len(text.encode()) > LARGEST:
        found.append(f"{len(text.encode()) / 1e6:.2f} MB is more than {LARGEST / 1e6:.1f} MB")
    if notebook.metadata != _metadata(path.name):
        found.append("metadata other than the kernel's and the language's names, and the app's template")
    if WIDGET_VIEW in text or WIDGET_STATE in text:
        found.append("widget views or widget state")
    ids = [cell.get("id", "") for cell in notebook.cells]
    if len(set(ids)) < len(ids):
        found.append("two cells with one id")
    found += [f"cell id {each!r} is not a readable name" for each in ids if not IDENTIFIER.fullmatch(each)]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not any(cell.outputs for cell in code):
        found.append("no outputs: it was never run")
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"cells were not run once each from top to bottom: {counts}")
    for cell in notebook.cells:
        if set(cell.metadata) - {"tags"}:
            found.append(f"cell {cell.id}: metadata {sorted(set(cell.metadata) - {'tags'})}")
        # Pictures are text of an encoding, in which anything may be spelt.
        readable = [cell.source]
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found.append(f"cell {cell.id}: {output.ename}")
            if output.get("name") == "stderr":
                found.append(f"cell {cell.id}: a warning or message on stderr")
            readable.append(output.get("text", ""))
            widest = max(map(len, output.get("text", "").splitlines()), default=0)
            if widest > WIDEST_OUTPUT:
                found.append(f"cell {cell.id}: output {widest} columns wide, more than {WIDEST_OUTPUT}")
            readable += [v for kind, v in output.get("data", {}).items() if kind.startswith("text/")]
        if cell.cell_type == "code":
            widest = max(map(len, cell.source.splitlines()), default=0)
            if widest > WIDEST_CODE:
                found.append(f"cell {cell.id}: code {widest} columns wide, more than {WIDEST_CODE}")
        for pattern, what in ((MACHINE_PATH, "a folder of a machine"), (TIME_STAMP, "a time stamp")):
            match = pattern.search("\n".join(readable))
            if match:
                found.append(f"cell {cell.id}: {what}, {match.group()!r}")
    if path.parent == FOLDER and run_it(path.name) not in notebook.cells[0].source:
        found.append("links to Binder or to the app missing or old: run `python tools/notebooks.py links`")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("action", choices=["run", "clean", "check", "links"])
    parser.add_argument("notebooks", nargs="*", type=Path, help="for links: OWNER/REPO")
    options = parser.parse_args(arguments)
    status = 0
    if options.action == "links":
        for place in options.notebooks:
            move_to(place.as_posix())
        options.notebooks = []
    for path in options.notebooks or sorted(FOLDER.glob("*.ipynb")):
        if options.action == "run":
            print(f"{path.name}: {run(path):.0f} s", flush=True)
        elif options.action == "links":
            link(path)
        elif options.action == "clean":
            write(path, clean(nbformat.read(path, as_version=4), path.name))
        for problem in problems(path):
            print(f"{path.name}: {problem}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
