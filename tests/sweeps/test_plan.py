"""Sweep files: what they mean, and what is said about those that mean nothing."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grids import GRID, content, plan
from hypothesis import given, settings
from hypothesis import strategies as st

from slls_widgets.sweeps import EXAMPLE, Plan, read_plan
from slls_widgets.sweeps.chunks import Chunks


def test_axes_are_what_the_file_says() -> None:
    grid = {
        "alpha": {"start": -1e-3, "stop": -10, "num": 5, "scale": "log"},
        "theta": {"start": 0, "stop": "pi/2", "num": 4},
        "delta": [0.9, 0.1],
        "nu": 3,
    }
    found = {axis.name: axis for axis in plan(grid=grid).axes}
    assert list(found) == ["nu", "delta", "theta", "alpha"]
    np.testing.assert_allclose(found["alpha"].values, [-1e-3, -1e-2, -1e-1, -1, -10], rtol=1e-14)
    assert found["theta"].values[-1] == math.pi / 2
    assert found["delta"].values.tolist() == [0.9, 0.1]
    assert found["nu"].fixed
    assert not found["delta"].fixed
    assert plan(grid=grid).dims == ("delta", "theta", "alpha")
    assert plan(grid=grid).points == 40


def test_the_example_is_a_legal_file(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(EXAMPLE)
    read = read_plan(file)
    assert read.dims == ("delta", "theta", "alpha")
    assert read.simulation is None
    # The lines that are commented out are legal as well.
    file.write_text(re.sub(r"^# (?=\[simulation\]|\w+ = )", "", EXAMPLE, flags=re.MULTILINE))
    assert read_plan(file).simulation is not None


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_bytes(EXAMPLE.encode("utf-8-sig"))
    marked = read_plan(file)
    file.write_text(EXAMPLE)
    assert marked.wording() == read_plan(file).wording()


def test_a_plan_is_made_again_from_its_wording() -> None:
    for changes in ({}, {"simulation": {"trajectories": 8}}, {"grid": {**GRID, "delta": [3, 0.5]}}):
        made = plan(**changes)
        assert Plan.of_wording(made.wording()).wording() == made.wording()


@pytest.mark.parametrize("text", ["pi/2", " 0.5pi ", "2*pi/4", "+1 * pi / 2", ".5 pi"])
def test_a_right_angle_in_words_is_exact(text: str) -> None:
    assert plan(grid={**GRID, "theta": text}).axes[2].values == [math.pi / 2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grid": 3}, "grid must be a table; got 3"),
        ({"gird": {}}, "gird is not known (did you mean grid?)"),
        ({"exact": None}, "exact must be a table"),
        ({"grid": {**GRID, "gamma": 1}}, "grid.gamma is not known"),
        ({"grid": {**GRID, "alfa": 1}}, "did you mean alpha?"),
        ({"grid": {"alpha": 1, "nu": 1, "delta": 1}}, "grid.theta is missing (angle between P and H)"),
        ({"grid": {**GRID, "alpha_nu": 3}}, "exactly one of nu and alpha_nu"),
        ({"grid": {**GRID, "nu": 0}}, "grid.nu must be > 0 (field over temperature); got 0.0"),
        ({"grid": {**GRID, "nu": [1, -2]}}, "grid.nu must be > 0"),
        ({"grid": {**GRID, "nu": True}}, "grid.nu must be a finite number"),
        ({"grid": {**GRID, "nu": 10**400}}, "grid.nu must be a finite"),
        ({"grid": {**GRID, "theta": 4}}, "grid.theta must be in [0, pi]"),
        ({"grid": {**GRID, "theta": "90 deg"}}, "grid.theta must be a finite number (or a multiple of pi"),
        ({"grid": {**GRID, "theta": "pi/0"}}, "grid.theta must be a finite number"),
        ({"grid": {**GRID, "delta": []}}, "grid.delta must list 1 to"),
        ({"grid": {**GRID, "delta": [0.5, "x"]}}, "grid.delta[1] must be a finite number"),
        ({"exact": {"quantities": ["Delta_P_tau"]}}, "add a table [simulation] with Delta_P"),
        (
            {"exact": {"quantities": ["Delta_P_tau"]}, "simulation": {"quantities": ["S_P"]}},
            "Delta_P_tau belongs to the time of a simulation",
        ),
        ({"grid": {**GRID, "delta": [0.5, 0.5]}}, "grid.delta must not hold a value twice; got 0.5"),
        ({"grid": {**GRID, "alpha": {"start": 0, "stop": 1}}}, "grid.alpha.num is missing"),
        ({"grid": {**GRID, "alpha": {"start": 0, "stop": 1, "nun": 3}}}, "(is nun meant to be it?)"),
        (
            {"grid": {**GRID, "alpha": {"start": 0, "stop": 1, "num": 0}}},
            "grid.alpha.num must be a whole number",
        ),
        ({"grid": {**GRID, "alpha": {"start": 0, "stop": 1, "num": 1}}}, "holds one value"),
        ({"grid": {**GRID, "alpha": {"start": 1, "stop": 1, "num": 2}}}, "must not hold a value twice"),
        (
            {"grid": {**GRID, "alpha": {"start": 0, "stop": 1, "num": 2, "scale": "log"}}},
            "of one sign, not 0",
        ),
        (
            {"grid": {**GRID, "alpha": {"start": 0, "stop": 1, "num": 2, "scale": "lin"}}},
            "did you mean linear?",
        ),
        (
            {"grid": {**GRID, "alpha": {"start": -1e308, "stop": 1e308, "num": 2}}},
            "too far for double precision",
        ),
        ({"exact": {"tol": 0}}, "exact.tol must lie in [1e-13, 0.1]"),
        ({"exact": {"quantities": []}}, "exact.quantities must be a list of some of S_P"),
        ({"exact": {"quantities": ["S_p"]}}, "did you mean S_P?"),
        ({"exact": {"quantities": ["S_P", "S_P"]}}, "names S_P twice"),
        ({"exact": {"errors": 1}}, "exact.errors must be true or false; got 1"),
        ({"simulation": {"trajectories": 2.5}}, "simulation.trajectories must be a whole number from 4"),
        ({"simulation": {"scheme": "milstein"}}, "simulation.scheme must be one of moebius, euler, heun"),
        ({"simulation": {"seed": -1}}, "simulation.seed must be a whole number from 0"),
        ({"simulation": {"duration": -1}}, "simulation.duration must lie in"),
        ({"title": "two\nlines"}, "title must be text on one line"),
        ({"chunk_points": 0}, "chunk_points must be a whole number from 1"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_complaints_name_the_key_the_value_and_what_is_legal(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        plan(**changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_nothing_to_compute_and_too_much() -> None:
    with pytest.raises(ValueError, match=r"add a table \[exact\] or \[simulation\]"):
        Plan.of({"grid": GRID})
    long = {"start": 1, "stop": 2, "num": 1_000_000}
    with pytest.raises(ValueError, match="split the sweep"):
        plan(grid={**GRID, "nu": long, "delta": long}, chunk_points=65_536)
    with pytest.raises(ValueError, match=r"cuts the grid into .* chunks"):
        plan(grid={**GRID, "nu": long}, chunk_points=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"grid = ", "is not TOML: Invalid value"),
        (b"\xff\xfe", "UTF-16 or UTF-32 text, as > writes it in some shells; save it as UTF-8"),
        (EXAMPLE.encode("utf-16"), "Out-File -Encoding utf8 sweep.toml"),
        (EXAMPLE.encode("utf-16-be"), "UTF-16 or UTF-32 text"),
        (EXAMPLE.encode("utf-32"), "UTF-16 or UTF-32 text"),
        (
            "# 1\n# caf\xe9".encode("latin-1"),
            "byte 0xe9 in line 2 (Latin-1, Windows-1252?); save it as UTF-8",
        ),
        (b"a = " + b"[" * 100_000, "nests its tables too deeply"),
        (b"[grid]\nnu = 1979-05-27", "grid.nu must be a finite number"),
        (b"", "grid is missing"),
    ],
)
def test_files_that_are_no_sweep(text: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_bytes(text)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_plan(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot read .*No such file"):
        read_plan(tmp_path / "sweep.toml")
    with pytest.raises(ValueError, match=r"cannot read .*directory"):
        read_plan(tmp_path)


def test_the_wording_tells_plans_apart() -> None:
    assert plan().wording() == Plan.of(content(title="other words")).wording()
    assert plan().wording() != plan(grid={**GRID, "nu": 2.5}).wording()


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), max_size=4), st.integers(1, 40))
def test_chunks_tile_the_grid(shape: list[int], points: int) -> None:
    chunks = Chunks.of(tuple(shape), points)
    numbers = [chunks.points(k) for k in range(len(chunks))]
    assert sorted(np.concatenate(numbers)) == list(range(math.prod(shape)))
    whole = np.arange(math.prod(shape)).reshape(shape)
    for k, found in enumerate(numbers):
        assert found.size == chunks.size(k) <= points
        np.testing.assert_array_equal(whole[chunks.region(k)].ravel(), found)
