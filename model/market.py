"""Market: platforms, merchants and users meet once a day, in one order."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import mesa
import networkx as nx
import numpy as np

from secondhalf.agents.user import LazyUsers, User
from secondhalf.conf.schema import MarketSettings
from secondhalf.model import initial_state
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.day.stages import in_order
from secondhalf.model.network.friend_graph import build_friends
from secondhalf.model.network.networkx_export import fans_by_number, heterogeneous_graph
from secondhalf.model.observers.mesa_collector import RecordCollector
from secondhalf.model.observers.record import Record
from secondhalf.model.ranges import check_ranges
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.snapshots.checkpoint import read_checkpoint, restore, save_market
from secondhalf.model.snapshots.fork import fork
from secondhalf.model.state import State
from secondhalf.model.supply.sales import Trade
from secondhalf.model.supply.weekly_revision import MerchantWeek
from secondhalf.model.users.population import Population
from secondhalf.model.users.user_stages import UserStages


class Market(State):
    """A market of platforms, merchants and users; `state.State` lists what it holds.

    Parameters
    ----------
    settings
        everything that determines the run; by default `conf/` as it ships
    rng
        the seed, instead of the settings' own
    overrides
        instead of `settings`, values by the name of a setting, e.g. ``Market(seed=1, strategy="hold")`` or
        ``Market(**{"population.users": 500})``; two underscores may stand for a dot. `mesa.batch_run` gives these

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """

    recorder = Record
    record: Record

    # No parameter is called `seed`: `mesa.batch_run` from 3.4 on would put its own `rng` in its place.
    def __init__(self, settings: MarketSettings | None = None, rng: int | None = None, **overrides: object) -> None:
        settings = initial_state.settings_for(settings, rng, overrides)
        check_ranges(settings)
        super().__init__(rng=settings.seed % 2**32)
        self.stages = in_order(settings.stage_order)
        initial_state.open_platforms(self, settings)
        first = settings.among(self.platform_names)
        self.friends = build_friends(settings.network, settings.population.users, settings.seed)
        self.population = Population(first, self.calendar)
        self.users_day = UserStages(self.population, self.friends)
        table = initial_state.starting_merchants(first)
        self.exclusivity = ExclusivityRule(settings, table)
        self.trade = Trade(table, settings.merchants, settings.channels)
        self.week = MerchantWeek(first, table, self.trade)
        self.bookkeeper = Bookkeeper(settings, self.platforms, self.population.weight)
        self.register_people()
        self.record = Record(self)
        initial_state.apply_past_moves(self)
        self.day = -settings.calendar.warm_up
        self.trade.refresh(self.desk.live_presence(), self.desk.availability() > 0, np.zeros(len(self.platforms)))
        self.shops = self.trade.shops()
        initial_state.settle_in(self)
        self.running = True

    def step(self) -> None:
        """Run one day.

        Raises
        ------
        RuntimeError
            after the last day of the calendar
        BooksError
            when a book does not balance or a number is none; names stage, day and platform
        """
        if self.day >= self.calendar.days:
            raise RuntimeError(f"the calendar ends on {self.calendar.end}; there is no day left to run")
        self.walk_stages()
        self.day, self.running = self.day + 1, self.day + 1 < self.calendar.days

    @property
    def datacollector(self) -> RecordCollector:
        """The record as a `mesa.DataCollector`: `get_model_vars_dataframe()`, `get_agent_vars_dataframe()`."""
        return RecordCollector(self, self.record)

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], Any]:
        """Agents by class; above `population.agent_objects` users come as a lazy set that makes them when asked."""
        known: dict[type[mesa.Agent], Any] = dict(super().agents_by_type)
        if User not in known:
            known[User] = LazyUsers(self, self.population.users)
        return known

    def to_networkx(self, max_users: int | None = None) -> nx.Graph[str]:
        """The heterogeneous graph: nodes with `kind`, edges with `tie` (friend, fan, install, shop)."""
        table = self.trade.table
        columns = fans_by_number(self.population.columns, table.number)
        return heterogeneous_graph(
            self.friends, columns, self.platform_names, table.number.tolist(), table.shop, max_users
        )

    def fork(
        self, users: int | None = None, reseed: int | None = None, calendar: MarketCalendar | None = None
    ) -> Market:
        """A copy of the market that continues from today: all users or a sample, reseeded or not (`snapshots.fork`)."""
        return fork(self, users, reseed, calendar)

    def save(self, path: Path | str) -> Path:
        """Write the market as it stands into one file (`model.snapshots.checkpoint`); `load_market` makes it again."""
        return save_market(self, Path(path))


def load_market(path: Path | str, trusted: Collection[str] = ()) -> Market:
    """Load a market from a checkpoint file; it continues exactly as the saved one would have.

    Parameters
    ----------
    trusted
        as for `snapshots.checkpoint.read_checkpoint`

    Raises
    ------
    CheckpointError
        as there, or when the file gives no market that can go on
    """
    return restore(read_checkpoint(Path(path), trusted), Market)
