"""The paper's figures: their numbers are those stored, and codecheck.yml names what `make figures` writes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
_spec = importlib.util.spec_from_file_location("figures_tool", ROOT / "tools" / "figures.py")
assert _spec is not None
assert _spec.loader is not None
tool = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tool)


def test_figures_are_written_and_their_numbers_are_those_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(["--folder", str(tmp_path)]) == 0, capsys.readouterr().err
    written = {path.name for path in tmp_path.iterdir()}
    manifest = yaml.safe_load((ROOT / "codecheck.yml").read_text(encoding="utf-8"))["manifest"]
    assert {item["file"] for item in manifest} == {f"build/figures/{name}" for name in written}
    assert all(item["comment"] for item in manifest)


def test_another_number_is_a_difference() -> None:
    stored = json.loads((tool.STORED / "figure1.json").read_text(encoding="utf-8"))
    assert tool.differences(stored, stored) == []
    changed = {name: list(values) for name, values in stored.items()}
    changed["alpha=0.5"][0] *= 1.0 + 1e-5
    assert len(tool.differences(changed, stored)) == 1
    del changed["alpha=0.5"]
    assert len(tool.differences(changed, stored)) == 1


def test_the_paper_is_named_as_the_format_wants() -> None:
    text = (ROOT / "codecheck.yml").read_text(encoding="utf-8")
    assert text.startswith("---\n")
    paper = yaml.safe_load(text)["paper"]
    assert paper["reference"] == "https://arxiv.org/abs/2502.06054"
    assert [author["name"] for author in paper["authors"]] == ["M. Ding", "J. Wu", "X. Xing"]
