"""The app's notebook where others than ``slls app`` run Voila: the command, a Jupyter server, JupyterLab."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from harness import Server, at, free_port, open_notebook, ready, start, wait_for_app

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent
# A theme in the query is Voila's to read, and there is none of this name.
LINK = "?alpha=-0.5&nu=4&theta=0.3&hold=nu&theme=nonesuch"
ALONE = """() => {
    const page = document.documentElement;
    return document.querySelectorAll('[cell-index]').length === 1
        && document.querySelectorAll('.slls-app.standalone').length === 1
        && !document.querySelector('.jp-RenderedMarkdown, .jp-InputArea-editor')
        && page.scrollWidth <= innerWidth && page.scrollHeight <= innerHeight;
}"""


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory, chromium) -> Iterator[Server]:
    """What somebody who knows Voila types in a clone, with settings of nobody."""
    folder = tmp_path_factory.mktemp("voila")
    port = free_port()
    command = [sys.executable, "-m", "voila", "notebooks/03_phase_diagram.ipynb", "--no-browser"]
    running = start(
        [*command, f"--port={port}"],
        port,
        folder / "log",
        "voila/static/voila.js",
        cwd=ROOT,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder)},
    )
    yield running
    running.stop()


@pytest.mark.parametrize("where", ["voila", "lab_server"])
def test_the_app_alone_is_shown_and_obeys_its_link(request, open_page, where):
    server = request.getfixturevalue(where)
    address = server.url if where == "voila" else f"{server.url}voila/render/03_phase_diagram.ipynb"
    page = open_page(address + LINK)
    wait_for_app(page)
    at(page, alpha=-0.5, nu=4, theta=0.3)
    page.wait_for_selector(".slls-badge:has-text('Heat pump')")
    ready(page)
    assert page.title() == "sLLS Explorer"
    assert page.evaluate(ALONE)
    page.locator(".dial-alpha .slider").press("ArrowRight")
    page.wait_for_function("() => Number(document.querySelector('.dial-alpha .number').value) > -0.5")
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map(each => each.name)")
    assert not [name for name in loaded if "jupyterlab-preview" in name or "jupyterlab_pygments" in name]


def test_jupyterlabs_preview_shows_the_app(lab_server, open_page):
    # A copy that nobody has run yet: Lab asks whether to trust it.
    mine = nbformat.read(ROOT / "notebooks" / "03_phase_diagram.ipynb", as_version=4)
    mine.cells[0].source += " (mine)"
    nbformat.write(mine, lab_server.path.parent / "notebooks" / "mine.ipynb")
    page = open_notebook(open_page(f"{lab_server.url}lab/tree/mine.ipynb?reset"))
    page.locator("[title='Render with Voilà']").click()
    page.get_by_role("button", name="Render anyway").click()
    app = page.frame_locator("iframe")
    app.locator(".slls-badge:has-text('Refrigerator')").wait_for()
    app.locator("#slls-skeleton").wait_for(state="detached")
    assert app.locator("[cell-index]").count() == app.locator(".slls-app.standalone").count() == 1


def test_another_notebook_of_the_server_keeps_its_own_page_and_all_its_cells(lab_server):
    cells = [
        nbformat.v4.new_markdown_cell("prose for readers", metadata={"tags": ["notebook-only"]}),
        nbformat.v4.new_code_cell("print('the answer', 6 * 7)", metadata={"tags": ["notebook-only"]}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    another = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(another, lab_server.path.parent / "notebooks" / "another.ipynb")
    with urllib.request.urlopen(f"{lab_server.url}voila/render/another.ipynb", timeout=120) as response:
        page = response.read().decode()
    assert "prose for readers" in page
    assert "the answer 42" in page
    assert "slls-skeleton" not in page
