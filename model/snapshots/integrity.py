"""Integrity check of a market from a file: objects have the shapes that the settings give, and indices are in range.

Compiled stages do not check array bounds, so that nothing of an untrusted file may reach them unchecked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from secondhalf.agents.platform import Platform
from secondhalf.agents.strategies import History, Hold, Strategy
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import MAX_PLATFORMS
from secondhalf.model import initial_state
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.accounts.quarterly_reports import Reports
from secondhalf.model.calendar import FLOW_WINDOW
from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.scenario.regulation import Preferencing
from secondhalf.model.shapes import NOBODY, Columns
from secondhalf.model.state import OWN, State, fields
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.supply.sales import Trade
from secondhalf.model.supply.weekly_revision import MerchantWeek
from secondhalf.model.users.population import Population, widened

USERS, MERCHANTS = 1013, 1009
"""Of the model market: sizes that no other axis has, and that stand for the true ones when shapes are compared."""
TRIED = 256
"""Users with whom a day is tried."""


class IntegrityError(ValueError):
    """One sentence: what of a market is not as its settings make it."""


def check_sizes(market: State, settings: MarketSettings, day: int) -> None:
    """Refuse arrays of another size than settings and names give, before anything is made of them.

    Raises
    ------
    IntegrityError
        naming what does not fit
    """
    names, population = market.platform_names, market.population
    competing = settings.competing
    _need(type(names) is list and all(type(name) is str for name in names), "platform_names")
    _need(
        len(settings.first_platforms) <= len(names) <= MAX_PLATFORMS and names == competing[: len(names)],
        "platform_names",
    )
    _need(type(market.day) is int and market.day == day, "day")
    _need(type(market.running) is bool, "running")
    _need(type(population) is Population and type(population.columns) is Columns, "population")
    users = population.columns.installed
    _need(type(users) is np.ndarray and users.ndim == 1, "population.columns.installed")
    _need(
        type(population.users) is int and 2 <= population.users == users.size <= settings.population.users,
        "population.users",
    )
    _need(type(market.trade) is Trade, "trade")
    number = market.trade.table.number
    _need(type(number) is np.ndarray and number.shape == (settings.population.merchants,), "trade.table.number")


def check_market(market: State, taken_down: Mapping[str, Any]) -> None:
    """Refuse a market that differs in kind from one that its settings make.

    Parameters
    ----------
    taken_down
        of the record

    Raises
    ------
    IntegrityError
        naming what does not fit
    """
    sizes = {USERS: market.population.users, MERCHANTS: market.settings.population.merchants}
    model = _model_market(market)
    compare = _Comparison(sizes, {id(model): market})
    for name in ("population", *MADE):
        compare(getattr(model, name), getattr(market, name), name)
    known = {name: own for name, own in vars(model.record).items() if name in taken_down}
    _need(known.keys() == taken_down.keys(), "record")
    for name, own in known.items():
        compare(own, taken_down[name], f"record.{name}")
    for name, columns in (("daily", market.record.by_platform), ("market", market.record.of_market)):
        _need(all(type(row) is dict and row.keys() == columns.keys() for row in taken_down[name]), f"record.{name}")
    for platform in market.platforms:
        _need(isinstance(platform.strategy, Strategy), "platforms.strategy")
    _check_friends(market.friends, market.population.users)
    _check_indices(market)
    model.close()


def try_a_day(market: State) -> None:
    """Run a day of a small fork, so that a market that cannot go on is refused here; whatever fails is raised.

    Strategies that decide are left out, as are measures of one's own: they are code, and may take long.
    """
    if not market.running:
        return
    trial = market.fork(users=TRIED)
    try:
        for platform in trial.platforms:
            if type(platform.strategy) not in (History, Hold):
                platform.strategy = Hold(platform.name, {}, ())
        trial.record.leave_out_own()
        with np.errstate(all="ignore"):
            trial.step()
    finally:
        trial.close()


MADE = tuple(name for name in fields(OWN) if name not in ("day", "running"))
"""What `_model_market` makes beside people and record."""


def _model_market(market: State) -> State:
    """A market of the same settings and platforms, of a fixed size, without a day in it."""
    people = {"users": USERS, "merchants": MERCHANTS, "agent_objects": 0}
    whole = market.settings
    whole = whole.model_copy(update={"population": whole.population.model_copy(update=people)})
    names = market.platform_names
    settings = whole.among(names)
    made = type(market).__new__(type(market))
    mesa.Model.__init__(made)
    made.settings, made.platform_names, made.day, made.calendar = whole, names, market.day, market.calendar
    made.population = Population(settings, market.calendar)
    shops = market.settings.population.merchants
    made.population.columns = widened(made.population.columns, len(names), shops)
    made.capabilities = initial_state.capability_table(settings)
    made.platforms = [
        Platform(made, name, p, settings.platform[name], made.capabilities, Hold(name, {}, ()), settings.growth)
        for p, name in enumerate(names)
    ]
    table = initial_state.starting_merchants(settings)
    made.exclusivity = ExclusivityRule(whole, table)
    made.trade = Trade(table, settings.merchants, settings.channels)
    made.week = MerchantWeek(settings, table, made.trade)
    made.desk = OfferDesk(settings, made.platforms)
    made.bookkeeper = Bookkeeper(settings, made.platforms, made.population.weight)
    made.preferencing = Preferencing(whole)
    made.reports = Reports(names)
    made.active_share = np.zeros(len(names))
    initial_state.empty_windows(made)
    made.moves_today, made.scenario_moves = [], {}
    made.trade.refresh(made.desk.live_presence(), made.desk.availability() > 0, np.zeros(len(names)))
    made.shops = made.trade.shops()
    made.record = market.recorder(made)
    return made


class _Comparison:
    """Compares kinds, shapes and attributes of what is found with those of a model, object by object."""

    def __init__(self, sizes: Mapping[int, int], same: Mapping[int, object]) -> None:
        self._sizes, self._same = sizes, same
        self._seen: set[int] = set()

    def __call__(self, like: Any, found: Any, where: str) -> None:
        if id(like) in self._same:
            _need(found is self._same[id(like)], where)
        elif isinstance(like, np.ndarray):
            shape = tuple(self._sizes.get(size, size) for size in like.shape)
            _need(type(found) is np.ndarray and found.dtype == like.dtype and found.shape == shape, where)
        elif isinstance(like, (bool, np.bool_)):
            _need(isinstance(found, (bool, np.bool_)), where)
        elif isinstance(like, (int, float, np.number)):
            _need(isinstance(found, (int, float, np.number)) and not isinstance(found, bool), where)
        elif isinstance(like, BaseModel):  # a rule that has ended is gone
            _need(found is None or type(found) is type(like), where)
        elif like is not None:
            _need(type(found) is type(like), where)
            if id(like) not in self._seen:
                self._seen.add(id(like))
                self._parts(like, found, where)

    def _parts(self, like: Any, found: Any, where: str) -> None:
        if isinstance(like, (list, tuple)):
            if like and not isinstance(like, str):
                _need(len(like) == len(found), where)
                names = getattr(like, "_fields", range(len(like)))
                for name, one, other in zip(names, like, found, strict=True):
                    self(one, other, f"{where}.{name}")
        elif isinstance(like, dict):
            _need(not like or like.keys() <= found.keys(), where)
        elif hasattr(like, "__dict__") and not isinstance(like, Strategy):
            for name, part in vars(like).items():
                if name not in MESA and name != "strategy":
                    _need(name in vars(found), f"{where}.{name}")
                    self(part, vars(found)[name], f"{where}.{name}")


MESA = ("unique_id", "pos", "rng", "random")
"""Attributes that Mesa gives agents."""


def _check_friends(friends: Any, users: int) -> None:
    _need(type(friends) is Friends, "friends")
    ends, indices = friends
    _need(_array(ends, np.int64, (users + 1,)), "friends.indptr")
    _need(type(indices) is np.ndarray and _array(indices, np.int32, (indices.size,)), "friends.indices")
    _need(ends[0] == 0 and ends[-1] == indices.size and bool((np.diff(ends) >= 0).all()), "friends.indptr")
    _within(indices, 0, users, "friends.indices")


def _array(found: Any, dtype: type, shape: tuple[int, ...]) -> bool:
    return type(found) is np.ndarray and found.dtype == dtype and found.shape == shape


def _check_indices(market: State) -> None:
    """Numbers by which compiled stages look up others."""
    columns, table, platforms = market.population.columns, market.trade.table, len(market.platform_names)
    for name in ("interest_origin", "impulse_origin", "fan_platform"):
        _within(getattr(columns, name), NOBODY, platforms, f"population.columns.{name}")
    _within(columns.fan_merchant, NOBODY, table.number.size, "population.columns.fan_merchant")
    for name in ("installed", "contact"):
        _within(getattr(columns, name), 0, 1 << platforms, f"population.columns.{name}")
    for name, least, end in (
        ("window_days", 0, FLOW_WINDOW),  # the last of them closes the month
        ("window_days_before", 0, FLOW_WINDOW + 1),
        ("window_end_before", -1, max(market.day, 0)),
    ):
        number = getattr(market, name)
        _need(type(number) is int and least <= number < end, name)
    for name in ("budgets_now", "budgets_before"):
        _need(bool(np.isfinite(getattr(market, name)).all()), name)
    _within(table.kind, 0, len(table.kind_names), "trade.table.kind")
    _within(table.category, 0, market.settings.merchants.categories, "trade.table.category")


def _within(numbers: NDArray[Any], least: int, end: int, where: str) -> None:
    _need(not numbers.size or (int(numbers.min()) >= least and int(numbers.max()) < end), where)


def _need(holds: bool, where: str) -> None:
    if not holds:
        raise IntegrityError(f"{where[:80]} is not what its settings make")
