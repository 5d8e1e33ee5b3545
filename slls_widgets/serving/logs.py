"""A log that a visitor cannot fill: short lines, and few of a kind.

What a request or a message does is said in one line, without a traceback, and a line that comes again and
again is said some times in a minute and then counted.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from tornado.websocket import WebSocketClosedError

__all__ = ["Sparing", "keep_logs_short"]

# What is logged without need: advice on ping settings that takes Jupyter's milliseconds for its own seconds,
# messages of a kernel that were under way to a page as it closed, and a restart that was not tried.
_NEEDLESS = ("The websocket_ping_timeout", "Got events for closed stream", "kernel %s restarted failed")
# Of each kind, so many lines in so many seconds.
LINES, SECONDS = 5, 60.0
LONGEST_LINE = 300


class Sparing(logging.Filter):
    """Lets a few records of each kind through in a minute, each as one short line."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to say it; the record is shortened."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, WebSocketClosedError) or str(record.msg).startswith(_NEEDLESS):
            return False
        # What differs between lines of a kind is in the arguments, in a number, or further behind.
        words = re.sub(r"[\d\s]+", " ", str(record.msg)[:60])[:24].strip()
        kind = (record.name, record.levelno, words, type(error))
        since, said = self._said.get(kind, (-SECONDS, 0))
        now = self._clock()
        left_out = 0
        if now - since >= SECONDS:
            left_out, since, said = max(0, said - LINES), now, 0
        if len(self._said) > 1000:
            self._said.clear()
        self._said[kind] = (since, said + 1)
        if said >= LINES:
            return False
        text = _said(record).strip().partition("\n")[0][:LONGEST_LINE]
        if error is not None:
            text += f" ({type(error).__name__}: {str(error).partition(chr(10))[0][:LONGEST_LINE]})"
        if left_out:
            text += f" (and {left_out} more like it)"
        record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None
        return True


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # arguments that do not fit must not end what wanted to log
        return str(record.msg)


def keep_logs_short(application: logging.Logger) -> None:
    """Let everything that this process logs go through one :class:`Sparing`.

    Parameters
    ----------
    application : logging.Logger
        The logger of the server, which has a handler of its own otherwise.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # What it says of refused requests stands in the log of requests too.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    application.handlers.clear()
    application.setLevel(logging.ERROR)
    application.propagate = True
