"""What a run left behind: its tables, its summary and a sample of its friend graph, from memory or from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from secondhalf.experiments.tables import TABLES
from secondhalf.model.settings import SettingsError

FRIENDS = "friends.graphml"


@dataclass(frozen=True)
class Results:
    """A finished run.

    Attributes
    ----------
    tables
        by name, as in `experiments.tables.TABLES`
    summary
        as in summary.json
    friends
        a sample of users tied by friendship, as in friends.graphml
    """

    tables: dict[str, pd.DataFrame]
    summary: dict[str, Any]
    friends: nx.Graph[Any]

    @property
    def platforms(self) -> list[str]:
        """Names of the platforms, in the order of the settings."""
        return list(self.summary["platforms"])

    def kind(self, platform: str) -> str:
        """`content` or `shelf`."""
        return str(self.summary["settings"]["platform"][platform]["kind"])


def read_results(folder: Path) -> Results:
    """Read a finished run's folder.

    Raises
    ------
    SettingsError
        when a file of a finished run is missing or is none; names it
    """
    path = folder
    try:
        # keep_default_na: an empty cell is an empty word, never "not a number".
        tables = {}
        for name in TABLES:
            path = folder / f"{name}.csv"
            tables[name] = pd.read_csv(path, keep_default_na=False)
        path = folder / "summary.json"
        summary = json.loads(path.read_text(encoding="utf-8"))
        path = folder / FRIENDS
        return Results(tables, summary, nx.read_graphml(path))
    except (OSError, ValueError, SyntaxError) as error:  # a broken GraphML file is a SyntaxError
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"pictures.of={folder}: a finished run is needed; {path.name}: {reason}") from error
