"""The paper's point in six steps: a table of places, with what is to be seen at each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .. import theory
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_ALPHA_NU, PAPER_DELTA
from .state import LAST_STEP, Hold, Quantity, Snapshot
from .units import Units

__all__ = ["STORY", "Step", "step_at"]


@dataclass(frozen=True)
class Step:
    """A place, and one or two sentences about it in HTML, with the numbers of the paper's equations."""

    title: str
    words: str
    magnet: Macrospin
    hold: Hold = Hold.ALPHA_NU


def _magnet(alpha: float, degrees: float = 0.0) -> Macrospin:
    """A magnet at the paper's torque and damping."""
    return Macrospin.at_torque(alpha, PAPER_ALPHA_NU, PAPER_DELTA, math.radians(degrees))


_TURNED = 60.0
_PUMP, _FRIDGE, _IDEAL = map(_magnet, (-0.42, 0.42, 0.003))
_warm, _cold, _ideal = (theory.rates(each.alpha, each.nu, each.delta) for each in (_PUMP, _FRIDGE, _IDEAL))
_FROM_CURRENT, _FROM_BATH = -100.0 * _warm.S_P / _warm.S_B, -100.0 * _cold.S_B / _cold.S_P
_COST, _LITTLE = (100.0 * each.Sigma / each.S_P for each in (_cold, _ideal))
_STRONGER, _LIMIT = _IDEAL.nu / _FRIDGE.nu, 2.0 * PAPER_ALPHA_NU / PAPER_DELTA

STORY = (
    Step(
        "Equilibrium",
        "Without a torque, at α = 0, the moment prefers the direction of the field, by Boltzmann’s law "
        "(Eq. 3). No entropy flows, and none is produced.",
        _FRIDGE.replace(alpha=0.0),
        Hold.NU,
    ),
    Step(
        "A heat pump",
        "A torque against the field takes entropy out of the current and hands it to the bath, as long "
        f"as −δ &lt; α &lt; 0 (Eqs. 16). Of what the bath receives here, {_FROM_CURRENT:.0f} % comes "
        "from the current; the rest, Σ, is produced.",
        _PUMP,
    ),
    Step(
        "A refrigerator",
        "A torque along the field turns the flow around, as long as 0 &lt; α &lt; 1/δ (Eqs. 16). Of what "
        f"the current receives here, {_FROM_BATH:.0f} % comes from the bath; the rest, Σ, is produced.",
        _FRIDGE,
    ),
    Step(
        "Raise the field",
        f"The field is {_STRONGER:.0f} times stronger, the torque is the same. The flow S<sub>P</sub> "
        f"tends to 2αν/δ = {_LIMIT:.2f} ηT. What it costs, Σ/S<sub>P</sub>, has fallen from "
        f"{_COST:.0f} % to {_LITTLE:.1f} %, and its fluctuation, Δ<sub>P</sub>/S<sub>P</sub>², about a "
        "million times (Eqs. 18): a nearly ideal engine.",
        _IDEAL,
    ),
    Step(
        "Off the axis",
        f"Here P stands at {_TURNED:.0f}° to H. The closed forms (dashed, Eqs. 16) hold at θ = 0 only; "
        "the solid curves are exact at any angle. In a strong field the flow tends to (2αν/δ) cos θ, half "
        "of what it was, and what it costs still vanishes.",
        _magnet(0.42, _TURNED),
    ),
    Step(
        "The simulation agrees",
        "Run the simulation: it averages independent solutions of the equation of motion (Eq. 1). Its "
        "points settle on the exact curves, and in the table z says how many standard errors apart the "
        "two are.",
        _magnet(0.42, _TURNED),
    ),
)


def step_at(number: int, now: Snapshot) -> Snapshot:
    """The snapshot of a step, counted from 1; the simulation's settings stay.

    Examples
    --------
    >>> step_at(1, Snapshot()).magnet.alpha
    0.0
    """
    if not 1 <= number <= LAST_STEP:
        raise ValueError(f"the story has steps 1 to {LAST_STEP}; got {number!r}")
    step = STORY[number - 1]
    return replace(
        now,
        magnet=step.magnet,
        hold=step.hold,
        alpha_max=2.0,
        quantity=Quantity.PHASE,
        units=Units.REDUCED,
        log_rates=False,
        story=number,
    )
