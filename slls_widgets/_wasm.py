"""Kernels in a browser: compiled beforehand, since there is no compiler (``page.kernels``).

A library beside this file has each kernel, a table what each takes and returns. Arguments go into slots of
eight bytes, results come out of others; an array stays where it is.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from functools import cache, update_wrapper
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["precompiled"]

_SLOTS = 64
# One call at a time: a browser's Python has one thread, and no kernel calls back.
_given, _made = np.zeros(_SLOTS, np.int64), np.zeros(_SLOTS, np.int64)
_given_floats, _made_floats = _given.view(np.float64), _made.view(np.float64)
_ADDRESSES = _given.ctypes.data, _made.ctypes.data


class _Library(NamedTuple):
    code: ctypes.CDLL
    table: dict[str, Any]
    release: Callable[[int], None]


@cache
def _library() -> _Library:
    here = Path(__file__).parent
    table = json.loads((here / "_kernels.json").read_text(encoding="utf-8"))
    code = ctypes.CDLL(str(here / "_kernels.so"))
    release = code.slls_release
    release.argtypes, release.restype = [ctypes.c_void_p], None
    return _Library(code, table, release)


def precompiled(function: F) -> F:
    """The compiled form of a kernel, found at its first call.

    Kernels that only others call are part of those, and are never looked for.
    """
    name = f"{function.__module__.removeprefix('slls_widgets.')}.{function.__qualname__}"

    @cache
    def found() -> tuple[Callable[[int, int], int], list[Any], Any]:
        library = _library()
        if name not in library.table:
            raise NotImplementedError(
                f"the kernel {name} is called from Python, and has not been compiled for browsers: add it to "
                "slls_widgets/page/signatures.py"
            )
        row = library.table[name]
        entry = getattr(library.code, row["symbol"])
        entry.argtypes, entry.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_int
        return entry, row["arguments"], row["result"]

    def call(*arguments: Any) -> Any:
        entry, kinds, result = found()
        if len(arguments) != len(kinds):
            raise TypeError(f"the kernel {name} takes {len(kinds)} arguments; got {len(arguments)}")
        slot = 0
        for position, (kind, value) in enumerate(zip(kinds, arguments, strict=True)):
            slot = _put(kind, value, slot, name, position)
        if status := entry(*_ADDRESSES):
            # Nothing but memory can fail in a kernel, whose arguments Python has checked.
            raise MemoryError(f"the kernel {name} stopped (status {status}): the browser's memory is full")
        return _take(result, 0)[0]

    update_wrapper(call, function)
    call.py_func = function  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def _put(kind: Any, value: Any, slot: int, name: str, position: int) -> int:
    """Write one argument from a slot on; the slot after it."""
    if kind == "float" and isinstance(value, float):
        _given_floats[slot] = value
    elif kind == "int" and isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        _given[slot] = value
    elif kind == "bool" and isinstance(value, (bool, np.bool_)):
        _given[slot] = bool(value)
    elif (
        isinstance(kind, dict)
        and isinstance(value, np.ndarray)
        and value.dtype.name == kind["array"]
        and value.ndim == kind["ndim"]
        and value.flags.c_contiguous
    ):
        # As numba has them: owner (whom no kernel could ask), parent, number and size of the items, place.
        row = (0, 0, value.size, value.itemsize, value.__array_interface__["data"][0])
        end = slot + len(row) + 2 * value.ndim
        _given[slot:end] = row + value.shape + value.strides
        return end
    else:
        came, wanted = f"{value!r:.60}", kind
        if isinstance(value, np.ndarray):
            came = f"a {value.ndim}-dimensional {value.dtype.name} array"
        if isinstance(kind, dict):
            wanted = f"{kind['ndim']}-dimensional {kind['array']} array in C order"
        raise TypeError(
            f"argument {position} of the kernel {name}, as compiled for browsers, is a {wanted}; got {came}"
        )
    return slot + 1


class _Memory:
    """An array that a kernel has made, and that is given back when nobody looks at it any more."""

    __slots__ = ("__array_interface__", "_owner")

    def __init__(self, owner: int, interface: dict[str, Any]) -> None:
        self._owner, self.__array_interface__ = owner, interface

    def __del__(self) -> None:
        _library().release(self._owner)


def _take(kind: Any, slot: int) -> tuple[Any, int]:
    """Read one result from a slot on; it and the slot after it."""
    if kind == "none":
        return None, slot
    if kind == "float":
        return float(_made_floats[slot]), slot + 1
    if kind == "int":
        return int(_made[slot]), slot + 1
    if kind == "bool":
        return bool(_made[slot] & 1), slot + 1
    if "array" in kind:
        end = slot + 5 + 2 * kind["ndim"]
        row = _made[slot:end].tolist()
        # A pointer fills the lower half of its slot.
        owner, place = row[0] & 0xFFFFFFFF, row[4] & 0xFFFFFFFF
        shape, strides = tuple(row[5 : 5 + kind["ndim"]]), tuple(row[5 + kind["ndim"] :])
        kept = {"shape": shape, "strides": strides, "data": (place, False), "version": 3}
        return np.asarray(_Memory(owner, kept | {"typestr": np.dtype(kind["array"]).str})), end
    parts = []
    for each in kind["tuple"]:
        part, slot = _take(each, slot)
        parts.append(part)
    if "name" in kind:
        return getattr(sys.modules[kind["module"]], kind["name"])(*parts), slot
    return tuple(parts), slot
