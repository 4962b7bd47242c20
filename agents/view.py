"""View of the market for a strategy: published reports, what anybody can see, and the platform's own beliefs."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from secondhalf.agents.move import Move
from secondhalf.agents.objective import Objective, Report
from secondhalf.agents.platform import Platform


@dataclass(frozen=True)
class Seen:
    """A move that was made: when, by whom, and in which quarter's report it first shows (its number)."""

    date: dt.date
    platform: str
    move: Move
    quarter: int


class View(ABC):
    """One platform's view of the market on one day.

    Attributes
    ----------
    platform
        who looks; its beliefs about its own skills are in `platform.capabilities`
    date
        today
    quarter
        whether today is the first day of a calendar quarter
    objective
        what the platform is after
    """

    platform: Platform
    date: dt.date
    quarter: bool
    objective: Objective

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """All platforms."""

    @abstractmethod
    def reports(self, name: str) -> Sequence[Report]:
        """Closed quarters of a platform, oldest first."""

    @abstractmethod
    def seen(self) -> Sequence[Seen]:
        """All moves made until now, of all platforms."""

    @abstractmethod
    def presence(self, name: str, capability: str) -> float:
        """How much users meet of a capability of a platform: maturity x exposure x prominence."""

    @abstractmethod
    def options(self) -> list[Move]:
        """Moves that the platform may make today; the first is `hold`."""

    @abstractmethod
    def uniform(self, draw: int = 0) -> float:
        """Today's uniform number of the platform for its decision; another one for each `draw`."""

    @abstractmethod
    def try_out(self, moves: Sequence[Move], quarters: int, users: int) -> list[float]:
        """Payoff of each move if no other platform moves, over some quarters ahead in a small copy of the market.

        The copies share their random numbers; they are never those of the real future. Hidden skills are what
        platforms believe them to be.
        """
