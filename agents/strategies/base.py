"""Strategy: the base class of rules that look at the market and answer with moves."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from secondhalf.agents.move import Move
from secondhalf.agents.view import View


@dataclass(frozen=True)
class Launch:
    """One dated change that really happened (a row of data/launches.csv)."""

    date: dt.date
    platform: str
    change: str
    capability: str | None
    entrance: str | None
    description: str
    grade: str


class Strategy(ABC):
    """Base of all strategies; one object serves one platform.

    Parameters
    ----------
    platform
        the platform's name
    parameters
        the strategy's own settings from conf/strategy/<name>.yaml, checked by its class `Parameters`
    launches
        what really happened on this platform, in order of dates; none unless `Parameters` has the field `launches`,
        the name of a file such as data/launches.csv
    """

    daily = False
    """whether it is asked every day; else on the first day of each calendar quarter"""
    replays = False
    """whether its moves are facts, which no rule can refuse"""
    decides = True
    """whether it decides by itself, without knowing how well its capabilities will do: its skills are then drawn"""

    class Parameters(BaseModel):
        """Settings that a strategy declares; any other is refused. Derive from it to declare some."""

        model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    parameters: Parameters

    def __init__(
        self, platform: str, parameters: Mapping[str, Any] | Parameters, launches: Sequence[Launch] = ()
    ) -> None:
        self.platform = platform
        self.parameters = self.Parameters.model_validate(parameters)
        self.launches = launches

    @abstractmethod
    def moves(self, view: View) -> Sequence[Move]:
        """What the platform changes today, of `view.options()`; nothing, or `hold`, changes nothing.

        It may read what the view gives, and changes nothing itself: the moves do.
        """

    def before(self, date: dt.date) -> list[tuple[dt.date, Move]] | None:
        """Dated moves before a run that starts on `date`, in order; None for a strategy that has no dates.

        With a list, even an empty one, capabilities grow from 2019 to the start; with None they begin it as they were.
        """
        return None
