"""The app's server as a process to be measured: start it, look at it, stop it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["Server", "served"]

MIB = 2.0**20


@dataclass
class Server:
    """A running ``slls app``."""

    url: str
    process: psutil.Process
    log: Path

    def kernels(self) -> list[psutil.Process]:
        """The kernels' processes, those in the pool included."""
        return [child for child in self.process.children() if child.is_running()]

    def complaints(self) -> list[str]:
        """What the server has written besides its address."""
        return [
            line
            for line in self.log.read_text().splitlines()
            if not line.startswith(("The app is at", "For others"))
        ]


def mebibytes(process: psutil.Process) -> tuple[float, float]:
    """Resident memory of a process, and its share of it where pages are shared (PSS); 0 where unknown."""
    info = process.memory_full_info()
    return info.rss / MIB, getattr(info, "pss", 0) / MIB


@contextlib.contextmanager
def served(*options: str, wait: float = 180.0) -> Iterator[Server]:
    """Run ``slls app`` with these options on a free port until the block ends.

    Everything is compiled before, so that the first visitors do not wait for that.
    """
    subprocess.run([sys.executable, "-m", "slls_widgets", "warm-up"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "slls_widgets", "app", "--no-browser", "--port", "0", *options],
                stdout=output,
                stderr=output,
            )
        try:
            deadline = time.monotonic() + wait
            while "The app is at" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the app did not start:\n{log.read_text()}")
                time.sleep(0.1)
            line = next(text for text in log.read_text().splitlines() if text.startswith("The app is at"))
            yield Server(line.split()[4], psutil.Process(process.pid), log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
