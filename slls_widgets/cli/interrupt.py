"""Ctrl-C as a question instead of an exception: what runs stops by itself and keeps what it has."""

from __future__ import annotations

import signal
import threading
from types import FrameType

__all__ = ["Interrupt"]


class Interrupt:
    """As a context: the first Ctrl-C (or SIGTERM, as batch systems send it) is noted, a second is final."""

    def __init__(self) -> None:
        self._signal = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # A shell starts what it puts into the background with Ctrl-C switched off.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()

    def __call__(self) -> bool:
        """Whether somebody asked to stop."""
        return self._signal != 0

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, as shells have it."""
        return 128 + self._signal

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._signal:
            raise KeyboardInterrupt
        self._signal = number
