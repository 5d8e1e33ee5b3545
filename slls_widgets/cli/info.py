"""``slls info``: what a bug report needs."""

from __future__ import annotations

import argparse
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .. import __version__
from .parsing import command
from .printing import print_json
from .warm_up import is_warm

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls info
  slls info --json
"""
_PACKAGES = (
    "numpy",
    "numba",
    "scipy",
    "python-flint",
    "xarray",
    "zarr",
    "distributed",
    "ipywidgets",
    "bqplot",
    "anywidget",
    "jupyterlab",
    "voila",
)


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "info", "versions, threads and caches, for a bug report", EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print versions and places."""
    numba = import_module("numba.core.config")

    from .. import _jit
    from .._code_folders import NotKept, place_to_write
    from ..serving.settings import notebooks_dir

    versions = {"slls-widgets": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    # As plain Python, the solvers would take minutes to find out.
    warm = not numba.DISABLE_JIT and is_warm()
    places = sorted(str(place) for place in _jit.places_used)
    if numba.DISABLE_JIT:
        state = "none: NUMBA_DISABLE_JIT is set, and everything is slow"
    elif warm:
        state = "warm"
    else:
        try:
            state = f"cold: slls warm-up fills it, in {place_to_write()}"
        except NotKept as error:
            state = f"none: {error}"
    details: dict[str, Any] = {
        "platform": platform.platform(),
        "threads": numba.NUMBA_NUM_THREADS,
        "machine_code": state,
        "read_from": places,
        "numba_cpu": numba.CPU_NAME or "this machine's own",
        "notebooks": str(notebooks_dir()),
    }
    if options.json:
        print_json(versions=versions, **details)
        return 0
    details["read_from"] = ", ".join(places) or "nowhere"
    for name, value in {**versions, **details}.items():
        print(f"{name:14s} {value}")
    return 0
