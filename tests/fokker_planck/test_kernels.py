"""The compiled kernels one by one, each against what it is said to compute."""

import math

import numpy as np
import pytest

from slls_widgets.fokker_planck.certificate import residual
from slls_widgets.fokker_planck.compensated import precise_residual
from slls_widgets.fokker_planck.couplings import ADJOINT, GENERATOR, couplings
from slls_widgets.fokker_planck.elimination import eliminate, solve
from slls_widgets.fokker_planck.frame import A_Z, B_X_ERROR, P_X, P_Z, frame_components
from slls_widgets.fokker_planck.observables import (
    BALANCE,
    MEAN,
    ROOT_3,
    ROOT_3_TAIL,
    ROOT_5,
    ROOT_5_TAIL,
    evaluate,
)
from slls_widgets.fokker_planck.point import factorise, rates

POINTS = ((0.5, 10.0, 0.866, 1.0), (-1.2, 8.0, 0.3, 1.4), (1.5, 5.0, 2.0, 0.4))
ELL_MAX, ORDER_MAX = 24, 8


def legal(shape, rng):
    """Random coefficients; those of orders above the degree do not exist."""
    v = rng.normal(size=shape)
    order_max = shape[1] // 2
    for ell in range(min(shape[0], order_max)):
        v[ell, ell + 1 : order_max + 1] = 0.0
        v[ell, order_max + ell + 1 :] = 0.0
    return v


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("side", [GENERATOR, ADJOINT])
def test_solutions_satisfy_their_equations_whatever_the_source(point, side):
    frame = frame_components(*point)
    elements, table, inverse = factorise(frame, ELL_MAX, ORDER_MAX)
    table = couplings(elements, frame[0], frame[1], side)
    f = legal((ELL_MAX + 1, 2 * ORDER_MAX + 1), np.random.default_rng(1))
    v = solve(table, inverse, f, side)
    assert np.array_equal(v[0], f[0])
    assert residual(table, side * frame[A_Z], f, v)[1:].max() < 1e-9 * np.abs(v).max()


def test_a_shift_moves_the_whole_generator():
    frame, shift = frame_components(*POINTS[0]), 0.7
    _, table, _ = factorise(frame, ELL_MAX, ORDER_MAX)
    f = legal((ELL_MAX + 1, 2 * ORDER_MAX + 1), np.random.default_rng(2))
    v = solve(table, eliminate(table, frame[A_Z], shift), f, GENERATOR)
    shifted = f - shift * v
    shifted[0] = 0.0
    assert residual(table, frame[A_Z], shifted, v)[1:].max() < 1e-9 * np.abs(v).max()


@pytest.mark.parametrize("side", [GENERATOR, ADJOINT])
def test_a_residual_counts_what_its_own_evaluation_rounds_off(side):
    """Of a good solution the residual is all rounding: evaluated with twice the digits it may be larger."""
    frame = frame_components(*POINTS[0])
    elements, _, inverse = factorise(frame, ELL_MAX, ORDER_MAX)
    table = couplings(elements, frame[0], frame[1], side)
    f = legal((ELL_MAX + 1, 2 * ORDER_MAX + 1), np.random.default_rng(3))
    v = solve(table, inverse, f, side)
    spin = side * frame[A_Z]
    nothing = np.zeros_like
    true, _ = precise_residual(table, nothing(table), spin, f, v, nothing(v))
    assert (np.abs(true) <= residual(table, spin, f, v))[1:].all()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("j", range(3))
def test_what_rounding_a_parameter_does_is_a_derivative(point, j):
    """The part of a bound that belongs to b_x, b_z or a_z, with an error of 1, against finite differences."""
    alpha, nu, delta, _ = point
    frame, step = frame_components(*point), 1e-5

    def solved(moved, error):
        changed = frame.copy()
        changed[j] += moved
        changed[B_X_ERROR:] = 0.0
        changed[B_X_ERROR + j] = error
        return rates(changed, alpha, nu, delta, *factorise(changed, ELL_MAX, ORDER_MAX), False)[:2]

    (above, _), (below, _), (_, bounds) = solved(step, 0.0), solved(-step, 0.0), solved(0.0, 1.0)
    for i in (0, 3):  # S_P and Delta_P: the weights of Sigma know a_z, too
        slope = abs(above[i] - below[i]) / (2.0 * step)
        assert bounds[2, i] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_at_the_pole_nothing_is_left_of_what_is_measured_from_there():
    alpha, nu, delta, theta = POINTS[0]
    frame = frame_components(alpha, nu, delta, theta)
    x, tail = np.zeros((3, 5)), np.zeros((3, 5))
    x[1, 0], tail[1, 0], x[2, 0], tail[2, 0] = ROOT_3, ROOT_3_TAIL, ROOT_5, ROOT_5_TAIL
    values, _ = evaluate(frame, alpha, nu, delta, x, tail)
    assert values[BALANCE] == 0.0
    assert values[MEAN] == pytest.approx(frame[P_Z], rel=1e-15)
    # A tilt by 1e-9 is seen to ten digits.
    x[1, 1] = -1e-9 * math.sqrt(3.0)
    values, _ = evaluate(frame, alpha, nu, delta, x, tail)
    assert values[MEAN] - frame[P_Z] == pytest.approx(1e-9 * frame[P_X], rel=1e-6)
