"""The command line: one-line errors with exit code 2, numbers that agree with the library."""

from __future__ import annotations

import csv
import json
import logging
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import PATIENCE

import slls_widgets as sw
from slls_widgets import cli
from slls_widgets._jit import kernel
from slls_widgets.cli import check, compiling, info, main, simulate, solve, sweep

POINT = ["--alpha", "0.5", "--nu", "10", "--delta", "0.866", "--theta", "0.7"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(list(arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    shown = capsys.readouterr()
    # Only where nothing has been compiled yet; it has a test of its own.
    return code, shown.out, shown.err.replace(compiling.WORDS, "")


@pytest.mark.parametrize("command", ["", "app", "lab", "solve", "check", "simulate", "sweep", "info"])
def test_help_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *command.split(), "--help")
    assert code == 0
    assert "examples:" in out
    assert f"slls {command}".strip() in out


def test_solve_prints_what_the_library_computes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "solve", *POINT, "--json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    state = sw.steady_state(sw.Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7), tol=1e-8)
    for name in ("S_P", "S_B", "Sigma", "Delta_P"):
        assert shown["values"][name] == float(getattr(state, name))
        assert 0 <= shown["errors"][name] < 1e-6
    assert shown["phase"] == "refrigerator"
    assert shown["certificate"] <= 1e-8


def test_solve_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "solve", "--alpha", "-0.3", "--alpha-nu", "3")
    assert code == 0
    assert "nu = 10" in out
    assert "heat pump" in out
    assert "eta T" in out


def test_a_written_state_is_proved_and_a_changed_one_is_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "point.json"
    assert run(capsys, "solve", "--alpha", "0.5", "--nu", "2", "--write", str(path))[0] == 0
    code, out, err = run(capsys, "check", str(path))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "Proved: every value is within its claimed error of the exact one."
    code, out, _ = run(capsys, "check", str(path), "--json")
    shown = json.loads(out)
    assert (code, shown["proved"]) == (0, True)
    assert 0 < shown["claims"]["S_P"]["proved"] <= shown["claims"]["S_P"]["error"]

    content = json.loads(path.read_text())
    content["claims"]["S_B"]["value"] *= 1.001
    path.write_text(json.dumps(content))
    code, out, err = run(capsys, "check", str(path))
    assert (code, err) == (1, "")
    assert out.splitlines()[-1].startswith("Not proved: S_B within ")


def test_small_negative_numbers_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "solve", "--alpha", "-1e-3", "--nu", "2", "--json")
    assert code == 0
    assert json.loads(out)["parameters"]["alpha"] == -1e-3


def test_simulate_agrees_with_solve(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "solve", *POINT, "--json")
    exact = json.loads(out)["values"]
    code, out, _ = run(capsys, "simulate", *POINT, "--trajectories", "64", "--duration", "5", "--json")
    assert code == 0
    shown = json.loads(out)
    for name in ("S_P", "S_B", "Sigma"):
        # Fixed seed; five standard errors would alarm falsely once in 600 000 seeds.
        assert abs(shown["values"][name] - exact[name]) < 5 * shown["standard_errors"][name]


def test_simulate_says_what_its_fluctuation_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "simulate", *POINT, "--trajectories", "64", "--duration", "5", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["tau"] == found["duration"] == pytest.approx(5.0)
    assert found["burn_in"] > 0.0
    spread, error = found["values"]["Delta_P"], found["standard_errors"]["Delta_P"]
    logarithm = math.log(spread / found["exact"]["Delta_P"])
    assert found["z"]["Delta_P"] == pytest.approx(logarithm * spread / error)
    # One number at the default seed: |z| > 5 once in two million.
    assert abs(found["z"]["Delta_P"]) < 5.0
    assert found["z"]["S_P"] == pytest.approx(
        (found["values"]["S_P"] - found["exact"]["S_P"]) / found["standard_errors"]["S_P"]
    )
    _, out, _ = run(capsys, "simulate", *POINT, "--trajectories", "64", "--duration", "5")
    assert "is that of the time tau = 5." in out
    for name, exact in found["exact"].items():
        line = next(line for line in out.splitlines() if line.startswith(f"  {name} "))
        assert float(line.split()[4]) == pytest.approx(exact, rel=1e-5)
        assert float(line.split()[5]) == pytest.approx(found["z"][name], abs=0.06)


def test_simulate_a_single_short_trajectory(capsys: pytest.CaptureFixture[str]) -> None:
    """It has a rate and no error bar, which JSON has no number for."""
    code, out, _ = run(capsys, "simulate", *POINT, "--trajectories", "1", "--duration", "1", "--json")
    assert code == 0
    found = json.loads(out)
    assert math.isfinite(found["values"]["S_P"])
    assert found["standard_errors"]["S_P"] is found["z"]["Delta_P"] is None
    code, out, _ = run(capsys, "simulate", *POINT, "--trajectories", "1", "--duration", "1")
    assert code == 0
    assert "+- nan" in out


def test_simulate_at_equilibrium(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "simulate", "--alpha", "0", "--nu", "2", "--duration", "1", "--json")
    assert code == 0
    assert json.loads(out)["z"]["Delta_P"] == 0.0


def test_info_names_the_versions(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "info", "--json")
    assert code == 0
    shown = json.loads(out)
    assert shown["versions"]["slls-widgets"] == sw.__version__
    assert shown["threads"] >= 1


@pytest.mark.parametrize("place", ["usual", "empty", "impossible"])
def test_info_names_the_machine_code_that_is_used(place: str, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    changed = {
        "usual": {},
        "empty": {"NUMBA_CACHE_DIR": str(tmp_path / "given")},
        "impossible": {"NUMBA_CACHE_DIR": str(blocked / "given"), "XDG_CACHE_HOME": str(blocked / "own")},
    }[place]
    command = [sys.executable, "-m", "slls_widgets", "info", "--json"]
    done = subprocess.run(command, env={**os.environ, **changed}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    shown = json.loads(done.stdout)
    if "NUMBA_DISABLE_JIT" in shown["machine_code"]:
        pytest.skip("nothing is compiled")
    if place == "usual":
        assert shown["machine_code"].partition(":")[0] in ("warm", "cold")
        assert all(list(Path(folder).glob("slls-*/*.nbc")) for folder in shown["read_from"])
        assert shown["read_from"] or shown["machine_code"].startswith("cold")
        return
    assert shown["read_from"] == []
    words = {
        "empty": f"cold: slls warm-up fills it, in {tmp_path / 'given'}",
        "impossible": f"none: machine code cannot be kept ({blocked / 'given'}: Not a directory; "
        f"{blocked / 'own' / 'slls-widgets'}: Not a directory), so each process compiles it, "
        "for about a minute; set NUMBA_CACHE_DIR to a folder that can be written to",
    }
    assert shown["machine_code"] == words[place]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "command"),
        (["dance"], "dance"),
        (["solve"], "--alpha"),
        (["solve", "--alpha", "0.5"], "--nu"),
        (["solve", "--alpha", "much", "--nu", "1"], "much"),
        (["solve", "--alpha", "0.5", "--nu", "0"], "nu must be > 0"),
        (["solve", "--alpha", "nan", "--nu", "1"], "alpha must be a finite real number"),
        (["solve", "--alpha", "0", "--alpha-nu", "3"], "alpha must not be 0"),
        (["solve", "--alpha", "1", "--nu", "1", "--theta", "4"], "theta must lie in"),
        (["solve", "--alpha", "1", "--nu", "1", "--delta", "-1"], "delta must be > 0"),
        (["simulate", *POINT, "--scheme", "guess"], "guess"),
        (["simulate", *POINT, "--trajectories", "0"], "trajectories"),
        (["simulate", *POINT, "--trajectories", "1e10"], "trajectories"),
        (["simulate", *POINT, "--duration", "inf"], "duration must be"),
        (["simulate", *POINT, "--duration", "-1"], "duration must be"),
        (["simulate", *POINT, "--dt", "nan"], "dt must be"),
        (["simulate", *POINT, "--dt", "1e308"], "dt must be"),
        (["simulate", *POINT, "--seed", "-1"], "seed must be"),
        (["simulate", *POINT, "--threads", "0"], "threads must be"),
        (["check"], "file"),
        (["check", "nowhere.json"], "nowhere.json"),
        (["check", __file__], "is no state file"),
        (["solve", *POINT, "--write", "nowhere/point.json"], "nowhere/point.json"),
        (["app", "--port", "99999"], "65535"),
        (["app", "--port", "http"], "http"),
        (["app", "--pool", "-1"], "whole number"),
        (["app", "--pool-size", "65"], "0 to 64"),
        (["app", "--base-url", "/a b/"], "/a b/"),
        (["app", "--public", "--idle-minutes", "5"], "at least 30"),
        (["app", "--embed", "example.org"], "https://example.org"),
        (["app", "--notebook", "nowhere.ipynb"], "nowhere.ipynb"),
        (["app", "--host", "no-such-host.invalid", "--port", "0"], "no-such-host.invalid"),
    ],
    ids=" ".join,
)
def test_errors_take_one_line_and_exit_with_two(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("slls")
    assert words in err


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["solve", "app", "--alpha", "--nu", "--theta", "--json", "--port", "-1e5", "0"]),
            st.floats().map(repr),
            st.text(max_size=8),
        ),
        min_size=1,
        max_size=7,
    ).filter(lambda tokens: not {"app", "lab", "info", "-h", "--help", "--version"} & set(tokens[:1]))
)
def test_no_arguments_whatever_show_a_traceback(arguments: list[str]) -> None:
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    assert code in (0, 2)
    assert code == 0 or len(err.getvalue().splitlines()) >= 1
    assert "Traceback" not in err.getvalue()


def test_the_help_says_what_every_option_is() -> None:
    commands = next(action for action in cli._parser()._actions if action.dest == "command").choices
    for name, parser in commands.items():
        for action in parser._actions:
            # A default in brackets alone says nothing; "=" begins argparse's mark of an option left out.
            assert re.match(r"[a-z=]", action.help or ""), f"slls {name} {action.option_strings}"


@pytest.mark.parametrize("where", [["--debug", "solve"], ["solve", "--debug"]], ids=" ".join)
def test_debug_shows_the_traceback_and_exits_with_two(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *where, "--alpha", "1", "--nu", "0")
    assert (code, out) == (2, "")
    assert err.startswith("Traceback")
    assert "ValueError: nu must be > 0" in err


def test_compilation_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    @kernel(cache=False)
    def twice(x: float) -> float:
        return 2 * x

    if not hasattr(twice, "signatures"):
        pytest.skip("nothing is compiled with NUMBA_DISABLE_JIT=1")
    with compiling.announced():
        assert capsys.readouterr().err == ""
        twice(1.0)
        twice(1)  # another type, compiled again
        assert capsys.readouterr().err == compiling.WORDS
    with compiling.announced():
        twice(1.0)
    assert capsys.readouterr().err == ""


def test_machine_code_that_cannot_be_kept_is_told_in_one_line_by_commands_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("slls_widgets")
    log.warning("not for a library's output")
    with compiling.announced():
        log.warning("machine code cannot be kept")
    log.warning("not for a library's output")
    assert capsys.readouterr().err == "machine code cannot be kept\n"


def test_a_command_compiles_before_others_need_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or says why not; it goes on only if the solvers run."""
    ran: list[list[str]] = []
    code = 0

    def record(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(command)
        return subprocess.CompletedProcess(command, code)

    def nowhere() -> Path:
        raise compiling.NotKept("machine code cannot be kept")

    monkeypatch.setattr(subprocess, "run", record)
    monkeypatch.setattr(compiling, "is_cold", lambda: False)
    compiling.prepare()
    assert ran == []
    monkeypatch.setattr(compiling, "is_cold", lambda: True)
    compiling.prepare()
    assert [command[1:] for command in ran] == [["-m", "slls_widgets", "warm-up"]]
    code = 1
    status, out, err = run(capsys, "app", "--port", "0", "--no-browser")
    assert (status, out) == (2, "")
    assert err == "slls app: the solvers do not run: slls warm-up ends with 1\n"
    monkeypatch.setattr(compiling, "place_to_write", nowhere)
    compiling.prepare()
    assert len(ran) == 2
    assert capsys.readouterr().err == "machine code cannot be kept\n"


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_solve_needs_no_disk() -> None:
    """No file can grow: a disk that is full."""
    import resource

    done = subprocess.run(
        [sys.executable, "-m", "slls_widgets", "solve", *POINT],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    assert done.returncode == 0, done.stderr
    assert "S_P" in done.stdout
    # Where nothing has been compiled yet, that it is, and that it is not kept.
    assert done.stderr.count("\n") <= 2


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.2, 0.3, 0.5])
def test_ctrl_c_while_the_program_loads_shows_no_traceback(delay: float) -> None:
    code = "import sys; from slls_widgets.__main__ import main; print('on', flush=True); sys.exit(main())"
    program = subprocess.Popen(
        [sys.executable, "-c", code, "simulate", *POINT, "--duration", "1e7"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "on\n"
    time.sleep(delay)
    program.send_signal(signal.SIGINT)
    _, err = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_that_a_library_swallows_ends_the_program_all_the_same() -> None:
    code = """
import os, signal, sys
import slls_widgets.cli.solve as solve
from slls_widgets.__main__ import main

def load(options):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        pass
    return 0

solve.run = load
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
    command = [sys.executable, "-c", code, "solve", *POINT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_the_arguments_are_read_shows_no_traceback() -> None:
    code = """
import os, signal, sys
import slls_widgets.cli as cli
from slls_widgets.__main__ import main
parser = cli._parser
cli._parser = lambda: os.kill(os.getpid(), signal.SIGINT) or parser()
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
    program = subprocess.run(
        [sys.executable, "-c", code, "info"], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (program.returncode, program.stdout, program.stderr) == (130, "", "")


def test_a_taken_port_ends_the_app_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, err = run(capsys, "app", "--host", "127.0.0.1", "--port", port)
    assert code == 2
    assert err.count("\n") == 1
    assert port in err


def test_a_reader_who_stops_early_is_no_error() -> None:
    command = f"{sys.executable} -m slls_widgets info | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_the_app_and_its_kernels(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as output:
        app = subprocess.Popen(
            [sys.executable, "-m", "slls_widgets", "app", "--port", "0", "--no-browser"],
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    deadline = time.monotonic() + PATIENCE
    while "The app is at" not in log.read_text():
        assert app.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the app did not start"
        time.sleep(0.2)
    # Long enough for the first kernel to be there.
    time.sleep(2)
    app.send_signal(signal.SIGINT)
    assert app.wait(PATIENCE) == 0
    assert "Traceback" not in log.read_text()


def test_the_examples_of_the_help_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (solve, check, simulate, sweep, info):
        lines = re.findall(r"^  slls (.*?)(?:   .*)?$", module.EXAMPLES, re.MULTILINE)
        assert lines
        for line in lines:
            words, _, target = line.partition(" > ")
            if "--scheduler" in words:  # tests/sweeps/test_cluster.py has one
                continue
            code, out, err = run(capsys, *words.split())
            assert (code, err) == (0, ""), line
            assert out
            if target:
                (tmp_path / target).write_text(out)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_prints_what_was_simulated_until_then() -> None:
    # Pressed once more has been simulated than what is to forget the start.
    code = """
import os, signal, sys
from slls_widgets.__main__ import main
from slls_widgets.cli.printing import ProgressLine
ProgressLine.show = lambda self, done: done > 1e-5 and os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
    command = [sys.executable, "-c", code, "simulate", *POINT, "--json", "--duration", "1e7"]
    program = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert program.returncode == 130
    assert program.stderr.startswith("slls simulate: interrupted at ")
    shown = json.loads(program.stdout)
    assert not shown["complete"]
    assert 0 < shown["duration"] < 1e7
    assert shown["standard_errors"]["S_P"] > 0


@pytest.mark.parametrize(
    ("text", "theta"),
    [
        ("pi/4", math.pi / 4),
        ("pi", math.pi),
        ("0.25pi", math.pi / 4),
        ("45deg", math.pi / 4),
        ("45°", math.pi / 4),
    ],
)
def test_angles_may_be_multiples_of_pi_or_degrees(
    capsys: pytest.CaptureFixture[str], text: str, theta: float
) -> None:
    code, out, _ = run(capsys, "solve", "--alpha", "0.5", "--nu", "2", "--theta", text, "--json")
    assert code == 0
    assert json.loads(out)["parameters"]["theta"] == theta


def test_a_device_is_given_in_its_own_units(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--diameter", "60nm", "--thickness", "2nm", "--temperature", "77 K", "--polarisation", "0.5"]
    point = ["--material", "permalloy", "--field", "200mT", "--current", "-80µA", "--theta", "25deg"]
    code, out, _ = run(capsys, "solve", *point, *sizes, "--json")
    assert code == 0
    shown = json.loads(out)
    device = sw.Device(
        material="permalloy", field_si=0.2, current_si=-8e-5, theta=math.radians(25), diameter_si=6e-8,
        thickness_si=2e-9, temperature_si=77.0, polarisation=0.5,
    )  # fmt: skip
    assert shown["device"] == asdict(device)
    assert shown["parameters"]["alpha"] == device.macrospin().alpha
    assert shown["si"]["S_P"] == device.rate_si * shown["values"]["S_P"]
    code, out, _ = run(capsys, "solve", *point, *sizes)
    assert code == 0
    assert f"S_P      {shown['si']['S_P']:.6e}"[:-5] in out
    code, out, _ = run(
        capsys, "simulate", *point, *sizes, "--trajectories", "16", "--duration", "0.01", "--json"
    )
    assert json.loads(out)["parameters"] == shown["parameters"]


def test_a_map_is_written_as_a_table_and_as_netcdf(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table, netcdf = tmp_path / "map.csv", tmp_path / "map.nc"
    size = ["--alphas", "6", "--thetas", "3", "--theta-max", "60deg", "--alpha-max", "1.5"]
    code, out, _ = run(capsys, "map", "--alpha-nu", "3", *size, "--csv", str(table), "--nc", str(netcdf))
    assert code == 0
    assert out.startswith("6 x 3 points, largest error ")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 18
    with xr.open_dataset(netcdf) as grid:
        for row in rows[::5]:
            alpha, theta = float(row["alpha"]), float(row["theta"])
            state = sw.steady_state(sw.Macrospin.at_torque(alpha, 3.0, 3**0.5 / 2, theta))
            assert float(row["S_B"]) == pytest.approx(state.S_B, rel=1e-6)
            assert row["phase"] == state.phase
            assert float(grid.S_B.sel(alpha=alpha, theta=theta)) == float(row["S_B"])
    assert theta == pytest.approx(math.pi / 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nu", "3"], "say where to write: --csv FILE, --nc FILE, or both"),
        (["--nu", "3", "--alpha-max", "-1", "--csv", "x"], "--alpha-max must be > 0 and finite; got -1.0"),
        (["--nu", "3", "--theta-max", "0", "--csv", "x"], "--theta-max must be > 0 and at most pi; got 0.0"),
        (["--nu", "3", "--theta-max", "nan", "--csv", "x"], "--theta-max must be > 0"),
        (["--alpha-nu", "3", "--alphas", "1", "--csv", "x"], "--alphas: expected a whole number from 2"),
    ],
)
def test_a_map_that_cannot_be_made_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    code, out, complaint = run(capsys, "map", *arguments)
    assert (code, out) == (2, "")
    assert words in complaint


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--field", "0.2"], "--field: expected a number like 0.2T; got '0.2'"),
        (["--current", "80mT"], "--current: expected a number like 80uA; got '80mT'"),
        (["--damping", "1u"], "--damping: expected a number like 0.008; got '1u'"),
        (["--field", "1T", "--alpha", "0.5"], "leave out --alpha, or --material"),
        (["--field", "-1T"], "field_si must be > 0; got -1.0"),
        (["--theta", "1"], "give --alpha and --nu (or --alpha-nu), or a device"),
    ],
)
def test_what_is_no_device_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    code, out, complaint = run(capsys, "solve", *arguments)
    assert (code, out) == (2, "")
    assert words in complaint
    assert complaint.count("\n") == 1


def test_an_angle_that_is_none_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, complaint = run(capsys, "solve", "--alpha", "0.5", "--nu", "2", "--theta", "pie")
    assert code == 2
    assert "--theta: expected a number, pi/4 or 25deg; got 'pie'" in complaint


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no root")
def test_lab_as_root_names_the_way_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    code, _, complaint = run(capsys, "lab", "--port", "0")
    assert code == 2
    assert "slls lab -- --allow-root" in complaint


def test_lab_asks_nothing_on_first_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from jupyterlab.labapp import LabApp
    from jupyterlab_server.config import get_static_page_config

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(LabApp, "launch_instance", lambda arguments: None)
    assert main(["lab", "--port", "0", "--no-browser"]) == 0
    disabled = get_static_page_config(level="all")["disabledExtensions"]
    assert disabled["@jupyterlab/apputils-extension:announcements"] is True
    # Whoever has settings of their own keeps them.
    assert os.environ["JUPYTER_CONFIG_PATH"].endswith(f"{os.pathsep}{tmp_path}")


def test_a_dry_run_of_one_point_states_no_error_of_its_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "one.toml"
    file.write_text("[grid]\nalpha = 0.5\nnu = 2\ndelta = 1\ntheta = 0\n[exact]\n")
    code, out, _ = run(capsys, "sweep", str(file), "--dry-run")
    assert code == 0
    assert "ms per point on one processor (1 point tried, 0 failed)" in out
    assert "nan" not in out
    assert "+-" not in out
