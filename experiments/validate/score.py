"""Scores of a committed forecast against facts that came later, beside naive forecasts from what was known before."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.period_tables import KEYS
from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.tables import naive_table, ruled, years_ahead

NO_RULE = SeriesRule("", None, (), None, "mean", None, 1.0)
"""A fact that is only compared is not measured."""


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
