"""Downloads: what they hold, where it came from, and that the script runs and prints the same numbers."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import cache

import numpy as np
import pandas
import pytest
import xarray as xr
from conventions import broken_rules
from PIL import Image
from waiting import PATIENCE

from slls_widgets.downloads.figure import explorer_figure
from slls_widgets.downloads.files import FORMATS, provenance
from slls_widgets.explore.exact import Exact
from slls_widgets.explore.live import LiveSimulation
from slls_widgets.explore.map_values import map_values
from slls_widgets.explore.permalink import from_query
from slls_widgets.explore.results import Fault, curves_key, map_key
from slls_widgets.explore.shown import NotComputed, NotYet, Shown
from slls_widgets.explore.state import ExplorerState, Quantity
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
    first, *lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert any("software: slls-widgets" in line for line in head)
    assert any(f"alpha: {shown.snapshot.magnet.alpha}" in line for line in head)
    assert lines[: len(head)] == head
    rows = list(csv.DictReader([first, *lines[len(head) :]]))
    exact = [row for row in rows if row["source"] == "exact"]
    assert len(exact) == len(shown.curves.alpha)
    assert float(exact[17]["S_P"]) == shown.curves.S_P[17]


@pytest.mark.parametrize("reader", ["pandas", "numpy"])
def test_the_csv_says_how_to_read_it(simulated, reader, tmp_path):
    path = tmp_path / "rates.csv"
    path.write_bytes(made(simulated, ".csv"))
    said = next(line for line in path.read_text().splitlines() if line.startswith(f"# {reader}: "))
    table = eval(said.split(": ", 1)[1], {"pandas": pandas, "numpy": np, "path": path})
    names = table.columns if reader == "pandas" else table.dtype.names
    assert list(names)[:6] == ["source", "alpha", "nu", "S_P", "S_B", "Sigma"]
    curves = simulated.curves
    exact = table[table["source"] == "exact"]
    np.testing.assert_array_equal(exact["alpha"], curves.alpha)
    np.testing.assert_array_equal(exact["Sigma"], curves.Sigma)
    drawn = table[table["source"] == "simulated"]
    assert list(drawn["seed"]) == [3, 3]
    assert list(drawn["S_P_stderr"]) == [one.estimates.S_P.stderr for one in simulated.readings]


def test_netcdf_opens_with_xarray(shown, tmp_path):
    path = tmp_path / "map.nc"
    path.write_bytes(made(shown, ".nc"))
    with xr.open_dataset(path) as dataset:
        assert dataset.sizes == {"theta": 61, "alpha": 121}
        assert dataset.attrs["app_seed"] == shown.snapshot.settings.seed
        assert set(dataset["phase"].values.ravel()) >= {"refrigerator", "heat_pump", "dud"}


@pytest.mark.parametrize("units", [Units.REDUCED, Units.SI])
def test_netcdf_follows_the_conventions(shown, units, tmp_path):
    there = replace(shown, snapshot=replace(shown.snapshot, units=units))
    path = tmp_path / "map.nc"
    path.write_bytes(made(there, ".nc"))
    assert broken_rules(path) == []
    with xr.open_dataset(path) as dataset:
        assert ("eta_T" in dataset) == (units is Units.SI)
        if units is Units.SI:
            assert (dataset.eta_T.item(), dataset.eta_T.units) == (shown.snapshot.device.rate_si, "s-1")


@contextmanager
def full_disk():
    """No file may grow."""
    if os.name == "nt":  # the limit is one of POSIX
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def download(shown):
    """Each file made once, by its ending, while the disk is full."""

    @cache
    def content(ending):
        with full_disk():
            return made(shown, ending)

    return content


@pytest.mark.parametrize("ending", [".csv", ".nc", ".png", ".svg", ".py"])
def test_a_full_disk_stops_no_download(download, ending):
    assert len(download(ending)) > 500


@pytest.mark.parametrize(("ending", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_figures_carry_their_provenance(download, ending, magic):
    content = download(ending)
    assert content.startswith(magic)
    assert b"seed=1" in content


def test_the_link_in_the_provenance_leads_back(shown):
    assert from_query(provenance(shown)["link"]) == shown.snapshot


def named(printed):
    """Name -> text after the equals sign."""
    return dict(line.split(" = ") for line in printed.splitlines() if " = " in line)


def begin(script, until):
    """What a script prints before ``until``, run in this process: another one loads for seconds."""
    text = script.decode()
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(text[: text.index(until)], "point.py", "exec"), {"__name__": "__main__"})
    return named(out.getvalue())


def test_the_script_runs_and_prints_the_exact_numbers_on_screen(shown, tmp_path):
    few = replace(shown.snapshot.settings, trajectories=4)
    path = tmp_path / "point.py"
    path.write_bytes(made(replace(shown, snapshot=replace(shown.snapshot, settings=few)), ".py"))
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    printed = named(done.stdout)
    steady = steady_state(shown.snapshot.magnet)
    for name in ("S_P", "S_B", "Sigma", "Delta_P"):
        assert float(printed[name].split(" +- ")[0]) == pytest.approx(getattr(steady, name), rel=1e-9)
    assert float(printed["Q"]) == pytest.approx(steady.uncertainty_product, rel=1e-9)
    assert float(printed["efficiency"]) == pytest.approx(steady.efficiency, rel=1e-9)
    assert printed["phase"] == "refrigerator"


@pytest.mark.parametrize(
    "settings",
    [
        {"seed": 7},
        {"scheme": "heun", "dt": 0.002, "trajectories": 100},
        {"scheme": "euler", "trajectories": 3},
    ],
)
def test_the_script_repeats_the_simulated_numbers_to_the_last_digit(shown, settings):
    state = ExplorerState(shown.snapshot)
    state.configure(**settings)
    live = LiveSimulation(state)
    seen = []
    live.observe(lambda change: seen.append(change["new"]), "reading")
    state.running = True
    deadline = time.monotonic() + PATIENCE
    while len(seen) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    state.running = False
    state.running = True  # a pause changes nothing
    while len(seen) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    live.close()
    reading = seen[4]
    there = replace(shown, snapshot=state.snapshot, reading=reading, readings=(reading,))
    printed = begin(made(there, ".py"), until="# The map")
    for name in ("S_P", "S_B", "Sigma"):
        value, stderr = map(float, printed[f"{name} simulated"].split(" +- "))
        estimate = getattr(reading.estimates, name)
        assert value == pytest.approx(estimate.value, rel=1e-11)
        assert stderr == pytest.approx(estimate.stderr, rel=1e-11)
    if reading.fluctuation is not None:
        value, _ = map(float, printed["Delta_P simulated"].split(" +- "))
        assert value == pytest.approx(reading.fluctuation.simulated.value, rel=1e-11)
        exact = float(printed["Delta_P at that finite time"])
        assert exact == pytest.approx(reading.fluctuation.exact, rel=1e-9)


@pytest.fixture(scope="module")
def simulated(shown):
    """Two points of one curve, with settings of their own."""
    state = ExplorerState(shown.snapshot)
    live = LiveSimulation(state)
    readings = []
    for alpha, settings in ((0.42, {"seed": 3}), (-0.7, {"scheme": "heun", "trajectories": 64})):
        state.move(alpha=alpha)
        state.configure(**settings)
        live.reading = None
        state.running = True
        deadline = time.monotonic() + PATIENCE
        while live.reading is None and time.monotonic() < deadline:
            time.sleep(0.05)
        state.running = False
        readings.append(live.reading)
    live.close()
    return replace(shown, readings=tuple(readings))


def test_each_simulated_point_says_how_it_was_simulated(simulated):
    lines = [line for line in made(simulated, ".csv").decode().splitlines() if not line.startswith("#")]
    rows = [row for row in csv.DictReader(lines) if row["source"] == "simulated"]
    assert [row["seed"] for row in rows] == ["3", "3"]
    assert [row["scheme"] for row in rows] == ["moebius", "heun"]
    assert [row["trajectories"] for row in rows] == ["256", "64"]
    for row, reading in zip(rows, simulated.readings, strict=True):
        assert float(row["dt"]) == reading.dt
        assert float(row["time"]) == reading.time
        assert float(row["nu"]) == reading.magnet.nu
        assert float(row["S_B"]) == reading.estimates.S_B.value
        assert float(row["S_B_stderr"]) == reading.estimates.S_B.stderr


def test_provenance_is_of_the_settings_now_not_of_an_older_point(simulated):
    facts = provenance(simulated)
    assert (facts["seed"], facts["scheme"], facts["dt_chosen"]) == (1, "moebius", "automatically")
    assert facts["dt"] != simulated.readings[-1].dt
    given = replace(simulated.snapshot, settings=replace(simulated.snapshot.settings, dt=0.003))
    facts = provenance(replace(simulated, snapshot=given))
    assert (facts["dt"], facts["dt_chosen"]) == (0.003, "by hand")


def test_what_is_not_computed_yet_is_refused_with_a_reason():
    empty = Shown(ExplorerState().snapshot, None, None, None)
    for ending in (".nc", ".png", ".svg", ".csv"):
        with pytest.raises(NotYet, match="still being computed"):
            made(empty, ending)


@pytest.mark.parametrize("change", [{"delta": 0.3}, {"nu": 3.0}])
@pytest.mark.parametrize("ending", [".nc", ".png", ".svg", ".csv"])
def test_what_belongs_to_other_parameters_is_refused(shown, change, ending):
    moved = replace(shown, snapshot=shown.snapshot.moved(**change))
    with pytest.raises(NotYet):
        made(moved, ending)


@pytest.mark.parametrize(("part", "ending"), [("map", ".nc"), ("curves", ".csv"), ("curves", ".svg")])
def test_what_could_not_be_computed_is_refused_with_the_reason_until_the_next_try(part, ending):
    snapshot = ExplorerState().snapshot
    key = map_key(snapshot) if part == "map" else curves_key(snapshot)
    failed = replace(Shown(snapshot, None, None, None), **{f"{part}_fault": Fault(key, "it is too large")})
    with pytest.raises(NotComputed, match="not computed to the end, because it is too large"):
        made(failed, ending)
    with pytest.raises(NotYet):
        made(replace(failed, snapshot=snapshot.moved(delta=0.3)), ending)


def test_a_move_that_leaves_the_map_as_it_is_leaves_its_file_too(shown, tmp_path):
    moved = replace(shown, snapshot=shown.snapshot.moved(alpha=0.9, theta=0.2))
    path = tmp_path / "map.nc"
    path.write_bytes(made(moved, ".nc"))
    with xr.open_dataset(path) as dataset:
        assert dataset.attrs["app_theta"] == 0.2
        assert dataset.attrs["delta"] == dataset.attrs["app_delta"]
    with pytest.raises(NotYet):
        made(moved, ".csv")


def test_what_is_still_coarse_is_refused(shown):
    coarse = replace(shown, phase_map=replace(shown.phase_map, fraction=0.25))
    for ending in (".nc", ".png"):
        with pytest.raises(NotYet, match="the map"):
            made(coarse, ending)
    coarse = replace(shown, curves=replace(shown.curves, fine=False))
    for ending in (".csv", ".svg"):
        with pytest.raises(NotYet, match="the curves"):
            made(coarse, ending)
    with pytest.raises(NotYet, match="the boundaries"):
        made(replace(shown, boundaries=None), ".png")


def figure_of(shown, **changes):
    figure = explorer_figure(replace(shown, snapshot=replace(shown.snapshot, **changes)))
    left, right = figure.axes[:2]
    return figure, left, right


@pytest.fixture(scope="module")
def usual(shown):
    return figure_of(shown)


@pytest.mark.parametrize("quantity", [q for q in Quantity if q is not Quantity.PHASE])
def test_the_figure_shows_the_quantity_on_screen_in_the_units_on_screen(shown, quantity, monkeypatch):
    # It lays the figure out, which takes long, for the names of phases.
    monkeypatch.setattr("slls_widgets.downloads.figure._drop_names_that_do_not_fit", lambda *_: None)
    figure, left, right = figure_of(shown, quantity=quantity, units=Units.SI)
    scale = replace(shown.snapshot, units=Units.SI).scale
    values = map_values(shown.phase_map.level, quantity, (180, 360))
    rate = quantity not in (Quantity.UNCERTAINTY_PRODUCT, Quantity.EFFICIENCY)
    np.testing.assert_allclose(
        left.images[0].get_array().filled(np.nan), (scale.rate if rate else 1.0) * values
    )
    title = figure.axes[2].get_ylabel()  # of the colour bar
    assert (scale.rate_unit in title) == rate
    assert scale.rate_unit in right.get_ylabel()
    drawn = right.lines[0].get_ydata()
    np.testing.assert_allclose(drawn, scale.rate * shown.curves.S_P[shown.curves.alpha < 0])
    assert "µA" in left.get_title()


def test_the_phases_are_drawn_without_a_gap_and_named_inside_their_own_colour(usual):
    figure, left, _ = usual
    picture = left.images[0].get_array()
    assert np.isfinite(np.asarray(picture, dtype=float)).all()
    names = [text for text in left.texts if text.get_text()]
    assert {text.get_text() for text in names} >= {"refrigerator", "dud"}
    rows, columns = picture.shape
    for text in names:
        box = text.get_window_extent().transformed(left.transData.inverted())
        index = {"refrigerator": 0, "heat pump": 1, "dud": 2}[text.get_text()]
        row = round(0.5 * (box.y0 + box.y1) / 90.0 * (rows - 1))
        ends = [round((x + 2.0) / 4.0 * (columns - 1)) for x in (box.x0, box.x1)]
        assert set(picture[row, ends[0] : ends[1] + 1]) == {index}, text.get_text()
    assert len(figure.axes) == 2


def test_the_figure_explains_its_lines_and_says_where_it_comes_from(simulated):
    figure, _, right = figure_of(simulated)
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"simulated, ± standard error", "map: $S_P$ = 0", "map: $S_B$ = 0", "operating point"} <= legend
    assert any("closed form" in text for text in legend)
    facts = figure.get_suptitle()
    for part in (
        "slls-widgets",
        "0.42",
        "moebius, 256 trajectories, seed 3",
        "heun, 64 trajectories",
        "step",
    ):
        assert part in facts
    bars = right.containers
    assert len(bars) == 3
    assert list(bars[0].lines[0].get_xdata()) == [0.42, -0.7]
    quiet = {text.get_text() for text in figure_of(replace(simulated, readings=()))[0].legends[0].get_texts()}
    assert not any("simulated" in text for text in quiet)


def test_the_figure_has_the_axis_on_screen(shown, usual):
    assert usual[2].get_yscale() == "linear"
    right = figure_of(shown, log_rates=True)[2]
    assert right.get_yscale() == "asinh"
    assert "symmetric log" in right.get_ylabel()
    ticks = right.get_yticks()
    assert {-1.0, 0.0, 1.0, 10.0} <= set(ticks)


def test_two_quantities_are_two_pictures(shown, download):
    assert shown.snapshot.quantity is Quantity.PHASE
    other = replace(shown, snapshot=replace(shown.snapshot, quantity=Quantity.S_B))
    files = download(".png"), made(other, ".png")
    first, second = (np.asarray(Image.open(io.BytesIO(each))) for each in files)
    assert first.shape == second.shape
    assert min(first.shape[:2]) > 800
    assert np.mean(np.any(first != second, axis=2)) > 0.1


@pytest.mark.parametrize("units", [Units.PAPER, Units.SI])
def test_the_script_prints_the_rates_in_the_units_on_screen(shown, units):
    there = replace(shown, snapshot=replace(shown.snapshot, units=units))
    # The simulation and the map further down are tested above.
    printed = begin(made(there, ".py"), until="# Nothing had been")
    scale = there.snapshot.scale
    expected = steady_state(there.snapshot.magnet).S_P * scale.rate * 10.0**scale.power
    found = next(value for name, value in printed.items() if name.startswith("S_P ("))
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_the_device_is_in_the_provenance_of_si(shown):
    facts = provenance(replace(shown, snapshot=replace(shown.snapshot, units=Units.SI)))
    assert facts["device_temperature_si"] == 300.0
    assert facts["eta_T_si"] == pytest.approx(shown.snapshot.device.rate_si)
    assert "eta_T_si" not in provenance(shown)
