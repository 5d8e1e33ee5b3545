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
from slls_widgets.explore.units import Units
from slls_widgets.macrospin import Macrospin
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
    assert f"could not be opened, so the usual start is shown: {name}" in message
