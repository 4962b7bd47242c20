"""Run results: tables, summary and a sample of the friend graph, from memory or from the run's folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers.expat import ParserCreate

import networkx as nx
import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.results.last_fact import last_fact_of, note_of
from secondhalf.experiments.results.read_tables import read_table
from secondhalf.experiments.results.schema.summary_schema import SUMMARY, SummaryShape, check_shape, read_object
from secondhalf.experiments.results.tables import TABLES
from secondhalf.version import __version__

FRIENDS, REPORT, COMPARISON = "friends.graphml", "report.html", "comparison.html"


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

    @property
    def last_fact(self) -> str | None:
        """Day of the last fact that the market is fitted to; None without facts, or of a run by an older version."""
        return last_fact_of(self.summary["settings"])

    @property
    def note(self) -> str:
        """What has to stand on every picture: that values are illustrative; empty for a fitted market."""
        return note_of(self.summary["settings"])

    @property
    def ends_in_forecast(self) -> bool:
        """Whether the run goes on after the last fact."""
        return self.last_fact is not None and str(self.summary["last_day"]) > self.last_fact

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
        path = folder / SUMMARY
        summary = read_object(path)
        refuse_newer(summary, f"{asked}{folder}")
        check_shape(summary, SummaryShape)
        tables = {}
        for name in TABLES:
            path = folder / f"{name}.csv"
            tables[name] = read_table(path, name, list(summary["platforms"]))
        path = folder / FRIENDS
        return Results(tables, summary, _graph(path))
    except SettingsError:
        raise
    except (OSError, ValueError) as error:
        raise SettingsError(f"{asked}{folder}: a finished run is needed; {path.name}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Why a file cannot be read, in one line."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return " ".join(said.split())[:300]


def _graph(path: Path) -> nx.Graph[Any]:
    """A GraphML file without a document type: declared entities could make billions of letters of a few lines.

    Raises
    ------
    OSError, ValueError
        when the file cannot be read, or is no sample of friends
    """

    def declared(*_: object) -> None:
        raise ValueError("it has a document type, which no file of the program has")

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
        graph = nx.read_graphml(path)
    except (OSError, ValueError):
        raise
    except Exception as error:  # NetworkX trips over a wrong file in many ways
        raise ValueError(f"it is no graph ({' '.join(str(error).split()) or type(error).__name__})") from error
    for node, told in graph.nodes(data=True):
        numbers = all(type(told.get(name)) in (int, float) for name in ("minutes", "friends"))
        if not numbers or not isinstance(told.get("main_app"), str):
            raise ValueError(f"node {str(node)[:40]!r} has no main_app, minutes and friends")
    return graph


def is_name(text: str) -> bool:
    """Whether text from a file is the name of something in a folder, and leads nowhere else."""
    return text not in ("", ".", "..") and not re.search(r"[/\\:\x00]", text)


def refuse_newer(summary: Mapping[str, Any], where: str) -> None:
    """Refuse what a newer version of the program wrote, which may mean other things by the same names."""
    versions = summary.get("versions")
    wrote = versions.get("secondhalf") if isinstance(versions, Mapping) else None
    if isinstance(wrote, str) and _parts(wrote) > _parts(__version__):
        raise SettingsError(f"{where}: written by the newer secondhalf {wrote[:40]}; this is {__version__}")


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d{1,9}", version[:40])[:3]]
