"""Where a linker for WebAssembly is to be had."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["linker"]


def linker() -> list[str]:
    """The command that starts LLVM's linker for WebAssembly: of the package ziglang, or of the system.

    Raises
    ------
    RuntimeError
        If there is none; it says what to install.
    """
    if find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "wasm-ld"]
    systems = sorted(Path("/usr/lib").glob("llvm-*/bin/wasm-ld"))
    if found := shutil.which("wasm-ld") or (str(systems[-1]) if systems else None):
        return [found]
    raise RuntimeError(
        "no linker for WebAssembly: pip install 'slls-widgets[site]' brings one (the package "
        "ziglang), and so does lld of a Linux distribution"
    )
