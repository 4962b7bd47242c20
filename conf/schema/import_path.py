"""Import paths in settings (`module:name`): a user's own code, found and imported."""

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
def restrict_imports(paths: Collection[str]) -> Iterator[None]:
    """Allow `import_object` these paths only, while settings from an untrusted source are checked."""
    before = _ONLY.set(paths)
    try:
        yield
    finally:
        _ONLY.reset(before)


def is_import_path(name: str) -> bool:
    """Whether a name is an import path and not one that ships."""
    return ":" in name


def import_object(path: str) -> Any:
    """Import the object that an import path names.

    The module is looked for where Python looks and, after that, in the working directory: last, so that a file there
    cannot take the place of an installed package.

    Raises
    ------
    ValueError
        one sentence: what is missing and what is there; inside `restrict_imports`, for any path that it does not name
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
