"""As many steps at a time as fit into a given time, learnt from one call to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Pace"]

# What it costs to hand one chunk of 64 trajectories to its kernel, in seconds: 1.5 to 4 µs. A slice lasts at
# least six times that.
_HANDING = 2.1e-6
_CHUNK = 64
# So many steps at once cost little more than one, where handing over takes the most of it.
_FEW_STEPS = 16


class _Steps(Protocol):
    trajectories: int

    def advance(self, steps: int) -> None: ...


class Pace:
    """Advances an ensemble for about a given time.

    It begins with one step and doubles what it takes at once as long as that is short, so that one quick or
    slow timing (compilation, a cold cache, another program) misleads little.

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
    >>> Pace(Counted(), 10.0).advance(6)
    1
    2
    3
    6
    """

    def __init__(
        self, ensemble: _Steps, seconds: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._ensemble, self._clock = ensemble, clock
        self._half = 0.5 * max(seconds, 6.0 * _HANDING * ensemble.trajectories / _CHUNK)
        self._steps = 1
        #: Seconds and steps so far.
        self.worked = 0.0
        self.steps = 0

    def advance(self, most: float = math.inf) -> int:
        """One slice, of at most so many steps; returns how many it was."""
        done, used = 0, 0.0
        # What is begun in the first half of the slice takes the second half at most.
        while done < most and used < self._half:
            part = int(min(self._steps, most - done))
            began = self._clock()
            self._ensemble.advance(part)
            spent = self._clock() - began
            done += part
            used += spent
            fitting = int(part * self._half / max(spent, 1e-7))
            left = 2.0 * self._half - (used if used < self._half else 0.0)
            if part < _FEW_STEPS and 2.0 * spent <= left:
                # Twice as many fit into the rest of the slice, or the next one, whatever took the time.
                fitting = max(fitting, 2 * part)
            self._steps = max(1, min(fitting, 2 * self._steps))
        self.worked += used
        self.steps += done
        return done

    @property
    def steps_per_second(self) -> float:
        """Trajectory steps per second of work."""
        return self.steps * self._ensemble.trajectories / max(self.worked, 1e-9)
