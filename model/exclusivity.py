"""Merchants' exclusivity ("choose one of two"): shops of one platform barred from others of its kind until a date."""

from __future__ import annotations

import datetime as dt

import numpy as np

from secondhalf.agents.merchant import MerchantTable
from secondhalf.model.settings import MarketSettings
from secondhalf.model.streams import Decision, key, uniforms


class ExclusivityRule:
    """Bars merchants at the start and lets them go on the date."""

    def __init__(self, settings: MarketSettings, table: MerchantTable) -> None:
        self.rule = settings.scenario.exclusivity if settings.mechanisms.exclusivity else None
        if self.rule is None or self.rule.platform not in settings.platforms:
            self.rule = None
            return
        if self.rule.until is not None and self.rule.until <= settings.calendar.start:
            self.rule = None
            return
        own = settings.platforms.index(self.rule.platform)
        kind = settings.platform[self.rule.platform].kind
        rivals = np.array([settings.platform[n].kind == kind and n != self.rule.platform for n in settings.platforms])
        draw = uniforms(key(settings.seed, Decision.SHOP, who=3), table.number.size)
        bound = table.shop[:, own] & (draw < self.rule.share)
        table.barred[np.ix_(bound, rivals)] = True
        table.shop &= ~table.barred
        table.effort *= table.shop[:, :, None]
        table.effort /= table.effort.sum(axis=(1, 2), keepdims=True)

    def lift_if_due(self, date: dt.date, table: MerchantTable) -> None:
        """On the day the rule ends, nobody is barred any more."""
        if self.rule is not None and self.rule.until is not None and date >= self.rule.until:
            table.barred[:] = False
            self.rule = None
