"""Twin market: a market that is watched, a fork of it without the interventions, and recent days of both.

After a branch from an earlier day the twin is what had run from that day on, with its interventions on their days.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import deque

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.market.fair_lock import COMPUTE_LOCK
from secondhalf.experiments.browser.market.interventions import impose, with_move
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for

Array = NDArray[np.float64]
RECENT_DAYS = 30
"""Days over which channels and books are averaged."""
NOT_COPIED, FIRST = -2, -1
"""Marks of a capability that did not open within the run, and of one that no rival had when it opened."""


class MarketHistory:
    """Recent days of one market, and when its capabilities opened.

    Attributes
    ----------
    copied
        by platform and capability: the rival that had it most present when it opened, or a mark; [P, K]
    opened
        the day on which it opened, -1 for not within the run; [P, K]
    """

    def __init__(self, market: Market) -> None:
        self.cells: deque[Array] = deque(maxlen=RECENT_DAYS)
        self.presence = market.capabilities.presence.copy()
        self.copied = np.full(self.presence.shape, NOT_COPIED, np.int8)
        self.opened = np.full(self.presence.shape, -1, np.int32)

    def note(self, market: Market) -> None:
        """Record the day that has just run."""
        self._make_room(len(market.platforms))
        self.cells.append(market.book.cells.sum(axis=0))
        for platform, move, _ in market.moves_today:
            if move.change in ("test", "open", "strengthen", "restore") and move.capability is not None:
                k = market.capabilities.column[move.capability]
                if self.presence[platform.index, k] == 0 and self.opened[platform.index, k] < 0:
                    rivals = self.presence[:, k].copy()
                    rivals[platform.index] = 0.0
                    self.copied[platform.index, k] = rivals.argmax() if rivals.max() > 0 else FIRST
                    self.opened[platform.index, k] = market.day - 1
        self.presence = market.capabilities.presence.copy()

    def _make_room(self, platforms: int) -> None:
        """For a platform that entered today."""
        more = platforms - len(self.presence)
        if more:
            rows = ((0, more), (0, 0))
            self.presence = np.pad(self.presence, rows)
            self.copied = np.pad(self.copied, rows, constant_values=NOT_COPIED)
            self.opened = np.pad(self.opened, rows, constant_values=-1)
            self.cells = deque((np.pad(cells, rows) for cells in self.cells), maxlen=RECENT_DAYS)

    def of_twin(self) -> MarketHistory:
        """A copy that goes on with another market."""
        other = copy.copy(self)
        other.cells = self.cells.copy()
        other.copied, other.opened = self.copied.copy(), self.opened.copy()
        return other


class TwinMarket:
    """A market and, from its first intervention on, its twin: a fork under the same seed without interventions.

    Attributes
    ----------
    twin_since
        first day on which the two may differ
    twin_is_earlier_run
        whether the twin is the run before a branch (`go_back`)
    """

    def __init__(self, settings: MarketSettings) -> None:
        with COMPUTE_LOCK, threads_for(settings.population.users):
            self.market = Market(settings)
        self.watch = MarketHistory(self.market)
        self.twin: Market | None = None
        self.twin_watch: MarketHistory | None = None
        self.interventions: list[ScenarioMove] = []
        self.twin_since, self.twin_is_earlier_run = 0, False
        self._twin_moves: deque[ScenarioMove] = deque()

    @property
    def twin_shown_from(self) -> int:
        """First day of the twin that is shown: days before the fork are needed for means over the latest."""
        return max(0, self.twin_since - RECENT_DAYS)

    @property
    def over(self) -> bool:
        """Whether the last day has run."""
        return self.market.day >= self.market.calendar.days

    def date_of(self, day: int) -> str:
        """The date of a day of the run, as text."""
        return str(self.market.calendar.start + dt.timedelta(days=day))

    def step(self) -> None:
        """Run one day in the market and in its twin."""
        with COMPUTE_LOCK, threads_for(self.market.population.users):
            _step(self.market, self.watch)
            if self.twin is not None and self.twin_watch is not None:
                _step(self.twin, self.twin_watch, self._twin_moves)

    def intervene(self, move: ScenarioMove) -> None:
        """Let a move happen on the day that runs next, and keep a twin without it.

        Raises
        ------
        RefusedError
            when it does not fit the scenario's other moves
        """
        with_move(self.market.settings, move)  # refused before there is a twin
        if self.twin is None:
            self.twin, self.twin_watch = self.market.fork(), self.watch.of_twin()
            self.twin_since, self.twin_is_earlier_run = self.market.day, False
        impose(self.market, move)
        self.interventions.append(move)

    def forget_twin(self) -> None:
        """Drop the twin; interventions stay in the market."""
        self._twin_moves.clear()
        if self.twin is not None:
            self.twin.close()
        self.twin = self.twin_watch = None

    def go_back(self, origin: Market, watch: MarketHistory, day: int) -> None:
        """Go on from an earlier day; what ran from it on becomes the twin, which steps again day by day.

        Days between `origin` and `day` run again with the interventions that were made on them. Later ones stay with
        the twin alone. A twin that was there is let go.

        Parameters
        ----------
        origin, watch
            this run on `day` or before, and what was noted of it then; both stay as they are
        """
        market, watch = origin.fork(), watch.of_twin()
        begin = self.market.calendar.start
        since, until = (begin + dt.timedelta(days=number) for number in (market.day, day))
        again = deque(move for move in self.interventions if since <= move.date < until)
        while market.day < day:
            with COMPUTE_LOCK, threads_for(market.population.users):
                _step(market, watch, again)
        self.close()
        self.market, self.watch = market, watch
        self.twin, self.twin_watch = market.fork(), watch.of_twin()
        self.twin_since, self.twin_is_earlier_run = day, True
        self._twin_moves = deque(move for move in self.interventions if move.date >= until)
        self.interventions = [move for move in self.interventions if move.date < until]

    def close(self) -> None:
        """Release both markets."""
        self.forget_twin()
        self.market.close()


def _step(market: Market, watch: MarketHistory, coming: deque[ScenarioMove] | None = None) -> None:
    """Run one day, with the interventions that are dated on it."""
    while coming and coming[0].date <= market.calendar.dates[market.day]:
        impose(market, coming.popleft())
    market.step()
    watch.note(market)
