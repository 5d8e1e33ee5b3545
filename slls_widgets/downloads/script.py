"""A Python script that repeats the numbers on screen, digit for digit where they come from a seed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from .. import __version__
from ..explore.burn_in import burn_in_steps
from ..explore.exact import MAP_SHAPE
from ..explore.state import Snapshot
from ..explore.units import Units

if TYPE_CHECKING:
    from ..explore.live import Reading
    from ..explore.shown import Shown

__all__ = ["script"]


def script(shown: Shown) -> bytes:
    """The script: the exact numbers of the ledger, the simulated ones, and the map."""
    snapshot = shown.snapshot
    magnet = snapshot.magnet
    ((held, value),) = snapshot.held.argument.items()
    rows, columns = MAP_SHAPE
    reading = shown.reading
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
print(f"Q = {{exact.uncertainty_product:.10g}}")
print(f"efficiency = {{exact.efficiency:.10g}}")
print(f"phase = {{exact.phase}}")
{_in_other_units(snapshot)}{_own_run(snapshot) if reading is None else _same_run(reading)}
# The map of the app.
alpha = np.linspace({-snapshot.alpha_max!r}, {snapshot.alpha_max!r}, {columns})
theta = np.linspace(0.0, np.pi / 2, {rows})
phase_map = sw.phase_map(alpha, theta, delta={magnet.delta!r}, {held}={value!r})
print(phase_map)
'''.encode()


def _same_run(reading: Reading) -> str:
    """The run on screen, step by step: the same seed, and as many steps as it had taken."""
    settings = reading.settings
    steps = round(reading.time / reading.dt)
    lines = f"""
# The run on screen, with as many steps as it had taken: the same processor gives the same digits.
from slls_widgets.simulation import Ensemble

run = Ensemble(
    magnet,
    trajectories={settings.trajectories!r},
    dt={reading.dt!r},
    scheme={settings.scheme!r},
    seed={settings.seed!r},
)
run.advance({burn_in_steps(reading.magnet, reading.dt)})  # to forget the start
run.restart_statistics()
"""
    seen = reading.fluctuation
    if seen is None:
        lines += f"run.advance({steps})\n"
    else:
        lines += f"""
from slls_widgets.simulation.finite_time import FiniteTimeVariance

spread = FiniteTimeVariance(run, steps={seen.steps})
spread.advance({steps})
Delta_P = spread.estimate()
print(f"Delta_P simulated = {{Delta_P.value:.12g}} +- {{Delta_P.stderr:.12g}}")
print(f"Delta_P at that finite time = {{float(exact.finite_time_variance(spread.tau)):.10g}}")
"""
    return (
        lines
        + """estimates = run.estimates()
for name in ("S_P", "S_B", "Sigma"):
    estimate = getattr(estimates, name)
    print(f"{name} simulated = {estimate.value:.12g} +- {estimate.stderr:.12g}")
"""
    )


def _own_run(snapshot: Snapshot) -> str:
    settings = snapshot.settings
    return f"""
# Nothing had been simulated at this point: a run of its own, with the settings on screen.
run = sw.simulate(
    magnet,
    trajectories={settings.trajectories!r},
    duration=50.0,
    dt={settings.dt!r},
    scheme={settings.scheme!r},
    seed={settings.seed!r},
)
for name in ("S_P", "S_B", "Sigma"):
    print(f"{{name}} simulated = {{getattr(run, name).value:.6g}} +- {{getattr(run, name).stderr:.2g}}")
"""


def _in_other_units(snapshot: Snapshot) -> str:
    """The lines that print the rates as the app showed them."""
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
