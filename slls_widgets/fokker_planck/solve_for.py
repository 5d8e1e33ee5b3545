"""The value of a parameter at which an exact quantity has a wanted value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from .._arguments import real
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin
from ._scipy import optimize
from .steady_state import SteadyState, steady_state

__all__ = ["solve_for"]

_NUMBERS = (
    *("S_P", "S_B", "Sigma", "Delta_P", "Delta_B", "Delta_tot"),
    *("efficiency", "uncertainty_product", "certificate"),
)
# How near the target a root has to come, beside the ends of the search.
_CLOSE = 1e-2

Magnet = TypeVar("Magnet", Macrospin, Device)


def solve_for(
    parameter: str,
    of: Magnet,
    quantity: Callable[[SteadyState], float] | str,
    target: float = 0.0,
    *,
    between: tuple[float, float],
    xtol: float = 1e-9,
) -> Magnet:
    """The magnet or the device at which a quantity of the steady state has the value ``target``.

    Parameters
    ----------
    parameter : str
        What is varied: a parameter of ``of``, such as "alpha" or "field_si".
    of : Macrospin or Device
        Everything else.
    quantity : callable or str
        A continuous function of the steady state, or the name of one of its numbers, such as "S_B".
    target : float
        The wanted value.
    between : (float, float)
        Ends of the search. The quantity must be below the target at one of them and above it at the other.
    xtol : float
        How well the parameter is found, relative to the larger end.

    Returns
    -------
    Macrospin or Device
        ``of`` with the parameter changed. If there are several solutions it is one of them.

    Raises
    ------
    ValueError
        If the quantity is on the same side of the target at both ends, or jumps across it between them; the
        message has its values there.

    Examples
    --------
    The strongest torque at which this magnet still cools its bath, and the field that makes a device lose
    only 1 % of what it pumps:

    >>> refrigerator = Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7)
    >>> print(f"{solve_for('alpha', refrigerator, 'S_B', between=(0.1, 2)).alpha:.6f}")
    1.108293
    >>> device = Device(material="permalloy", diameter_si=60e-9, thickness_si=2e-9, current_si=80e-6)
    >>> loss = lambda state: state.Sigma / state.S_P
    >>> print(f"{solve_for('field_si', device, loss, 0.01, between=(1, 100)).field_si:.4g} T")
    43.22 T
    """
    names = [field.name for field in fields(of)]
    if parameter not in names:
        raise ValueError(f"parameter must be one of {', '.join(names)}; got {parameter!r:.40}")
    if isinstance(quantity, str) and quantity not in _NUMBERS:
        raise ValueError(f"quantity must be a function or one of {', '.join(_NUMBERS)}; got {quantity!r:.40}")
    if not 0.0 < real(xtol) < 1.0:
        raise ValueError(f"xtol must lie between 0 and 1; got {xtol!r:.40}")
    low, high, target = real(between[0]), real(between[1]), real(target)

    def at(value: float) -> Magnet:
        change: dict[str, Any] = {parameter: value}
        return replace(of, **change)

    def distance(value: float) -> float:
        state = steady_state(at(value))
        return float(getattr(state, quantity) if isinstance(quantity, str) else quantity(state)) - target

    ends = distance(low), distance(high)
    # Written so that NaN is refused.
    if not (ends[0] <= 0.0 <= ends[1] or ends[1] <= 0.0 <= ends[0]):
        raise ValueError(
            f"the quantity must cross {target:g} between {parameter} = {low:g} and {high:g}; it is "
            f"{ends[0] + target:.6g} and {ends[1] + target:.6g} there: move an end"
        )
    root = float(optimize.brentq(distance, low, high, xtol=xtol * max(abs(low), abs(high))))
    # A pole or a jump changes its side of the target, too, and never comes close to it.
    if not abs(left := distance(root)) <= _CLOSE * max(map(abs, ends)):
        raise ValueError(
            f"the quantity jumps across {target:g} at {parameter} = {root:.10g}, where it is "
            f"{left + target:.6g}: move an end, or give a function that is continuous (1/quantity at a pole)"
        )
    return at(root)
