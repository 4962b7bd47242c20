"""What a strategy is: something that looks at the market and answers with moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


class Strategy:
    """Base of all strategies; one object serves one platform.

    Parameters
    ----------
    platform
        the platform's name
    parameters
        the strategy's own settings from conf/strategy/<name>.yaml
    launches
        what really happened on this platform, in order of dates
    """

    name = ""
    daily = False
    """whether it is asked every day; else on the first day of each calendar quarter"""
    replays = False
    """whether its moves are facts, which no rule can refuse"""

    def __init__(self, platform: str, parameters: Mapping[str, Any], launches: Sequence[Launch]) -> None:
        self.platform = platform
        self.parameters = parameters
        self.launches = launches

    def moves(self, view: View) -> Sequence[Move]:
        """What the platform changes today, of `view.options()`; nothing, or `hold`, changes nothing."""
        raise NotImplementedError
