"""What runs in the browser's Python: the app, and comms that lead to its page."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import marshal
import sys
import zipfile
from collections.abc import Callable, Sequence
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

from .standins import give_way, stand_in

__all__ = ["bytecode", "connect", "go", "receive", "settled", "start"]

_app: Any = None
# What Python imports before it can tell by which name.
_BEGINNING = {"importlib._bootstrap", "importlib._bootstrap_external"}


def connect(post: Callable[..., None], load: Callable[..., Any], later: Any) -> None:
    """Make comms that post to the page.

    Parameters
    ----------
    post : callable
        Takes the kind of a message, the comm's number, JSON, and a list of arrays of bytes.
    load : callable
        Loads packages of the runtime, by name; what it returns can be awaited.
    later : sequence of str
        The packages that are there to be loaded.
    """
    stand_in()
    import comm
    from comm.base_comm import BaseComm
    from pyodide.ffi import to_js

    from ..explore import packages

    class PageComm(BaseComm):
        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            text = json.dumps({"data": data or {}, "metadata": metadata or {}, **keys}, default=_plain)
            post(msg_type, self.comm_id, text, to_js([bytes(each) for each in buffers or ()]))

    comm.create_comm = PageComm
    packages.fetch = _Fetching(load, list(later))


class _Fetching:
    """Asks for packages of the runtime, once each, and tells whether they have come."""

    def __init__(self, load: Callable[..., Any], known: list[str]) -> None:
        self._load, self._known = load, known
        self._tasks: dict[str, asyncio.Future[Any]] = {}

    def __call__(self, name: str) -> bool:
        if name not in self._known:
            raise ModuleNotFoundError(f"this page was made without {name}; the installed app has it")
        if name not in self._tasks:
            self._tasks[name] = asyncio.ensure_future(self._load(name))
        task = self._tasks[name]
        if not task.done():
            return False
        if task.exception() is not None:
            del self._tasks[name]  # the next try asks anew
            raise ConnectionError(f"{name} could not be loaded; check the connection")
        invalidate_caches()
        if name == "xarray":
            give_way()  # to the pandas that came with it
        return True


def _plain(value: Any) -> Any:
    """What numpy's numbers are in JSON."""
    return value.tolist()


def start(query: str) -> str:
    """Build the app at the place that an address describes; the number of its model."""
    global _app
    from ..widgets import Explorer

    _app = Explorer.from_url(query) if len(query) > 1 else Explorer()
    return str(_app.model_id)


def receive(comm_id: str, text: str, buffers: Sequence[Any]) -> None:
    """Hand a message of the page to the widget that it is for."""
    import comm

    to = comm.get_comm_manager().get_comm(comm_id)
    if to is not None:
        content = {"comm_id": comm_id, "data": json.loads(text)}
        to.handle_msg({"content": content, "buffers": [memoryview(each.to_py()) for each in buffers]})


def go(query: str) -> None:
    """Move to the place that an address describes; the usual start for an empty one."""
    from ..explore.permalink import open_link
    from ..explore.state import Snapshot

    _app.state.apply(open_link(query)[0] if query else Snapshot())


def settled() -> bool:
    """Whether all that is to be computed has been computed and shown."""
    exact = _app.exact
    return exact.point is not None and exact.point.magnet == _app.state.magnet and not exact.busy


def bytecode() -> str:
    """The modules that the app has imported in the bytecode of this Python: JSON of two archives, in base64.

    A browser that reads them starts in half the time. Docstrings are left out, and so is the bytecode of what
    is seldom imported, which is larger than its source.
    """
    made: dict[str, dict[str, str]] = {"library": {}, "app": {}}
    library = next(path for path in sys.path if path.endswith(".zip"))
    with zipfile.ZipFile(library) as archive:
        sources = [("library", name, archive.read(name)) for name in archive.namelist()]
    top = Path(__file__).parents[2]
    for path in top.rglob("*.py"):
        sources.append(("app", path.relative_to(top).as_posix(), path.read_bytes()))
    for place, name, source in sources:
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if name.endswith(".py") and (module in sys.modules or module in _BEGINNING):
            code = compile(source, name, "exec", dont_inherit=True, optimize=2)
            head = importlib.util.MAGIC_NUMBER + bytes(12)
            made[place][name] = base64.b64encode(head + marshal.dumps(code)).decode()
    return json.dumps(made)
