"""Competition between digital platforms after user growth has ended, as an agent-based model.

In a notebook: ``from secondhalf import Market, load_settings, tables``. These names are imported when they are first
used, so that `import secondhalf` alone costs nothing.

The subpackages are links to the folders at the top of the repository: ``agents`` decide, ``model`` is the
market they meet in, ``conf`` says which market, ``experiments`` ask it questions, ``data`` holds the facts.
"""

import importlib as _importlib
import typing as _typing

from secondhalf import moved as _moved
from secondhalf.version import __version__

if _typing.TYPE_CHECKING:
    from secondhalf import results
    from secondhalf.conf.schema.compose import load_settings
    from secondhalf.experiments.results.tables import tables
    from secondhalf.experiments.run.study import run
    from secondhalf.model.market import Market, load_market

__all__ = ["Market", "__version__", "load_market", "load_settings", "results", "run", "tables"]

_HOMES = {
    "Market": "secondhalf.model.market",
    "load_market": "secondhalf.model.market",
    "load_settings": "secondhalf.conf.schema.compose",
    "results": "secondhalf.results",
    "run": "secondhalf.experiments.run.study",
    "tables": "secondhalf.experiments.results.tables",
}

_moved.tell()

if not _typing.TYPE_CHECKING:  # a type checker, which has the names from above, then refuses all others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if _HOMES[name] == f"{__name__}.{name}":
            return _importlib.import_module(_HOMES[name])
        value: object = getattr(_importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
