"""What a store consists of beside its chunks: groups, arrays, coordinates and their descriptions.

A sweep decides all of it, so that a description which is missing or damaged can be written anew. Each
group and array has its description in a file ``zarr.json``; the one of the whole store also holds a copy of
the others. The group ``checks`` has a copy of the store's own attributes, and the checksums of the chunks.
"""

from __future__ import annotations

import json
import platform
import warnings
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from .axes import PARAMETERS
from .plan import Plan
from .quantities import LAYOUT, Variable, variables

__all__ = ["CHECKS", "consolidate", "documents_differ", "mend", "now", "read_attributes", "write_empty"]

#: The group of the checksums; xarray does not look into it.
CHECKS = "checks"
_DOCUMENT = "zarr.json"


def write_empty(store: Any, plan: Plan, layout: int = LAYOUT) -> None:
    """Make a store in which nothing is computed yet; ``store`` is a path or one of zarr's stores."""
    import zarr

    attributes = _provenance(plan, layout)
    group = zarr.open_group(store, mode="w-", zarr_format=3, attributes=attributes)
    for axis in plan.axes:
        parameter = PARAMETERS[axis.name]
        group.create_array(
            axis.name,
            data=axis.values[0] if axis.fixed else axis.values,
            dimension_names=() if axis.fixed else (axis.name,),
            attributes={"units": parameter.units, "long_name": parameter.words},
        )
    stored = list(variables(plan, layout))
    for variable in stored:
        _create_array(group, variable, plan)
    names = [variable.name for variable in stored]
    group.create_group(CHECKS, attributes=attributes).create_array(
        "sums",
        shape=(len(plan.chunks), len(names)),
        chunks=(1, len(names)),
        dtype="uint64",
        fill_value=0,
        compressors=_packing(),
        dimension_names=("chunk", "variable"),
        attributes={
            "long_name": "BLAKE2b (8 bytes, little endian) of the values of each chunk",
            "variables": names,
        },
    )
    consolidate(store)


def _create_array(group: Any, variable: Variable, plan: Plan) -> None:
    shape, box, dims = plan.chunks.shape, plan.chunks.box, plan.dims
    if variable.extra is not None:
        dim, labels = variable.extra
        shape, box, dims = (*shape, len(labels)), (*box, len(labels)), (*dims, dim)
        group.create_array(dim, data=np.array(labels, dtype=np.dtypes.StringDType()), dimension_names=(dim,))
    group.create_array(
        variable.name,
        shape=shape,
        chunks=box,
        dtype=str if variable.dtype == "str" else variable.dtype,
        fill_value=variable.empty,
        compressors=_packing(),
        dimension_names=dims,
        attributes=variable.attributes,
    )


def _packing() -> Any:
    from zarr.codecs import ZstdCodec

    # Its checksum lets every reader notice a damaged chunk, xarray too.
    return [ZstdCodec(level=0, checksum=True)]


def _provenance(plan: Plan, layout: int) -> dict[str, Any]:
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
        "history": f"{now()} slls sweep",
        "slls_widgets_version": __version__,
        "python_version": platform.python_version(),
        "numpy_version": np.__version__,
        "numba_version": version("numba"),
        "slls_sweep_format": layout,
        "slls_sweep": json.dumps(plan.wording()),
        "coordinates": " ".join(axis.name for axis in plan.axes if axis.fixed),
        **notes,
    }


def read_attributes(path: Path) -> dict[str, Any] | None:
    """The attributes of a store, or of their copy where its own description is damaged; None of no store."""
    for place in (path, path / CHECKS):
        document = _read(place / _DOCUMENT)
        try:
            attributes: dict[str, Any] = document["attributes"]
            json.loads(attributes["slls_sweep"])
            attributes["slls_widgets_version"] + ""
        except (KeyError, TypeError, ValueError):
            continue
        return attributes
    return None


def documents_differ(path: Path, plan: Plan, attributes: dict[str, Any]) -> dict[str, dict[str, bytes]]:
    """What of a store's descriptions and coordinates is not as the sweep has it.

    Returns
    -------
    dict
        By the name of the array or group (empty: the store itself) the files that would be right, by their
        paths in the store.
    """
    from zarr.storage import MemoryStore

    made: Any = {}
    write_empty(MemoryStore(made), plan, int(attributes.get("slls_sweep_format", 1)))
    right = {key: made[key].to_bytes() for key in made}
    wrong: dict[str, dict[str, bytes]] = {}
    for key in [key for key in right if key.endswith(f"/{_DOCUMENT}") and key != f"{CHECKS}/{_DOCUMENT}"]:
        name = key.removesuffix(f"/{_DOCUMENT}")
        chunks = {one: right[one] for one in right if one.startswith(f"{name}/c")}
        found, expected = _read(path / key), json.loads(right[key])
        if not _same(found, expected):
            wrong[name] = {key: right[key], **chunks}
        elif name in (*(axis.name for axis in plan.axes), "component") and not _values_same(path, name, made):
            wrong[name] = chunks
    group = {"attributes": attributes, "zarr_format": 3, "node_type": "group"}
    # Runs of one sweep differ in the date, so that the copy is compared with the store itself.
    copied = (_read(path / CHECKS / _DOCUMENT) or {}).get("attributes", {})
    if not isinstance(copied, dict) or copied.get("slls_sweep") != attributes["slls_sweep"]:
        wrong[CHECKS] = {f"{CHECKS}/{_DOCUMENT}": json.dumps(group).encode()}
    if wrong or not _consolidated(path, right):
        wrong[""] = {_DOCUMENT: json.dumps(group).encode()}
    return wrong


def mend(path: Path, wrong: dict[str, dict[str, bytes]]) -> None:
    """Write what `documents_differ` found, each file as a whole or not at all."""
    for files in wrong.values():
        for key, content in files.items():
            target = path / key
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f"{target.name}.partial")
            partial.write_bytes(content)
            partial.replace(target)
    if wrong:
        consolidate(path)


def consolidate(store: Any) -> None:
    """Write the copy of all descriptions by which xarray opens a store at once."""
    import zarr

    with warnings.catch_warnings():
        # Not yet in version 3 of the format's text; without it xarray opens slowly, and warns of that.
        warnings.filterwarnings("ignore", "Consolidated metadata is currently not part")
        zarr.consolidate_metadata(store)


def now() -> str:
    """The time as the store's attributes have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _read(path: Path) -> Any:
    """What a JSON file holds; None if there is none, it is damaged, or it holds no object."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _same(found: Any, expected: dict[str, Any]) -> bool:
    """Whether a description says the same. How the bytes are packed may differ with zarr's version."""
    if not isinstance(found, dict) or not isinstance(found.get("codecs"), list):
        return False
    free = ("codecs", "storage_transformers")
    return all(found.get(key) == value for key, value in expected.items() if key not in free)


def _values_same(path: Path, name: str, made: Any) -> bool:
    import zarr
    from zarr.storage import MemoryStore

    try:
        found = zarr.open_array(path / name, mode="r")[...]
    except Exception:  # whatever the reader of a damaged file raises
        return False
    return np.array_equal(found, zarr.open_array(MemoryStore(made), path=name, mode="r")[...])


def _consolidated(path: Path, right: dict[str, bytes]) -> bool:
    """Whether the store's own description is whole, and its copies of the others are true."""
    try:
        copies = _read(path / _DOCUMENT)["consolidated_metadata"]["metadata"]
        names = [key.removesuffix(f"/{_DOCUMENT}") for key in right if key.endswith(f"/{_DOCUMENT}")]
        return all(_agree(copies[name], _read(path / name / _DOCUMENT)) for name in names)
    except (KeyError, TypeError):
        return False


def _agree(copy: dict[str, Any], document: dict[str, Any]) -> bool:
    return all(copy[key] == value for key, value in document.items() if key != "consolidated_metadata")
