"""The program ``slls``, also started by ``python -m slls_widgets``."""

import os
import signal

__all__ = ["main"]


def main() -> int:
    """Load the command line and run it; Ctrl-C while it loads ends the program with 130 and no traceback."""
    before = signal.getsignal(signal.SIGINT)
    # A shell starts what it puts into the background with Ctrl-C switched off: leave it so.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    # Only now: numpy and what else is needed take half a second, within which people change their minds.
    from .cli import main as run

    try:
        signal.signal(signal.SIGINT, before)
        return run()
    except KeyboardInterrupt:
        # Between the two, or while the arguments are read; a command that runs ends by itself.
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
