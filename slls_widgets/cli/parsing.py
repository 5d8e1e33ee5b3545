"""What the commands share: how options look, and how a magnet is given."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from .. import __version__
from ..magnet.macrospin import Macrospin, nu_at_fixed_torque

__all__ = [
    "Parser",
    "command",
    "join_negative_numbers",
    "magnet_of",
    "magnet_options",
    "one_line",
    "program",
    "server_options",
    "whole_number",
]

_DEBUG = "show the traceback of an error"


class Parser(argparse.ArgumentParser):
    """Errors take one line, as everywhere else in this program."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and where to look; exit code 2."""
        self.exit(2, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


def one_line(message: str) -> str:
    """A message as one line that a terminal can show, of bearable length.

    Examples
    --------
    >>> one_line("no such file:\\n \\x1b[1m")
    'no such file: ?[1m'
    """
    text = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
    return text if len(text) <= 500 else f"{text[:497]}..."


def program(what: str, examples: str) -> Parser:
    """The parser of the program itself."""
    parser = Parser(prog="slls", **_settings(what, examples))
    parser.add_argument("--version", action="version", version=f"slls-widgets {__version__}")
    parser.add_argument("--debug", action="store_true", help=_DEBUG)
    return parser


def command(commands: Any, name: str, what: str, examples: str) -> argparse.ArgumentParser:
    """Add a command; ``examples`` ends its help."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, **_settings(what, examples))
    # Without a default of its own, which would undo the option before the command's name.
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=_DEBUG)
    return parser


def _settings(what: str, examples: str) -> dict[str, Any]:
    return {
        "description": what[0].upper() + what[1:].rstrip(".") + ".",
        "epilog": examples,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }


def server_options(parser: argparse.ArgumentParser, port: int) -> None:
    """Where a server listens."""
    parser.add_argument("--host", "--ip", default="localhost", help="address to listen on (localhost)")
    parser.add_argument("--port", type=_port, default=port, help=f"port, 0 for any free one ({port})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def magnet_options(parser: argparse.ArgumentParser) -> None:
    """One magnet, and how its numbers are printed."""
    parser.add_argument("--alpha", type=float, required=True, help="torque over field, signed")
    field = parser.add_mutually_exclusive_group(required=True)
    field.add_argument("--nu", type=float, help="field over temperature")
    field.add_argument("--alpha-nu", type=float, help="fixed |alpha| nu, in place of nu")
    parser.add_argument("--delta", type=float, default=3**0.5 / 2, help="damping over precession (0.866)")
    parser.add_argument(
        "--theta", type=_angle, default=0.0, help="angle between P and H, in radians, or pi/4 (0)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def magnet_of(options: argparse.Namespace) -> Macrospin:
    """The magnet that `magnet_options` asked for."""
    nu = options.nu
    if nu is None:
        nu = nu_at_fixed_torque(options.alpha, options.alpha_nu)
    return Macrospin(alpha=options.alpha, nu=nu, delta=options.delta, theta=options.theta)


class whole_number:
    """An argument's type: a whole number within bounds.

    Examples
    --------
    >>> whole_number(0, 64)("3")
    3
    """

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, text: str) -> int:
        """Read the argument."""
        # The length first: Python refuses to read thousands of digits.
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if not self.low <= number <= self.high:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {self.low} to {self.high}; got {text[:40]!r}"
            )
        return number


def _angle(text: str) -> float:
    """A number, or a multiple of π as in a sweep file: pi/4, 2pi/3."""
    try:
        return float(text)
    except ValueError:
        from ..sweeps.tables import number

        try:
            return number("theta", text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a number, or pi/4; got {text[:40]!r}") from None


def _port(text: str) -> int:
    return whole_number(0, 65535)(text)


def join_negative_numbers(tokens: list[str]) -> list[str]:
    """``--alpha -1e-3`` -> ``--alpha=-1e-3``: argparse takes only plain decimals for negative numbers.

    Examples
    --------
    >>> join_negative_numbers(["solve", "--alpha", "-1e-3"])
    ['solve', '--alpha=-1e-3']
    """
    joined: list[str] = []
    for token in tokens:
        if joined and joined[-1].startswith("--") and "=" not in joined[-1] and _is_negative_number(token):
            joined[-1] += f"={token}"
        else:
            joined.append(token)
    return joined


def _is_negative_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return token.startswith("-")
