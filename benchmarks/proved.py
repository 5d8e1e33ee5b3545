"""How often the checker proves what the solver claims: `make proved` (ARGS="--magnets 50 --seed 1").

Magnets and tolerances at random; for each the errors that `steady_state` claims are held against what
`slls_widgets.check` proves. A magnet that is not confirmed is printed with the checker's sentence.
"""

from __future__ import annotations

import argparse
import math
import statistics

import numpy as np

import slls_widgets as sw


def magnets(count: int, seed: int):
    """ν log-uniform in [0.1, 100], |α| in [0.01, 10], δ in [0.1, 10], θ uniform; tol in [1e-12, 1e-4]."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        magnet = sw.Macrospin(
            alpha=float(rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 1)),
            nu=float(10 ** rng.uniform(-1, 2)),
            delta=float(10 ** rng.uniform(-1, 1)),
            theta=float(rng.uniform(0, math.pi)),
        )
        yield magnet, float(10 ** rng.uniform(-12, -4))


def main(arguments: list[str] | None = None) -> int:
    """Print what was confirmed, and by how much the claims exceed what was proved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--magnets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    proved, excess = 0, []
    for magnet, tol in magnets(options.magnets, options.seed):
        found = sw.check(sw.steady_state(magnet, tol))
        proved += found.proved
        excess += [float(np.max(c.error) / c.proved) for c in found.claims.values() if c.proved > 0.0]
        if not found.proved:
            print(f"{magnet}, tol={tol:.1e}: {found.sentence}")
    median = statistics.median(excess)
    print(f"{proved} of {options.magnets} magnets proved; median of claimed over proved error {median:.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
