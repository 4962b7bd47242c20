"""Data Package (Frictionless) of a run or a sweep: datapackage.json describes its files and columns."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from secondhalf.experiments.results.run_results import FRIENDS
from secondhalf.experiments.results.schema.column_dictionary import EVERY_PLATFORM, Column, column, metric, of_table
from secondhalf.experiments.results.tables import TABLES, replacing
from secondhalf.version import __version__

NAME, SHORT = "datapackage.json", "results_short"
KEYS = {
    "daily": ["date", "platform"],
    "channels": ["month", "platform", "channel"],
    "monthly": ["month", "platform"],
    "overlap": ["month", "platform_a", "platform_b"],
    "flows": ["month", "platform", "flow", "counterparty"],
    "merchants": ["merchant"],
    "products": ["product"],
    "market": ["date"],
}
"""Columns that together name a row."""
FILES = {
    "summary.json": ("json", "application/json", "the run in a few numbers, all settings, versions"),
    FRIENDS: ("graphml", "application/graphml+xml", "a sample of the friend graph"),
    "results.parquet": ("parquet", "application/vnd.apache.parquet", "results.csv with types"),
    "series.parquet": (
        "parquet",
        "application/vnd.apache.parquet",
        "daily.csv of every run, with the column run before",
    ),
    "market_series.parquet": ("parquet", "application/vnd.apache.parquet", "market.csv of every run, in the same way"),
}
"""Files that are no CSV: format, media type, what they hold."""


def describe_run(folder: Path) -> Path:
    """Write the descriptor of a finished run; returns its path."""
    tables = [_table(folder, name, (column(name, c) for c in _head(folder / f"{name}.csv"))) for name in TABLES]
    return _write(folder, "run", "One run of Second Half", tables)


def describe_sweep(folder: Path) -> Path:
    """Write the descriptor of a sweep, from its runs.csv, results.csv and results.parquet; returns its path."""
    found = [_table(folder, "runs", (column("runs", name) for name in _head(folder / "runs.csv")))]
    if (folder / "results.csv").is_file() and (folder / "results.parquet").is_file():
        every = _results(pq.read_schema(folder / "results.parquet"))
        found.append(_table(folder, "results", every))
        if (folder / f"{SHORT}.csv").is_file():
            found.append(_table(folder, SHORT, _short(_head(folder / f"{SHORT}.csv"), every)))
    return _write(folder, "sweep", "A sweep of Second Half", found)


def describe_shipped(folder: Path, table: str, title: str, others: Mapping[str, str], commit: str | None) -> Path:
    """Write the descriptor of a shipped study of one table; returns its path.

    Parameters
    ----------
    table
        its name in data/columns.csv, and that of the study
    others
        files beside it, with their media types
    commit
        that made it
    """
    described = [_table(folder, table, (column(table, name) for name in _head(folder / f"{table}.csv")))]
    files = [
        {"name": Path(name).stem.replace("_", "-"), "path": name, "mediatype": media} for name, media in others.items()
    ]
    for file in files:
        file["name"] += "-text" if file["name"] == table else ""
    package = {"name": f"secondhalf-{table}", "title": title, "secondhalf": __version__, "commit": commit}
    path = folder / NAME
    with replacing(path) as temporary:
        text = json.dumps(package | {"resources": [*described, *files]}, indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def _write(folder: Path, name: str, title: str, tables: list[dict[str, Any]]) -> Path:
    others = [
        {
            "name": Path(path).stem.replace("_", "-"),
            "path": path,
            "format": ending,
            "mediatype": media,
            "description": about,
        }
        for path, (ending, media, about) in FILES.items()
        if (folder / path).is_file()
    ]
    written = {other["name"] for other in tables}
    for other in others:  # results.csv and results.parquet need two names
        other["name"] += f"-{other['format']}" if other["name"] in written else ""
    package = {
        "name": f"secondhalf-{name}",
        "title": title,
        "description": "Written by Second Half, an agent-based model of platform competition. Units are people, "
        "minutes and RMB of the whole country.",
        "secondhalf": __version__,
        "resources": [*tables, *others],
    }
    path = folder / NAME
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _head(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))


def _table(folder: Path, name: str, columns: Iterable[Column]) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(own) for own in columns]}
    if name in KEYS:
        schema["primaryKey"] = KEYS[name]
    if name == "products":
        schema["foreignKeys"] = [
            {"fields": ["merchant"], "reference": {"resource": "merchants", "fields": ["merchant"]}}
        ]
    return {
        "name": name,
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(own: Column) -> dict[str, str]:
    found = {"name": own.name, "type": own.type, "description": own.meaning, "unit": own.unit}
    return {key: value for key, value in found.items() if value}


def _results(schema: pa.Schema) -> list[Column]:
    """Columns of results.csv: the run, what was set, metrics of summary.json."""
    found = []
    for field in schema:
        if field.name == "run":
            found.append(column("results", "run"))
            continue
        unit, meaning = metric(field.name)
        found.append(Column(field.name, _type(field.type), unit, meaning or f"the setting {field.name}"))
    return found


def _short(names: Iterable[str], every: Iterable[Column]) -> list[Column]:
    """Columns of results_short.csv: those of results.csv, and measures of platforms in units of their own."""
    known = {own.name: own for own in every}
    endings = {own.name.removeprefix(EVERY_PLATFORM): own for own in of_table(SHORT) if EVERY_PLATFORM in own.name}
    found = []
    for name in names:
        ending = next((ending for ending in endings if name not in known and name.endswith(ending)), None)
        found.append(endings[ending]._replace(name=name) if ending else known.get(name) or column(SHORT, name))
    return found


def _type(kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    return "number" if pa.types.is_floating(kind) else "string"
