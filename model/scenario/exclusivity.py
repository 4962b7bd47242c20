"""Exclusivity of merchants ("choose one of two"): shops of one platform barred from its rivals for a time."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.merchant import MerchantTable
from secondhalf.conf.schema import MarketSettings
from secondhalf.model.random_streams import Decision, key, uniforms


class ExclusivityRule:
    """Bars merchants from rival platforms from the start or the rule's first day to its last date."""

    def __init__(self, settings: MarketSettings, table: MerchantTable) -> None:
        self.settings = settings
        self.rule = settings.scenario.exclusivity if settings.mechanisms.exclusivity else None
        if self.rule is None or self.rule.platform not in settings.competing:
            self.rule = None
            return
        if self.rule.until is not None and self.rule.until <= settings.calendar.start:
            self.rule = None
            return
        self._bound = np.full(table.number.size, -1, np.int64)
        self.begun = self.rule.holds(settings.calendar.start)
        if not self.begun:
            return
        self._bind(settings.first_platforms, table)
        table.shop &= ~table.barred
        table.effort *= table.shop[:, :, None]
        table.effort /= table.effort.sum(axis=(1, 2), keepdims=True)

    def _bind(self, names: list[str], table: MerchantTable) -> None:
        assert self.rule is not None
        draw = uniforms(key(self.settings.seed, Decision.SHOP, who=3), table.number.size)
        bound = table.shop[:, names.index(self.rule.platform)] & (draw < self.rule.share)
        self._bound = np.where(bound, table.number, -1)
        table.barred[np.ix_(bound, self._rivals(names))] = True

    def bound(self, table: MerchantTable) -> NDArray[np.bool_]:
        """Merchants that the rule binds today, [M]; who takes the slot of one that left is free."""
        if self.rule is None or not self.begun:
            return np.zeros(table.number.size, bool)
        return np.asarray(self._bound == table.number)

    def _rivals(self, names: list[str]) -> NDArray[np.bool_]:
        assert self.rule is not None
        kind = self.settings.platform[self.rule.platform].kind
        return np.array([self.settings.platform[n].kind == kind and n != self.rule.platform for n in names])

    def begin_if_due(self, date: dt.date, names: list[str], table: MerchantTable) -> NDArray[np.bool_] | None:
        """On the day a rule with a first date begins: the shops that have to close, [M, P]; else None."""
        if self.rule is None or self.begun or not self.rule.holds(date):
            return None
        self.begun = True
        self._bind(names, table)
        return table.shop & table.barred

    def bar_from(self, names: list[str], table: MerchantTable) -> None:
        """Keep the merchants that are bound from a platform that has just entered, the last of `names`."""
        if self.rule is not None and self.begun and self._rivals(names)[-1]:
            table.barred[:, -1] = self.bound(table)

    def lift_if_due(self, date: dt.date, table: MerchantTable) -> None:
        """Lift all bars on the day the rule ends."""
        if self.rule is not None and self.rule.until is not None and date >= self.rule.until:
            table.barred[:] = False
            self.rule = None
