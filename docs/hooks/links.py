"""Links: those of the documents at the top seen from docs/, and from names in the text to the pages of modules."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

TARGET = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s]+)")
MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Pages that stand in for documents at the top."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("include-read", from_docs)
    app.connect("doctree-resolved", link_names)
    app.add_role("name", name_or_code)
    app.add_post_transform(NamesAsInPython)
    return {"parallel_read_safe": True}


def from_docs(app: Sphinx, path: Path, page: str, content: list[str]) -> None:
    """Rewrite the relative links of an included document at the top of the repository."""

    def moved(found: re.Match[str]) -> str:
        target = found[1]
        if target.startswith("docs/"):
            return "](" + target.removeprefix("docs/")
        return "](" + MOVED.get(target, f"../{target}")

    content[:] = [TARGET.sub(moved, text) for text in content]


def link_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Link code words that name a page, source file, function, class or constant of which there is exactly one."""
    if page.startswith("api/") or app.builder.format != "html":
        return
    targets = known(app)
    for literal in list(doctree.findall(nodes.literal)):
        found = targets.get(literal.astext())
        if found is None or isinstance(literal.parent, nodes.reference):
            continue
        target, anchor = found
        literal.replace_self(make_refnode(app.builder, page, target, anchor, literal.deepcopy()))


def known(app: Sphinx) -> dict[str, tuple[str, str]]:
    """Page and anchor by every way of writing a name that means one thing only."""
    ways: dict[str, set[tuple[str, str]]] = {f"docs/{page}.md": {(page, "")} for page in app.env.found_docs}
    for name, entry in app.env.domaindata["py"]["objects"].items():
        place: Any = (entry.docname, entry.node_id)
        if entry.objtype == "module":
            path = name.removeprefix("secondhalf.").replace(".", "/")
            ways.setdefault(f"{path}.py", set()).add(place)
        parts = name.split(".")
        for first in range(len(parts)):
            short = ".".join(parts[first:])
            # A small word alone is a setting or a column more often than a function.
            if "." in short or short[0].isupper():
                ways.setdefault(short, set()).add(place)
    return {short: places.pop() for short, places in ways.items() if len(places) == 1}


def name_or_code(
    role: str, raw: str, text: str, line: int, inliner: Any, options: Any = None, content: Any = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Role of single backticks in docstrings: code as it stands there, and a link if it is a name."""
    code = nodes.literal(raw, text)
    if not re.fullmatch(r"[A-Za-z_][\w.]*", text):
        return [code], []
    env = inliner.document.settings.env
    where = {key: env.ref_context.get(key) for key in ("py:module", "py:class")}
    where |= {"refdoc": env.docname, "refdomain": "py", "reftype": "obj", "reftarget": text}
    return [addnodes.pending_xref(raw, code, **where)], []


class NamesAsInPython(SphinxPostTransform):
    """Reads a name in a docstring as its module does; Sphinx would link any namesake anywhere."""

    default_priority = 5  # before Sphinx looks for targets

    def run(self, **_: Any) -> None:
        """Give each reference its full name, or take it for plain code."""
        objects = self.env.domaindata["py"]["objects"]
        for reference in list(self.document.findall(addnodes.pending_xref)):
            if reference.get("refdomain") != "py":
                continue
            target, module = reference["reftarget"], reference.get("py:module") or ""
            scope = f"{module}.{reference.get('py:class')}"
            first, _, rest = target.partition(".")
            brought = imports(module).get(first, "") if module else ""
            ways = (target, f"{scope}.{target}", f"{module}.{target}", f"{brought}.{rest}".strip("."))
            reference["reftarget"] = next((way for way in ways if way in objects), "?")  # of that name there is nothing
            reference["refspecific"] = False


@cache
def imports(module: str) -> dict[str, str]:
    """What each imported name of a module stands for, those for types alone among them."""
    tree = ast.parse(ModuleAnalyzer.for_module(module).code)
    return {
        alias.asname or alias.name: f"{statement.module}.{alias.name}"
        for statement in ast.walk(tree)
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
