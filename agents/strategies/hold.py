"""Nobody moves: the counterfactual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Launch, Strategy
from secondhalf.agents.view import View


class HoldParameters(BaseModel):
    """`hold` has no parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hold(Strategy):
    """Never moves."""

    name = "hold"

    def __init__(self, platform: str, parameters: Mapping[str, Any], launches: Sequence[Launch]) -> None:
        super().__init__(platform, parameters, launches)
        HoldParameters.model_validate(dict(parameters))

    def moves(self, view: View) -> Sequence[Move]:
        """Nothing, on any day."""
        return []
