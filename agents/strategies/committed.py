"""Committed strategy: some capabilities stay as they are, and another rule moves everything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from secondhalf.agents.move import Move
from secondhalf.agents.platform import Decider
from secondhalf.agents.strategies.base import Strategy
from secondhalf.agents.view import View


class Committed(Strategy):
    """Another strategy without its moves on some capabilities.

    Parameters
    ----------
    inner
        the strategy that goes on
    settled
        capabilities that it no longer changes
    """

    def __init__(self, inner: Decider, settled: Collection[str]) -> None:
        self.platform, self.parameters, self.launches = inner.platform, inner.parameters, inner.launches
        self.inner, self.settled = inner, frozenset(settled)
        self.daily, self.replays, self.decides = inner.daily, inner.replays, inner.decides

    def moves(self, view: View) -> Sequence[Move]:
        """The inner strategy's moves, but not those on settled capabilities."""
        return [move for move in self.inner.moves(view) if move.capability not in self.settled]

    def before(self, date: dt.date) -> list[tuple[dt.date, Move]] | None:
        """As the inner strategy: what was before is not undone."""
        return self.inner.before(date)
