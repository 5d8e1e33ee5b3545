"""What the tests noticed of the mutants that mutmut made, module by module.

    python tools/mutant_scores.py [--least 95] [--only TEXT]

Reads what `mutmut run` left in the folder mutants. Mutants that no test can notice are listed, with the
reason, in tests/equivalent_mutants.toml and do not count. A mutant that ran out of time counts as noticed:
mutmut gives it fifteen times what its tests need. The exit code tells whether every module's score is at
least ``--least`` per cent, and whether each line of the list still has its mutant.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).parent.parent
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.toml"
NOTICED = ("killed", "timeout", "segfault")


def changed(name: str) -> tuple[str, str]:
    """The lines that a mutant replaces, and what stands there instead."""
    lines = get_diff_for_mutant(name).splitlines()[3:]
    return tuple("\n".join(line[1:] for line in lines if line.startswith(sign)) for sign in "-+")


def is_replacement(before: str, after: str, rule: str) -> bool:
    """Whether ``old => new``, done at one place, leads from one text to the other."""
    old, _, new = rule.partition(" => ")
    places = (i for i in range(len(before)) if before.startswith(old, i))
    return any(before[:i] + new + before[i + len(old) :] == after for i in places)


def function_of(name: str) -> str:
    """``theory.xi`` for ``slls_widgets.theory.x_xi__mutmut_8``."""
    module, _, rest = name.rpartition("__mutmut_")[0].removeprefix("slls_widgets.").rpartition(".")
    # mutmut writes x_function, and xǁClassǁmethod.
    return f"{module}.{rest.removeprefix('xǁ').replace('ǁ', '.') if 'ǁ' in rest else rest.removeprefix('x_')}"


def main(arguments: list[str] | None = None) -> int:
    """Print the mutants that went unnoticed and the table of scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--least", type=float, default=95.0, help="per cent that each module has to reach")
    parser.add_argument("--only", default="", help="modules whose name holds this")
    options = parser.parse_args(arguments)
    rules = tomllib.loads(EQUIVALENT.read_text())
    used: set[tuple[str, str]] = set()
    seen: set[str] = set()
    rows = []
    for path in sorted((ROOT / "mutants").rglob("*.py.meta")):
        module = str(path.relative_to(ROOT / "mutants" / "slls_widgets")).removesuffix(".py.meta")
        if options.only not in module:
            continue
        count: Counter[str] = Counter()
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            function, status = function_of(name), status_by_exit_code[code]
            if status == "not checked":
                continue
            seen.add(function)
            if status not in NOTICED:
                before, after = changed(name)
                fits = {
                    (place, rule)
                    for place in (function, "*")
                    for rule in rules.get(place, {})
                    if is_replacement(before, after, rule)
                }
                used |= fits
                if fits:
                    status = "equivalent"
                else:
                    print(f"{name}: {status}\n  - {before.strip()}\n  + {after.strip()}")
            count[status] += 1
        rows.append((module, count))
    print(f"{'module':24} {'mutants':>8} {'noticed':>8} {'equivalent':>11} {'survived':>9} {'score':>7}")
    low = False
    for module, count in rows:
        total, noticed = sum(count.values()), sum(count[status] for status in NOTICED)
        counted = total - count["equivalent"]
        score = 100.0 * noticed / max(counted, 1)
        low |= score < options.least
        print(
            f"{module:24} {total:8} {noticed:8} {count['equivalent']:11} {counted - noticed:9} {score:6.1f}%"
        )
    idle = [(f, rule) for f in rules for rule in rules[f] if f in seen and (f, rule) not in used]
    for function, rule in idle:
        print(f"{EQUIVALENT.name}: {function}: nothing survives that is {rule!r}")
    return 1 if low or idle else 0


if __name__ == "__main__":
    sys.exit(main())
