"""Tables of numbers over periods: facts, and forecasts that are committed in data/ under the names of the facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.target_file import GRADES
from secondhalf.experiments.results.schema.csv_files import read_csv
from secondhalf.model.data_files import data_file

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
"""Columns of a forecast."""
KEYS = ("metric", "platform", "period_start", "period_end", "unit")
FACT_COLUMNS = (*KEYS, "value", "grade")
FORECAST_COLUMNS = (*KEYS, *QUANTILES)


def read_forecast(name: str) -> pd.DataFrame:
    """A committed forecast: one row a metric, platform and period.

    Raises
    ------
    SettingsError
        for a file that cannot be read, without the columns, with quantiles that are no numbers or periods that are none
    """
    table = _read(name, FORECAST_COLUMNS, "validate.forecast")
    for column in QUANTILES:
        if not np.isfinite(pd.to_numeric(table[column], errors="coerce")).all():
            raise SettingsError(f"validate.forecast={name}: the column {column} holds something that is no number")
    return table


def read_facts(name: str) -> pd.DataFrame:
    """Facts of grades that count, one a key: of several the best graded, of these the first.

    Raises
    ------
    SettingsError
        as `read_forecast`
    """
    table = _read(name, FACT_COLUMNS, "validate.score")
    table["value"] = pd.to_numeric(table["value"], errors="coerce")
    table = table[table["grade"].isin(GRADES) & (table["value"] > 0)]
    order = table["grade"].map({grade: number for number, grade in enumerate(GRADES)})
    return table.assign(order=order).sort_values("order", kind="stable").drop_duplicates(list(KEYS))


def _read(name: str, columns: Sequence[str], setting: str) -> pd.DataFrame:
    path = data_file(name)
    try:
        table = read_csv(path, dtype=dict.fromkeys((*KEYS, "grade"), str))
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise SettingsError(f"{setting}={name}: cannot be read ({error.__class__.__name__})") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise SettingsError(f"{setting}={name}: the column {missing[0]} is missing; needed are {', '.join(columns)}")
    for column in ("period_start", "period_end"):
        wrong = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce").isna()
        if wrong.any():
            raise SettingsError(
                f"{setting}={name} line {int(np.argmax(wrong)) + 2}: {column}={table[column][wrong].iloc[0]} is no "
                "date (YYYY-MM-DD)"
            )
    return table


def latest_forecast() -> str:
    """The committed forecast that begins last."""
    found = sorted(path.name for path in Path(data_file("targets.yaml")).parent.glob("forecast_*.csv"))
    if not found:
        raise SettingsError("validate.forecast: data/ holds no forecast; name a file")
    return found[-1]
