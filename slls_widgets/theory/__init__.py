"""Closed forms for **P** along **H** (θ = 0), one function per equation of the paper.

Every function takes arrays or numbers, broadcasts them, and returns rates in units of ηT and times in
1/(ηT). All of them are smooth through α = -δ, where the formulas as printed read 0/0.
"""

from .closed_forms import *  # noqa: F403
from .closed_forms import __all__ as __all__
