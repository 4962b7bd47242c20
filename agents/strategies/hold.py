"""Nobody moves: the counterfactual."""

from __future__ import annotations

import datetime as dt

from secondhalf.agents.platform import Move, Platform
from secondhalf.agents.strategies.base import Strategy


class Hold(Strategy):
    """Never moves."""

    def moves(self, platform: Platform, date: dt.date, quarter: bool) -> list[Move]:
        """Nothing, on any day."""
        return []
