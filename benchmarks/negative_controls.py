"""Two simulations that are wrong on purpose: a test of the statistics must not pass them.

They are what the audit and the tests measure their own sharpness by.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from slls_widgets.simulation import moebius
from slls_widgets.simulation.estimators import Estimate
from slls_widgets.simulation.kicks import Kick, calibrated_kick
from slls_widgets.simulation.run import Run

__all__ = ["left_point_heat", "uncalibrated"]


@contextmanager
def uncalibrated() -> Iterator[None]:
    """Within it the Möbius scheme kicks with the variance of the Gaussian, q² = 3 dt/2: weak order 1."""

    def plain(dt: float) -> Kick:
        return calibrated_kick(dt)._replace(size=math.sqrt(1.5 * dt))

    vars(moebius)["calibrated_kick"] = plain
    try:
        yield
    finally:
        vars(moebius)["calibrated_kick"] = calibrated_kick


def left_point_heat(run: Run) -> Estimate:
    """S_B as Ito's sense of the tangential force would have it: the wrong calculus.

    ν(ĥ_⊥ + α n × p̂)·dn, the force taken at the left end of each step, lacks the mean of -2ν n·ĥ. (With ĥ in
    place of ĥ_⊥ the two calculi agree: a constant force and an antisymmetric one have no correction.)
    """
    return run.S_B._replace(value=run.S_B.value + 2.0 * run.magnet.nu * float(run.mean_n[2]))
