"""Thousands of generated sweep files and arguments: a number or one clear line, never a traceback."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from grids import content

from slls_widgets.cli import main
from slls_widgets.sweeps import EXAMPLE, Plan, read_plan

#: Values that stand where something else should, in TOML's own types.
STRANGE: list[Any] = [
    None, True, False, 0, -1, 1e308, -1e308, 5e-324, 10**400, float("nan"), float("inf"), float("-inf"),
    "", "pi", "-pi/0", "π/2", "1e3", "x" * 1000, "a\nb", "\x00", [], [[]], [1, "a"], [float("nan")],
    [0.1, 0.1], {}, {"start": 1}, {"start": 0, "stop": 1, "num": -3}, {"start": 0, "stop": 1, "num": 10**12},
    {"start": "pi", "stop": 1, "num": 3, "scale": 7}, {"start": 1, "stop": 1, "num": 1, "x": 0}, 2.5, "S_P",
]  # fmt: skip
KEYS = ["grid", "exact", "simulation", "title", "chunk_points", "alpha", "nu", "alpha_nu", "delta", "theta"]
KEYS += [
    "quantities",
    "tol",
    "errors",
    "trajectories",
    "duration",
    "dt",
    "scheme",
    "seed",
    "max_steps",
    "",
    "é",
]


def is_clear(message: str) -> None:
    assert message
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 600


def check(make: Callable[[], Plan]) -> bool:
    """Whether the plan was refused; with a clear message if so, and countable if not."""
    try:
        plan = make()
    except ValueError as error:
        is_clear(str(error))
        return True
    assert 1 <= plan.points <= 10**10
    assert 1 <= len(plan.chunks) <= 10**6
    return False


def strange_content(choose: random.Random) -> dict[str, Any]:
    """A legal file with one to three things changed, added or taken away."""
    made = content(simulation={"trajectories": 16, "duration": 1.0, "scheme": "heun"})
    made["grid"] = dict(made["grid"])
    for _ in range(choose.randint(1, 3)):
        tables = [made, *(value for value in made.values() if isinstance(value, dict))]
        table = choose.choice(tables)
        key = choose.choice(KEYS + list(table) * 3)
        if choose.random() < 0.2:
            table.pop(key, None)
        else:
            table[key] = choose.choice(STRANGE)
    return made


def test_9000_contents_with_something_strange_in_them() -> None:
    choose = random.Random(1)
    refused = sum(check(lambda: Plan.of(strange_content(choose))) for _ in range(9000))
    assert 5400 < refused < 9000


def test_1000_files_with_broken_text(tmp_path: Path) -> None:
    choose, file = random.Random(2), tmp_path / "sweep.toml"
    refused = 0
    for _ in range(1000):
        text = bytearray(EXAMPLE.encode())
        for _ in range(choose.randint(1, 4)):
            place = choose.randrange(len(text))
            length = choose.choice([0, 1, 1, 5, 40])
            text[place : place + length] = choose.choice(
                [b"", b"=", b"[", b'"', b"]]", b"\xff", b"1e999", b"\n"]
            )
        file.write_bytes(bytes(text))
        refused += check(lambda: read_plan(file))
    assert 200 < refused < 1000


@pytest.mark.parametrize("seed", range(4))
def test_1000_argument_lists_of_sweep(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text("[grid]\nalpha = 1\n")
    choose = random.Random(3 + seed)
    words = [
        "bad.toml",
        "none.toml",
        ".",
        "--out",
        "--workers",
        "--scheduler",
        "--dry-run",
        "--quiet",
        "--retry-failed",
        "--check",
    ]
    words += [
        "0",
        "-1",
        "1e9",
        "9" * 5000,
        "",
        "é",
        "\x00",
        "r.zarr",
        "--",
        "--worker",
        "--workers=2",
        "--out=",
        "nan",
    ]
    for _ in range(250):
        arguments = ["sweep", *(choose.choice(words) for _ in range(choose.randint(0, 5)))]
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = main(arguments)
            except SystemExit as stop:
                code = int(stop.code or 0)
        # None of these files is a sweep: nothing may succeed.
        assert code == 2, arguments
        assert out.getvalue() == ""
        assert err.getvalue().startswith("slls")
        is_clear(err.getvalue()[:-1])
