"""Pattern observer: what patterns need of a run beyond its tables: origins of orders, ad load, conversion of fans.

Watching reads the market before and after each day and never steers.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.model.market import Market
from secondhalf.model.shapes import KIND_IMPULSE, KIND_RIPENED

CONTENT = ("kuaishou", "douyin")
FANS_SINCE = "2022-01-01"
"""First day on which conversion is counted: by then fan ties have had years to form."""
VISITS = ("fan_days", "fan_buying_days", "stranger_days", "stranger_buying_days")


class PatternObserver:
    """Takes a market through its days and notes what the tables of a run lack, for the content platforms.

    Attributes
    ----------
    rows
        date, platform, orders planted on it, those of them that shelf platforms book, selling load; a day and platform
    visits
        people's days of `VISITS` since `FANS_SINCE`, [4, content platforms, N]: days on which the app was opened by a
        user who began the day as a fan of a shop there, and by one who did not; those of them with an order there
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self.rows: list[tuple[str, str, float, float, float]] = []
        self.visits = np.zeros((len(VISITS), len(CONTENT), market.population.users))

    def of(self, market: Market) -> PatternObserver:
        """A copy of the observer for a fork of its market."""
        other = copy.copy(self)
        other.market, other.rows, other.visits = market, list(self.rows), self.visits.copy()
        return other

    def run(self, until: int) -> None:
        """Run days until `until`, or the calendar's last."""
        market = self.market
        names = market.platform_names
        at = [names.index(name) for name in CONTENT]
        while market.running and market.day < until:
            counted = market.calendar.labels[market.day] >= FANS_SINCE
            fans = self._fans(at) if counted else None
            label = market.calendar.labels[market.day]
            market.step()
            self._note(label, at)
            if fans is not None:
                self._count(fans, at)

    def _fans(self, at: Sequence[int]) -> NDArray[np.bool_]:
        columns = self.market.population.columns
        tied = columns.fan_merchant >= 0
        return np.stack([(tied & (columns.fan_platform == p)).any(axis=0) for p in at])

    def _note(self, label: str, at: Sequence[int]) -> None:
        market = self.market
        orders = market.book.orders
        planted = (orders[KIND_IMPULSE] + orders[KIND_RIPENED])[:-1]
        load = market.desk.selling_load(market.trade)
        shelf = ~market.content
        for p, name in zip(at, CONTENT, strict=True):
            self.rows.append((label, name, float(planted[p].sum()), float(planted[p][shelf].sum()), float(load[p])))

    def _count(self, fans: NDArray[np.bool_], at: Sequence[int]) -> None:
        columns, yesterday = self.market.population.columns, self.market.day - 1
        opened = columns.last_used[at] == yesterday
        bought = columns.last_bought[at] == yesterday
        for kind, days in enumerate((opened & fans, opened & fans & bought, opened & ~fans, opened & ~fans & bought)):
            self.visits[kind] += days

    def tables(self) -> dict[str, pd.DataFrame]:
        """`feed` (the rows, indexed by date) and `visits` (a row a platform and user, columns `VISITS`)."""
        columns = ["date", "platform", "planted", "leaked", "load"]
        visits = pd.DataFrame({name: days.ravel() for name, days in zip(VISITS, self.visits, strict=True)})
        return {"feed": pd.DataFrame(self.rows, columns=columns).set_index("date"), "visits": visits}
