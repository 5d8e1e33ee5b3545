"""The C++ yardstick of the benchmark simulates the same magnet."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from bench_simulation import compiled_reference, run_reference

import slls_widgets as sw

COMPILERS = ("c++", "g++", "clang++")


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, COMPILERS)), reason=f"none of {', '.join(COMPILERS)} is installed"
)
def test_it_finds_the_exact_rates(tmp_path: Path) -> None:
    """64 paths at a step whose bias is 0.1 %; |t| < 4 twice, 63 degrees: one false alarm in 3000."""
    magnet = sw.Macrospin(alpha=0.5, nu=4.0, delta=0.866, theta=1.0)
    program = compiled_reference(str(tmp_path))
    runs = [run_reference(program, magnet, 5e-4, 100_000, seed) for seed in range(1, 65)]
    exact = sw.steady_state(magnet)
    for name, values in zip(("S_P", "S_B"), np.transpose(runs)[1:], strict=True):
        error = values.std(ddof=1) / 8.0
        assert error < 0.05 * abs(getattr(exact, name))
        assert abs(values.mean() - getattr(exact, name)) < 4.0 * error, name
