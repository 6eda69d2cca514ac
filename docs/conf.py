"""How `make docs` builds the site. Warnings are errors there, so a link that leads nowhere is one."""

import re
from typing import Any

project = "Nightdesk"
author = "The Nightdesk team"
extensions = ["myst_nb"]
# What a notebook shows was printed when it was run (tests/load/test_notebook.py runs it anew).
nb_execution_mode = "off"
html_theme = "furo"
html_title = "Nightdesk"
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
# Links to headings, as GitHub makes them.
myst_heading_anchors = 3

_OUTSIDE = re.compile(r"\]\((\.\./[^)\s]+\.md)\)")


def setup(app: Any) -> None:
    """Offer Markdown files that lie outside `docs` as they are, like all files that pages link to."""
    app.connect("source-read", _link_as_files)


def _link_as_files(_app: Any, _name: str, source: list[str]) -> None:
    source[0] = _OUTSIDE.sub(r"](path:\1)", source[0])
