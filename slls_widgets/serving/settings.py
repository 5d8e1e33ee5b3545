"""Where the notebooks are, and every setting of the server of ``slls app``, in one place.

What makes the app of its notebook lies in the page template, because any other Voila reads that too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .hosting import Hosting

__all__ = [
    "APP_NOTEBOOK",
    "EXTENSIONS",
    "LIMITS",
    "SHARE",
    "add_share_to_path",
    "lean_kernels",
    "notebooks_dir",
    "voila_config",
]

APP_NOTEBOOK = "03_phase_diagram.ipynb"
# In a checkout, a Jupyter data folder with the page template; the wheel installs it where Jupyter looks.
SHARE = Path(__file__).parent / "share"
# The parts of JupyterLab that the page loads, as listed in its template; no others are served.
EXTENSIONS = (
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "bqplot",
    "bqscales",
    "anywidget",
)

_PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Limits:
    """What one visitor may take of the server's memory, time and files: far more than a page needs.

    Attributes
    ----------
    largest_message : int
        Bytes of a message from a page.
    messages_per_second, burst_of_messages, bytes_per_second, burst_of_bytes : float
        What a page may send to its kernel; what comes faster waits to be read.
    messages_held_for_kernel, messages_held_of_kernel : int
        Messages that wait on each line to a kernel; where they are full, the other side waits.
    bytes_held_for_page, bytes_held_for_all_pages : int
        What waits for pages that do not read; who holds most is cut off.
    sockets_per_kernel : int
        A page has one websocket; while it reconnects after a cut, the old one may still look alive.
    page_seconds : float
        A page must have been made after this long.
    answer_seconds : float
        Who has not read an answer after this long makes room for others.
    most_connections, most_files, files_of_server, files_per_visitor : int
        Connections at once, the limit on open files, and what is kept of it for other things.
    """

    largest_message: int = 1 << 17
    messages_per_second: float = 250.0
    burst_of_messages: float = 500.0
    bytes_per_second: float = float(1 << 18)
    burst_of_bytes: float = float(1 << 19)
    messages_held_for_kernel: int = 16
    messages_held_of_kernel: int = 32
    bytes_held_for_page: int = 16 << 20
    bytes_held_for_all_pages: int = 128 << 20
    sockets_per_kernel: int = 4
    page_seconds: float = 180.0
    answer_seconds: float = 300.0
    most_connections: int = 1000
    most_files: int = 4096
    files_of_server: int = 64
    files_per_visitor: int = 40


LIMITS = Limits()


def notebooks_dir() -> Path:
    """Folder of the notebooks: that of the source checkout, else the copy inside the installed package.

    Raises
    ------
    FileNotFoundError
        If there is neither, which means a damaged installation.
    """
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "notebooks").is_dir():
        return checkout / "notebooks"
    if (_PACKAGE / "notebooks").is_dir():
        return _PACKAGE / "notebooks"
    raise FileNotFoundError(f"no notebooks beside or inside {_PACKAGE}: please reinstall slls-widgets")


def add_share_to_path() -> None:
    """Let Jupyter find a checkout's page template as it is now, not as it was at the installation."""
    before = os.environ.get("JUPYTER_PATH", "")
    paths = [str(SHARE), *(p for p in before.split(os.pathsep) if p and p != str(SHARE))]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(paths)


def lean_kernels() -> None:
    """Let the kernels started from here take no more of a shared machine than they need.

    Their matrices are small, and BLAS threads that wait for each other cost ten times what they save. Two
    arenas of memory serve the few threads of a visitor; glibc would make eight for each processor and
    keep what they ever held. A value that is already set wins.
    """
    defaults = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def voila_config(hosting: Hosting | None = None) -> dict[str, dict[str, Any]]:
    """Every setting of the server, as {class: {trait: value}}.

    Parameters
    ----------
    hosting : Hosting, optional
        How the app is offered; the default is to the person at this machine.
    """
    hosting = hosting or Hosting()
    return {
        "Voila": {"ip": hosting.host, "port": hosting.port, "base_url": "./"},
        "VoilaConfiguration": {
            "template": "slls",
            "theme": "light",
            # A visitor must not pick the template or the theme: both are put into the page as they come.
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "strip_sources": True,
            "show_tracebacks": False,
            "preheat_kernel": hosting.pool_size > 0,
            "default_pool_size": hosting.pool_size,
            # The app serves no files of its own.
            "file_allowlist": [],
            "multi_kernel_manager_class": "slls_widgets.serving.kernels.VisitorKernelManager",
        },
        # A busy machine may bring a cell's output long after the cell has run: by default, four seconds late,
        # the page would be shown without it, which is without the app.
        "VoilaExecutor": {
            "startup_timeout": int(LIMITS.page_seconds),
            "iopub_timeout": int(LIMITS.page_seconds),
            "raise_on_iopub_timeout": True,
        },
        "VisitorKernelManager": {
            "leave_seconds": hosting.leave_seconds,
            "arrive_seconds": hosting.arrive_seconds,
            "max_visitors": hosting.max_visitors,
            "kernel_memory": hosting.kernel_memory,
            # A traceback of a widget names the folders of this machine.
            "allow_tracebacks": False,
        },
        # Nobody knows what a kernel was that is started anew: one that died has ended.
        "KernelRestarter": {"restart_limit": 0, "time_to_dead": 1.0},
        # The second net, for a page forgotten open: untouched, it stops asking whether its kernel lives.
        "MappingKernelManager": {
            "cull_idle_timeout": int(60 * hosting.idle_minutes),
            "cull_interval": 300,
            "cull_connected": True,
            "buffer_offline_messages": False,
        },
    }
