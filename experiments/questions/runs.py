"""Runs of a member under a seed: history once, and a fork for each arm from the first day on which it differs."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CHANNELS, PAN_SHELF
from secondhalf.experiments.questions.arms import Job, QuestionArm, with_scenario
from secondhalf.experiments.results.tables import daily, market_days
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for
from secondhalf.model.observers.measures import SOURCES
from secondhalf.model.observers.second_half import phase
from secondhalf.model.snapshots.branch import branch, first_difference

Array = NDArray[np.float64]
YEAR = 365
OF_PLATFORM = ("gmv", "minutes", "revenue", "profit", "active_users", "other_gmv", "other_minutes")
"""Means a day, RMB, minutes and people; the last two are of the channels of the other line of business."""
OF_MARKET = ("consumer_surplus", "merchants_profit", "interpenetration_gmv", "interpenetration_minutes")
"""Means a day, RMB and indices."""
HISTORY = "history"
Means = dict[str, dict[str, float]]
"""By platform, and `market`."""


class ChannelDays:
    """What no table of a run keeps by the day: GMV and minutes by platform in channels of the other line, [days, P]."""

    def __init__(self, market: Market, before: ChannelDays | None = None) -> None:
        shelf = np.array([name in PAN_SHELF for name in CHANNELS])
        self.other = np.where(market.content[:, None], shelf, ~shelf)
        self.gmv: list[Array] = list(before.gmv) if before is not None else []
        self.minutes: list[Array] = list(before.minutes) if before is not None else []

    def go_on(self, market: Market, day: int) -> None:
        """Step a market to a day, noting each."""
        while market.day < day:
            market.step()
            self.gmv.append((market.book.cells.sum(axis=0) * self.other).sum(axis=1))
            self.minutes.append((market.book.channel_minutes * self.other).sum(axis=1))


def run_job(job: Job) -> dict[str, Any]:
    """Means of history and of every arm.

    Returns
    -------
    dict
        `arms`: by name and year means a day, of an arm from the year on in which it begins to differ; `turn`: the
        market's second-half day, or None; `before` and `after`: means of history over the 365 days before that day and
        from it on; `sources`: minutes a day that each platform gained from it on, by year and source; `days` that were
        run, `seconds`
    """
    began = time.perf_counter()
    with threads_for(1):
        found = _run(job.settings, job.arms)
    return found | {"seconds": time.perf_counter() - began}


def _run(settings: MarketSettings, arms: tuple[QuestionArm, ...]) -> dict[str, Any]:
    other = {arm.name: with_scenario(settings, arm) for arm in arms}
    forks = sorted((first_difference(settings, own) or 0, name) for name, own in other.items())
    market, days = Market(settings), 0
    noted, last, found = ChannelDays(market), market.calendar.days, dict[str, Any]()
    try:
        for day, name in forks:
            noted.go_on(market, day)
            alone = branch(market, other[name]) if day else Market(other[name])
            there = ChannelDays(alone, noted)
            there.go_on(alone, last)
            first = (settings.calendar.start + dt.timedelta(days=day)).year
            found[name] = {year: means for year, means in _years(alone, there).items() if int(year) >= first}
            days += last - day
            alone.close()
        noted.go_on(market, last)
        return {"arms": {HISTORY: _years(market, noted)} | found, **_turn(market, noted), "days": days + market.day}
    finally:
        market.close()


def _tables(market: Market, noted: ChannelDays) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows by day and platform, and by day."""
    by_platform, whole = daily(market), market_days(market)
    by_platform["revenue"] = by_platform["commission"] + by_platform["ad_revenue"]
    by_platform["other_gmv"], by_platform["other_minutes"] = np.concatenate(noted.gmv), np.concatenate(noted.minutes)
    return by_platform, whole


def _years(market: Market, noted: ChannelDays) -> dict[str, Means]:
    """Means a day of each calendar year that the run has in full."""
    by_platform, whole = _tables(market, noted)
    found = {}
    for year in dict.fromkeys(whole["date"].str[:4]):
        days = whole["date"].str[:4] == year
        if int(days.sum()) == (dt.date(int(year), 12, 31) - dt.date(int(year) - 1, 12, 31)).days:
            found[year] = _means(by_platform[by_platform["date"].str[:4] == year], whole[days])
    return found


def _means(by_platform: pd.DataFrame, whole: pd.DataFrame) -> Means:
    own = by_platform.groupby("platform", sort=False)[list(OF_PLATFORM)].mean()
    found: Means = {str(name): {key: float(row[key]) for key in OF_PLATFORM} for name, row in own.iterrows()}
    return found | {"market": {key: float(whole[key].mean()) for key in OF_MARKET}}


def _turn(market: Market, noted: ChannelDays) -> dict[str, Any]:
    """The market's second-half day, and history around it."""
    books, closed = np.array(market.record.flows), np.array(market.record.closed)
    day = phase(books, market.record.closed, market.calendar.days).day
    if day is None or day < YEAR or day + YEAR > market.day:
        return {"turn": None, "before": None, "after": None, "sources": {}}
    by_platform, whole = _tables(market, noted)
    dates = whole["date"].to_numpy()

    def window(first: int) -> Means:
        within = set(dates[first : first + YEAR])
        return _means(by_platform[by_platform["date"].isin(within)], whole[whole["date"].isin(within)])

    sources = {}
    for year in dict.fromkeys(label[:4] for label in market.calendar.labels[day:]):
        until = [place for place, label in enumerate(market.calendar.labels) if label[:4] <= year][-1]
        own = books[(closed > day) & (closed <= until)].sum(axis=(0, 3))  # [flows, P]
        sources[year] = {
            name: {source: float(own[flow, place]) for source, flow in SOURCES.items()}
            for place, name in enumerate(market.platform_names)
        }
    return {"turn": day, "before": window(day - YEAR), "after": window(day), "sources": sources}
