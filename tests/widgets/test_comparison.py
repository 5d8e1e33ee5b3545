"""A pinned point beside the present one: its curves, its column, and the differences in words."""

from __future__ import annotations

import re

import numpy as np
import pytest
from waiting import PATIENCE, eventually

import slls_widgets as sw
from slls_widgets.explore.permalink import from_query, to_query
from slls_widgets.explore.pin import Pin
from slls_widgets.explore.state import Hold, Snapshot
from slls_widgets.explore.units import Units
from slls_widgets.magnet.macrospin import Macrospin

OTHER = Macrospin(alpha=-0.3, nu=10.0, delta=0.5, theta=1.1)


@pytest.fixture
def pinned(explorer):
    """The explorer with its usual point pinned, at another one with another damping."""
    explorer.ledger.pin.value = True
    explorer.state.move(alpha=OTHER.alpha, nu=OTHER.nu, delta=OTHER.delta, theta=OTHER.theta)
    results(explorer)
    return explorer


def results(explorer):
    assert explorer.exact.wait(PATIENCE)
    assert explorer._exploration.pinned.wait(PATIENCE)


def rows(explorer):
    """The cells of the table, row by row, as a reader sees them."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", explorer.ledger._table.value)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in found]


def test_the_pinned_point_has_its_curves_and_its_column(pinned):
    ghost, there = pinned.rates.ghost, sw.steady_state(Snapshot().magnet)
    seen = np.isfinite(ghost.x)
    assert np.count_nonzero(~seen) == 1  # the jump at α = 0
    at = np.argmin(np.abs(np.where(seen, ghost.x, np.inf) - there.magnet.alpha))
    near = sw.steady_state(there.magnet.replace(alpha=ghost.x[at], nu=3.0 / ghost.x[at]))
    assert ghost.y[:, at] == pytest.approx([near.S_P, near.S_B, near.Sigma], rel=1e-5)
    assert {"at": 0.42, "label": "pinned"} in pinned.rates.overlay.marks
    table = rows(pinned)
    assert table[0][2] == "pinned"
    assert [row[2] for row in table[1:]] == ["5.2971", "−2.4972", "2.7999", "0.23916", "0.023865", "0.47144"]


def test_the_differences_in_words_are_those_of_the_numbers(pinned):
    here, there = sw.steady_state(OTHER), sw.steady_state(Snapshot().magnet)
    (words,) = re.findall("<p class='compared'>(.*?)</p>", pinned.ledger._table.value)
    assert words.startswith("Pinned: refrigerator at α = 0.420, ν = 7.14, δ = 0.866, θ = 34.0°.")
    assert "S<sub>P</sub> has turned its sign, S<sub>B</sub> has turned its sign" in words
    assert here.S_P < 0.0 < there.S_P
    (percent,) = re.findall(r"Σ is ([\d.]+) % larger", words)
    assert float(percent) == pytest.approx(100.0 * (here.Sigma / there.Sigma - 1.0), rel=0.05)
    (times,) = re.findall(r"Δ<sub>P</sub> is ([\d.]+) times as large", words)
    assert float(times) == pytest.approx(here.Delta_P / there.Delta_P, rel=0.01)


def test_in_units_that_go_with_the_point_both_are_in_the_same(pinned):
    """The paper's unit of a rate is ηT, and η that of each point."""
    pinned.state.show(units=Units.PAPER)
    results(pinned)
    column = float(rows(pinned)[1][2])
    assert column == pytest.approx(5.297091 * Snapshot().magnet.delta / 3**0.5, rel=1e-4)
    pinned.state.show(units=Units.REDUCED)


def test_letting_go_and_undo(pinned):
    pinned.ledger.pin.value = False
    assert "pinned" not in pinned.ledger._table.value
    assert not np.any(pinned.rates.ghost.y)
    pinned.state.undo()
    assert pinned.ledger.pin.value
    assert eventually(lambda: "pinned" in pinned.ledger._table.value)
    pinned.state.undo()
    pinned.state.undo()
    assert pinned.state.snapshot.pin is None
    assert not pinned.ledger.pin.value


def test_a_link_carries_the_pin_and_refuses_a_bad_one():
    for pin in (Pin(OTHER, True), Pin(OTHER.replace(alpha=0.0), False)):
        snapshot = Snapshot(pin=pin)
        assert from_query(to_query(snapshot)) == snapshot
    assert from_query("pin=0.1,2,3,0.5,nu").pin == Pin(Macrospin(alpha=0.1, nu=2, delta=3, theta=0.5), False)
    assert "pin" not in to_query(Snapshot(hold=Hold.NU))
    bad = (
        "1,2,3",
        "1,2,3,0.4,delta",
        "1,2,-3,0.4,nu",
        "1,1e9,1,0.4,nu",
        "0,2,3,0.4,alpha_nu",
        "x,2,3,0.4,nu",
    )
    for text in bad:
        with pytest.raises(ValueError, match=r"pin|delta|nu|alpha"):
            from_query(f"pin={text}")
