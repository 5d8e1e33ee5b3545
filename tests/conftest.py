"""How the tests are shared out (`make test`), which need machine code, and what notebooks must fulfil."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, Phase, settings
from nbval.plugin import IPyNbCell

# Not to be searched for docstrings' examples: the folders below have modules of the same name.
collect_ignore = ["conftest.py"]

if "MUTANT_UNDER_TEST" in os.environ:
    # `make mutants`: the same examples for each mutant, however busy the machine is; any failure will do.
    settings.register_profile(
        "mutants",
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("mutants")


PHYSICS = """import sys
sys.path.append({folder!r})
import notebook_physics
notebook_physics.CHECKS[{number!r}](globals())"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the checks of the notebooks; skip what takes too long where the kernels run as plain Python."""
    _look_at_the_numbers_of_notebooks(items)
    if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
        return
    skip = pytest.mark.skip(reason="takes too long with NUMBA_DISABLE_JIT=1")
    for item in items:
        if item.get_closest_marker("compiled"):
            item.add_marker(skip)


def _look_at_the_numbers_of_notebooks(items: list[pytest.Item]) -> None:
    """Put one more cell after the last of each notebook that nbval runs."""
    last = {item.parent: item for item in items if isinstance(item, IPyNbCell)}
    for notebook, item in last.items():
        source = PHYSICS.format(folder=str(Path(__file__).parent), number=notebook.path.stem[:2])
        cell = nbformat.v4.new_code_cell(source)
        physics = IPyNbCell.from_parent(
            notebook, name="physics", cell_num=item.cell_num + 1, cell=cell, options=defaultdict(bool)
        )
        items.insert(items.index(item) + 1, physics)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a file's tests together and in order, and all that share a browser and its server in one process.

    They are the longest part by far. They come first, so that no process is left without work at the end.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            shared = file.startswith("tests/browser/") and file != "tests/browser/test_notebooks_lab.py"
            return "tests/browser" if shared else file

    return Files(config, log)
