"""What proves the numbers of a state: functions for the theorem of `checker`, which believes none of them.

They come from a basis somewhat larger than the state's own. The theorem's bound falls like the square of what
a basis leaves out, so that little more is enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..macrospin import Macrospin
from ..state_file import FIRST, SECOND, Evidence
from .couplings import ADJOINT, GENERATOR, MULTIPLICATION, couplings, matrix_elements
from .elimination import eliminate, solve
from .frame import adapted_frame, frame_components
from .observables import multiply

if TYPE_CHECKING:
    from ..checker import Function

Array = NDArray[np.float64]

__all__ = ["evidence"]


def evidence(
    magnet: Macrospin,
    near: Macrospin,
    size: tuple[int, int],
    claims: Mapping[str, tuple[Array | float, float]],
) -> Evidence:
    """Functions from a basis of (L, M), M >= 2, for the claims; ``near`` is the magnet, or one with α != 0.

    Density and adjoint moments are refined once: what rounding leaves of 𝓛ᵀρ would be felt beside functions
    that are large where the moment never is.
    """
    from flint import ctx

    from ..checker import PRECISION, Model, inner, total
    from ..checker import function as function_of

    components, axes = frame_components(near.alpha, near.nu, near.delta, near.theta), adapted_frame(near).axes
    elements = matrix_elements(*size)
    table = couplings(elements, components[0], components[1], GENERATOR)
    transposed = couplings(elements, components[0], components[1], ADJOINT)
    inverse = eliminate(table, components[2], 0.0)
    one = np.zeros((size[0] + 1, 2 * size[1] + 1))
    one[0, 0] = 1.0

    def times(v: Array, f: Array) -> Array:
        across = couplings(elements, v[0], v[2], MULTIPLICATION)
        return np.asarray(multiply(across, couplings(elements, v[1], 0.0, MULTIPLICATION), f))

    def function(g: Array) -> Array:
        return np.asarray(solve(table, inverse, _without_constant(g), GENERATOR))

    def moments(g: Array) -> Array:
        return np.asarray(solve(transposed, inverse, g, ADJOINT))

    force = magnet.pumping * (axes @ magnet.p_hat)
    n = {name: times(axes[:, k], one) for k, name in enumerate(FIRST)}
    n |= {name: times(axes[:, "xyz".index(name[2])], n[name[4:]]) for name in SECOND}
    psi = {name: function(g) for name, g in (n | _rates(magnet, n)).items()}
    density = moments(one)
    mean, phi = float(np.vdot(density, times(force, one))), psi["S_P"]
    psi["Delta_P"] = function(times(force, phi) - mean * phi)
    adjoint = moments(_without_constant(times(force, density) - mean * density))
    quaternion = _quaternion(axes)
    functions = {name: _rows(f) for name, f in (psi | {"density": density, "adjoint": adjoint}).items()}
    with ctx.workprec(PRECISION):
        model = Model(magnet, quaternion)
        rho = function_of(functions["density"])
        functions["density tail"] = _rows(moments(_real_harmonics(model.transposed(rho), size)))
        rho = total((1, rho), (1, function_of(functions["density tail"])))
        pumped = inner(rho, model.observables()["S_P"]).mid()
        left = model.moments_left(rho, pumped, function_of(functions["adjoint"]))
        functions["adjoint tail"] = _rows(moments(_real_harmonics(left, size)))
    stated = {name: (np.asarray(value).tolist(), float(error)) for name, (value, error) in claims.items()}
    return Evidence(magnet, quaternion, stated, functions)


def _rates(magnet: Macrospin, n: dict[str, Array]) -> dict[str, Array]:
    """The functions of which S_P, S_B and Σ are the means, constants apart (`observables`)."""
    (sine, _, cosine), scale = magnet.p_hat, magnet.alpha * magnet.nu**2
    squared = sine**2 * n["n_x n_x"] + 2 * sine * cosine * n["n_x n_z"] + cosine**2 * n["n_z n_z"]
    balance = -magnet.alpha * squared - sine * n["n_y"]
    q = -sine * n["n_x n_z"] - cosine * n["n_z n_z"]
    return {
        "S_P": magnet.pumping * (sine * n["n_x"] + cosine * n["n_z"]),
        "S_B": scale * (balance - q / magnet.delta),
        "Sigma": scale * (1.0 + 1.0 / magnet.delta**2) * balance,
    }


def _without_constant(g: Array) -> Array:
    out = g.copy()
    out[0, 0] = 0.0
    return out


def _quaternion(axes: Array) -> list[float]:
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(axes).as_quat().tolist()
    return [w, x, y, z]


def _rows(f: Array) -> list[list[float]]:
    """Real harmonics R_m, I_m as coefficients of Y_lm (`state_file`)."""
    order_max = f.shape[1] // 2
    rows = []
    for ell, row in enumerate(f):
        kept = min(ell, order_max)
        pairs = np.stack([row[1 : kept + 1], -row[order_max + 1 : order_max + kept + 1]], axis=-1)
        rows.append([float(row[0]), *(math.sqrt(0.5) * pairs).ravel().tolist()])
    return rows


def _real_harmonics(f: Function, size: tuple[int, int]) -> Array:
    """The way back: coefficients of Y_lm inside (L, M) without the constant, rounded."""
    out = np.zeros((size[0] + 1, 2 * size[1] + 1))
    for (ell, m), value in f.items():
        if 0 < ell <= size[0] and m <= size[1]:
            out[ell, m] = float(value.real) * (math.sqrt(2.0) if m else 1.0)
            if m:
                out[ell, size[1] + m] = -math.sqrt(2.0) * float(value.imag)
    return out
