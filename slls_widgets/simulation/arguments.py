"""What the entries to the simulation accept: a refusal names the argument, what came, what is legal."""

from __future__ import annotations

import math
from numbers import Real

from .._arguments import count, real, whole

__all__ = [
    "LEAST_TIME",
    "MOST_STEPS",
    "MOST_TRAJECTORIES",
    "a_time",
    "count",
    "how_many",
    "steps_of",
    "whole",
]

#: In a time shorter than this the noise moves n by less than the rounding of its components, √(2 dt) ~ 1e-15.
LEAST_TIME = 1e-30
#: More than anyone waits for: years of the fastest scheme.
MOST_STEPS = 10**15
#: A trajectory takes some 400 bytes while it is set up and read out; these take 40 GB.
MOST_TRAJECTORIES = 10**8
_BYTES = 400


def how_many(trajectories: object) -> int:
    """A number of trajectories that a large machine can hold."""
    number = count("trajectories", trajectories)
    if number > MOST_TRAJECTORIES:
        raise ValueError(
            f"trajectories must be <= {MOST_TRAJECTORIES} ({MOST_TRAJECTORIES * _BYTES // 10**9} GB "
            f"of memory); got {number!r:.40}. Run several seeds one after the other instead."
        )
    return number


def a_time(name: str, value: object, zero: bool = False) -> float:
    """A time in 1/(ηT), > 0 or >= 0.

    Raises
    ------
    TypeError
        For what is no number.
    ValueError
        For a number that is no time, or so short that nothing can happen in it.
    """
    time = real(value)
    if isinstance(value, bool) or (math.isnan(time) and not isinstance(value, Real)):
        raise TypeError(f"{name} must be a number, a time in units of 1/(eta T); got {value!r:.80}")
    if not (0.0 <= time < math.inf) or (time == 0.0 and not zero):
        least = ">= 0" if zero else "> 0"
        raise ValueError(f"{name} must be a finite time {least}, in units of 1/(eta T); got {value!r:.80}")
    if 0.0 < time < LEAST_TIME:
        raise ValueError(
            f"{name} must be at least {LEAST_TIME:g}, in units of 1/(eta T): in less time the noise moves "
            f"the magnetisation by less than its rounding; got {value!r}"
        )
    return time


def steps_of(name: str, time: float, dt: float) -> float:
    """How many steps a time takes, not rounded; more than can be done are refused."""
    steps = time / dt
    if not steps <= MOST_STEPS:
        raise ValueError(
            f"{name} must take at most {MOST_STEPS:.0e} steps; got {time!r}, which takes {steps:.1e} "
            f"of dt = {dt:.3g}. Make {name} shorter or dt longer."
        )
    return steps
