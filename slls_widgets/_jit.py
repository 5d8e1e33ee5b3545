"""The one door to numba: every compiled function of the package is made here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["kernel"]


def kernel(**options: Any) -> Callable[[F], F]:
    """Compile a function with the settings shared by every kernel, keeping its type.

    The lock of the interpreter is released (a slider stays responsive while a kernel runs), machine code is
    cached on disk, and a division by zero gives inf as in numpy, because the check for it would keep LLVM
    from vectorising. With NUMBA_DISABLE_JIT=1 the plain Python function comes back.

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
    settings: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"} | options

    def compile_(function: F) -> F:
        if settings["cache"]:
            drop_stale_code(Path(function.__code__.co_filename).parent)
        compiled: F = numba.njit(**settings)(function)
        return compiled

    return compile_


@cache
def drop_stale_code(folder: Path) -> None:
    """Remove machine code that is older than any source beside it.

    numba compares it with the file of its function only, but kernels of other files are compiled into it:
    after an edit or a `git pull` it would go on with what those were. Kernels call kernels of their folder.
    """
    with suppress(OSError):  # a folder that cannot be written to is not edited either
        newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
        for index in (folder / "__pycache__").glob("*.nbi"):
            if index.stat().st_mtime < newest:
                index.unlink(missing_ok=True)
