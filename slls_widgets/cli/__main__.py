"""``python -m slls_widgets.cli`` is ``slls``."""

from ..__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
