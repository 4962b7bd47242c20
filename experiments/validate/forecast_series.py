"""Series that are forecast: each metric and platform under the names of the facts, with the model's side of it."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secondhalf.experiments.facts.model_series import Per, SeriesRule
from secondhalf.model.data_files import names


@dataclass(frozen=True)
class Metric:
    """How a metric is measured; `scale` turns the model's unit into the facts'."""

    unit: str
    scale: float
    table: str
    column: str
    per: Per
    over: str | None = None


PLATFORM_METRICS = {
    "gmv": Metric("billion RMB", 1e9, "daily", "gmv", "sum"),
    "mau": Metric("million", 1e6, "daily", "monthly_active_users", "mean"),
    "dau": Metric("million", 1e6, "daily", "active_users", "mean"),
    "daily_minutes_per_dau": Metric("minutes", 1.0, "daily", "minutes", "ratio", "active_users"),
    "monthly_active_buyers": Metric("million", 1e6, "daily", "monthly_buyers", "mean"),
    "annual_active_buyers": Metric("million", 1e6, "daily", "annual_buyers", "last"),
    "pan_shelf_share_of_gmv": Metric("percent", 0.01, "channels", "pan_shelf_gmv", "ratio", "gmv"),
}
"""Metrics of each platform."""
MARKET_METRICS = {
    ("share_of_mobile_internet_time", "short video"): Metric("percent", 0.01, "market", "short_video_share", "mean"),
    ("share_of_mobile_internet_time", "instant messaging"): Metric(
        "percent", 0.01, "market", "instant_messaging_share", "mean"
    ),
    ("mau_mobile_internet_china", "all"): Metric("million", 1e6, "market", "people_online", "mean"),
}
"""Metrics of the market as a whole, with the platform's name that the facts give them."""


@dataclass(frozen=True)
class ForecastSeries:
    """A number to forecast."""

    metric: str
    platform: str
    start: dt.date
    end: dt.date
    unit: str
    rule: SeriesRule

    @property
    def series(self) -> tuple[str, str]:
        """Metric and platform."""
        return self.metric, self.platform


def forecast_series(platforms: Sequence[str], first: dt.date, last: dt.date) -> list[ForecastSeries]:
    """All metrics over all quarters, calendar years and months that lie within two dates."""
    spans = list(periods(first, last))
    asked = []
    for metric, how in PLATFORM_METRICS.items():
        for platform in platforms:
            rule = SeriesRule(how.table, platform, (how.column,), how.over, how.per, None, how.scale)
            label = str(names()[platform]["facts"][0]) if platform in names() else platform
            asked += [ForecastSeries(metric, label, start, end, how.unit, rule) for start, end in spans]
    for (metric, label), how in MARKET_METRICS.items():
        rule = SeriesRule(how.table, None, (how.column,), how.over, how.per, None, how.scale)
        asked += [ForecastSeries(metric, label, start, end, how.unit, rule) for start, end in spans]
    return asked


def periods(first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """Quarters, calendar years and months that lie within two dates, first and last day of each."""
    for months in (3, 12, 1):
        for year in range(first.year, last.year + 1):
            for month in range(1, 13, months):
                final = month + months - 1
                start = dt.date(year, month, 1)
                end = dt.date(year, final, calendar.monthrange(year, final)[1])
                if start >= first and end <= last:
                    yield start, end
