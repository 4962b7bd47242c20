"""Warns when a page would ask another machine for a style, script, font or picture."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

REQUESTS = {
    "*.html": re.compile(
        r"""<(?:script|link|img|iframe|source|video|object|embed)\b[^>]*\b(?:src|href|data|srcset)=["'](?:https?:)?//[^"']*"""
    ),
    "*.css": re.compile(r"""(?:@import\s+|url\()\s*["']?(?:https?:)?//[^"')\s]*"""),
}
"""What makes a browser ask, by kind of file; plain links to follow are no requests."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True}


def check(app: Sphinx, error: Exception | None) -> None:
    """Look through all files that were built."""
    if error is not None or app.builder.format != "html":
        return
    for kind, pattern in REQUESTS.items():
        for path in sorted(Path(app.outdir).rglob(kind)):
            for request in pattern.findall(path.read_text(encoding="utf-8")):
                getLogger(__name__).warning("%s asks another machine: %s", path.relative_to(app.outdir), request)
