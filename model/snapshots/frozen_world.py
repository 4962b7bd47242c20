"""Frozen world: a fork whose exogenous drivers stand still, so that its steady state can be seen.

In a growing economy with seasons nothing ever stands still. In the continuation drivers from outside keep the values of
the day it begins, there are no seasons, festivals or new shocks, nobody comes online and no platform moves.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from secondhalf.agents.strategies.hold import Hold
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.snapshots.fork import M
from secondhalf.model.state import State

DRIVERS = (
    "people_online",
    "phone_minutes",
    "planned_demand",
    "need_value",
    "tier_cdf",
    "trend_day",
    "other_short_video",
    "instant_messaging",
    "needs_shock",
    "phone_shock",
)
"""Arrays of the calendar that keep their value."""
SEASONS = {"season": 1.0, "festival_demand": 1.0, "basket": 1.0, "pull": 0.0, "boost": 0.0, "package": 0.0}
"""Arrays of the calendar that become even, and the value that does nothing."""


def continuation(market: M, days: int) -> M:
    """A fork with all users that runs `days` more days with exogenous drivers constant from its next day on."""
    child = market.fork(calendar=frozen(market, days))
    columns = child.population.columns
    columns.online_from[columns.online_from > market.day] = np.iinfo(columns.online_from.dtype).max
    child.entrants, child.scenario_moves = {}, {}
    for platform in child.platforms:
        platform.strategy = Hold(platform.name, {}, ())
    return child


def frozen(market: State, days: int) -> MarketCalendar:
    """The market's calendar up to today, and `days` days in which nothing changes."""
    own, at = market.calendar, market.day
    end = own.start + dt.timedelta(days=at + days - 1)
    settings = market.settings.calendar.model_copy(update={"end": end})
    mechanisms, shocks = market.settings.mechanisms, market.settings.scenario.shocks
    calendar = MarketCalendar(settings, market.settings.users, market.platform_names, mechanisms, shocks)
    for name in DRIVERS:
        values = getattr(calendar, name)
        values[at:] = values[at]
    for name, even in SEASONS.items():
        getattr(calendar, name)[at:] = even
    calendar.windows = {name: [span for span in spans if span[1] < at] for name, spans in calendar.windows.items()}
    calendar.festival_edges = {edge for edge in calendar.festival_edges if edge <= at}
    return calendar
