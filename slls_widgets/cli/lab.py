"""``slls lab``: the notebooks in JupyterLab."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from .parsing import command, server_options

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls lab
  slls lab --port 9000 --no-browser
  slls lab -- --allow-root                     options after -- go to JupyterLab
"""


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

    port = server.claim_port(options.host, options.port)
    settings.one_blas_thread()
    folder = settings.notebooks_dir()
    if folder.parent == Path(__file__).parents[1]:
        # Never edit the installed package: work on a copy in the current folder.
        copy = Path.cwd() / "slls-notebooks"
        for notebook in sorted(folder.glob("*.ipynb")):
            if not (copy / notebook.name).exists():
                copy.mkdir(exist_ok=True)
                shutil.copyfile(notebook, copy / notebook.name)
        folder = copy
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.ip={options.host}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
    ]
    if options.no_browser:
        arguments.append("--ServerApp.open_browser=False")
    LabApp.launch_instance([*arguments, *options.rest])  # type: ignore[no-untyped-call]
    return 0
