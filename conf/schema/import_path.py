"""Code of one's own, named in the settings as `module:name`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_ONLY: ContextVar[Collection[str] | None] = ContextVar("_ONLY", default=None)
"""Import paths that may be looked up at the moment; None for any."""


@contextmanager
def only(paths: Collection[str]) -> Iterator[None]:
    """While settings of somebody else are checked, `own` imports these paths and refuses any other."""
    before = _ONLY.set(paths)
    try:
        yield
    finally:
        _ONLY.reset(before)


def is_own(name: str) -> bool:
    """Whether a name is an import path and not one that ships."""
    return ":" in name


def own(path: str) -> Any:
    """What an import path stands for.

    The module is looked for where Python looks and, after that, in the working directory: last, so that a file there
    cannot take the place of an installed package.

    Raises
    ------
    ValueError
        one sentence: what is missing and what is there; inside `only`, for any path that it does not name
    """
    allowed = _ONLY.get()
    if allowed is not None and path not in allowed:
        raise ValueError("code that does not ship is run only when the command itself names it")
    module, _, name = path.partition(":")
    top, here = module.partition(".")[0], str(Path.cwd())
    importlib.invalidate_caches()  # the file may have been written a moment ago
    try:
        if top not in sys.modules and importlib.util.find_spec(top) is None and here not in sys.path:
            sys.path.append(here)
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise ValueError(f"module {module} cannot be imported ({error})") from error
        raise ValueError(f"there is no module {module!r}, neither installed nor in {here}") from error
    except Exception as error:  # whatever stands in that file
        raise ValueError(f"module {module} cannot be imported ({type(error).__name__}: {error})") from error
    if not callable(getattr(found, name, None)):
        local = [n for n, thing in vars(found).items() if getattr(thing, "__module__", None) == found.__name__]
        raise ValueError(f"module {module} has no function or class {name!r}; it has {', '.join(local) or 'none'}")
    return getattr(found, name)
