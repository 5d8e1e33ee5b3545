"""As many steps at a time as fit into a given time, learnt from one call to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Pace"]

# What it costs to hand one chunk of 64 trajectories to its kernel, in seconds. A slice lasts at least three
# times that.
_HANDING = 1.5e-6
_CHUNK = 64


class _Steps(Protocol):
    trajectories: int

    def advance(self, steps: int) -> None: ...


class Pace:
    """Advances an ensemble in slices of a given length.

    A first slice is one step; each later one is at most twice the one before, so that one quick or slow
    timing (compilation, a cold cache, another program) misleads little.

    Parameters
    ----------
    ensemble : Ensemble
    seconds : float
        What a slice may take. With millions of trajectories it is longer: one that does little but hand
        chunks to their kernels would waste the time.

    Examples
    --------
    >>> class Counted:
    ...     trajectories = 16
    ...     def advance(self, steps):
    ...         print(steps)
    >>> pace = Pace(Counted(), 10.0)
    >>> taken = [pace.advance(6), pace.advance(5), pace.advance(3)]
    1
    2
    3
    """

    def __init__(
        self, ensemble: _Steps, seconds: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._ensemble, self._clock = ensemble, clock
        self._seconds = max(seconds, 3.0 * _HANDING * ensemble.trajectories / _CHUNK)
        self._steps = 1
        #: Seconds and steps so far.
        self.worked = 0.0
        self.steps = 0

    def advance(self, most: int | None = None) -> int:
        """One slice, of at most so many steps; returns how many it was."""
        steps = self._steps if most is None else min(self._steps, most)
        began = self._clock()
        self._ensemble.advance(steps)
        spent = self._clock() - began
        self.worked += spent
        self.steps += steps
        fitting = int(steps * self._seconds / max(spent, 1e-7))
        self._steps = max(1, min(fitting, 2 * self._steps))
        return steps

    @property
    def steps_per_second(self) -> float:
        """Trajectory steps per second of work."""
        return self.steps * self._ensemble.trajectories / max(self.worked, 1e-9)
