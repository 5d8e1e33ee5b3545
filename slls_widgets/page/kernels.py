"""Compile the kernels for WebAssembly: numba's own code, through LLVM's other target.

numba turns each kernel into LLVM's intermediate language before anything is said of a processor. That is kept
here, joined into one module, given a function of plain memory for each row of `signatures`, compiled for
WebAssembly by llvmlite, and linked into what Emscripten calls a side module: a library that the Python of a
browser loads by `ctypes`.

Where numba keeps that code is not public, so the versions are pinned (the extra ``site``), and everything
that is assumed of it is checked.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .linker import linker
from .signatures import SIGNATURES

__all__ = ["LIBRARY", "PINS", "TABLE", "build"]

#: The versions of which the assumptions below are known to hold.
PINS = {"numba": "0.68.1", "llvmlite": "0.50.0"}
LIBRARY, TABLE = "_kernels.so", "_kernels.json"

_TRIPLE = "wasm32-unknown-emscripten"
# What every browser since 2021 has (Safari since 2023).
_FEATURES = "+simd128,+bulk-memory,+mutable-globals,+sign-ext,+nontrapping-fptoint"
# What a library asks of the browser's Python: memory and the C library's mathematics.
_KNOWN = {"malloc", "free", "sqrt", "sin", "cos", "exp", "log", "pow", "hypot", "ldexp", "memset", "memcpy"}


def build(folder: Path) -> None:
    """Write the library and its table of signatures into a folder.

    Raises
    ------
    RuntimeError
        If another numba or llvmlite is installed than the one this was made for, or no linker is found.
    """
    for name, pinned in PINS.items():
        if version(name) != pinned:
            raise RuntimeError(
                f"the kernels are compiled for browsers with {name} {pinned}, whose insides are known; "
                f"{version(name)} is installed. Use an environment with slls-widgets[site]."
            )
    linker()  # before a minute of compiling
    with tempfile.TemporaryDirectory() as cache:
        # The processor is that of nobody; a process of its own, because numba reads these once.
        settings = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": cache}
        # What it would do for this machine is thrown away.
        settings |= {"NUMBA_OPT": "0", "NUMBA_LLVM_REFPRUNE_PASS": "1", "NUMBA_DISABLE_JIT": "0"}
        subprocess.run(
            [sys.executable, "-m", __name__, str(folder)],
            env=os.environ | settings,
            check=True,
        )


def _compiled() -> Iterator[tuple[str, Any, Any]]:
    """Each row of the table as (name, numba's result, arguments), compiled with its code kept."""
    from numba.core import caching, types

    kinds = {
        "f": types.float64,
        "i": types.int64,
        "b": types.boolean,
        "vector": types.Array(types.float64, 1, "C"),
        "matrix": types.Array(types.float64, 2, "C"),
        "cube": types.Array(types.float64, 3, "C"),
        "words": types.Array(types.uint64, 2, "C"),
    }
    for name in SIGNATURES:
        importlib.import_module(f"slls_widgets.{name.rpartition('.')[0]}")
    dispatchers = {
        id(each): each
        for module in list(sys.modules.values())
        if module.__name__.startswith("slls_widgets.")
        for each in vars(module).values()
        if hasattr(each, "nopython_signatures")
    }
    for each in dispatchers.values():
        # What comes out of a cache has no code any more.
        each._cache = caching.NullCache()
    for name, letters in SIGNATURES.items():
        module, _, function = name.rpartition(".")
        dispatcher = getattr(sys.modules[f"slls_widgets.{module}"], function)
        arguments = tuple(kinds[letter] for letter in letters.split())
        dispatcher.compile(arguments)
        yield name, dispatcher.overloads[arguments], arguments


def _keep_code() -> None:
    """Have every library of numba keep the code that is added to it."""
    library = importlib.import_module("numba.core.codegen").CPUCodeLibrary
    normal = importlib.import_module("numba.core.cgutils").normalize_ir_text
    add = library.add_ir_module

    def add_and_keep(self: Any, module: Any) -> Any:
        kept = self.__dict__.setdefault("_slls_code", [])
        kept.append((module.name, normal(str(module))))
        return add(self, module)

    library.add_ir_module = add_and_keep


def _code_of(library: Any, seen: set[int]) -> Iterator[str]:
    """The code of a library and of all that it calls."""
    if id(library) in seen:
        return
    seen.add(id(library))
    for name, text in getattr(library, "_slls_code", ()):
        if "wrapper" not in name:  # what Python's interpreter would call
            yield text
    for other in library._linking_libraries:
        yield from _code_of(other, seen)


def _leaves(kind: Any) -> list[str]:
    """The numbers that numba makes of a value of some type, as LLVM's types, in its order."""
    types: Any = importlib.import_module("numba.core.types")
    if isinstance(kind, types.Array):
        # Owner, parent, number and size of items, data, shape, strides.
        return ["ptr", "ptr", "i64", "i64", "ptr"] + ["i64"] * (2 * kind.ndim)
    if isinstance(kind, types.BaseTuple):
        return [leaf for each in kind for leaf in _leaves(each)]
    known = {types.float64: ["double"], types.int64: ["i64"], types.boolean: ["i8"], types.none: []}
    if kind not in known:
        raise TypeError(f"a kernel that Python calls cannot take or return {kind} in a browser")
    return known[kind]


def _described(kind: Any) -> Any:
    """A type for the table: what `_wasm` makes of it."""
    types: Any = importlib.import_module("numba.core.types")
    if isinstance(kind, types.Array):
        return {"array": str(kind.dtype), "ndim": kind.ndim}
    if isinstance(kind, types.BaseTuple):
        made = {"tuple": [_described(each) for each in kind]}
        if isinstance(kind, types.BaseNamedTuple):
            made |= {"module": kind.instance_class.__module__, "name": kind.instance_class.__name__}
        return made
    return {"float64": "float", "int64": "int", "bool": "bool", "none": "none"}[str(kind)]


def _door(symbol: str, function: str, returned: str, arguments: list[str], results: list[str]) -> str:
    """A function of plain memory: slots of eight bytes in, slots of eight bytes out, numba's status back."""
    lines = [f"  %r = alloca {returned}, align 16", f"  store {returned} zeroinitializer, ptr %r"]
    lines += ["  %e = alloca ptr", "  store ptr null, ptr %e"]
    for k, kind in enumerate(arguments):
        lines.append(f"  %p{k} = getelementptr i64, ptr %in, i32 {k}")
        lines.append(f"  %a{k} = load {kind}, ptr %p{k}")
    given = ", ".join(["ptr %r", "ptr %e", *(f"{kind} %a{k}" for k, kind in enumerate(arguments))])
    lines.append(f'  %status = call i32 @"{function}"({given})')
    if results:
        lines.append(f"  %v = load {returned}, ptr %r")
    paths = _paths(returned) if results else []
    if [kind for kind, _ in paths] != results:
        raise RuntimeError(f"numba returns {returned} from {function}; {results} was expected")
    for k, (kind, path) in enumerate(paths):
        value = "%v"
        if path:
            value = f"%v{k}"
            lines.append(f"  {value} = extractvalue {returned} %v, {', '.join(map(str, path))}")
        lines += [f"  %q{k} = getelementptr i64, ptr %out, i32 {k}", f"  store {kind} {value}, ptr %q{k}"]
    body = "\n".join([*lines, "  ret i32 %status"])
    return f"define i32 @{symbol}(ptr %in, ptr %out) {{\n{body}\n}}"


def _paths(kind: str, path: tuple[int, ...] = ()) -> list[tuple[str, tuple[int, ...]]]:
    """The leaves of LLVM's type for a returned value, and where each is in it."""
    kind = kind.strip()
    if repeated := re.fullmatch(r"\[(\d+) x (.*)\]", kind):
        parts = [repeated[2]] * int(repeated[1])
    elif kind.startswith("{"):
        parts, depth = [""], 0
        for letter in kind[1:-1]:
            depth += (letter in "{[") - (letter in "}]")
            if letter == "," and depth == 0:
                parts.append("")
            else:
                parts[-1] += letter
    else:
        return [(kind, path)]
    return [leaf for k, part in enumerate(parts) for leaf in _paths(part, (*path, k))]


def _returned(context: Any, kind: Any) -> str:
    """LLVM's type of what a kernel returns, with its pointers opaque."""
    text = str(context.data_model_manager[kind].get_return_type())
    while (opaque := re.sub(r"([a-z]+\d*|\{[^{}]*\})\*", "ptr", text)) != text:
        text = opaque
    return text


def _gather() -> tuple[dict[str, Any], list[str], list[str]]:
    """The table, the code of everything, and the doors."""
    nrt: Any = importlib.import_module("numba.core.runtime.nrtdynmod")

    table: dict[str, Any] = {}
    code: list[str] = []
    doors: list[str] = []
    seen: set[int] = set()
    context: Any = None
    for number, (name, result, arguments) in enumerate(_compiled()):
        context, returned = result.target_context, result.signature.return_type
        code += _code_of(result.library, seen)
        symbol, function = f"k{number}", result.fndesc.llvm_func_name
        taken = [leaf for each in arguments for leaf in _leaves(each)]
        doors.append(f'declare i32 @"{function}"({", ".join(["ptr", "ptr", *taken])})')
        doors.append(_door(symbol, function, _returned(context, returned), taken, _leaves(returned)))
        table[name] = {
            "symbol": symbol,
            "arguments": [_described(each) for each in arguments],
            "result": _described(returned),
        }
    code.append(str(nrt.create_nrt_module(context)[0]))
    code.append((Path(__file__).parent / "runtime.ll").read_text(encoding="utf-8"))
    return table, code, doors


def _object(code: list[str], doors: list[str], exported: set[str]) -> bytes:
    """Everything as one WebAssembly object."""
    llvm: Any = importlib.import_module("llvmlite.binding")

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(_TRIPLE).create_target_machine(
        cpu="generic", features=_FEATURES, opt=3, reloc="pic", codemodel="default"
    )
    head = f'target triple = "{_TRIPLE}"\ntarget datalayout = "{machine.target_data}"\n'

    def parsed(text: str) -> Any:
        return llvm.parse_assembly(head + re.sub(r"^target (triple|datalayout) = .*$", "", text, flags=re.M))

    whole = parsed("")
    whole.name = "slls_kernels"
    for text in code:
        part = parsed(text)
        for function in part.functions:
            # The same helper comes with each kernel that uses it.
            if not function.is_declaration and function.linkage.name not in ("internal", "private"):
                function.linkage = "weak_odr"
        whole.link_in(part)
    whole.link_in(parsed("\n".join(doors)))
    for each in (*whole.functions, *whole.global_variables):
        if not each.is_declaration:
            each.linkage = "external" if each.name in exported else "internal"
    whole.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = True
    for first in (True, False):
        builder = llvm.create_pass_builder(machine, tuning)
        passes = builder.getModulePassManager()
        if first:
            passes.add_refprune_pass()
        passes.run(whole, builder)
    asked = {each.name for each in whole.functions if each.is_declaration}
    if missing := {name for name in asked if not name.startswith("llvm.")} - _KNOWN:
        raise RuntimeError(f"the kernels call what a browser does not have: {', '.join(sorted(missing))}")
    return bytes(machine.emit_object(whole))


def _main(folder: Path) -> None:
    _keep_code()
    table, code, doors = _gather()
    exported = [row["symbol"] for row in table.values()] + ["slls_release"]
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "kernels.o"
        source.write_bytes(_object(code, doors, set(exported)))
        command = [*linker(), "-shared", "--experimental-pic", "--import-memory", "--import-table"]
        command += ["--unresolved-symbols=import-dynamic", "--no-entry", "--strip-all"]
        command += [f"--export={name}" for name in exported]
        subprocess.run([*command, str(source), "-o", str(folder / LIBRARY)], check=True)
    (folder / TABLE).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
