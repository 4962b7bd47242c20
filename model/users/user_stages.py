"""User stages (4 to 7) on all users: scratch space, calls of the compiled stages, sums in a fixed order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.numba_kernels import chunk_count
from secondhalf.model.shapes import Columns, Day, DayStreams, Offer, Shops
from secondhalf.model.users import adoption, attention, choice, needs
from secondhalf.model.users.attention_flows import FLOWS, MONTH_COUNTS, Window, close_month
from secondhalf.model.users.population import Population

Array = NDArray[np.float64]


class MonthBooks(NamedTuple):
    """Accounts of a calendar month, in users."""

    flows: Array  # [5, P, P + 2] minutes a day
    counts: Array  # [P, 5] (constants in `attention_flows`)
    overlap: Array  # [P, P]


class Purchases(NamedTuple):
    """What a day's needs led to, in users."""

    orders: Array  # [4, P + 1, P] expected orders by kind of need, origin, platform
    spending: Array  # [4, P + 1, P, 2] RMB spent on them, by group of channels too
    buyers: Array  # [P, 4] (constants in `choice`)
    needs: Array  # [4] sums over all needs (constants in `choice`)


class UserStages:
    """Runs the users' stages of a day. All results are sums over users (not people)."""

    def __init__(self, population: Population, friends: Friends) -> None:
        self.population, self.friends = population, friends
        platforms = self.columns.minutes.shape[0]
        chunks = chunk_count(population.users)
        self._sums = np.zeros((chunks, platforms, attention.PLATFORM_SUMS))
        self._totals = np.zeros((chunks, attention.ALL_SUMS))
        self._orders = np.zeros((chunks, 4, platforms + 1, platforms))
        self._spending = np.zeros((chunks, 4, platforms + 1, platforms, 2))
        self._needs = np.zeros((chunks, 4))
        self._counts = np.zeros((chunks, platforms, 4))
        self._flows = np.zeros((chunks, len(FLOWS), platforms, platforms + 2))
        self._month = np.zeros((chunks, platforms, MONTH_COUNTS))
        self._overlap = np.zeros((chunks, platforms, platforms))

    @property
    def columns(self) -> Columns:
        """The users."""
        return self.population.columns

    def adopt(self, offer: Offer, streams: DayStreams, day: int) -> None:
        """Meet a friend, install, remove."""
        adoption.meet(self.columns, self.friends.indptr, self.friends.indices, streams.contact, day)
        adoption.adopt(self.columns, offer, self.population.behaviour, streams, day)

    def meet(self, streams: DayStreams, day: int) -> None:
        """Meet a friend only (while settling in, without installations or removals)."""
        adoption.meet(self.columns, self.friends.indptr, self.friends.indices, streams.contact, day)

    def arise(self, offer: Offer, shops: Shops, streams: DayStreams, day: Day) -> None:
        """Plant interest and let needs arrive."""
        needs.arise(self.columns, offer, shops, self.population.behaviour, streams, day)

    def attend(self, offer: Offer, streams: DayStreams, day: Day) -> tuple[Array, Array]:
        """Split the day; returns sums by platform [P, 5] and over all [3] (constants in `attention`)."""
        attention.attend(self.columns, offer, self.population.behaviour, streams, day, self._sums, self._totals)
        return self._sums.sum(axis=0), self._totals.sum(axis=0)

    def buy(self, offer: Offer, shops: Shops, streams: DayStreams, day: Day) -> tuple[Purchases, tuple[Array, Array]]:
        """Meet needs; returns what was bought, and the sums of `attend` with the visits and sessions of needs."""
        choice.buy(
            self.columns,
            offer,
            shops,
            self.population.behaviour,
            streams,
            day,
            self._orders,
            self._spending,
            self._counts,
            self._needs,
            self._sums,
            self._totals,
        )
        bought = (self._orders, self._spending, self._counts, self._needs)
        return Purchases(*(part.sum(axis=0) for part in bought)), (self._sums.sum(axis=0), self._totals.sum(axis=0))

    def close_month(self, now: Window, before: Window) -> MonthBooks:
        """Close the calendar month's books, of the days summed in it and in the month before."""
        close_month(self.columns, now, before, self._flows, self._month, self._overlap)
        return MonthBooks(self._flows.sum(axis=0), self._month.sum(axis=0), self._overlap.sum(axis=0))
