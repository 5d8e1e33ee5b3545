"""The one door to a compiler: every compiled function of the package is made here.

The compiler is numba. In a browser there is none, and kernels that it has compiled beforehand stand in
for what it would make (`_wasm`).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import logging
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ._code_folders import SUFFIX, NotKept, folders_for, read, write

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["kernel", "places_used"]

BROWSER = sys.platform == "emscripten"
if not BROWSER:
    import numba


def _leave_scipy_out() -> None:
    """Load numba's array functions without scipy's linear algebra.

    They import it at the first compiled function of a process only to see that it is there, which it is, and
    spend 15 MiB and 0.2 s on it. What really needs it asks again. The interface is not public: where it has
    changed, numba does as it always does.
    """
    linalg: Any = importlib.import_module("numba.np.linalg")
    look, linalg.ensure_blas = linalg.ensure_blas, lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = look


if not BROWSER:
    with contextlib.suppress(ImportError, AttributeError):
        _leave_scipy_out()
    _core: Any = numba.core

log = logging.getLogger("slls_widgets")
# A library is silent unless it is asked: without this, Python would print.
log.addHandler(logging.NullHandler())
#: The folders from which machine code was loaded, or into which it was written, in this process.
places_used: set[Path] = set()


def kernel(**options: Any) -> Callable[[F], F]:
    """Compile a function with the settings shared by every kernel, keeping its type.

    The lock of the interpreter is released (a slider stays responsive while a kernel runs), machine code is
    cached on disk, and a division by zero gives inf as in numpy, because the check for it would keep LLVM
    from vectorising. With NUMBA_DISABLE_JIT=1 the plain Python function comes back.

    The machine code belongs to the sources of its folder, or outside of this package to those of its whole
    package and of this one: after a change in any of them it is compiled again. For a kernel that calls
    kernels of a third package, switch the cache off.

    Parameters
    ----------
    **options
        Passed on to `numba.njit`; they win over the shared settings.

    Examples
    --------
    >>> @kernel(cache=False)
    ... def twice(x: float) -> float:
    ...     return 2.0 * x
    >>> twice(21.0)
    42.0
    """
    if BROWSER:
        from ._wasm import precompiled

        return precompiled
    settings: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"} | options
    cached = settings.pop("cache")

    def compile_(function: F) -> F:
        compiled: F = numba.njit(**settings)(function)
        if cached and hasattr(compiled, "py_func"):
            compiled._cache = _Cache(function, settings)  # type: ignore[attr-defined]
        return compiled

    return compile_


class _Cache:
    """One kernel's machine code on disk, in the place of numba's cache: one file for each signature.

    The interface is numba's own and not public. Where it has changed, or a file will not do, nothing is
    loaded or kept, and numba compiles.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self._function = function
        self._options = sorted(
            f"{name}={sorted(value) if isinstance(value, set) else value}" for name, value in options.items()
        )
        self._folders = self._find()

    def _find(self) -> list[Path]:
        return folders_for(Path(self._function.__code__.co_filename), self._function.__module__)

    @property
    def cache_path(self) -> str | None:
        """Where the machine code is kept first of all."""
        return str(self._folders[0]) if self._folders else None

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Find the machine code for a signature; None if it is to be compiled."""
        for file in self._files(signature, target.codegen()):
            try:
                if (stored := read(file)) is None:
                    continue
                target.refresh()
                result = _core.compiler.CompileResult._rebuild(target, *pickle.loads(stored))
                # Two types of the same name share a file.
                if result.signature.args == _arguments(signature):
                    places_used.add(file.parents[1])
                    return result
            except Exception:
                log.debug("cannot use the machine code in %s", file, exc_info=True)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep what was compiled for a signature."""
        try:
            # Pointers are those of this process. A source that was edited since it was loaded is another one.
            if result.library.has_dynamic_globals or result.lifted or self._find() != self._folders:
                return
            stored = _core.serialize.dumps(result._reduce())
            file = write(self._files(signature, result.codegen), stored)
            places_used.add(file.parents[1])
        except Exception as error:
            _say_once(
                str(error) if isinstance(error, NotKept) else f"machine code cannot be kept ({error!r})"
            )

    def flush(self) -> None:
        """Forget this kernel's machine code."""
        for folder in self._folders:
            for file in folder.glob(f"{self._stem()}-*"):
                file.unlink(missing_ok=True)

    def _stem(self) -> str:
        name = f"{self._function.__module__.rpartition('.')[2]}.{self._function.__qualname__}"
        return name.replace("<", "").replace(">", "")

    def _files(self, signature: Any, codegen: Any) -> list[Path]:
        """The places of a signature; the name tells apart what the hash of the sources does not."""
        code = self._function.__code__
        try:
            cells = [cell.cell_contents for cell in self._function.__closure__ or ()]
            made_from = (
                self._function.__module__,
                code.co_firstlineno,
                code.co_code,
                _core.serialize.dumps(cells),
                self._options,
                str(_arguments(signature)),
                codegen.magic_tuple(),
            )
        except Exception:
            log.debug("no name for the machine code of %s", self._stem(), exc_info=True)
            return []
        name = f"{self._stem()}-{hashlib.sha256(repr(made_from).encode()).hexdigest()[:16]}{SUFFIX}"
        return [folder / name for folder in self._folders]


def _arguments(signature: Any) -> Any:
    return _core.sigutils.normalize_signature(signature)[0]


@cache
def _say_once(message: str) -> None:
    log.warning(message)
