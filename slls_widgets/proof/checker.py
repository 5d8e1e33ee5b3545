"""Is what a state claims true? An answer that is a proof, and that owes nothing to the solver.

**The magnet.** A function g of the unit vector n changes on average at the rate 𝓛g,

    𝓛g = v·∇g + ∇²g,       v = a × n + b - n (n·b),
    a = (ν/δ)(ĥ - αδ p̂),    b = ν (ĥ + (α/δ) p̂),    ĥ = z,    p̂ = (sin θ, 0, cos θ).

(f, g) is the mean of fg over the sphere, |f|² = (f, f), and |f|₋₂ is |f| with the part of degree l divided by
l(l+1), the constant left out. ρ is the steady density with (1, ρ) = 1, so that <g> = (ρ, g) and 𝓛ᵀρ = 0.

**The theorem.** v is conformal, and the Dirichlet integral on the sphere is conformally invariant. Therefore
(∇g, ∇(v·∇g)) = 0 for every g: the drift drops out of |∇²e|² = (∇e, ∇(-𝓛e)), and

    -𝓛e = r - <r>, (1, r) = 0    =>    |∇²e|² = -(∇²e, r)    =>    |∇²e| <= |r|.                  (1)

**A mean.** Take *any* function ρ̃ with (1, ρ̃) = 1 and *any* ψ. Let s = 𝓛ᵀρ̃, and g + 𝓛ψ = γ + r with the
number γ and (1, r) = 0. Since <𝓛ψ> = 0, <g> = γ + <r>, and with e of (1) <r> = (ρ̃, r) + (s, e). Hence

    |<g> - γ - (ρ̃, r)| <= |s|₋₂ |r|        and, for all r at once,        |ρ - ρ̃| <= |s|₋₂.      (2)

**The fluctuation** Δ_P = 2 <(f - <f>) φ>, where -𝓛φ = f - <f> and f = c n·p̂, c = 2να/δ. With ψ and r of
f, <(f - <f>) φ> = <(f - <f>) ψ> + <(f - <f>) e>. The first is a mean. For the second take any y with
(1, y) = 0 and let s_y = ρ (f - <f>) + 𝓛ᵀy. It is (y, r) + (s_y, e), with |(s_y, e)| <= |s_y|₋₂ |r|. In s_y,

    |(ρ - ρ̃)(f - <f>)|₋₂ <= ½ sup|f - <f>| |s|₋₂.                                                (3)

Whoever made ρ̃, ψ and y need not be believed: poor ones give wide bounds, never wrong ones (docs/proof.md).

**The arithmetic.** Every number is a ball, a centre with a radius that encloses what rounding can have done
(Arb, through python-flint). Each double is taken as exact, but those nearest to π/2 and π are these angles.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from ..magnet.macrospin import Macrospin
from .state_file import FIRST, SECOND, Evidence, Rows, parts, read

try:
    from flint import acb, arb, ctx
except ImportError as error:
    raise ImportError("the checker computes with python-flint: pip install python-flint") from error

__all__ = ["Check", "Claim", "check"]

# Bits of a centre. Too few of them make the balls wide, and prove nothing false.
PRECISION = 128

# A real function by its coefficients of Y_lm, m >= 0, where (Y_lm, Y_lm*) = 1; c_(l,-m) = (-1)^m c_lm*.
Function = dict[tuple[int, int], acb]
Vector = list[arb]
# sin θ and cos θ of the doubles that stand for another angle.
RIGHT = {math.pi / 2: (arb(1), arb(0)), math.pi: (arb(0), arb(-1))}


class Claim(NamedTuple):
    """A claimed value with its claimed error, and the smallest error that was proved."""

    value: Any
    error: float
    proved: float


class Check(NamedTuple):
    """Whether every claim is proved, the same as a sentence, and the claims one by one."""

    proved: bool
    sentence: str
    claims: dict[str, Claim]

    def __bool__(self) -> bool:
        return self.proved


def check(state: Any) -> Check:
    """Prove, or fail to prove, that each value of a steady state is within its error of the exact one.

    Parameters
    ----------
    state : SteadyState, path or Evidence
        A state, the file that its ``write`` made, or what is in the file.

    Raises
    ------
    OSError, ValueError
        For a file that cannot be read, or is none.

    Examples
    --------
    >>> from slls_widgets import Macrospin, steady_state
    >>> check(steady_state(Macrospin(alpha=0.5, nu=2, delta=0.866, theta=0.7))).sentence
    'Proved: every value is within its claimed error of the exact one.'
    """
    if isinstance(state, str | PathLike):
        state = read(Path(state))
    evidence: Evidence = state if isinstance(state, Evidence) else state.evidence()
    found, failed = {}, []
    with ctx.workprec(PRECISION):
        exact = enclosures(evidence)
        for name, (value, error) in evidence.claims.items():
            away = [abs(exact[part] - number) for part, number in parts(name, value)]
            found[name] = Claim(value, error, max(rounded_up(distance) for distance in away))
            # Comparing balls gives true only where it is true of all numbers in them.
            if not all(distance <= error for distance in away):
                failed.append(f"{name} within {error:.3g} (only within {found[name].proved:.3g})")
    proved = "Proved: every value is within its claimed error of the exact one."
    return Check(not failed, f"Not proved: {', '.join(failed)}." if failed else proved, found)


def rounded_up(number: arb) -> float:
    """A double that no number of the ball exceeds."""
    return 0.0 if number == 0 else math.nextafter(float(number.upper()), math.inf)


# Spherical harmonics, from the textbook.


@cache
def z_element(ell: int, m: int) -> arb:
    """A_lm in n_z Y_lm = A_(l+1,m) Y_(l+1,m) + A_lm Y_(l-1,m)."""
    return (arb(ell * ell - m * m) / (4 * ell * ell - 1)).sqrt()


@cache
def xy_element(ell: int, m: int) -> arb:
    """B_lm in (n_x ± i n_y) Y_lm = ∓B_(l+1,±m+1) Y_(l+1,m±1) ± B_(l,∓m) Y_(l-1,m±1)."""
    return (arb((ell + m) * (ell + m - 1)) / (4 * ell * ell - 1)).sqrt()


def product(v: Vector, ell: int, m: int, up: int, down: int) -> Function:
    """v·n Y_lm, its part in degree l+1 times ``up`` and its part in degree l-1 times ``down``."""
    plus, minus = acb(v[0], -v[1]) / 2, acb(v[0], v[1]) / 2
    return {
        (ell + 1, m): acb(up * v[2] * z_element(ell + 1, m)),
        (ell + 1, m + 1): -up * plus * xy_element(ell + 1, m + 1),
        (ell + 1, m - 1): up * minus * xy_element(ell + 1, 1 - m),
        (ell - 1, m): acb(down * v[2] * z_element(ell, m)),
        (ell - 1, m + 1): down * plus * xy_element(ell, -m),
        (ell - 1, m - 1): -down * minus * xy_element(ell, m),
    }


def rotation(v: Vector, ell: int, m: int) -> Function:
    """(v × n)·∇ Y_lm = i v·J Y_lm, where (J_x ± i J_y) Y_lm = √((l ∓ m)(l ± m + 1)) Y_(l,m±1)."""
    return {
        (ell, m): acb(0, v[2] * m),
        (ell, m + 1): acb(v[1], v[0]) / 2 * arb((ell - m) * (ell + m + 1)).sqrt(),
        (ell, m - 1): acb(-v[1], v[0]) / 2 * arb((ell + m) * (ell - m + 1)).sqrt(),
    }


class Operator:
    """A linear operator that keeps functions real, given by what it makes of one harmonic."""

    def __init__(self, of_harmonic: Callable[[int, int], Function]) -> None:
        self._of = cache(lambda ell, m: [(k, e) for k, e in of_harmonic(ell, m).items() if 0 <= k[1] <= k[0]])

    def __call__(self, f: Function) -> Function:
        """The image of f, with every degree and order that it reaches."""
        out: Function = defaultdict(acb)
        mirrored = {(ell, -1): -value.conjugate() for (ell, m), value in f.items() if m == 1}
        for (ell, m), value in (f | mirrored).items():
            for target, element in self._of(ell, m):
                out[target] += element * value
        return dict(out)


def multiplication(v: Vector) -> Operator:
    """Multiplication by v·n."""
    return Operator(lambda ell, m: product(v, ell, m, 1, 1))


def drift(precession: Vector, damping: Vector) -> Operator:
    """v·∇: a rotation, and ∇u·∇f = (∇²(uf) - u∇²f - f∇²u)/2 with u = b·n and ∇²u = -2u."""
    return Operator(lambda ell, m: product(damping, ell, m, -ell, ell + 1) | rotation(precession, ell, m))


def laplacian(f: Function) -> Function:
    """∇²f."""
    return {(ell, m): -ell * (ell + 1) * value for (ell, m), value in f.items()}


def total(*terms: tuple[Any, Function]) -> Function:
    """A sum of numbers times functions."""
    out: Function = defaultdict(acb)
    for number, f in terms:
        for key, value in f.items():
            out[key] += number * value
    return dict(out)


def inner(f: Function, g: Function) -> arb:
    """(f, g)."""
    shared = f.keys() & g.keys()
    return sum(((2 if m else 1) * (f[ell, m] * g[ell, m].conjugate()).real for ell, m in shared), arb(0))


def norm(f: Function, power: int = 0) -> arb:
    """|f| without the constant, with degree l times (l(l+1))^power; no less than that."""
    weighted = {(ell, m): value * arb(ell * (ell + 1)) ** power for (ell, m), value in f.items() if ell > 0}
    return arb(inner(weighted, weighted).abs_upper()).sqrt()


def ball(radius: arb) -> arb:
    """All numbers of at most this size."""
    return arb(0, radius.abs_upper())


# The proof.


def enclosures(evidence: Evidence) -> dict[str, arb]:
    """A ball around each exact quantity: the theorem, line by line."""
    model = Model(evidence.magnet, evidence.frame)
    psi = {name: function(rows) for name, rows in evidence.functions.items()}
    density = total((1, psi["density"]), (1, psi["density tail"])) | {(0, 0): acb(1)}
    y = total((1, psi["adjoint"]), (1, psi["adjoint tail"])) | {(0, 0): acb(0)}
    off = norm(model.transposed(density), -2)

    def mean(g: Function, psi: Function) -> tuple[arb, Function]:
        r = total((1, g), (1, model.generator(psi)))
        gamma = r.pop((0, 0)).real
        return gamma + inner(density, r) + ball(off * norm(r)), r

    found = {name: mean(g, psi[name]) for name, g in model.observables().items()}
    pumped, r = found["S_P"]
    # A number near <f> stands for <f>; what they differ by is added.
    near, phi = pumped.mid(), psi["S_P"]
    first, _ = mean(total((model.c, model.times_p(phi)), (-near, phi)), psi["Delta_P"])
    first += (near - pumped) * (inner(density, phi) + ball(off * norm(phi)))
    left = norm(model.moments_left(density, near, y), -2)
    off_y = left + abs(near - pumped) * norm(density, -2) + off * (abs(model.c) + abs(pumped)) / 2
    spread = 2 * (first + inner(y, r) + ball(off_y * norm(r)))
    return {name: value for name, (value, _) in found.items()} | {"Delta_P": spread}


class Model:
    """The magnet's operators and observables, in the frame that a quaternion turns the laboratory into."""

    def __init__(self, magnet: Macrospin, quaternion: list[float]) -> None:
        alpha, nu, delta = arb(magnet.alpha), arb(magnet.nu), arb(magnet.delta)
        sine, cosine = RIGHT.get(magnet.theta, arb(magnet.theta).sin_cos())
        x, _, h = self.axes = turned(*map(arb, quaternion))
        p = [sine * x[i] + cosine * h[i] for i in range(3)]
        a = [nu / delta * (h[i] - alpha * delta * p[i]) for i in range(3)]
        b = [nu * (h[i] + alpha / delta * p[i]) for i in range(3)]
        self.parameters, self.c = (alpha, nu, delta, sine, cosine), 2 * nu * alpha / delta
        self.drift, self.times_b, self.times_p = drift(a, b), multiplication(b), multiplication(p)

    def generator(self, g: Function) -> Function:
        """𝓛g."""
        return total((1, laplacian(g)), (1, self.drift(g)))

    def transposed(self, g: Function) -> Function:
        """𝓛ᵀg = ∇²g - v·∇g - g ∇·v, with ∇·v = ∇²(b·n) = -2 b·n."""
        return total((1, laplacian(g)), (-1, self.drift(g)), (2, self.times_b(g)))

    def moments_left(self, density: Function, mean: arb, y: Function) -> Function:
        """s_y of (3) with the density and the mean of f that are given."""
        return total((self.c, self.times_p(density)), (-mean, density), (1, self.transposed(y)))

    def observables(self) -> dict[str, Function]:
        """The functions whose means are claimed: n_i, n_i n_j, and the rates (docs/physics.md, section 3)."""
        alpha, nu, delta, sine, cosine = self.parameters
        one: Function = {(0, 0): acb(1)}
        times = dict(zip(FIRST, map(multiplication, self.axes), strict=True))
        g = {name: times[name](one) for name in FIRST}
        g |= {name: times[name[:3]](g[name[4:]]) for name in SECOND}
        # B = α (1 - (n·p)²) - (h × p)·n with h × p = y sin θ, and Q = h·p - (n·h)(n·p).
        along_p = self.times_p(one)
        balance = total((alpha, one), (-alpha, self.times_p(along_p)), (-sine, g["n_y"]))
        q = total((cosine, one), (-1, self.times_p(g["n_z"])))
        g["S_P"] = total((self.c, along_p))
        g["S_B"] = total((alpha * nu**2, balance), (-alpha * nu**2 / delta, q))
        g["Sigma"] = total((alpha * nu**2 * (1 + 1 / delta**2), balance))
        return g


def turned(w: arb, x: arb, y: arb, z: arb) -> list[Vector]:
    """What a quaternion turns the unit vectors x, y, z into."""
    size = w * w + x * x + y * y + z * z
    images = [
        [w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y)],
        [2 * (x * y - w * z), w * w - x * x + y * y - z * z, 2 * (y * z + w * x)],
        [2 * (x * z + w * y), 2 * (y * z - w * x), w * w - x * x - y * y + z * z],
    ]
    return [[each / size for each in image] for image in images]


def function(rows: Rows) -> Function:
    """The function of a file's rows; what is real has no imaginary part in order 0."""
    return {(ell, m): acb(x, y if m else 0) for ell, row in enumerate(rows) for m, (x, y) in enumerate(row)}
