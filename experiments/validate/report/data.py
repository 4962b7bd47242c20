"""Reader of a validation's tables that checks every column, so that no picture is drawn of half a number."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.results.schema.csv_files import unguarded

PERIOD = {"period_start": "date", "period_end": "date"}
BAND = {"metric": "text", "platform": "text", **PERIOD, "unit": "text"} | dict.fromkeys(
    ("mean", "p05", "p25", "p50", "p75", "p95"), "number?"
)
NAIVE_FORECASTS = ("last_value", "linear", "logistic", "seasonal")
OF_RULERS = dict.fromkeys(NAIVE_FORECASTS, "number?")
NEEDED: dict[str, dict[str, str]] = {
    "targets": {
        **{"metric": "text", "platform": "text", **PERIOD, "unit": "text", "grade": "text"},
        **{"fact": "number", "model": "number", "p05": "number", "p95": "number", "error": "number"},
        **{"inside": "flag", "source": "text"},
    },
    "bands": BAND,
    "forecast": BAND,
    "rolling": {
        **{"origin": "date", "metric": "text", "platform": "text", **PERIOD, "unit": "text"},
        **{"fact": "number", "model": "number", "p05": "number", "p95": "number"},
        **OF_RULERS,
    },
    "rulers": {
        **{"origin": "date", "metric": "text", "platform": "text", "training": "number", "tests": "number"},
        **{
            "counted": "flag",
            "model": "number",
            **OF_RULERS,
            "best_ruler": "any",
            "won": "flag",
            "covered": "number?",
        },
    },
    "patterns": {
        **{"pattern": "text", "statement": "text", "quantity": "text", "fact": "any", "model": "number?"},
        **{"low": "number?", "high": "number?", "unit": "text", "passed": "flag?", "seeds": "any", "source": "any"},
    },
    "posterior": {
        **{"parameter": "text", "scale": "text", "unit_mean": "number", "prior_sd": "number", "low_bound": "number"},
        **{"high_bound": "number", "value": "number", "p05": "number", "p95": "number", "score": "number"},
        **{"score_sd": "number", "identified": "flag"},
    },
}
"""Kind of every column; a question mark allows an empty cell."""
OPTIONAL: dict[str, dict[str, str]] = {
    "sobol": {"quantity": "text", "parameter": "text"}
    | dict.fromkeys(("first", "first_low", "first_high", "total", "total_low", "total_high"), "number"),
    "morris": {
        "quantity": "text",
        "parameter": "text",
        "mu_star": "number",
        "mu_star_conf": "number",
        "sigma": "number",
    },
    "oat": {},
}
SUMMARY = (
    *("users", "merchants", "seeds", "draws", "loss", "data_hash", "commit", "versions", "facts_used", "facts_left"),
    *("origins", "won", "counted", "covered"),
)


@dataclass(frozen=True)
class Study:
    """Tables of a validation, read from its folder."""

    tables: Mapping[str, pd.DataFrame]
    """by name; dates are timestamps, empty numbers are NaN, flags are 1, 0 or (where they may be empty) NaN"""
    summary: Mapping[str, Any]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def has(self, name: str) -> bool:
        """Whether an optional table is there."""
        return name in self.tables


def read_study(folder: Path) -> Study:
    """All tables of a folder.

    Raises
    ------
    SettingsError
        one sentence naming file, line and column: a file or column that is missing, a cell that is not of its kind
    """
    tables = {name: _table(folder / f"{name}.csv", kinds) for name, kinds in NEEDED.items()}
    for name, kinds in OPTIONAL.items():
        if (folder / f"{name}.csv").exists():
            tables[name] = _table(folder / f"{name}.csv", kinds)
    tables["draws"] = _table(folder / "draws.csv", dict.fromkeys(tables["posterior"]["parameter"], "number"))
    return Study(tables, _summary(folder / "summary.json"))


def _table(path: Path, kinds: Mapping[str, str]) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.reader(handle)
            head = next(reader, [])
            rows = [[unguarded(cell) for cell in row] for row in reader]
    except FileNotFoundError:
        raise SettingsError(f"{path.name}: is missing in {path.parent}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path.name}: cannot be read ({error.__class__.__name__})") from error
    for column in kinds:
        if column not in head:
            raise SettingsError(f"{path.name}: the column {column} is missing; there are {', '.join(head) or 'none'}")
    if not rows and kinds:
        raise SettingsError(f"{path.name}: holds no rows under its columns {', '.join(head)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(head):
            raise SettingsError(f"{path.name} line {number}: has {len(row)} cells for {len(head)} columns")
    cells = {name: [row[at] for row in rows] for at, name in enumerate(head)}
    return pd.DataFrame(
        {
            name: _checked(path.name, name, kinds[name], column) if name in kinds else column
            for name, column in cells.items()
        }
    )


def _checked(file: str, column: str, kind: str, cells: list[str]) -> list[Any]:
    found = []
    for number, cell in enumerate(cells, start=2):
        try:
            found.append(_value(kind, cell.strip()))
        except ValueError:
            wanted = {"date": "date (YYYY-MM-DD)", "flag": "1 or 0", "text": "text"}.get(kind.rstrip("?"), "number")
            shown = repr(cell) if cell.strip() else "empty"
            raise SettingsError(f"{file} line {number}: the column {column} is {shown}, not a {wanted}") from None
    return found


def _value(kind: str, cell: str) -> Any:
    if kind == "any":
        return cell
    if kind.endswith("?") and not cell:
        return math.nan
    if kind == "date":
        return pd.Timestamp(dt.date.fromisoformat(cell))
    if kind == "text":
        if not cell:
            raise ValueError
        return cell
    value = float(cell)
    if kind.endswith("?") and math.isnan(value):
        return value
    if not math.isfinite(value) or (kind.startswith("flag") and value not in (0, 1)):
        raise ValueError
    return value


def _summary(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path.name}: is missing in {path.parent}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name}: cannot be read ({error.__class__.__name__})") from error
    for key in SUMMARY:
        if not isinstance(loaded, dict) or key not in loaded:
            raise SettingsError(f"{path.name}: `{key}` is missing")
    return dict(loaded)
