"""A platform enters: from its date on every array of the market has one platform more.

Before that it is nowhere: the others' numbers are those of a market without it, to the bit. It opens with the
capabilities of its file and without users; of the merchants the share `shops_at_start` opens a shop there, by a keyed
draw, with the effort of any new shop.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from secondhalf.agents.platform import Platform
from secondhalf.model import initial_state
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.day.platform_moves import scenario_calendar
from secondhalf.model.random_streams import Decision, Luck, key, name_id, uniforms
from secondhalf.model.shapes import NEVER
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.users.user_stages import UsersDay

if TYPE_CHECKING:
    from secondhalf.model.market import Market

USERS = {"installed_day": NEVER, "last_used": NEVER, "last_bought": NEVER, "habit": 0, "loyalty": 0, "minutes": 0} | {
    "minutes_now": 0,
    "minutes_before": 0,
    "marks": 0,
}
"""Columns of users with one row a platform, and what a new one holds."""
MERCHANTS = ("shop", "barred", "effort", "attraction", "fans", "gmv", "week_gmv", "weeks_lost")
"""Columns of merchants with a place for each platform, [M, P, ...]."""
TRADE = ("pending_direct", "pending_repeat", "week_direct", "package", "open_cells")
"""Ledgers of trade by platform, [P, ...]; those by origin and place have two such axes."""


def admit_entrants(market: Market, date: dt.date) -> None:
    """Let every platform in whose date has come."""
    for name, day in market.entrants.items():
        if date >= day and name not in market.platform_names:
            _admit(market, name)


def _admit(market: Market, name: str) -> None:
    market.trade.settle()  # what was sold before goes by the shops of before
    market.platform_names = [*market.platform_names, name]
    own = market.settings.among(market.platform_names)
    luck = ndtri(uniforms(key(own.seed, Decision.SKILL, who=name_id(name)), len(own.capability)))
    market.capabilities.add(own.platform[name], luck)
    strategy = initial_state.strategies(own.among([name]))[0]
    settings, index = own.platform[name], len(market.platforms)
    growth = market.platforms[0].growth
    market.platforms.append(Platform(market, name, index, settings, market.capabilities, strategy, growth))
    market.objectives = {**market.objectives, name: initial_state.objective(own, name)}
    market.reports.add_platform(name)
    market.scenario_moves = scenario_calendar(own, market.platforms)
    dates = own.calendar.model_copy(update={"end": market.calendar.end})  # a fork's may be longer
    market.calendar, market.calendar_ahead = (
        MarketCalendar(dates, own.platforms, own.mechanisms, own.scenario.shocks),
        None,
    )
    market.luck = Luck(own.seed, own.platforms, own.users.fan.slots)
    market.streams = market.luck.day(market.day)
    _widen_users(market)
    _widen_trade(market)
    market.record.add_platform()
    market.active_share = _longer(market.active_share)
    market.desk = OfferDesk(own, market.platforms)
    market.bookkeeper = Bookkeeper(own, market.platforms, market.population.weight)
    _open_shops(market, name)
    opens = market.desk.availability() > 0
    market.trade.refresh(market.desk.live_presence(), opens, market.calendar.package[market.day])
    market.trade.stale = True  # what users meet of shops is worked out by the merchants' stage


def _widen_users(market: Market) -> None:
    columns = market.population.columns
    wider: dict[str, Any] = {field: _longer(getattr(columns, field), fill=fill) for field, fill in USERS.items()}
    market.population.columns = columns._replace(**wider)
    market.users_day = UsersDay(market.population, market.friends)


def _widen_trade(market: Market) -> None:
    trade, week, table = market.trade, market.week, market.trade.table
    for field in MERCHANTS:
        setattr(table, field, _longer(getattr(table, field), axis=1))
    for field in TRADE:
        setattr(trade, field, _longer(getattr(trade, field)))
    for field in ("pending_seeded", "week_seeded"):
        setattr(trade, field, _longer(_longer(getattr(trade, field)), axis=1))
    trade.load_cap = _longer(trade.load_cap, fill=np.inf)
    if trade.favour is not None:  # until the merchants' stage asks today's rules, which may mean the entrant too
        trade.favour = _longer(trade.favour, axis=1, fill=1)
    for field in ("weight", "last_week_gmv"):
        setattr(trade, field, _longer(getattr(trade, field), axis=1))
    week.platforms = market.platform_names
    for left in week.closed_merchants:
        left["gmv"] = _longer(left["gmv"], axis=1)


def _open_shops(market: Market, name: str) -> None:
    table = market.trade.table
    market.exclusivity.bar_from(market.platform_names, table)
    draw = uniforms(key(market.settings.seed, Decision.SHOP, who=name_id(name)), table.number.size)
    opening = np.zeros(table.shop.shape, bool)
    opening[:, -1] = (draw < market.settings.platform[name].shops_at_start) & ~table.barred[:, -1]
    market.week.change_shops(np.zeros_like(opening), opening)


def _longer(values: NDArray[Any], axis: int = 0, fill: float = 0) -> NDArray[Any]:
    """An array with one place more at the end of an axis."""
    shape = list(values.shape)
    shape[axis] = 1
    return np.concatenate([values, np.full(shape, fill, values.dtype)], axis=axis)
