"""What is on screen as files: table, dataset, figure, and a script that repeats the numbers.

Each carries its provenance: version, parameters, seed, scheme and step. Nothing that belongs to other
parameters than the file says, or is still coarse, gets into one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from .. import __version__
from ..explore.exact import CURVE_TOLERANCE
from ..explore.permalink import to_query
from ..explore.shown import Shown
from ..explore.state import LARGEST_NU, Snapshot
from ..explore.units import Units
from .netcdf import netcdf_bytes
from .script import script

__all__ = ["FORMATS", "PACKAGES", "provenance"]

QUANTITIES = ("S_P", "S_B", "Sigma")
_HOW_TO_READ = {
    "pandas": 'pandas.read_csv(path, comment="#")',
    "numpy": 'numpy.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")',
}
_SETTINGS = ("scheme", "seed", "trajectories", "dt", "time")


def provenance(shown: Shown) -> dict[str, Any]:
    """Where the numbers come from, as flat key-value pairs.

    The settings are those that the app simulates with now; a simulated point says its own.
    """
    from ..simulation.step_size import checked_step

    magnet, settings = shown.snapshot.magnet, shown.snapshot.settings
    return {
        "software": f"slls-widgets {__version__}",
        "alpha": magnet.alpha,
        "nu": magnet.nu,
        "delta": magnet.delta,
        "theta": magnet.theta,
        "held": shown.snapshot.hold.value,
        "scheme": settings.scheme,
        "seed": settings.seed,
        "trajectories": settings.trajectories,
        "dt": checked_step(magnet, settings.scheme, settings.dt),
        "dt_chosen": "automatically" if settings.dt is None else "by hand",
        "units": "rates in eta T, times in 1/(eta T), theta in radians",
        "link": "?" + to_query(shown.snapshot),
        **_device_facts(shown.snapshot),
    }


def _device_facts(snapshot: Snapshot) -> dict[str, Any]:
    """The device, where the app shows one, and its ηT in 1/s; nothing in other units."""
    if snapshot.units is not Units.SI:
        return {}
    device = snapshot.device
    return {f"device_{name}": value for name, value in asdict(device).items()} | {"eta_T_si": device.rate_si}


def as_csv(shown: Shown) -> bytes:
    """The curves of the rates view, and the simulated points below them.

    The first line names the columns, where numpy looks for them; comments, which start with #, follow it.
    They say how numpy and pandas read the file. A simulated point has the settings that it was taken with.

    Raises
    ------
    NotYet, NotComputed
        If the curves are not those of the snapshot.
    """
    rows = list(_rows(shown))
    out = io.StringIO()
    table = csv.DictWriter(
        out,
        ["source", "alpha", "nu", *QUANTITIES, *(f"{name}_stderr" for name in QUANTITIES), *_SETTINGS],
        restval="",
    )
    table.writeheader()
    facts = {**_HOW_TO_READ, **provenance(shown), "exact_to": f"{CURVE_TOLERANCE:g}, relative"}
    for key, value in facts.items():
        out.write(f"# {key}: {value}\n")
    for row in rows:
        table.writerow({key: repr(float(v)) if isinstance(v, float) else v for key, v in row.items()})
    return out.getvalue().encode()


def as_netcdf(shown: Shown) -> bytes:
    """The map as NetCDF, parameters and provenance in its attributes.

    Raises
    ------
    NotYet, NotComputed
        If the map is not that of the snapshot, or not complete.
    """
    dataset = shown.current_map.level.dataset
    facts = provenance(shown)
    dataset.attrs |= {f"app_{key}": value for key, value in facts.items()}
    if "eta_T_si" in facts:
        words = {"units": "s-1", "long_name": "eta T of the device", "comment": "rates are multiples of it"}
        dataset["eta_T"] = ((), facts["eta_T_si"], words)
    return netcdf_bytes(dataset)


def as_figure(shown: Shown, kind: str) -> bytes:
    """The map and the rates as one static figure, ``kind`` "png" or "svg".

    Raises
    ------
    NotYet, NotComputed
        If map, boundaries or curves are not those of the snapshot.
    """
    import matplotlib as mpl

    from .figure import explorer_figure

    figure = explorer_figure(shown)
    out = io.BytesIO()
    facts = provenance(shown)
    text = "; ".join(f"{key}={value}" for key, value in facts.items())
    metadata = {"Description": text} if kind == "svg" else {"Comment": text, "Software": facts["software"]}
    # Text in an SVG stays text, which can be searched, edited and read aloud.
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(out, format=kind, metadata=metadata, dpi=200)
    return out.getvalue()


# Name on the menu: file name, media type, maker.
FORMATS: dict[str, tuple[str, str, Callable[[Shown], bytes]]] = {
    "CSV: rates and points": ("slls_rates.csv", "text/csv", as_csv),
    "NetCDF: the map": ("slls_map.nc", "application/x-netcdf", as_netcdf),
    "PNG figure": ("slls_figure.png", "image/png", lambda shown: as_figure(shown, "png")),
    "SVG figure": ("slls_figure.svg", "image/svg+xml", lambda shown: as_figure(shown, "svg")),
    "Python script": ("slls_point.py", "text/x-python", script),
}

#: What a format needs beyond what the screen does.
PACKAGES = {
    "NetCDF: the map": ("xarray", "netcdf4"),
    "PNG figure": ("matplotlib",),
    "SVG figure": ("matplotlib",),
}


def _rows(shown: Shown) -> Iterable[dict[str, Any]]:
    curves = shown.current_curves
    field = np.minimum(curves.key.map.held.at(curves.alpha), LARGEST_NU)
    for source, rates in (("exact", curves), ("closed form at theta = 0", curves.closed)):
        for k, alpha in enumerate(curves.alpha):
            values = {name: float(getattr(rates, name)[k]) for name in QUANTITIES}
            yield {"source": source, "alpha": float(alpha), "nu": float(field[k]), **values}
    for reading in shown.readings:
        row = {"source": "simulated", "alpha": reading.magnet.alpha, "nu": reading.magnet.nu}
        for name in QUANTITIES:
            estimate = getattr(reading.estimates, name)
            row |= {name: float(estimate.value), f"{name}_stderr": float(estimate.stderr)}
        settings = {name: getattr(reading.settings, name) for name in ("scheme", "seed", "trajectories")}
        yield {**row, **settings, "dt": reading.dt, "time": reading.time}
