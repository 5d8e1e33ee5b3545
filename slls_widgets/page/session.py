"""What runs in the browser's Python: the app, and comms that lead to the page instead of to a kernel's socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from .standins import stand_in

__all__ = ["connect", "receive", "start"]

_app: Any = None


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

    class PageComm(BaseComm):  # type: ignore[misc]
        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            text = json.dumps({"data": data or {}, "metadata": metadata or {}, **keys}, default=_plain)
            post(msg_type, self.comm_id, text, to_js([bytes(each) for each in buffers or ()]))

    comm.create_comm = PageComm


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
