"""JavaScript that is written in several files and loaded as one."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["bundle"]


def bundle(*names: str) -> str:
    """Join ES modules of this folder into the one that anywidget loads, without the imports between them."""
    here = Path(__file__).parent
    source = "\n".join((here / name).read_text(encoding="utf-8") for name in names)
    source = re.sub(r'^import \{[^}]*\} from "\./[^"]+";\n', "", source, flags=re.MULTILINE)
    return source
