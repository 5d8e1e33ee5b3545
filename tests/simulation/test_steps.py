"""One step of each scheme against its equation, written with vectors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from slls_widgets import Macrospin
from slls_widgets.simulation.flow import drift_weights, lorentz_matrix
from slls_widgets.simulation.kicks import FIELD_BITS, TAIL, calibrated_kick
from slls_widgets.simulation.scheme import SUMS
from slls_widgets.simulation.schemes import SCHEMES
from slls_widgets.simulation.streams import fill_normals, fill_words, generator_states

Vector = NDArray[np.float64]

LANES, DT = 64, 0.02
MAGNETS = [
    Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=0.7),
    Macrospin(alpha=-1.5, nu=4.0, delta=0.3, theta=1.4),
]


def dot(u: Vector, v: Vector) -> Vector:
    return np.sum(u * v, axis=-1, keepdims=True)


def unit(v: Vector) -> Vector:
    return v / np.sqrt(dot(v, v))


def flow(magnet: Macrospin, n: Vector, t: float) -> Vector:
    matrix = lorentz_matrix(magnet.precession, magnet.damping, t)
    x = np.concatenate([np.ones((len(n), 1)), n], axis=1) @ matrix.T
    return x[:, 1:] / x[:, :1]


def integral(
    magnet: Macrospin, nodes: list[Vector], vector: Vector, times: list[Vector] | None = None
) -> Vector:
    """∫ vector·n dt over a drift from its beginning, middle and end; its integrand may be multiplied."""
    fast = np.linalg.norm(magnet.precession) > 2.0 * np.linalg.norm(magnet.damping)
    weights = drift_weights(magnet.precession, vector, DT, tilted=bool(fast))
    parts = [node @ weight[:, None] for node, weight in zip(nodes, weights, strict=True)]
    return sum(part * factor for part, factor in zip(parts, times or [1.0] * 3, strict=True))


def stepped(scheme: str, magnet: Macrospin, n: Vector, stride: int, steps: int = 1) -> tuple[Vector, Vector]:
    """What the kernel makes of n and of sums that begin at zero."""
    after, sums = np.ascontiguousarray(n.T), np.zeros((SUMS, len(n)))
    chosen = SCHEMES[scheme]
    with np.errstate(over="ignore"):  # of 64-bit words, where the kernel runs as plain Python
        chosen.advance(
            generator_states(5, 0, len(n)), after, sums, chosen.constants(magnet, DT), steps, 0, stride
        )
    return after.T, sums.T


def drawn_words() -> NDArray[np.uint64]:
    words = np.empty(LANES, np.uint64)
    with np.errstate(over="ignore"):
        fill_words(*generator_states(5, 0, LANES), words)
    return words


def drawn_normals() -> Vector:
    words, normals = np.empty(LANES, np.uint64), np.empty((3, LANES))
    with np.errstate(over="ignore"):
        fill_normals(*generator_states(5, 0, LANES), words, normals)
    return normals.T


@pytest.fixture
def start() -> Vector:
    return unit(np.random.default_rng(6).standard_normal((LANES, 3)))


@pytest.mark.parametrize("magnet", MAGNETS, ids=str)
def test_a_step_of_the_moebius_scheme(magnet: Macrospin, start: Vector) -> None:
    words, kick = drawn_words(), calibrated_kick(DT)
    fields = np.stack([(words >> np.uint64(k * FIELD_BITS)) & np.uint64(2**FIELD_BITS - 1) for k in range(3)])
    w = kick.size * ((fields >= 2**FIELD_BITS - TAIL).astype(float) - (fields < TAIL)).T
    sign = np.where(words < np.uint64(2**63), 1.0, -1.0)[:, None]
    before = flow(magnet, start, 0.5 * DT)
    turned = np.cross(w, before)
    kicked = before + 2.0 * (turned + np.cross(w, turned)) / (1.0 + dot(w, w))
    end = flow(magnet, kicked, 0.5 * DT)
    nodes = [kicked, end, before]  # the drift over a step boundary runs from one kick to the next
    a, p = magnet.precession, magnet.p_hat
    lag = kick.lag * dot(before, p) * (kick.decay - dot(before, kicked))
    # p·(n x dn/dt) = n·(b x p) + p·a - (n·a)(n·p), of which the constant is left out.
    drift = integral(magnet, nodes, np.cross(magnet.damping, p))
    drift -= integral(magnet, nodes, p, [dot(node, a) for node in nodes])
    jump = kick.chord * dot(np.cross(before, kicked), p) + sign * kick.area * dot(before, p)
    n, sums = stepped("moebius", magnet, start, 2)
    np.testing.assert_allclose(n, end, atol=1e-13)
    np.testing.assert_allclose(
        sums[:, :2], np.hstack([integral(magnet, nodes, p) + lag, drift + jump]), atol=1e-13
    )
    assert not sums[:, 2:].any()


@pytest.mark.parametrize("magnet", MAGNETS, ids=str)
def test_the_moebius_scheme_averages_over_the_drift_around_a_step(magnet: Macrospin, start: Vector) -> None:
    n, sums = stepped("moebius", magnet, start, 1)
    nodes = [flow(magnet, n, t) for t in (-0.5 * DT, 0.0, 0.5 * DT)]
    average = [integral(magnet, nodes, axis) / DT for axis in np.eye(3)]
    np.testing.assert_allclose(sums[:, 2:5], np.hstack(average), atol=1e-13)
    np.testing.assert_array_equal(sums[:, 5:8], n)


@pytest.mark.parametrize("magnet", MAGNETS, ids=str)
@pytest.mark.parametrize("scheme", ["euler", "heun"])
def test_a_step_of_the_other_schemes(scheme: str, magnet: Macrospin, start: Vector) -> None:
    noise = np.sqrt(2.0 * DT) * drawn_normals()

    def change(n: Vector) -> Vector:
        steady = np.cross(magnet.precession, n) + magnet.damping - n * dot(n, magnet.damping[None])
        return steady * DT + np.cross(n, noise)

    if scheme == "euler":
        end = unit(start + change(start) - 2.0 * start * DT)
    else:
        end = unit(start + 0.5 * (change(start) + change(start + change(start))))
    p = magnet.p_hat[None]
    n, sums = stepped(scheme, magnet, start, 1)
    np.testing.assert_allclose(n, end, atol=1e-13)
    expected = np.hstack([0.5 * DT * dot(start + end, p), dot(np.cross(start, end), p), end, end])
    np.testing.assert_allclose(sums, expected, atol=1e-13)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_averages_are_taken_every_stride_steps(scheme: str, start: Vector) -> None:
    two, ten = stepped(scheme, MAGNETS[0], start, 3, 2)[1], stepped(scheme, MAGNETS[0], start, 3, 10)[1]
    assert not two[:, 2:].any()
    seen = sum(stepped(scheme, MAGNETS[0], start, 100, steps)[0] for steps in (3, 6, 9))
    np.testing.assert_allclose(ten[:, 5:8], seen, atol=1e-13)
