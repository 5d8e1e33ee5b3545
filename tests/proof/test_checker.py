"""The checker: its formulas against others, what it proves, and that it believes nothing."""

from __future__ import annotations

import copy
import importlib
import json
import math
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import acb, arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

import slls_widgets as sw
from slls_widgets.fokker_planck.evidence import evidence as evidence_in
from slls_widgets.proof import checker, state_file
from slls_widgets.proof.checker import Function, Model, check, enclosures, inner, total
from slls_widgets.proof.state_file import RATES, Evidence

MAGNET = sw.Macrospin(alpha=0.5, nu=4.0, delta=0.6, theta=0.7)
MAGNETS = [
    MAGNET,
    sw.Macrospin(alpha=-1.2, nu=8.0, delta=0.866, theta=1.4),
    sw.Macrospin(alpha=-1.0, nu=6.0, delta=0.866, theta=math.pi / 2),
    sw.Macrospin(alpha=0.05, nu=200.0, delta=0.866, theta=0.7),
    sw.Macrospin(alpha=0.3, nu=5.0, delta=0.05, theta=math.pi),
    sw.Macrospin(alpha=0.0, nu=3.0, delta=0.4, theta=1.0),
]


@pytest.fixture(autouse=True)
def in_balls() -> Iterator[None]:
    with ctx.workprec(checker.PRECISION):
        yield


def drawn(rng: random.Random, degree: int, first: int = 0) -> Function:
    """A real function with random coefficients."""
    return {
        (ell, m): acb(rng.gauss(0, 1), rng.gauss(0, 1) if m else 0)
        for ell in range(first, degree + 1)
        for m in range(ell + 1)
    }


def vector(rng: random.Random) -> list[arb]:
    return [arb(rng.gauss(0, 3)) for _ in range(3)]


def unit(polar: arb, azimuth: arb) -> list[arb]:
    return [polar.sin() * azimuth.cos(), polar.sin() * azimuth.sin(), polar.cos()]


def value_at(f: Function, n: list[arb]) -> arb:
    """f(n) by Arb's own spherical harmonics."""
    polar, azimuth = n[2].acos(), arb.atan2(n[1], n[0])
    root = (4 * arb.pi()).sqrt()
    terms = ((f[key] * root * acb.spherical_y(*key, polar, azimuth), key[1]) for key in f)
    return sum(((2 if m else 1) * term.real for term, m in terms), arb(0))


def derivative(f: Function, n: list[arb], along: list[arb]) -> arb:
    """The derivative of f at n along a tangent vector, by a central difference of error 1e-24."""
    step, ends = arb(2) ** -40, []
    for sign in (1, -1):
        moved = [n[i] + sign * step * along[i] for i in range(3)]
        length = sum(each * each for each in moved).sqrt()
        ends.append(value_at(f, [each / length for each in moved]))
    return (ends[0] - ends[1]) / (2 * step)


def cross(v: list[arb], w: list[arb]) -> list[arb]:
    return [v[i - 2] * w[i - 1] - v[i - 1] * w[i - 2] for i in range(3)]


def dot(v: list[arb], w: list[arb]) -> arb:
    return v[0] * w[0] + v[1] * w[1] + v[2] * w[2]


def near(found: arb, expected: arb, within: float) -> bool:
    return bool(abs(found - expected) < within)


def zero(f: Function) -> bool:
    """All coefficients contain zero, and little else."""
    return all(value.abs_lower() == 0 and value.abs_upper() < 1e-28 for value in f.values())


def made(magnet: sw.Macrospin, size: tuple[int, int]) -> Evidence:
    """Functions of a truncation, with claims that say nothing."""
    wide = dict.fromkeys(RATES, (0.0, 1e9)) | {"mean_n": ([0.0] * 3, 1e9)}
    return evidence_in(magnet, magnet, size, wide | {"second_moments": ([[0.0] * 3] * 3, 1e9)})


def tight(evidence: Evidence) -> Evidence:
    """Claims at the middle of what is enclosed, with errors a little above what can be proved."""
    exact = enclosures(evidence)

    def claim(name: str, value: Any) -> tuple[Any, float]:
        names = [each for each, _ in state_file.parts(name, value)]
        values = np.reshape([float(exact[each]) for each in names], np.shape(value)).tolist()
        radius = max(float(abs(exact[each] - float(exact[each])).upper()) for each in names)
        return values, 1.001 * radius

    claims = {name: claim(name, value) for name, (value, _) in evidence.claims.items()}
    return evidence._replace(claims=claims)


# The formulas.


def test_operators_are_what_they_say_at_random_points() -> None:
    """Values by Arb's harmonics; derivatives by differences."""
    rng = random.Random(1)
    for _ in range(3):
        f, v, a, b = drawn(rng, 4), vector(rng), vector(rng), vector(rng)
        n = unit(arb(rng.uniform(0.3, 2.8)), arb(rng.uniform(-3, 3)))
        assert near(value_at(checker.multiplication(v)(f), n), dot(v, n) * value_at(f, n), 1e-25)
        flow = [x + b[i] - n[i] * dot(b, n) for i, x in enumerate(cross(a, n))]
        assert near(value_at(checker.drift(a, b)(f), n), derivative(f, n, flow), 1e-18)
        assert near(checker.laplacian({(3, 2): acb(1, 2)})[3, 2].imag, arb(-24), 1e-30)


def test_the_drift_is_antisymmetric_in_the_dirichlet_product() -> None:
    """The lemma, coefficient by coefficient: it holds for every pair of harmonics, so for every function."""
    rng = random.Random(2)
    moved = checker.drift(vector(rng), vector(rng))
    for _ in range(5):
        f, g = drawn(rng, 6), drawn(rng, 6)
        weigh = checker.laplacian
        both = inner(weigh(f), moved(g)) + inner(weigh(g), moved(f))
        assert both.abs_lower() == 0
        assert both.abs_upper() < 1e-30


def test_the_transpose_is_one() -> None:
    rng, model = random.Random(3), Model(MAGNET, [0.3, -0.2, 0.8, 0.1])
    f, g = drawn(rng, 5), drawn(rng, 5)
    difference = inner(model.transposed(f), g) - inner(f, model.generator(g))
    assert difference.abs_lower() == 0
    assert difference.abs_upper() < 1e-28
    # Nothing comes out of a constant, and nothing is gained or lost.
    assert zero(model.generator({(0, 0): acb(1)}))
    assert model.transposed(f)[0, 0].abs_upper() < 1e-30


@pytest.mark.parametrize("power", [0, -2])
def test_norms_are_those_of_the_theorem(power: int) -> None:
    # 2 Re(c Y_lm) has the mean square 2 |c|²; the constant does not count.
    f = {(0, 0): acb(7), (1, 0): acb(2), (3, 2): acb(3, 4)}
    expected = math.sqrt(4 * 2.0 ** (2 * power) + 50 * 12.0 ** (2 * power))
    assert float(checker.norm(f, power)) == pytest.approx(expected, rel=1e-15)


def test_the_frame_is_a_rotation_that_takes_the_magnet_along() -> None:
    x, y, z = axes = checker.turned(*map(arb, (0.3, -0.2, 0.8, 0.1)))
    for i, j in product(range(3), repeat=2):
        assert near(dot(axes[i], axes[j]), arb(int(i == j)), 1e-30)
    assert all(near(each, expected, 1e-30) for each, expected in zip(cross(x, y), z, strict=True))
    # A right angle about z: x becomes y.
    half = arb(0.5).sqrt()
    assert near(checker.turned(half, arb(0), arb(0), half)[0][1], arb(1), 1e-30)
    model = Model(MAGNET, [0.3, -0.2, 0.8, 0.1])
    sine, cosine = arb(0.7).sin(), arb(0.7).cos()
    p = [sine * x[i] + cosine * z[i] for i in range(3)]
    one: Function = {(0, 0): acb(1)}
    nu, alpha, delta = arb(MAGNET.nu), arb(MAGNET.alpha), arb(MAGNET.delta)
    assert zero(total((1, model.times_p(one)), (-1, checker.multiplication(p)(one))))
    b = [nu * (z[i] + alpha / delta * p[i]) for i in range(3)]
    a = [nu / delta * (z[i] - alpha * delta * p[i]) for i in range(3)]
    g = drawn(random.Random(4), 3)
    assert zero(total((1, model.drift(g)), (-1, checker.drift(a, b)(g))))


def test_the_rates_are_the_papers() -> None:
    """S_B as heat, Σ as the sum: the checker's forms differ by 𝓛 of n·h and n·p, whose means vanish."""
    model = Model(MAGNET, [0.3, -0.2, 0.8, 0.1])
    alpha, nu, delta, sine, _ = model.parameters
    g = model.observables()
    one: Function = {(0, 0): acb(1)}
    p = model.times_p(one)
    heat = total(
        (nu**2 * (1 + alpha**2), one),
        (-(nu**2), g["n_z n_z"]),
        (-2 * nu**2 * alpha * sine, g["n_y"]),
        (-(nu**2) * alpha**2, model.times_p(p)),
        (-2 * nu, g["n_z"]),
    )
    assert zero(total((1, heat), (-1, g["S_B"]), (-nu, model.generator(g["n_z"]))))
    assert zero(total((2 * nu * alpha / delta, p), (-1, g["S_P"])))
    ours = total((1, g["S_P"]), (1, g["S_B"]), (-1, g["Sigma"]))
    assert zero(total((1, ours), (nu * alpha / delta, model.generator(p))))


def closed_form(magnet: sw.Macrospin) -> dict[str, arb]:
    """Everything at θ = 0 from exp(ξ n_z)/Z; Δ_P by 60 Gauss nodes."""
    alpha, nu, delta = arb(magnet.alpha), arb(magnet.nu), arb(magnet.delta)
    xi = nu * (1 + alpha / delta)
    mean, c = xi.coth() - 1 / xi, 2 * nu * alpha / delta
    chi = xi * mean
    total_u = arb(0)
    for k in range(60):
        u, weight = arb.legendre_p_root(60, k, weight=True)
        start, end = (-1 - 1 / xi - mean) * (-xi).exp(), (u - 1 / xi - mean) * (xi * u).exp()
        flux = (end - start) / (2 * xi.sinh())
        total_u += weight * flux**2 / ((1 - u**2) * xi * (xi * u).exp() / (2 * xi.sinh()))
    return {
        "S_P": c * mean,
        "S_B": -2 * chi * alpha * delta * (1 - alpha * delta) / (alpha + delta) ** 2,
        "Sigma": 2 * chi * alpha**2 * (1 + delta**2) / (alpha + delta) ** 2,
        "Delta_P": 2 * c**2 * total_u,
        "n_x": arb(0),
        "n_z": mean,
        "n_z n_z": 1 - 2 * mean / xi,
        "n_x n_x": mean / xi,
        "n_y n_z": arb(0),
    }


def test_enclosures_contain_the_closed_forms_far_beyond_double_precision() -> None:
    magnet = MAGNET.replace(theta=0.0, nu=2.0)
    exact = enclosures(made(magnet, (34, 2)))
    for name, value in closed_form(magnet).items():
        assert abs(exact[name] - value) < 1e-24
        # Gauss's rule has an error of its own, which its ball does not know.
        assert exact[name].overlaps(value + arb(0, 1e-25)), name


# What is proved, and what is not.


@pytest.mark.parametrize("magnet", MAGNETS, ids=str)
def test_solved_states_are_proved(magnet: sw.Macrospin) -> None:
    found = check(sw.steady_state(magnet))
    assert found, found.sentence
    assert found.sentence.startswith("Proved")
    assert set(found.claims) == {*RATES, "mean_n", "second_moments"}
    assert all(claim.proved <= claim.error for claim in found.claims.values())


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    alpha=st.floats(0.02, 3.0),
    sign=st.sampled_from((-1.0, 1.0)),
    nu=st.floats(0.05, 8.0),
    delta=st.floats(0.2, 3.0),
    theta=st.floats(0.0, math.pi),
    digits=st.integers(5, 11),
)
def test_random_states_are_proved(
    alpha: float, sign: float, nu: float, delta: float, theta: float, digits: int
) -> None:
    magnet = sw.Macrospin(alpha=sign * alpha, nu=nu, delta=delta, theta=theta)
    assert check(sw.steady_state(magnet, 10.0**-digits)).proved


@pytest.fixture(scope="module")
def claimed() -> Evidence:
    with ctx.workprec(checker.PRECISION):
        return tight(made(MAGNET, (14, 6)))


def test_tight_claims_are_proved(claimed: Evidence) -> None:
    assert check(claimed).proved
    assert claimed.claims["S_P"][1] < 1e-6


@pytest.mark.parametrize("name", [*RATES, "mean_n", "second_moments"])
def test_an_error_claimed_a_hundred_times_too_small_is_refused(claimed: Evidence, name: str) -> None:
    value, error = claimed.claims[name]
    found = check(claimed._replace(claims=claimed.claims | {name: (value, error / 100)}))
    assert not found
    assert found.sentence.startswith(f"Not proved: {name} within {error / 100:.3g} (only within ")


@pytest.mark.parametrize("name", [*RATES, "mean_n", "second_moments"])
def test_a_value_off_by_three_errors_is_refused(claimed: Evidence, name: str) -> None:
    """Every single number of it."""
    value, error = claimed.claims[name]
    numbers = np.array(value)
    for where in np.ndindex(numbers.shape):
        shifted = numbers.copy()
        shifted[where] += 3 * error
        found = check(claimed._replace(claims=claimed.claims | {name: (shifted.tolist(), error)}))
        assert not found
        assert found.claims[name].proved > 2 * error


@pytest.mark.parametrize("name", ["density", "adjoint", *RATES])
def test_a_coefficient_off_by_a_millionth_of_itself_is_refused(name: str) -> None:
    """One drawn at random from those that matter, where its own side of the product of residuals is small."""
    coarse, fine = (made(MAGNET, size) for size in ((11, 5), (22, 11)))
    moments = {each for each in coarse.functions if each.startswith(("density", "adjoint"))}
    ours = moments if name in moments else set(coarse.functions) - moments
    mixed = {each: (fine if each in ours else coarse).functions[each] for each in coarse.functions}
    evidence = tight(coarse._replace(functions=mixed))
    assert check(evidence).proved
    rows = copy.deepcopy(mixed[name])
    parts = {(ell, m, k) for ell in range(1, 12) for m in range(min(ell, 5) + 1) for k in range(2)}
    sizes = {(ell, m, k): abs(rows[ell][m][k]) for ell, m, k in parts}
    ell, m, k = random.Random(name).choice(sorted(p for p in parts if sizes[p] > 0.2 * max(sizes.values())))
    pair = list(rows[ell][m])
    pair[k] *= 1 + 1e-6
    rows[ell][m] = (pair[0], pair[1])
    assert not check(evidence._replace(functions=mixed | {name: rows}))


def test_a_state_from_moments_off_by_a_millionth_is_refused() -> None:
    state = sw.steady_state(MAGNET)
    claims = {name: (getattr(state, name), error) for name, error in state.errors.items()}
    for name in RATES:
        off = {name: (claims[name][0] * (1 + 1e-6), claims[name][1])}
        assert not check(evidence_in(MAGNET, MAGNET, (20, 8), claims | off))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), size=st.sampled_from((0.0, 0.01, 0.3, 3.0)), only=st.integers(0, 16))
def test_whatever_functions_are_given_the_truth_is_enclosed(
    claimed: Evidence, seed: int, size: float, only: int
) -> None:
    """One function or all of them replaced by noise, or by nothing."""
    rng = random.Random(seed)
    names = list(claimed.functions)

    def noise(rows: state_file.Rows) -> state_file.Rows:
        return [
            [
                (x * size + rng.gauss(0, size), rng.gauss(0, size) if m else 0.0)
                for m, (x, _) in enumerate(row)
            ]
            for row in rows[:5]
        ]

    chosen = names if only == len(names) else [names[only % len(names)]]
    given_now = claimed._replace(
        functions={name: noise(rows) if name in chosen else rows for name, rows in claimed.functions.items()}
    )
    with ctx.workprec(checker.PRECISION):
        truth, found = enclosures(claimed), enclosures(given_now)
        for name, ball in found.items():
            assert ball.overlaps(truth[name]), name
            assert ball.rad() > 0


def solved_by_least_squares(model: Model, right: Function, degree: int) -> Function:
    """y with 𝓛ᵀy = -right up to a degree, by a dense matrix of the checker's own operator."""
    basis = [
        (ell, m, part) for ell in range(1, degree + 1) for m in range(ell + 1) for part in (1, 1j)[: m + 1]
    ]

    def column(f: Function) -> list[float]:
        values = [f.get((ell, m), acb(0)) for ell in range(1, degree + 2) for m in range(ell + 1)]
        return [float(part) for value in values for part in (value.real, value.imag)]

    matrix = np.array([column(model.transposed({(ell, m): acb(part)})) for ell, m, part in basis]).T
    found = np.linalg.lstsq(matrix, -np.array(column(right)), rcond=None)[0]
    out: Function = {}
    for (ell, m, part), number in zip(basis, found.tolist(), strict=True):
        out[ell, m] = out.get((ell, m), acb(0)) + number * acb(part)
    return out


def test_the_bound_of_the_fluctuation_knows_what_a_poor_density_does(claimed: Evidence) -> None:
    """ρ̃ = 1 with a y that is perfect for it: nothing but the last term of s_y covers the error."""
    model = Model(MAGNET, claimed.frame)
    one: Function = {(0, 0): acb(1)}
    y = solved_by_least_squares(model, total((model.c, model.times_p(one))), 9)
    rows = [[(float(y[ell, m].real), float(y[ell, m].imag)) for m in range(ell + 1)] for ell in range(1, 10)]
    nothing: state_file.Rows = [[(0.0, 0.0)]]
    poor = claimed.functions | {
        "density": [[(1.0, 0.0)]],
        "density tail": nothing,
        "adjoint": nothing + rows,
        "adjoint tail": nothing,
        # So that <f> is known and all of Δ_P is in the second part.
        "S_P": nothing,
        "Delta_P": nothing,
    }
    assert enclosures(claimed._replace(functions=poor))["Delta_P"].overlaps(enclosures(claimed)["Delta_P"])


def test_the_bounds_are_those_of_the_theorem(claimed: Evidence) -> None:
    """Noise as functions, and the theorem once more, in plain numbers and term by term."""
    rng = random.Random(6)
    noise: dict[str, state_file.Rows] = {
        name: [[(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(ell + 1)] for ell in range(4)]
        for name in claimed.functions
    }
    model = Model(MAGNET, claimed.frame)
    g = model.observables()

    def function(*names: str) -> Function:
        pairs = {
            (ell, m): [noise[name][ell][m] for name in names] for ell in range(4) for m in range(ell + 1)
        }
        return {
            key: acb(sum(x for x, _ in v), sum(y for _, y in v) if key[1] else 0) for key, v in pairs.items()
        }

    def size(f: Function, power: int = 0) -> float:
        terms = [(1 + (m > 0)) * float(abs(v)) ** 2 * (ell * (ell + 1.0)) ** (2 * power)
                 for (ell, m), v in f.items() if ell > 0]  # fmt: skip
        return math.sqrt(sum(terms))

    rho = function("density", "density tail") | {(0, 0): acb(1)}
    y = function("adjoint", "adjoint tail") | {(0, 0): acb(0)}
    phi, s = function("S_P"), size(model.transposed(rho), -2)

    def mean(of: Function, psi: Function) -> tuple[float, float, Function]:
        r = total((1, of), (1, model.generator(psi)))
        rest = {key: value for key, value in r.items() if key != (0, 0)}
        return float(r[0, 0].real + inner(rho, rest)), s * size(r), rest

    fbar, doubt, r = mean(g["S_P"], phi)
    first, wide, _ = mean(total((model.c, model.times_p(phi)), (-fbar, phi)), function("Delta_P"))
    wide += doubt * (abs(float(inner(rho, phi))) + s * size(phi))
    left = total((model.c, model.times_p(rho)), (-fbar, rho), (1, model.transposed(y)))
    s_y = size(left, -2) + doubt * size(rho, -2) + 0.5 * (abs(float(model.c)) + abs(fbar) + doubt) * s
    expected = {
        "S_P": (fbar, doubt),
        "n_x n_z": mean(g["n_x n_z"], function("n_x n_z"))[:2],
        "Delta_P": (2 * (first + float(inner(y, r))), 2 * (wide + s_y * size(r))),
    }
    exact = enclosures(claimed._replace(functions=noise))
    for name, (centre, radius) in expected.items():
        assert float(exact[name].mid()) == pytest.approx(centre, rel=1e-9), name
        assert float(exact[name].rad()) == pytest.approx(radius, rel=1e-6), name


def test_the_doubles_that_stand_for_right_and_straight_angles() -> None:
    for theta, where in ((math.pi / 2, 4), (math.pi, 3)):
        assert Model(MAGNET.replace(theta=theta), [1, 0, 0, 0]).parameters[where] == 0


def test_a_proved_error_is_rounded_up() -> None:
    third = arb(1) / 3
    assert arb(checker.rounded_up(third)) > third
    assert checker.rounded_up(arb(0)) == 0.0


# Files.


def test_a_file_holds_all_that_is_needed(tmp_path: Path) -> None:
    state, path = sw.steady_state(MAGNET), tmp_path / "state.json"
    state.write(path)
    assert state_file.read(path) == state.evidence()
    assert check(path) == check(str(path)) == check(state)
    assert path.stat().st_size < 200_000


def changed(content: dict[str, Any], *keys: Any) -> dict[str, Any]:
    """A copy with what the keys lead to replaced by the last of them."""
    copied = copy.deepcopy(content)
    *way, last, value = keys
    part = copied
    for key in way:
        part = part[key]
    part[last] = value
    return copied


BAD = [
    (("format", "another"), '"format": "slls-widgets state"'),
    (("version", 2), "its version is 2"),
    (("magnet", 3), "'magnet' should be an object"),
    (("magnet", "nu", -1.0), "nu must be > 0"),
    (("magnet", "theta", "0.7"), "theta should be a finite number; got '0.7'"),
    (("frame", [0, 0, 0, 0]), "other than 0"),
    (("frame", [1, 0, 0]), "frame should be a list of 4"),
    (("claims", "S_B", None), "'S_B' should be an object"),
    (("claims", "S_B", "error", True), "the error of S_B should be a finite number"),
    (("claims", "S_B", "value", 10**400), "S_B should be a finite number"),
    (("claims", "mean_n", "value", [0.1, 0.2]), "mean_n should be a list of 3"),
    (("claims", "second_moments", "value", 1, [0.1, 0.2, None]), "second_moments should be a finite number"),
    (("functions", "adjoint", None), "'adjoint' should be a list of rows"),
    (("functions", "n_x n_y", []), "'n_x n_y' should be a list of rows"),
    (("functions", "S_P", 1, [[0, 0]] * 3), "row 1 of 'S_P' should have 1 to 2 pairs"),
    (("functions", "S_P", 2, 0, [1.0]), "S_P should be a list of 2"),
]


@pytest.mark.parametrize(("keys", "words"), BAD, ids=[str(k) for k in range(len(BAD))])
def test_a_bad_file_is_told_so_in_one_line(
    claimed: Evidence, tmp_path: Path, keys: tuple[Any, ...], words: str
) -> None:
    path = tmp_path / "state.json"
    state_file.write(path, claimed)
    path.write_text(json.dumps(changed(json.loads(path.read_text()), *keys)))
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        check(path)
    assert str(caught.value).startswith(f"{path} is no state file: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "1", '{"format": NaN}', "[" * 100_000, "\udcff"])
def test_what_is_no_such_file_at_all(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match="is no state file: "):
        check(path)


def test_numbers_that_are_not_finite_are_refused(claimed: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state_file.write(path, claimed)
    for number in ("NaN", "Infinity", "1e999"):
        path.write_text(re.sub(r'"error":[^,}]+', f'"error":{number}', path.read_text(), count=1))
        with pytest.raises(ValueError, match="S_P should be a finite number"):
            check(path)
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "none.json")


def test_without_flint_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    state = sw.steady_state(MAGNET)
    monkeypatch.setitem(sys.modules, "flint", None)
    monkeypatch.delitem(sys.modules, "slls_widgets.proof.checker")
    with pytest.raises(ImportError, match="pip install python-flint"):
        importlib.import_module("slls_widgets.proof.checker")
    with pytest.raises(ImportError, match="pip install python-flint"):
        state.evidence()


def test_the_checker_shares_nothing_with_the_solver() -> None:
    """Nothing but the parameters and the reader of files; and it stays a page that can be read."""
    loaded = (
        "import sys, slls_widgets.proof.checker;"
        "print(*sorted(name for name in sys.modules if name.startswith('slls_widgets.')))"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    allowed = {"proof", "magnet", "_arguments"}
    assert {name.split(".")[1] for name in done.stdout.split()} <= allowed
    assert len(Path(checker.__file__).read_text(encoding="utf-8").splitlines()) < 300
