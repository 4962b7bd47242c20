"""Optional packages (extras), and the error when one is missing."""

from __future__ import annotations

import importlib.util

from secondhalf.conf.schema import SettingsError

MODULES = {
    "browser": {
        **{"solara": "Solara", "solara_assets": "solara-assets", "ipyvuetify": "ipyvuetify", "ipyvue": "ipyvue"},
        **{"anywidget": "anywidget", "altair": "Altair", "uvicorn": "uvicorn"},
    },
    "search": {"optuna": "Optuna"},
    "sensitivity": {"SALib": "SALib"},
    "ray": {"ray": "Ray"},
}
"""By extra: what is imported, and what it is called."""


def require(extra: str, asked: str) -> None:
    """Refuse what was `asked` for when a module of the extra is missing; nothing is imported to find out.

    Raises
    ------
    SettingsError
        naming the package, and how it is installed
    """
    for module, name in MODULES[extra].items():
        if not _installed(module):
            raise SettingsError(f"{asked} needs {name}, which is not installed; pip install 'secondhalf[{extra}]'")


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # an import hook forbids it, or something stands in its place
        return False
