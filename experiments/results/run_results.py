"""What a run left behind: its tables, its summary and a sample of its friend graph, from memory or from its folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

import networkx as nx
import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.results.csv_files import read_csv
from secondhalf.experiments.results.tables import TABLES
from secondhalf.version import __version__

FRIENDS, REPORT = "friends.graphml", "report.html"


@dataclass(frozen=True)
class Results:
    """A finished run.

    Attributes
    ----------
    tables
        by name, as in `experiments.results.tables.TABLES`
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


def read_results(folder: Path, asked: str = "pictures.of=") -> Results:
    """Read a finished run's folder; `asked` stands before its name in errors.

    Raises
    ------
    SettingsError
        when a file of a finished run is missing or is none, or a newer version wrote it; names it
    """
    path = folder
    if any(folder.glob("*.partial.csv")):
        raise SettingsError(f"{asked}{folder}: the run there was stopped before its end; a finished run is needed")
    try:
        # keep_default_na: an empty cell is an empty word, never "not a number".
        tables = {}
        for name in TABLES:
            path = folder / f"{name}.csv"
            tables[name] = read_csv(path, keep_default_na=False)
        path = folder / "summary.json"
        summary = json.loads(path.read_text(encoding="utf-8"))
        refuse_newer(summary, f"{asked}{folder}")
        path = folder / FRIENDS
        return Results(tables, summary, _graph(path))
    except SettingsError:
        raise
    except (OSError, ValueError, ExpatError, nx.NetworkXError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"{asked}{folder}: a finished run is needed; {path.name}: {reason}") from error


def _graph(path: Path) -> nx.Graph[Any]:
    """A GraphML file without a document type: declared entities could make billions of letters of a few lines."""

    def declared(*_: object) -> None:
        raise ValueError("it has a document type, which no file of the program has")

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    with path.open("rb") as file:
        parser.ParseFile(file)
    return nx.read_graphml(path)


def is_name(text: str) -> bool:
    """Whether text from a file is the name of something in a folder, and leads nowhere else."""
    return text not in ("", ".", "..") and not re.search(r"[/\\:\x00]", text)


def refuse_newer(summary: Mapping[str, Any], where: str) -> None:
    """Refuse what a newer version of the program wrote, which may mean other things by the same names."""
    wrote = str(summary.get("versions", {}).get("secondhalf", "0"))
    if _parts(wrote) > _parts(__version__):
        raise SettingsError(f"{where}: written by the newer secondhalf {wrote}; this is {__version__}")


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]
