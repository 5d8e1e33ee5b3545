"""One explorer for the module's tests, always closed."""

from __future__ import annotations

import pytest

from slls_widgets.widgets import Explorer


@pytest.fixture
def explorer():
    explorer = Explorer()
    assert explorer.exact.wait(120)
    yield explorer
    explorer.close()
    assert explorer.live.wait_idle(5)
