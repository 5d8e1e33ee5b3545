"""The one door to numba: every compiled function of the package is made here."""

from __future__ import annotations

from collections.abc import Callable
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
        compiled: F = numba.njit(**settings)(function)
        return compiled

    return compile_
