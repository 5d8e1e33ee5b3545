"""Twice the working precision: exact errors of sums and products, and digits that plain solving loses."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references_fokker_planck import extended_rates

from slls_widgets.fokker_planck.compensated import (
    EPSILON,
    coupling_tails,
    element_tails,
    precise_hop,
    two_product,
    two_sum,
)
from slls_widgets.fokker_planck.couplings import ADJOINT, GENERATOR, couplings, hop, matrix_elements
from slls_widgets.fokker_planck.frame import frame_components
from slls_widgets.fokker_planck.point import factorise, rates

numbers = st.floats(-1e100, 1e100).filter(lambda x: x == 0 or abs(x) > 1e-100)


@settings(deadline=None)
@given(a=numbers, b=numbers)
def test_sum_and_product_with_their_errors_are_exact(a, b):
    s, t = two_sum(a, b)
    assert Fraction(a) + Fraction(b) == Fraction(s) + Fraction(t)
    p, e = two_product(a, b)
    assert Fraction(a) * Fraction(b) == Fraction(p) + Fraction(e)


def test_elements_with_their_tails_square_to_their_rationals():
    elements = matrix_elements(9, 3)
    tails = element_tails(elements)
    for ell in range(10):
        for m in range(min(ell, 3) + 1):
            exact = Fraction((ell + m + 1) * (ell - m + 1), (2 * ell + 1) * (2 * ell + 3))
            value = Fraction(float(elements[ell, 0, m])) + Fraction(float(tails[ell, 0, m]))
            assert abs(value**2 / exact - 1) < 2**-100


def test_coupling_tails_complete_the_products():
    elements, u_x, u_z = matrix_elements(7, 3), math.pi, math.e
    tails = element_tails(elements)
    for side in (GENERATOR, ADJOINT):
        table, rest = (
            couplings(elements, u_x, u_z, side),
            coupling_tails(elements, tails, u_x, u_z, side),
        )
        for ell in range(1, 7):
            for k in range(min(ell, 3)):
                rise = Fraction(1 - side * (ell + 1)) * Fraction(u_z)
                element = Fraction(float(elements[ell, 0, k])) + Fraction(float(tails[ell, 0, k]))
                got = Fraction(float(table[ell, 0, k])) + Fraction(float(rest[ell, 0, k]))
                assert abs(got - rise * element) <= abs(rise) * Fraction(2) ** -100


def test_a_hop_with_its_tail_is_exact_to_the_stated_error():
    """Against the plain kernel on fractions, and tails so long that each of them counts."""
    rng = np.random.default_rng(20261130)
    table, v = rng.normal(size=(6, 7, 5)), rng.normal(size=(6, 5))
    tails, v_tail = 1e-17 * rng.normal(size=table.shape), 1e-17 * rng.normal(size=v.shape)
    fractions = np.vectorize(Fraction, otypes=[object])
    c, w = fractions(table) + fractions(tails), fractions(v) + fractions(v_tail)
    exact = fractions(np.zeros_like(v))
    getattr(hop, "py_func", hop)(c, w, exact)
    exact[:, 1:] += c[:, 6, :-1] * w[:, :-1]
    exact[:, :-1] -= c[:, 6, :-1] * w[:, 1:]
    out, tail, size = precise_hop(table, tails, v, v_tail)
    error = np.abs(fractions(out) + fractions(tail) - exact)
    assert (error <= EPSILON * fractions(size)).all()


@pytest.mark.parametrize("point", [(0.4, 600.0, 0.7, 0.2), (-0.9, 600.0, 2.0, 0.3)])
def test_refinement_returns_the_digits_that_plain_solving_loses(point):
    frame, sizes = frame_components(*point), (190, 5)
    operators = factorise(frame, *sizes)
    exact = extended_rates(*point, *sizes)
    plain, _, _ = rates(frame, *point[:3], *operators, False)
    refined, bounds, _ = rates(frame, *point[:3], *operators, True)
    error = abs(float(exact["Delta_P"] - plain[3]) / plain[3])
    assert error > 1e-12
    assert abs(float(exact["Delta_P"] - refined[3]) / refined[3]) < 0.02 * error
    assert bounds[2, 3] < 1e-13 * refined[3]
