"""Opening a store: to write it, alone, or to look whether it is sound."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import __version__
from .axes import check_ordered
from .layout import CHECKS, documents_differ, mend, read_attributes, write_empty
from .plan import Plan
from .quantities import LAYOUT
from .store import Found, Store
from .tables import differences

__all__ = ["check_store", "open_store"]


@contextmanager
def open_store(path: str | Path, plan: Plan) -> Iterator[Store]:
    """Open the store of a plan, making it where there is none, for this process alone.

    Descriptions that are missing or damaged are written anew.

    Raises
    ------
    ValueError
        If something else is at ``path``, the result of another sweep, or another run is writing it; or if
        a new store would have a list that turns back.
    OSError
        If it cannot be written.
    """
    path = Path(path)
    if not path.exists():
        _create(path, plan)
    with _locked(path, alone=True):
        attributes = _attributes(path)
        _check_same(path, plan, attributes)
        # Checked and written by one process; a store of before the checksums gets them now.
        older = attributes.get("slls_sweep_format") == 1 and not (path / CHECKS).exists()
        wrong = documents_differ(path, plan, attributes)
        try:
            for left in path.rglob("*.partial"):  # half a file of a killed process
                left.unlink(missing_ok=True)
            mend(path, wrong)
        except OSError as error:
            raise OSError(f"cannot write {path}: {error.strerror or error}") from error
        yield Store(path, plan, damage=() if older else _named(path, wrong))


def check_store(path: str | Path, look: Callable[[int, int], bool] | None = None) -> Found:
    """Read a whole store back, and compare it with its checksums; nothing is written.

    Parameters
    ----------
    look : callable, optional
        Asked with the number of points read, and of all points, whether to stop.

    Raises
    ------
    ValueError
        If there is no store at ``path``, or another run is writing it.
    Cancelled
        When ``look`` said so.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"there is no store at {path}")
    with _locked(path, alone=False):
        attributes = _attributes(path)
        plan = Plan.of_wording(json.loads(attributes["slls_sweep"]))
        wrong = documents_differ(path, plan, attributes)
        if attributes.get("slls_sweep_format") == 1 and not (path / CHECKS).exists():
            wrong = {}
        asked = None if look is None else lambda read: look(read, plan.points)
        return Store(path, plan, "r", _named(path, wrong)).read_back(look=asked)


def _create(path: Path, plan: Plan) -> None:
    for axis in plan.axes:
        check_ordered(axis)
    # Under another name first: a store is there as a whole or not at all.
    making = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.making")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_empty(making, plan)
        making.rename(path)
    except OSError as error:
        # Another run may have been faster; which of the two goes on is decided by the lock.
        if not path.is_dir():
            raise OSError(f"cannot create {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _attributes(path: Path) -> dict[str, Any]:
    attributes = read_attributes(path)
    if attributes is None:
        raise ValueError(f"{path} is not the result of a sweep; choose another place, or remove it")
    if (layout := attributes.get("slls_sweep_format")) not in range(1, LAYOUT + 1):
        raise ValueError(
            f"{path} has layout {layout}, which slls-widgets {__version__} does not know; it was begun with "
            f"{attributes['slls_widgets_version']}"
        )
    return attributes


def _check_same(path: Path, plan: Plan, attributes: dict[str, Any]) -> None:
    there, begun_with = json.loads(attributes["slls_sweep"]), attributes["slls_widgets_version"]
    if changed := differences(there, plan.wording()):
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise ValueError(
            f"{path} holds another sweep: it differs in {', '.join(changed[:3])}{more}. "
            "Choose another place, or remove it to begin anew"
        )
    if begun_with != __version__:
        raise ValueError(
            f"{path} was begun with slls-widgets {begun_with}, this is {__version__}: numbers of two "
            "versions must not mix. Use that version to go on, or choose another place"
        )


def _named(path: Path, wrong: dict[str, dict[str, bytes]]) -> list[str]:
    """The damaged files; the store's own copies are no news where what they copy is damaged too."""
    files = [key for name, files in wrong.items() if name or len(wrong) == 1 for key in files]
    return [f"{path / key} is missing or damaged" for key in files]


@contextmanager
def _locked(path: Path, alone: bool) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows; there two runs on one store do the work twice, and no harm
        yield
        return
    # Of the folder itself: the system takes the lock back when the process ends, however it ends.
    folder = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another run is writing {path}; wait for it, or choose another place") from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(folder)
