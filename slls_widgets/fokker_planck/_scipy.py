"""The parts of scipy this package calls, which has no type information, named once as ``Any``.

They are loaded when first used: what an idle exploration needs of the solver needs none of them, and a
server pays their 18 MB for each visitor.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Late:
    """A module that is imported at the first use of something in it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


sparse: Any = _Late("scipy.sparse")
dense_linalg: Any = _Late("scipy.linalg")
lapack: Any = _Late("scipy.linalg.lapack")
sparse_linalg: Any = _Late("scipy.sparse.linalg")
optimize: Any = _Late("scipy.optimize")
