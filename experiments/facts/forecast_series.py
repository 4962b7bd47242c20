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
    of: tuple[str, ...] = ()
    """platforms that have it, none for all"""
    among: tuple[str, ...] = ()


SHOPPING_APPS = ("taobao", "jd", "pinduoduo")
SHARE_OF_SHOPPING_APPS = 0.83
"""Share of these three in the time of all shopping apps (declared, as in data/targets.yaml)."""
PLATFORM_METRICS = {
    "gmv": Metric("billion RMB", 1e9, "daily", "gmv", "sum"),
    "mau": Metric("million", 1e6, "daily", "monthly_active_users", "mean"),
    "dau": Metric("million", 1e6, "daily", "active_users", "mean"),
    "daily_minutes_per_dau": Metric("minutes", 1.0, "daily", "minutes", "ratio", "active_users"),
    "monthly_active_buyers": Metric("million", 1e6, "daily", "monthly_buyers", "mean"),
    "annual_active_buyers": Metric("million", 1e6, "daily", "annual_buyers", "last"),
    "pan_shelf_share_of_gmv": Metric("percent", 0.01, "channels", "pan_shelf_gmv", "ratio", "gmv"),
    "orders": Metric("billion", 1e9, "daily", "orders", "sum"),
    "online_marketing_revenue": Metric("billion RMB", 1e9, "daily", "ad_revenue", "sum", of=("kuaishou", "pinduoduo")),
    "other_services_revenue": Metric("billion RMB", 1e9, "daily", "commission", "sum", of=("kuaishou",)),
    "take_rate_commission": Metric(
        "percent of GMV", 0.01, "daily", "commission", "ratio", "gmv", of=("kuaishou", "pinduoduo")
    ),
}
"""Metrics of each platform."""
DOUBLE_ELEVEN_METRICS = {
    "gmv_market_share_double11": Metric(
        "percent", 0.01, "daily", "gmv", "among", of=(*SHOPPING_APPS, "douyin"), among=(*SHOPPING_APPS, "douyin")
    ),
    "share_of_ecommerce_app_time_double11": Metric(
        "percent", 0.01 / SHARE_OF_SHOPPING_APPS, "daily", "minutes", "among", of=SHOPPING_APPS, among=SHOPPING_APPS
    ),
}
"""Metrics of each platform on Double 11."""
DOUBLE_ELEVEN = ((10, 14), (11, 11))
"""First and last day of the sale as reports count it."""
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
    """All metrics over all quarters, halves, calendar years, months and Double 11 windows that lie within two dates."""
    windows = double_elevens(first, last)
    spans = [*periods(first, last), *windows]
    asked = []
    for metrics, those in ((PLATFORM_METRICS, spans), (DOUBLE_ELEVEN_METRICS, windows)):
        for metric, how in metrics.items():
            if not set(how.among) <= set(platforms):
                continue
            for platform in platforms:
                if how.of and platform not in how.of:
                    continue
                rule = SeriesRule(how.table, platform, (how.column,), how.over, how.per, None, how.scale, how.among)
                label = str((names().get(platform, {}).get("facts") or [platform])[0])
                asked += [ForecastSeries(metric, label, start, end, how.unit, rule) for start, end in those]
    for (metric, label), how in MARKET_METRICS.items():
        rule = SeriesRule(how.table, None, (how.column,), how.over, how.per, None, how.scale)
        asked += [ForecastSeries(metric, label, start, end, how.unit, rule) for start, end in spans]
    return asked


def periods(first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """Quarters, halves, calendar years and months that lie within two dates, first and last day of each."""
    for months in (3, 6, 12, 1):
        for year in range(first.year, last.year + 1):
            for month in range(1, 13, months):
                final = month + months - 1
                start = dt.date(year, month, 1)
                end = dt.date(year, final, calendar.monthrange(year, final)[1])
                if start >= first and end <= last:
                    yield start, end


def double_elevens(first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Double 11 of each year, where it lies within two dates."""
    spans = [tuple(dt.date(year, *day) for day in DOUBLE_ELEVEN) for year in range(first.year, last.year + 1)]
    return [(start, end) for start, end in spans if start >= first and end <= last]
