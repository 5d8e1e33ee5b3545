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
from dataclasses import dataclass, field
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


def excuses(name: str, rules: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """The lines of the list, as (function or "*", rule), that say that nothing can notice a mutant."""
    before, after = changed(name)
    return {
        (place, rule)
        for place in (function_of(name), "*")
        for rule in rules.get(place, {})
        if is_replacement(before, after, rule)
    }


@dataclass
class Module:
    """What became of the mutants of a module."""

    name: str
    #: Mutants by status; "equivalent" for those that nothing can notice.
    count: Counter[str] = field(default_factory=Counter)
    unnoticed: list[tuple[str, str]] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    used: set[tuple[str, str]] = field(default_factory=set)

    @property
    def noticed(self) -> int:
        """How many mutants turned a test red."""
        return sum(self.count[status] for status in NOTICED)

    @property
    def counted(self) -> int:
        """How many mutants a test could notice."""
        return self.count.total() - self.count["equivalent"]

    @property
    def score(self) -> float:
        """Per cent of those that could be noticed."""
        return 100.0 * self.noticed / max(self.counted, 1)

    def row(self) -> str:
        """The line of the table."""
        equivalent, survived = self.count["equivalent"], self.counted - self.noticed
        numbers = f"{self.count.total():8} {self.noticed:8} {equivalent:11} {survived:9}"
        return f"{self.name:24} {numbers} {self.score:6.1f}%"


def judged(path: Path, rules: dict[str, dict[str, str]]) -> Module:
    """A module's mutants, as mutmut left them in one of its files."""
    module = Module(name_of(path))
    for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
        status = status_by_exit_code[code]
        if status == "not checked":
            continue
        module.functions.add(function_of(name))
        if status not in NOTICED:
            if found := excuses(name, rules):
                module.used |= found
                status = "equivalent"
            else:
                module.unnoticed.append((name, status))
        module.count[status] += 1
    return module


def name_of(path: Path) -> str:
    """``sweeps/compute`` for the file of that module's mutants."""
    return path.relative_to(ROOT / "mutants" / "slls_widgets").as_posix().removesuffix(".py.meta")


def idle(modules: list[Module], rules: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """The lines of the list that no mutant needs, as (function, rule)."""
    seen = {function for module in modules for function in module.functions}
    used = {line for module in modules for line in module.used}
    return [(f, rule) for f in rules for rule in rules[f] if f in seen and (f, rule) not in used]


def main(arguments: list[str] | None = None) -> int:
    """Print the mutants that went unnoticed and the table of scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--least", type=float, default=95.0, help="per cent that each module has to reach")
    parser.add_argument("--only", default="", help="modules whose name holds this")
    options = parser.parse_args(arguments)
    rules = tomllib.loads(EQUIVALENT.read_text())
    paths = sorted((ROOT / "mutants").rglob("*.py.meta"))
    modules = [judged(path, rules) for path in paths if options.only in name_of(path)]
    for module in modules:
        for name, status in module.unnoticed:
            before, after = changed(name)
            print(f"{name}: {status}\n  - {before.strip()}\n  + {after.strip()}")
    print(f"{'module':24} {'mutants':>8} {'noticed':>8} {'equivalent':>11} {'survived':>9} {'score':>7}")
    for module in modules:
        print(module.row())
    unneeded = idle(modules, rules)
    for function, rule in unneeded:
        print(f"{EQUIVALENT.name}: {function}: nothing survives that is {rule!r}")
    return 1 if unneeded or any(module.score < options.least for module in modules) else 0


if __name__ == "__main__":
    sys.exit(main())
