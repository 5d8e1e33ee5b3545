"""Where machine code is kept: under a hash of everything that it was made from.

numba's own cache compares the file of a function only, although kernels of other files are compiled into it;
two processes can overwrite each other's entries in its index; and a damaged file, or a folder that cannot be
written to, ends the program. Here a file holds one compiled function and its checksum, its name says what it
was made from, and whatever cannot be read is compiled again.

Nothing in here imports numba, so that a server can ask without loading it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["SUFFIX", "NotKept", "folders_for", "is_cold", "keep_mark", "place_to_write", "read", "write"]

SUFFIX = ".nbc"
_PACKAGE = Path(__file__).parent
# So many versions of the same sources stay, so that going back to another branch compiles nothing.
_VERSIONS_KEPT = 4
_CHECKSUM = hashlib.sha256


class NotKept(OSError):
    """Machine code cannot be written to any place; the message says why, and what to do."""


def folders_for(source: Path, module: str) -> list[Path]:
    """Folders for the machine code of the kernels in a file, in the order in which they are tried.

    The first is in NUMBA_CACHE_DIR, or else in the ``__pycache__`` beside the file. The second is the user's
    own, for what they may not write to the first. Their name holds a hash of the sources and the versions.

    Parameters
    ----------
    source : Path
        The Python file of the kernels.
    module : str
        Its module's name, which tells how far its package reaches.

    Returns
    -------
    list of Path
        Empty where the sources are not files: in a zip archive, or in a cell of a notebook.
    """
    files = sorted({_PACKAGE / "_jit.py", *_sources(source, module)})
    if source not in files:
        return []
    try:
        made_from = [repr((sys.version_info, getattr(sys, "abiflags", ""), _versions())).encode()]
        for file in files:
            state = file.stat()
            made_from += [file.name.encode(), _hash_of(file, state.st_mtime_ns, state.st_size)]
    except (OSError, PackageNotFoundError):
        return []
    name = f"slls-{source.parent.name}-{_CHECKSUM(b'/'.join(made_from)).hexdigest()[:16]}"
    given = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(given).absolute() if given else source.parent / "__pycache__", *_own_place()]
    return [place / name for place in places]


def _sources(source: Path, module: str) -> Iterable[Path]:
    """The files that may be compiled into the kernels of this one."""
    if _PACKAGE in source.parents:
        # Kernels of this package call kernels of their folder only, which a test holds them to.
        return source.parent.glob("*.py")
    if module in ("__main__", "__mp_main__"):
        # Run by "python -m package.module", which has another name for it.
        spec = getattr(sys.modules[module], "__spec__", None)
        module = spec.name if spec is not None and spec.origin == str(source) else module
    depth = module.count(".") - (source.stem != "__init__")
    own = source.parents[depth].rglob("*.py") if depth >= 0 else source.parent.glob("*.py")
    return [*own, *_PACKAGE.rglob("*.py")]


@cache
def _hash_of(file: Path, _changed: int, _size: int) -> bytes:
    return _CHECKSUM(file.read_bytes()).digest()


@cache
def _versions() -> tuple[str, ...]:
    return tuple(version(name) for name in ("numba", "llvmlite", "numpy"))


def _own_place() -> list[Path]:
    """The user's cache; none where they have no home."""
    named = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", "")
    with suppress(RuntimeError):
        place = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
        return [place / "slls-widgets"]
    return []


def read(file: Path) -> bytes | None:
    """What `write` stored in a file; None if it is not there, or damaged."""
    try:
        stored = file.read_bytes()
    except OSError:
        return None
    size = _CHECKSUM().digest_size
    return stored[size:] if _CHECKSUM(stored[size:]).digest() == stored[:size] else None


def write(files: Sequence[Path], data: bytes) -> Path:
    """Store data and its checksum in the first of the files that can be written, and clean up beside it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NotKept
        If none of them can be written.
    """
    reasons = []
    for file in files:
        # Another process sees a whole file or none. Unlike a temporary file's, its mode follows the umask.
        new = file.with_suffix(f".{uuid.uuid4().hex[:8]}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.is_dir():
                shutil.rmtree(file)
            try:
                new.write_bytes(_CHECKSUM(data).digest() + data)
                new.replace(file)
            except OSError:
                new.unlink(missing_ok=True)
                raise
        except OSError as error:
            place = file if file.exists() else file.parents[1]
            reasons.append(f"{place}: {error.strerror or error}")
        else:
            _remove_old(file.parent)
            return file
    raise _not_kept(reasons)


def is_cold() -> bool:
    """Whether `warm_up` has not come to its end for this processor, or a file of it is gone."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    mark = _mark()
    return not all(any(_is_whole(folder, mark) for folder in folders) for folders in _of_package())


def keep_mark() -> None:
    """Write down that `warm_up` has come to its end on this processor, and which files there are then."""
    mark = _mark()
    for folders in _of_package():
        for folder in folders:
            names = [file.name for file in folder.glob(f"*{SUFFIX}")]
            with suppress(NotKept):
                write([folder / mark], "\n".join(names).encode())
                break


def _is_whole(folder: Path, mark: str) -> bool:
    names = read(folder / mark)
    return names is not None and all((folder / name).is_file() for name in names.decode().splitlines())


def _mark() -> str:
    """Name the file of `keep_mark` after the processor, as LLVM knows it, and what numba is told of it."""
    told = [os.environ.get(f"NUMBA_{name}") for name in ("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX")]
    found = b"" if (told[0] or "").lower() == "generic" else _processor()
    made_for = found + repr((sys.platform, platform.machine(), told)).encode()
    return f"warm-{_CHECKSUM(made_for).hexdigest()[:16]}.txt"


@cache
def _processor() -> bytes:
    """The processor as LLVM knows it, asked once: in another process, lest LLVM stay in a server's memory."""
    code = "from llvmlite.binding import *; print(get_host_cpu_name(), get_host_cpu_features().flatten())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stdout


def place_to_write() -> Path:
    """The first place that takes machine code of this package now: the parent of a folder of `folders_for`.

    Raises
    ------
    NotKept
        If there is none.
    """
    reasons = []
    for place in (folder.parent for folder in _of_package()[0]):
        trial = place / f"slls-{uuid.uuid4().hex[:8]}"
        try:
            place.mkdir(parents=True, exist_ok=True)
            trial.write_bytes(bytes(4096))
        except OSError as error:
            reasons.append(f"{place}: {error.strerror or error}")
        else:
            return place
        finally:
            with suppress(OSError):
                trial.unlink()
    raise _not_kept(reasons)


def _of_package() -> list[list[Path]]:
    files = [_PACKAGE / "fokker_planck" / "point.py", _PACKAGE / "simulation" / "schemes.py"]
    return [folders_for(file, __name__) for file in files]


def _not_kept(reasons: Sequence[str]) -> NotKept:
    why = "; ".join(reasons) or "the sources are not files"
    return NotKept(
        f"machine code cannot be kept ({why}), so each process compiles it, for about a minute; "
        "set NUMBA_CACHE_DIR to a folder that can be written to"
    )


def _remove_old(folder: Path) -> None:
    """Remove all but the newest folders of other versions of the same sources.

    A process that still uses one has read what it needs, or compiles it.
    """
    with suppress(OSError):
        stem = folder.name[:-16]
        versions = [other for other in folder.parent.glob(f"{stem}{'?' * 16}") if other != folder]
        for old in sorted(versions, key=lambda one: one.stat().st_mtime, reverse=True)[_VERSIONS_KEPT - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
