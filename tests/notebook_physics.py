"""What the numbers of notebooks 05 to 07 must satisfy; test_notebooks.py runs them and calls these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from slls_widgets import theory
from slls_widgets.studies import errata

Names = dict[str, Any]

__all__ = ["CHECKS"]


def check_05(names: Names) -> None:
    # The solver knows nothing of the quadrature.
    assert names["solved"] == pytest.approx([1.0] * 5, abs=1e-7)
    assert names["worst"].error == pytest.approx(0.156, abs=6e-4)
    assert names["worst"].xi == pytest.approx(2.94, abs=5e-3)
    assert names["exact_coefficient"] == pytest.approx(11 / 90, abs=1e-7)
    assert names["closure_coefficient"] == pytest.approx(19 / 120, abs=1e-7)
    assert names["tail"] == pytest.approx(1.0, abs=3e-4)
    xi = np.geomspace(1e-3, 1e3, 200)
    assert np.all(theory.psi_closure(xi) < theory.psi_exact(xi))
    assert np.all(theory.psi_exact(xi) < 0.5)
    # Points of one curve are correlated; 4 is out of reach of 100 independent ones too.
    assert max(float(z[np.isfinite(z)].max()) for z in names["z_correlation"]) < 4.0
    # 35 numbers, correlated along a curve.
    assert max(float(np.abs(z).max()) for z in names["z_variance"]) < 4.0
    ratios = [short / limit for short, limit, _ in names["finite"]]
    assert ratios == pytest.approx([0.980, 0.938, 0.839, 0.648, 0.226], abs=6e-4)
    assert all(abs(run.z(short)) < 4.0 for short, _, run in names["finite"])
    for name in ("closure", "length of a run", "off-axis fluctuation"):
        assert_settled(errata.CHECKS[name]())


def check_06(names: Names) -> None:
    states, bounds = names["states"], names["bounds"]
    products = np.array([state.uncertainty_product for state in states])
    assert products[0] == pytest.approx(12.21175, abs=5e-6)
    assert np.all(products > bounds)
    assert np.all(products < 1.0721 * bounds)
    assert names["excess"].min() > 1.0 - 1e-6
    assert 1.07 < names["excess"].max() < 1.0721
    # Broken in the refrigerator, respected around the isotropic point.
    assert [bool(q < 2.0) for q in products] == [False, False, True, True, True, True]
    assert names["cooling"].max() < 2.0
    for ratios in names["ratios"].values():
        assert abs(ratios[-1] - 1.0) < 5e-4
        # The distance from the limit is of first order or better.
        assert abs(ratios[-1] - 1.0) < 0.2 * abs(ratios[-2] - 1.0)
    assert names["residual"] < 1e-10
    assert names["same"] > 0.1
    test = names["test"]
    for average in (test.exponential_average, test.partner_average):
        assert abs(average.z(1.0)) < 4.0
    # χ² of so many normal numbers exceeds mean + 5 √(2 mean) less than once in 10⁴ seeds.
    bins = test.z.size
    assert bins >= 12
    assert float(np.sum(test.z**2)) < bins + 5.0 * np.sqrt(2.0 * bins)
    for theta, engine in names["engines"]:
        working = engine.efficiency[np.isfinite(engine.efficiency)]
        assert np.all(np.diff(working) > 0.0)
        assert working[-1] == pytest.approx(1.0, abs=3e-3)
        assert engine.S_P[-1] == pytest.approx(2.0 * 3.0 / names["PAPER_DELTA"] * np.cos(theta), rel=1e-3)


def check_07(names: Names) -> None:
    for each, expected in zip(names["orders"], (2.0, 1.0, 1.0), strict=True):
        assert each.order_stderr < 0.12
        assert abs(each.order - expected) < 2.5 * each.order_stderr
    order = {(each.scheme, each.quantity): each for found in names["biases"] for each in found.values()}
    for scheme in ("euler", "heun"):
        for quantity in ("S_P", "S_B"):
            each = order[scheme, quantity]
            assert each.order == pytest.approx(1.0, abs=0.15 + 3.0 * each.order_stderr)
    assert order["moebius", "S_B"].order == pytest.approx(2.0, abs=0.1)
    assert order["moebius", "S_P"].order > 2.5
    costs = names["costs"]
    assert names["length"] == pytest.approx(3563.0, abs=1.0)
    assert costs["euler"].steps > 10.0 * costs["moebius"].steps
    assert costs["euler, paper's dt"].steps > 3000.0 * costs["moebius"].steps
    for z in names["pooled"].values():
        count = len(z)
        assert abs(np.mean(z)) < 4.0 / np.sqrt(count)
        assert abs(np.var(z, ddof=1) - 1.0) < 4.0 * np.sqrt(2.0 / (count - 1))
    assert names["same_threads"]
    assert names["same_paths"]
    for name in errata.CHECKS:
        assert_settled(errata.CHECKS[name]())


def assert_settled(erratum: errata.Erratum) -> None:
    """The computation agrees with the proposal and not with the print."""
    apart = abs(erratum.proposed - erratum.printed)
    assert abs(erratum.computed - erratum.proposed) < 0.06 * apart


CHECKS: dict[str, Callable[[Names], None]] = {"05": check_05, "06": check_06, "07": check_07}
