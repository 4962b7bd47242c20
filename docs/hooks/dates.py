"""Keeps dates in one piece: browsers would break a narrow cell's dates at their hyphens."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

DATE = re.compile(r"(\b\d{4}-\d{2}-\d{2}\b)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", keep)
    return {"parallel_read_safe": True}


def keep(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put every date in a table into an element of its own, which site.css does not let break."""
    for entry in doctree.findall(nodes.entry):
        for text in list(entry.findall(nodes.Text)):
            parts = enumerate(DATE.split(text))
            pieces = [nodes.inline(part, part, classes=["date"]) if at % 2 else nodes.Text(part) for at, part in parts]
            text.parent.replace(text, pieces)
