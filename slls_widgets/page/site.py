"""Write the app as a folder of static files, which any web server can hand out.

=================  ==================================================================================
``index.html``     the page, with pictures of what the usual addresses show
``page.js``        the page's own thread: the widgets; ``worker.js``: Python; ``offline.js``: later visits
``js/``            the bundles of the widgets, out of their packages
``app-….zip``      this package with its kernels, and the packages in Python alone that it needs
``pyodide/``       the interpreter and its packages, as released
=================  ==================================================================================
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from .._version import __version__
from .kernels import LIBRARY, TABLE, build
from .runtime import SCRIPTS, Runtime, script

__all__ = ["build_site", "bytecode", "finish", "write_page"]

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parent
# What the app imports, apart from numpy: packages in Python alone, from the environment that builds the site.
_PACKAGES = (
    "ipywidgets", "bqplot", "bqscales", "anywidget", "comm", "traittypes", "traitlets", "psygnal",
    "typing-extensions",
)  # fmt: skip
_BUNDLES = ("bqplot", "bqscales", "anywidget")
# Of these packages the browser runs nothing of it, or has it from elsewhere.
_LEFT_OUT = (
    "tests/", "__pycache__/", "map_data/", "labextension/", "nbextension/static/", "index.js", "extension.js",
    ".so", ".pyi", ".map", ".pyc", "RECORD", "slls_widgets/serving/", "slls_widgets/cli/",
    "slls_widgets/notebooks/", "slls_widgets/docs/", "page/front/", "page/runtime.ll", "_qt.py",
)  # fmt: skip
# bqplot opens these when it is imported; no map of the world is drawn here.
_EMPTY = ("WorldMap", "USStatesMap", "USCountiesMap", "EuropeMap")
# All times in archives are this one, so that the same sources give the same files.
_TIME = (2025, 1, 1, 0, 0, 0)


def build_site(out: Path, runtime: Runtime) -> None:
    """Write the site.

    Parameters
    ----------
    out : Path
        A folder that is made, or that holds an older site, which is replaced.
    runtime : Runtime
    """
    if out.exists() and any(out.iterdir()) and not (out / "site.json").is_file():
        raise FileExistsError(f"{out} holds something else than a site; give an empty folder")
    kernels = _kernels(out)
    shutil.rmtree(out, ignore_errors=True)
    (out / "js").mkdir(parents=True)
    for name in ("page.js", "worker.js"):
        shutil.copyfile(_HERE / "front" / name, out / name)
    # The app brings its own style, but later than its plots ask how wide they are.
    styles = (_HERE / "front" / "page.css", _PACKAGE / "widgets" / "parts" / "app.css")
    (out / "page.css").write_bytes(b"".join(each.read_bytes() for each in styles))
    for name in SCRIPTS:
        (out / "js" / name).write_bytes(script(runtime.folder, name))
    for name in _BUNDLES:
        (out / "js" / f"{name}.js").write_bytes(_bundle(name))
    runtime.copy(out / "pyodide")
    app = _named(out, "app", _archive(kernels))
    site: dict[str, Any] = {
        "app": app,
        "library": "pyodide/python_stdlib.zip",
        "later": runtime.later,
        "kernels": _fingerprint(),
    }
    site["first"] = _size(out, site)
    (out / "site.json").write_text(json.dumps(site, indent=1) + "\n", encoding="utf-8")
    write_page(out, {})
    finish(out)


def finish(out: Path) -> None:
    """Write the list of files that later visits are served from; to be called after every change."""
    text = (_HERE / "front" / "offline.js").read_text(encoding="utf-8")
    names = sorted(str(each.relative_to(out)) for each in out.rglob("*") if each.is_file())
    names = [name for name in names if name not in ("offline.js",)]
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + hashlib.sha256((out / name).read_bytes()).digest())
    # What comes later is kept when it comes.
    lock = json.loads((out / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    later = {f"pyodide/{each['file_name']}" for name, each in lock.items() if name != "numpy"}
    kept = ["./", *(name for name in names if name not in later and not name.startswith("pictures/"))]
    text = text.replace("<!-- VERSION -->", digest.hexdigest()[:16])
    text = text.replace("/* FILES */ []", json.dumps(kept))
    (out / "offline.js").write_text(text, encoding="utf-8")


def bytecode(out: Path, compiled: dict[str, dict[str, str]]) -> None:
    """Put bytecode in the place of sources, in the app and in Python's own library."""
    site = json.loads((out / "site.json").read_text(encoding="utf-8"))
    for place, stem in (("app", "app"), ("library", "library")):
        contents = {}
        with zipfile.ZipFile(out / site[place]) as archive:
            for name in archive.namelist():
                if name in compiled[place]:
                    contents[f"{name}c"] = base64.b64decode(compiled[place][name])
                elif not name.endswith("/"):
                    contents[name] = archive.read(name)
        (out / site[place]).unlink()
        site[place] = _named(out, stem, _zipped(contents))
    site["first"] = _size(out, site)
    (out / "site.json").write_text(json.dumps(site, indent=1) + "\n", encoding="utf-8")


def _size(out: Path, site: dict[str, Any]) -> int:
    """Bytes of what is counted while the page loads."""
    names = [site["app"], site["library"], "pyodide/pyodide-lock.json"]
    names += [str(each.relative_to(out)) for each in (out / "pyodide").glob("numpy-*.whl")]
    return sum((out / name).stat().st_size for name in names)


def write_page(out: Path, pictures: dict[str, str]) -> None:
    """Write ``index.html`` with the names of the pictures, by address."""
    text = (_HERE / "front" / "index.html").read_text(encoding="utf-8")
    listed = f'<script id="pictures" type="application/json">{json.dumps(pictures)}</script>'
    text = text.replace("<!-- HEAD -->", _head()).replace("<!-- PICTURES -->", listed)
    (out / "index.html").write_text(text, encoding="utf-8")


def _head() -> str:
    """Title, description and icon: those of the served app."""
    template = _PACKAGE / "serving/share/voila/templates/slls/head.macro.html.j2"
    if not template.is_file():
        return f"<title>sLLS Explorer {html.escape(__version__)}</title>"
    lines = template.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("<"))


def _kernels(out: Path) -> dict[str, bytes]:
    """The compiled kernels: those of an older site if their sources are the same, as they take a minute."""
    try:
        if json.loads((out / "site.json").read_text(encoding="utf-8"))["kernels"] == _fingerprint():
            with zipfile.ZipFile(next(out.glob("app-*.zip"))) as archive:
                return {name: archive.read(f"slls_widgets/{name}") for name in (LIBRARY, TABLE)}
    except (FileNotFoundError, StopIteration, KeyError):
        pass
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch))
        return {name: (Path(scratch) / name).read_bytes() for name in (LIBRARY, TABLE)}


def _fingerprint() -> str:
    """A hash of all that the compiled kernels are made from."""
    digest = hashlib.sha256()
    folders = ("fokker_planck", "simulation", "magnet", "page")
    files = [each for folder in folders for each in (_PACKAGE / folder).glob("*.py")]
    for path in sorted([*files, _PACKAGE / "_jit.py", _HERE / "runtime.ll"]):
        if path.name not in ("site.py", "session.py", "runtime.py", "standins.py", "pictures.py"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _bundle(name: str) -> bytes:
    """The script of a widget package, as its own installation puts it into a notebook server."""
    found = distribution(name)
    ending = "nbextension/static/index.js", f"nbextensions/{name}/index.js", "nbextension/index.js"
    for file in found.files or ():
        if str(file).endswith(ending):
            path = Path(str(found.locate_file(file)))
            if path.is_file():
                return path.read_bytes()
    raise FileNotFoundError(
        f"{name} {found.version} is installed without its script nbextensions/{name}/index.js"
    )


def _archive(kernels: dict[str, bytes]) -> bytes:
    """The package, its kernels, and the packages that it needs."""
    contents = dict(_package()) | {f"slls_widgets/{name}": content for name, content in kernels.items()}
    for name in _PACKAGES:
        contents |= dict(_files(distribution(name)))
    contents |= {f"bqplot/map_data/{name}.json": b"{}" for name in _EMPTY}
    return _zipped(contents)


def _zipped(contents: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, _TIME), contents[name], zipfile.ZIP_DEFLATED, 9)
    return made.getvalue()


def _package() -> Iterator[tuple[str, bytes]]:
    for path in _PACKAGE.rglob("*"):
        name = f"slls_widgets/{path.relative_to(_PACKAGE).as_posix()}"
        if path.is_file() and not _left_out(name):
            yield name, path.read_bytes()
    meta = f"Metadata-Version: 2.1\nName: slls-widgets\nVersion: {__version__}\n"
    yield f"slls_widgets-{__version__}.dist-info/METADATA", meta.encode()


def _files(found: Distribution) -> Iterator[tuple[str, bytes]]:
    for file in found.files or ():
        path = Path(str(found.locate_file(file)))
        if not str(file).startswith("..") and path.is_file() and not _left_out(str(file)):
            yield str(file), path.read_bytes()


def _left_out(name: str) -> bool:
    return any(part in name if part.endswith("/") else name.endswith(part) for part in _LEFT_OUT)


def _named(out: Path, stem: str, content: bytes) -> str:
    """Write a file whose name changes with its content, so that no browser mixes two versions."""
    name = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.zip"
    (out / name).write_bytes(content)
    return name
