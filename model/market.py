"""The market: platforms, merchants and users meet once a day, in one order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mesa
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.legal_moves import Growth
from secondhalf.agents.merchant import Merchant
from secondhalf.agents.move import Move
from secondhalf.agents.platform import Platform
from secondhalf.agents.user import LazyUsers, User
from secondhalf.conf.schema import MarketSettings
from secondhalf.model import initial_state
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.accounts.day_book import BooksError, DayBook
from secondhalf.model.accounts.quarterly_reports import Reports
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.day.platform_moves import scenario_calendar
from secondhalf.model.day.stages import in_order
from secondhalf.model.network.friend_graph import build_friends
from secondhalf.model.network.networkx_export import fans_by_number, heterogeneous_graph
from secondhalf.model.observers.record import Record
from secondhalf.model.random_streams import Luck
from secondhalf.model.ranges import check_ranges
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.scenario.regulation import Bans, Caps, Preferencing
from secondhalf.model.shapes import Day, Offer, Shops, Streams
from secondhalf.model.snapshots.checkpoint import save_market
from secondhalf.model.snapshots.fork import fork
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.supply.sales import Trade
from secondhalf.model.supply.weekly_revision import MerchantWeek
from secondhalf.model.users.population import Population
from secondhalf.model.users.user_stages import UsersDay

Array = NDArray[np.float64]


class Market(mesa.Model):
    """A market of platforms, merchants and users.

    Parameters
    ----------
    settings
        everything that determines the run

    Attributes
    ----------
    day
        number of the day that the next `step` runs; 0 is `calendar.start`
    book
        books of the latest day
    stages
        name and function of the day's stages, in their order
    record
        everything recorded since the start
    today, streams, offer, channel_share, shops, attention_sums, order_sums, buyer_sums, moves_today
        what the stages of a day hand on to each other (`model.day.stages`)
    active_share
        yesterday's active users over people online, [P]
    window_days, window_days_before
        days summed for the flow books in this month (so far) and in the month before
    """

    today: Day
    streams: Streams
    offer: Offer
    channel_share: Array  # [4, P, C] by kind of need
    shops: Shops
    attention_sums: tuple[Array, Array]  # users: by platform [P, 5], in all [3]; constants in `attention`
    order_sums: Array  # users: [4, P + 1, P] by kind of need, origin, platform
    buyer_sums: Array  # users: [P, 4]; constants in `demand`
    book: DayBook

    def __init__(self, settings: MarketSettings) -> None:
        check_ranges(settings)
        super().__init__(rng=settings.seed % 2**32)
        self.settings, self.stages = settings, in_order(settings.stage_order)
        settings = settings.among(settings.first_platforms)  # others enter on their dates (`model.day.entry`)
        self.platform_names = list(settings.platforms)
        self.calendar = MarketCalendar(
            settings.calendar, self.platform_names, settings.mechanisms, settings.scenario.shocks
        )
        self.luck = Luck(settings.seed, self.platform_names, settings.users.fan.slots)
        self.friends = build_friends(settings.network, settings.population.users, settings.seed)
        self.population = Population(settings, self.calendar)
        self.users_day = UsersDay(self.population, self.friends)
        self.capabilities = initial_state.capability_table(settings)
        growth = Growth(**settings.growth.model_dump())
        self.platforms = [
            Platform(self, name, p, settings.platform[name], self.capabilities, strategy, growth)
            for p, (name, strategy) in enumerate(
                zip(self.platform_names, initial_state.strategies(settings), strict=True)
            )
        ]
        table = initial_state.starting_merchants(settings)
        self.exclusivity = ExclusivityRule(self.settings, table)
        self.trade: Trade = Trade(table, settings.merchants, settings.channels)
        self.week = MerchantWeek(settings, table, self.trade)
        self.desk = OfferDesk(settings, self.platforms)
        self.bookkeeper = Bookkeeper(settings, self.platforms, self.population.weight)
        self.bans, self.caps = Bans(self.settings), Caps(self.settings)
        self.preferencing = Preferencing(self.settings)
        self.entrants = self.settings.entrants
        self.register_people()
        self.scenario_moves = scenario_calendar(settings, self.platforms)
        self.moves_today: list[tuple[Platform, Move, float]] = []
        self.active_share = np.array([settings.platform[name].installed_at_start for name in self.platform_names]) / 2
        self.window_days, self.window_days_before = 0, 0
        self.record: Record = Record(self)
        self.reports = Reports(self.platform_names)
        self.objectives = {name: initial_state.objective(settings, name) for name in self.platform_names}
        self.calendar_ahead: MarketCalendar | None = None
        initial_state.apply_past_moves(self)
        self.day = -settings.calendar.warm_up
        self.trade.refresh(self.desk.live_presence(), self.desk.availability() > 0, np.zeros(len(self.platforms)))
        self.shops = self.trade.shops()
        initial_state.settle_in(self)
        self.running = True

    def register_people(self) -> None:
        """Make the Mesa agents that are views on merchants and, up to a size, on users."""
        settings = self.settings.population
        for slot in range(settings.merchants):
            Merchant(self, self.trade.table, slot)
        # The sample of a small fork has no agents of its own.
        if self.population.users == settings.users <= settings.agent_objects:
            for row in range(settings.users):
                User(self, row)

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

    def walk_stages(self) -> None:
        """Walk `stages` once, for the day `self.day`."""
        for name, stage in self.stages:
            try:
                stage(self)
            except BooksError as error:
                raise BooksError(f"stage {name}, {self.date_label}: {error}") from error
            except Exception as error:
                error.add_note(f"stage {name}, {self.date_label}")
                raise

    @property
    def date_label(self) -> str:
        """Today's date, or how far the market has settled in."""
        return self.calendar.labels[self.day] if self.day >= 0 else f"day {self.day} of settling in"

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

    def fork(self, users: int | None = None, luck: int | None = None, calendar: MarketCalendar | None = None) -> Market:
        """A second market that goes on from here: all users or a sample, the same luck or another."""
        return fork(self, users, luck, calendar)

    def save(self, path: Path | str) -> Path:
        """Write the market as it stands into one file (`model.snapshots.checkpoint`); `load_market` makes it again."""
        return save_market(self, Path(path))

    def close(self) -> None:
        """Let go of what Mesa keeps of a model after it is dropped."""
        mesa.Model.remove_all_agents(self)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa before 3.5 keeps a counter for each model
