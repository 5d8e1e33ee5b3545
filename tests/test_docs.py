"""The documentation: its code runs, its commands exist, its links lead somewhere."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from urllib.parse import unquote

import pytest
from ipywidgets.widgets.widget import _instances
from prose import links, source
from waiting import PATIENCE

import slls_widgets
from slls_widgets import cli
from slls_widgets.simulation import schemes
from slls_widgets.widgets import Ledger

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/reference/*.md")])
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[tuple[str, str, int]]:
    """The fenced blocks of a page: language, text, and the line it begins in."""
    text = page.read_text(encoding="utf-8")
    return [
        (found[1], found[2], text.count("\n", 0, found.start(2)) + 1)
        for found in FENCE.finditer(text)
        if found[1] in languages
    ]


WITH_CODE = [page for page in PAGES if blocks(page, "python", "pycon")]


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_code_runs_as_printed(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks of a page, top to bottom, in one namespace; a pycon block compares what it prints."""
    monkeypatch.chdir(tmp_path)
    # A page may add a scheme; the other tests shall not see it.
    monkeypatch.setattr(schemes, "SCHEMES", dict(schemes.SCHEMES))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    report: list[str] = []
    for language, text, line in blocks(page, "python", "pycon"):
        if language == "python":
            exec(compile("\n" * (line - 1) + text, str(page), "exec"), namespace)
            continue
        runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
        example = doctest.DocTestParser().get_doctest(text, namespace, name_of(page), str(page), line)
        runner.run(example, out=report.append, clear_globs=False)
        namespace = example.globs
    assert not report, "\n".join(report)


def test_the_panel_of_the_docs_leaves_nothing_behind() -> None:
    """Closed beside a panel that stays, it listens to nothing any more and no widget of its own is left."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for _, text, _ in blocks(ROOT / "docs" / "extending.md", "python"):
        if "def reversed_share" in text or "class AlignmentView" in text:
            exec(text, namespace)
    kept = Ledger()
    exploration = kept._exploration
    followed = (exploration.state, exploration.exact, exploration.live)

    def heard() -> int:
        return sum(
            len(kinds.get("change", ())) for each in followed for kinds in each._trait_notifiers.values()
        )

    before, opened = heard(), set(_instances)
    panel = namespace["AlignmentView"](exploration.state)
    assert heard() > before
    assert panel.following.wait(PATIENCE)
    panel.close()
    assert heard() == before
    assert set(_instances) == opened
    kept.close()


def unit_of_hosting_page() -> str:
    """The systemd unit printed in docs/hosting.md, without its indentation."""
    text = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    found = re.search(r"^    \[Unit\]\n(?:    .*\n|\n(?=    ))+", text, re.MULTILINE)
    assert found
    return textwrap.dedent(found[0])


def test_the_systemd_unit_is_one(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "slls.service"
    # Only the program is somewhere else here.
    unit.write_text(unit_of_hosting_page().replace("/opt/slls/bin/slls", sys.executable))
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_systemd_unit_runs_a_command_that_exists() -> None:
    command = re.search(r"^ExecStart=(.+)$", unit_of_hosting_page(), re.MULTILINE)[1]
    options = cli._parser().parse_args(shlex.split(command)[1:])
    assert options.public
    assert options.base_url == "/magnet/"


def commands() -> list[Any]:
    found = [
        pytest.param(line.strip(), id=f"{name_of(page)}:{start + number}")
        for page in PAGES
        for _, text, start in blocks(page, "sh")
        for number, line in enumerate(text.splitlines())
        if line.startswith("slls ")
    ]
    assert found
    return found


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every ``slls`` line of the pages is one that the command line would take."""
    words = shlex.split(command, comments=True)[1:]
    if {"--help", "--version"} & set(words):
        with pytest.raises(SystemExit) as stop:
            cli.main(words)
        assert stop.value.code == 0
        return
    options = cli._parser().parse_args(words)
    assert options.command == words[0]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_that_pages_mention_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    mentioned = set(re.findall(r"(?:`|^    |^)make ([a-z-]+)", text, re.MULTILINE))
    assert mentioned <= targets


@cache
def anchors(path: Path) -> set[str]:
    """Headings as JupyterLab names them (notebooks) and as code hosts do (Markdown)."""
    headings = [found[1].strip() for found in re.finditer(r"^#+ (.+)$", source(path), re.MULTILINE)]
    if path.suffix == ".ipynb":
        return {heading.replace(" ", "-") for heading in headings}
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Inside the repository: the file exists and has the heading."""
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), f"{target}: the web is linked by https"
            continue
        file, _, anchor = unquote(target).partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{name_of(page)} links to {target}, which does not exist"
        assert path.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(path), f"{name_of(page)} links to {target}: no such heading"


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
    entries = {
        (ROOT / "docs" / line).resolve()
        for text in listed
        for line in text.splitlines()
        if line[:1] not in ":"
    }
    pages = {page.with_suffix("") for page in [*PAGES, *NOTEBOOKS]}
    assert pages - {ROOT / "docs" / "index"} == entries


def test_every_module_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    entries = set(re.findall(r"^   slls_widgets\.(\w+)$", reference, re.MULTILINE))
    modules = {
        module.name for module in iter_modules(slls_widgets.__path__) if not module.name.startswith("_")
    }
    assert entries == modules
