"""The curves in the (α, θ) plane where a rate changes sign: S_P = 0 and S_B = 0.

Both rates vanish with α as well, so the zeros are sought of S_P/α and S_B/α, which do not: as α -> 0 their
signs are that of cos θ and its opposite. Turning **P** round and α with it changes nothing,
S(α, θ) = S(-α, π - θ), so that at θ = π/2 they are odd in α. Hence α = 0 is reached in the one point
(0, π/2), where all three phases meet, and by one curve of each kind.

A coarse scan finds where the curves are; each is then followed (`continuation`) from there to the edge of the
plane or to (0, π/2).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .._arguments import real, reals
from .._steps import Steps, finish
from ..fokker_planck.batch import Cancel
from ..magnet.held import Held
from ..magnet.macrospin import Macrospin
from .continuation import Points
from .plane import RIGHT, Array, Curve, Plane

__all__ = ["RangeTooNarrow", "checked_held", "lines_in_steps", "phase_boundaries"]


class RangeTooNarrow(ValueError):
    """At this fixed torque the field is too strong over too much of the range; ``least`` |α| would do."""

    def __init__(self, least: float, alpha_range: object) -> None:
        super().__init__(least, alpha_range)  # as they are, so that a process may send it to another
        self.least, self.alpha_range = least, alpha_range

    def __str__(self) -> str:
        return (
            f"alpha_range must reach to |alpha| = {self.least:g} at least at this alpha_nu, "
            f"because closer to 0 the field is too strong; got {self.alpha_range!r}"
        )


def phase_boundaries(
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    alpha_range: tuple[float, float] = (-2.0, 2.0),
    theta: ArrayLike | None = None,
    xtol: float = 1e-9,
    cancel: Cancel = None,
) -> dict[str, list[Curve]]:
    """Curves S_P = 0 and S_B = 0, by root finding and continuation.

    Parameters
    ----------
    delta : float
    nu, alpha_nu : float
        Exactly one of them: the fixed field, or the fixed torque |α|ν.
    alpha_range : (float, float)
        Where to look.
    theta : array_like, optional
        The angles in [0, π] at which to give the curves; one angle takes as long as many, because the
        whole curves are followed. By default they are given from 0 to π/2, at as many points as it takes to
        draw them.
    xtol : float
        Roots are found to this much in α, in [1e-11, 0.1].
    cancel : callable or threading.Event, optional
        Asked between the points.

    Returns
    -------
    dict
        ``{"S_P": [(alpha, theta), ...], "S_B": [(alpha, theta), ...]}``: each curve as two arrays, in order
        along the curve and from its lower end; θ decreases in between where the curve folds. The longest
        curve comes first; at a single angle each root is a curve of its own, by increasing α. α = 0 is no
        curve, although every rate vanishes there. A curve that leaves ``alpha_range`` and comes back is two
        curves; :func:`slls_widgets.plots.phase_diagram.phase_edges` turns all of them into the ends of the
        phases at each angle. At chosen angles a curve ends with the last of them inside ``alpha_range``.

    Raises
    ------
    ValueError
        For illegal parameters, before any work.
    Cancelled
        When ``cancel`` said stop.

    Notes
    -----
    A curve is missed if it is closed, or comes in and leaves by the same edge, between the points of the
    scan: some 30 columns on either side of α = 0 and 24 rows on either side of π/2. Two turns of θ are
    missed if they lie between neighbouring points of a curve, at most 0.06 of the farther end of
    ``alpha_range`` or 0.09 rad apart. At fixed torque nothing is computed at |α| < alpha_nu/10⁴; a curve
    ends there, or goes straight to (0, π/2).

    Examples
    --------
    >>> (alpha, theta), = phase_boundaries(delta=0.5, nu=2.0)["S_P"]
    >>> print(f"from ({alpha[0]:.6f}, {theta[0]:.0f}) to ({alpha[-1]:.0f}, {theta[-1]:.4f})")
    from (-0.500000, 0) to (0, 1.5708)
    """
    plane = _plane(delta, nu, alpha_nu, alpha_range, xtol, cancel)
    if theta is None:
        return finish(_lines(plane))
    angles = _angles(theta)
    heights = angles / RIGHT
    # np.linspace(0, pi, n) may miss the right angle by a rounding.
    heights[np.abs(heights - 1.0) < 1e-12] = 1.0
    if angles.size == 0:
        return {"S_P": [], "S_B": []}
    # Whole curves: of a fold that reaches a little into a narrower box, a scan of the box would see nothing.
    lines = finish(plane.curves(0.0 if heights[0] <= 1.0 else 1.0, 2.0 if heights[-1] > 1.0 else 1.0))
    found: dict[str, list[Curve]] = {
        which: plane.at_heights(which, curves, heights, angles) for which, curves in lines.items()
    }
    if angles.size == 1:
        for which, curves in found.items():
            found[which] = [(np.array([a]), angles) for a in sorted(a for alpha, _ in curves for a in alpha)]
    return found


def lines_in_steps(
    *,
    delta: float,
    nu: float | None = None,
    alpha_nu: float | None = None,
    alpha_range: tuple[float, float] = (-2.0, 2.0),
) -> Steps[dict[str, list[Curve]]]:
    """`phase_boundaries` from 0 to π/2 in steps: each a point of a curve, or some of the scan's."""
    return _lines(_plane(delta, nu, alpha_nu, alpha_range, 1e-9, None))


def _plane(
    delta: float,
    nu: float | None,
    alpha_nu: float | None,
    alpha_range: tuple[float, float],
    xtol: float,
    cancel: Cancel,
) -> Plane:
    """The plane of checked arguments."""
    low, high = _range(alpha_range)
    reach = max(abs(low), abs(high))
    delta, held = checked_held(delta, nu, alpha_nu, reach)
    plane = Plane(delta, held, low, high, _accuracy(xtol), cancel)
    if plane.inner > 0.1:
        raise RangeTooNarrow(10.0 * plane.inner * reach, alpha_range)
    return plane


def _lines(plane: Plane) -> Steps[dict[str, list[Curve]]]:
    lines = yield from plane.curves(0.0, 1.0)
    return {which: [_in_radians(line, plane.reach) for line in found] for which, found in lines.items()}


def checked_held(delta: float, nu: float | None, alpha_nu: float | None, alpha: float) -> tuple[float, Held]:
    """δ and what is held, or a complaint in the words of :class:`slls_widgets.Macrospin` at some α != 0."""
    if nu is not None and alpha_nu is None:
        magnet = Macrospin(alpha=alpha, nu=nu, delta=delta)
        return magnet.delta, Held(nu=magnet.nu)
    if alpha_nu is not None and nu is None:
        magnet = Macrospin.at_torque(alpha, alpha_nu, delta)
        return magnet.delta, Held(alpha_nu=real(alpha_nu))
    return delta, Held(nu, alpha_nu)  # which complains


def _range(alpha_range: tuple[float, float]) -> tuple[float, float]:
    ends = reals("alpha_range", alpha_range)
    if ends.shape != (2,):
        raise ValueError(f"alpha_range must be two numbers (low, high); got {alpha_range!r:.60}")
    low, high = ends.tolist()
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"alpha_range must be (low, high) with low < high, both finite; got {alpha_range!r}")
    return low, high


def _accuracy(xtol: float) -> float:
    accuracy = real(xtol)
    if not 1e-11 <= accuracy <= 0.1:
        raise ValueError(f"xtol must lie in [1e-11, 0.1] (accuracy of the roots in alpha); got {xtol!r:.40}")
    return accuracy


def _angles(theta: ArrayLike) -> Array:
    """The angles asked for, ascending."""
    angles = np.unique(reals("theta", theta))
    if not np.all((angles >= 0.0) & (angles <= math.pi)):
        raise ValueError(f"theta must be angles in [0, pi], in radians; got {theta!r:.60}")
    return angles


def _in_radians(curve: Points, reach: float) -> Curve:
    curve = curve if curve[0].imag <= curve[-1].imag else curve[::-1]
    return reach * curve.real, RIGHT * curve.imag
