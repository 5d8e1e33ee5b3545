"""Named places worth visiting."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from .. import theory
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_DELTA
from .state import Hold, Snapshot
from .units import Sample, Units

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A name, what is seen there, and how to get there from a snapshot (its δ or torque may be kept)."""

    name: str
    meaning: str
    go: Callable[[Snapshot], Snapshot]


def _at(hold: Hold, *, span: float = 2.0, **parameters: float) -> Callable[[Snapshot], Snapshot]:
    magnet = Macrospin(**parameters)
    return lambda now: replace(now, magnet=magnet, hold=hold, alpha_max=span)


def _special(name: str) -> Callable[[Snapshot], Snapshot]:
    def go(now: Snapshot) -> Snapshot:
        delta = min(max(now.magnet.delta, 0.01), 100.0)
        alpha = getattr(theory.special_points(delta), name)
        # At fixed torque the equilibrium point α = 0 lies at infinite field; hold ν to stand on it.
        nu = min(max(now.magnet.nu, 1e-2), 100.0)
        return replace(now, magnet=Macrospin(alpha=0.0, nu=nu, delta=delta), hold=Hold.NU).moved(alpha=alpha)

    return go


PRESETS = (
    Preset(
        "ideal engine",
        "a very strong field at the same torque: the flow of entropy stays, what it costs and how much it "
        "fluctuates vanish",
        _at(Hold.ALPHA_NU, alpha=0.003, nu=1000.0, delta=PAPER_DELTA, theta=math.radians(34)),
    ),
    Preset("equilibrium", "α = 0: no torque, all rates vanish", _special("equilibrium")),
    Preset(
        "isotropic",
        "α = −δ: the field H′ vanishes, all directions are equally likely, nothing is pumped",
        _special("isotropic"),
    ),
    Preset("insulating", "α = 1/δ: precession stops, no heat flows", _special("insulating")),
    Preset(
        "Fig. 2",
        "the paper's rates along θ = 0 (ν = 2 chosen here; the paper does not state it)",
        _at(Hold.NU, alpha=0.5, nu=2.0, delta=PAPER_DELTA, theta=0.0),
    ),
    Preset(
        "Fig. 4",
        "the paper's strong-field series, αν = 3 at θ = 1 rad",
        _at(Hold.ALPHA_NU, alpha=0.1, nu=30.0, delta=PAPER_DELTA, theta=1.0),
    ),
    Preset(
        "refrigerator",
        "takes entropy out of the bath",
        _at(Hold.ALPHA_NU, alpha=0.42, nu=3 / 0.42, delta=PAPER_DELTA, theta=math.radians(34)),
    ),
    Preset(
        "heat pump",
        "takes entropy out of the current",
        _at(Hold.ALPHA_NU, alpha=-0.3, nu=10.0, delta=PAPER_DELTA, theta=0.5),
    ),
    Preset(
        "dud",
        "gives entropy to both sides",
        _at(Hold.ALPHA_NU, alpha=1.6, nu=3 / 1.6, delta=PAPER_DELTA, theta=1.0),
    ),
    Preset(
        "real nanomagnet",
        "disc 40 nm × 1.5 nm, M_s = 1 MA/m, damping 0.01, 300 K, 0.1 T, 50 µA, in SI units",
        lambda now: replace(
            now,
            magnet=Device(theta=math.radians(30)).macrospin(),
            sample=Sample(),
            units=Units.SI,
            hold=Hold.ALPHA_NU,
            alpha_max=0.1,
            # Weak damping makes a resonance near α = -δ that dwarfs everything else on a linear axis.
            log_rates=True,
        ),
    ),
)
