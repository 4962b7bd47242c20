"""History: the moves that platforms really made, on their dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Launch, Strategy
from secondhalf.agents.view import View

Factor = Annotated[float, Field(ge=0.001, le=1000, strict=True, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=10_000, strict=True)]
Grade = Literal["A", "B", "D", "C", "R"]
"""How well a launch is known: company, press or analyst, derived, weak, recalled."""
GRADES: tuple[Grade, ...] = get_args(Grade)


class Burst(BaseModel):
    """A recruiting campaign that is a row of the launches: factor on hazards, length in days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: Factor
    days: Days


class History(Strategy):
    """Replays the launches of its platform, as far as their grades are among `grades`."""

    daily = True
    replays = True
    decides = False

    class Parameters(Strategy.Parameters):
        """What the dated rows do not say."""

        launches: str
        grades: Annotated[tuple[Grade, ...], Field(min_length=1)] = GRADES
        burst: Burst

    parameters: Parameters

    def __init__(
        self, platform: str, parameters: Mapping[str, Any] | Parameters, launches: Sequence[Launch] = ()
    ) -> None:
        super().__init__(platform, parameters, launches)
        self._moves: dict[dt.date, list[Move]] = {}
        for launch in launches:
            if launch.grade not in self.parameters.grades:
                continue
            self._moves.setdefault(launch.date, []).append(_move(launch, self.parameters.burst))

    def moves(self, view: View) -> Sequence[Move]:
        """The moves dated today."""
        return self._moves.get(view.date, [])

    def before(self, date: dt.date) -> list[tuple[dt.date, Move]]:
        """Everything dated before `date`, in order, for runs that start later."""
        return [(day, move) for day in sorted(self._moves) if day < date for move in self._moves[day]]


def _move(launch: Launch, burst: Burst) -> Move:
    reason = f"{launch.description} (grade {launch.grade})"
    if launch.change == "recruit":
        return Move("recruit", value=burst.factor, days=burst.days, reason=reason, grade=launch.grade)
    return Move(launch.change, launch.capability, launch.entrance, reason=reason, grade=launch.grade)
