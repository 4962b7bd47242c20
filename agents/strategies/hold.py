"""Nobody moves: the counterfactual."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from secondhalf.agents.platform import Move, Platform
from secondhalf.agents.strategies.base import Launch, Strategy


class HoldParameters(BaseModel):
    """`hold` has no parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hold(Strategy):
    """Never moves."""

    name = "hold"

    def __init__(self, platform: str, parameters: Mapping[str, Any], launches: Sequence[Launch]) -> None:
        super().__init__(platform, parameters, launches)
        HoldParameters.model_validate(dict(parameters))

    def moves(self, platform: Platform, date: dt.date, quarter: bool) -> list[Move]:
        """Nothing, on any day."""
        return []
