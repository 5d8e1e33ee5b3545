"""What a magnet does with entropy, how well and how steadily: phase, efficiency and uncertainty product.

One definition of each for numbers, arrays, maps and sweeps alike, in terms of the rates in the steady state.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

__all__ = ["Phase", "efficiency", "phases", "uncertainty_product"]

# Of two rates one smaller than this share of the other hangs on the last digit of a parameter.
_SIGNLESS = 1e-15


class Phase(StrEnum):
    """What the magnet does with entropy in its steady state."""

    EQUILIBRIUM = "equilibrium"
    REFRIGERATOR = "refrigerator"
    HEAT_PUMP = "heat_pump"
    DUD = "dud"
    BOUNDARY = "boundary"

    @classmethod
    def of_rates(
        cls, pumped: float, bath: float, *, pumped_error: float = 0.0, bath_error: float = 0.0
    ) -> Phase:
        """Name the phase from the signs of S_P and S_B; parameters are those of ``phases``.

        Examples
        --------
        >>> Phase.of_rates(1.0, -0.5)
        <Phase.REFRIGERATOR: 'refrigerator'>
        """
        return cls(str(phases(pumped, bath, pumped_error, bath_error)))


def phases(
    pumped: ArrayLike, bath: ArrayLike, pumped_error: ArrayLike = 0.0, bath_error: ArrayLike = 0.0
) -> NDArray[np.str_]:
    """Names of the phases from the signs of S_P and S_B (paper, below Eq. 8).

    Parameters
    ----------
    pumped, bath : array_like
        Rates S_P and S_B, in units of ηT. All arguments broadcast.
    pumped_error, bath_error : array_like
        Absolute bounds. A rate within its own bound of zero has no sign, which makes a boundary. Nor has one
        as small beside the other as rounding a parameter makes it: 1/δ as a number is not 1/δ.

    Returns
    -------
    ndarray of str
        Values of :class:`Phase`. Where both rates are zero nothing flows: equilibrium.

    Examples
    --------
    >>> print(phases([1.0, -1.0, 1.0, 0.0], [-0.5, 1.5, 1e-16, 0.0]))
    ['refrigerator' 'heat_pump' 'boundary' 'equilibrium']
    """
    pumped, bath = np.asarray(pumped, dtype=float), np.asarray(bath, dtype=float)
    rounding = _SIGNLESS * (np.abs(pumped) + np.abs(bath))
    names = np.select(
        [
            (pumped == 0.0) & (bath == 0.0),
            (np.abs(pumped) <= np.maximum(pumped_error, rounding))
            | (np.abs(bath) <= np.maximum(bath_error, rounding)),
            (pumped > 0.0) & (bath < 0.0),
            pumped > 0.0,
            (pumped < 0.0) & (bath > 0.0),
        ],
        [Phase.EQUILIBRIUM, Phase.BOUNDARY, Phase.REFRIGERATOR, Phase.DUD, Phase.HEAT_PUMP],
        # Both negative would make the entropy production negative: only rounding can show it.
        Phase.BOUNDARY,
    )
    return names.astype(f"<U{max(map(len, Phase))}")


def efficiency(
    pumped: ArrayLike, bath: ArrayLike, pumped_error: ArrayLike = 0.0, bath_error: ArrayLike = 0.0
) -> Array:
    """-S_B/S_P of a refrigerator, |S_P|/S_B of a heat pump, NaN in every other phase.

    Parameters are those of :func:`slls_widgets.magnet.phase.phases`.

    Examples
    --------
    >>> efficiency([1.0, -1.0, 1.0], [-0.5, 1.5, 2.0]).round(3)
    array([0.5  , 0.667,   nan])
    """
    names = phases(pumped, bath, pumped_error, bath_error)
    pumped, bath = np.asarray(pumped, dtype=float), np.asarray(bath, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        cold, hot = -bath / pumped, -pumped / bath
    return np.select([names == Phase.REFRIGERATOR, names == Phase.HEAT_PUMP], [cold, hot], np.nan)


def uncertainty_product(pumped: ArrayLike, produced: ArrayLike, spread: ArrayLike) -> Array:
    """Q = Δ_P Σ/S_P² from S_P, Σ and Δ_P, +inf where S_P = 0.

    At α = 0 all three vanish and Q has a limit, which rates cannot tell:
    ``SteadyState.uncertainty_product`` has it.

    Examples
    --------
    >>> uncertainty_product([2.0, 0.0], [3.0, 1.0], [4.0, 1.0])
    array([ 3., inf])
    """
    pumped, produced, spread = (np.asarray(v, dtype=float) for v in (pumped, produced, spread))
    still = pumped == 0.0
    safe = np.where(still, 1.0, pumped)
    # One after the other: S_P² may leave the range of floating-point numbers where Q does not.
    with np.errstate(over="ignore", under="ignore"):
        return np.where(still, np.inf, (spread / safe) * (produced / safe))
