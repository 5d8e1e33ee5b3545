"""``slls lab``: the notebooks in JupyterLab."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import Any

from .parsing import command, server_options

__all__ = ["add", "copied", "run"]

EXAMPLES = """examples:
  slls lab
  slls lab --port 9000 --no-browser
  slls lab -- --allow-root                     options after -- go to JupyterLab
"""
# A folder of Jupyter's settings.
QUIET = Path(__file__).with_name("jupyter")
_COPIED = ("notebooks/*.ipynb", "docs/*.md", "docs/*.bib", "NOTATION.md", "CITATION.cff")


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "lab", "open the notebooks in JupyterLab", EXAMPLES)
    server_options(parser, 8888)
    parser.add_argument("rest", nargs="*", metavar="-- OPTION", help="options for JupyterLab itself")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from jupyterlab.labapp import LabApp

    from ..serving import server, settings

    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in options.rest:
        raise ValueError("JupyterLab does not run as root unless told: slls lab -- --allow-root")
    port = server.claim_port(options.host, options.port)
    settings.lean_kernels()
    home = settings.notebooks_dir().parent
    if home == Path(__file__).parents[1]:
        # Never edit the installed package: work on a copy in the current folder.
        home = copied(home, Path.cwd() / "slls-notebooks")
    arguments = [
        # With what the notebooks link to, which lies beside their folder.
        f"--ServerApp.root_dir={home}",
        "--LabApp.default_url=/lab/tree/notebooks/00_tour.ipynb",
        f"--ServerApp.ip={options.host}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
    ]
    # JupyterLab asks whether it may bring news, over the panels, unless the part of it that asks is disabled.
    paths = [str(QUIET), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
    if options.no_browser:
        arguments.append("--ServerApp.open_browser=False")
    LabApp.launch_instance([*arguments, *options.rest])  # type: ignore[no-untyped-call]
    return 0


def copied(package: Path, folder: Path) -> Path:
    """Copy the notebooks, and the pages that they link to, into ``folder``; what is there already stays."""
    for source in sorted(path for pattern in _COPIED for path in package.glob(pattern)):
        target = folder / source.relative_to(package)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder
