"""`simulate`: one call from parameters to entropy rates with standard errors."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from .._cancellation import Cancelled, check
from .._processors import wanted_threads
from .._reading import Readable, to_error
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin, checked_magnet
from .arguments import a_time, how_many, steps_of
from .chunks import Start
from .ensemble import Ensemble, Recording, Tracked
from .estimators import Estimate, spread_of_mean
from .histograms import Counts, Histogram, SphereHistogram, histogram, sphere_counts, sphere_histogram
from .pace import Pace
from .step_size import checked_step, relaxation_time

Vector = NDArray[np.float64]
LogDensity = Callable[[Vector], Vector]

__all__ = ["Paths", "Run", "simulate"]

# Between two looks at `cancel` and `progress`; and where nobody looks.
_SLICE_SECONDS, _UNWATCHED_SECONDS = 0.02, 1.0
# Start-up memory left after the burn-in: e^-8 = 3e-4 of an already modest difference.
BURN_IN_TIMES = 8.0
# Frames for the sphere and the tracked paths: no more, nor closer, lest they cost more than the run.
_FRAMES = 200
_FRAME_STEPS = 8
_TRACKED = 8
# Of the automatic step, and steps to a relaxation time, for a run that is shorter than that.
_SHORT_SHARE, _SHORT_STEPS = 0.4, 12


@dataclass(frozen=True)
class Paths:
    """What each trajectory did between the end of the burn-in and the end of the run."""

    #: Magnetisations at the two ends, shape (trajectories, 3).
    start: Vector
    end: Vector
    #: Entropies S_P(τ) and S_B(τ), shape (trajectories,).
    pumped: Vector
    bath: Vector
    #: Frames of the first few trajectories, about 200 of them.
    tracked: Recording

    def total(self, log_density: LogDensity | None = None) -> Vector:
        """Total entropy of each path, ln p(n₀)/p(n_τ) + S_P + S_B.

        Parameters
        ----------
        log_density : callable, optional
            ln p_ss of unit vectors (N, 3), up to a constant; for the reversed partner process, the mirror
            image (n_y -> -n_y) of this process's. Without it the boundary term is left out, which changes
            no rate but makes the fluctuation theorem hold for long times only.
        """
        produced: Vector = self.pumped + self.bath
        return produced if log_density is None else produced + self.boundary(log_density)

    def boundary(self, log_density: LogDensity) -> Vector:
        """The boundary term ln p(n₀)/p(n_τ) of each path; see :meth:`total`."""
        return np.asarray(log_density(self.start)) - np.asarray(log_density(self.end))


@dataclass(frozen=True)
class Run(Readable):
    """Result of `simulate`. Rates in units of ηT, times in 1/(ηT)."""

    magnet: Macrospin
    scheme: str
    dt: float
    seed: int
    trajectories: int
    #: Time measured, after the burn-in: τ.
    duration: float
    burn_in: float
    S_P: Estimate
    S_B: Estimate
    Sigma: Estimate
    #: Var(S_P(τ))/τ at τ = ``tau``: compare with ``steady_state(magnet).finite_time_variance(tau)``.
    Delta_P: Estimate
    #: τ of Delta_P: the duration, or a stretch of it with fewer than 16 trajectories.
    tau: float
    #: Path average of the magnetisation and its standard error, shape (3,); NaN for one trajectory.
    mean_n: Vector
    mean_n_stderr: Vector
    #: The same over the ends of steps alone, which shows a scheme's weak order and is promised nothing.
    mean_n_at_steps: Vector
    mean_n_at_steps_stderr: Vector
    steps_per_second: float
    paths: Paths = field(repr=False)
    _sphere: Counts = field(repr=False)

    def _rows(self) -> list[Sequence[str]]:
        rows = [("simulated", "value", "standard error")]
        for name in ("S_P", "S_B", "Sigma", "Delta_P"):
            value, stderr = getattr(self, name)
            rows.append((name, to_error(value, 0.1 * stderr), f"{stderr:.2g}"))
        how = f"{self.trajectories} trajectories, scheme {self.scheme}, seed {self.seed}"
        return [*rows, ("time", f"{self.duration:.6g}", f"of {how}, dt = {self.dt:.3g}")]

    @overload
    def histogram(
        self,
        which: Literal["pumped", "bath", "boundary", "total"] = "pumped",
        bins: int | Vector = 60,
        log_density: LogDensity | None = None,
    ) -> Histogram: ...
    @overload
    def histogram(self, which: Literal["magnetisation"]) -> SphereHistogram: ...
    def histogram(
        self, which: str = "pumped", bins: int | Vector = 60, log_density: LogDensity | None = None
    ) -> Histogram | SphereHistogram:
        """Histogram of an entropy at the end of the run, or of the magnetisation along it.

        Parameters
        ----------
        which : {"pumped", "bath", "boundary", "total", "magnetisation"}
            S_P(τ), S_B(τ), the boundary term or the total entropy (see `Paths`) per trajectory; or n on the
            sphere, from about 200 instants of all trajectories.
        bins : int or array
            Number of bins or their edges; not used for the magnetisation.
        log_density : callable, optional
            For "boundary", which needs it, and "total": ln p_ss of unit vectors (N, 3).
        """
        if which == "magnetisation":
            return sphere_histogram(self._sphere)
        if which == "pumped":
            return histogram(self.paths.pumped, bins)
        if which == "bath":
            return histogram(self.paths.bath, bins)
        if which == "total":
            return histogram(self.paths.total(log_density), bins)
        if which == "boundary":
            if log_density is None:
                raise ValueError("the boundary term needs log_density, ln p_ss of unit vectors (N, 3)")
            return histogram(self.paths.boundary(log_density), bins)
        raise ValueError(f"which must be one of pumped, bath, boundary, total, magnetisation; got {which!r}")


def simulate(
    magnet: Macrospin | Device,
    trajectories: int = 256,
    duration: float = 50.0,
    dt: float | None = None,
    scheme: str = "moebius",
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
    cancel: Callable[[], bool] | None = None,
    *,
    initial: Start = None,
    burn_in: float | None = None,
    keep: bool = False,
) -> Run:
    """Simulate the stochastic Landau-Lifshitz-Slonczewski equation and estimate the entropy rates.

    Parameters
    ----------
    magnet : Macrospin
        Parameters.
    trajectories : int
        Independent paths; their spread gives the errors. Below 16, stretches of five relaxation times add to
        it if the run has room for them; if not, the errors of so few are uncertain themselves, and a single
        path has none (NaN): see `Ensemble.estimates`.
    duration : float
        Time τ measured per path, in 1/(ηT), > 0. Rounded to whole steps if dt is given, of which it must be
        one at least; otherwise dt is shortened to fit.
    dt : float, optional
        Time step. By default the automatic one, whose promise stands in `default_step`, or a shorter one that
        fits the duration.
    scheme : str
        Name of one of ``schemes.SCHEMES``; one without a rule for its step needs dt.
    seed : int
        The result is a function of the arguments and the seed; ``threads`` does not change a bit of it.
    threads : int, optional
        All processors by default.
    progress : callable, optional
        Called with the share done, between 0 and 1, about 50 times a second.
    cancel : callable, optional
        Asked as often; once it returns True, ``Cancelled`` is raised.
    initial : array or callable, optional
        Starting magnetisations, by default uniform on the sphere; see `Ensemble`.
    burn_in : float, optional
        Time to forget the start before anything is measured. By default 8 relaxation times, by an
        estimate that exceeds the exact slowest one. 0 is right if ``initial`` draws from the steady state
        itself.
    keep : bool
        Return what was measured before ``cancel`` said stop, with the errors and the (shorter) ``duration``
        that it has. Before the end of the burn-in there is nothing to keep.

    Returns
    -------
    Run

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind or out of range; the message names it and what is legal.
    Cancelled
        When ``cancel`` said so and there is nothing to keep.

    Examples
    --------
    >>> run = simulate(Macrospin(alpha=0.5, nu=2, delta=0.9), trajectories=64, duration=5.0)
    >>> run.S_P.stderr > 0
    True
    """
    magnet = checked_magnet(magnet)
    how_many(trajectories)
    duration = a_time("duration", duration)
    if burn_in is not None:
        burn_in = a_time("burn_in", burn_in, zero=True)
    else:
        burn_in = BURN_IN_TIMES * relaxation_time(magnet)
    _checked_callables(progress=progress, cancel=cancel)
    dt = _fitting_step(magnet, scheme, dt, duration)
    with Ensemble(
        magnet,
        trajectories=trajectories,
        dt=dt,
        scheme=scheme,
        seed=seed,
        threads=wanted_threads(threads),
        initial=initial,
        tracked=_TRACKED,
        cancel=cancel,
    ) as ensemble:
        before = math.ceil(steps_of("burn_in", burn_in, ensemble.dt) - 1e-9)
        measured = max(1, round(steps_of("duration", duration, ensemble.dt)))
        drive = _Driver(ensemble, before + measured, progress, cancel)
        drive.advance(before)
        ensemble.restart_statistics()
        every = max(-(-measured // _FRAMES), _FRAME_STEPS)
        frames = [ensemble.tracked_now()]
        sphere = sphere_counts(ensemble.start)
        while (left := before + measured - ensemble.steps) > 0:
            try:
                drive.advance(min(every, left))
                sphere += sphere_counts(ensemble.n, cancel)
            except Cancelled:
                if not keep or ensemble.elapsed == 0.0:
                    raise
                break
            frames.append(ensemble.tracked_now())
        return _read_off(ensemble, before * ensemble.dt, drive.pace, frames, sphere)


def _fitting_step(magnet: Macrospin, scheme: str, dt: float | None, duration: float) -> float:
    """The step that was asked for, or one that keeps the promise of `default_step` over the duration."""
    if dt is None:
        dt = checked_step(magnet, scheme, None)
        relaxation = relaxation_time(magnet)
        if duration < relaxation:
            # Over short times the ends of a run weigh more, and that a step has its noise in the middle: of
            # the variance over n steps of a time τ this is τ/n² over the time of a relaxation or so.
            dt = min(_SHORT_SHARE * dt, duration / math.ceil(_SHORT_STEPS * math.sqrt(duration / relaxation)))
        return duration / math.ceil(steps_of("duration", duration, dt) - 1e-9)
    dt = checked_step(magnet, scheme, dt)
    if duration < dt * (1.0 - 1e-9):
        raise ValueError(
            f"duration must be at least one step, dt = {dt!r}; got {duration!r}. "
            "Leave dt out to have one chosen that fits, or give a shorter one."
        )
    return dt


def _read_off(ensemble: Ensemble, burn_in: float, pace: Pace, frames: list[Tracked], sphere: Counts) -> Run:
    """Everything that is reported of an ensemble."""
    found = ensemble.estimates()
    averages, at_steps = ensemble.mean_n, ensemble.mean_n_at_steps
    return Run(
        magnet=ensemble.magnet,
        scheme=ensemble.scheme,
        dt=ensemble.dt,
        seed=ensemble.seed,
        trajectories=ensemble.trajectories,
        duration=ensemble.elapsed,
        burn_in=burn_in,
        **found._asdict(),
        tau=ensemble.stretch,
        mean_n=averages.mean(axis=0),
        mean_n_stderr=spread_of_mean(averages),
        mean_n_at_steps=at_steps.mean(axis=0),
        mean_n_at_steps_stderr=spread_of_mean(at_steps),
        steps_per_second=pace.steps_per_second,
        paths=Paths(
            start=ensemble.start,
            end=ensemble.n,
            pumped=ensemble.pumped,
            bath=ensemble.bath,
            tracked=Recording.of(frames, ensemble.tracked),
        ),
        _sphere=sphere,
    )


class _Driver:
    """Advances in slices, of about 20 ms where it reports between them or can be stopped."""

    def __init__(
        self,
        ensemble: Ensemble,
        total: int,
        progress: Callable[[float], object] | None,
        cancel: Callable[[], bool] | None,
    ) -> None:
        self.ensemble, self.total = ensemble, total
        self.progress, self.cancel = progress, cancel
        watched = progress is not None or cancel is not None
        self.pace = Pace(ensemble, _SLICE_SECONDS if watched else _UNWATCHED_SECONDS)
        self._reported = -math.inf

    def advance(self, steps: int) -> None:
        while steps:
            check(self.cancel)
            steps -= self.pace.advance(steps)
            now = time.perf_counter()
            finished = self.ensemble.steps == self.total
            if self.progress is not None and (finished or now - self._reported > _SLICE_SECONDS):
                self._reported = now
                self.progress(self.ensemble.steps / self.total)


def _checked_callables(**functions: object) -> None:
    for name, function in functions.items():
        if not (function is None or callable(function)):
            raise TypeError(f"{name} must be a function or None; got {function!r:.80}")
