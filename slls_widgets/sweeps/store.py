"""The result of a sweep on disk: a Zarr group that xarray opens, written chunk by chunk.

A chunk's variables are written first, then the checksums of their values, and its part of ``status`` last,
each as one file that appears whole or not at all. A chunk is done if its ``status`` is there and all of its
values, read back, have their checksums: whatever kills the program, moves a file or changes one, the next
run finds exactly the chunks that are complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._cancellation import Cancelled
from .compute import Result
from .layout import CHECKS, consolidate, now, read_attributes
from .plan import Plan
from .quantities import RATES, STATUS, Variable, variables

__all__ = ["Found", "Store"]

Look = Callable[[int], bool] | None


@dataclass
class Found:
    """What reading a store back has found.

    Attributes
    ----------
    path : Path
    points, chunks : int
        Of the whole sweep.
    pending : list of int
        Chunks that are to be computed: those that nobody has computed yet, and damaged ones.
    damage : list of str
        The damaged files, each with what is wrong with it.
    damaged : int
        How many chunks they belong to.
    counts : dict
        Points by status, damaged chunks left out.
    unchecked : int
        Chunks of a store that was made before there were checksums. They could be read, and that is all
        that is known of them.
    """

    path: Path
    points: int
    chunks: int
    pending: list[int] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    damaged: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUS, 0))
    unchecked: int = 0

    @property
    def sound(self) -> bool:
        """Whether the store is complete, and as it was written."""
        return not self.pending and not self.damage


class Store:
    """An open store; made by `open_store` and `check_store`.

    Parameters
    ----------
    damage : sequence of str
        Descriptions that were found damaged. In a store that is open for writing they are mended.
    """

    def __init__(
        self,
        path: Path,
        plan: Plan,
        mode: Literal["r", "r+"] = "r+",
        damage: Sequence[str] = (),
    ) -> None:
        import zarr

        self.path, self.plan = path, plan
        self._damage = damage
        self._place = _identity(path)
        attributes = read_attributes(path) or {}
        self._old = attributes.get("slls_sweep_format") == 1
        self._finished = "completed" in attributes
        self._variables = list(variables(plan, attributes.get("slls_sweep_format", 1)))
        # Any: zarr's types do not know that an element can be indexed.
        self._arrays: dict[str, Any] = {}
        for name in (*(one.name for one in self._variables), f"{CHECKS}/sums"):
            try:
                self._arrays[name] = zarr.open_array(path / name, mode=mode)
            except Exception:  # whatever the reader of a damaged file raises
                if mode != "r":
                    raise
        self._sums: Any = self._arrays.get(f"{CHECKS}/sums")

    def read_back(
        self, *, retry_failed: bool = False, adopt: bool = False, whole: bool = False, look: Look = None
    ) -> Found:
        """Read every value of every chunk, and compare with the checksums.

        Parameters
        ----------
        retry_failed : bool
            Count chunks that hold failed points among the pending ones.
        adopt : bool
            Write checksums for a store that was made before there were any.
        whole : bool
            Call a chunk that is not there damaged, as in a store that is complete.
        look : callable, optional
            Asked with the number of points read whether to stop.

        Raises
        ------
        Cancelled
            When ``look`` said so.
        """
        found = Found(self.path, self.plan.points, len(self.plan.chunks), damage=list(self._damage))
        read = 0
        if "status" not in self._arrays or (self._sums is None and not self._old):
            return found  # the chunks cannot be read before the damaged descriptions are mended
        for chunk in range(found.chunks):
            if not self._exists("status", chunk):
                found.pending.append(chunk)
                if self._finished or whole:
                    found.damage.append(f"{self._file('status', chunk)} is missing")
                    found.damaged += 1
                continue
            if look is not None and look(read):
                raise Cancelled
            read += self.plan.chunks.size(chunk)
            values, wrong = self._values(chunk)
            if not wrong and not self._row(chunk).any() and self._old:
                found.unchecked += 1
                if adopt:
                    with self._writing():
                        self._sums[chunk] = _sums(list(values.values()))
            if wrong:
                found.damage += wrong
                found.damaged += 1
                found.pending.append(chunk)
                continue
            codes = np.bincount(np.ravel(values["status"]).astype(int), minlength=len(STATUS))
            for word, count in zip(STATUS, codes, strict=True):
                found.counts[word] += int(count)
            if retry_failed and codes[STATUS.index("failed")]:
                found.pending.append(chunk)
        return found

    def marked(self) -> int:
        """How many chunks have been written, as their marks say."""
        return sum(self._exists("status", chunk) for chunk in range(len(self.plan.chunks)))

    def begin(self) -> None:
        """Take back that the store is complete: something is to be computed."""
        if self._finished:
            with self._writing():
                self._set_attributes({})
            self._finished = False

    def write(self, chunk: int, result: Result) -> None:
        """Store what was computed of a chunk, and then that it was."""
        region = self.plan.chunks.region(chunk)
        values = [self._whole(variable, chunk, result) for variable in self._variables]
        with self._writing(chunk):
            for variable, array in list(zip(self._variables, values, strict=True))[:-1]:
                # Most chunks have no failure: no file.
                if variable.name != "failure" or result.reasons or self._exists("failure", chunk):
                    self._arrays[variable.name][region] = array
            self._sums[chunk] = _sums(values)
            self._arrays["status"][region] = values[-1]

    def finish(self, counts: dict[str, int]) -> None:
        """Write down that the store is complete; nothing is written where that is known."""
        if not self._finished:
            with self._writing():
                self._set_attributes(
                    {f"points_{word}": counts[word] for word in counts} | {"completed": now()}
                )
            self._finished = True

    def _set_attributes(self, new: dict[str, Any]) -> None:
        """Replace what is known of a complete store."""
        import zarr

        group = zarr.open_group(self.path, mode="r+", use_consolidated=False)
        kept = {
            key: value for key, value in group.attrs.items() if not key.startswith(("points_", "completed"))
        }
        group.attrs.put({**kept, **new})
        consolidate(self.path)

    def _whole(self, variable: Variable, chunk: int, result: Result) -> NDArray[Any]:
        """All values of a variable in a chunk, as they are stored."""
        shape = tuple(part.stop - part.start for part in self.plan.chunks.region(chunk))
        if variable.extra is not None:
            shape = (*shape, len(variable.extra[1]))
        if variable.name == "failure":
            reasons = np.full(self.plan.chunks.size(chunk), "", dtype=object)
            for k, reason in result.reasons.items():
                reasons[k] = reason
            return reasons.reshape(shape)
        values = result.values.get(variable.name)
        if values is None:
            return np.full(shape, variable.empty, dtype=variable.dtype)
        return values.reshape(shape).astype(variable.dtype)

    def _values(self, chunk: int) -> tuple[dict[str, NDArray[Any]], list[str]]:
        """The values of a chunk in the order of the variables, and what is wrong with its files."""
        values: dict[str, NDArray[Any]] = {}
        wrong: list[str] = []
        try:
            row = self._row(chunk)
        except Exception as error:
            return {}, [f"{self._file(f'{CHECKS}/sums', chunk)} cannot be read ({_text(error)})"]
        if not row.any() and not self._old:
            return {}, [f"{self._file(f'{CHECKS}/sums', chunk)} is missing"]
        for variable, expected in zip(self._variables, row, strict=True):
            if variable.name not in self._arrays:
                continue  # its description is damaged, which has been said
            file = self._file(variable.name, chunk)
            try:
                array = np.asarray(self._arrays[variable.name][self.plan.chunks.region(chunk)])
            except Exception as error:
                # A damaged file raises what its decoder likes.
                wrong.append(f"{file} cannot be read ({_text(error)})")
                continue
            values[variable.name] = array
            if row.any() and _sum(array) != expected:
                there = self._exists(variable.name, chunk)
                wrong.append(f"{file} {'holds other values than were written' if there else 'is missing'}")
        if not wrong and not row.any() and self._implausible(values):
            wrong.append(f"{self._file('status', chunk)} calls points done that have no numbers")
        return values, wrong

    def _implausible(self, values: dict[str, NDArray[Any]]) -> bool:
        """Whether a chunk without checksums lacks what its status promises."""
        status = values["status"]
        done = np.isin(status, (STATUS.index("done"), STATUS.index("above_tol")))
        names = (*RATES, *(f"{name}_simulated" for name in RATES), "certificate")
        numbers = (array for name, array in values.items() if name in names)
        known = np.isin(status, range(1, len(STATUS))).all()
        return not known or not all(np.isfinite(array[done]).all() for array in numbers)

    def _row(self, chunk: int) -> NDArray[np.uint64]:
        """The checksums of a chunk, all 0 where there are none."""
        if self._sums is None:
            return np.zeros(len(self._variables), dtype=np.uint64)
        return np.asarray(self._sums[chunk], dtype=np.uint64)

    def _file(self, name: str, chunk: int) -> Path:
        place = (chunk, 0) if name.startswith(CHECKS) else self.plan.chunks.place(chunk)
        if name in self._arrays:
            extra = (0,) * (len(self._arrays[name].shape) - len(place))
            key: str = self._arrays[name].metadata.encode_chunk_key((*place, *extra))
            return self.path / name / key
        return self.path / name

    def _exists(self, name: str, chunk: int) -> bool:
        return self._file(name, chunk).is_file()

    @contextmanager
    def _writing(self, chunk: int | None = None) -> Iterator[None]:
        """Say in one line what keeps us from writing, and notice a store that is not where it was."""
        self._check_there()
        try:
            yield
        except OSError as error:
            self._check_there(chunk)
            raise OSError(
                f"cannot write {self.path}: {error.strerror or error}. The chunks written before are kept; "
                "mend that, and the same command goes on from there"
            ) from error
        self._check_there(chunk)

    def _check_there(self, chunk: int | None = None) -> None:
        if _identity(self.path) == self._place:
            return
        if chunk is not None and not (self.path / "zarr.json").exists():
            # What has just been written, into a new folder of the old name.
            for name in self._arrays:
                file = self._file(name, chunk)
                file.unlink(missing_ok=True)
                for folder in file.parents:
                    if folder == self.path.parent or not folder.is_dir() or any(folder.iterdir()):
                        break
                    folder.rmdir()
        raise OSError(
            f"{self.path} was moved or removed during the run. The chunks written before are where it is "
            "now: move it back, or give its new place with --out, and the same command goes on from there"
        )


def _sums(values: list[NDArray[Any]]) -> NDArray[np.uint64]:
    return np.array([_sum(one) for one in values], dtype=np.uint64)


def _sum(values: NDArray[Any]) -> int:
    """A checksum of values that does not depend on how they are packed; never 0."""
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values)  # there are many, and a file knows one
    if values.dtype.kind in "OTU":
        content = "\0".join(map(str, values.ravel())).encode()
    else:
        content = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little") or 1


def _identity(path: Path) -> tuple[int, int] | None:
    """The same for one folder wherever its name points to."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _text(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
