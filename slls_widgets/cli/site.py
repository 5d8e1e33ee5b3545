"""``slls site``: the app as a folder of static files."""

from __future__ import annotations

import argparse
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .parsing import command

__all__ = ["add", "run"]

EXAMPLES = """examples:
  slls site public --pyodide pyodide    with the release of Pyodide in the folder pyodide
  make site                             gets the release first
"""


def add(commands: Any) -> None:
    """Declare the command and its options."""
    parser = command(commands, "site", "write the app as files that need no server of their own", EXAMPLES)
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="the folder to write; an older site is replaced"
    )
    parser.add_argument(
        "--pyodide", type=Path, required=True, metavar="FOLDER", help="a release of Pyodide, unpacked"
    )
    parser.add_argument("--browser", metavar="PROGRAM", help="the Chromium that takes the pictures")
    parser.add_argument(
        "--pictures",
        choices=("all", "start", "none"),
        default="all",
        help="of which views; without any no browser is needed, and the page takes twice as long to start",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the release, compile the kernels, write the folder, and take pictures of it."""
    from ..page.runtime import Runtime
    from ..page.site import build_site

    browser = options.browser or shutil.which("chromium") or shutil.which("google-chrome")
    if options.pictures != "none" and find_spec("playwright") is None:
        raise ModuleNotFoundError(
            "pictures are taken with Playwright: pip install 'slls-widgets[site]', or add --pictures none"
        )
    runtime = Runtime(options.pyodide)
    if unknown := runtime.check():
        print(
            f"slls site: no checksum is known of {', '.join(unknown)} of Pyodide {runtime.version}; "
            "its packages are as its lock file says",
            file=sys.stderr,
        )
    build_site(options.out, runtime)
    if options.pictures != "none":
        from ..page.pictures import add_pictures

        add_pictures(options.out, browser, start_alone=options.pictures == "start")
    print(f"{options.out}: serve it with any web server, such as python -m http.server -d {options.out}")
    return 0
