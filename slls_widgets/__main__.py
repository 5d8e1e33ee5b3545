"""``python -m slls_widgets`` is ``slls``."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
