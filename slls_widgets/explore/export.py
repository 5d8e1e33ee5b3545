"""What is on screen as files: table, dataset, figure, and a script that reproduces the numbers.

Each carries its provenance: version, parameters, seed, scheme and step.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .. import __version__
from .netcdf import netcdf_bytes
from .permalink import to_query
from .state import Hold, Snapshot
from .units import Units

if TYPE_CHECKING:
    from .exact import Boundaries, Curves, MapResult
    from .live import Reading

__all__ = ["FORMATS", "Shown", "provenance", "script"]

QUANTITIES = ("S_P", "S_B", "Sigma")


@dataclass(frozen=True)
class Shown:
    """Everything the app shows now."""

    snapshot: Snapshot
    curves: Curves | None
    phase_map: MapResult | None
    boundaries: Boundaries | None
    readings: tuple[Reading, ...] = ()


def provenance(shown: Shown) -> dict[str, Any]:
    """Where the numbers come from, as flat key-value pairs."""
    magnet, settings = shown.snapshot.magnet, shown.snapshot.settings
    step = shown.readings[-1].dt if shown.readings else settings.dt
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
        "dt": "auto" if step is None else step,
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
    """The curves of the rates view, and the simulated points below them; the head is commented."""
    out = io.StringIO()
    for key, value in provenance(shown).items():
        out.write(f"# {key}: {value}\n")
    table = csv.writer(out)
    table.writerow(["source", "alpha", *QUANTITIES, *(f"{name}_stderr" for name in QUANTITIES)])
    for source, rows in _rows(shown):
        for row in rows:
            table.writerow([source, *(repr(float(value)) for value in row)])
    return out.getvalue().encode()


def as_netcdf(shown: Shown) -> bytes:
    """The map as NetCDF, parameters and provenance in its attributes.

    Raises
    ------
    ValueError
        If no map has been computed yet.
    """
    if shown.phase_map is None:
        raise ValueError("the map is still being computed; wait for it and download again")
    dataset = shown.phase_map.dataset.copy()
    dataset.attrs |= {f"app_{key}": value for key, value in provenance(shown).items()}
    return netcdf_bytes(dataset)


def as_figure(shown: Shown, kind: str) -> bytes:
    """The map and the rates as one static figure, ``kind`` "png" or "svg".

    Raises
    ------
    ValueError
        If the map or the curves have not been computed yet.
    """
    if shown.phase_map is None or shown.curves is None:
        raise ValueError("the figure is still being computed; wait for it and download again")
    from .. import plots

    figure = plots.explorer_figure(shown)
    out = io.BytesIO()
    facts = provenance(shown)
    text = "; ".join(f"{key}={value}" for key, value in facts.items())
    metadata = {"Description": text} if kind == "svg" else {"Comment": text, "Software": facts["software"]}
    figure.savefig(out, format=kind, metadata=metadata, dpi=200)
    return out.getvalue()


def script(shown: Shown) -> bytes:
    """A Python script that prints the exact numbers on screen, and simulated ones from the same seed."""
    magnet, settings = shown.snapshot.magnet, shown.snapshot.settings
    duration = shown.readings[-1].time if shown.readings else 50.0
    torque_held = shown.snapshot.hold is Hold.ALPHA_NU
    held = f"alpha_nu={shown.snapshot.alpha_nu!r}" if torque_held else f"nu={magnet.nu!r}"
    return f'''"""Entropy rates of a micro-magnet, written by slls-widgets {__version__}.

Rates are in units of eta T, times in 1/(eta T), theta in radians.
"""

import numpy as np

import slls_widgets as sw

magnet = sw.Macrospin(
    alpha={magnet.alpha!r},
    nu={magnet.nu!r},
    delta={magnet.delta!r},
    theta={magnet.theta!r},
)

exact = sw.steady_state(magnet)
for name in ("S_P", "S_B", "Sigma", "Delta_P"):
    print(f"{{name}} = {{getattr(exact, name):.10g}} +- {{exact.errors[name]:.1e}}")
{_in_other_units(shown.snapshot)}
# A run of its own: it starts from the same seed, but not where the app's run had been.
run = sw.simulate(
    magnet,
    trajectories={settings.trajectories!r},
    duration={min(max(duration, 5.0), 200.0)!r},
    dt={settings.dt!r},
    scheme={settings.scheme!r},
    seed={settings.seed!r},
)
for name in ("S_P", "S_B", "Sigma"):
    print(f"{{name}} simulated = {{getattr(run, name).value:.6g}} +- {{getattr(run, name).stderr:.2g}}")

# The map of the app at half its resolution.
alpha = np.linspace({-shown.snapshot.alpha_max!r}, {shown.snapshot.alpha_max!r}, 61)
theta = np.linspace(0.0, np.pi / 2, 31)
phase_map = sw.phase_map(alpha, theta, delta={magnet.delta!r}, {held})
print(phase_map)
'''.encode()


# Name on the menu: file name, media type, maker.
FORMATS: dict[str, tuple[str, str, Callable[[Shown], bytes]]] = {
    "CSV: rates and points": ("slls_rates.csv", "text/csv", as_csv),
    "NetCDF: the map": ("slls_map.nc", "application/x-netcdf", as_netcdf),
    "PNG figure": ("slls_figure.png", "image/png", lambda shown: as_figure(shown, "png")),
    "SVG figure": ("slls_figure.svg", "image/svg+xml", lambda shown: as_figure(shown, "svg")),
    "Python script": ("slls_point.py", "text/x-python", script),
}


def _in_other_units(snapshot: Snapshot) -> str:
    """The lines of the script that print the rates as the app showed them."""
    if snapshot.units is Units.REDUCED:
        return ""
    if snapshot.units is Units.SI:
        arguments = "".join(f"    {name}={value!r},\n" for name, value in asdict(snapshot.device).items())
        unit, name = f"\ndevice = sw.Device(\n{arguments})\nunit = device.rate_si  # eta T in 1/s\n", "1/s"
    else:
        unit, name = f"\nunit = {snapshot.scale.rate!r}  # eta T at gamma0 = T = 1, |m| = sqrt(3)\n", "paper"
    return (
        f"{unit}"
        'for name in ("S_P", "S_B", "Sigma", "Delta_P"):\n'
        f'    print(f"{{name}} ({name}) = {{unit * getattr(exact, name):.10g}}")\n'
    )


def _rows(shown: Shown) -> Iterable[tuple[str, Iterable[tuple[float, ...]]]]:
    nothing = (float("nan"),) * 3
    if shown.curves is not None:
        curves, closed = shown.curves, shown.curves.closed
        exact = zip(curves.alpha, curves.S_P, curves.S_B, curves.Sigma, strict=True)
        yield "exact", ((*row, *nothing) for row in exact)
        aligned = zip(curves.alpha, closed.S_P, closed.S_B, closed.Sigma, strict=True)
        yield "closed form at theta = 0", ((*row, *nothing) for row in aligned)
    points = []
    for reading in shown.readings:
        estimates = [getattr(reading.estimates, name) for name in QUANTITIES]
        points.append((reading.magnet.alpha, *(e.value for e in estimates), *(e.stderr for e in estimates)))
    yield "simulated", points
