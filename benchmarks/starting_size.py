"""What the constants of the first guess of (L, M) cost: run `python benchmarks/starting_size.py`.

The work is the sum of L (2M+1)² over all truncations tried, relative to that of the guess as it is; a smaller
guess saves work where it suffices and wastes it where it does not.
"""

from __future__ import annotations

import math

import numpy as np

from slls_widgets.fokker_planck import truncation
from slls_widgets.fokker_planck.frame import frame_components


def points(count, seed=2):
    """ν log-uniform in [0.1, 1e4], δ in [0.1, 10], |α| in [0.01, 10], θ uniform; a tenth near a·b = 0."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        delta, theta = 10 ** rng.uniform(-1, 1), rng.uniform(0, math.pi)
        half = (1 / delta - delta) * math.cos(theta) / 2
        alpha = rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 1)
        if i % 10 == 0:
            alpha = (half + rng.choice([-1, 1]) * math.hypot(half, 1)) * rng.uniform(0.9, 1.1)
        yield alpha, 10 ** rng.uniform(-1, 4), delta, theta


def cost(point, degrees, orders, tol):
    """Work and rounds with the guess scaled by two factors."""
    spent = []
    names = ("factorise", "starting_size", "refined")
    whole, guess, loop = known = [getattr(truncation, name) for name in names]

    def scaled(frame, tol):
        ell_max, order_max = guess(frame, tol)
        ell_max = max(4, round(degrees * ell_max))
        return ell_max, min(ell_max, max(2, round(orders * order_max)))

    def counted(frame, ell_max, order_max):
        spent.append(truncation.work(ell_max, order_max))
        return whole(frame, ell_max, order_max)

    for name, function in zip(names, (counted, scaled, loop.py_func), strict=True):
        setattr(truncation, name, function)
    try:
        truncation.refine(*point, tol)
    finally:
        for name, function in zip(names, known, strict=True):
            setattr(truncation, name, function)
    return sum(spent), len(spent)


if __name__ == "__main__":
    tol, chosen = 1e-8, []
    for point in points(120):
        frame = frame_components(*point)
        if truncation.work(*truncation.starting_size(frame, tol)) < 1e5:
            chosen.append(point)
    reference = np.array([cost(point, 1.0, 1.0, tol)[0] for point in chosen])
    print(f"{len(chosen)} points, certificate {tol:g}\n")
    print("| L times | M times | work, geometric mean | total work | points solved at once |")
    print("|---|---|---|---|---|")
    for degrees, orders in ((1.0, 1.0), (0.85, 1.0), (1.15, 1.0), (1.0, 0.75), (1.0, 1.3)):
        works, rounds = np.array([cost(point, degrees, orders, tol) for point in chosen]).T
        mean, total = np.exp(np.log(works / reference).mean()), works.sum() / reference.sum()
        print(f"| {degrees} | {orders} | {mean:.2f} | {total:.2f} | {np.mean(rounds == 1):.0%} |")
