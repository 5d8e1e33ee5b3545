"""One explorer for all tests of the widgets, put back to its beginning before each."""

from __future__ import annotations

import pytest
from waiting import PATIENCE

from slls_widgets.explore.state import Snapshot
from slls_widgets.widgets import Explorer


@pytest.fixture(scope="session")
def shared_explorer():
    explorer = Explorer()
    yield explorer
    explorer.close()


@pytest.fixture
def explorer(shared_explorer):
    shared_explorer.state.running = False
    assert shared_explorer.live.wait(PATIENCE)
    shared_explorer.state.apply(Snapshot())
    shared_explorer.live.reset()
    shared_explorer.state.message = ""
    assert shared_explorer.exact.wait(PATIENCE)
    return shared_explorer
