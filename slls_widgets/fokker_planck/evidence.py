"""What proves the numbers of a state: functions for the theorem of `checker`, which believes none of them.

They come from a basis somewhat larger than the state's own. The theorem's bounds are products of what two
functions leave out, so that a few degrees and orders more are enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..magnet.macrospin import Macrospin
from ..proof.state_file import Evidence, Rows
from .couplings import ADJOINT, GENERATOR, couplings, matrix_elements
from .elimination import eliminate, solve
from .frame import adapted_frame, frame_components

if TYPE_CHECKING:
    from ..proof.checker import Function

Array = NDArray[np.float64]

__all__ = ["evidence"]


def evidence(
    magnet: Macrospin, near: Macrospin, size: tuple[int, int], claims: Mapping[str, tuple[Any, float]]
) -> Evidence:
    """Functions from a basis of (L, M) for the claims; ``near`` is the magnet, or one with α != 0.

    The moments are refined once. What rounding leaves of 𝓛ᵀρ̃ would be felt, because functions may be large
    where the moment never is.
    """
    # First, because it says what to install where python-flint is missing.
    from ..proof.checker import PRECISION, Model, function, inner, total

    components = frame_components(near.alpha, near.nu, near.delta, near.theta)
    elements = matrix_elements(*size)
    tables = {side: couplings(elements, components[0], components[1], side) for side in (GENERATOR, ADJOINT)}
    inverse = eliminate(tables[GENERATOR], components[2], 0.0)

    def solved(f: Function, side: float) -> Rows:
        """𝓛ψ = -f, or the same with 𝓛ᵀ, in degrees >= 1."""
        return _rows(solve(tables[side], inverse, _real_harmonics(f, size), side))

    quaternion = _quaternion(adapted_frame(near).axes)
    from flint import ctx

    with ctx.workprec(PRECISION):
        model = Model(magnet, quaternion)
        g = model.observables()
        psi = {name: solved(each, GENERATOR) for name, each in g.items()}
        uniform: Rows = [[(1.0, 0.0)]]
        psi["density"] = uniform + solved(model.transposed(function(uniform)), ADJOINT)[1:]
        density = function(psi["density"])
        psi["density tail"] = solved(model.transposed(density), ADJOINT)
        density = total((1, density), (1, function(psi["density tail"])))
        mean, phi = inner(density, g["S_P"]), function(psi["S_P"])
        psi["Delta_P"] = solved(total((model.c, model.times_p(phi)), (-mean, phi)), GENERATOR)
        psi["adjoint"] = solved(model.moments_left(density, mean, {}), ADJOINT)
        left = model.moments_left(density, mean, function(psi["adjoint"]))
        psi["adjoint tail"] = solved(left, ADJOINT)
    stated = {name: (np.asarray(value).tolist(), float(error)) for name, (value, error) in claims.items()}
    return Evidence(magnet, quaternion, stated, psi)


def _quaternion(axes: Array) -> list[float]:
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(axes).as_quat().tolist()
    return [w, x, y, z]


def _rows(f: Array) -> Rows:
    """Real harmonics R_m, I_m as coefficients of Y_lm: (R_m - i I_m)/√2 for m > 0."""
    order_max = f.shape[1] // 2
    pairs = np.zeros((len(f), order_max + 1, 2))
    pairs[:, 0, 0] = f[:, 0]
    pairs[:, 1:, 0], pairs[:, 1:, 1] = f[:, 1 : order_max + 1], -f[:, order_max + 1 :]
    pairs[:, 1:] *= math.sqrt(0.5)
    return [[(x, y) for x, y in row[: ell + 1].tolist()] for ell, row in enumerate(pairs)]


def _real_harmonics(f: Function, size: tuple[int, int]) -> Array:
    """The way back, inside (L, M) and without the constant."""
    out = np.zeros((size[0] + 1, 2 * size[1] + 1))
    for (ell, m), value in f.items():
        if 0 < ell <= size[0] and m <= size[1]:
            out[ell, m] = float(value.real) * (math.sqrt(2.0) if m else 1.0)
            if m:
                out[ell, size[1] + m] = -math.sqrt(2.0) * float(value.imag)
    return out
