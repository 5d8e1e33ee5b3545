"""Var(S_P over τ)/τ at a fixed τ, from stretches that are gathered for as long as an ensemble runs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .arguments import count
from .ensemble import Ensemble
from .estimators import Estimate

__all__ = ["FiniteTimeVariance"]

Vector = NDArray[np.float64]

# So many groups of stretches at least make an error bar: trajectories, or parts of one where they are few.
_GROUPS = 64


class FiniteTimeVariance:
    """Gather S_P over stretches of fixed length from an ensemble; the error shrinks as they become more.

    Stretches of one trajectory follow one another and need not be independent; trajectories are, and so are
    long parts of one, and the error comes from the spread of these. Fewer than 64 trajectories are cut into
    parts, which grow with the time: memory stays the same.

    Parameters
    ----------
    ensemble : Ensemble
        What is advanced, from now on through this object only.
    steps : int
        Length of a stretch: τ in steps.

    Examples
    --------
    >>> from slls_widgets import Macrospin
    >>> ensemble = Ensemble(Macrospin(alpha=0.5, nu=2, delta=0.9), trajectories=64, dt=0.05, seed=1)
    >>> spread = FiniteTimeVariance(ensemble, steps=40)
    >>> spread.advance(4000)
    >>> spread.tau, spread.stretches, 0.0 < spread.estimate().stderr < 0.05 * spread.estimate().value
    (2.0, 6400, True)
    """

    def __init__(self, ensemble: Ensemble, steps: int) -> None:
        self.ensemble, self.steps = ensemble, count("steps", steps)
        self.trajectories = ensemble.trajectories
        self._most = 2 * -(-_GROUPS // self.trajectories)
        self._begin()

    @property
    def tau(self) -> float:
        """Length of a stretch in 1/(ηT)."""
        return self.steps * self.ensemble.dt

    @property
    def stretches(self) -> int:
        """Complete stretches of all trajectories."""
        return self.trajectories * (len(self._parts) * self._part_length + self._in_part)

    @property
    def degrees_of_freedom(self) -> float:
        """Of Student's distribution that the deviation follows, in units of its own error.

        Of G squares of a Gaussian, each averaged over k stretches, the variance has the relative variance
        (2 + 12/k)/G: as much as that of G/(1 + 6/k) Gaussian numbers.
        """
        return self.trajectories * len(self._parts) / (1.0 + 6.0 / self._part_length)

    def restart(self) -> None:
        """Forget what was gathered, and the statistics of the ensemble; the magnetisations stay."""
        self.ensemble.restart_statistics()
        self._begin()

    def advance(self, steps: int) -> None:
        """Take ``steps`` steps of every trajectory."""
        while steps:
            part = min(steps, self._left)
            self.ensemble.advance(part)
            steps -= part
            self._left -= part
            if not self._left:
                self._close_stretch()

    def estimate(self) -> Estimate:
        """Var(S_P(τ))/τ with its standard error; NaN before there are 64 groups of stretches."""
        groups = self.trajectories * len(self._parts)
        if groups < _GROUPS:
            return Estimate(math.nan, math.nan)
        first, second = np.array(self._parts).transpose(1, 0, 2).reshape(2, -1)
        total = self._open.sum(axis=1) + np.array([first.sum(), second.sum()])
        number = self.stretches
        mean = total[0] / number
        value = (total[1] - number * mean**2) / (number - 1)
        deviations = (second - 2.0 * mean * first) / self._part_length + mean**2
        closed = groups * self._part_length
        stderr = float(deviations.std(ddof=1)) / math.sqrt(groups) * math.sqrt(closed / number)
        return Estimate(float(value) / self.tau, stderr / self.tau)

    def _begin(self) -> None:
        self._left = self.steps
        self._last = self.ensemble.pumped
        # Squares are taken about the mean of the first stretches, lest they cancel.
        self._about: float | None = None
        self._parts: list[Vector] = []
        self._part_length, self._in_part = 1, 0
        self._open = np.zeros((2, self.trajectories))

    def _close_stretch(self) -> None:
        self._left = self.steps
        before, self._last = self._last, self.ensemble.pumped
        found = self._last - before
        if self._about is None:
            self._about = float(found.mean())
        found -= self._about
        self._open += [found, found**2]
        self._in_part += 1
        if self._in_part < self._part_length:
            return
        self._parts.append(self._open)
        self._open, self._in_part = np.zeros((2, self.trajectories)), 0
        if len(self._parts) == self._most:
            # Twice as long, half as many: the memory stays and the parts outgrow the correlations.
            self._parts = [a + b for a, b in zip(self._parts[::2], self._parts[1::2], strict=True)]
            self._part_length *= 2
