"""Links: every state survives the round trip, nothing else gets in."""

from __future__ import annotations

import math
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slls_widgets.explore.permalink import BadLink, from_query, open_link, to_query
from slls_widgets.explore.state import Hold, Quantity, Settings, Snapshot
from slls_widgets.explore.units import Sample, Units
from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.simulation.schemes import SCHEMES

snapshots = st.builds(
    Snapshot,
    magnet=st.builds(
        Macrospin,
        alpha=st.floats(-100, 100).filter(lambda a: a != 0),
        nu=st.floats(1e-6, 1e4),
        delta=st.floats(1e-4, 1e3),
        theta=st.floats(0, math.pi),
    ),
    hold=st.sampled_from(Hold),
    quantity=st.sampled_from(Quantity),
    alpha_max=st.just(100.0),
    settings=st.builds(
        Settings,
        trajectories=st.integers(1, 65536),
        dt=st.none() | st.floats(1e-6, 1.0),
        scheme=st.sampled_from(list(SCHEMES)),
        seed=st.integers(0, 2**32 - 1),
    ),
)


def opened(query):
    """The snapshot, or None where the link is refused; any other exception fails the test."""
    try:
        return from_query(query)
    except BadLink:
        return None


@given(snapshots)
@settings(max_examples=300, deadline=None)
def test_every_snapshot_survives_the_round_trip_to_the_last_bit(snapshot):
    assert from_query("?" + to_query(snapshot)) == snapshot


def test_a_partial_link_keeps_the_defaults():
    snapshot = from_query("?theta=0.3")
    assert snapshot.magnet.theta == 0.3
    assert snapshot.settings == Snapshot().settings


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("alpha=abc", "alpha must be a number"),
        ("nu=nan", "nu must be a finite number"),
        ("nu=inf", "nu must be a finite number"),
        ("delta=0", "delta must be > 0"),
        ("theta=400", r"theta must lie in \[0, pi\]"),
        ("nu=1e9", "nu must lie between"),
        ("hold=field", "hold must be one of 'nu', 'alpha_nu'; got 'field'"),
        ("map=__import__('os')", "map must be one of"),
        ("scheme=rk4", "scheme must be one of"),
        ("trajectories=1e3", "trajectories must be a whole number"),
        ("trajectories=99999999", "trajectories must be a whole number from 1"),
        ("seed=-4", "seed must be a whole number"),
        ("dt=5", r"dt must lie in \(0, 1\]"),
        ("alpha_max=0", "alpha_max must lie between"),
        ("x=" + "9" * 3000, "at most 2000 characters"),
    ],
)
def test_a_bad_link_names_the_value_and_what_is_legal(query, words):
    with pytest.raises(BadLink, match=words):
        from_query(query)


@given(st.text(max_size=300))
@settings(max_examples=1000, deadline=None)
def test_any_text_gives_a_state_or_a_message(text):
    snapshot = opened(text)
    assert isinstance(snapshot, Snapshot | None)


NAMES = [pair.split("=")[0] for pair in to_query(Snapshot(units=Units.SI)).split("&")]


@given(st.dictionaries(
    st.sampled_from(NAMES),
    st.text(max_size=12) | st.floats().map(str) | st.integers().map(str),
    max_size=6,
))  # fmt: skip
@settings(max_examples=1000, deadline=None)
def test_any_values_of_known_names_give_a_bounded_state_or_a_message(values):
    snapshot = opened(urlencode(values))
    if snapshot is not None:
        assert all(
            math.isfinite(getattr(snapshot.magnet, name)) for name in ("alpha", "nu", "delta", "theta")
        )
        assert 1 <= snapshot.settings.trajectories <= 65536
        si = replace(snapshot, units=Units.SI)
        assert all(math.isfinite(number) for number in (si.scale.rate, si.scale.time, si.device.current_si))


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/app/?alpha=0.7&nu=4#frag",
        "?alpha=0.7&nu=4#frag?nu=5",
        "alpha=0.7&nu=4",
        "http://[half?alpha=0.7&nu=4",
    ],
)
def test_any_form_of_a_link_opens(link):
    snapshot, message = open_link(link)
    assert (snapshot.magnet.alpha, snapshot.magnet.nu, message) == (0.7, 4.0, "")


@pytest.mark.parametrize("bad", ["?nu=-3", "https://example.org/?alpha=lots#x", "?theta=nan", "?seed=-1"])
def test_a_bad_link_gives_the_usual_start_and_says_why(bad):
    snapshot, message = open_link(bad)
    assert snapshot == Snapshot()
    name = bad.partition("?")[2].partition("=")[0]
    assert f"has an invalid value, so the usual start is shown: {name}" in message


LONG = 60 * "9x"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (f"alpha={LONG}", f"alpha must be a number; got '{LONG[:40]}'"),
        ("alpha=-inf", "alpha must be a finite number; got '-inf'"),
        ("alpha=nan" + 60 * "+", f"alpha must be a finite number; got 'nan{37 * ' '}'"),
        ("nu=0", "nu must be > 0 (field over temperature); got 0.0"),
        ("nu=2e4", "nu must lie between 1e-06 and 10000 here; got 20000.0"),
        ("alpha_max=0.009", "alpha_max must lie between 0.01 and 100; got 0.009"),
        ("alpha_max=100.5", "alpha_max must lie between 0.01 and 100; got 100.5"),
        ("alpha_max=x", "alpha_max must be a number; got 'x'"),
        ("trajectories=", "trajectories must be a whole number; got ''"),
        (f"seed={LONG}", f"seed must be a whole number; got '{LONG[:40]}'"),
        ("seed=٣", "seed must be a whole number; got '٣'"),
        ("seed=1234567890123", "seed must be a whole number; got '1234567890123'"),
        ("seed=123456789012", "seed must be a whole number from 0 to 4294967295; got 123456789012"),
        ("dt=slow", "dt must be a number; got 'slow'"),
        ("Ms=x", "Ms must be a number; got 'x'"),
        ("T=-1", "temperature_si must be > 0; got -1.0"),
        (f"hold={LONG}", f"hold must be one of 'nu', 'alpha_nu'; got '{LONG[:40]}'"),
        (
            "map=x",
            "map must be one of 'phase', 'S_P', 'S_B', 'Sigma', 'Delta_P', 'uncertainty_product', "
            "'efficiency'; got 'x'",
        ),
        ("units=x", "units must be one of 'reduced', 'paper', 'si'; got 'x'"),
        ("rates=x", "rates must be one of 'linear', 'log'; got 'x'"),
        (2001 * "x", "a link holds at most 2000 characters; got 2001"),
    ],
)
def test_a_refusal_is_whole(query: str, words: str) -> None:
    with pytest.raises(BadLink) as caught:
        from_query(query)
    assert str(caught.value) == words


def test_the_query_of_a_state_is_the_same_for_ever() -> None:
    """Links that are out there must keep their meaning."""
    sample = Sample(
        magnetisation_si=8e5, diameter_si=5e-8, thickness_si=2e-9, temperature_si=77.0, polarisation=0.5
    )
    snapshot = Snapshot(
        magnet=Macrospin(alpha=-0.5, nu=4.0, delta=0.25, theta=1.5),
        hold=Hold.NU,
        quantity=Quantity.SIGMA,
        alpha_max=5.0,
        settings=Settings(trajectories=64, dt=0.01, scheme="heun", seed=7),
        log_rates=True,
    )
    query = (
        "alpha=-0.5&nu=4.0&delta=0.25&theta=1.5&hold=nu&map=Sigma&alpha_max=5.0&trajectories=64&dt=0.01"
        "&scheme=heun&seed=7&rates=log&units=reduced"
    )
    made_of = "&Ms=800000.0&diameter=5e-08&thickness=2e-09&T=77.0&p=0.5"
    assert to_query(snapshot) == query
    assert to_query(replace(snapshot, sample=sample)) == query + made_of
    in_si = replace(snapshot, sample=sample, units=Units.SI, settings=Settings(), log_rates=False)
    assert to_query(in_si).endswith(f"&dt=auto&scheme=moebius&seed=1&rates=linear&units=si{made_of}")
    # What a link leaves out comes from the state at hand.
    assert from_query("", in_si) == in_si
    assert from_query("", snapshot) == snapshot
    assert from_query("?seed=9&T=78&utm=x&empty=", in_si) == replace(
        in_si, settings=Settings(seed=9), sample=replace(sample, temperature_si=78.0)
    )
    assert from_query("rates=linear", snapshot) == replace(snapshot, log_rates=False)
    assert from_query(2000 * "x") == Snapshot()


@pytest.mark.parametrize(
    ("query", "reach"),
    [
        ("alpha_max=0.01&alpha=0", 0.01),
        ("alpha_max=100&alpha=1", 100.0),
        ("alpha_max=1&alpha=-3", 3.0),
        ("alpha=50", 50.0),
    ],
)
def test_the_map_reaches_as_far_as_the_point(query: str, reach: float) -> None:
    assert from_query(query).alpha_max == reach


def test_without_a_torque_the_field_is_held() -> None:
    assert from_query("alpha=0&hold=alpha_nu").hold is Hold.NU
    assert from_query("alpha=0.1&hold=alpha_nu").hold is Hold.ALPHA_NU


def test_only_what_follows_the_mark_is_the_query() -> None:
    assert open_link("https://example.org/alpha=3?nu=4")[0].magnet.alpha == Snapshot().magnet.alpha
    assert open_link("https://example.org/?nu=4?alpha=3")[0] == Snapshot()
    assert open_link("?nu=-3") == (
        Snapshot(),
        "This link has an invalid value, so the usual start is shown: "
        "nu must be > 0 (field over temperature); got -3.0.",
    )
