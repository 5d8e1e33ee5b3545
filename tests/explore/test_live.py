"""The live engine alone: it obeys, says what it belongs to, and leaves nothing behind."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numba import config
from waiting import PATIENCE, eventually

import slls_widgets as sw
from slls_widgets.explore import burn_in, paths
from slls_widgets.explore import ensembles as workings
from slls_widgets.explore import live as engine
from slls_widgets.explore.live import LiveSimulation, Reading
from slls_widgets.explore.state import ExplorerState, Settings, Snapshot
from slls_widgets.fokker_planck.steady_state import SteadyState
from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.simulation import Ensemble, relaxation_time
from slls_widgets.simulation.pace import Pace

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="the pilot run alone takes minutes")


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "slls-simulation"]


@pytest.fixture
def live() -> Iterator[LiveSimulation]:
    live = LiveSimulation(ExplorerState())
    live._worker._linger = 0.05
    yield live
    live.close()
    assert live.wait(PATIENCE)
    assert eventually(lambda: not workers()), "a thread stayed behind"


def test_nothing_runs_unasked(live: LiveSimulation) -> None:
    assert workers() == []
    assert live.trace is None


def test_paused_means_no_frame_and_no_thread(live: LiveSimulation) -> None:
    live._state.running = True
    assert eventually(lambda: live.reading is not None)
    live._state.running = False
    assert live.wait(PATIENCE)
    frame = live.trace
    assert eventually(lambda: not workers())
    assert live.trace is frame


def test_resuming_goes_on_with_the_same_statistics(live: LiveSimulation) -> None:
    live._state.running = True
    assert eventually(lambda: live.reading is not None)
    live._state.running = False
    assert live.wait(PATIENCE)
    before = live.reading
    live._state.running = True
    assert eventually(lambda: live.reading is not before)
    assert live.reading.time > before.time


def test_a_reading_has_something_to_say(live: LiveSimulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settled is not measured: between the two lies a slice."""
    monkeypatch.setattr(engine, "READING_SECONDS", 0.0)
    seen: list[Reading] = []
    live.observe(lambda change: seen.append(change.new), "reading")
    live._state.running = True
    assert eventually(lambda: len(seen) > 2)
    assert all(np.isfinite(reading.estimates.S_P.value) and reading.time > 0.0 for reading in seen)


def test_reset_begins_anew(live: LiveSimulation) -> None:
    state = live._state
    state.running = True
    assert eventually(lambda: live.reading is not None and live.reading.long_run.time.size > 10)
    longest = live.reading.time
    live.reset()
    assert live.reading is None or live.reading.time < longest
    assert eventually(lambda: live.reading is not None)
    assert live.reading.long_run.time[0] == 0.0


def test_a_reset_does_not_wait_for_curves_that_stay(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    live._state.running = True
    assert eventually(lambda: live.trace is not None)
    monkeypatch.setattr(engine, "COURTESY_SECONDS", 600.0)
    before = live._ensembles[1]
    live.reset()
    assert eventually(lambda: live._ensembles[1] is not before)
    again = live._ensembles[1]
    assert live._state.move(alpha=-0.4)
    time.sleep(0.2)
    assert live._ensembles[1] is again, "a move gives way"


def test_results_carry_the_parameters_they_belong_to(live: LiveSimulation) -> None:
    seen: list[tuple[object, object]] = []
    live.observe(lambda change: seen.append((change.new.magnet, live._ensembles[1]._bulk.magnet)), "trace")
    state = live._state
    state.running = True
    for alpha in (0.5, -0.4, 0.9, 1.4):
        assert state.move(alpha=alpha)
        assert eventually(lambda: live.trace is not None and live.trace.magnet == state.magnet)
    assert eventually(lambda: live.reading is not None and live.reading.magnet == state.magnet)
    assert len({of for of, _ in seen}) >= 4
    assert all(of == simulated for of, simulated in seen)
    paths = live.trace.paths
    np.testing.assert_allclose(np.linalg.norm(paths, axis=-1), 1.0, atol=1e-12)


def test_an_exception_becomes_a_message_and_ends_the_run(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, _with_distribution: bool) -> None:
        raise ArithmeticError("the moment left the sphere")

    monkeypatch.setattr(workings.LiveEnsembles, "advance", broken)
    live._state.running = True
    assert eventually(lambda: not live._state.running)
    assert live._state.simulation_message == "The simulation stopped: the moment left the sphere"
    assert eventually(lambda: not workers())


def test_a_step_the_scheme_cannot_stand_is_a_message_too(live: LiveSimulation) -> None:
    assert live._state.move(delta=0.02)
    assert live._state.configure(scheme="euler", dt=0.5)
    live._state.running = True
    assert eventually(lambda: not live._state.running)
    assert "dt must be <=" in live._state.simulation_message


def test_it_stops_by_itself_when_nobody_does_anything(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_SECONDS", 0.3)
    live._state.running = True
    assert eventually(lambda: "paused after" in live._state.simulation_message)
    assert not live._state.running
    assert eventually(lambda: not workers())


def test_a_run_that_greets_a_visitor_ends_sooner_than_one_that_was_asked_for(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WELCOME_SECONDS", 0.3)
    live.welcome()
    assert live._state.running
    assert eventually(lambda: "paused after" in live._state.simulation_message)
    # Whoever runs it after that has asked for it, and is not welcomed once more.
    live._state.running = True
    live.welcome()
    assert not live._welcoming


def ensembles_of(**settings: object) -> workings.LiveEnsembles:
    return workings.LiveEnsembles(Snapshot(settings=Settings(**settings)), lambda: False)  # type: ignore[arg-type]


def settle(ensembles: workings.LiveEnsembles) -> workings.LiveEnsembles:
    while not ensembles.settled:
        ensembles.advance(False)
    return ensembles


def test_the_long_run_keeps_the_whole_history_in_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "POINTS", 20)
    ensembles = settle(ensembles_of())
    for _ in range(100):
        ensembles.advance(with_distribution=False)
    path = ensembles.reading().long_run
    assert 10 <= path.time.size <= 20
    assert path.time[0] == path.pumped[0] == path.energy[0] == 0.0
    assert (np.diff(path.time) > 0.0).all()
    assert path.end == path.time[-1] == ensembles._bulk.elapsed
    assert path.pumped[-1] == ensembles._bulk.pumped[0]


def test_the_window_is_some_relaxation_times_long_and_then_another_begins() -> None:
    ensembles = settle(ensembles_of())
    ends = []
    for _ in range(300):
        ensembles.trace()
        path = ensembles.reading().ledger
        assert path.time[0] == path.energy[0] == 0.0
        ends.append(path.time[-1])
    span = workings.WINDOW_RELAXATIONS * relaxation_time(ensembles._snapshot.magnet)
    assert path.span == span
    piece = ends[0]
    assert span <= max(ends) < span + 2.0 * piece
    assert (np.diff(ends) < 0.0).sum() == len(ends) // round(max(ends) / piece)


def test_in_a_strong_field_the_energy_of_the_ends_no_longer_hides_what_flows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At ν = 10⁴ it swings by several T in a window whose flow is a hundredth; what is driven does not."""
    magnet = Macrospin(alpha=3e-4, nu=1e4, delta=0.75**0.5, theta=0.6)
    snapshot = Snapshot(magnet=magnet, settings=Settings(trajectories=16))
    ensembles = settle(workings.LiveEnsembles(snapshot, lambda: False))
    # As much work on a slow machine as on a fast one.
    monkeypatch.setattr(Pace, "advance", lambda pace, most=3000: pace._ensemble.advance(3000) or 3000)
    for _ in range(100):
        ensembles.trace()
        ensembles.advance(with_distribution=False)
    reading = ensembles.reading()
    path = reading.ledger
    assert np.abs(path.pumped + path.bath).max() > 1.0
    assert np.abs(path.pumped + path.bath + path.energy).max() < 0.2
    # Over a long run the loss is next to nothing of the flow.
    path = reading.long_run
    assert path.time[-1] > 30.0 * reading.ledger.span
    assert abs(path.pumped[-1] + path.bath[-1] + path.energy[-1]) < 0.02 * path.pumped[-1]


def burn_in_of(ensembles: workings.LiveEnsembles) -> int:
    """Steps before statistics began."""
    return ensembles._bulk._first_step


@pytest.mark.parametrize("interrupt", ["pause", "reset"])
def test_an_interrupted_burn_in_is_completed(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch, interrupt: str
) -> None:
    """Slices of one step: the burn-in is under way for seconds, and is interrupted several times."""
    monkeypatch.setattr(Pace, "advance", lambda pace, most=1: pace._ensemble.advance(1) or 1)
    monkeypatch.setattr(burn_in, "RELAXATIONS", 100.0)
    monkeypatch.setattr(engine, "FRAME_SECONDS", 0.001)
    state = live._state
    for _ in range(4):
        state.running = True
        seen = live.trace
        assert eventually(lambda seen=seen: live.trace is not seen)
        if interrupt == "pause":
            state.running = False
            assert live.wait(PATIENCE)
        else:
            live.reset()
    assert not live._ensembles[1].settled, "the test interrupted nothing"
    state.running = True
    assert eventually(lambda: live._ensembles[1].settled and live.settling == 1.0)
    ensembles = live._ensembles[1]
    magnet = state.magnet
    assert burn_in_of(ensembles) == math.ceil(100.0 * relaxation_time(magnet) / ensembles._bulk.dt)


def test_nothing_is_read_off_before_the_start_is_forgotten(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "READING_SECONDS", 0.0)
    monkeypatch.setattr(burn_in, "RELAXATIONS", 1e6)
    shares: list[float] = []
    live.observe(lambda change: shares.append(change.new), "settling")
    live._state.running = True
    assert eventually(lambda: len(shares) > 5)
    assert live.trace is not None, "the tracers move meanwhile"
    assert live.reading is None
    assert shares == sorted(shares)
    assert shares[-1] < 1.0


def test_a_burn_in_that_takes_too_long_is_announced_and_ends_with_the_idle_stop(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SPEED_SECONDS", 0.2)
    monkeypatch.setattr(engine, "IDLE_SECONDS", 1.0)
    state = live._state
    assert state.apply(Snapshot(magnet=Macrospin(alpha=3e-4, nu=1e4, delta=1e-4, theta=0.6)))
    assert state.configure(scheme="euler")
    messages: list[str] = []
    state.observe(lambda change: messages.append(change.new), "simulation_message")
    state.running = True
    assert eventually(lambda: not state.running)
    assert [text.split()[:3] for text in messages] == [
        ["Settling", "takes", "more"],
        ["The", "simulation", "paused"],
    ]
    assert "Möbius" in messages[0]


def test_what_a_superseded_job_leaves_behind_is_not_used(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reset while the old job still makes its ensembles: that one arrives late, and must not be taken."""
    making, go_on = threading.Event(), threading.Event()
    made: list[workings.LiveEnsembles] = []

    class Slow(workings.LiveEnsembles):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            made.append(self)
            if len(made) == 1:
                making.set()
                go_on.wait(10)

    monkeypatch.setattr(engine, "LiveEnsembles", Slow)
    live._state.running = True
    assert making.wait(PATIENCE)
    live.reset()
    go_on.set()
    assert eventually(lambda: live.reading is not None)
    assert len(made) == 2
    assert live._ensembles[1] is made[1]


@pytest.mark.parametrize("trajectories", [4, 256])
def test_the_fluctuation_is_compared_at_a_fixed_time(trajectories: int) -> None:
    ensembles = settle(ensembles_of(trajectories=trajectories))
    assert ensembles.comparison_due
    ensembles.compare()
    assert not ensembles.comparison_due
    assert ensembles.reading().fluctuation is None
    enough = ensembles._spread.steps * -(-64 // trajectories)
    ensembles._spread.advance(enough)
    found = ensembles.reading().fluctuation
    exact = sw.steady_state(ensembles._bulk.magnet).finite_time_variance(found.tau)
    assert found.exact == pytest.approx(float(exact), rel=1e-6)
    assert found.tau == pytest.approx(20.0 * relaxation_time(ensembles._bulk.magnet), abs=ensembles._bulk.dt)
    # 64 or 256 samples; |z| < 5 and a fixed seed.
    assert abs(found.z) < 5.0
    # More stretches of the same length: the estimate is renewed, τ and the exact value stay.
    ensembles._spread.advance(3 * enough)
    later = ensembles.reading().fluctuation
    assert (later.tau, later.exact) == (found.tau, found.exact)
    assert later.simulated.stderr < found.simulated.stderr


def test_an_observer_that_fails_is_a_message_and_ends_the_run(live: LiveSimulation) -> None:
    def draw(_change: object) -> None:
        raise RuntimeError("no canvas")

    live.observe(draw, "trace")
    live._state.running = True
    assert eventually(lambda: not live._state.running)
    assert live._state.simulation_message == "The simulation stopped: no canvas"


class Clock:
    """Counts work instead of time: every step of a trajectory takes ``step`` seconds."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Work of each uninterrupted call of `Ensemble.advance`, in seconds of this clock."""
        calls: list[float] = []
        advance = Ensemble.advance

        def counted(ensemble: Ensemble, steps: int) -> None:
            advance(ensemble, steps)
            spent = steps * ensemble.trajectories * self.step
            self.now += spent
            calls.append(spent)

        monkeypatch.setattr(Ensemble, "advance", counted)
        monkeypatch.setattr(Pace.__init__, "__defaults__", (lambda: self.now,))
        return calls


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"scheme": "heun"},
        {"dt": 1e-5},
        {"trajectories": 65_536},
        {"trajectories": 65_536, "scheme": "heun", "dt": 1e-5},
    ],
    ids=str,
)
def test_no_slice_holds_more_work_than_it_should(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    """With the distribution too: a stretch of a few hundred trajectories is cut like everything else."""
    clock = Clock(1e-7)
    calls = clock.watch(monkeypatch)
    monkeypatch.setattr(burn_in, "RELAXATIONS", 0.01)
    ensembles = settle(ensembles_of(**settings))
    for _ in range(24):
        before = clock.now
        ensembles.advance(with_distribution=True)
        assert clock.now - before <= 1.05 * workings.SLICE_SECONDS
        if ensembles.comparison_due:
            ensembles.reading()
            ensembles.compare()
        ensembles.reading()
    assert max(calls) <= 1.05 * workings.SLICE_SECONDS
    assert ensembles._stretches is not None
    assert ensembles._stretches._ensemble.trajectories <= 256


def test_the_exact_fluctuation_is_found_in_a_thread_of_its_own(
    live: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    variance = SteadyState.finite_time_variance

    def noted(steady: SteadyState, tau: float) -> object:
        names.append(threading.current_thread().name)
        return variance(steady, tau)

    monkeypatch.setattr(SteadyState, "finite_time_variance", noted)
    live._state.running = True
    assert eventually(lambda: live.reading is not None and live.reading.fluctuation is not None)
    assert set(names) == {"slls-comparison"}


def test_a_rest_does_not_delay_a_pause(live: LiveSimulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is an hour: a pause that waited for it would never be seen."""
    monkeypatch.setattr(engine, "FRAME_SECONDS", 3600.0)
    live._state.running = True
    assert eventually(lambda: live.trace is not None)
    live._state.running = False
    assert live.wait(PATIENCE)
