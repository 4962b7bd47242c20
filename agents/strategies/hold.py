"""Hold: no platform moves; the counterfactual."""

from __future__ import annotations

from collections.abc import Sequence

from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Strategy
from secondhalf.agents.view import View


class Hold(Strategy):
    """Never moves."""

    decides = False

    def moves(self, view: View) -> Sequence[Move]:
        """Nothing, on any day."""
        return ()
