"""Writes a page: templates, style and script of this folder become one file that fetches nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from secondhalf.experiments.html.blocks import Page
from secondhalf.experiments.results.tables import replacing

HIDDEN = "—"
"""What a cell without a value shows."""


def write_page(page: Page, path: Path) -> Path:
    """Write a page, whole or not at all; returns its path."""
    html = _environment().get_template("page.html").render(page=page, css=_safe("page.css"), js=_safe("page.js"))
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path


def _text(name: str) -> str:
    return (files("secondhalf.experiments.html") / "templates" / name).read_text(encoding="utf-8")


def _safe(name: str) -> Markup:
    return Markup(_text(name))


def _together(value: Any) -> Any:
    """A number stays on the line of its per cent sign; what is HTML already is left alone."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if type(value) is str else value


@cache
def _environment() -> Environment:
    """Everything that comes from tables is escaped; an attribute that there is none is an error."""
    return Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_together,
        trim_blocks=True,
        lstrip_blocks=True,
    )
