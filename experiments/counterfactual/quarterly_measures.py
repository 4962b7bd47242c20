"""Quarterly measures that two arms are compared by, for each platform and for the market."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from secondhalf.experiments.results.tables import daily, market_days
from secondhalf.model.market import Market
from secondhalf.model.observers.second_half import phase

MARKET, RUN = "market", "run"
"""What stands in the columns platform and quarter of a number that belongs to no platform, and to no quarter."""
SECOND_HALF = "second_half_day"


class Measure(NamedTuple):
    """A column of the run's daily tables, how its days make a quarter, and the unit."""

    column: str
    how: str
    """mean or sum over the days, or a column: the sum divided by that column's sum"""
    unit: str


BY_PLATFORM = {
    "attention_share": Measure("attention_share", "mean", "share"),
    "gmv": Measure("gmv", "sum", "RMB"),
    "revenue": Measure("revenue", "sum", "RMB"),
    "profit": Measure("profit", "sum", "RMB"),
    "active_users": Measure("active_users", "mean", "people"),
    "minutes_per_active_user": Measure("minutes", "active_users", "minutes"),
}
OF_MARKET = {
    "interpenetration_gmv": Measure("interpenetration_gmv", "mean", "index"),
    "interpenetration_minutes": Measure("interpenetration_minutes", "mean", "index"),
    "hhi_attention": Measure("hhi_attention", "mean", "index"),
    "hhi_gmv": Measure("hhi_gmv", "mean", "index"),
    "leak_rate": Measure("leak_rate", "mean", "share"),
    "consumer_surplus": Measure("consumer_surplus", "sum", "RMB"),
    "merchants_profit": Measure("merchants_profit", "sum", "RMB"),
    "fees": Measure("fees", "sum", "RMB"),
}
"""Fees: commission and advertising, what merchants pay and platforms earn."""
WELFARE = ("consumer_surplus", "merchants_profit", "fees")
"""Of these, what each side gets."""
UNITS = {name: measure.unit for name, measure in (BY_PLATFORM | OF_MARKET).items()} | {SECOND_HALF: "days"}
"""Unit of every measure, in the order of the tables; the second-half day counts from the first day."""
KEYS = ["quarter", "platform", "measure"]


def quarters(market: Market) -> pd.DataFrame:
    """A row a quarter, platform (or `market`) and measure of a finished run: quarter, platform, measure, value."""
    by_platform, whole = daily(market), market_days(market)
    by_platform["revenue"] = by_platform["commission"] + by_platform["ad_revenue"]
    whole["fees"] = by_platform["revenue"].to_numpy().reshape(len(whole), -1).sum(axis=1)
    whole.insert(1, "platform", MARKET)
    rows = [_rows(by_platform, BY_PLATFORM), _rows(whole, OF_MARKET)]
    turning = phase(np.array(market.record.flows), market.record.closed, market.calendar.days).day
    if turning is not None:
        rows.append(pd.DataFrame([(RUN, MARKET, SECOND_HALF, float(turning))], columns=[*KEYS, "value"]))
    return pd.concat(rows, ignore_index=True)


def _rows(days: pd.DataFrame, measures: dict[str, Measure]) -> pd.DataFrame:
    quarter = pd.Series(pd.PeriodIndex(days["date"], freq="Q").astype(str), name="quarter")
    grouped = days.groupby([quarter, "platform"], sort=False)
    sums, means = grouped.sum(numeric_only=True), grouped.mean(numeric_only=True)
    columns = {}
    for name, measure in measures.items():
        if measure.how in ("mean", "sum"):
            columns[name] = (means if measure.how == "mean" else sums)[measure.column]
        else:
            below = sums[measure.how]
            columns[name] = (sums[measure.column] / below.where(below > 0)).fillna(0.0)
    table = pd.DataFrame(columns).rename_axis("measure", axis=1)
    return table.melt(ignore_index=False).reset_index()
