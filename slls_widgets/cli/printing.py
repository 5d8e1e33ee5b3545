"""What the commands print: parameters, JSON, and how far they are."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from typing import Any, TextIO

from ..magnet.device import Device
from ..magnet.macrospin import Macrospin

__all__ = ["ProgressLine", "clock", "parameters", "print_header", "print_json"]

_BAR = 24


def parameters(magnet: Macrospin) -> dict[str, float]:
    """The four numbers of a magnet by their names."""
    return {"alpha": magnet.alpha, "nu": magnet.nu, "delta": magnet.delta, "theta": magnet.theta}


def print_header(magnet: Macrospin, device: Device | None = None) -> None:
    """One line with the parameters, after the table of the device."""
    if device is not None:
        print(device, end="\n\n")
    print(", ".join(f"{name} = {value:.6g}" for name, value in parameters(magnet).items()))


def print_json(**content: Any) -> None:
    """Print JSON that every reader takes: numbers that are not finite become null."""
    print(json.dumps(_finite(content), indent=2, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def clock(seconds: float) -> str:
    """A duration as a clock shows it.

    Examples
    --------
    >>> clock(75), clock(3 * 3600), clock(50 * 3600)
    ('1:15', '3:00:00', '2 days 2:00:00')
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} day{'s' if days > 1 else ''} {hour}:{minute:02d}:{second:02d}"
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


class ProgressLine:
    """One line on a terminal that is written over; elsewhere a line now and then, or none.

    Parameters
    ----------
    every : float, optional
        Seconds between lines where there is no terminal; none are printed by default.
    """

    def __init__(self, stream: TextIO | None = None, *, every: float | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._every = 0.1 if self._terminal else every
        self._last = -math.inf if self._terminal else time.monotonic()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, fraction: float, words: str = "") -> None:
        """Say that ``fraction`` is done."""
        now = time.monotonic()
        if self._every is None or now - self._last < self._every:
            return
        self._last = now
        text = f"{100 * fraction:3.0f} %  {words}".rstrip()
        if self._terminal:
            filled = round(_BAR * fraction)
            width = shutil.get_terminal_size().columns - 1
            line = f"[{'#' * filled}{'.' * (_BAR - filled)}] {text}"
            self._stream.write(f"\r{line[:width]}\x1b[K")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()
