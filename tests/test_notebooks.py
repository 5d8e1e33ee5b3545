"""The notebooks: stored clean, with links that lead somewhere. nbval runs them."""

from __future__ import annotations

import importlib.util
import math
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import notebook_physics
import pytest

from slls_widgets.studies import correspondence

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_spec = importlib.util.spec_from_file_location("notebook_tool", ROOT / "tools" / "notebooks.py")
assert _spec is not None
assert _spec.loader is not None
tool = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tool)


def test_there_are_notebooks_and_each_has_a_check_of_its_physics() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == list(notebook_physics.CHECKS) != []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_clean(path: Path) -> None:
    assert tool.problems(path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    missing = {
        link
        for link in re.findall(r"\]\(([^)#]+)\)", text)
        if "://" not in link and not (path.parent / link).exists()
    }
    assert missing == set()


def answers(path: Path) -> list[str]:
    """The Python in the answers to the tasks."""
    text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_code_in_the_answers_runs(path: Path) -> None:
    found = answers(path)
    assert found
    for code in found:
        assert "assert" in code
        exec(compile(code, path.stem, "exec"), {})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_is_a_lesson(path: Path) -> None:
    """What it needs and how long it takes, a question before the answer is seen, and one open problem."""
    text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells)
    assert re.search(r"\*\*Needs:\*\* .+\*\*Time:\*\* \d+ minutes", text)
    assert "**Predict first:**" in text
    assert text.count("**Open problem.**") == 1


@pytest.mark.parametrize("row", correspondence.ROWS, ids=lambda row: row.paper)
def test_the_table_of_correspondence_holds(row: correspondence.Row) -> None:
    """Its numbers, computed anew, and its link."""
    one, other = row.check()
    assert one == pytest.approx(other, rel=row.tolerance, abs=0.0)
    path = ROOT / "notebooks" / f"{row.notebook}.ipynb"
    assert row.section.replace("-", " ") in [heading.replace("-", " ") for heading in headings(path)]


def test_the_table_of_correspondence_is_whole_and_the_same_in_both_places() -> None:
    told = " ".join(row.paper for row in correspondence.ROWS)
    numbers = set()
    for first, last in re.findall(r"(?<!SI )\b(\d+)(?:-(\d+))?", re.sub(r"SI [\d-]+|Fig\. \d", "", told)):
        numbers |= set(range(int(first), int(last or first) + 1))
    assert set(range(1, 19)) <= numbers
    assert all(f"Fig. {k}" in told for k in (1, 2, 3, 4))
    supplement = set()
    for first, last in re.findall(r"SI (\d+)(?:-(\d+))?", told):
        supplement |= set(range(int(first), int(last or first) + 1))
    assert supplement == set(range(19, 64))
    page = (ROOT / "docs" / "correspondence.md").read_text(encoding="utf-8")
    assert correspondence.as_markdown("../notebooks/") in page
    tour = nbformat.read(NOTEBOOKS[0], as_version=4)
    (cell,) = (each for each in tour.cells if each.id == "correspondence-table")
    assert cell.outputs[0].data["text/markdown"] == correspondence.as_markdown()


def headings(path: Path) -> list[str]:
    text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def test_every_reference_is_in_the_list_and_is_cited() -> None:
    """docs/references.md and references.bib have the same keys; what is cited is there, and all is cited."""
    docs = ROOT / "docs"
    keys = re.findall(
        r"^@\w+\{([\w-]+),$", (docs / "references.bib").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert (
        re.findall(r"^### (.+)$", (docs / "references.md").read_text(encoding="utf-8"), re.MULTILINE) == keys
    )
    texts = [*NOTEBOOKS, *docs.glob("*.md")]
    cited = {
        key
        for each in texts
        if each.name != "references.md"
        for key in re.findall(r"references\.md#([\w-]+)", each.read_text(encoding="utf-8"))
    }
    assert cited == set(keys)


def test_the_app_cell_comes_first_and_needs_no_other() -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "03_phase_diagram.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].id == "explorer"
    assert code[0].source.splitlines()[0] == "from slls_widgets.widgets import Explorer"
    others = [cell for cell in notebook.cells if cell.id != "explorer"]
    assert all(cell.metadata.get("tags") == ["notebook-only"] for cell in others)
    assert not any("explorer" in cell.source for cell in code[1:])


NAMED = {"name": "x", "display_name": "somebody's own"}


def small(path: Path, source: str) -> Path:
    cell = nbformat.v4.new_code_cell(source, id="a-name")
    cell.metadata["execution"] = {"iopub.execute_input": "2020-01-01T00:00:00Z"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}, "kernelspec": NAMED})
    nbformat.write(notebook, path)
    return path


def test_running_stores_the_same_file_twice_and_keeps_the_names_of_cells(tmp_path: Path) -> None:
    path = small(tmp_path / "n.ipynb", "print(6 * 7)\n6 * 7")
    assert tool.problems(path)
    tool.run(path)
    first = path.read_bytes()
    assert tool.problems(path) == []
    assert nbformat.read(path, as_version=4).cells[0].id == "a-name"
    tool.run(path)
    assert path.read_bytes() == first


def test_a_stream_that_arrived_in_pieces_is_stored_whole() -> None:
    def stream(name: str, text: str) -> Any:
        return nbformat.v4.new_output("stream", name=name, text=text)

    outputs = [
        stream("stdout", "a\n"),
        stream("stdout", "b\n"),
        stream("stderr", "c\n"),
        stream("stdout", "d\n"),
    ]
    cell = nbformat.v4.new_code_cell("", id="a-name", outputs=outputs)
    stored = tool.clean(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [(each.name, each.text) for each in stored] == [
        ("stdout", "a\nb\n"),
        ("stderr", "c\n"),
        ("stdout", "d\n"),
    ]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda n: n.cells[0].outputs[0].update(text="/ho" + "me/somebody/x"), "folder"),
        (lambda n: n.cells[0].outputs[0].update(text="at 2020-01-01 12:00"), "time stamp"),
        (lambda n: n.cells[0].metadata.update(execution={}), "metadata"),
        (lambda n: n.metadata.update(widgets={}), "metadata"),
        (lambda n: n.cells[0].update(id="0a1b2c3d"), "readable name"),
        (lambda n: n.cells[0].update(execution_count=7), "top to bottom"),
        (lambda n: n.cells[0].update(outputs=[]), "never run"),
        (lambda n: n.cells[0].outputs[0].update(name="stderr"), "stderr"),
        (lambda n: n.cells[0].outputs[0].update(text="x" * 1_600_000), "MB"),
        (lambda n: n.cells[0].outputs[0].update(text="x" * 89), "output 89 columns"),
        (lambda n: n.cells[0].update(source="print(" + 110 * "4" + ")"), "code 117 columns"),
    ],
)
def test_dirt_is_found(tmp_path: Path, spoil: Callable[[Any], None], what: str) -> None:
    output = nbformat.v4.new_output("stream", name="stdout", text="42\n")
    cell = nbformat.v4.new_code_cell("print(42)", id="a-name", execution_count=1, outputs=[output])
    notebook = tool.clean(nbformat.v4.new_notebook(cells=[cell]))
    path = tmp_path / "n.ipynb"
    tool.write(path, notebook)
    assert tool.problems(path) == []
    spoil(notebook)
    nbformat.write(notebook, path)
    assert any(what in problem for problem in tool.problems(path))


def test_links_to_binder_follow_one_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name, setting in (("PROJECT", ROOT / "pyproject.toml"), ("HOSTING", ROOT / "docs" / "hosting.md")):
        copy = tmp_path / setting.name
        copy.write_text(setting.read_text(encoding="utf-8"), encoding="utf-8")
        monkeypatch.setattr(tool, name, copy)
    monkeypatch.setattr(tool, "FOLDER", notebooks)
    path = notebooks / "03_phase_diagram.ipynb"
    path.write_text((ROOT / "notebooks" / path.name).read_text(encoding="utf-8"), encoding="utf-8")
    assert tool.main(["links", "somebody/a-magnet"]) == 0
    assert tool.repository() == "somebody/a-magnet"
    for each in (path, tmp_path / "hosting.md"):
        text = each.read_text(encoding="utf-8")
        assert "mybinder.org/v2/gh/somebody/a-magnet/HEAD" in text
        assert "OWNER" not in text
    title = nbformat.read(path, as_version=4).cells[0].source
    assert "](https://mybinder.org/v2/gh/somebody/a-magnet/HEAD?urlpath=voila%2Frender%2F" in title
    path.write_text(path.read_text(encoding="utf-8").replace("somebody", "nobody"), encoding="utf-8")
    assert any("links to Binder" in problem for problem in tool.problems(path))
    with pytest.raises(ValueError, match="OWNER/REPO"):
        tool.move_to("https://github.com/somebody/a-magnet")


@pytest.mark.slow
def test_a_changed_number_turns_the_comparison_red(tmp_path: Path) -> None:
    path = small(
        tmp_path / "n.ipynb",
        "import slls_widgets as sw\n"
        "print(f'{sw.steady_state(sw.Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7)).S_P:.6f}')",
    )
    tool.run(path)
    notebook = nbformat.read(path, as_version=4)
    # The same cell once more, and there another number.
    notebook.cells.append(deepcopy(notebook.cells[0]))
    notebook.cells[1].id = "another-name"
    (output,) = notebook.cells[1].outputs
    assert output.text == "1.241213\n"
    output.text = "1.241214\n"
    nbformat.write(notebook, path)
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"),
        *("--nbval-current-env", "--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")),
        str(path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:2]) == (1, ".F")


def test_one_unit_in_the_last_printed_digit_is_more_than_the_error() -> None:
    """The comparison above is fair: what is printed is certified."""
    from slls_widgets import Macrospin, steady_state

    state = steady_state(Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7))
    assert state.errors["S_P"] < 1e-8
    assert math.isclose(state.S_P, 1.241213, abs_tol=5e-7)
