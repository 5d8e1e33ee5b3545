"""The documentation site: ``make docs`` builds it into ``build/docs/html``.

The source folder is the top of the repository, so that a link between README, docs/ and notebooks/ is the
same on a code host and on the site. Notebooks are shown with their stored outputs; nothing is executed.
Formulas become MathML, fonts are the reader's own: a page loads nothing from anywhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from docstrings import escape_bars_and_stars, skip_foreign_members
from mathml import block_math, inline_math
from references import resolve_name_in_docstring

from slls_widgets import __version__

project = "slls-widgets"
author = "The slls-widgets developers"
copyright = f"{author}, BSD 3-Clause licence"
version = release = __version__

root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/reference/**", "notebooks/*.ipynb"]
exclude_patterns = ["**/.ipynb_checkpoints"]

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]

# A reference that leads nowhere is an error: `make docs` turns warnings into errors.
nitpicky = True
default_role = "py:obj"

nb_execution_mode = "off"
# A stored live view is its text: "run the notebook to use it".
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "references.jupyter_slug"
suppress_warnings = ["myst.header"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False

# autosummary looks from the source folder, Sphinx from this one.
templates_path = [str(Path(__file__).parent / "templates")]
html_theme = "furo"
html_title = "slls-widgets"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["root"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"


def setup(app: Any) -> None:
    """Connect what the modules beside this file do."""
    app.connect("autodoc-process-docstring", escape_bars_and_stars, priority=400)
    app.connect("autodoc-skip-member", skip_foreign_members)
    app.connect("missing-reference", resolve_name_in_docstring)
    app.add_html_math_renderer(
        "mathml", inline_renderers=(inline_math, None), block_renderers=(block_math, None)
    )
