"""Each panel by itself, in one line, and panels that share a state."""

from __future__ import annotations

import gc
import threading
import time

import ipywidgets as w
import pytest
from every_panel import PANELS
from ipywidgets.widgets.widget import _instances
from waiting import PATIENCE

from slls_widgets import widgets
from slls_widgets.explore.state import ExplorerState
from slls_widgets.widgets.parts.page import Page


def threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("slls-")}


def ended(before):
    # A job under way ends at its next look at the clock; counting statistics take seconds between two.
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and threads() - before:
        time.sleep(0.02)
    return not threads() - before


def listeners(*sources):
    found = {}
    for k, source in enumerate(sources):
        for name, kinds in source._trait_notifiers.items():
            found[k, name] = len(kinds.get("change", ()))
    # A trait that was listened to once stays in the list, with nobody on it.
    return {place: count for place, count in found.items() if count}


def everything(state):
    return widgets.Workbench(*PANELS, state=state)


@pytest.mark.parametrize("panel", [*PANELS, everything, widgets.Explorer])
def test_a_closed_panel_leaves_no_widget_and_no_listener(panel):
    kept = widgets.Ledger()
    state, exact, live = kept._exploration.state, kept._exploration.exact, kept._exploration.live
    exact.want_map()
    # Without a loop its results would be drawn in another thread while this one turns the units.
    assert exact.wait(PATIENCE)
    opened, heard = set(_instances), None
    for _ in range(2):
        made = panel() if panel is widgets.Explorer else panel(state)
        state.show(units="si")  # another board of dials
        state.show(units="reduced")
        assert exact.wait(PATIENCE)
        made._repr_mimebundle_()
        made.close()
        assert set(_instances) == opened
        assert heard in (None, listeners(state, exact, live))
        heard = listeners(state, exact, live)
    kept.close()
    assert not listeners(exact, live)


def pages(panel):
    return [child for child in panel.children if isinstance(child, Page)]


def test_all_panels_are_here():
    names = {panel.__name__ for panel in PANELS}
    wanted = {
        "Controls",
        "RatesView",
        "PhaseMap",
        "SphereView",
        "StrongFieldView",
        "Ledger",
        "SimulationPanel",
    }
    assert wanted <= names


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_needs_nothing_shows_something_and_ends_its_threads(panel):
    before = threads()
    alone = panel()
    state = alone._exploration.state
    assert not pages(alone)
    assert alone._repr_mimebundle_()
    assert "slls-app" in alone._dom_classes
    assert len(pages(alone)) == 1
    alone._repr_mimebundle_()
    assert len(pages(alone)) == 1  # shown twice
    state.move(theta=0.4)
    state.running = True
    assert alone._exploration.exact.wait(PATIENCE)
    alone.close()
    alone.close()
    assert not state.running
    assert ended(before)


def test_panels_given_one_state_share_what_follows_it():
    before = threads()
    state = ExplorerState()
    rates, ledger, controls = widgets.RatesView(state), widgets.Ledger(state), widgets.Controls(state)
    assert rates._exact is ledger._exact
    together = w.VBox([rates, ledger, controls])
    state.move(alpha=-0.5)
    assert rates._exact.wait(PATIENCE)
    assert "stale" not in rates._dom_classes
    rates.close()
    state.move(alpha=-0.6)
    assert ledger._exact.wait(PATIENCE)
    assert ledger._exact.point.magnet.alpha == -0.6
    for panel in (ledger, controls, together):
        panel.close()
    assert ended(before)


def test_a_workbench_shows_a_state_that_is_there_already():
    state = ExplorerState()
    outside = widgets.RatesView(state)
    bench = widgets.Workbench([widgets.Controls, widgets.SimulationPanel], widgets.Ledger, state=state)
    assert bench.exact is outside._exact
    bench.close()
    state.move(theta=0.9)
    assert outside._exact.wait(PATIENCE)
    assert outside._exact.point.magnet.theta == 0.9
    outside.close()
    with pytest.raises(ValueError, match="not both"):
        widgets.Workbench(widgets.Ledger, state=state, snapshot=state.snapshot)


def test_the_same_panel_twice_is_two_panels():
    bench = widgets.Workbench(widgets.RatesView, widgets.RatesView)
    first, second = bench.cards
    assert first is not second
    bench.close()


def test_a_panel_that_cannot_be_made_says_why_and_nothing_else(capsys):
    for panel in PANELS:
        with pytest.raises(TypeError, match="state must be an ExplorerState, or left out; got 'nonsense'"):
            panel("nonsense")
    gc.collect()
    assert "ignored" not in capsys.readouterr().err


def test_the_app_runs_for_its_visitor_and_a_notebooks_panels_for_nobody(explorer):
    bench = widgets.Workbench(widgets.SphereView)
    for shown in (explorer, bench):
        shown.page._received(None, {"type": "visit"}, [])
    running = explorer.state.running, bench.state.running
    explorer.state.running = False
    bench.close()
    assert running == (True, False)


def test_a_hidden_tab_pauses_and_goes_on_when_it_is_seen_again(explorer):
    def look(visible):
        explorer.page._received(None, {"type": "visible", "visible": visible}, [])

    look(True)
    assert not explorer.state.running  # seeing it starts nothing
    explorer.state.running = True
    look(False)
    assert not explorer.state.running
    look(False)
    look(True)
    assert explorer.state.running
    explorer.state.running = False
    look(False)
    look(True)
    assert not explorer.state.running  # the reader had paused it
