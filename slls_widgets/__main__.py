"""The program ``slls``, also started by ``python -m slls_widgets``."""

import os
import signal

__all__ = ["main"]


def main() -> int:
    """Load the command line and run it; Ctrl-C ends the program with 130 and no traceback."""
    # An exception can be lost here: a library that is being loaded may take it for a failure of its own, and
    # callbacks and finalizers drop it. What has something to save or to stop puts its own handler in place.
    # A shell starts what it puts into the background with Ctrl-C switched off: leave it so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    # Only now: numpy and what else is needed take half a second, within which people change their minds.
    from .cli import main as run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())
