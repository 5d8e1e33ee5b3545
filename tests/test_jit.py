"""The machine code on disk: it follows every source that went into it."""

import os
import subprocess
import sys

INNER = """from slls_widgets._jit import kernel

@kernel()
def inner(x):
    return {} * x
"""
OUTER = """from inner import inner

from slls_widgets._jit import kernel

@kernel()
def outer(x):
    return inner(x) + 1.0
"""


def test_an_edited_callee_is_compiled_into_its_callers_again(tmp_path):
    def answer(factor):
        (tmp_path / "inner.py").write_text(INNER.format(factor))
        code = "from outer import outer; print(outer(1.0))"
        environment = {**os.environ, "NUMBA_CACHE_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return float(run.stdout)

    (tmp_path / "outer.py").write_text(OUTER)
    assert answer(2.0) == 3.0
    assert answer(5.0) == 6.0
