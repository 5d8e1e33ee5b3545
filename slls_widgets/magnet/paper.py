"""The numbers of the paper's own simulations: γ₀ = T = 1, η = 0.5, |m| = √3, P = 1, in reduced units."""

from __future__ import annotations

import math

__all__ = [
    "PAPER_ALPHA_NU",
    "PAPER_DELTA",
    "PAPER_DT",
    "PAPER_ETA_T",
    "PAPER_MOMENT",
    "PAPER_TAU",
    "PAPER_THETAS",
]

PAPER_MOMENT = math.sqrt(3.0)
PAPER_ETA_T = 0.5
PAPER_DELTA = PAPER_MOMENT / 2.0  # mη/γ₀
PAPER_ALPHA_NU = 3.0  # m²P/T
PAPER_THETAS = (0.0, 0.5, 1.0, 1.5)  # chosen here: neither text nor caption gives those of Fig. 4
# A step of 1e-5 and 50 000 of them, in units of 1/(ηT).
PAPER_DT = 1e-5 * PAPER_ETA_T
PAPER_TAU = 50_000 * PAPER_DT
