"""What a strategy is: something that is asked every day and answers with moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from secondhalf.agents.platform import Move, Platform


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


class Strategy:
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

    def moves(self, platform: Platform, date: dt.date, quarter: bool) -> list[Move]:
        """Moves of `platform` on `date`; `quarter` is true on the first day of a calendar quarter.

        It is asked once a day. What it may read: its own platform, and through `platform.model` the market; it changes
        neither, the moves do.
        """
        raise NotImplementedError

    def before(self, date: dt.date) -> list[tuple[dt.date, Move]] | None:
        """Dated moves before a run that starts on `date`, in order; None for a strategy that has no dates.

        With a list, even an empty one, capabilities grow from 2019 to the start; with None they begin it as they were.
        """
        return None
