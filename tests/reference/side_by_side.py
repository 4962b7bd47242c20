"""The compiled users and the oracle's do the same day from the same state."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.market import Market
from secondhalf.model.shapes import UserValues
from secondhalf.model.users.user_stages import MonthBooks, Purchases
from tests.reference.oracle import OracleDay
from tests.reference.oracle_user import Array


class OneDay(NamedTuple):
    """What both made of a day."""

    number: int
    compiled: UserValues
    plain: UserValues
    compiled_sums: tuple[Array, ...]  # attention by platform, attention in all, orders, buyers, spending, needs
    plain_sums: tuple[Array, ...]
    close: NDArray[np.bool_]  # [N] users of whom anything was too close to call
    compared: int  # comparisons with thresholds


class SideBySide:
    """Stands in for `market.users_day`: the market goes on with the compiled users, the oracle looks on.

    Every morning the oracle takes over the compiled users' state, so nothing is carried from one day to the next.
    """

    def __init__(self, market: Market) -> None:
        self.compiled, self.plain = market.users_day, OracleDay(market)
        self.population = market.population
        self.days: list[OneDay] = []

    def adopt(self, *arguments: Any) -> None:
        """Adopt, twice."""
        self.plain.load()
        self.plain.adopt(*arguments)
        self.compiled.adopt(*arguments)

    def arise(self, *arguments: Any) -> None:
        """Let needs arrive, twice."""
        self.plain.arise(*arguments)
        self.compiled.arise(*arguments)

    def attend(self, *arguments: Any) -> tuple[Array, Array]:
        """Split the day, twice."""
        self.plain.attend(*arguments)
        return self.compiled.attend(*arguments)

    def buy(self, *arguments: Any) -> tuple[Purchases, tuple[Array, Array]]:
        """Meet needs, twice, and note the day."""
        trade = self.compiled.buy(*arguments), self.plain.buy(*arguments)
        compiled, plain = self.population.values(), self.population.values()
        self.plain.save(plain)
        sums = [(*seen, bought.orders, bought.buyers, bought.spending, bought.needs) for bought, seen in trade]
        draws = [user.draws for user in self.plain.users]
        close, compared = np.array([one.close for one in draws]), sum(one.compared for one in draws)
        self.days.append(OneDay(int(arguments[-1].number), compiled, plain, sums[0], sums[1], close, compared))
        return trade[0]

    def close_month(self, *arguments: Any) -> MonthBooks:
        """Close the books of the compiled users."""
        return self.compiled.close_month(*arguments)


def days_side_by_side(settings: MarketSettings, after: int, days: int, aged: bool = False) -> list[OneDay]:
    """Run `days` days twice each, the first one `after` days from the start.

    Parameters
    ----------
    settings
        everything that determines the run
    after
        days that the compiled users run alone, beyond the settling in
    days
        days to compare
    aged
        whether the last order and last use of everybody online are first put 1 to 399 days back, from user to user
    """
    market = Market(settings)
    for _ in range(after):
        market.step()
    if aged:
        columns = market.population.columns
        online = np.flatnonzero(columns.online_from <= market.day)
        columns.last_bought[:, online] = columns.last_used[:, online] = market.day - 1 - online * 2 % 400
    both = SideBySide(market)
    market.users_day = both
    for _ in range(days):
        market.step()
    market.close()
    return both.days
