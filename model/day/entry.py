"""Entry of a platform: from its date on, every array with an axis of platforms (`agents.axes`) has one more.

Before that it is nowhere: the others' numbers are those of a market without it, to the bit. It opens with the
capabilities of its file and without users; of the merchants the share `shops_at_start` opens a shop there, by a keyed
draw, with the effort of any new shop.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from secondhalf.agents.axes import add_platform, with_platform
from secondhalf.agents.platform import Platform
from secondhalf.model import initial_state
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.random_streams import Decision, key, name_id, uniforms
from secondhalf.model.scenario.regulation import scenario_calendar
from secondhalf.model.state import State
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.users.population import widened
from secondhalf.model.users.user_stages import UserStages


def admit_entrants(market: State, date: dt.date) -> None:
    """Add every platform whose date of entry has come."""
    for name, day in market.entrants.items():
        if date >= day and name not in market.platform_names:
            _admit(market, name)


def _admit(market: State, name: str) -> None:
    market.trade.settle()  # what was sold before goes by the shops of before
    market.platform_names = [*market.platform_names, name]
    initial_state.apply_settings(market, market.settings, market.calendar.end)  # a fork's calendar may be longer
    market.streams = market.random_streams.day(market.day)
    own = market.settings.among(market.platform_names)
    market.capabilities.add(own.platform[name], initial_state.skill_normals(own, name))
    strategy = initial_state.strategies(own.among([name]))[0]
    settings, index = own.platform[name], len(market.platforms)
    market.platforms.append(Platform(market, name, index, settings, market.capabilities, strategy, own.growth))
    market.scenario_moves = scenario_calendar(own, market.platforms)
    market.reports.add_platform(name)
    for holder in (market, market.trade, market.trade.table, market.week, market.record):
        add_platform(holder)  # all arrays that declare an axis of platforms
    columns = market.population.columns._replace(**with_platform(market.population.columns))
    market.population.columns = widened(columns, len(market.platform_names), market.settings.population.merchants)
    market.users_day = UserStages(market.population, market.friends)
    market.week.platforms = market.platform_names
    market.desk = OfferDesk(own, market.platforms)
    market.bookkeeper = Bookkeeper(own, market.platforms, market.population.weight)
    _open_shops(market, name)
    opens = market.desk.availability() > 0
    market.trade.refresh(market.desk.live_presence(), opens, market.calendar.package[market.day])
    market.trade.stale = True  # what users meet of shops is worked out by the merchants' stage


def _open_shops(market: State, name: str) -> None:
    table = market.trade.table
    market.exclusivity.bar_from(market.platform_names, table)
    draw = uniforms(key(market.settings.seed, Decision.SHOP, who=name_id(name)), table.number.size)
    opening = np.zeros(table.shop.shape, bool)
    opening[:, -1] = (draw < market.settings.platform[name].shops_at_start) & ~table.barred[:, -1]
    market.week.change_shops(np.zeros_like(opening), opening)
