"""Every symbol once: what it is, its unit and equation, and what to tell a reader who asks on screen.

The table in NOTATION.md is made of this one; a test compares them.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TERMS", "Term", "notation_table", "spoken_terms"]


class Term(NamedTuple):
    """A symbol; ``plain`` is for the screen, in words that need no other symbol to be understood."""

    symbol: str
    code: str
    meaning: str
    unit: str
    equation: str = ""
    plain: str = ""


TERMS = (
    Term(
        "α",
        "`alpha`",
        "torque over field, signed",
        "1",
        "m P/H",
        "How hard the current's torque pushes, beside the field. Negative values push against the field.",
    ),
    Term(
        "ν",
        "`nu`",
        "field over temperature, > 0",
        "1",
        "m H/T",
        "How strong the field is beside thermal noise: at large ν noise hardly turns the magnet.",
    ),
    Term(
        "δ",
        "`delta`",
        "damping over precession, > 0",
        "1",
        "m η/γ₀ = t_p/t_d",
        "How fast the moment relaxes, beside how fast it precesses.",
    ),
    Term(
        "θ",
        "`theta`",
        "angle between **P** and **H**, in [0, π]",
        "rad",
        "p̂·ĥ = cos θ",
        "The angle between the torque P and the field H. The closed forms hold at θ = 0 only.",
    ),
    Term(
        "αν",
        "`alpha_nu`",
        "fixed torque |α| ν",
        "1",
        "ν = `alpha_nu`/|α|",
        "The strength of the torque by itself, beside thermal noise.",
    ),
    Term("ĥ, p̂", "`h_hat`, `p_hat`", "directions of **H** and **P**", "1"),
    Term("**a**", "`precession`", "precession vector", "ηT", "above"),
    Term("**b**", "`damping`", "damping vector, the paper's **H**′ at any angle", "ηT", "above"),
    Term("n", "`n`", "direction of the moment, shape (..., 3)", "1"),
    Term("ξ", "`xi`", "effective field at θ = 0", "1", "ν(1 + α/δ) (SI Eq. 27)"),
    Term("L(ξ)", "`theory.langevin`", "mean of n·ĥ at θ = 0", "1", "coth ξ - 1/ξ (SI Eq. 25)"),
    Term("χ(ξ)", "`theory.chi`", "ξ L(ξ)", "1", "ξ coth ξ - 1 (paper Eq. 17)"),
    Term(
        "S_P",
        "`S_P`",
        "rate of pumped entropy",
        "ηT",
        "(2να/δ)⟨n·p̂⟩; θ = 0: 2χα/(α+δ) (paper Eq. 16)",
        "The rate at which the current gains entropy. Negative: entropy is taken out of the current.",
    ),
    Term(
        "S_B",
        "`S_B`",
        "rate of the bath's entropy",
        "ηT",
        "θ = 0: -2χαδ(1-αδ)/(α+δ)² (paper Eq. 16)",
        "The rate at which the heat bath gains entropy. Negative: heat leaves the bath.",
    ),
    Term(
        "Σ",
        "`Sigma`",
        "entropy production rate, >= 0",
        "ηT",
        "S_P + S_B",
        "The entropy produced in all, S_P + S_B, which is never negative: the price of the flow.",
    ),
    Term(
        "Δ_P",
        "`Delta_P`",
        "variance of the pumped entropy per time, τ → ∞",
        "ηT",
        "lim Var(S_P over τ)/τ",
        "How much the current's entropy fluctuates: its variance over a long time, divided by that time.",
    ),
    Term(
        "Q",
        "`uncertainty_product`",
        "Δ_P Σ/S_P²; not the paper's heat Q, which is -T S_B per time",
        "1",
        "",
        "Fluctuation times cost of the flow. 2 is the usual uncertainty bound; here Q can be far below.",
    ),
    Term(
        "efficiency",
        "`efficiency`",
        "-S_B/S_P of a refrigerator, |S_P|/S_B of a heat pump",
        "1",
        "",
        "What is moved out of the one side, as a share of what reaches the other. An ideal engine has 1.",
    ),
    Term("τ", "`tau`, `duration`", "duration of a path", "1/(ηT)"),
    Term(
        "C(t)",
        "`autocorrelation`",
        "correlation of n·p̂ in the steady state, less ⟨n·p̂⟩²",
        "1",
        "Δ_P = 2(2να/δ)² ∫C dt",
    ),
    Term(
        "λ(k)",
        "`counting.scgf`",
        "cumulant generating function of an entropy A, per time",
        "ηT",
        "lim ln⟨exp(kA)⟩/τ",
    ),
    Term("S_tot", "`paths.total`", "entropy of a path, ends included", "1", "ln p(n₀)/p(n_τ) + S_P + S_B"),
    Term(
        "z",
        "`Estimate.z`",
        "(simulated - exact)/standard error",
        "1",
        "",
        "How far the simulated value is from the exact one, in standard errors; marked beyond chance.",
    ),
    Term("certificate", "`certificate`", "largest relative error bound of a steady state", "1"),
    Term(
        "Ψ(ξ)",
        "`theory.psi_exact`, `theory.psi_closure`",
        "reduced Δ_P at θ = 0",
        "1",
        "Δ_P (α+δ)²/(8α²χ); closure: SI Eq. 57",
    ),
    Term(
        "t_p, t_d", "`theory.time_scales`", "precession and damping time", "1/(ηT)", "δ/ν, 1/ν (paper Eq. 2)"
    ),
    Term(
        "t_p′, t_d′",
        "`theory.time_scales`",
        "the same in the effective field",
        "1/(ηT)",
        "t_p/|1-αδ|, t_d δ/|α+δ| (paper Eq. 15)",
    ),
    Term(
        "H′/H, γ₀′/γ₀",
        "`theory.effective_field`",
        "effective field and gyromagnetic ratio",
        "1",
        "1+α/δ, (1-αδ)/(1+α/δ) (paper Eq. 13)",
    ),
    Term("ℓ", "`ell`, `order`", "degree and order of a spherical harmonic (never m)", "1"),
)

# Words of the screen that are no symbols.
_WORDS = {
    "error bound": "The solver's own bound on the error of the exact value.",
    "closed form": "The paper's formulas, which hold where the torque lies along the field (paper Eq. 16).",
    "simulated": "Averages over independent trajectories, ± their standard error.",
}


def notation_table() -> str:
    """The table of NOTATION.md.

    Examples
    --------
    >>> notation_table().splitlines()[0]
    '| symbol | name in code | meaning | unit | equation |'
    """
    head = ["| symbol | name in code | meaning | unit | equation |", "|---|---|---|---|---|"]
    rows = [[cell.replace("|", r"\|") for cell in term[:5]] for term in TERMS]
    return "\n".join([*head, *("| " + " | ".join(row).strip() + " |" for row in rows)])


def spoken_terms() -> dict[str, str]:
    """What the screen says about each symbol and word it shows, with the equation.

    Examples
    --------
    >>> spoken_terms()["δ"]
    'How fast the moment relaxes, beside how fast it precesses. δ = m η/γ₀ = t_p/t_d'
    """
    said = {
        term.symbol: " ".join(filter(None, [term.plain, _equation(term)])) for term in TERMS if term.plain
    }
    return {**said, **_WORDS}


def _equation(term: Term) -> str:
    equation = term.equation.replace("`", "")
    at_zero = equation.removeprefix("θ = 0: ")
    if at_zero != equation:
        return f"At θ = 0 {term.symbol} = {at_zero}"
    named = not equation or equation.startswith(("ν =", "p̂"))
    return equation if named else f"{term.symbol} = {equation}"
