"""What an exploration that saves no file must not load: every visitor of a server would pay for it."""

from __future__ import annotations

import subprocess
import sys

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


def test_an_exploration_loads_no_library_that_only_files_or_the_simulation_need():
    done = subprocess.run([sys.executable, "-c", EXPLORE], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "numba" in loaded
    heavy = {"xarray", "matplotlib", "PIL", "netCDF4", "zarr", "dask", "distributed", "True"}
    assert not loaded & heavy
