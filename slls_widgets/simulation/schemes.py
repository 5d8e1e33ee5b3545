"""The schemes there are. A new one is a module like `moebius` and an entry here.

============  ==============  ==========  ==========================================================
scheme        calculus        weak order  largest dt
============  ==============  ==========  ==========================================================
``moebius``   none needed     2           1.39 (calibration), 16/Re λ (digits)
``euler``     Ito             1           2 Re(λ+1)/|λ+1|²: very short when precession is fast
``heun``      Stratonovich    1           where |1 - z + z²/2| = 1, z = (λ+1) dt
============  ==============  ==========  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable

from ..magnet.macrospin import Macrospin
from .euler_heun import EULER, HEUN
from .moebius import MOEBIUS
from .scheme import Scales, Scheme

__all__ = ["SCHEMES", "Scheme", "scheme_named", "step_rule"]

SCHEMES = {scheme.name: scheme for scheme in (MOEBIUS, EULER, HEUN)}


def scheme_named(name: str) -> Scheme:
    """Look a scheme up, or say which there are."""
    if not isinstance(name, str) or name not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}; got {name!r:.80}")
    return SCHEMES[name]


def step_rule(name: str) -> Callable[[Macrospin, Scales], float]:
    """The rule of a scheme that picks a step, or an error that asks for dt where nobody has made one."""
    rule = scheme_named(name).step_rule
    if rule is None:
        raise ValueError(
            f"dt must be given for the {name} scheme, which has no rule that picks a step; got None. "
            "Give a short one, half of it too, and compare."
        )
    return rule
