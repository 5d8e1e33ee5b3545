"""Downloads: what they hold, where it came from, and that the script runs and prints the same numbers."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import xarray as xr

from slls_widgets.explore.exact import Exact
from slls_widgets.explore.export import FORMATS, Shown, provenance
from slls_widgets.explore.permalink import from_query
from slls_widgets.explore.state import ExplorerState
from slls_widgets.explore.units import Units
from slls_widgets.fokker_planck import steady_state


@pytest.fixture(scope="module")
def shown():
    state = ExplorerState()
    exact = Exact(state)
    assert exact.wait(300)
    exact.close()
    assert state.message == ""
    return Shown(state.snapshot, exact.curves, exact.phase_map, exact.boundaries)


def made(shown, ending):
    return next(make(shown) for name, _, make in FORMATS.values() if name.endswith(ending))


def test_csv_holds_the_curves_and_their_provenance(shown):
    text = made(shown, ".csv").decode()
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any("software: slls-widgets" in line for line in head)
    assert any(f"alpha: {shown.snapshot.magnet.alpha}" in line for line in head)
    rows = list(csv.DictReader(io.StringIO("\n".join(text.splitlines()[len(head) :]))))
    exact = [row for row in rows if row["source"] == "exact"]
    assert len(exact) == len(shown.curves.alpha)
    assert float(exact[17]["S_P"]) == shown.curves.S_P[17]


def test_netcdf_opens_with_xarray(shown, tmp_path):
    path = tmp_path / "map.nc"
    path.write_bytes(made(shown, ".nc"))
    with xr.open_dataset(path) as dataset:
        assert dataset.sizes == {"theta": 61, "alpha": 121}
        assert dataset.attrs["app_seed"] == shown.snapshot.settings.seed
        assert set(dataset["phase"].values.ravel()) >= {"refrigerator", "heat_pump", "dud"}


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize("ending", [".csv", ".nc", ".png", ".svg", ".py"])
def test_a_full_disk_stops_no_download(shown, ending):
    """No file may grow, as on a disk that is full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        content = made(shown, ending)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(content) > 500


@pytest.mark.parametrize(("ending", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_figures_carry_their_provenance(shown, ending, magic):
    content = made(shown, ending)
    assert content.startswith(magic)
    assert b"seed=1" in content


def test_the_link_in_the_provenance_leads_back(shown):
    assert from_query(provenance(shown)["link"]) == shown.snapshot


def test_the_script_runs_and_prints_the_numbers_on_screen(shown, tmp_path):
    from slls_widgets.fokker_planck import steady_state

    path = tmp_path / "point.py"
    path.write_bytes(made(shown, ".py"))
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    printed = dict(line.split(" = ") for line in done.stdout.splitlines()[:4])
    steady = steady_state(shown.snapshot.magnet)
    for name in ("S_P", "S_B", "Sigma", "Delta_P"):
        assert float(printed[name].split(" +- ")[0]) == pytest.approx(getattr(steady, name), rel=1e-9)


def test_what_is_not_computed_yet_is_refused_with_a_reason():
    empty = Shown(ExplorerState().snapshot, None, None, None)
    with pytest.raises(ValueError, match="still being computed"):
        made(empty, ".nc")
    with pytest.raises(ValueError, match="still being computed"):
        made(empty, ".png")


@pytest.mark.parametrize("units", [Units.PAPER, Units.SI])
def test_the_script_prints_the_rates_in_the_units_on_screen(shown, units, tmp_path):
    there = replace(shown, snapshot=replace(shown.snapshot, units=units))
    lines = made(there, ".py").decode().splitlines()
    # The simulation and the map further down are tested above.
    path = tmp_path / "point.py"
    path.write_text("\n".join(lines[: next(k for k, line in enumerate(lines) if line.startswith("# A run"))]))
    printed = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True).stdout
    scale = there.snapshot.scale
    expected = steady_state(there.snapshot.magnet).S_P * scale.rate * 10.0**scale.power
    found = next(line for line in printed.splitlines() if line.startswith("S_P ("))
    assert float(found.split("=")[1]) == pytest.approx(expected, rel=1e-9)


def test_the_device_is_in_the_provenance_of_si(shown):
    facts = provenance(replace(shown, snapshot=replace(shown.snapshot, units=Units.SI)))
    assert facts["device_temperature_si"] == 300.0
    assert facts["eta_T_si"] == pytest.approx(shown.snapshot.device.rate_si)
    assert "eta_T_si" not in provenance(shown)
