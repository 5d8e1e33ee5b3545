"""What an exploration must not cost: libraries for files it does not save, messages that say nothing new."""

from __future__ import annotations

import subprocess
import sys

import ipywidgets
from waiting import PATIENCE

from slls_widgets.widgets import Explorer

EXPLORE = """
import sys
from slls_widgets.widgets import Explorer

explorer = Explorer()
explorer.state.move(theta=0.3)
explorer.exact.wait(120)
assert explorer.exact.phase_map.fraction == 1.0
print(*sorted({name.split(".")[0] for name in sys.modules}), "scipy.sparse" in sys.modules)
explorer.close()
"""
LINEAR = "import sys, scipy.linalg; print('scipy.sparse' in sys.modules)"


def test_an_exploration_loads_no_library_that_only_files_or_the_simulation_need():
    done = subprocess.run([sys.executable, "-c", EXPLORE], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "numba" in loaded
    # scipy before 1.15 or so loads its sparse matrices with its linear algebra.
    linear = subprocess.run([sys.executable, "-c", LINEAR], capture_output=True, text=True, check=True)
    if linear.stdout.strip() == "True":
        loaded -= {"True"}
    heavy = {"xarray", "matplotlib", "PIL", "netCDF4", "zarr", "dask", "distributed", "True"}
    assert not loaded & heavy


def test_a_move_of_the_angle_takes_few_messages(monkeypatch):
    explorer = Explorer()  # of its own: panels that other tests have put beside it would send as well
    explorer.state.move(theta=0.60)
    assert explorer.exact.wait(PATIENCE)
    sent = []
    monkeypatch.setattr(ipywidgets.Widget, "_send", lambda self, content, buffers=None: sent.append(self))
    explorer.state.move(theta=0.61)
    assert explorer.exact.wait(PATIENCE)
    monkeypatch.undo()
    explorer.close()
    # Each costs the kernel and the page about half a millisecond between the key and the picture. The curves
    # come twice, coarse and fine; the axis mostly stays where it is.
    assert {explorer.rates.curves, explorer.ledger._table, explorer.sphere.canvas} <= set(sent)
    assert sent.count(explorer.rates.curves) == 2
    assert len(sent) <= 26
