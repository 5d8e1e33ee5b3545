"""The story: every fact and number in its sentences, held against the package's own exact results."""

from __future__ import annotations

import re

import numpy as np
import pytest

import slls_widgets as sw
from slls_widgets.explore.permalink import from_query, to_query
from slls_widgets.explore.state import LAST_STEP, Hold, Settings, Snapshot
from slls_widgets.explore.story import STORY, step_at
from slls_widgets.fokker_planck import SteadyState
from slls_widgets.magnet.macrospin import Macrospin, Phase


def solved(number: int) -> SteadyState:
    return sw.steady_state(step_at(number, Snapshot()).magnet)


def said(number: int, pattern: str) -> tuple[float, ...]:
    """The numbers that a step's words name; the pattern's groups are where they stand."""
    text = re.sub(r"<sub>(.)</sub>", r"_\1", STORY[number - 1].words).replace("&lt;", "<")
    found = re.search(pattern, text)
    assert found is not None, text
    return tuple(map(float, found.groups()))


def phase(alpha: float, magnet: Macrospin) -> Phase:
    nu = abs(magnet.alpha) * magnet.nu / abs(alpha)
    return sw.steady_state(magnet.replace(alpha=alpha, nu=nu)).phase


def test_in_equilibrium_the_density_is_boltzmanns_and_nothing_flows() -> None:
    steady = solved(1)
    n = np.array([[0.0, 0.0, 1.0], [0.6, 0.0, 0.8], [0.0, 0.0, -1.0]])
    density = steady.density(n)
    assert density / density[0] == pytest.approx(np.exp(steady.magnet.nu * (n[:, 2] - 1)), rel=1e-8, abs=1e-8)
    assert (steady.S_P, steady.S_B, steady.Sigma) == (0.0, 0.0, 0.0)
    assert "(Eq. 3)" in STORY[0].words


def test_the_heat_pump_works_between_the_bounds_it_names() -> None:
    steady = solved(2)
    delta = steady.magnet.delta
    assert steady.phase is Phase.HEAT_PUMP
    assert "−δ &lt; α &lt; 0" in STORY[1].words
    for inside in (-0.999 * delta, -0.01):
        assert phase(inside, steady.magnet) is Phase.HEAT_PUMP
    for outside in (-1.001 * delta, 0.01):
        assert phase(outside, steady.magnet) is not Phase.HEAT_PUMP
    assert said(2, r"receives here, (\d+) %")[0] == round(-100 * steady.S_P / steady.S_B)


def test_the_refrigerator_works_between_the_bounds_it_names() -> None:
    steady = solved(3)
    delta = steady.magnet.delta
    assert steady.phase is Phase.REFRIGERATOR
    assert "0 &lt; α &lt; 1/δ" in STORY[2].words
    for inside in (0.01, 0.999 / delta):
        assert phase(inside, steady.magnet) is Phase.REFRIGERATOR
    assert phase(1.001 / delta, steady.magnet) is not Phase.REFRIGERATOR
    assert said(3, r"receives here, (\d+) %")[0] == round(-100 * steady.S_B / steady.S_P)


def test_in_the_strong_field_the_flow_stays_and_its_cost_and_fluctuation_vanish() -> None:
    before, after = solved(3), solved(4)
    (times,) = said(4, r"The field is (\d+) times stronger")
    assert times == round(after.magnet.nu / before.magnet.nu)
    assert after.magnet.alpha * after.magnet.nu == pytest.approx(before.magnet.alpha * before.magnet.nu)
    (limit,) = said(4, r"S_P tends to 2αν/δ = ([\d.]+) ηT")
    stronger = sw.steady_state(after.magnet.replace(alpha=3e-4, nu=1e4))
    assert abs(stronger.S_P - limit) < 0.005 < abs(before.S_P - limit)
    costs = said(4, r"from (\d+) % to ([\d.]+) %")
    assert costs == (round(100 * before.Sigma / before.S_P), round(100 * after.Sigma / after.S_P, 1))
    assert "about a million times (Eqs. 18)" in STORY[3].words
    fall = (before.Delta_P / before.S_P**2) / (after.Delta_P / after.S_P**2)
    assert 0.8e6 < fall < 1.25e6


def test_off_the_axis_the_closed_forms_fail_and_the_strong_field_keeps_its_promise() -> None:
    steady = solved(5)
    magnet = steady.magnet
    (degrees,) = said(5, r"P stands at (\d+)° to H")
    assert np.degrees(magnet.theta) == pytest.approx(degrees)
    closed = sw.theory.rates(magnet.alpha, magnet.nu, magnet.delta)
    assert abs(float(closed.S_P) - steady.S_P) > 1.0 > 1e6 * steady.errors["S_P"]
    strong = [sw.steady_state(magnet.replace(alpha=3 / nu, nu=nu)) for nu in (1e3, 1e4)]
    flow = strong[1].S_P
    assert flow == pytest.approx(6 / magnet.delta * np.cos(magnet.theta), rel=1e-3)
    assert flow == pytest.approx(0.5 * solved(4).S_P, rel=0.01)
    assert strong[1].Sigma / strong[1].S_P < 0.2 * strong[0].Sigma / strong[0].S_P < 1e-3


def test_the_simulation_agrees() -> None:
    """256 trajectories, as the app has. Fixed seed; a z beyond 4 would be 1 case in 10,000."""
    snapshot = step_at(6, Snapshot())
    settings = Settings()
    assert snapshot.settings == settings
    exact = solved(6)
    run = sw.simulate(snapshot.magnet, settings.trajectories, 10.0, seed=settings.seed)
    assert abs(run.S_P.z(exact.S_P)) < 4
    assert abs(run.S_B.z(exact.S_B)) < 4
    assert run.S_P.stderr < 0.02 * exact.S_P


def test_every_step_is_a_link_and_leaves_the_state_free() -> None:
    assert len(STORY) == LAST_STEP
    mine = Snapshot(settings=Settings(seed=7))
    for number in range(1, LAST_STEP + 1):
        step = step_at(number, mine)
        assert step.settings.seed == 7
        assert from_query(to_query(step)) == step
        assert from_query(f"story={number}", mine) == step
        moved = step.moved(theta=0.3)
        assert (moved.story, moved.magnet.theta) == (number, 0.3)
        assert from_query(to_query(moved)) == moved
    assert from_query("story=4&alpha=0.5").magnet.alpha == 0.5
    assert from_query("story=1").hold is Hold.NU
    assert "story" not in to_query(mine)
    for bad in ("story=7", "story=-1", "story=one"):
        with pytest.raises(ValueError, match="story"):
            from_query(bad)


def test_each_step_takes_one_or_two_sentences_and_names_an_equation() -> None:
    for step in STORY:
        assert re.search(r"\(Eqs?\. \d+\)|Eqs\. \d+\)", step.words), step.title
        assert len(step.words) < 420
