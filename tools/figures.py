"""The paper's figures and their numbers, compared with those stored in tests/data/figures.

python tools/figures.py            write build/figures/figure1.png, figure1.json and so on, and compare
python tools/figures.py --store    write the numbers into tests/data/figures as well

Everything here is exact, nothing is simulated. Numbers must agree to one part in 10⁶ of the largest in their
list. The exit status is 1 where they do not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import slls_widgets as sw
from slls_widgets.magnet.paper import PAPER_ALPHA_NU, PAPER_DELTA, PAPER_TAU, PAPER_THETAS
from slls_widgets.plots.model import scheme_figure
from slls_widgets.plots.phase_diagram import phase_diagram_figure
from slls_widgets.plots.rates import rates_figure
from slls_widgets.plots.strong_field import strong_field_figure
from slls_widgets.studies import strong_field
from slls_widgets.studies.energy import balance

ROOT = Path(__file__).parent.parent
STORED = ROOT / "tests" / "data" / "figures"
TOLERANCE = 1e-6

Numbers = dict[str, list[float]]
Drawn = tuple[Figure, Numbers]


def figure1() -> Drawn:
    """Heat, work and entropy of a refrigerator, a heat pump and a dud, at ν = 2."""
    magnets = [sw.Macrospin(alpha=alpha, nu=2.0, delta=PAPER_DELTA) for alpha in (0.5, -0.5, 1.6)]
    numbers = {f"alpha={each.alpha:g}": list(balance(each)) for each in magnets}
    return scheme_figure(magnets), numbers


def figure2() -> Drawn:
    """The three rates against α at θ = 0, ν = 2, by the solver."""
    alpha = np.linspace(-1.8, 1.8, 13)
    states = [sw.steady_state(sw.Macrospin(alpha=a, nu=2.0, delta=PAPER_DELTA)) for a in alpha]
    rates = {name: [getattr(state, name) for state in states] for name in ("S_P", "S_B", "Sigma")}
    return rates_figure(delta=PAPER_DELTA, nu=2.0), {"alpha": alpha.tolist(), **rates}


def figure3() -> Drawn:
    """The two phase boundaries at fixed torque."""
    theta = np.radians([0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 85.0])
    lines = sw.phase_boundaries(
        delta=PAPER_DELTA, alpha_nu=PAPER_ALPHA_NU, theta=theta, alpha_range=(-2.0, 2.0)
    )
    numbers = {"theta": theta.tolist()}
    for name in ("S_P", "S_B"):
        alpha, _ = lines[name][0]
        numbers[f"alpha where {name} = 0"] = alpha.tolist()
    figure = phase_diagram_figure(delta=PAPER_DELTA, alpha_nu=PAPER_ALPHA_NU, nu=3.0)
    return figure, numbers


def figure4() -> Drawn:
    """S_P, Σ, Δ_P and the variance over the paper's τ against |α|, for four angles and both signs."""
    size = np.array([0.01, 0.03, 0.1, 0.3, 1.0])
    held = {"delta": PAPER_DELTA, "alpha_nu": PAPER_ALPHA_NU}
    numbers = {"size": size.tolist()}
    for theta in PAPER_THETAS:
        for sign in (1, -1):
            found = strong_field.series(size, theta, sign=sign, **held)
            where = f"theta={theta:g}, sign={sign:+d}"
            for name in ("S_P", "Sigma", "Delta_P"):
                numbers[f"{name}, {where}"] = getattr(found, name).tolist()
            finite = strong_field.finite_time(size, theta, PAPER_TAU, sign=sign, **held)
            numbers[f"variance over tau, {where}"] = finite.tolist()
    return strong_field_figure(), numbers


FIGURES: dict[str, Callable[[], Drawn]] = {
    each.__name__: each for each in (figure1, figure2, figure3, figure4)
}


def differences(found: Numbers, stored: Numbers) -> list[str]:
    """What is not the same, one line each."""
    if set(found) != set(stored):
        return [f"other names of numbers: {sorted(set(found) ^ set(stored))}"]
    return [
        f"{name}: {found[name]}, stored {values}"
        for name, values in stored.items()
        if len(found[name]) != len(values)
        or not np.allclose(found[name], values, rtol=0.0, atol=TOLERANCE * max(map(abs, values)))
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--store", action="store_true", help="take the numbers as the right ones")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "figures")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    status = 0
    for name, draw in FIGURES.items():
        figure, numbers = draw()
        figure.savefig(
            options.folder / f"{name}.png", dpi=120, facecolor="white", metadata={"Software": None}
        )
        text = json.dumps(numbers, indent=1) + "\n"
        (options.folder / f"{name}.json").write_text(text, encoding="utf-8")
        if options.store:
            STORED.mkdir(parents=True, exist_ok=True)
            (STORED / f"{name}.json").write_text(text, encoding="utf-8")
        found = differences(numbers, json.loads((STORED / f"{name}.json").read_text(encoding="utf-8")))
        print(f"{name}: {sum(map(len, numbers.values()))} numbers, {len(found) or 'no'} difference(s)")
        for line in found:
            print(f"  {line}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
