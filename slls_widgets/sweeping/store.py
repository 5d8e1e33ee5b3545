"""The result of a sweep on disk: a Zarr group that xarray opens, written chunk by chunk.

A chunk's variables are written first and its part of ``status`` last, each as one file that appears whole or
not at all. The file of ``status`` is therefore the mark that a chunk is done, and nothing else is: whatever
kills the program, the next run finds exactly the chunks that are complete.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from .axes import PARAMETERS
from .compute import Result
from .plan import Plan
from .quantities import STATUS, Variable, variables
from .tables import differences

__all__ = ["Store", "open_store"]

_FORMAT = 1


class Store:
    """An open store; made by `open_store`."""

    def __init__(self, path: Path, plan: Plan) -> None:
        import zarr

        self.path, self.plan = path, plan
        self._group = zarr.open_group(path, mode="r+")
        self._variables = list(variables(plan))
        # Any: zarr's types cannot tell an array from a group by its name.
        self._arrays: dict[str, Any] = {one.name: self._group[one.name] for one in self._variables}

    def pending(self, retry_failed: bool = False) -> list[int]:
        """Chunks that are not done, in order; with ``retry_failed`` also those that hold a failed point."""
        chunks = range(len(self.plan.chunks))
        if retry_failed:
            return [k for k in chunks if not self._is_done(k) or self._holds_failed(k)]
        return [k for k in chunks if not self._is_done(k)]

    def write(self, chunk: int, result: Result) -> None:
        """Store what was computed of a chunk, and then that it was."""
        region = self.plan.chunks.region(chunk)
        shape = tuple(part.stop - part.start for part in region)
        for variable in self._variables:
            values = result.values.get(variable.name)
            if variable.name == "failure":
                if not result.reasons and not self._exists("failure", chunk):
                    continue  # most chunks have none: no file
                values = np.full(self.plan.chunks.size(chunk), "", dtype=object)
                for k, reason in result.reasons.items():
                    values[k] = reason
            if values is not None:
                self._put(variable.name, region, values.reshape((*shape, *values.shape[1:])))

    def finish(self) -> dict[str, int]:
        """Count the points of each status, and write down that the store is complete."""
        status = self._arrays["status"]
        counts = dict.fromkeys(STATUS, 0)
        for chunk in range(len(self.plan.chunks)):
            found = np.bincount(np.ravel(status[self.plan.chunks.region(chunk)]), minlength=len(STATUS))
            for word, count in zip(STATUS, found, strict=True):
                counts[word] += int(count)
        attributes = {f"points_{word}": count for word, count in counts.items()}
        self._group.attrs.update({**attributes, "completed": _now()})
        _consolidate(self.path)
        return counts

    def _put(self, name: str, region: tuple[slice, ...], values: Any) -> None:
        try:
            self._arrays[name][region] = values
        except OSError as error:
            raise OSError(
                f"cannot write {self.path}: {error.strerror or error}. The chunks written before are kept; "
                "make room, and the same command goes on from there"
            ) from error

    def _is_done(self, chunk: int) -> bool:
        return self._exists("status", chunk)

    def _exists(self, name: str, chunk: int) -> bool:
        key: str = self._arrays[name].metadata.encode_chunk_key(self.plan.chunks.place(chunk))
        return (self.path / name / key).exists()

    def _holds_failed(self, chunk: int) -> bool:
        status = self._arrays["status"][self.plan.chunks.region(chunk)]
        return bool(np.any(np.asarray(status) == STATUS.index("failed")))


@contextmanager
def open_store(path: str | Path, plan: Plan) -> Iterator[Store]:
    """Open the store of a plan, making it where there is none, for this process alone.

    Raises
    ------
    ValueError
        If something else is at ``path``, or the result of another sweep.
    OSError
        If it cannot be written.
    """
    path = Path(path)
    if not path.exists():
        _create(path, plan)
    _check_same(path, plan)
    with _locked(path):
        for left in path.rglob("*.partial"):  # half a file of a killed process
            left.unlink(missing_ok=True)
        yield Store(path, plan)


def _create(path: Path, plan: Plan) -> None:
    # Under another name first: a store is there as a whole or not at all.
    making = path.with_name(f".{path.name}.{os.getpid()}.making")
    shutil.rmtree(making, ignore_errors=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_empty(making, plan)
        making.rename(path)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise OSError(f"cannot create {path}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _write_empty(path: Path, plan: Plan) -> None:
    import zarr

    fixed = [axis.name for axis in plan.axes if axis.fixed]
    group = zarr.open_group(
        path, mode="w-", zarr_format=3, attributes={**_provenance(plan), "coordinates": " ".join(fixed)}
    )
    for axis in plan.axes:
        parameter = PARAMETERS[axis.name]
        group.create_array(
            axis.name,
            data=axis.values[0] if axis.fixed else axis.values,
            dimension_names=() if axis.fixed else (axis.name,),
            attributes={"units": parameter.units, "long_name": parameter.words},
        )
    for variable in variables(plan):
        _create_array(group, variable, plan)
    _consolidate(path)


def _create_array(group: Any, variable: Variable, plan: Plan) -> None:
    shape, box, dims = plan.chunks.shape, plan.chunks.box, plan.dims
    if variable.extra is not None:
        dim, labels = variable.extra
        shape, box, dims = (*shape, len(labels)), (*box, len(labels)), (*dims, dim)
        group.create_array(dim, data=np.array(labels, dtype=np.dtypes.StringDType()), dimension_names=(dim,))
    empty: Any = {"float64": np.nan, "str": ""}.get(variable.dtype, 0)
    group.create_array(
        variable.name,
        shape=shape,
        chunks=box,
        dtype=str if variable.dtype == "str" else variable.dtype,
        fill_value=empty,
        dimension_names=dims,
        attributes=variable.attributes,
    )


def _provenance(plan: Plan) -> dict[str, Any]:
    notes = {}
    if any(axis.name == "alpha_nu" for axis in plan.axes):
        notes["note"] = (
            "alpha = 0 is the limit of infinite field, where S_P jumps; its midpoint is stored, rates 0"
        )
    return {
        "Conventions": "CF-1.11",
        "title": plan.title or "Sweep of the stochastic Landau-Lifshitz-Slonczewski macrospin",
        "source": f"slls-widgets {__version__}",
        "references": "arXiv:2502.06054",
        "history": f"{_now()} slls sweep",
        "slls_widgets_version": __version__,
        "python_version": platform.python_version(),
        "numpy_version": np.__version__,
        "numba_version": version("numba"),
        "slls_sweep_format": _FORMAT,
        "slls_sweep": json.dumps(plan.wording()),
        **notes,
    }


def _check_same(path: Path, plan: Plan) -> None:
    try:
        attributes = json.loads((path / "zarr.json").read_text())["attributes"]
        there, begun_with = json.loads(attributes["slls_sweep"]), attributes["slls_widgets_version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is not the result of a sweep; choose another place, or remove it") from None
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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows; there two runs on one store do the work twice, and no harm
        yield
        return
    # Of the folder itself: the system takes the lock back when the process ends, however it ends.
    folder = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another run is writing {path}; wait for it, or choose another place") from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(folder)


def _consolidate(path: Path) -> None:
    import zarr

    with warnings.catch_warnings():
        # Not yet in version 3 of the format's text; without it xarray opens slowly, and warns of that.
        warnings.filterwarnings("ignore", "Consolidated metadata is currently not part")
        zarr.consolidate_metadata(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
