"""Reported figures and the committed forecast, in the units of the page's lines: what a run is held against."""

from __future__ import annotations

import datetime as dt
from typing import Any

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.forecast_series import PLATFORM_METRICS
from secondhalf.experiments.facts.period_tables import latest_forecast, read_forecast
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.model.data_files import names

MEASURES = {
    "gmv": "gmv",
    "mau": "monthly_active_users",
    "dau": "active_users",
    "daily_minutes_per_dau": "minutes",
    "pan_shelf_share_of_gmv": "pan_shelf_gmv",
    "online_marketing_revenue": "ad_revenue",
    "other_services_revenue": "commission",
}
"""Metrics of the facts that the page has a line of, and the column that each is measured by."""
QUARTER_DAYS = range(90, 93)
"""Days of a quarter: the band of the forecast has a step a quarter."""


def reported(platforms: list[str]) -> list[list[Any]]:
    """Reported figures: metric, platform, first and last day, value, grade.

    Values are in the model's units, sums as means a day. Numbers that were only passed or not reached are left out, and
    so are numbers that are declared where there is no fact.
    """
    targets = read_targets()
    found = []
    for one, counts in zip(targets.all, targets.evidence, strict=True):
        rule, of = one.rule, one.rule.of
        if not counts or one.bound != "exact" or of not in platforms or MEASURES.get(one.metric) not in rule.columns:
            continue
        days = (one.end - one.start).days + 1 if rule.per == "sum" else 1
        value = one.value * rule.scale / days
        found.append([one.metric, of, one.start.isoformat(), one.end.isoformat(), value, one.grade])
    return found


def forecast_bands(platforms: list[str]) -> list[list[Any]]:
    """The committed forecast by quarter: metric, platform, first and last day, 5 % and 95 % quantile; none without one.

    It is that of the fitted market without interventions.
    """
    try:
        table = read_forecast(latest_forecast())
    except SettingsError:
        return []
    known = {str(names()[name]["facts"][0]): name for name in platforms if name in names()}
    found = []
    for row in table.to_dict("records"):
        metric, platform = row["metric"], known.get(row["platform"])
        days = (dt.date.fromisoformat(row["period_end"]) - dt.date.fromisoformat(row["period_start"])).days + 1
        if metric not in MEASURES or platform is None or days not in QUARTER_DAYS:
            continue
        how = PLATFORM_METRICS[metric]
        scale = how.scale / (days if how.per == "sum" else 1)
        low, high = float(row["p05"]) * scale, float(row["p95"]) * scale
        found.append([metric, platform, row["period_start"], row["period_end"], low, high])
    return found
