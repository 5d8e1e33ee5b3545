"""Order of the tests: those that drive a browser come last.

Playwright keeps an event loop running in the main thread until the session ends, and what looks for the
kernel's event loop (``slls_widgets.explore.dispatch``) would find Playwright's.
"""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
