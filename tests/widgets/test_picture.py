"""A panel as a still picture, for stored notebooks: drawn in the right places, and only if nobody looks."""

from __future__ import annotations

import base64
import io
import math
from types import SimpleNamespace

import IPython
import nbformat
import numpy as np
import pytest
from every_panel import PANELS
from matplotlib.image import imread
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from scipy.optimize import brentq

import slls_widgets as sw
from slls_widgets import widgets
from slls_widgets.widgets.parts import picture
from slls_widgets.widgets.parts.picture import unattended

VIEW = "application/vnd.jupyter.widget-view+json"
LARGEST = 75_000
CELL = """from slls_widgets.widgets import RatesView
rates = RatesView()
rates"""


def asked(allow_stdin):
    parent = {"content": {"allow_stdin": allow_stdin}}
    return lambda: SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: parent))


@pytest.fixture
def alone(monkeypatch):
    """As in a kernel that a program drives."""
    monkeypatch.setattr(IPython, "get_ipython", asked(False))


@pytest.mark.parametrize("panel", [each for each in PANELS if each is not widgets.Story])
def test_every_panel_is_a_small_picture_and_no_live_view(panel, alone):
    made = panel()
    bundle = made._repr_mimebundle_()
    made.close()
    assert set(bundle) == {"text/plain", "image/png"}
    assert len(bundle["image/png"]) < LARGEST
    pixels = imread(io.BytesIO(bundle["image/png"]))[..., :3]
    assert 0.003 < (pixels.min(axis=-1) < 0.6).mean() < 0.5  # something is drawn on white


def test_the_whole_app_is_a_small_picture(explorer, alone):
    explorer.exact.want_map()
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}
    assert len(bundle["image/png"]) < LARGEST


def test_what_is_drawn_stands_where_theory_says(explorer):
    figures = []
    keep = picture._png
    picture._png = lambda figure: figures.append(figure) or keep(figure)
    try:
        picture.picture(explorer)
    finally:
        picture._png = keep
    map_, rates = figures[0].axes[:2]
    held, delta = 3.0, math.sqrt(3.0) / 2.0

    def pumped(alpha):
        magnet = sw.Macrospin(alpha=alpha, nu=held / abs(alpha), delta=delta, theta=math.radians(34.0))
        return sw.steady_state(magnet).S_P

    zero = brentq(pumped, -1.2, -0.6)
    assert rates.get_xlim() == map_.get_xlim() == (-2.0, 2.0)
    assert [tick.get_text() for tick in rates.get_xticklabels()] == ["−2", "−1", "0", "1", "2"]
    curves = [line for line in rates.lines if line.get_color() == "#0072b2" and line.get_linestyle() == "-"]
    x, y = max(curves, key=lambda line: len(line.get_xdata())).get_data()
    crossing = np.flatnonzero((y[:-1] > 0) & (y[1:] < 0))[0]
    at = np.interp(0.0, y[[crossing + 1, crossing]], x[[crossing + 1, crossing]])
    assert at == pytest.approx(zero, abs=1e-3)
    dotted = [line.get_xdata()[0] for line in rates.lines if line.get_linestyle() == ":"]
    assert min(abs(each - zero) for each in dotted) < 1e-3
    (point,) = [line for line in map_.lines if line.get_marker() == "o"]
    assert point.get_xydata()[0] == pytest.approx([0.42, 34.0], abs=1e-6)
    # The picture's first row is the largest angle; over the point it has the refrigerator's colour.
    (image,) = map_.images
    pixels = image.get_array()
    assert image.get_extent() == pytest.approx((-2.0, 2.0, 0.0, 90.0), abs=0.05)
    row, column = round((1 - 34 / 90) * (len(pixels) - 1)), round((0.42 + 2) / 4 * (len(pixels[0]) - 1))
    assert np.abs(pixels[row, column, :3] - np.array([143, 199, 232]) / 255).max() < 0.02


def test_a_reader_gets_the_live_view_and_pays_for_no_picture(monkeypatch):
    rates = widgets.RatesView()
    monkeypatch.setattr(picture, "picture", lambda root: pytest.fail("a picture that nobody wants"))
    for reader in (lambda: None, asked(True)):
        monkeypatch.setattr(IPython, "get_ipython", reader)
        assert set(rates._repr_mimebundle_()) == {"text/plain", VIEW}
    # Voila runs its cells as nbconvert does, and shows them alive.
    monkeypatch.setattr(IPython, "get_ipython", asked(False))
    assert unattended()
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    assert set(rates._repr_mimebundle_()) == {"text/plain", VIEW}
    rates.close()


def test_a_run_notebook_shows_the_picture_as_a_page_without_a_network():
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata=kernel)
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert set(output.data) == {"text/plain", "image/png"}
    pixels = imread(io.BytesIO(base64.b64decode(output.data["image/png"])))
    # Exact curves have arrived: each has its colour somewhere.
    for colour in ((0, 114, 178), (213, 94, 0)):
        assert (np.abs(255 * pixels[..., :3] - colour).max(axis=-1) < 12).sum() > 100
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert "data:image/png;base64," in page
