"""What divides a curve of rates: the phases along it and the values of α that have names."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ... import theory
from ...explore.results import Curves
from ...explore.state import Hold, Snapshot
from ...magnet.macrospin import Phase
from .words import PHASE_WORDS

__all__ = ["bands", "special_points"]


def bands(curves: Curves) -> list[dict[str, Any]]:
    """Runs of one phase along the curve, cut where S_P or S_B crosses zero and at 0.

    Where the curve has a gap there is no band: nothing was computed there, and the phase may change.
    """
    alpha, zeros, gap = curves.alpha, _zeros(curves), curves.gap
    cuts = {float(alpha[0]), *gap, float(alpha[-1]), *zeros["S_P"], *zeros["S_B"]}
    bands = []
    for left, right in pairwise(sorted(cuts)):
        if (left, right) == gap:
            continue
        middle = 0.5 * (left + right)
        i = int(np.argmin(np.abs(alpha - middle)))
        phase = Phase.of_rates(float(curves.S_P[i]), float(curves.S_B[i]))
        word, icon = PHASE_WORDS[phase]
        bands.append({"from": left, "to": right, "kind": phase.value, "label": word.lower(), "icon": icon})
    return bands


def special_points(snapshot: Snapshot, curves: Curves) -> list[dict[str, Any]]:
    """The named values of α: the paper's three at θ = 0; at other angles where S_P and S_B vanish."""
    magnet = snapshot.magnet
    middle = "equilibrium" if snapshot.hold is Hold.NU else "H → ∞"
    if magnet.theta == 0.0:
        points = theory.special_points(magnet.delta)
        named = [
            (points.isotropic, "isotropic −δ"),
            (points.equilibrium, middle),
            (points.insulating, "insulating 1/δ"),
        ]
    else:
        named = [(at, f"{name} = 0") for name, found in _zeros(curves).items() for at in found]
        named.append((0.0, middle))
    return [{"at": at, "label": label} for at, label in sorted(named)]


def _zeros(curves: Curves) -> dict[str, list[float]]:
    """Where S_P and S_B cross zero along the curve, linear between its points; α = 0 is none of them."""
    alpha = curves.alpha
    zeros: dict[str, list[float]] = {"S_P": [], "S_B": []}
    for name, found in zeros.items():
        values = getattr(curves, name)
        for i in np.nonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)[0].tolist():
            if alpha[i] < 0.0 < alpha[i + 1]:
                continue
            weight = values[i] / (values[i] - values[i + 1])
            found.append(float(alpha[i] + weight * (alpha[i + 1] - alpha[i])))
    return zeros
