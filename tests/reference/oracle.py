"""The slow, obvious oracle: the users' stages of the day as loops over one Mesa agent a user."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.market import Market
from secondhalf.model.shapes import Day, DayStreams, Offer, Shops, UserValues
from secondhalf.model.users.attention_flows import Window
from secondhalf.model.users.user_stages import MonthBooks, Purchases, UserStages
from tests.reference.oracle_user import Array, OracleUser

PLATFORM_SUMS, ALL_SUMS, KINDS, COUNTS, NEED_SUMS = 5, 3, 4, 4, 4


def plain(values: NamedTuple) -> Any:
    """The same named tuple with Python's numbers and lists in place of NumPy's."""
    return type(values)(*(value.tolist() for value in values))


class OracleDay:
    """Does what `UserStages` does, user by user.

    Parameters
    ----------
    market
        gives the users' parameters and friends, and the columns from which each user takes over its state; they are
        written to at a month's end only
    """

    def __init__(self, market: Market) -> None:
        self.market, self.behind = market, market.users_day
        law, (indptr, indices) = plain(market.population.behaviour), plain(market.friends)
        mixing = market.settings.network.kind == "random_mixing"
        self.users = [
            OracleUser(market, row, None if mixing else sorted(indices[indptr[row] : indptr[row + 1]]), law)
            for row in range(market.population.users)
        ]
        self.platforms = len(market.platform_names)
        self.load()

    def load(self) -> None:
        """Take over all users' state from the market's columns."""
        values = self.market.population.values()
        for user in self.users:
            user.load(values)

    def save(self, values: UserValues) -> None:
        """Write all users' state into values."""
        for user in self.users:
            user.save(values)

    def store(self) -> None:
        """Write all users' state into the market's columns."""
        population = self.market.population
        values = population.values()
        self.save(values)
        for name in set(values._fields) - {"taste"}:
            population.write(name, getattr(values, name))

    def online(self, day: int) -> list[OracleUser]:
        """Users who take part today."""
        return [user for user in self.users if user.online(day)]

    def meet(self, streams: DayStreams, day: int) -> None:
        """Everybody meets somebody."""
        for user in self.users:
            user.meet(self.users, int(streams.contact), day)

    def adopt(self, offer: Offer, streams: DayStreams, day: int) -> None:
        """Everybody has met somebody before anybody installs or removes."""
        self.meet(streams, day)
        offer, streams = plain(offer), plain(streams)
        for user in self.online(day):
            user.adopt(offer, streams, day)

    def arise(self, offer: Offer, shops: Shops, streams: DayStreams, day: Day) -> None:
        """Interest is planted, needs arrive."""
        offer, shops, streams, day = plain(offer), plain(shops), plain(streams), plain(day)
        for user in self.online(day.number):
            user.arise(offer, shops, streams, day)

    def attend(self, offer: Offer, streams: DayStreams, day: Day) -> tuple[Array, Array]:
        """The day is split."""
        sums, totals = np.zeros((self.platforms, PLATFORM_SUMS)), np.zeros(ALL_SUMS)
        offer, streams, day = plain(offer), plain(streams), plain(day)
        for user in self.online(day.number):
            user.attend(offer, streams, day, sums, totals)
        self.sums = (sums, totals)
        return self.sums

    def buy(self, offer: Offer, shops: Shops, streams: DayStreams, day: Day) -> tuple[Purchases, tuple[Array, Array]]:
        """Needs are met."""
        orders = np.zeros((KINDS, self.platforms + 1, self.platforms))
        books = Purchases(orders, np.zeros((*orders.shape, 2)), np.zeros((self.platforms, COUNTS)), np.zeros(NEED_SUMS))
        offer, shops, streams, day = plain(offer), plain(shops), plain(streams), plain(day)
        for user in self.online(day.number):
            user.buy(offer, shops, streams, day, books, *self.sums)
        return books, self.sums

    def close_month(self, now: Window, before: Window) -> MonthBooks:
        """The flow books are not part of the oracle: the market's own close the month on the columns."""
        self.store()
        books = self.behind.close_month(now, before)
        self.load()
        return books


class OracleMarket(Market):
    """A market whose users are `OracleUser` objects; platforms, merchants and books are the market's own.

    Parameters
    ----------
    settings
        everything that determines the run
    after
        days that the compiled users run, beyond the settling in, before the objects take over their state
    """

    users_day: UserStages | OracleDay

    def __init__(self, settings: MarketSettings, after: int = 0) -> None:
        super().__init__(settings)
        for _ in range(after):
            self.step()
        self.users_day = OracleDay(self)


def timed_days(settings: MarketSettings, days: int) -> float:
    """Seconds that the oracle takes for a day, without its start.

    Parameters
    ----------
    settings
        everything that determines the run
    days
        days to run and to divide by
    """
    market = OracleMarket(settings)
    start = time.perf_counter()
    for _ in range(days):
        market.step()
    seconds = time.perf_counter() - start
    market.close()
    return seconds / days
