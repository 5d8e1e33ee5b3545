"""The program ``slls``, also started by ``python -m slls_widgets``."""

import os
import signal
from types import FrameType

__all__ = ["main"]


def main() -> int:
    """Load the command line and run it; Ctrl-C while it loads ends the program with 130 and no traceback."""
    pressed = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.default_int_handler(number, frame)

    # A shell starts what it puts into the background with Ctrl-C switched off: leave it so.
    watched = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if watched:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    # Only now: numpy and what else is needed take half a second, within which people change their minds.
    from .cli import main as run

    try:
        if watched:
            signal.signal(signal.SIGINT, interrupt)
        code = run()
    except KeyboardInterrupt:
        # Between the two, or while the arguments are read; a command that runs ends by itself.
        return 130
    # A library that is being loaded may turn the interruption into an error of its own.
    return 130 if pressed and code == 2 else code


if __name__ == "__main__":
    raise SystemExit(main())
