"""``slls check``: is what a state file claims proved?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .parsing import command
from .printing import print_header, print_json

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls solve --alpha 0.5 --nu 10 --write point.json
  slls check point.json
"""


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "check", "prove the numbers of a state file, by ball arithmetic", EXAMPLES)
    parser.add_argument("file", type=Path, help="what `slls solve --write` or a state's `write` made")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is proved; exit code 1 where a claim is not."""
    from ..proof.state_file import parts, read

    evidence = read(options.file)
    from ..proof.checker import check

    found = check(evidence)
    if options.json:
        print_json(
            proved=found.proved,
            sentence=found.sentence,
            claims={name: claim._asdict() for name, claim in found.claims.items()},
        )
        return 0 if found.proved else 1
    print_header(evidence.magnet)
    print(f"  {'':20s} {'claimed':>19s}   {'within':8s}   proved within")
    for name, claim in found.claims.items():
        numbers = [number for _, number in parts(name, claim.value)]
        for k, number in enumerate(numbers):
            rest = f"   {claim.error:.1e}    {claim.proved:.1e}" if k == 0 else ""
            print(f"  {name if k == 0 else '':20s} {number: .12g}{rest}")
    print(found.sentence)
    return 0 if found.proved else 1
