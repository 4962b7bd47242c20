"""State of a market: every field once, with its type, and what a fork and a checkpoint do with it.

Stages, observers and snapshots know a market as a `State`; `market.Market` makes one and gives it its first day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, Self, get_args, get_type_hints

import mesa
import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes
from secondhalf.agents.capabilities import CapabilityTable
from secondhalf.agents.merchant import Merchant
from secondhalf.agents.move import Move
from secondhalf.agents.objective import Objective
from secondhalf.agents.platform import Platform
from secondhalf.agents.user import User
from secondhalf.conf.schema import MarketSettings
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.accounts.day_book import BooksError, DayBook
from secondhalf.model.accounts.quarterly_reports import Reports
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.scenario.regulation import Bans, Caps, Preferencing, ScenarioMoves
from secondhalf.model.shapes import Day, DayStreams, Offer, Shops
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.supply.sales import Trade
from secondhalf.model.supply.weekly_revision import MerchantWeek
from secondhalf.model.users.population import Population
from secondhalf.model.users.user_stages import MonthBooks, Purchases, UserStages

Array = NDArray[np.float64]
Stages = tuple[tuple[str, Callable[["State"], None]], ...]


MESA = tuple(int(part) for part in mesa.__version__.split(".")[:2])


class Kind(Enum):
    """What a fork and a checkpoint do with a field."""

    SETTINGS = "shared by a fork; not in the file, since the settings give it again (`initial_state.apply_settings`)"
    SHARED = "shared by a fork, as no stage changes it; in the file"
    OWN = "copied for a fork; in the file"
    USERS = "cut to the sample of a fork; in the file"
    RECORD = "a fork goes on writing a copy; in the file without what it finds in its market"
    LINKED = "made again from other fields, for a fork and from a file"
    TODAY = "neither copied nor in the file: the next day sets it before anybody reads it"


SETTINGS, SHARED, OWN, USERS, RECORD, LINKED, TODAY = Kind


class Recorder(Protocol):
    """The recorder of a market (`observers.record.Record`): the state calls it and reads one number from it.

    `by_platform` and `of_market` are its columns.
    """

    new_user_share: float
    by_platform: dict[str, Callable[..., Any]]
    of_market: dict[str, Callable[..., Any]]

    def __init__(self, market: State) -> None: ...

    def note_start(self) -> None:
        """Record the state before the first day."""

    def note_festivals(self, day: int) -> None:
        """Festivals begin on a day, or have ended the day before."""

    def note_day(self, month: MonthBooks | None) -> None:
        """Record the latest day; `month` when it closed a calendar month."""

    def leave_out_own(self) -> None:
        """Leave out the user's own measures from now on."""

    def of(self, market: Any, whole: bool) -> Self:
        """The recorder of a fork: a copy of this one, or an empty one when the fork has a sample of the users."""


class State(mesa.Model):
    """What a market holds. Arrays by platform that entrants lengthen have their `Axes`; P platforms, C channels."""

    recorder: ClassVar[type[Recorder]]
    """Class of `record`."""

    settings: Annotated[MarketSettings, SETTINGS]
    stages: Annotated[Stages, SETTINGS]  # name and function of the day's stages, in their order
    calendar: Annotated[MarketCalendar, SETTINGS]
    calendar_ahead: Annotated[MarketCalendar | None, SETTINGS]  # a longer one, for those who look ahead
    random_streams: Annotated[RandomStreams, SETTINGS]
    objectives: Annotated[dict[str, Objective], SETTINGS]  # by platform
    bans: Annotated[Bans, SETTINGS]
    caps: Annotated[Caps, SETTINGS]
    entrants: Annotated[dict[str, dt.date], SETTINGS]  # first day of each platform that enters
    friends: Annotated[Friends, SHARED]
    platform_names: Annotated[list[str], SHARED]  # in the order of every array
    capabilities: Annotated[CapabilityTable, OWN]
    platforms: Annotated[list[Platform], OWN]
    exclusivity: Annotated[ExclusivityRule, OWN]
    trade: Annotated[Trade, OWN]
    week: Annotated[MerchantWeek, OWN]
    desk: Annotated[OfferDesk, OWN]
    bookkeeper: Annotated[Bookkeeper, OWN]
    preferencing: Annotated[Preferencing, OWN]
    scenario_moves: Annotated[ScenarioMoves, OWN]  # moves that the scenario imposes, by day
    reports: Annotated[Reports, OWN]
    moves_today: Annotated[list[tuple[Platform, Move, float]], OWN]  # with what each cost at once, RMB
    active_share: Annotated[Array, OWN, Axes("P")]  # yesterday's active users over people online
    window_days: Annotated[int, OWN]  # days summed for the flow books in this month (so far)
    window_days_before: Annotated[int, OWN]  # and in the month before
    window_end_before: Annotated[int, OWN]  # day that closed the month before
    budgets_now: Annotated[Array, OWN]  # [28] phone minutes of the mean person on the days summed in this month
    budgets_before: Annotated[Array, OWN]  # [28] and in the month before
    shops: Annotated[Shops, OWN]
    day: Annotated[int, OWN]  # number of the day that the next step runs; 0 is `calendar.start`
    running: Annotated[bool, OWN]  # whether there is a day left
    population: Annotated[Population, USERS]
    record: Annotated[Recorder, RECORD]
    users_day: Annotated[UserStages, LINKED]
    today: Annotated[Day, TODAY]
    streams: Annotated[DayStreams, TODAY]
    offer: Annotated[Offer, TODAY]
    channel_share: Annotated[Array, TODAY]  # [4, P, C] share of each channel in its group, by kind of need
    attention_sums: Annotated[tuple[Array, Array], TODAY]  # users: by platform [P, 5], in all [3]; see `attention`
    purchases: Annotated[Purchases, TODAY]  # users' orders, spending, buyers
    book: Annotated[DayBook, TODAY]  # of the latest day

    if MESA < (3, 4):

        @property
        def time(self) -> float:
            """Steps taken, which later versions of Mesa count themselves."""
            return float(self.steps)

    def count_from(self, steps: int) -> None:
        """Let `steps` and `time` go on from a number, in a market that has made no step yet."""
        if MESA >= (3, 5) and steps > 0:  # time is moved by events, one a step: let them pass without a day
            own, self._user_step = self._user_step, lambda: None
            self.run_until(float(steps))  # type: ignore[attr-defined]  # Mesa 3.5
            self._user_step = own
        elif MESA >= (3, 4):
            self.time = float(steps)  # type: ignore[misc]  # no property there
        self.steps = steps

    @property
    def date_label(self) -> str:
        """Today's date, or how far the market has settled in."""
        return self.calendar.labels[self.day] if self.day >= 0 else f"day {self.day} of settling in"

    @property
    def content(self) -> NDArray[np.bool_]:
        """Which platforms are content platforms, [P]; the others are shelf platforms."""
        return self.desk.content

    @property
    def take_rate(self) -> Array:
        """Commission over GMV that platforms take today, [P]."""
        return np.array([platform.take_rate for platform in self.platforms])

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

    def register_people(self) -> None:
        """Make the Mesa agents that are views on merchants and, up to a size, on users."""
        settings = self.settings.population
        for slot in range(settings.merchants):
            Merchant(self, self.trade.table, slot)
        # The sample of a small fork has no agents of its own.
        if self.population.users == settings.users <= settings.agent_objects:
            for row in range(settings.users):
                User(self, row)

    def fork(self, users: int | None = None, reseed: int | None = None, calendar: MarketCalendar | None = None) -> Self:
        """A copy of the market that continues from today: all users or a sample, reseeded or not (`snapshots.fork`)."""
        raise NotImplementedError("a state alone has no stages to continue with; Market.fork has")

    def close(self) -> None:
        """Remove what Mesa still holds of a model that is no longer used."""
        mesa.Model.remove_all_agents(self)
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa before 3.5 keeps a counter for each model


@cache
def fields(*kinds: Kind) -> tuple[str, ...]:
    """Names of the state's fields of some kinds, in their order; of all without any."""
    hints = get_type_hints(State, include_extras=True)
    found = {name: mark for name, hint in hints.items() for mark in get_args(hint) if isinstance(mark, Kind)}
    return tuple(name for name, kind in found.items() if not kinds or kind in kinds)
