"""How the tests are shared out to several processes (`make test`), and which need machine code."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what would take minutes, or hours, where the kernels run as plain Python."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
        return
    skip = pytest.mark.skip(reason="takes too long with NUMBA_DISABLE_JIT=1")
    for item in items:
        if item.get_closest_marker("compiled"):
            item.add_marker(skip)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a file's tests together and in order, and all that drive a browser in one process.

    That is the longest part by far. It comes first, so that no process is left without work at the end.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "tests/browser" if file.startswith("tests/browser/") else file

    return Files(config, log)
