"""What the browser calls: each kernel that Python calls, with the types it is called with.

A browser has no compiler, so that a call with other types is an error there, which names the kernel. Kernels
that only other kernels call need no row.
"""

from __future__ import annotations

__all__ = ["SIGNATURES"]

# f, i, b: a float, an integer, a truth value. The others are arrays in C order: of floats in one, two and
# three dimensions, and the states of the random generators.
_POINT = "f f f f"
_ADVANCE = "words matrix matrix vector i i i"

#: Below ``slls_widgets``.
SIGNATURES: dict[str, str] = {
    "fokker_planck.couplings.couplings": "cube f f f",
    "fokker_planck.couplings.matrix_elements": "i i",
    "fokker_planck.elimination.eliminate": "cube f f",
    "fokker_planck.elimination.solve": "cube cube matrix f",
    "fokker_planck.frame.frame_components": _POINT,
    "fokker_planck.observables.harmonic_weights": "",
    "fokker_planck.observables.positions": "i",
    "fokker_planck.point.factorise": "vector i i",
    "fokker_planck.point.moment_bounds": "vector matrix cube",
    "fokker_planck.point.rates": "vector f f f cube cube cube b",
    "fokker_planck.truncation.refined": f"{_POINT} f f",
    "fokker_planck.truncation.solve_into": "vector vector f f",
    "fokker_planck.truncation.starting_size": "vector f",
    "fokker_planck.truncation.work": "i i",
    "simulation.euler_heun._advance_increments": _ADVANCE,
    "simulation.moebius._advance": _ADVANCE,
}
