"""The folder of a running server, and what servers leave that were killed.

The folder holds the addresses of the kernels and a lock. The system lets go of the lock when its owner ends,
however it ends, so a folder whose lock can be taken is nobody's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

__all__ = ["own_folder"]

PREFIX = "slls-app-"


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Make a temporary folder for this process, and clear those of processes that were killed.

    Yields
    ------
    Path
        The folder; it is removed at the end.
    """
    _clear(Path(tempfile.gettempdir()))
    making = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))
    with (making / "lock").open("w") as lock:
        _lock(lock)
        # Under its name only now: another server takes a folder whose lock is free for one that was left.
        folder = making if sys.platform == "win32" else making.rename(making.with_name(making.name[1:]))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _lock(file: IO[str]) -> bool:
    if sys.platform == "win32":  # where nothing is cleared
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _clear(where: Path) -> None:
    if sys.platform == "win32":
        return
    for folder in where.glob(f"{PREFIX}*"):
        # A folder without a lock has just been made, and another user's is not ours.
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / "lock").open("r+") as lock:
                if _lock(lock):
                    shutil.rmtree(folder, ignore_errors=True)
