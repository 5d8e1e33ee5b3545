"""Modules that widgets import and that a browser does without: nothing of IPython, nothing of pandas.

Both would double what the page weighs. ipywidgets asks IPython whether it is in a notebook, and is told that
it is not; bqplot asks pandas whether an array holds dates, and none does.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["give_way", "stand_in"]


def stand_in() -> None:
    """Put the stand-ins in place, for packages that are not installed."""
    absent = [top for top in ("IPython", "pandas") if find_spec(top) is None]
    for name, contents in _CONTENTS.items():
        parent, _, child = name.rpartition(".")
        if name.partition(".")[0] in absent:
            module = ModuleType(name, "A stand-in, see slls_widgets.page.standins.")
            vars(module).update(contents, __path__=[])
            sys.modules[name] = _put[name] = module
            if parent:
                setattr(sys.modules[parent], child, module)


def give_way() -> None:
    """Take the stand-ins out again, before somebody needs the packages themselves."""
    for name, module in _put.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]
    _put.clear()


def _nothing(*_arguments: Any, **_options: Any) -> None:
    """Do nothing."""


class _NoDates:
    """What pandas makes of something that is no date."""


def _no_dates(values: Any, **_options: Any) -> list[Any]:
    return [_NoDates]


_put: dict[str, ModuleType] = {}
_CONTENTS: dict[str, dict[str, Any]] = {
    "IPython": {"get_ipython": _nothing},
    "IPython.display": {"display": _nothing, "clear_output": _nothing},
    "IPython.core": {},
    "IPython.core.interactiveshell": {"InteractiveShell": type("InteractiveShell", (), {})},
    "pandas": {
        "NaT": _NoDates,
        "Series": type("Series", (), {}),
        "DataFrame": type("DataFrame", (), {}),
        "Timestamp": type("Timestamp", (), {}),
        "to_datetime": _no_dates,
    },
}
