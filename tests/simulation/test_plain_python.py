"""With numba switched off the same code runs as plain Python and gives the same paths."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

PROGRAM = """
import json, sys
from slls_widgets import Macrospin
from slls_widgets.simulation import Ensemble
magnet = Macrospin(alpha=0.5, nu=10.0, delta=0.866, theta=1.0)
ensemble = Ensemble(magnet, trajectories=20, dt=2e-3, scheme=sys.argv[1], seed=3, threads=2)
ensemble.advance(20)
seen = ensemble.n, ensemble.pumped, ensemble.bath, ensemble.mean_n
print(json.dumps([part.tolist() for part in seen]))
"""


def paths(scheme: str, **environment: str) -> list[list[float]]:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, scheme]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    found: list[list[float]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("scheme", ["moebius", "euler", "heun"])
def test_same_paths(scheme: str) -> None:
    compiled = paths(scheme, NUMBA_DISABLE_JIT="0")
    plain = paths(scheme, NUMBA_DISABLE_JIT="1")
    for one, other in zip(compiled, plain, strict=True):
        # Fused multiply-adds round differently.
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)
