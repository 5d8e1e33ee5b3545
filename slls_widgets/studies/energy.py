"""Heat, work and entropy of the steady state, and the production computed from its density (paper, Eq. 4)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..fokker_planck import SteadyState, steady_state
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin

__all__ = ["Balance", "Watts", "balance", "production_from_density", "watts"]


class Balance(NamedTuple):
    """What the magnet exchanges per time in the steady state: energies in ηT·k_BT, entropies in ηT·k_B.

    The magnet's own energy is stationary, so the work done on it is the heat it gives to the bath.
    """

    heat_from_bath: float
    work_on_current: float
    entropy_of_bath: float
    entropy_of_current: float
    produced: float


class Watts(NamedTuple):
    """Powers of a device in watts: heat taken from the bath, and Joule heat in a resistance."""

    cooling: float
    joule: float
    #: The resistance at which both are equal, in ohms.
    break_even: float


def balance(magnet: Macrospin) -> Balance:
    """Heat, work and entropy of the exact steady state; heat is -T S_B (paper, Eq. 6), and so is the work.

    Examples
    --------
    >>> flows = balance(Macrospin(alpha=0.5, nu=2.0, delta=3**0.5 / 2))
    >>> print(f"{flows.heat_from_bath:.3f} {flows.work_on_current:.3f} {flows.produced:.3f}")
    0.570 0.570 1.016
    """
    state = steady_state(magnet)
    return Balance(-state.S_B, -state.S_B, state.S_B, state.S_P, state.Sigma)


def production_from_density(state: SteadyState, degree: int = 64) -> float:
    """Σ by the paper's Eq. 4, from the density and the current instead of moments of n.

    In reduced form Σ = ∫ |νg_⊥p - ∇p|²/p over the sphere, g = ĥ + α n x p̂. The current of the density p is
    J = (νg_⊥ + (ν/δ) g x n) p - ∇p, so that the numerator is J without its reversible part (ν/δ) g x n p.

    Examples
    --------
    >>> state = steady_state(Macrospin(alpha=0.5, nu=4.0, delta=0.8, theta=0.7))
    >>> print(f"{production_from_density(state):.8f} {state.Sigma:.8f}")
    1.95946797 1.95946797
    """
    magnet = state.magnet
    u, weights = np.polynomial.legendre.leggauss(degree)
    turn = np.arange(degree) * (2.0 * math.pi / degree)
    across = np.sqrt(1.0 - u**2)[:, None]
    n = np.stack(np.broadcast_arrays(across * np.cos(turn), across * np.sin(turn), u[:, None]), axis=-1)
    density = state.density(n)
    force = magnet.h_hat + magnet.alpha * np.cross(n, magnet.p_hat)
    reversible = density[..., None] * np.cross(force, n) * (magnet.nu / magnet.delta)
    squared = np.sum((state.current(n) - reversible) ** 2, axis=-1)
    return float(np.sum(weights[:, None] * squared / density) * (2.0 * math.pi / degree))


def watts(device: Device, resistance: float) -> Watts:
    """The bath's loss of heat in watts beside Joule heat I²R in a resistance in ohms."""
    cooling = -steady_state(device.macrospin()).S_B * device.rate_si * device.thermal_energy_si
    squared = device.current_si**2
    return Watts(cooling, squared * resistance, cooling / squared)
