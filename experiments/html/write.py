"""Writer of a page: templates, style and script of this folder become one file that fetches nothing.

Whatever a page is made of may come from somebody else's folder, so it is escaped, and the browser is told to run the
script of this folder and no other.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
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
    css, js = _safe("page.css"), _safe("page.js")
    html = _environment().get_template("page.html").render(page=page, css=css, js=js, policy=_policy(css, js))
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path


def _text(name: str) -> str:
    return (files("secondhalf.experiments.html") / "templates" / name).read_text(encoding="utf-8")


def _safe(name: str) -> Markup:
    return Markup(_text(name))


def _policy(css: str, js: str) -> Markup:
    """What the browser may do on the page: nothing but apply this style, run this script, show pixels inside drawings.

    Styles in attributes stay allowed, as drawings have them; they can fetch nothing. A browser that does not know
    `style-src-elem` goes by `style-src`.
    """
    own = {text: f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (css, js)}
    return Markup(
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; style-src-elem {own[css]}; style-src-attr 'unsafe-inline'; script-src {own[js]}"
    )


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
