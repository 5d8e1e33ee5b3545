"""The parts of scipy this package calls, which has no type information, named once as ``Any``."""

from __future__ import annotations

from typing import Any

import scipy.linalg
import scipy.linalg.lapack
import scipy.sparse
import scipy.sparse.linalg

sparse: Any = scipy.sparse
dense_linalg: Any = scipy.linalg
lapack: Any = scipy.linalg.lapack
sparse_linalg: Any = scipy.sparse.linalg
