"""Writes a page for each module and each folder of modules before the site is built, so that none is forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

from sphinx.application import Sphinx

import secondhalf

INTRODUCTION = """\
Public names of the source, written from the docstrings. The folders at the top of the repository are the packages
of ``secondhalf``: what stands here under ``model.users.attention`` is imported as ``secondhalf.model.users.attention``.
Brackets give the sizes of arrays, such as ``[P, N]`` for platforms by users. Settings have their units in ``conf/``.
"""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write the pages into docs/api; a page whose module is gone goes too."""
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    wanted = pages()
    for path in folder.glob("*.rst"):
        if path.stem not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Text of every page by its name."""
    top = [package for package in children(secondhalf) if children(package)]  # conf and data hold no modules
    found = {"index": f"{heading('API')}{INTRODUCTION}\n{listing(top)}{toctree(top)}"}
    for package in top:
        found |= subpages(package)
    return found


def subpages(module: ModuleType) -> dict[str, str]:
    """Pages of a module and, for a folder, of all below it."""
    below = children(module)
    text = heading(short(module)) + f".. automodule:: {module.__name__}\n\n"
    found = {short(module): text + listing(below, names=True) + toctree(below) if below else text}
    for child in below:
        found |= subpages(child)
    return found


def children(package: ModuleType) -> list[ModuleType]:
    """Public modules directly in a package, loaded; none when it is a plain module."""
    paths = getattr(package, "__path__", [])
    names = [found.name for found in pkgutil.iter_modules(paths) if not found.name.startswith("_")]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def short(module: ModuleType) -> str:
    """Name of a module below secondhalf."""
    return module.__name__.removeprefix("secondhalf.")


def heading(text: str) -> str:
    """Title of a page."""
    return f"{text}\n{'=' * len(text)}\n\n"


def toctree(modules: list[ModuleType]) -> str:
    """Navigation to the modules' pages."""
    lines = [f"   {short(module).rpartition('.')[2]} <{short(module)}>\n" for module in modules]
    return ".. toctree::\n   :hidden:\n\n" + "".join(lines)


def listing(modules: list[ModuleType], names: bool = False) -> str:
    """Each module with the first paragraph of its docstring and, if asked for, its functions and classes."""
    lines = []
    for module in modules:
        summary = " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
        lines.append(f":doc:`{short(module)}`\n   {summary}\n")
        own = public(module) if names else []
        if own:
            lines.append("   " + ", ".join(f":py:obj:`~{module.__name__}.{name}`" for name in own) + "\n")
    return "\n".join(lines) + "\n"


def public(module: ModuleType) -> list[str]:
    """Functions and classes that a module defines, in the order of the source."""
    own: list[tuple[int, str]] = []
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        thing = inspect.unwrap(thing)
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__name__ == name:
            own.append((inspect.getsourcelines(thing)[1], name))
    return [name for _, name in sorted(own)]
