"""The browser's Python, out of a folder with a release of Pyodide; every file is checked before it is used.

A release says in its lock file what each package must be. What the lock does not name, the interpreter itself
and the scripts of the widgets, is compared with `checksums.json` here.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

__all__ = ["SCRIPTS", "Runtime", "script"]

_CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
_LOCK = "pyodide-lock.json"
#: What the page's own thread runs, by the name of its package in npm.
SCRIPTS = {"embed-amd.js": "@jupyter-widgets/html-manager", "require.js": "requirejs"}
#: What a download or a comparison asks for; a page without one of them says so when it is asked.
_LATER = ("scipy", "matplotlib", "xarray", "netcdf4")


class Runtime:
    """A folder with a release of Pyodide, and beside it the scripts of the widgets.

    Parameters
    ----------
    folder : Path
        Where ``pyodide.mjs``, ``pyodide-lock.json`` and the packages lie, and ``embed-amd.js`` and
        ``require.js``.

    Raises
    ------
    FileNotFoundError
        If something that the page cannot do without is missing; it says where to get it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if missing := [name for name in (*_CORE, _LOCK) if not (folder / name).is_file()]:
            raise FileNotFoundError(
                f"{folder} holds no release of Pyodide: {', '.join(missing)} is missing. Unpack "
                "pyodide-VERSION.tar.bz2 of its releases and give the folder that has pyodide.mjs in it."
            )
        if missing := [name for name in SCRIPTS if not (folder / name).is_file()]:
            archives = " ".join(map(_pinned, missing))
            raise FileNotFoundError(
                f"{folder} lacks {', '.join(missing)}. `npm pack {archives}` brings the archives that "
                "have them; `make site` does all of this."
            )
        self._lock = json.loads((folder / _LOCK).read_text(encoding="utf-8"))
        self.version, self.python = str(self._lock["info"]["version"]), str(self._lock["info"]["python"])
        self.later = [name for name in _LATER if self._complete(name)]

    def check(self) -> list[str]:
        """Compare every file that is used with its checksum; the names of those that none is known for.

        Raises
        ------
        ValueError
            If a file is not what it should be.
        """
        known = _checksums()
        release = known["pyodide"].get(self.version, {})
        unknown = [name for name in (*_CORE, _LOCK) if name not in release]
        wanted = dict(release)
        wanted |= {name: known["scripts"][name]["sha256"] for name in SCRIPTS}
        wanted |= {each["file_name"]: each["sha256"] for each in self._packages().values()}
        for name, checksum in wanted.items():
            found = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            if found != checksum:
                raise ValueError(
                    f"{self.folder / name} is not the file of the release: its sha256 is {found}, and "
                    f"{checksum} was expected. Get the release anew."
                )
        return unknown

    def copy(self, out: Path) -> None:
        """Copy interpreter and packages, with a lock file that names those alone."""
        out.mkdir(parents=True, exist_ok=True)
        packages = self._packages()
        for name in (*_CORE, *(each["file_name"] for each in packages.values())):
            shutil.copyfile(self.folder / name, out / name)
        # What nothing computes with is a seventh of numpy, which every first visit waits for.
        numpy = out / packages["numpy"]["file_name"]
        numpy.write_bytes(_lighter(numpy.read_bytes()))
        checksum = hashlib.sha256(numpy.read_bytes()).hexdigest()
        packages["numpy"] = packages["numpy"] | {"sha256": checksum}
        lock = {"info": self._lock["info"], "packages": packages}
        (out / _LOCK).write_text(json.dumps(lock), encoding="utf-8")

    def _packages(self) -> dict[str, dict[str, Any]]:
        """The packages that are used, with all that they need, as the lock file has them."""
        found: dict[str, dict[str, Any]] = {}
        names = ["numpy", *self.later]
        while names:
            # Not the package's own name, which may be spelt otherwise: Pillow is under pillow.
            name = names.pop()
            if name not in found:
                found[name] = self._lock["packages"][name]
                names += found[name]["depends"]
        return found

    def _complete(self, name: str) -> bool:
        """Whether a package and all that it needs lie in the folder."""
        entry = self._lock["packages"].get(name)
        return (
            entry is not None
            and (self.folder / entry["file_name"]).is_file()
            and all(self._complete(other) for other in entry["depends"])
        )


def _lighter(wheel: bytes) -> bytes:
    """A wheel without what compilers and editors read."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel)) as before, zipfile.ZipFile(made, "w") as after:
        for item in before.infolist():
            if (
                not item.filename.endswith((".pyi", ".h", ".a", ".c", ".pxd"))
                and "/f2py/" not in item.filename
            ):
                kept = zipfile.ZipInfo(item.filename, (2025, 1, 1, 0, 0, 0))
                after.writestr(kept, before.read(item), zipfile.ZIP_DEFLATED, 9)
    return made.getvalue()


def script(folder: Path, name: str) -> bytes:
    """A script of the widgets, without the modules in it that are for widgets of former days."""
    text = (folder / name).read_text(encoding="utf-8")
    parts = re.split(r"(?=/\*! For license information please see )", text)
    unused = ("base7", "controls7")
    names = tuple(f'define("@jupyter-widgets/{each}"' for each in unused)
    return "".join(part for part in parts if not any(each in part for each in names)).encode()


def _checksums() -> dict[str, Any]:
    known: dict[str, Any] = json.loads((Path(__file__).parent / "checksums.json").read_text(encoding="utf-8"))
    return known


def _pinned(script: str) -> str:
    return f"{SCRIPTS[script]}@{_checksums()['scripts'][script]['version']}"
