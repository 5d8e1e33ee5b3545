"""The command line, ``slls app | lab | site | solve | check | map | simulate | sweep | info | warm-up``."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from functools import cache

from .._cancellation import Cancelled
from . import app, check, grid_map, info, lab, simulate, site, solve, sweep, warm_up
from .parsing import Parser, join_negative_numbers, one_line, program

__all__ = ["main"]

_EXAMPLES = """examples:
  slls app                                     the app, in a browser
  slls solve --alpha 0.5 --nu 10 --theta 0.7   one exact point
  slls simulate --alpha 0.5 --nu 10            the same by simulation
  slls sweep --example                         a file that says what to compute on a grid
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0, or 2 with one line on standard error (a traceback with ``--debug``), or 130 after Ctrl-C; 1 where
    ``sweep --check`` finds a store damaged or not complete, or ``check`` cannot prove what a state claims.

    Examples
    --------
    >>> main(["solve", "--alpha", "0.5", "--nu", "0"])
    2
    """
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(join_negative_numbers(tokens))
    try:
        code: int = options.run(options)
        # Here, where a reader who has gone away is caught, and not when Python ends.
        sys.stdout.flush()
    except (KeyboardInterrupt, Cancelled):
        print(f"slls {options.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if options.debug:
            traceback.print_exc()
            return 2
        text = one_line(str(error)) or type(error).__name__
        print(f"slls {options.command}: {text}", file=sys.stderr)
        return 2
    return code


@cache
def _parser() -> Parser:
    parser = program("Explore a nano-magnet that pumps entropy.", _EXAMPLES)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command", parser_class=Parser)
    for module in (app, lab, site, solve, check, grid_map, simulate, sweep, info, warm_up):
        module.add(commands)
    return parser
