"""Mean-field path: a market's attention and reach over its calendar, without random draws and without trade.

Platforms move on their dates as they do in the market, by the same stage; users are those of `path_users`, carried
from the middle of one step of some days to the middle of the next. What merchants do is not worked out: the state of
trade comes from a run of the market (`trade_path`).
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.model import initial_state
from secondhalf.model.accounts.day_book import DayBook
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.day.stages import move_and_grow, set_offer
from secondhalf.model.market import Market
from secondhalf.model.meanfield.path_users import EvenUsers
from secondhalf.model.observers.reporters import DAILY, MARKET
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.shapes import F64, Day
from secondhalf.model.state import State
from secondhalf.model.supply.sales import Trade

OF_PLATFORMS = ("installed_users", "active_users", "monthly_active_users", "minutes", "attention_share")
"""Columns of daily.csv that the path can see."""
OF_MARKET = ("people_online", "hhi_attention", "short_video_share", "instant_messaging_share")
"""Columns of market.csv that the path can see."""

TradePath = Sequence[tuple[int, Trade]]
"""States of trade, each with the first day that it stands for; that of the first is 0."""


class Precision(NamedTuple):
    """Numerical precision of a path."""

    users: int = 1024  # a power of two
    moods: int = 4  # a step; a power of two
    step_days: int = 14


PRECISION = Precision()


class Path(NamedTuple):
    """What a path brings, step by step (S) and month by month (M)."""

    days: list[int]  # [S] middle of each step
    months: list[str]  # [M] YYYY-MM
    of_platforms: dict[str, F64]  # [S, P] by column
    of_market: dict[str, F64]  # [S] by column
    overlap: F64  # [M, P, P] people who use both within a month


def trade_path(settings: MarketSettings, every: int = 28) -> tuple[TradePath, Market]:
    """Run a market and note the state of its trade every so many days; also the market, at its end."""
    market, states = Market(settings), []
    while market.running:
        if market.day % every == 0:
            # A refresh puts new arrays in place of those that an offer reads; what merchants hold is not read.
            states.append((market.day, copy.copy(market.trade)))
        market.step()
    return states, market


def path(settings: MarketSettings, trade: TradePath, precision: Precision = PRECISION) -> Path:
    """The path of a market from its first day to its last.

    Parameters
    ----------
    settings
        of the market; the seed sets platforms' hidden skills
    trade
        merchants' side, as `trade_path` notes it

    Raises
    ------
    SettingsError
        where a platform enters later or decides by what it sees; and as `Market` does
    """
    if settings.entrants:
        raise SettingsError(
            f"scenario.entrants={list(settings.entrants)}: a mean-field path has no platform that enters"
        )
    platforms = _platforms_alone(settings, trade[0][1])
    try:
        _require_dated(settings, platforms)
        many = settings.population.model_copy(update={"users": precision.users})
        own = settings.among(settings.first_platforms).model_copy(update={"population": many})
        users = EvenUsers(own, platforms.calendar, precision.moods, precision.step_days)
        return _Walk(settings, platforms, users, trade, precision.step_days).whole()
    finally:
        platforms.close()


def _require_dated(settings: MarketSettings, platforms: State) -> None:
    """Refuse strategies that react to the market: on the path its accounts are not computed."""
    for platform in platforms.platforms:
        name = settings.strategy_of(platform.name).name
        if platform.strategy.decides:
            raise SettingsError(f"strategy.name={name} ({platform.name}): a mean-field path needs history or hold")


def _platforms_alone(settings: MarketSettings, trade: Trade) -> State:
    """Platforms on the first day, without users; merchants' exclusivity is in the states of trade."""
    platforms: State = State()
    initial_state.open_platforms(platforms, settings)
    free = settings.scenario.model_copy(update={"exclusivity": None})
    platforms.exclusivity = ExclusivityRule(settings.model_copy(update={"scenario": free}), trade.table)
    platforms.trade = trade
    initial_state.apply_past_moves(platforms)
    return platforms


def _mean_day(calendar: MarketCalendar, first: int, length: int) -> Day:
    """The middle one of the days from `first` on, with their mean phone time."""
    days = [calendar.day(day) for day in range(first, first + length)]
    return days[(length - 1) // 2]._replace(budget=np.float32(np.mean([day.budget for day in days])))


class _Walk:
    """Platforms of a market and users of the path, day by day and step by step."""

    def __init__(
        self, settings: MarketSettings, market: State, users: EvenUsers, trade: TradePath, step_days: int
    ) -> None:
        self.settings, self.market, self.users, self.trade, self.step_days = settings, market, users, trade, step_days
        self.calendar = market.calendar
        self.days: list[int] = []
        self.months: list[str] = []
        self.of_platforms: dict[str, list[F64]] = {name: [] for name in OF_PLATFORMS}
        self.of_market: dict[str, list[float]] = {name: [] for name in OF_MARKET}
        self.overlaps: list[F64] = []

    def whole(self) -> Path:
        """Settle in without entry or exit of users, then step through the calendar."""
        for day in range(-self.settings.calendar.warm_up, 0, self.step_days):
            self._attend(day, 1, self.step_days, self.step_days)
        before = -1
        for first in range(0, self.calendar.days, self.step_days):
            length = min(self.step_days, self.calendar.days - first)
            middle = first + (length - 1) // 2
            for day in range(before + 1, middle + 1):
                self.market.day = day
                move_and_grow(self.market)
            self._set_offer(middle)
            self.users.adopt(self.market.offer, middle, middle - before)
            self._attend(first, length, middle - before, length)
            self._note(middle)
            before = middle
        return Path(
            self.days,
            self.months,
            {name: np.array(amounts) for name, amounts in self.of_platforms.items()},
            {name: np.array(values) for name, values in self.of_market.items()},
            np.array(self.overlaps),
        )

    def _set_offer(self, day: int) -> None:
        self.market.day = day
        self.market.trade = next(trade for since, trade in reversed(self.trade) if since <= max(day, 0))
        set_offer(self.market)

    def _attend(self, first: int, days: int, since: int, length: int) -> None:
        """Attention on the mean of `days` days, which stand for `length`; books what users do."""
        day = _mean_day(self.calendar, first, days)
        if first < 0:
            self._set_offer(first)
        done = self.users.attend(self.market.offer, day, since, length)
        people = self.users.population.weight
        seen = {
            "installed": self.users.having.sum(axis=1) * people,
            "active": done.active * people,
            "monthly": self.users.used_within_month().sum(axis=1) * people,
            "minutes": done.minutes * people,
            "online": done.online * people,
            "phone_minutes": done.phone * people,
        }
        nothing = {field.name: np.zeros(done.active.size) for field in dataclasses.fields(DayBook)}
        self.market.book = DayBook(**nothing | seen)
        self.market.active_share = done.active / max(done.online, 1.0)

    def _note(self, day: int) -> None:
        """Record a step; of a month's steps the last one says who used two platforms."""
        self.days.append(day)
        for name, amounts in self.of_platforms.items():
            amounts.append(DAILY[name](self.market))
        for name, values in self.of_market.items():
            values.append(MARKET[name](self.market))
        month = self.calendar.labels[day][:7]
        if self.months[-1:] == [month]:
            self.overlaps.pop()
        else:
            self.months.append(month)
        used = self.users.used_within_month()
        self.overlaps.append(used @ used.T * self.users.population.weight)
