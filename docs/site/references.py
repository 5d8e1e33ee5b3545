"""Names in docstrings mean what they mean to a reader: what is nearby, exported, or the only one."""

from __future__ import annotations

import inspect
from pkgutil import resolve_name
from typing import Any

__all__ = ["jupyter_slug", "resolve_name_in_docstring"]


def resolve_name_in_docstring(app: Any, env: Any, node: Any, text: Any) -> Any:
    """Link `simulate` or `slls_widgets.simulate` to the place where the function is defined."""
    if node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    name = _definition(node["reftarget"], node.get("py:module") or "")
    if name is None:
        ending = "." + node["reftarget"]
        known = [full for full in domain.objects if full.endswith(ending)]
        name = known[0] if len(known) == 1 else None
    return name and domain.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, text)


def _definition(target: str, module: str) -> str | None:
    """Full name of what ``target`` means inside a module, its packages, or by itself; None for strangers."""
    place = module.split(".")
    for depth in range(len(place), -1, -1):
        try:
            found = resolve_name(".".join(filter(None, [*place[:depth], target])))
        except (ImportError, AttributeError, ValueError):
            continue
        if inspect.ismodule(found):
            name: str = found.__name__
        elif hasattr(found, "__qualname__"):
            name = f"{found.__module__}.{found.__qualname__}"
        else:
            continue
        if name.startswith("slls_widgets"):
            return name
    return None


def jupyter_slug(title: str) -> str:
    """The anchor that JupyterLab gives a heading, so that links between notebooks lead to it here too."""
    return title.replace(" ", "-")
