"""Small markets for the tests of mechanisms: run once per choice of settings and seed, then only read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from copy import deepcopy
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market

CONTENT = ("kuaishou", "douyin")
SHELF = ("taobao", "jd", "pinduoduo")
ALL = (*CONTENT, *SHELF)
SIZES = ("population.users=400", "population.merchants=60", "calendar.warm_up=56")

Overrides = tuple[tuple[str, Any], ...]
"""Dotted names of settings and their values; `*` stands for every name at its place."""

WORLD: Overrides = (
    *((f"platform.{name}.installed_at_start", 0.5) for name in CONTENT),
    *((f"platform.{name}.shops_at_start", 0.4) for name in CONTENT),
    *((f"platform.{name}.leisure", -1.5) for name in ALL),
    *((f"platform.{name}.gamma", 28.0) for name in CONTENT),
    *((f"platform.{name}.open_at_start.storefront", {"maturity": 0.5, "exposure": 1.0}) for name in CONTENT),
    ("platform.*.innovation", 4e-4),
    ("platform.*.imitation", 1.5e-3),
    ("capability.*.skill_sd", 0.0),
    ("users.needs_per_day", 0.5),
    ("users.habit_weight", 2.5),
    ("users.shock", 0.7),
    ("users.impulse_rate", 0.06),
    ("users.impulse_power", 0),
    ("users.social_weight", 0.15),
    ("users.fan.dropout_b", 5.12),
    ("merchants.ewa_lambda", 1.5),
    ("merchants.entry_hazard", 0.01),
    ("capability.storefront.skill.content", 1.47),
    ("capability.storefront.ramp_days", 467.0),
    *((f"platform.{name}.appeal", at) for name, at in zip(ALL, (-1.0, -1.2, 0.2, 0.1, 0.6), strict=True)),
    *((f"platform.{name}.tier_fit", fit) for name, fit in zip(ALL, (-0.2, 0.0, 0.1, 0.4, -0.4), strict=True)),
    ("platform.*.never_installs", 0.05),
    ("platform.*.recruit_trend", {}),
    ("platform.*.depth_trend", {}),
    ("platform.*.appeal_trend", {}),
    ("platform.*.selling_load", 0.15),
    ("users.channel_nest", 0.5),
    ("users.platform_nest", 0.8),
    ("users.walk_away", 0.5),
    ("users.price_weight", 2.0),
    ("users.opening_cost", 2.0),
    ("users.link_bonus", 1.0),
    ("users.first_order_cost", 0.0),
    ("users.session_minutes", 6.0),
    ("users.attachment_sd", {"content": 1.2, "shelf": 1.0}),
    ("users.orders_per_need", {"planned": 1.0, "impulse": 2.0, "ripened": 1.0, "repeat": 1.5}),
    *((f"platform.{name}.installed_at_start", s) for name, s in zip(ALL, (0.21, 0.31, 0.62, 0.26, 0.25), strict=True)),
    *((f"platform.{name}.gamma", depth) for name, depth in zip(SHELF, (11.8, 12.0, 14.0), strict=True)),
    ("users.ripening_rate", 0.004),
    ("users.loyalty_weight", 1.5),
    ("users.fan.rate_mean", 0.06),
    ("merchants.supply_elasticity", 0.3),
    ("merchants.products.test_exposure", 0.2),
)
"""Round numbers that give every mechanism room to act, so that these tests do not hang on calibrated ones."""


@cache
def _plain(strategy: str) -> dict[str, Any]:
    platforms = f"platforms=[{','.join(ALL)}]"
    return load_settings([*SIZES, platforms, f"strategy={strategy}"]).model_dump()


def _put(node: dict[str, Any], path: list[str], value: Any) -> None:
    if path[0] == "*":
        for child in node.values():
            _put(child, path[1:], value)
    elif len(path) == 1:
        node[path[0]] = value
    else:
        _put(node[path[0]], path[1:], value)


def settings(overrides: Overrides, strategy: str = "hold") -> MarketSettings:
    """Settings of a small market with some values replaced; files are read once, so that hundreds of runs stay cheap.

    By default no platform moves, so that nothing but what is overridden differs between two runs.
    """
    plain = deepcopy(_plain(strategy))
    for name, value in (*WORLD, *overrides):
        _put(plain, name.split("."), value)
    return MarketSettings.from_dict(plain)


class Run:
    """A market after its last day, its tables, and what the tables sum over.

    Attributes
    ----------
    orders
        people's orders by day, kind of need, origin and platform, [D, 4, P + 1, P]
    minutes, bought
        minutes of every user, and whether it bought, by day and platform, [D, P, N]
    fan
        whether a user began the day as a fan of a shop on the platform, [D, P, N]
    shops
        shops that are open, [D, P]
    online
        people online, [D]
    """

    def __init__(self, chosen: MarketSettings, prepare: Callable[[Market], None] | None = None) -> None:
        self.market = market = Market(chosen)
        if prepare:
            prepare(market)
        columns, days = market.population.columns, []
        number = np.arange(len(market.platform_names))[:, None, None]
        while market.running:
            fan = (columns.fan_platform == number) & (columns.fan_merchant >= 0)
            market.step()
            bought = columns.last_bought == market.day - 1
            shops = market.trade.table.shop.sum(axis=0)
            days.append(
                (
                    market.book.orders,
                    market.population.read("minutes"),
                    bought,
                    fan.any(axis=1),
                    shops,
                    market.book.online,
                )
            )
        self.orders, self.minutes, self.bought, self.fan, self.shops, self.online = map(
            np.array, zip(*days, strict=True)
        )
        market.close()

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that a run writes as CSV."""
        return tables(self.market)

    def daily(self, column: str, platforms: tuple[str, ...], first: str = "", last: str = "9999") -> pd.Series:
        """A column of daily.csv summed over platforms, by date from `first` to `last`."""
        table = self.tables["daily"]
        table = table[table["platform"].isin(platforms) & table["date"].between(first, last)]
        return table.groupby("date")[column].sum()

    def monthly(self, column: str, platforms: tuple[str, ...], first: str = "", last: str = "9999") -> float:
        """Mean of a column of monthly.csv over platforms and months."""
        table = self.tables["monthly"]
        return float(table[table["platform"].isin(platforms) & table["month"].between(first, last)][column].mean())

    def channels(self, column: str, platform: str, first: str = "", last: str = "9999") -> pd.Series:
        """A column of channels.csv summed over months, by channel."""
        table = self.tables["channels"]
        table = table[(table["platform"] == platform) & table["month"].between(first, last)]
        return table.groupby("channel")[column].sum()

    def day(self, date: str) -> int:
        """Number of the day of a date."""
        return self.market.calendar.labels.index(date)


_KEPT: dict[str, Run] = {}


def run(seed: int, overrides: Overrides = (), strategy: str = "hold") -> Run:
    """The run of a choice of settings; kept, so that tests share their base runs."""
    name = repr((seed, overrides, strategy))
    if name not in _KEPT:
        _KEPT[name] = Run(settings((*overrides, ("seed", seed)), strategy))
    return _KEPT[name]


def until(end: str, start: str = "2019-01-01") -> Overrides:
    """The calendar from `start` to `end`."""
    return (("calendar.start", dt.date.fromisoformat(start)), ("calendar.end", dt.date.fromisoformat(end)))


def move(date: str, platform: str, change: str, capability: str) -> dict[str, str]:
    """One entry of `scenario.moves`."""
    return {"date": date, "platform": platform, "change": change, "capability": capability}
