"""What the commands share: how options look, and how a magnet is given."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from .. import __version__
from ..magnet.device import Device
from ..magnet.macrospin import Macrospin
from ..magnet.paper import PAPER_DELTA
from .device import angle, device_of, device_options

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

# A number, with a unit perhaps, or one that is no number but none of our options either.
_NEGATIVE = re.compile(r"-[\d.]|-(inf|nan)", re.IGNORECASE)
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
    """One magnet or device, and how its numbers are printed."""
    parser.add_argument("--alpha", type=float, help="torque over field, signed")
    field = parser.add_mutually_exclusive_group()
    field.add_argument("--nu", type=float, help="field over temperature")
    field.add_argument("--alpha-nu", type=float, help="fixed |alpha| nu, in place of nu")
    parser.add_argument("--delta", type=float, help="damping over precession (0.866)")
    parser.add_argument(
        "--theta", type=angle, default=0.0, help="angle between P and H: radians, pi/4 or 25deg (0)"
    )
    device_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def magnet_of(options: argparse.Namespace) -> Macrospin | Device:
    """The magnet or the device that `magnet_options` asked for."""
    device = device_of(options)
    reduced = [name for name in ("alpha", "nu", "alpha_nu", "delta") if getattr(options, name) is not None]
    if device is not None:
        if reduced:
            raise ValueError(
                f"a device has its own alpha, nu and delta: leave out --{reduced[0].replace('_', '-')}, "
                "or --material, --field and so on"
            )
        return device
    if options.alpha is None or (options.nu is None and options.alpha_nu is None):
        raise ValueError(
            "give --alpha and --nu (or --alpha-nu), or a device: --material, --field, --current ..."
        )
    delta = PAPER_DELTA if options.delta is None else options.delta
    if options.nu is None:
        return Macrospin.at_torque(options.alpha, options.alpha_nu, delta, options.theta)
    return Macrospin(alpha=options.alpha, nu=options.nu, delta=delta, theta=options.theta)


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


def _port(text: str) -> int:
    return whole_number(0, 65535)(text)


def join_negative_numbers(tokens: list[str]) -> list[str]:
    """``--alpha -1e-3`` -> ``--alpha=-1e-3``: argparse takes only plain decimals for negative numbers.

    Examples
    --------
    >>> join_negative_numbers(["solve", "--alpha", "-1e-3", "--current", "-80uA"])
    ['solve', '--alpha=-1e-3', '--current=-80uA']
    """
    joined: list[str] = []
    for token in tokens:
        if joined and joined[-1].startswith("--") and "=" not in joined[-1] and _NEGATIVE.match(token):
            joined[-1] += f"={token}"
        else:
            joined.append(token)
    return joined
