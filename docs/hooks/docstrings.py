"""Reads NumPy-style docstrings and keeps entries short: arrays by a short name, fields with the comment behind them."""

from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass
from typing import Any, Generic, TypeVar

import numpy.typing
from docutils import nodes
from pydantic import BaseModel
from sphinx.addnodes import desc_annotation, desc_signature
from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, NumpyDocstring
from sphinx.pycode import ModuleAnalyzer

STYLE = Config(napoleon_use_ivar=True, napoleon_use_param=False)
"""Attributes as a list, for some are properties too and would stand twice; parameters under one text stay together."""
_Scalar = TypeVar("_Scalar")


class NDArray(Generic[_Scalar]):
    """Stands in for NumPy's, which becomes ``ndarray[tuple[Any, ...], dtype[...]]`` when it is evaluated."""


numpy.typing.NDArray = NDArray  # before any module of secondhalf is imported


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", leave_out_fields)
    app.connect("autodoc-process-docstring", describe)
    app.connect("object-description-transform", fill_and_thin)
    return {"parallel_read_safe": True}


def has_fields(thing: Any) -> bool:
    """Whether a class is its list of fields."""
    if not inspect.isclass(thing):
        return False
    return is_dataclass(thing) or issubclass(thing, BaseModel) or hasattr(thing, "_fields")


def leave_out_fields(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """No signature where the fields below say the same, or where nothing is made."""
    return ("", None) if has_fields(thing) or getattr(thing, "_is_protocol", False) else (signature, returns)


def fill_and_thin(app: Sphinx, domain: str, kind: str, content: nodes.Element) -> None:
    """Fields get the comment behind them; a value that prints as an object goes; a page's contents leave them out."""
    if kind not in ("data", "attribute"):
        return
    for signature in content.parent.findall(desc_signature):
        signature["_toc_name"] = ""
        for note in list(signature.findall(desc_annotation)):
            if re.search(r"^ = .*<\w+ ", note.astext(), re.DOTALL):
                signature.remove(note)
        if not content.children and signature["class"]:
            content += comment_behind(signature["module"], *signature["fullname"].rsplit(".", 1))


def comment_behind(module: str, holder: str, field: str) -> list[nodes.Node]:
    """The comment on the line of a field, ``name: type  # comment``, as a paragraph; between backticks is code."""
    source = ModuleAnalyzer.for_module(module).code
    own = re.search(rf"^class {holder}\b.*?(?=^\S|\Z)", source, re.MULTILINE | re.DOTALL)
    found = own and re.search(rf"^    {field}: [^#\n]*  # (.+)$", own[0], re.MULTILINE)
    if not found:
        return []
    parts = enumerate(found[1].split("`"))
    return [nodes.paragraph("", "", *(nodes.literal(part, part) if at % 2 else nodes.Text(part) for at, part in parts))]


def describe(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Sections as NumPy writes them; constants and properties have none, and their colons are no types."""
    if what not in ("data", "attribute", "property"):
        lines[:] = NumpyDocstring(list(lines), STYLE, app, what, name, thing, options).lines()
    elif (lines and lines[0].startswith("Alias for field number")) or (what == "data" and repeated_below(name)):
        lines[:] = []


def repeated_below(name: str) -> bool:
    """Whether the next constant of the module has the same text: they are one group, described at its end."""
    module, _, own = name.rpartition(".")
    texts = {key[1]: text for key, text in ModuleAnalyzer.for_module(module).find_attr_docs().items() if not key[0]}
    names = list(texts)
    after = names.index(own) + 1 if own in texts else len(names)
    return after < len(names) and texts[names[after]] == texts[own]
