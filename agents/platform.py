"""Platform: its capabilities, its levers, its accounts, and the strategy that moves it."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import mesa
import numpy as np

from secondhalf.agents.capabilities import CapabilityTable
from secondhalf.agents.move import Move
from secondhalf.conf.schema.calendar import FIRST_DATE
from secondhalf.conf.schema.platforms import GrowthSettings, PlatformSettings
from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES, PLATFORM_CHANGES

LEVERS = ("take_rate", "ad_take", "ad_yield", "load")
"""What a platform takes of its market; a cap of `scenario.caps` has the same names."""
TEST_COST = 0.1
"""Cost of a test, strengthening or restoring relative to the launch."""


class Decider(Protocol):
    """What moves a platform: a strategy (`strategies.base.Strategy`), which sees it through a `view.View`."""

    platform: str
    parameters: Any
    launches: Sequence[Any]
    daily: bool
    replays: bool
    decides: bool

    def moves(self, view: Any) -> Sequence[Move]:
        """What the platform changes today."""

    def before(self, date: dt.date) -> list[tuple[dt.date, Move]] | None:
        """Dated moves before a run that starts on `date`; None for a strategy that has no dates."""


class Platform(mesa.Agent):
    """A platform of either line of business.

    Attributes
    ----------
    name
        as in the configuration
    settings
        the group conf/platform/<name>.yaml
    growth
        size, length and price of its moves that concern no capability
    index
        row of this platform in every array of the market
    recruit
        factor on installation hazards
    depth
        factor on the satiation parameter gamma, by moves of the platform
    cash
        profit accumulated since the start, RMB
    take_rate, ad_take
        commission and advertising over GMV
    ad_yield
        RMB of advertising an hour
    load
        share of the feed that sells
    """

    take_rate: float
    ad_take: float
    ad_yield: float
    load: float

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        index: int,
        settings: PlatformSettings,
        capabilities: CapabilityTable,
        strategy: Decider,
        growth: GrowthSettings,
    ) -> None:
        super().__init__(model)
        self.name, self.index, self.settings = name, index, settings
        self.capabilities = capabilities
        self.strategy, self.growth = strategy, growth
        self.cash = 0.0
        self.depth = 1.0
        self._depth_target, self._depth_rate = 1.0, 0.0
        self._recruits: list[tuple[float, int]] = []
        self._recruit_trend = self._depth_trend = self._appeal_trend = 1.0
        self.set_levers()

    def set_levers(self) -> None:
        """Take what the platform's file says; caps may lower it again."""
        own = self.settings
        self.take_rate, self.ad_take, self.ad_yield = own.take_rate, own.ad_take, own.ad_yield
        self.load = own.selling_load

    def lower(self, lever: str, most: float) -> None:
        """Lower one of `LEVERS` to a cap; doing it twice changes nothing."""
        setattr(self, lever, min(getattr(self, lever), most))

    @property
    def recruit(self) -> float:
        """Factor on installation hazards: the trend of the settings times the campaigns that run."""
        campaigns = float(math.prod(factor for factor, _ in self._recruits))
        return float(self._recruit_trend * campaigns)

    @property
    def pool_depth(self) -> float:
        """Factor on the satiation parameter gamma: the trend of the settings times `depth`."""
        return self._depth_trend * self.depth

    @property
    def appeal(self) -> float:
        """Utility of buying here, before channels: that of the settings plus the logarithm of its trend."""
        return self.settings.appeal + math.log(self._appeal_trend)

    def follow_trend(self, date: dt.date, last_fact: dt.date) -> None:
        """Set the fitted trends of recruiting, depth and appeal to a date; they are no moves, whatever the strategy."""
        own = self.settings
        self._recruit_trend = trend(own.recruit_trend, date, last_fact)
        self._depth_trend = trend(own.depth_trend, date, last_fact)
        self._appeal_trend = trend(own.appeal_trend, date, last_fact)

    @property
    def recruiting(self) -> bool:
        """Whether a campaign runs."""
        return bool(self._recruits)

    @property
    def depth_target(self) -> float:
        """Target of the depth of the pool."""
        return self._depth_target

    def presence(self, capability: str) -> float:
        """Maturity x exposure x prominence of one capability."""
        return float(self.capabilities.presence[self.index, self.capabilities.column[capability]])

    def apply(self, move: Move) -> float:
        """Carry out a move; returns what it costs at once, RMB."""
        if move.capability:
            if move.capability not in self.capabilities.column:
                known = ", ".join(self.capabilities.names)
                raise ValueError(f"{self.name} moves the unknown capability {move.capability!r}; known are {known}")
            shown = float(self.capabilities.exposure[self.index, self.capabilities.column[move.capability]])
            self.capabilities.change(self.index, move.capability, move.change, move.entrance, move.share)
            return self.capabilities.catalogue[move.capability].launch_cost * _parts_of_launch(move.change, shown)
        if move.change == "recruit":
            assert move.days is not None  # a move without them is refused when it is made
            self._recruits.append((move.value, move.days))
            return self.growth.recruit_cost * max(move.value - 1, 0.0) * move.days
        if move.change == "deepen":
            days = max(move.days or 1, 1)
            self._depth_target = move.value
            self._depth_rate = float(np.log(move.value / self.depth)) / days
            return self.growth.deepen_cost * max(float(np.log(move.value / self.depth)), 0.0)
        return 0.0

    def free_because(self, move: Move) -> str:
        """Why a move that cost nothing at once did so, in a few words."""
        if move.change not in (*CAPABILITY_CHANGES, *PLATFORM_CHANGES):
            return "without effect"
        if move.capability:
            capability = self.capabilities.catalogue[move.capability]
            if move.change in ("close", "restrict"):
                return "giving up costs nothing at once"
            if capability.price_cut > 0:
                return "paid sale by sale (daily.subsidies)"
            if capability.launch_cost == 0:
                return f"capability.{move.capability}.launch_cost is 0"
            return "all users saw it already"
        if move.change == "recruit":
            return "no more recruits than before"
        if move.change == "deepen":
            return "not deeper than before"
        return "nothing changes"

    def pass_day(self) -> None:
        """Let campaigns run out and the pool deepen towards its target (after the moves, before the offer)."""
        self._recruits = [(f, d - 1) for f, d in self._recruits if d > 0]
        if self._depth_rate:
            self.depth *= float(np.exp(self._depth_rate))
            if (self.depth - self._depth_target) * self._depth_rate >= 0:
                self.depth, self._depth_rate = self._depth_target, 0.0

    def running_cost(self) -> float:
        """Cost of keeping today's pools open, RMB."""
        return float(self.capabilities.running_cost()[self.index])


def trend(knots: Mapping[dt.date, float], date: dt.date, last_fact: dt.date) -> float:
    """A factor on a date: straight lines in logs from 1 on `FIRST_DATE` through dated knots, flat after the last.

    Knots dated after `last_fact` are not used.
    """
    if not knots:
        return 1.0
    days, logs = _line(tuple(knots.items()), last_fact)
    at = date.toordinal()
    after = bisect_right(days, at)
    if after == len(days):
        return math.exp(logs[-1])
    slope = (logs[after] - logs[after - 1]) / (days[after] - days[after - 1])
    return math.exp(slope * (at - days[after - 1]) + logs[after - 1])


@cache
def _line(knots: tuple[tuple[dt.date, float], ...], last_fact: dt.date) -> tuple[list[int], list[float]]:
    """Days and logs of a trend's knots up to `last_fact`, from the first date on."""
    known = {day: factor for day, factor in sorted(knots) if day <= last_fact}
    days = [FIRST_DATE.toordinal(), *(day.toordinal() for day in known)]
    return days, [0.0, *(math.log(factor) for factor in known.values())]


def _parts_of_launch(change: str, shown: float) -> float:
    """What a change costs in launches, when a part `shown` of the users saw the capability before."""
    if change == "open":
        return 0.0 if shown >= 1 else 1.0 if shown == 0 else 1 - TEST_COST
    if change == "strengthen":  # a capability that no user sees is opened by it
        return TEST_COST + (shown == 0)
    return TEST_COST if change in ("test", "restore") else 0.0
