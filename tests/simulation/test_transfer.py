"""The Möbius scheme at θ = 0 as an operator on functions of n_z: S_P and Δ_P at a step, without sampling.

n_z is then a Markov chain by itself. On Gauss-Legendre nodes the drift is a shift of artanh n_z, the kick an
average over its 27 outcomes and the azimuth, and the variance of a sum over the chain a linear solve. What is
found is the scheme's own Δ_P, whose distance from the closed form is its bias.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss, legvander
from numpy.typing import NDArray

from slls_widgets import Macrospin, steady_state, theory
from slls_widgets.simulation.kicks import FIELD_BITS, TAIL, Kick, calibrated_kick
from slls_widgets.simulation.step_size import SPREAD_TOLERANCE, default_step, relaxation_time, stated_bias

Array = NDArray[np.float64]

NODES, AZIMUTHS = 64, 24
Z, WEIGHTS = leggauss(NODES)
NORMS = np.sqrt(np.arange(NODES) + 0.5)
TO_COEFFICIENTS = (legvander(Z, NODES - 1) * NORMS).T * WEIGHTS


def at(z: Array) -> Array:
    """Matrix that takes values on the nodes to values at z."""
    return (legvander(np.clip(z, -1, 1), NODES - 1) * NORMS) @ TO_COEFFICIENTS


def kicked(kick: Kick) -> tuple[Array, Array, Array]:
    """E[g(n₁)], E[X g(n₁)] as matrices, and E[X²], of the kick's share X of ∫ n·p̂ dt, all given n₀."""
    azimuth = 2 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS
    sine = np.sqrt(1 - Z**2)[:, None]
    n = np.stack(
        [sine * np.cos(azimuth), sine * np.sin(azimuth), np.broadcast_to(Z[:, None], (NODES, AZIMUTHS))], -1
    )
    tail = TAIL / 2**FIELD_BITS
    plain, weighted, square = np.zeros((NODES, NODES)), np.zeros((NODES, NODES)), np.zeros(NODES)
    for digits in itertools.product((-1, 0, 1), repeat=3):
        probability = float(np.prod([tail if digit else 1 - 2 * tail for digit in digits]))
        w = kick.size * np.array(digits)
        c = np.cross(w, n)
        after = n + 2 * (c + np.cross(w, c)) / (1 + w @ w)
        share = kick.lag * n[..., 2] * (kick.decay - np.sum(n * after, axis=-1))
        values = legvander(np.clip(after[..., 2], -1, 1), NODES - 1) * NORMS
        plain += probability * values.mean(axis=1) @ TO_COEFFICIENTS
        weighted += probability * (share[..., None] * values).mean(axis=1) @ TO_COEFFICIENTS
        square += probability * (share**2).mean(axis=1)
    return plain, weighted, square


def stationary(step: Array) -> Array:
    """The law over the nodes that a step leaves as it is."""
    values, vectors = np.linalg.eig(step.T)
    law = vectors[:, np.argmin(np.abs(values - 1))].real
    return law / law.sum()


def scheme_rates(magnet: Macrospin, dt: float, kick: Kick) -> tuple[float, float]:
    """S_P and Δ_P of the scheme at θ = 0."""
    b = magnet.xi
    u = np.arctanh(Z)
    drift = at(np.tanh(u + 0.5 * b * dt))
    plain, weighted, square = kicked(kick)
    step = drift @ plain @ drift
    law = stationary(step)
    # ∫ tanh(u + b s) ds over the drift around a step boundary.
    path = (np.log(np.cosh(u + 0.5 * b * dt)) - np.log(np.cosh(u - 0.5 * b * dt))) / b
    mean = law @ path
    from_now_on = np.linalg.solve(np.eye(NODES) - step + law, path - mean)
    variance = law @ ((path - mean) * (2 * from_now_on - (path - mean)))
    variance += law @ (drift @ (2 * weighted @ (drift @ from_now_on) + square))
    return float(magnet.pumping * mean / dt), float(magnet.pumping**2 * variance / dt)


def variance_of_a_run(magnet: Macrospin, dt: float, steps: int) -> float:
    """Variance of S_P(τ), times τ, of the scheme at θ = 0 over runs that begin and end at step boundaries."""
    b = magnet.xi
    u = np.arctanh(Z)
    drift = at(np.tanh(u + 0.5 * b * dt))
    plain, weighted, square = kicked(calibrated_kick(dt))
    step, weighted, square = drift @ plain @ drift, drift @ weighted @ drift, drift @ square
    # A step's ∫ n·p̂ dt: half a drift from where it begins, the kick's share X, half a drift to where it ends.
    first = (np.log(np.cosh(u + 0.5 * b * dt)) - np.log(np.cosh(u))) / b
    last = (np.log(np.cosh(u)) - np.log(np.cosh(u - 0.5 * b * dt))) / b
    law = stationary(step)
    first = first - law @ (first + last)
    path = first[:, None] * step + weighted + step * last
    squared = (
        first**2 + square + step @ last**2 + 2 * (first * (step @ last + weighted.sum(1)) + weighted @ last)
    )
    mean, second = np.zeros(NODES), np.zeros(NODES)
    for _ in range(steps):
        second = squared + 2 * path @ mean + step @ second
        mean = path.sum(1) + step @ mean
    return float(magnet.pumping**2 * (law @ second) / (steps * dt))


MAGNETS = [
    Macrospin(alpha=1.0, nu=3.0, delta=0.866),
    Macrospin(alpha=0.3, nu=4.0, delta=0.5),
    Macrospin(alpha=0.5, nu=10.0, delta=0.866),
    Macrospin(alpha=0.1, nu=1.0, delta=0.866),
    Macrospin(alpha=-2.0, nu=2.0, delta=0.5),
    # Weak fields: the splitting's error is that of the noise alone.
    Macrospin(alpha=0.5, nu=0.3, delta=1.0),
    Macrospin(alpha=0.5, nu=1e-2, delta=1.0),
    Macrospin(alpha=0.5, nu=1e-4, delta=1.0),
]


@pytest.mark.parametrize("magnet", MAGNETS, ids=str)
def test_default_step_keeps_the_stated_bias(magnet: Macrospin) -> None:
    dt = default_step(magnet)
    pumped, spread = scheme_rates(magnet, dt, calibrated_kick(dt))
    exact = float(theory.rates(magnet.alpha, magnet.nu, magnet.delta).S_P)
    # Relative to S_P where <n·p̂> is at least 0.01, else to what it would be then.
    assert pumped == pytest.approx(exact, abs=stated_bias(magnet, exact, 0.0)[0])
    exact = theory.delta_p(magnet.alpha, magnet.nu, magnet.delta)
    assert spread == pytest.approx(float(exact), rel=SPREAD_TOLERANCE)


# |b| from 0.1 to 20, with either sign and more or less of it from the torque.
@pytest.mark.parametrize("times", [1.0, 1.3, 2.0, 6.0])
@pytest.mark.parametrize("case", range(12))
def test_default_step_keeps_the_fluctuation_over_any_time(case: int, times: float) -> None:
    """Two biases of one sign meet at one relaxation time; each within its own bound, they made 1.1 %."""
    random = np.random.default_rng(case)
    alpha, delta = random.choice([-1.0, 1.0]) * random.uniform(1.5, 3.0), random.uniform(0.1, 1.0)
    b = 10 ** ((case + random.uniform()) / 12 * 2.3 - 1)
    magnet = Macrospin(alpha=alpha, nu=b / abs(1 + alpha / delta), delta=delta)
    tau = times * relaxation_time(magnet)
    steps = math.ceil(tau / default_step(magnet))
    exact = float(steady_state(magnet).finite_time_variance(tau))
    found = variance_of_a_run(magnet, tau / steps, steps)
    assert found == pytest.approx(exact, rel=SPREAD_TOLERANCE)


@pytest.mark.parametrize("magnet", MAGNETS[:3], ids=str)
def test_the_kick_undoes_its_lag(magnet: Macrospin) -> None:
    """Without its share of ∫ n·p̂ dt the variance is up to (|b| dt)²/3 too large; the mean does not notice."""
    dt = 0.4 / abs(magnet.xi)
    exact = float(theory.delta_p(magnet.alpha, magnet.nu, magnet.delta))
    kick = calibrated_kick(dt)
    mean, with_it = scheme_rates(magnet, dt, kick)
    same_mean, without = scheme_rates(magnet, dt, kick._replace(lag=0.0))
    assert mean == pytest.approx(same_mean, rel=1e-9)
    assert abs(with_it / exact - 1) < 0.65 * abs(magnet.xi) * dt**2
    # 2/5 of it at least: this is not yet the first term alone, and other errors have the other sign.
    assert without / exact - with_it / exact > 0.4 * 0.4**2 / 3


def test_the_bias_of_the_variance_is_of_second_order() -> None:
    magnet = MAGNETS[2]
    exact = float(theory.delta_p(magnet.alpha, magnet.nu, magnet.delta))
    for lag in (1.0, 0.0):
        biases = []
        for dt in (0.006, 0.003):
            kick = calibrated_kick(dt)
            biases.append(abs(scheme_rates(magnet, dt, kick._replace(lag=lag * kick.lag))[1] / exact - 1))
        assert math.log2(biases[0] / biases[1]) == pytest.approx(2.0, abs=0.3)
