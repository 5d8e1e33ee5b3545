"""One table of symbols: NOTATION.md is made of it, and the screen speaks from it."""

from __future__ import annotations

from pathlib import Path

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
