"""Self-preferencing: a platform's search gives its own merchants more weight than their offers earn."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.merchant import MerchantTable
from secondhalf.model.settings import MarketSettings
from secondhalf.model.settings.scenario import BOUND


class Preferencing:
    """Factors on weights in search; a platform's own merchants are kinds, or shops that exclusivity ties to it."""

    def __init__(self, settings: MarketSettings) -> None:
        self.settings = settings
        self.rules = settings.scenario.self_preferencing
        self._in_force: list[bool] = []

    def changed(self, date: dt.date | None) -> bool:
        """Whether other rules are in force than at the last call; `None` is a day of settling in."""
        before, self._in_force = self._in_force, [rule.holds(date) for rule in self.rules]
        return before != self._in_force

    def factors(
        self, table: MerchantTable, bound: NDArray[np.bool_], names: list[str], date: dt.date | None
    ) -> NDArray[np.float64] | None:
        """Factor on each merchant's weight in each platform's search, [M, P]; None when no rule is in force.

        `bound` marks merchants that exclusivity ties to its platform, `names` are those of the platforms, in order.
        """
        rules = [rule for rule in self.rules if rule.holds(date)]
        if not rules:
            return None
        factors = np.ones(table.shop.shape)
        kinds = np.array(table.kind_names)[table.kind]
        for rule in rules:
            own = np.isin(kinds, rule.own) | (bound if BOUND in rule.own else False)
            for p, name in enumerate(names):
                if self.settings.means(rule.platform, name):
                    factors[:, p] *= np.where(own & table.shop[:, p], rule.factor, 1.0)
        return factors
