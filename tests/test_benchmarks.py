"""The page of benchmarks: written by the programs, section by section."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
RECORD = runpy.run_path(str(ROOT / "benchmarks" / "record.py"))


def test_every_program_that_measures_has_a_section() -> None:
    programs = {path.name for path in ROOT.glob("benchmarks/bench_*.py")} | {"load.py", "soak.py"}
    assert {section.program for section in RECORD["SECTIONS"]} == programs


def test_the_page_holds_sections_that_programs_wrote() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.startswith(RECORD["HEAD"])
    known = {section.title: section for section in RECORD["SECTIONS"]}
    for title, text in RECORD["parts"](page):
        assert re.search(rf"^`{known[title].program}[^`]*`, \d{{4}}-\d\d-\d\d, ", text, re.MULTILINE), title


def test_a_run_replaces_its_own_section_only() -> None:
    first, second, *_ = [section.title for section in RECORD["SECTIONS"]]
    before = RECORD["page_with"]({first: "old", second: "kept\n\n### below"}, "")
    after = RECORD["page_with"]({first: "new"}, before)
    assert dict(RECORD["parts"](after))[first].strip() == f"## {first}\n\nnew"
    assert "old" not in after
    assert after.replace("new", "old") == before


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("two lines\nof text\n", "```text\ntwo lines\nof text\n```"),
        ("\n## Head\n\n| a |\n|---|\n| 1 |\n", "### Head\n\n| a |\n|---|\n| 1 |"),
    ],
)
def test_tables_stay_tables_and_text_stays_text(printed: str, shown: str) -> None:
    assert RECORD["as_markdown"](printed) == shown


def test_what_a_program_says_and_how_it_ends_is_kept(tmp_path: Path, capsys: Any) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys; print('said'); print('missed: x', file=sys.stderr); sys.exit(1)")
    printed, code = RECORD["run"]([str(program)])
    assert sorted(printed.splitlines()) == ["missed: x", "said"]
    assert code == 1
    assert "said" in capsys.readouterr().out
