"""Ten thousand bad inputs of each kind: taken as the right legal numbers, or refused in one clear sentence.

Query strings, arguments and devices are here, sweep files in `sweeps/test_bad_files.py`. Seeds are fixed;
nothing is drawn anew from run to run.
"""

from __future__ import annotations

import contextlib
import io
import math
import random
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from slls_widgets.cli import compiling, main
from slls_widgets.explore.permalink import BadLink, from_query, to_query
from slls_widgets.explore.state import LIMITS, ExplorerState, Hold, Quantity
from slls_widgets.magnet.device import Device
from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.serving.hosting import Hosting
from slls_widgets.simulation.chunks import CHUNK
from slls_widgets.simulation.schemes import SCHEMES

QUERIES, MOVES, MAGNETS, DEVICES, COMMANDS = 10_000, 2000, 4000, 10_000, 10_000

NUMBERS = [
    *(0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 10.0, 1e-12, 1e-300, 5e-324, 1e4, 1e9, 1e300, -1e300, math.pi),
    *(1.7976931348623157e308, math.inf, -math.inf, math.nan, 2**53 + 1.0, 100.0, 100.00001, 1e-6, 9.9e-7),
]
# fmt: off
WORDS = [
    *("", " ", "nan", "inf", "-inf", "1e999", "0x10"),
    *("1_000", "１２", "٣", "--1", "1,5", "1e", "None", "True"),
    *("__import__('os').system('x')", "{{7*7}}"),
    *("<script>alert(1)</script>", "'; DROP TABLE x", "../../etc", "%00"),
    *("\x00", "\ud7ff", "𝛼", "a" * 3000, "9" * 400),
    *("alpha", "nu", "alpha_nu", "phase", "moebius", "auto", "euler"),
]
# fmt: on
NAMES = ["alpha", "nu", "delta", "theta", "hold", "map", "alpha_max", "trajectories", "dt", "scheme", "seed"]
NAMES += ["units", "rates", "Ms", "diameter", "thickness", "T", "p"]
OTHERS = ["utm", "", "__class__", "self", "theme", "template", "_xsrf", "snapshot", "αlpha"]


def value(chance: random.Random) -> str:
    """A number in some spelling, a word, or either with a character changed."""
    kind = chance.random()
    if kind < 0.35:
        return repr(chance.choice(NUMBERS))
    if kind < 0.6:
        return repr(chance.uniform(-3, 3) * 10.0 ** chance.randint(-9, 9))
    text = chance.choice(WORDS)
    if text and kind > 0.9:
        at = chance.randrange(len(text))
        text = text[:at] + chr(chance.randrange(1, 0xD7FF)) + text[at + 1 :]
    return text


def query(chance: random.Random) -> str:
    pairs = []
    for _ in range(chance.randint(0, 6)):
        name = chance.choice(NAMES if chance.random() < 0.9 else OTHERS)
        given = value(chance)
        pairs.append(f"{name}={quote_plus(given) if chance.random() < 0.7 else given}")
    return chance.choice(["", "?", "??", "&"]) + chance.choice(["&", "&&", ";"]).join(pairs)


def check(message: str, given: object) -> None:
    """A message is one sentence."""
    assert 0 < len(message) < 300, given
    assert "\n" not in message, given
    assert "Traceback" not in message, given


def test_a_query_becomes_bounded_numbers_and_words_of_a_list_or_is_refused() -> None:
    chance = random.Random(20261122)
    taken = 0
    for _ in range(QUERIES):
        text = query(chance)
        try:
            snapshot = from_query(text)
        except BadLink as error:
            check(str(error), text)
            continue
        taken += 1
        for name, (low, high) in LIMITS.items():
            number = getattr(snapshot.magnet, name)
            assert type(number) is float, text
            assert low <= number <= high, text
        assert type(snapshot.hold) is Hold
        assert type(snapshot.quantity) is Quantity
        assert 0.01 <= snapshot.alpha_max <= 100.0
        assert snapshot.settings.scheme in SCHEMES
        assert type(snapshot.settings.trajectories) is type(snapshot.settings.seed) is int
        # Everything the page shows is a number, whatever the units and the sample.
        scale, device = snapshot.scale, snapshot.device
        for shown in (scale.rate, scale.time, device.field_si, device.current_si, device.rate_si):
            assert math.isfinite(shown), text
        assert device.rate_si > 0.0, text
        assert snapshot.settings.dt is None or 0.0 < snapshot.settings.dt < math.inf
        # What was understood is written back as it was understood.
        assert from_query(to_query(snapshot)) == snapshot, text
    # The generator makes both kinds.
    assert 0.05 * QUERIES < taken < 0.95 * QUERIES


def test_a_dial_never_leaves_the_legal_range() -> None:
    chance = random.Random(7)
    state = ExplorerState()
    for _ in range(MOVES):
        name = chance.choice(list(LIMITS))
        number = chance.choice(NUMBERS) if chance.random() < 0.5 else 10.0 ** chance.uniform(-12, 12)
        before = state.snapshot
        if not state.move(**{name: number}):
            assert state.snapshot == before
            check(state.message, (name, number))
        for parameter, (low, high) in LIMITS.items():
            assert low * (1 - 1e-9) <= getattr(state.magnet, parameter) or low <= 0.0
            assert getattr(state.magnet, parameter) <= high * (1 + 1e-9)


def odd(chance: random.Random) -> object:
    """A number or something that is none."""
    kind = chance.random()
    if kind < 0.45:
        return chance.choice(NUMBERS)
    if kind < 0.8:
        return chance.uniform(-2, 2) * 10.0 ** chance.randint(-4, 4)
    return chance.choice(["1", None, [], {}, 1 + 2j, True, b"1", 10**400, object(), "inf", (1.0,)])


def refused_or(build: Callable[[], object]) -> object | None:
    try:
        return build()
    except (ValueError, TypeError) as error:
        check(str(error), "")
        return None


def test_a_macrospin_is_finite_and_legal_or_refused() -> None:
    chance = random.Random(11)
    built = 0
    for _ in range(MAGNETS):
        given = {name: odd(chance) for name in ("alpha", "nu", "delta", "theta")}
        if chance.random() < 0.5:
            given |= {"delta": 0.8, "theta": chance.uniform(0.0, math.pi)}
        magnet = refused_or(lambda given=given: Macrospin(**given))  # type: ignore[misc]
        if isinstance(magnet, Macrospin):
            built += 1
            numbers = (magnet.alpha, magnet.nu, magnet.delta, magnet.theta)
            assert all(type(number) is float and math.isfinite(number) for number in numbers), given
            assert magnet.nu > 0.0
            assert magnet.delta > 0.0
            assert 0.0 <= magnet.theta <= math.pi
    assert 0.02 * MAGNETS < built < 0.9 * MAGNETS


def reduced(device: Device) -> tuple[float, float]:
    """α = ħpI/(2eμB) and ν = μB/(k_B T) with μ = M_s πd²t/4, by logarithms, which never leave the range."""
    sizes = (
        device.magnetisation_si,
        math.pi / 4,
        device.diameter_si,
        device.diameter_si,
        device.thickness_si,
    )
    energy = sum(map(math.log, (*sizes, device.field_si)))
    thermal = math.log(1.380649e-23) + math.log(device.temperature_si)
    if device.current_si == 0.0:
        return 0.0, math.exp(energy - thermal)
    torque = math.log(1.054571817e-34 / (2 * 1.602176634e-19))
    torque += math.log(device.polarisation) + math.log(abs(device.current_si))
    return math.copysign(math.exp(torque - energy), device.current_si), math.exp(energy - thermal)


def test_a_device_gives_the_right_magnet_or_is_refused() -> None:
    chance = random.Random(13)
    usual = Device()
    names = list(usual.__dataclass_fields__)
    built = 0
    for _ in range(DEVICES):
        changed = {name: odd(chance) for name in chance.sample(names, chance.randint(1, 3))}
        device = refused_or(lambda changed=changed: Device(**changed))  # type: ignore[misc]
        if not isinstance(device, Device):
            continue
        magnet = refused_or(device.macrospin)
        if isinstance(magnet, Macrospin):
            built += 1
            alpha, nu = reduced(device)
            # Logarithms up to 1500 with 16 digits; numbers below 2.2e-308 have fewer.
            assert magnet.alpha == pytest.approx(alpha, rel=1e-11, abs=1e-315), changed
            assert magnet.nu == pytest.approx(nu, rel=1e-11, abs=1e-315), changed
            assert magnet.delta == device.gilbert_damping
            assert magnet.theta == device.theta
    assert 0.02 * DEVICES < built < 0.9 * DEVICES


# Options of commands that start a server or work long are parsed only as far as a bad one stops them.
TOKENS = {
    "solve": ["--alpha", "--nu", "--alpha-nu", "--delta", "--theta", "--tol", "--json", "--degrees", "--"],
    "simulate": [
        "--alpha",
        "--nu",
        "--trajectories",
        "--duration",
        "--dt",
        "--scheme",
        "--seed",
        "--threads",
    ],
    "app": [
        *("--port", "--pool", "--base-url", "--max-visitors", "--idle-minutes", "--embed", "--host"),
        *("--kernel-memory", "--allow-host"),
    ],
    "lab": ["--port", "--host", "--bogus"],
}


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What would be served or solved, in place of doing it."""
    seen: list[object] = []

    def solve(magnet: Macrospin, **_: object) -> None:
        seen.append(magnet)
        raise ValueError("solved")

    def begin(seed: int, index: int, live: int, _start: object) -> None:
        """In place of the first trajectories: by then every argument has been looked at."""
        seen.append((seed, index, live))
        raise ValueError("simulated")

    monkeypatch.setattr("slls_widgets.steady_state", solve, raising=False)
    monkeypatch.setattr("slls_widgets.simulation.ensemble.Chunk", begin)
    monkeypatch.setattr(
        "slls_widgets.serving.server.serve", lambda _notebook, hosting, **_: seen.append(hosting)
    )
    monkeypatch.setattr("jupyterlab.labapp.LabApp.launch_instance", lambda *_, **__: None)
    return seen


def test_arguments_end_in_legal_numbers_or_in_one_line(offered: list[object]) -> None:
    chance = random.Random(17)
    codes = {0: 0, 2: 0}
    for _ in range(COMMANDS):
        command = chance.choices(list(TOKENS), weights=[5, 5, 4, 1])[0]
        tokens = [command]
        if command in ("solve", "simulate") and chance.random() < 0.5:
            # A legal point that later options may spoil.
            tokens += ["--alpha", "0.5", "--nu", "2"]
        for _ in range(chance.randint(0, 5)):
            tokens.append(chance.choice(TOKENS[command]) if chance.random() < 0.8 else value(chance))
            if chance.random() < 0.85:
                tokens.append(value(chance))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(tokens)
            except SystemExit as stop:
                code = int(stop.code or 0)
        codes[code] += 1
        # Where nothing has been compiled yet, the first one says so besides.
        message = err.getvalue().replace(compiling.WORDS, "")
        assert "Traceback" not in message, tokens
        if code == 2:
            assert len(message.strip("\n").splitlines()) == 1, (tokens, message)
            assert out.getvalue() == "", tokens
    assert codes[2] > 0.5 * COMMANDS
    for thing in offered:
        if isinstance(thing, Macrospin):
            assert math.isfinite(thing.alpha)
            assert 0.0 < thing.nu < math.inf
        elif isinstance(thing, tuple):
            seed, index, live = thing
            assert type(seed) is int
            assert index == 0
            assert 1 <= live <= CHUNK
        else:
            assert isinstance(thing, Hosting)
            assert thing.base_url.startswith("/")
            assert "<" not in thing.base_url
    assert {type(thing) for thing in offered} == {Macrospin, Hosting, tuple}
