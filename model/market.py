"""The market: platforms, merchants and users meet once a day, in one order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.merchant import Merchant
from secondhalf.agents.platform import Move, Platform
from secondhalf.agents.user import LazyUsers, User
from secondhalf.model import start
from secondhalf.model.attention import BUDGET
from secondhalf.model.bookkeeper import Bookkeeper
from secondhalf.model.books import BooksError, DayBook, require_finite, require_usable
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.demand import LOST_FANS, NEW_FANS
from secondhalf.model.exclusivity import ExclusivityRule
from secondhalf.model.graph import fans_by_number, heterogeneous_graph
from secondhalf.model.luck import Luck
from secondhalf.model.merchants import MerchantWeek
from secondhalf.model.network import build_friends
from secondhalf.model.offer import OfferDesk
from secondhalf.model.population import Population
from secondhalf.model.record import Record
from secondhalf.model.revision import move_platforms, scenario_calendar
from secondhalf.model.settings import MarketSettings
from secondhalf.model.trade import Trade
from secondhalf.model.users_day import MonthBooks, UsersDay


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
    record
        everything recorded since the start
    """

    def __init__(self, settings: MarketSettings) -> None:
        super().__init__(rng=settings.seed % 2**32)
        self.settings = settings
        self.platform_names = list(settings.platforms)
        self.calendar = MarketCalendar(settings.calendar, self.platform_names, settings.mechanisms)
        self.luck = Luck(settings.seed, self.platform_names, settings.users.fan.slots)
        self.friends = build_friends(settings.network, settings.population.users, settings.seed)
        self.population = Population(settings, self.calendar)
        self.users_day = UsersDay(self.population, self.friends)
        self.capabilities = start.capability_table(settings)
        self.platforms = [
            Platform(self, name, p, settings.platform[name], self.capabilities, strategy)
            for p, (name, strategy) in enumerate(zip(self.platform_names, start.strategies(settings), strict=True))
        ]
        table = start.starting_merchants(settings)
        self.exclusivity = ExclusivityRule(settings, table)
        self.trade = Trade(table, settings.merchants, settings.channels)
        self.week = MerchantWeek(settings, table, self.trade)
        self.desk = OfferDesk(settings, self.platforms)
        self.bookkeeper = Bookkeeper(settings, self.platforms, self.population.weight)
        self._register_agents(settings)
        self.scenario_moves = scenario_calendar(settings, self.platforms)
        self.moves_today: list[tuple[Platform, Move, float]] = []
        self.active_share = np.array([settings.platform[name].installed_at_start for name in self.platform_names]) / 2
        self.window_days, self.window_days_before = 0, 0
        self.record = Record(self)
        start.apply_past_moves(self)
        self.day = -settings.calendar.warm_up
        self.trade.refresh(self.desk.live_presence(), self.desk.availability() > 0, np.zeros(len(self.platforms)))
        self.shops = self.trade.shops()
        start.settle_in(self)
        self.running = True

    def _register_agents(self, settings: MarketSettings) -> None:
        for slot in range(settings.population.merchants):
            Merchant(self, self.trade.table, slot)
        if settings.population.users <= settings.population.agent_objects:
            for row in range(settings.population.users):
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
        """Walk `STAGES` once, for the day `self.day`."""
        for name, stage in STAGES:
            try:
                stage(self)
            except BooksError as error:
                raise BooksError(f"stage {name}, {self.date_label}: {error}") from error

    @property
    def date_label(self) -> str:
        """Today's date, or how far the market has settled in."""
        return self.calendar.labels[self.day] if self.day >= 0 else f"day {self.day} of settling in"

    def calendar_stage(self) -> None:
        """1. The date, the season, the drivers from outside; today's luck."""
        self.today = self.calendar.day(self.day, self.settings.users.needs_per_day)
        self.streams = self.luck.day(self.day)

    def platform_stage(self) -> None:
        """2. Platforms move; capabilities grow; what they offer today follows."""
        begun = self.day >= 0
        self.moves_today = move_platforms(self) if begun else []
        self.capabilities.advance()
        for platform in self.platforms:
            platform.pass_day()
        at = max(self.day, 0)
        self.offer, self.channel_share = self.desk.offer(
            self.trade, self.active_share, self.calendar.pull[at] * begun, self.calendar.boost[at] * begun
        )
        require_usable(self.platform_names, self.offer)

    def merchant_stage(self) -> None:
        """3. Weekly, merchants revise effort, products and shops; a festival's package begins and ends on its day."""
        at = max(self.day, 0)
        weekly, edge = self.day % 7 == 0, self.day in self.calendar.festival_edges
        opens = self.desk.availability() > 0
        if not (weekly or edge or (opens != self.trade.open_cells).any()):
            return
        self.trade.settle()
        if edge:
            self.record.note_festivals(self.day)
        live = self.desk.live_presence()
        if weekly:
            self.week.revise(self.day, self.bookkeeper.take_rate, live)
            self._require_finite(self.trade.table.effort.sum(axis=(0, 2)))
        self.trade.refresh(live, opens, self.calendar.package[at] * (self.day >= 0))
        self.shops = self.trade.shops()
        # Where the last shop closed this morning, nothing can be ordered today.
        self.offer = self.offer._replace(sells=self.offer.sells * self.desk.with_shops(self.trade))

    def adoption_stage(self) -> None:
        """4. Users meet a friend, install and remove apps."""
        if self.day >= 0:
            self.users_day.adopt(self.offer, self.streams, self.day)
        else:
            self.users_day.meet(self.streams, self.day)

    def interest_stage(self) -> None:
        """5. Yesterday's selling content has planted interest; needs arrive."""
        self.users_day.arise(self.offer, self.shops, self.streams, self.today)

    def attention_stage(self) -> None:
        """6. Users split their day."""
        self.attention_sums = self.users_day.attend(self.offer, self.streams, self.today)
        self._require_finite(*self.attention_sums[0].T)
        if not np.isfinite(self.attention_sums[1]).all():
            raise BooksError(f"all platforms: phone minutes of all users are {self.attention_sums[1][BUDGET]}")

    def choice_stage(self) -> None:
        """7. Needs are met: platform, channel, merchant, product."""
        self.order_sums, self.buyer_sums = self.users_day.buy(self.offer, self.shops, self.streams, self.today)
        self._require_finite(self.order_sums.sum(axis=(0, 1)))

    def book_stage(self) -> None:
        """8. The day is booked; on a month's last day the flow books are closed."""
        spent = np.zeros(len(self.platforms))
        for platform, _, cost in self.moves_today:
            spent[platform.index] += cost
        value = float(self.calendar.order_value[max(self.day, 0)])
        self.book: DayBook = self.bookkeeper.book(
            self.attention_sums, self.order_sums, self.buyer_sums, self.trade, self.channel_share, value, spent
        )
        self._require_finite(self.book.platform_gmv, self.book.cost, self.book.ad_revenue, self.book.commission)
        self.book.check()
        fans = self.buyer_sums * self.population.weight
        self.trade.update_fans(fans[:, NEW_FANS], fans[:, LOST_FANS])
        self.active_share = self.book.active / max(self.book.online, 1.0)
        if self.day < 0:
            return
        for platform, profit in zip(self.platforms, self.book.profit, strict=True):
            platform.cash += float(profit)
        self.window_days += self.calendar.in_flow_window(self.day)
        self.record.note_day(self._close_month() if self.calendar.ends_month(self.day) else None)
        if self.day == self.calendar.days - 1:
            self.trade.settle()
            self.record.note_festivals(self.calendar.days)

    def _require_finite(self, *values: NDArray[Any]) -> None:
        for value in values:
            require_finite(self.platform_names, value)

    def _close_month(self) -> MonthBooks:
        complete = self.calendar.days_left_in_month(self.day) == 0
        books = self.users_day.close_month(self.day, max(self.window_days, 1), self.window_days_before)
        self.window_days_before, self.window_days = max(self.window_days, 1), 0
        return books if complete else books._replace(flows=np.zeros_like(books.flows))

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

    def close(self) -> None:
        """Let go of what Mesa keeps of a model after it is dropped."""
        mesa.Model.remove_all_agents(self)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa before 3.5 keeps a counter for each model


STAGES: tuple[tuple[str, Callable[[Market], None]], ...] = (
    ("calendar", Market.calendar_stage),
    ("platforms", Market.platform_stage),
    ("merchants", Market.merchant_stage),
    ("adoption", Market.adoption_stage),
    ("interest", Market.interest_stage),
    ("attention", Market.attention_stage),
    ("choice", Market.choice_stage),
    ("books", Market.book_stage),
)
"""One day, in order."""
