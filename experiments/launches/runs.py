"""Runs of a member under a seed: history once, and from each launch on a fork in which it does not happen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.launches.catalogue import YEAR, Item, arms_of
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for
from secondhalf.model.snapshots.branch import branch

Array = NDArray[np.float64]
OF_PLATFORM = (*CHANNELS, "minutes", "revenue", "orders")
"""What is noted of each platform and day: GMV by channel (RMB), minutes, commission and advertising (RMB), orders."""
ARMS = ("without", "with")


class Job(NamedTuple):
    """A member of the ensemble under a seed and a nest, and what to take away."""

    key: str
    settings: MarketSettings
    items: tuple[Item, ...]


class Days:
    """Daily numbers of a market from a day on: by platform [days, P, Q] and the consumer surplus [days], RMB."""

    def __init__(self, competing: int) -> None:
        self.competing = competing
        self.platforms: list[Array] = []
        self.surplus: list[float] = []

    def note(self, market: Market) -> None:
        """Add the day whose books were just closed; a platform that has not entered yet has zeros."""
        book = market.book
        own = np.column_stack(
            [book.cells.sum(axis=0), book.minutes, book.commission + book.ad_revenue, book.platform_orders]
        )
        row = np.zeros((self.competing, len(OF_PLATFORM)))
        row[: len(own)] = own
        self.platforms.append(row)
        self.surplus.append(book.consumer_surplus)

    def window(self, first: int, count: int) -> dict[str, Any]:
        """Sums over days from `first` on."""
        within = slice(first, first + count)
        return {
            "platforms": np.sum(self.platforms[within], axis=0).tolist(),
            "consumer_surplus": float(np.sum(self.surplus[within])),
        }


def run_job(job: Job) -> dict[str, Any]:
    """Sums of each item's windows in both arms.

    Returns
    -------
    dict
        `items`: by name and horizon, for each arm what `Days.window` gives; `days` that were run, `seconds`
    """
    began = time.perf_counter()
    with threads_for(1):
        found, days = _run(job.settings, job.items)
    return {"items": found, "days": days, "seconds": time.perf_counter() - began}


def _run(settings: MarketSettings, items: Sequence[Item]) -> tuple[dict[str, dict[str, Any]], int]:
    start, until = settings.calendar.start, settings.calendar.end
    forks = []
    for item in items:
        arms = arms_of(settings, item)
        dated = (item.date - start).days
        day = dated if arms.branch_day is None else min(arms.branch_day, dated)
        forks.append((day, dated, item, arms))
    forks.sort(key=lambda fork: fork[0])
    competing = len(settings.competing)
    market, history, days = Market(settings), Days(competing), 0
    lacking: dict[str, dict[str, Any]] = {}
    try:
        for day, dated, item, arms in forks:
            _go_on(market, history, day)
            other, alone = branch(market, arms.baseline), Days(competing)
            last = dated + sum(count for _, count in item.windows(until))
            _go_on(other, alone, last)
            other.close()
            days += last - day
            lacking[item.name] = {
                str(horizon): alone.window(dated - day + YEAR * (horizon - 1), count)
                for horizon, count in item.windows(until)
            }
        ends = (dated + sum(count for _, count in item.windows(until)) for _, dated, item, _ in forks)
        _go_on(market, history, max(ends))
    finally:
        days += market.day
        market.close()
    found = {}
    for _, dated, item, _ in forks:
        found[item.name] = {
            str(horizon): {
                "without": lacking[item.name][str(horizon)],
                "with": history.window(dated + YEAR * (horizon - 1), count),
            }
            for horizon, count in item.windows(until)
        }
    return found, days


def _go_on(market: Market, noted: Days, day: int) -> None:
    while market.day < day:
        market.step()
        noted.note(market)


class WindowSums(NamedTuple):
    """An item's window over all runs of a nest."""

    platforms: Mapping[str, Array]
    """by arm, sums by member, seed, platform and `OF_PLATFORM`, [M, S, P, Q]"""
    surplus: Mapping[str, Array]
    """by arm, RMB, [M, S]"""


def gather(results: Sequence[Sequence[Mapping[str, Any]]], item: str, horizon: int) -> WindowSums:
    """One window of all runs; `results` are those of `run_job` by member and seed."""
    found = [[one["items"][item][str(horizon)] for one in row] for row in results]
    platforms, surplus = (
        {arm: np.array([[one[arm][what] for one in row] for row in found], float) for arm in ARMS}
        for what in ("platforms", "consumer_surplus")
    )
    return WindowSums(platforms, surplus)
