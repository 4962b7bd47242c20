"""Mean-field path: a market's attention, reach and trade over its calendar, without random draws.

Platforms move on their dates as they do in the market, by the same stage; users are those of `path_users` and
`path_trade`, carried from the middle of one step of some days to the middle of the next. Needs are met, and booked by
the market's bookkeeper, on every day. What merchants do is not worked out: the state of trade comes from a run of the
market (`trade_path`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.vocabulary import CHANNELS, PAN_SHELF
from secondhalf.model import initial_state
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.accounts.day_book import DayBook
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.day.stages import move_and_grow, set_offer
from secondhalf.model.market import Market
from secondhalf.model.meanfield.path_needs import Bought
from secondhalf.model.meanfield.path_trade import EvenTrade, Ties, TradeDays, TradeState, ties_of
from secondhalf.model.meanfield.path_users import Attended, EvenUsers
from secondhalf.model.observers.reporters import DAILY, MARKET
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.shapes import F64, Day
from secondhalf.model.state import State
from secondhalf.model.supply.sales import Trade
from secondhalf.model.users import attention, orders
from secondhalf.model.users.user_stages import Purchases

ATTENTION = ("installed_users", "active_users", "monthly_active_users", "minutes", "attention_share")
OF_DAYS = ("shopping_minutes", "gmv", "leaked_gmv", "net_gmv", "orders", "commission", "ad_revenue")
OF_PLATFORMS = (*ATTENTION, *OF_DAYS, "monthly_buyers", "annual_buyers")
"""Columns of daily.csv that the path can see."""
OF_MARKET = ("people_online", "hhi_attention", "hhi_gmv", "short_video_share", "instant_messaging_share")
"""Columns of market.csv that the path can see."""

TradePath = Sequence[TradeState]
PAN = [CHANNELS.index(name) for name in PAN_SHELF]


class Precision(NamedTuple):
    """Numerical precision of a path."""

    users: int = 1024  # a power of two
    moods: int = 4  # a step; a power of two
    step_days: int = 14


PRECISION = Precision()


class Path(NamedTuple):
    """What a path brings, day by day (D) and month by month (M); users' states lie on straight lines between steps."""

    months: list[str]  # [M] YYYY-MM
    of_platforms: dict[str, F64]  # [D, P] by column
    of_market: dict[str, F64]  # [D] by column
    pan_shelf: F64  # [D, P] RMB sold in channels of the pan-shelf
    overlap: F64  # [M, P, P] people who use both within a month
    repurchase: F64  # [M, P] share of the buyers of 30 days a month ago who are buyers again


def trade_path(settings: MarketSettings, every: int = 28) -> tuple[TradePath, Market]:
    """Run a market and note the state of its trade every so many days and where a festival begins and has ended.

    Also returns the market, at its end.
    """
    market = Market(settings)
    states: list[TradeState] = []

    def note(day: int) -> None:
        # A refresh puts new arrays in place of those that an offer reads; what merchants hold is not read.
        shops = market.shops._replace(products=market.shops.products.copy())
        states.append(TradeState(day, copy.copy(market.trade), shops))

    while market.running:
        day = market.day
        if day % every == 0:
            note(day)
        market.step()
        if day in market.calendar.festival_edges:
            note(day)
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
    platforms = _platforms_alone(settings, trade[0].trade)
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
        self.calendar, self.weight = market.calendar, users.population.weight
        self.buying = EvenTrade(users, step_days)
        self.bookkeeper = Bookkeeper(settings, market.platforms, self.weight)
        self.ledger = copy.deepcopy(trade[0].trade)  # the bookkeeper enters into it; nobody reads it
        self._ties: dict[int, Ties] = {}
        self.middles: list[int] = []
        self.of_steps: dict[str, list[F64]] = {}
        self.of_days: dict[str, list[F64]] = {name: [] for name in ("visits", "pan_shelf", *OF_DAYS)}
        self.of_market: dict[str, list[float]] = {name: [] for name in OF_MARKET}
        self.months: list[str] = []
        self.overlaps: list[F64] = []
        self.none_in_month: list[F64] = []

    def whole(self) -> Path:
        """Settle in without entry or exit of users, then step through the calendar."""
        for day in range(-self.settings.calendar.warm_up, 0, self.step_days):
            self.buying.advance(self.step_days)
            self._set_offer(day)
            done = self.users.attend(
                self.market.offer, _mean_day(self.calendar, day, 1), self.step_days, self.step_days
            )
            [(_, bought, _)] = self._buy(day, 1, self.step_days)
            self.market.active_share = (done.active + bought.visits[0]) / max(done.online, 1.0)
        self.none_in_month.append(self.buying.none_within(orders.BUYER_MONTH, 0))
        before = -1
        for first in range(0, self.calendar.days, self.step_days):
            length = min(self.step_days, self.calendar.days - first)
            middle = first + (length - 1) // 2
            for day in range(before + 1, middle + 1):
                self.market.day = day
                move_and_grow(self.market)
            self._set_offer(middle)
            self.users.adopt(self.market.offer, middle, middle - before)
            self.buying.advance(middle - before)
            done = self.users.attend(
                self.market.offer, _mean_day(self.calendar, first, length), middle - before, length
            )
            self._note(middle, done, self._buy(first, length, length))
            before = middle
        return self._path()

    def _state(self, day: int) -> int:
        """Number of the state of trade of a day."""
        return max(number for number, state in enumerate(self.trade) if state.since <= max(day, 0))

    def _set_offer(self, day: int) -> None:
        self.market.day = day
        self.market.trade = self.trade[self._state(day)].trade
        set_offer(self.market)

    def _buy(self, first: int, days: int, length: int) -> list[tuple[list[int], Bought, F64]]:
        """Meet the needs of some days that stand for `length`: of each part its days, sums and channels' shares."""
        calendar, desk = self.calendar, self.market.desk

        def told(day: int) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
            at, begun = max(day, 0), day >= 0
            return self._state(day), tuple(calendar.pull[at] * begun), tuple(calendar.boost[at] * begun)

        parts: list[TradeDays] = []
        numbers: list[list[int]] = []
        shares: list[F64] = []
        for (state, pull, boost), group in groupby(range(first, first + days), told):
            numbers.append(list(group))
            offer, share = desk.offer(
                self.trade[state].trade, self.market.active_share, np.array(pull), np.array(boost)
            )
            parts.append(TradeDays(offer, [calendar.day(day) for day in numbers[-1]]))
            shares.append(share)
        middle = first + (days - 1) // 2
        at = self._state(middle)
        if at not in self._ties:
            self._ties[at] = ties_of(self.trade[at].shops, self.users.population.behaviour)
        found = self.buying.meet(parts, self._ties[at], middle, length)
        return list(zip(numbers, found, shares, strict=True))

    def _note(self, middle: int, done: Attended, bought: list[tuple[list[int], Bought, F64]]) -> None:
        """Book the days of a step; of a month's steps the last one says who used two platforms and who bought."""
        market, weight = self.market, self.weight
        sums, totals = np.zeros((len(market.platforms), attention.PLATFORM_SUMS)), np.zeros(attention.ALL_SUMS)
        used, month, year = self.users.used_within_month(), *self.buying.buyers(middle)
        sums[:, attention.INSTALLED], sums[:, attention.MONTHLY] = self.users.having.sum(axis=1), used.sum(axis=1)
        totals[attention.ONLINE], totals[attention.BUDGET] = done.online, done.phone
        counts, session = np.zeros((len(market.platforms), 4)), float(self.users.population.behaviour.session)
        counts[:, orders.MONTHLY_BUYERS], counts[:, orders.ANNUAL_BUYERS] = month, year
        books: dict[int, DayBook] = {}
        for numbers, part, share in bought:
            for at, day in enumerate(numbers):
                sums[:, attention.SHOPPING] = session * part.met[at]
                sums[:, attention.ACTIVE] = done.active + part.visits[at]
                sums[:, attention.MINUTES] = done.minutes + sums[:, attention.SHOPPING]
                needs = np.array([part.needs[at, 0], part.needs[at, 1], 0.0, part.met[at].sum()])
                purchases = Purchases(part.orders[at], part.spending[at], counts, needs)
                books[day] = market.book = self._book((sums, totals), purchases, share, day)
                for name in OF_DAYS:
                    self.of_days[name].append(DAILY[name](market))
                self.of_days["visits"].append(part.visits[at] * weight)
                self.of_days["pan_shelf"].append(market.book.cells[:, :, PAN].sum(axis=(0, 2)))
        market.book = books[middle]
        self.middles.append(middle)
        for name, amounts in {
            "installed_users": market.book.installed,
            "active_users": done.active * weight,
            "monthly_active_users": market.book.monthly,
            "minutes": done.minutes * weight,
            "phone": np.array([done.phone * weight]),
            "monthly_buyers": month * weight,
            "annual_buyers": year * weight,
        }.items():
            self.of_steps.setdefault(name, []).append(amounts)
        for name, values in self.of_market.items():
            values.append(MARKET[name](market))
        market.active_share = market.book.active / max(market.book.online, 1.0)
        self._note_month(middle, used)

    def _book(self, attended: tuple[F64, F64], purchases: Purchases, share: F64, day: int) -> DayBook:
        market = self.market
        price, nothing = market.desk.prices(market.capabilities.presence), np.zeros(len(market.platforms))
        basket = self.calendar.basket_factor(day)
        book = self.bookkeeper.book(attended, purchases, self.ledger, share, basket, price, nothing)
        book.check()
        return book

    def _note_month(self, middle: int, used: F64) -> None:
        month = self.calendar.labels[middle][:7]
        none = self.buying.none_within(orders.BUYER_MONTH, middle)
        if self.months[-1:] == [month]:
            self.overlaps.pop()
            self.none_in_month.pop()
        else:
            self.months.append(month)
        self.overlaps.append(used @ used.T * self.weight)
        self.none_in_month.append(none)

    def _path(self) -> Path:
        """Everything day by day: users' states on straight lines, what needs add to them on its day."""
        days = np.arange(self.calendar.days)
        steps = {
            name: np.stack([np.interp(days, self.middles, row) for row in np.array(amounts).T], axis=1)
            for name, amounts in self.of_steps.items()
        }
        daily = {name: np.array(amounts) for name, amounts in self.of_days.items()}
        steps["active_users"] += daily.pop("visits")
        steps["minutes"] += daily["shopping_minutes"]
        steps["attention_share"] = steps["minutes"] / np.maximum(steps.pop("phone"), 1e-300)
        bought = 1 - np.array(self.none_in_month)
        again, last = (bought[1:] * bought[:-1]).sum(axis=2), bought[:-1].sum(axis=2)
        return Path(
            months=self.months,
            of_platforms={name: steps[name] if name in steps else daily[name] for name in OF_PLATFORMS},
            of_market={name: np.interp(days, self.middles, values) for name, values in self.of_market.items()},
            pan_shelf=daily["pan_shelf"],
            overlap=np.array(self.overlaps),
            repurchase=np.divide(again, last, out=np.zeros_like(last), where=last > 0),
        )
