"""The kick's law, summed exactly over its 27 outcomes (x 2 signs): no sampling, no false alarms."""

from __future__ import annotations

import itertools
from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.typing import NDArray

from slls_widgets.simulation.kicks import FIELD_BITS, TAIL, Kick, calibrated_kick, largest_kick

Vector = NDArray[np.float64]

P = TAIL / 2**FIELD_BITS
START = np.array([0.48, 0.6, 0.64])


def outcomes(kick: Kick, n: Vector) -> list[tuple[float, Vector, Vector]]:
    """(probability, n after, ∫ n × ∘dn) of every outcome."""
    found = []
    for digits in itertools.product((-1, 0, 1), repeat=3):
        probability = float(np.prod([P if digit else 1 - 2 * P for digit in digits]))
        w = kick.size * np.array(digits)
        c = np.cross(w, n)
        after = n + 2 * (c + np.cross(w, c)) / (1 + w @ w)
        for sign in (-1, 1):
            found.append((probability / 2, after, kick.chord * np.cross(n, after) + sign * kick.area * n))
    return found


def moments(dt: float, kick: Kick | None = None) -> dict[str, Vector]:
    laws = outcomes(kick or calibrated_kick(dt), START)
    return {
        "n": sum(p * n for p, n, _ in laws),
        "nn": sum(p * np.outer(n, n) for p, n, _ in laws),
        "A": sum(p * heat for p, _, heat in laws),
        "An": sum(p * np.outer(heat, n) for p, n, heat in laws),
        "AA": sum(p * np.outer(heat, heat) for p, _, heat in laws),
    }


def exact(dt: float) -> dict[str, Vector]:
    """The same moments of Brownian motion on the sphere, A = ∫ n × ∘dn."""
    decay6 = np.exp(-6 * dt)
    g = (1 - decay6) / 6
    square = np.outer(START, START)
    cross = np.cross(np.eye(3), START)
    return {
        "n": np.exp(-2 * dt) * START,
        "nn": np.eye(3) / 3 + decay6 * (square - np.eye(3) / 3),
        "A": np.zeros(3),
        "An": 2 * dt * np.exp(-2 * dt) * cross,
        "AA": 2 * ((2 * dt / 3 + g / 3) * np.eye(3) - g * square),
    }


@pytest.mark.parametrize("dt", [1e-14, 1e-6, 1e-3, 0.05, 0.5, 1.39])
def test_mean_decays_exactly(dt: float) -> None:
    found = moments(dt)
    np.testing.assert_allclose(found["n"], np.exp(-2 * dt) * START, rtol=1e-9)
    np.testing.assert_allclose(found["A"], 0, atol=1e-15)


@pytest.mark.parametrize("dt", [1e-14, 1e-10, 1e-6])
def test_the_size_keeps_its_digits_at_short_steps(dt: float) -> None:
    """E[w²] = 3 dt/2 and a correction of relative order dt; E[n] would hide what 1 - e^{-2 dt} loses."""
    assert 6 * P * calibrated_kick(dt).size ** 2 == pytest.approx(1.5 * dt, rel=1e-12 + 10 * dt)


@pytest.mark.parametrize("name", ["nn", "An", "AA"])
def test_second_moments_are_wrong_by_the_third_order_only(name: str) -> None:
    steps = np.array([0.02, 0.01, 0.005])
    errors = [np.abs(moments(dt)[name] - exact(dt)[name]).max() for dt in steps]
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order > 2.7, (order, errors)


def test_uncalibrated_kick_is_caught() -> None:
    """Negative control: the variance of the Gaussian, q² = 3 dt/2, leaves an error of second order."""
    steps = np.array([0.02, 0.01, 0.005])
    errors = []
    for dt in steps:
        plain = calibrated_kick(dt)._replace(size=np.sqrt(1.5 * dt))
        errors.append(np.abs(moments(dt, plain)["n"] - exact(dt)["n"]).max())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 1.8 < order < 2.2


def test_plain_chord_is_caught() -> None:
    """Negative control: the heat of the chord alone has its variance wrong by second order."""
    steps = np.array([0.02, 0.01, 0.005])
    errors = []
    for dt in steps:
        plain = calibrated_kick(dt)._replace(chord=1.0, area=0.0)
        errors.append(np.abs(moments(dt, plain)["AA"] - exact(dt)["AA"]).max())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 1.8 < order < 2.2


def test_calibration_ends_where_it_says() -> None:
    assert largest_kick() == pytest.approx(1.39, abs=0.01)
    assert calibrated_kick(largest_kick() * 0.999).size > 3


@pytest.mark.parametrize("dt", [1e-15, 1e-9, 0.99e-4, 1.01e-4, 0.05, 1.3])
def test_what_is_left_along_the_start_is_the_area_that_the_path_sweeps(dt: float) -> None:
    with localcontext() as context:
        context.prec = 60
        t = Decimal(dt)
        exact = float(4 * (t - (1 - (-6 * t).exp()) / 6) / 3)
    # Below 1e-4 the first term of a series stands.
    assert calibrated_kick(dt).area ** 2 == pytest.approx(exact, rel=2e-4 if dt < 1e-4 else 1e-9)


@pytest.mark.parametrize("dt", [1e-6, 0.05, 1.3])
def test_what_undoes_the_lag_has_mean_zero(dt: float) -> None:
    kick = calibrated_kick(dt)
    assert kick.lag == pytest.approx(dt / 12)
    assert sum(p * (kick.decay - START @ n) for p, n, _ in outcomes(kick, START)) == pytest.approx(
        0.0, abs=1e-14
    )
