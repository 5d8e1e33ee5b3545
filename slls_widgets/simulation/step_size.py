"""How long a time step may be, and how long it is when nobody says.

The bounds on the bias below are envelopes over a scan of 22 parameter points, steps from |b| dt = 1/4 to 2,
against the exact rates, and in weak fields over the scheme's own rates at θ = 0. ``make audit`` checks them
at magnets drawn at random, tests/simulation at chosen ones. Times are in 1/(ηT).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..magnet.macrospin import Macrospin
from .arguments import LEAST_TIME, a_time
from .flow import complex_rate
from .moebius import alias_limit
from .scheme import MEAN_TOLERANCE, SPREAD_TOLERANCE, SUMS, TOLERANCE, Scales
from .schemes import scheme_named, step_rule
from .streams import generator_states

__all__ = [
    "MEAN_TOLERANCE",
    "SPREAD_TOLERANCE",
    "checked_step",
    "default_step",
    "largest_step",
    "relaxation_time",
    "stated_bias",
]

# Below this <n·p̂> counts as small, not as zero: a bias relative to 0 has no step.
_SMALL_MEAN = 0.01
_PILOT_LANES, _FEWEST_LANES, _GROUP = 512, 64, 16
# Steps of all lanes together, 15 ns each: the pilot is one call, which nobody can interrupt.
_PILOT_WORK = 3_000_000


def largest_step(magnet: Macrospin, scheme: str = "moebius") -> float:
    """Largest legal dt.

    Möbius: where the kick can be calibrated (dt < 1.39), and |Re λ| dt keeps the digits of a double. Euler
    and Heun: linear stability at the attractor, whose relaxation the noise raises from λ to λ + 1; beyond it
    the steps feed the motion faster than anything damps it.

    Examples
    --------
    >>> magnet = Macrospin(alpha=0.5, nu=10, delta=0.05, theta=1.0)
    >>> [f"{largest_step(magnet, scheme):.1e}" for scheme in ("moebius", "euler", "heun")]
    ['2.3e-01', '3.7e-03', '9.2e-03']
    """
    return scheme_named(scheme).largest_step(magnet)


def default_step(magnet: Macrospin, scheme: str = "moebius") -> float:
    """The automatic step, a dt that keeps a promise on every quantity a run reports.

    The promise: for all parameters, the bias of the Möbius scheme is at most

    - 0.1 % of the larger of S_P and 0.01 · 2να/δ in S_P, 0.2 % of the larger of S_P and S_B in S_B, without
      their signs, and the sum of both in Sigma (`stated_bias`),
    - 0.5 % in Delta_P, against the exact variance over its own τ,
    - 0.001 in each component of mean_n.

    `simulate` takes a shorter step for a duration below one relaxation time, and keeps the promise there as
    well. A histogram of S_P(τ) has the mean and the variance that this says. No number is promised for
    mean_n_at_steps, which shows the weak order of a scheme, for the variance of S_B(τ) and for the rest of a
    distribution: their bias falls as dt². Near a sign change of a rate, or where <n·p̂> is below 0.01, the
    bias relative to the rate itself may be larger than these: it would have no step.

    Euler and Heun are held to the same bounds on S_P and S_B, from measured biases at moderate parameters;
    they promise nothing of Delta_P and mean_n.

    A pilot run of a few milliseconds, 50 at most, tells how large the rates are, because a bias is judged
    against them. Its seed is fixed: the step is a function of the parameters. Where precession is so fast and
    damping so weak that the pilot would take longer, the smallest rates are assumed, and the step is shorter
    than need be.

    A scheme without a rule for its step is refused with a ValueError: its bias has not been measured.

    Examples
    --------
    >>> magnet = Macrospin(alpha=0.5, nu=10, delta=0.866, theta=1.0)
    >>> 0.005 < default_step(magnet) < 0.02
    True
    """
    return step_rule(scheme)(magnet, _pilot(magnet))


def stated_bias(magnet: Macrospin, S_P: float, S_B: float) -> tuple[float, float]:
    """Bounds on the bias of S_P and S_B that `default_step` keeps, where the rates are as given.

    0.1 % of max(|S_P|, 0.01 · 2ν|α|/δ), and 0.2 % of max(|S_P|, |S_B|): near a sign change a bias relative to
    the rate itself would have no step.

    Examples
    --------
    >>> stated_bias(Macrospin(alpha=1.0, nu=1.0, delta=1.0), 0.5, -0.2)
    (0.0005, 0.001)
    """
    return TOLERANCE * max(abs(S_P), _SMALL_MEAN * abs(magnet.pumping)), 2.0 * TOLERANCE * max(
        abs(S_P), abs(S_B)
    )


def checked_step(magnet: Macrospin, scheme: str, dt: float | None) -> float:
    """The default step, or the given one if the scheme stands it.

    Raises
    ------
    TypeError
        If dt is no number.
    ValueError
        If dt is not a positive time or exceeds `largest_step`; the message names the largest legal step.
    """
    name = scheme_named(scheme).name
    if dt is None:
        step = default_step(magnet, name)
        if step < LEAST_TIME:
            raise ValueError(
                f"{magnet} needs steps of {step:.1e}, in which the noise is lost in the rounding of the "
                "magnetisation; use steady_state, which has no steps"
            )
        return step
    step = a_time("dt", dt)
    largest = largest_step(magnet, name)
    if step > largest:
        raise ValueError(
            f"dt must be <= {_rounded_down(largest)} for the {name} scheme at {magnet} (beyond it the steps "
            f"are unstable or cannot be calibrated); got {dt!r}. Leave dt out to have one chosen."
        )
    return step


def _rounded_down(value: float) -> str:
    """Six digits, none of them beyond the value: what is named as legal must be."""
    text = f"{value:.6g}"
    return text if float(text) <= value else f"{value * (1.0 - 1e-5):.6g}"


def relaxation_time(magnet: Macrospin) -> float:
    """An upper estimate of 1/(slowest relaxation rate), from the parameters alone.

    The noise relaxes everything at a rate of at least about 2 (the sphere's own spectral gap); a strong
    attractor adds its rate Re λ. The exact rates of `steady_state` are at least this fast (a test compares).

    Examples
    --------
    >>> relaxation_time(Macrospin(alpha=0.0, nu=1e-3, delta=1.0)) <= 1.0
    True
    """
    rate = complex_rate(magnet.precession, magnet.damping).real
    return 1.0 / max(1.0, 0.5 * rate)


@lru_cache(maxsize=256)
def _pilot(magnet: Macrospin) -> Scales:
    scheme = scheme_named("moebius")
    damping = float(np.linalg.norm(magnet.damping))
    dt = min(0.1, 0.5 / max(damping, 1e-300), alias_limit(magnet, 1e-3))
    # Twice as long to measure as to forget the start; both are short, the numbers need two digits only.
    settle = math.ceil(2.0 * relaxation_time(magnet) / dt)
    measure = 2 * settle
    # Where a and b are nearly at right angles a turn is many steps, and many turns are a relaxation time.
    lanes = min(_PILOT_LANES, _PILOT_WORK // (settle + measure) // _GROUP * _GROUP)
    if lanes < _FEWEST_LANES:
        return Scales(along=_SMALL_MEAN, bath=2.0 * _SMALL_MEAN / magnet.delta)
    constants = scheme.constants(magnet, dt)
    generators = generator_states(0, 0, lanes)
    n = np.zeros((3, lanes))
    n[2] = 1.0
    sums = np.zeros((SUMS, lanes))
    shares = scheme.shares(magnet, dt)
    with np.errstate(over="ignore"):
        scheme.advance(generators, n, sums, constants, settle, 0, 1)
        sums[:] = 0.0
        first = shares(n.T)
        scheme.advance(generators, n, sums, constants, measure, 0, 1)
    last = shares(n.T)
    elapsed = measure * dt
    along = (sums[0] + first[0] - last[0]) / elapsed
    heat = (sums[1] + first[1] - last[1]) / elapsed + scheme.heat_offset(magnet)
    root = math.sqrt(lanes)
    # Two standard errors towards zero: better a step too short than a bias too large.
    smaller = max(abs(float(along.mean())) - 2.0 * float(along.std()) / root, _SMALL_MEAN)
    warm = max(abs(float(heat.mean())) - 2.0 * float(heat.std()) / root, 2.0 * smaller / magnet.delta)
    return Scales(along=min(smaller, 1.0), bath=warm)
