"""Twin market: a market that is watched, a fork of it without the interventions, and recent days of both."""

from __future__ import annotations

import copy
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
    """A market and, from its first intervention on, its twin: a fork under the same seed without interventions."""

    def __init__(self, settings: MarketSettings) -> None:
        with COMPUTE_LOCK, threads_for(settings.population.users):
            self.market = Market(settings)
        self.watch = MarketHistory(self.market)
        self.twin: Market | None = None
        self.twin_watch: MarketHistory | None = None
        self.interventions: list[ScenarioMove] = []
        self.twin_since = 0

    @property
    def twin_shown_from(self) -> int:
        """First day of the twin that is shown: days before the fork are needed for means over the latest."""
        return max(0, self.twin_since - RECENT_DAYS)

    @property
    def over(self) -> bool:
        """Whether the last day has run."""
        return self.market.day >= self.market.calendar.days

    def step(self) -> None:
        """Run one day in the market and in its twin."""
        with COMPUTE_LOCK, threads_for(self.market.population.users):
            self.market.step()
            self.watch.note(self.market)
            if self.twin is not None and self.twin_watch is not None:
                self.twin.step()
                self.twin_watch.note(self.twin)

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
            self.twin_since = self.market.day
        impose(self.market, move)
        self.interventions.append(move)

    def forget_twin(self) -> None:
        """Drop the twin; interventions stay in the market."""
        if self.twin is not None:
            self.twin.close()
        self.twin = self.twin_watch = None

    def close(self) -> None:
        """Release both markets."""
        self.forget_twin()
        self.market.close()
