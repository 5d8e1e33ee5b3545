"""Means with standard errors, and nothing without one."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

__all__ = [
    "Estimate",
    "Estimates",
    "estimates_from_samples",
    "estimates_from_stretches",
    "mean",
    "spread_of_mean",
    "variance",
]


class Estimate(NamedTuple):
    """A number and its standard error (NaN where there is too little data for one)."""

    value: float
    stderr: float

    def z(self, exact: float) -> float:
        """Distance from an exact value, in standard errors.

        Examples
        --------
        >>> Estimate(1.2, 0.1).z(1.0)
        1.9999999999999996
        >>> Estimate(0.0, 0.0).z(0.0)  # at equilibrium nothing fluctuates
        0.0
        """
        if self.stderr == 0.0:
            return 0.0 if self.value == exact else math.copysign(math.inf, self.value - exact)
        return (self.value - exact) / self.stderr

    def log_z(self, exact: float) -> float:
        """Distance from an exact variance, in standard errors of the logarithm; NaN where there is none.

        The error bar of a variance grows with the variance itself: around a value that came out low it is
        too short, and plain standard errors would count it as far off.

        Examples
        --------
        >>> low, high = Estimate(0.8, 0.08), Estimate(1.25, 0.125)
        >>> f"{low.log_z(1.0):.2f} {high.log_z(1.0):.2f}"
        '-2.23 2.23'
        """
        if self.value == exact:  # both are zero where nothing fluctuates
            return 0.0
        if not (self.value > 0.0 and self.stderr > 0.0 and exact > 0.0):
            return math.nan
        return math.log(self.value / exact) * self.value / self.stderr

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.stderr:.2g}"


class Estimates(NamedTuple):
    """Entropy rates and the fluctuation of the pumped one, in units of ηT."""

    S_P: Estimate
    S_B: Estimate
    Sigma: Estimate
    Delta_P: Estimate


def mean(samples: Vector) -> Estimate:
    """Mean of independent samples.

    Examples
    --------
    >>> mean(np.array([1.0, 2.0, 3.0]))
    Estimate(value=2.0, stderr=0.5773502691896258)
    """
    count = samples.size
    if count == 0:
        return Estimate(math.nan, math.nan)
    spread = float(samples.std(ddof=1)) if count > 1 else math.nan
    return Estimate(float(samples.mean()), spread / math.sqrt(count))


def spread_of_mean(samples: Vector) -> Vector:
    """Standard error of the mean over the first axis; NaN for a single sample."""
    count = len(samples)
    if count < 2:
        return np.full(samples.shape[1:], np.nan)
    spread: Vector = samples.std(axis=0, ddof=1) / math.sqrt(count)
    return spread


def variance(samples: Vector, few: bool = False) -> Estimate:
    """Unbiased variance of independent samples, with the standard error from their fourth moment.

    var(s²) = [m₄ - (n-3)/(n-1) s⁴]/n holds for any distribution, so a skewed one is not given the Gaussian's
    too small error. But ``few`` samples show too little of their tails: of four Gaussian ones m₄/s⁴ is 1 on
    average, not 3. They get the Gaussian's variance 2 s⁴/(n-1) at least.
    """
    count = samples.size
    if count < 4:
        return Estimate(math.nan, math.nan)
    deviations = samples - samples.mean()
    second = float(deviations @ deviations) / (count - 1)
    fourth = float(np.mean(deviations**4))
    spread = (fourth - (count - 3) / (count - 1) * second**2) / count
    least = 2.0 * second**2 / (count - 1) if few else 0.0
    return Estimate(second, math.sqrt(max(spread, least)))


def estimates_from_samples(pumped: Vector, bath: Vector, duration: float, few: bool = False) -> Estimates:
    """Rates from entropies gathered over equal, independent stretches of time.

    Parameters
    ----------
    pumped, bath : array
        Entropies S_P(τ), S_B(τ) of each stretch.
    duration : float
        Length τ of a stretch, in 1/(ηT).
    few : bool
        Whether they are too few for their fourth moment (`variance`).
    """
    if not duration > 0.0:
        nothing = Estimate(math.nan, math.nan)
        return Estimates(nothing, nothing, nothing, nothing)
    rate_p, rate_b = pumped / duration, bath / duration
    spread = variance(rate_p, few)
    return Estimates(
        S_P=mean(rate_p),
        S_B=mean(rate_b),
        # From the sum of each sample, because the two are correlated.
        Sigma=mean(rate_p + rate_b),
        Delta_P=Estimate(spread.value * duration, spread.stderr * duration),
    )


def estimates_from_stretches(
    pumped: Vector, bath: Vector, duration: float, whole: Estimates, total: float, ends: float
) -> Estimates:
    """Rates of whole runs, with the errors that equal stretches of them show.

    Parameters
    ----------
    pumped, bath : array
        Entropies S_P(τ), S_B(τ) of each stretch; S_B without work that depends on the ends alone.
    duration : float
        Length τ of a stretch, in 1/(ηT), so long that stretches are as good as independent.
    whole : Estimates
        Of the whole runs, which are longer than their stretches together: they have a remainder.
    total : float
        Time of all runs together, in 1/(ηT).
    ends : float
        Standard error that the work at the ends of the runs adds to S_B.
    """
    parts = estimates_from_samples(pumped, bath, duration, few=True)
    shrink = math.sqrt(pumped.size * duration / total)
    return Estimates(
        S_P=Estimate(whole.S_P.value, parts.S_P.stderr * shrink),
        S_B=Estimate(whole.S_B.value, math.hypot(parts.S_B.stderr * shrink, ends)),
        Sigma=Estimate(whole.Sigma.value, math.hypot(parts.Sigma.stderr * shrink, ends)),
        Delta_P=parts.Delta_P,
    )
