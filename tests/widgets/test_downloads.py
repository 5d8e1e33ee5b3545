"""A download waits for what is still being computed, and never carries what belongs to other parameters."""

from __future__ import annotations

import threading

import pytest
import xarray as xr
from waiting import PATIENCE, eventually

from slls_widgets.explore import exact as exact_module
from slls_widgets.explore.worker import once
from slls_widgets.maps import phase_map as maps
from slls_widgets.widgets import header

MAP, TABLE = "NetCDF: the map", "CSV: rates and points"


@pytest.fixture
def files(explorer, monkeypatch):
    sent = []
    monkeypatch.setattr(explorer.page, "send", lambda content, buffers=None: sent.append(buffers[0]))
    return sent


@pytest.fixture
def gate(explorer):
    """No map is computed until it is set."""
    closed, opened = threading.Event(), threading.Event()
    explorer.exact._area.submit(once(lambda: closed.set() or opened.wait(PATIENCE)))
    assert closed.wait(PATIENCE)  # a job that has not begun would give way to the next one
    yield opened
    opened.set()


def test_a_map_that_is_still_computed_is_waited_for(explorer, files, gate, tmp_path):
    explorer.state.move(delta=0.31)
    explorer.header._download.value = MAP
    assert not eventually(lambda: bool(files), 0.5)
    gate.set()
    assert eventually(lambda: bool(files))
    path = tmp_path / "map.nc"
    path.write_bytes(files[0])
    with xr.open_dataset(path) as dataset:
        assert dataset.attrs["delta"] == dataset.attrs["app_delta"] == 0.31
        assert dataset.sizes["alpha"] == exact_module.MAP_SHAPE[1]


def test_another_choice_takes_the_place_of_one_that_waits(explorer, files, gate):
    explorer.state.move(delta=0.32)
    explorer.header._download.value = MAP
    assert explorer.exact._lines is not None
    explorer.header._download.value = TABLE
    assert eventually(lambda: bool(files))
    assert files[0].startswith(b"source,alpha")
    gate.set()
    assert explorer.exact.wait(PATIENCE)
    assert not eventually(lambda: len(files) > 1, 0.5)


def test_patience_ends_with_a_message(explorer, files, gate, monkeypatch):
    monkeypatch.setattr(header, "_PATIENCE_SECONDS", 0.2)
    explorer.state.move(delta=0.33)
    explorer.header._download.value = MAP
    assert eventually(lambda: "the map is still being computed" in explorer.state.message)
    gate.set()
    assert explorer.exact.wait(PATIENCE)
    assert not files


def test_a_map_that_cannot_be_computed_is_not_waited_for(explorer, files, monkeypatch):
    def refused():
        raise MemoryError

    monkeypatch.setattr(maps, "levels_in_steps", lambda *args, **options: iter(refused, None))
    explorer.state.move(delta=0.34)
    explorer.header._download.value = MAP
    refusal = "The file could not be made: the map is not computed to the end, because MemoryError"
    assert eventually(lambda: explorer.state.message == refusal, 15.0)
    explorer.header._download.value = TABLE
    assert eventually(lambda: bool(files))
    assert files[0].startswith(b"source,alpha")
