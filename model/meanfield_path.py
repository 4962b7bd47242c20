"""The mean-field path: a market's attention and reach over its calendar, without drawing and without trade.

Platforms move on their dates as they do in the market, by the same stage; users are those of `meanfield_users`, carried
over `step_days` at once from the middle of one step to the middle of the next. What merchants do is not worked out: the
state of trade comes from outside, best from a run of the market (`TradePath`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from secondhalf.model.attention import MONTH_DAYS
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.columns import F64, Day
from secondhalf.model.market import Market
from secondhalf.model.meanfield_users import Carried, Luck, adopt, attend
from secondhalf.model.population import Population
from secondhalf.model.quadrature import near_normal_quantile
from secondhalf.model.reporters import DAILY, MARKET
from secondhalf.model.settings import MarketSettings
from secondhalf.model.stages import move_and_grow, set_offer
from secondhalf.model.start import HABIT_AT_START
from secondhalf.model.streams import Decision
from secondhalf.model.trade import Trade

OF_PLATFORMS = ("installed_users", "active_users", "monthly_active_users", "minutes", "attention_share")
"""Columns of daily.csv that the path can see."""
OF_MARKET = ("people_online", "hhi_attention", "short_video_share", "instant_messaging_share")
"""Columns of market.csv that the path can see."""
_COORDINATES = 64
_MOODS = 4096
_LEAST_CLOSED = 1e-6
"""Least chance that an app stays closed on a day, so that its logarithm is a number."""
_PRIMES = np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97])

TradePath = Sequence[tuple[int, Trade]]
"""States of trade, each with the first day that it stands for; the first day of the first is 0."""


class Precision(NamedTuple):
    """How finely the path is worked out."""

    users: int = 2048  # a power of two
    moods: int = 4  # a step; a power of two
    step_days: int = 14


class Path(NamedTuple):
    """What a path brings, step by step (S), month by month (M)."""

    days: list[int]  # [S] middle of each step
    months: list[str]  # [M] YYYY-MM
    of_platforms: dict[str, F64]  # [S, P] by column
    of_market: dict[str, F64]  # [S] by column
    overlap: F64  # [M, P, P] people who use both within a month


class EvenPopulation(Population):
    """A population whose luck is a low-discrepancy sequence, a coordinate for each decision in the order asked."""

    def __init__(self, settings: MarketSettings, calendar: MarketCalendar) -> None:
        self._asked = 0
        super().__init__(settings, calendar)

    def uniforms(self, decision: Decision, who: int = 0) -> F64:
        """The sequence's next coordinate, [N]."""
        return self.more(1)[0]

    def more(self, rows: int) -> F64:
        """Coordinates for what is no trait, [rows, N]."""
        first, self._asked = self._asked, self._asked + rows
        return _sequence(self.users)[np.arange(first, first + rows) % _COORDINATES]


@lru_cache(maxsize=4)
def _sequence(users: int) -> F64:
    points = qmc.Sobol(_COORDINATES, seed=0).random(users).T
    return np.asarray(np.clip(points, 1e-6, 1 - 1e-6))


@lru_cache(maxsize=1)
def _quantiles() -> F64:
    return near_normal_quantile((np.arange(_MOODS) + 0.5) / _MOODS)


def trade_path(settings: MarketSettings, every: int = 28) -> tuple[TradePath, Market]:
    """Run a market and note the state of its trade every so many days; also the market, at its end."""
    market, states = Market(settings), []
    while market.running:
        if market.day % every == 0:
            states.append((market.day, _still(market.trade)))
        market.step()
    return states, market


def _still(trade: Trade) -> Trade:
    """A state of trade that later weeks leave as it is; without what merchants hold, which no offer reads."""
    other = object.__new__(Trade)
    other.__dict__.update(trade.__dict__)
    other.load_cap = trade.load_cap.copy()
    return other


def path(settings: MarketSettings, trade: TradePath, precision: Precision = Precision()) -> Path:
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
        as `Market` does
    """
    return _Walk(settings, trade, precision).whole()


class _Walk:
    """A market of which only the platforms live, and the users of the path."""

    def __init__(self, settings: MarketSettings, trade: TradePath, precision: Precision) -> None:
        self.trade, self.precision = trade, precision
        few = settings.population.model_copy(update={"users": 4, "merchants": 40, "agent_objects": 0})
        at_once = settings.calendar.model_copy(update={"warm_up": 1})
        self.market = Market(settings.model_copy(update={"population": few, "calendar": at_once}))
        many = settings.population.model_copy(update={"users": precision.users})
        own = settings.among(settings.first_platforms).model_copy(update={"population": many})
        self.calendar = self.market.calendar
        self.population = EvenPopulation(own, self.calendar)
        self.needs_per_day, self.warm_up = settings.users.needs_per_day, settings.calendar.warm_up
        columns = self.population.columns
        platforms, users = columns.habit.shape
        self._has = np.uint32(1) << np.arange(platforms, dtype=np.uint32)[:, None]
        columns.habit[:] = HABIT_AT_START * self._installed()
        even = self.population.more(3 * platforms + 2).astype(np.float32)
        adopts, drops, moods, rest = np.split(even, [platforms, 2 * platforms, 3 * platforms])
        self._moods = qmc.Sobol(platforms + 2, scramble=False).random(precision.moods).T
        turns, quantiles = self._moods.copy(), _quantiles().astype(np.float32)
        self.luck = Luck(-np.log(adopts), -np.log(drops), moods, rest[0], rest[1], turns, quantiles)
        self._lengths = [precision.step_days] * (-(-max(MONTH_DAYS, settings.users.idle_days) // precision.step_days))
        zeros = np.zeros((4, platforms, users), np.float32)
        self.carried = Carried(*zeros, np.zeros((len(self._lengths), platforms, users), np.float32))
        self._steps = 0

    def whole(self) -> Path:
        """Settle in, then walk the calendar."""
        step, days = self.precision.step_days, self.calendar.days
        for day in range(-self.warm_up, 0, step):
            self._attend(day, step, step)
        self.market.day, before = 0, -1
        middles, months, overlaps = [], [], []
        rows: dict[str, list[F64]] = {name: [] for name in OF_PLATFORMS}
        numbers: dict[str, list[float]] = {name: [] for name in OF_MARKET}
        for first in range(0, days, step):
            length = min(step, days - first)
            middle = first + (length - 1) // 2
            for day in range(before + 1, middle + 1):
                self.market.day = day
                move_and_grow(self.market)
            self._adopt(middle, middle - before)
            self._attend(middle, middle - before, length)
            before = middle
            middles.append(middle)
            for name, amounts in rows.items():
                amounts.append(DAILY[name](self.market))
            for name, values in numbers.items():
                values.append(MARKET[name](self.market))
            month = self.calendar.labels[middle][:7]
            if months and months[-1] == month:
                overlaps.pop()
            else:
                months.append(month)
            overlaps.append(self._overlap())
        return Path(
            middles,
            months,
            {name: np.array(amounts) for name, amounts in rows.items()},
            {name: np.array(values) for name, values in numbers.items()},
            np.array(overlaps),
        )

    def _installed(self) -> F64:
        columns = self.population.columns
        return np.asarray((columns.installed & self._has) != 0, float)

    def _contacts(self) -> F64:
        """Chance that a contact has each app, [P]; who is not online has none."""
        return np.asarray(self._installed().mean(axis=1))

    def _closed(self, window: int) -> F64:
        """Chance that each app was not opened in the latest `window` days, [P, N]."""
        lengths = np.array(self._lengths)
        parts = np.clip((window - (np.cumsum(lengths) - lengths)) / lengths, 0, 1).astype(np.float32)
        return np.asarray(np.exp(np.tensordot(parts, self.carried.closed, 1)))

    def _adopt(self, today: int, days: int) -> None:
        population = self.population
        idle = self._closed(population.behaviour.idle_days).astype(np.float32)
        adopt(
            population.columns,
            self.carried,
            self.luck,
            self.market.offer,
            population.behaviour,
            self._contacts(),
            idle,
            today,
            float(days),
        )

    def _day(self, today: int, length: int) -> Day:
        """The mean day of a step around `today`."""
        first = max(today - (length - 1) // 2, 0) if today >= 0 else today
        days = [self.calendar.day(day, self.needs_per_day) for day in range(first, first + length if today >= 0 else today + 1)]
        budget, planned = (np.mean([getattr(day, name) for day in days]) for name in ("budget", "planned"))
        return days[0]._replace(number=np.int64(today), budget=np.float32(budget), planned=np.float32(planned))

    def _attend(self, today: int, since: int, length: int) -> None:
        """Attention on the mean day of a step of `length` days whose middle is `since` days after the last one's."""
        market, population, carried = self.market, self.population, self.carried
        columns, behaviour = population.columns, population.behaviour
        rate = np.float32(1 - (1 - float(behaviour.habit_rate)) ** since)
        columns.habit[:] += rate * (carried.fed - columns.habit)
        self._steps += 1
        self.luck.turns[:] = self._moods + self._steps * np.sqrt(_PRIMES[: len(self._moods), None])
        market.day = today
        market.trade = next(trade for day, trade in reversed(self.trade) if day <= max(today, 0))
        set_offer(market)
        minutes, day = np.empty(len(market.platforms)), self._day(today, length)
        phone = attend(columns, carried, self.luck, market.offer, behaviour, self._contacts(), day, minutes)
        carried.closed[1:] = carried.closed[:-1].copy()
        carried.closed[0] = length * np.log(np.maximum(1 - carried.opened, _LEAST_CLOSED))
        self._lengths = [length, *self._lengths[:-1]]
        self._book(today, minutes, phone)

    def _book(self, today: int, minutes: F64, phone: float) -> None:
        market, people = self.market, self.population.weight
        online = float(np.count_nonzero(self.population.columns.online_from <= today))
        active = self.carried.opened.sum(axis=1, dtype=float)
        market.book = dataclasses.replace(
            market.book,
            installed=self._contacts() * self.population.users * people,
            active=active * people,
            monthly=(1 - self._closed(MONTH_DAYS)).sum(axis=1) * people,
            minutes=minutes * people,
            online=online * people,
            phone_minutes=phone * people,
        )
        market.active_share = active / max(online, 1.0)

    def _overlap(self) -> F64:
        used = 1 - self._closed(MONTH_DAYS)
        return np.asarray(used @ used.T * self.population.weight)
