"""One explorer for all tests of the widgets, put back to its beginning before each, and each map once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from waiting import PATIENCE

from slls_widgets.explore import exact as exact_module
from slls_widgets.explore.state import Snapshot
from slls_widgets.maps import phase_map as maps
from slls_widgets.studies import strong_field as strong_field_study
from slls_widgets.widgets import Explorer
from slls_widgets.widgets.panels import strong_field


def remembered(levels: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Levels of maps that come at once where the same map was finished before."""
    finished: dict[tuple[Any, ...], list[Any]] = {}

    def again(alpha, theta, **settings):
        key = (alpha.tobytes(), theta.tobytes(), *sorted(settings.items()))
        found = []
        for step in finished.get(key) or levels(alpha, theta, **settings):
            if isinstance(step, maps.Level):
                found.append(step)
            yield step
        finished[key] = found

    return again


def remembered_lines(boundaries: Callable[..., Any]) -> Callable[..., Any]:
    """Boundaries that come at once where the same ones were traced before."""
    traced: dict[tuple[Any, ...], Any] = {}

    def again(**settings):
        key = tuple(sorted(settings.items()))
        if key not in traced:
            traced[key] = yield from boundaries(**settings)
        return traced[key]

    return again


# Once for all files; the fixture puts them in place for the tests of this folder alone.
LEVELS, LINES = remembered(maps.levels_in_steps), remembered_lines(maps.lines_in_steps)
FINITE_TIME = cache(strong_field_study.finite_time)


@pytest.fixture(scope="module", autouse=True)
def computed_once():
    """Maps and curves of a finite time have fewer points than the app's, and none is computed twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_module, "MAP_SHAPE", (31, 61))
        patch.setattr(maps, "levels_in_steps", LEVELS)
        patch.setattr(maps, "lines_in_steps", LINES)
        patch.setattr(strong_field, "_FINITE_POINTS", 5)
        patch.setattr(strong_field_study, "finite_time", FINITE_TIME)
        yield


@pytest.fixture(scope="session")
def shared_explorer():
    explorer = Explorer()
    yield explorer
    explorer.close()


@pytest.fixture
def explorer(computed_once, shared_explorer):
    shared_explorer.state.running = False
    assert shared_explorer.live.wait(PATIENCE)
    shared_explorer.state.apply(Snapshot())
    # Without an event loop results are drawn in the thread they come from: one thread at a time.
    assert shared_explorer.exact.wait(PATIENCE)
    shared_explorer.live.reset()
    shared_explorer.state.message = ""
    return shared_explorer
