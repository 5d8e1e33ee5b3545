"""``slls app``: the app in a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..serving import hosting
from .compiling import prepare
from .parsing import command, server_options

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls app
  slls app --port 9000 --no-browser
  slls app --public                            for others on your network
  slls app --public --behind-proxy --base-url /magnet/
"""


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "app", "open the app in a browser", EXAMPLES)
    server_options(parser, 8866)
    hosting.add_arguments(parser)
    parser.add_argument("--notebook", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=run, host=None)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from ..serving import server, settings

    notebook = options.notebook or settings.notebooks_dir() / settings.APP_NOTEBOOK
    if not notebook.is_file():
        raise FileNotFoundError(f"there is no notebook {notebook}")
    offered = hosting.from_options(options)
    browser = not (options.no_browser or options.public)
    # A taken port is told before a minute of compiling.
    server.claim_port(offered.host, offered.port)
    prepare()
    server.serve(notebook, offered, browser=browser, debug=options.debug)
    return 0
