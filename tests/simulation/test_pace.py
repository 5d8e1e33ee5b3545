"""Slices of work: how many steps they hold, on a clock that only work moves."""

from __future__ import annotations

import pytest

from slls_widgets.simulation.pace import Pace


class Machine:
    """An ensemble whose steps take a known time: per chunk handed over and per step."""

    def __init__(self, trajectories: int, handing: float, stepping: float) -> None:
        self.trajectories, self.handing, self.stepping = trajectories, handing, stepping
        self.now = 0.0

    def advance(self, steps: int) -> None:
        self.now += self.trajectories * (self.handing / 64 + self.stepping * steps)


def slices(machine: Machine, seconds: float = 0.02) -> list[tuple[int, float]]:
    pace = Pace(machine, seconds, clock=lambda: machine.now)
    found = []
    for _ in range(40):
        before = machine.now
        found.append((pace.advance(), machine.now - before))
    return found


@pytest.mark.parametrize("trajectories", [1, 256, 65_536])
@pytest.mark.parametrize("stepping", [1e-8, 1e-7])
def test_a_slice_fits(trajectories: int, stepping: float) -> None:
    found = slices(Machine(trajectories, 1e-6, stepping))
    assert max(spent for _, spent in found) <= 0.021
    assert found[-1][1] > 0.005


@pytest.mark.parametrize("stepping", [1e-8, 1e-7])
@pytest.mark.parametrize("handing", [1.5e-6, 3e-6])
def test_a_million_trajectories_obey_within_two_tenths_of_a_second(handing: float, stepping: float) -> None:
    found = slices(Machine(1_000_000, handing, stepping))
    # One step of them takes 0.03 s by the Möbius scheme and 0.12 s by the others.
    assert max(spent for _, spent in found) < 0.2
    # And more than half of the time goes into steps.
    steps, spent = found[-1]
    assert steps * 1_000_000 * stepping > 0.5 * spent


def test_few_steps_are_doubled_where_handing_over_takes_the_time() -> None:
    """Whatever is asked of this machine takes one second, the half of a slice."""
    machine = Machine(64, 1.0, 0.0)
    pace = Pace(machine, 2.0, clock=lambda: machine.now)
    assert [pace.advance() for _ in range(6)] == [1, 2, 4, 8, 16, 16]
    assert machine.now == 6.0
    assert [pace.advance(1), pace.advance()] == [1, 2]


def test_a_slow_machine_is_noticed_at_once() -> None:
    machine = Machine(256, 0.0, 1e-8)
    pace = Pace(machine, 0.02, clock=lambda: machine.now)
    for _ in range(5):
        pace.advance()
    machine.stepping = 1e-6
    pace.advance()
    before = machine.now
    pace.advance()
    assert machine.now - before <= 0.021


def test_no_step_is_taken_beyond_those_wanted() -> None:
    machine = Machine(16, 0.0, 1e-8)
    pace = Pace(machine, 0.02, clock=lambda: machine.now)
    assert [pace.advance(most) for most in (0, 1, 7, 1000)] == [0, 1, 7, 1000]
    assert pace.steps == 1008
    assert pace.steps_per_second == pytest.approx(1e8)


def test_a_jump_of_the_speed_costs_one_slice_at_most() -> None:
    """A first step that takes long, as compilation does, leaves the next slice as long as any."""
    machine = Machine(256, 0.0, 1e-3)
    pace = Pace(machine, 0.02, clock=lambda: machine.now)
    assert pace.advance() == 1
    machine.stepping = 1e-8
    before = machine.now
    assert pace.advance() > 1000
    assert 0.01 <= machine.now - before <= 0.02 + 1e-9
