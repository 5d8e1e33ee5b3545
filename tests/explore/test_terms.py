"""One table of symbols: NOTATION.md is made of it, and the screen speaks from it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from slls_widgets import Macrospin, steady_state
from slls_widgets.explore.terms import TERMS, notation_table, spoken_terms

ROOT = Path(__file__).parent.parent.parent


def test_notation_md_has_the_table_of_terms():
    assert notation_table() in (ROOT / "NOTATION.md").read_text(encoding="utf-8")
    assert len({term.symbol for term in TERMS}) == len(TERMS)


def test_what_is_said_is_short_and_names_the_papers_equation_where_there_is_one():
    said = spoken_terms()
    for symbol in ("α", "ν", "δ", "θ", "S_P", "S_B", "Σ", "Δ_P", "Q", "efficiency", "z"):
        assert 30 < len(said[symbol]) < 170, symbol
    for symbol in ("S_P", "S_B", "closed form"):
        assert "(paper Eq. 16)" in said[symbol]
    assert said["δ"].endswith("δ = m η/γ₀ = t_p/t_d")


@pytest.mark.parametrize("alpha", [0.5, -2.0])
def test_what_is_said_of_a_strong_field_holds_for_either_sign_of_the_torque(alpha):
    strong = steady_state(Macrospin(alpha=alpha, nu=1e3, delta=0.866, theta=0.0))
    # With a torque beyond the critical one the magnet stands against the field, and noise moves it as little.
    assert strong.mean_n[2] == pytest.approx(math.copysign(1.0, alpha), abs=2e-3)
    assert spoken_terms()["ν"].startswith(
        "How strong the field is beside thermal noise: at large ν noise hardly turns the magnet."
    )
