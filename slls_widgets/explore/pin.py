"""A point that is kept beside those to come: what it is, and its exact results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import traitlets as tl
from numpy.typing import NDArray

from ..magnet.held import Held
from ..magnet.macrospin import Macrospin
from .background import Background
from .dispatch import Dispatcher
from .worker import Job

if TYPE_CHECKING:
    from ..fokker_planck import SteadyState
    from .state import ExplorerState

__all__ = ["Pin", "Pinned", "Pinning"]

_POINTS, _TOLERANCE = 120, 1e-6


@dataclass(frozen=True)
class Pin:
    """A magnet, and whether the curve through it is one of held torque |α|ν, or of held field ν."""

    magnet: Macrospin
    torque: bool

    def __post_init__(self) -> None:
        if self.torque and self.magnet.alpha == 0.0:
            raise ValueError("a pinned point at alpha = 0 has no torque to hold; got alpha = 0.0")

    @property
    def held(self) -> Held:
        """What is held along the curve."""
        nu = self.magnet.nu
        return Held(alpha_nu=float(f"{abs(self.magnet.alpha) * nu:.12g}")) if self.torque else Held(nu=nu)


@dataclass(frozen=True, eq=False)
class Pinned:
    """The exact results of a pin: its steady state, and the rates along its curve, shape (3, points)."""

    pin: Pin
    steady: SteadyState
    alpha: NDArray[np.float64]
    rates: NDArray[np.float64]


class Pinning(Background):
    """Solve what the state has pinned.

    Parameters
    ----------
    state : ExplorerState
        The state to follow.
    dispatcher : Dispatcher, optional
        How results reach the thread that observes them.
    """

    result = tl.Instance(Pinned, allow_none=True)

    def __init__(self, state: ExplorerState, dispatcher: Dispatcher | None = None) -> None:
        super().__init__(state, ["snapshot"], ["pinned"], dispatcher)
        self._state = state
        self._wanted: tuple[Pin, float] | None = None
        self._follow()

    def _follow(self, _change: object = None) -> None:
        snapshot = self._state.snapshot
        wanted = None if snapshot.pin is None else (snapshot.pin, snapshot.alpha_max)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted is None:
            self._workers[0].cancel()
            self.result = None
        else:
            self._workers[0].submit(self._solve(*wanted))

    def _solve(self, pin: Pin, alpha_max: float) -> Job:
        from ..fokker_planck import steady_state
        from ..fokker_planck.batch import solve_in_steps
        from .state import LARGEST_NU

        magnet = pin.magnet
        alpha = np.linspace(-alpha_max, alpha_max, _POINTS)  # an even number: never α = 0
        nu = pin.held.at(alpha)
        alpha, nu = alpha[nu <= LARGEST_NU], nu[nu <= LARGEST_NU]
        steady = steady_state(magnet)
        yield None
        solved = yield from solve_in_steps(alpha, nu, magnet.delta, magnet.theta, tol=_TOLERANCE, threads=1)
        rates = np.stack([solved.S_P, solved.S_B, solved.Sigma])
        self._publish("result", Pinned(pin, steady, alpha, rates), lambda: self._wanted == (pin, alpha_max))

    def _failed(self, error: Exception) -> None:
        text = f"The pinned point could not be solved: {error}"
        self._dispatcher.post("pinned.error", lambda: self._state.set_trait("message", text))
