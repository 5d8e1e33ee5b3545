"""Computing one chunk: what the workers run, in processes here or elsewhere.

A point that cannot be computed gets its reason; nothing but a cancel leaves these functions as an exception.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._cancellation import Cancelled, check
from ..fokker_planck import SteadyState, solve_many, steady_state
from ..fokker_planck.batch import Solutions
from ..magnet.held import field_along
from ..magnet.macrospin import Macrospin
from ..magnet.phase import efficiency, uncertainty_product
from ..maps.phase_map import phases
from ..simulation import simulate
from ..simulation.run import BURN_IN_TIMES
from ..simulation.step_size import checked_step, relaxation_time
from .plan import ExactPart, Plan, SimulatedPart
from .quantities import COSTLY, PHASES, RATES, STATUS

Array = NDArray[np.float64]
Stop = Callable[[], bool] | None

__all__ = ["Result", "Task", "compute", "point_seed", "task_at"]

# Rows of the eigenvalue problem: about a second.
_LARGEST_MATRIX = 50_000
# Below it rates, which go with α², leave the range of floating-point numbers.
_VANISHING = 1e-90
_DONE, _ABOVE_TOL, _FAILED = (STATUS.index(word) for word in ("done", "above_tol", "failed"))


@dataclass(frozen=True, eq=False)
class Task:
    """A chunk, complete in itself: points (1-D arrays) and what to compute there."""

    version: str
    alpha: Array
    nu: Array
    delta: Array
    theta: Array
    #: Where ν is infinite (α = 0 at fixed torque) and ``nu`` only fills the place.
    infinite: NDArray[np.bool_]
    #: Numbers of the points in the whole grid.
    index: NDArray[np.int64]
    exact: ExactPart | None
    simulation: SimulatedPart | None

    def magnet(self, k: int) -> Macrospin:
        """The magnet at one point."""
        return Macrospin(
            alpha=float(self.alpha[k]),
            nu=float(self.nu[k]),
            delta=float(self.delta[k]),
            theta=float(self.theta[k]),
        )


@dataclass(frozen=True, eq=False)
class Result:
    """Arrays over the points of a task, by the names of the store's variables; reasons by point."""

    values: dict[str, NDArray[Any]]
    reasons: dict[int, str] = field(default_factory=dict)

    @classmethod
    def lost(cls, points: int, reason: str) -> Result:
        """A chunk that nobody could compute."""
        status = np.full(points, _FAILED, dtype=np.int8)
        return cls({"status": status}, dict.fromkeys(range(points), reason))

    def count(self, status: str) -> int:
        """How many points have that status."""
        return int(np.sum(self.values["status"] == STATUS.index(status)))


def task_at(plan: Plan, index: NDArray[np.int64]) -> Task:
    """The task for some points of a plan, given by their numbers in the whole grid."""
    places = np.unravel_index(index, tuple(axis.values.size for axis in plan.axes))
    values = {axis.name: axis.values[place] for axis, place in zip(plan.axes, places, strict=True)}
    infinite = np.zeros(values["alpha"].shape, dtype=bool)
    if "alpha_nu" in values:
        values["nu"], infinite = field_along(values["alpha"], values.pop("alpha_nu"))
    return Task(
        version=__version__,
        **values,
        infinite=infinite,
        index=index,
        exact=plan.exact,
        simulation=plan.simulation,
    )


def point_seed(seed: int, index: int) -> int:
    """The seed of a point: a function of the sweep's seed and of where the point stands in the grid.

    Examples
    --------
    >>> point_seed(0, 5) == point_seed(0, 5) != point_seed(0, 6)
    True
    """
    words = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(1, np.uint64)
    # 63 bits: they fit the signed integers of every file format.
    return int(words[0] >> np.uint64(1))


def compute(task: Task, stop: Stop = None) -> Result:
    """Compute a chunk, in one thread.

    Raises
    ------
    Cancelled
        When ``stop`` said so.
    RuntimeError
        If the task was made by another version of this package.
    """
    if task.version != __version__:
        raise RuntimeError(
            f"this worker has slls-widgets {__version__}, the sweep was started with {task.version}: "
            "install the same version everywhere"
        )
    status = np.full(task.alpha.size, _DONE, dtype=np.int8)
    values: dict[str, NDArray[Any]] = {}
    reasons: dict[int, str] = {}
    if task.exact is not None:
        exact, failed = _exact(task, task.exact, stop)
        values |= exact
        _add(reasons, "exact", failed)
        status[np.flatnonzero(_certificate(values, task.exact) > task.exact.tol)] = _ABOVE_TOL
    if task.simulation is not None:
        simulated, failed = _simulated(task, task.simulation, stop)
        values |= simulated
        _add(reasons, "simulation", failed)
        if task.exact is not None and "Delta_P_tau" in task.exact.quantities:
            values["Delta_P_tau"], failed = _at_finite_time(task, values["tau"], task.exact.tol, stop)
            _add(reasons, "exact", failed)
    status[list(reasons)] = _FAILED
    values.pop("_certificate", None)
    return Result({**values, "status": status}, reasons)


def _certificate(values: dict[str, NDArray[Any]], exact: ExactPart) -> Array:
    certificate: Array = values["certificate" if "certificate" in exact.quantities else "_certificate"]
    return certificate


def _add(reasons: dict[int, str], part: str, failed: dict[int, str]) -> None:
    for k, reason in failed.items():
        reasons[k] = f"{reasons[k]}; {part}: {reason}" if k in reasons else f"{part}: {reason}"


def _exact(task: Task, exact: ExactPart, stop: Stop) -> tuple[dict[str, NDArray[Any]], dict[int, str]]:
    solved, failed = _rates(task, exact.tol, stop)
    values: dict[str, NDArray[Any]] = {"_certificate": solved.error}
    for name in exact.quantities:
        if name in COSTLY:
            continue  # below, or with the simulation
        values[name] = _quantity(name, solved, task, exact.tol, failed)
        if exact.errors and name in RATES:
            values[f"{name}_error"] = getattr(solved, f"{name}_error")
    if wanted := [name for name in _READ if name in exact.quantities]:
        values |= _of_steady_states(wanted, task, exact.tol, failed, stop)
    for k in failed:
        for name in values:
            values[name][k] = 0 if name == "phase" else math.nan
    return values, failed


def _rates(task: Task, tol: float, stop: Stop) -> tuple[Solutions, dict[int, str]]:
    parameters = task.alpha, task.nu, task.delta, task.theta
    failed: dict[int, str] = {}
    try:
        solved = solve_many(*parameters, tol=tol, threads=1, cancel=stop)
    except Cancelled:
        raise
    except Exception:
        # The solver refuses a batch as a whole; one by one the good points get their numbers.
        solved = Solutions(*np.full((len(Solutions._fields), task.alpha.size), math.nan))
        for k, point in enumerate(zip(*parameters, strict=True)):
            check(stop)
            try:
                one = solve_many(*point, tol=tol, threads=1)
            except Exception as error:
                failed[k] = _reason(error)
            else:
                for column, value in zip(solved, one, strict=True):
                    column[k] = value
    for column in solved:
        column[task.infinite] = 0.0
    return solved, failed


def _quantity(name: str, solved: Solutions, task: Task, tol: float, failed: dict[int, str]) -> NDArray[Any]:
    if name == "certificate":
        return solved.error.copy()
    if name == "phase":
        names = phases(solved)
        codes = np.zeros(names.shape, dtype=np.int8)
        for code, phase in enumerate(PHASES):
            codes[names == phase] = code
        return codes
    if name == "uncertainty_product":
        product = uncertainty_product(solved.S_P, solved.Sigma, solved.Delta_P)
        for k in map(int, np.flatnonzero((np.abs(task.alpha) < _VANISHING) & ~task.infinite)):
            # All three rates vanish with α; their ratio has a limit.
            if k not in failed:
                try:
                    product[k] = steady_state(task.magnet(k), tol).uncertainty_product
                except Exception as error:
                    failed[k] = _reason(error)
        return product
    if name == "efficiency":
        return efficiency(solved.S_P, solved.S_B, solved.S_P_error, solved.S_B_error)
    return np.array(getattr(solved, name))


def _of_steady_states(
    wanted: list[str], task: Task, tol: float, failed: dict[int, str], stop: Stop
) -> dict[str, NDArray[Any]]:
    values = {name: np.full((task.alpha.size, *_SHAPES[name]), math.nan) for name in wanted}
    for k in range(task.alpha.size):
        check(stop)
        if k in failed:
            continue
        try:
            state = None if task.infinite[k] else steady_state(task.magnet(k), tol)
            for name in wanted:
                values[name][k] = _STRONG[name] if state is None else _READ[name](state)
        except Exception as error:
            failed[k] = _reason(error)
    return values


def _relaxation(state: SteadyState) -> float:
    rows = (state.ell_max + 1) * (2 * state.order_max + 1)
    if rows > _LARGEST_MATRIX:
        raise ValueError(f"its relaxation_rate needs a matrix of {rows} rows, more than {_LARGEST_MATRIX}")
    return float(state.relaxation_rates(1)[0].real)


_SHAPES: dict[str, tuple[int, ...]] = {"mean_n": (3,), "relaxation_rate": ()}
_READ: dict[str, Callable[[SteadyState], Any]] = {
    "mean_n": lambda state: state.mean_n,
    "relaxation_rate": _relaxation,
}
# Limits of an infinite field.
_STRONG = {"mean_n": (0.0, 0.0, 1.0), "relaxation_rate": math.inf}


def _simulated(
    task: Task, simulation: SimulatedPart, stop: Stop
) -> tuple[dict[str, NDArray[Any]], dict[int, str]]:
    size = task.alpha.size
    names = [f"{name}_{part}" for name in simulation.quantities for part in ("simulated", "stderr")]
    values: dict[str, NDArray[Any]] = {name: np.full(size, math.nan) for name in (*names, "dt", "tau")}
    values["seed"] = np.array([point_seed(simulation.seed, int(k)) for k in task.index], dtype=np.int64)
    failed: dict[int, str] = {}
    for k in range(size):
        check(stop)
        try:
            if task.infinite[k]:
                raise ValueError("the field is infinite at alpha = 0 and fixed alpha_nu")
            magnet = task.magnet(k)
            _affordable(magnet, simulation)
            run = simulate(
                magnet,
                trajectories=simulation.trajectories,
                duration=simulation.duration,
                dt=simulation.dt,
                scheme=simulation.scheme,
                seed=int(values["seed"][k]),
                threads=1,
                cancel=stop,
            )
        except Cancelled:
            raise
        except Exception as error:
            failed[k] = _reason(error)
            continue
        values["dt"][k], values["tau"][k] = run.dt, run.tau
        for name in simulation.quantities:
            estimate = getattr(run, name)
            values[f"{name}_simulated"][k], values[f"{name}_stderr"][k] = estimate
    return values, failed


def _variance(state: SteadyState, tau: float) -> float:
    value = float(state.finite_time_variance(tau))
    if not state.time_errors("finite_time_variance", tau) <= 1e-4 * value:
        raise ValueError("the work limit stopped it before it was exact to 1e-4")
    return value


def _at_finite_time(task: Task, tau: Array, tol: float, stop: Stop) -> tuple[Array, dict[int, str]]:
    """The exact partner of Delta_P_simulated: the variance over the same time, divided by it."""
    values = np.full(tau.shape, math.nan)
    failed: dict[int, str] = {}
    for k in map(int, np.flatnonzero(np.isfinite(tau))):
        check(stop)
        try:
            values[k] = _variance(steady_state(task.magnet(k), tol), float(tau[k]))
        except Exception as error:
            failed[k] = f"Delta_P_tau: {_reason(error)}"
    return values, failed


def _affordable(magnet: Macrospin, simulation: SimulatedPart) -> None:
    dt = checked_step(magnet, simulation.scheme, simulation.dt)
    steps = simulation.trajectories * (simulation.duration + BURN_IN_TIMES * relaxation_time(magnet)) / dt
    if steps > simulation.max_steps:
        raise ValueError(
            f"it needs {steps:.1e} steps with dt = {dt:.1e}, more than max_steps = {simulation.max_steps:.1e}"
        )


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
