"""Whether a simulated number agrees with the exact one, for somebody who looks again and again.

Whoever looks often enough at a z-score sees a large one. The boundary here is crossed with a stated
probability at most, however long the run and however often one looks. It is Robbins' mixture boundary for
Brownian motion, which the sum behind a mean becomes after some relaxation times (H. Robbins, Ann. Math. Stat.
41, 1397 (1970); I. Waudby-Smith et al., arXiv:2103.06476).
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["FALSE_ALARMS", "ROWS", "Verdict", "as_gaussian", "boundary", "judge"]

#: At most this share of runs shows a mark that is wrong, in any of the rows, ever.
FALSE_ALARMS = 1e-3
ROWS = 4


class Verdict(NamedTuple):
    """A z-score and what may be said about it."""

    z: float
    #: The stated bias of the step exceeds the statistical error: z would tell of the step alone.
    limited: bool
    #: More than the step's bias and chance can explain.
    beyond: bool


def boundary(ratio: float, alarms: float = FALSE_ALARMS / ROWS) -> float:
    """How large a |z| has to be, after ``ratio`` times the time at which the boundary is narrowest.

    Examples
    --------
    >>> [round(boundary(ratio), 1) for ratio in (0.1, 1.0, 10.0, 1000.0, 1e6)]
    [13.5, 5.9, 4.6, 4.8, 5.5]
    """
    return math.sqrt((1.0 + 1.0 / ratio) * (math.log1p(ratio) - 2.0 * math.log(alarms)))


def as_gaussian(z: float, degrees_of_freedom: float) -> float:
    """The |z| that is as rare in a Gaussian as this one is in Student's distribution (D. Wallace, 1959).

    Examples
    --------
    >>> round(as_gaussian(5.0, 15.0), 2), round(as_gaussian(5.0, 1e6), 2)
    (3.77, 5.0)
    """
    if degrees_of_freedom <= 0.0:
        return 0.0
    eighth = 8.0 * degrees_of_freedom
    root = math.sqrt(degrees_of_freedom * math.log1p(z * z / degrees_of_freedom))
    return (eighth + 1.0) / (eighth + 3.0) * root


def judge(z: float, bias: float, degrees_of_freedom: float, ratio: float) -> Verdict:
    """What a z-score says beside a stated ``bias`` of the step, in standard errors as z is."""
    excess = max(abs(z) - bias, 0.0)
    beyond = ratio > 0.0 and as_gaussian(excess, degrees_of_freedom) > boundary(ratio)
    return Verdict(z, bias > 1.0, beyond)
