"""Scores of a committed forecast against facts that came later, beside naive forecasts from what was known before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.target_file import GRADES
from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.results.csv_files import read_csv
from secondhalf.experiments.validate.tables import QUANTILES, naive_table, ruled, years_ahead
from secondhalf.model.data_files import data_file

KEYS = ("metric", "platform", "period_start", "period_end", "unit")
FACT_COLUMNS = (*KEYS, "value", "grade")
FORECAST_COLUMNS = (*KEYS, *QUANTILES)
NO_RULE = SeriesRule("", None, (), None, "mean", None, 1.0)
"""A fact that is only compared is not measured."""


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
            line, cell = int(np.argmax(wrong)) + 2, table[column][wrong].iloc[0]
            raise SettingsError(f"{setting}={name} line {line}: {column}={cell} is no date (YYYY-MM-DD)")
    return table


def score(forecast: pd.DataFrame, facts: pd.DataFrame, names: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a fact that the forecast speaks of, and a row a series.

    The origin is the day before the forecast's first period; naive forecasts see facts whose periods ended by then.

    Parameters
    ----------
    names
        what both files are called, for the message

    Returns
    -------
    DataFrame, DataFrame
        columns as in rolling.csv and rulers.csv

    Raises
    ------
    SettingsError
        when no fact has metric, platform, period and unit of a forecast
    """
    origin = dt.date.fromisoformat(min(forecast["period_start"])) - dt.timedelta(days=1)
    common = facts.merge(forecast, on=list(KEYS), suffixes=("", "_forecast"))
    if common.empty:
        raise SettingsError(f"{names}: not one fact has the metric, platform, period and unit of a forecast")
    known = [_target(row) for _, row in facts[facts["period_end"] <= origin.isoformat()].iterrows()]
    rows = []
    for _, row in common.iterrows():
        target = _target(row)
        own = [
            one
            for one in known
            if (one.metric, one.platform, one.unit) == (target.metric, target.platform, target.unit)
        ]
        rows.append(
            {"origin": origin.isoformat()}
            | {key: row[key] for key in KEYS}
            | {"years_ahead": years_ahead(origin, target.start, target.end), "fact": target.value}
            | {"model": row["p50"], "p05": row["p05"], "p95": row["p95"]}
            | ruled(target, own)
        )
    scored = pd.DataFrame(rows)
    return scored, naive_table(scored, {origin.isoformat(): known})


def _target(row: pd.Series) -> Target:
    start, end = (dt.date.fromisoformat(row[column]) for column in ("period_start", "period_end"))
    return Target(
        row["metric"],
        row["platform"],
        start,
        end,
        float(row["value"]),
        row["unit"],
        row["grade"],
        1.0,
        "exact",
        "",
        NO_RULE,
    )


def latest_forecast() -> str:
    """The committed forecast that begins last."""
    found = sorted(path.name for path in Path(data_file("targets.yaml")).parent.glob("forecast_*.csv"))
    if not found:
        raise SettingsError("validate.forecast: data/ holds no forecast; name a file")
    return found[-1]
