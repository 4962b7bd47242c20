"""Caps that a scenario puts on what platforms take: commission, advertising, the share of the feed that sells."""

from __future__ import annotations

import datetime as dt

import numpy as np

from secondhalf.model.bookkeeper import MINUTES_AN_HOUR, Bookkeeper
from secondhalf.model.settings import MarketSettings
from secondhalf.model.trade import Trade


class Caps:
    """Holds rates and selling load to every cap in force; putting a cap on twice changes nothing."""

    def __init__(self, settings: MarketSettings) -> None:
        self.settings = settings

    def impose(self, date: dt.date, names: list[str], bookkeeper: Bookkeeper, trade: Trade) -> None:
        """Lower today's rates and load to the caps; `names` are those of the platforms, in order."""
        for cap in self.settings.scenario.caps:
            if date < cap.since:
                continue
            meant = np.array([self.settings.means(cap.platform, name) for name in names])
            per_minute = None if cap.ad_yield is None else cap.ad_yield / MINUTES_AN_HOUR
            for rates, most in (
                (bookkeeper.take_rate, cap.take_rate),
                (bookkeeper.ad_take, cap.ad_take),
                (bookkeeper.ad_yield, per_minute),
                (trade.load_cap, cap.load),
            ):
                if most is not None:
                    np.minimum(rates, most, out=rates, where=meant)
