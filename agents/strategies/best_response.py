"""Best response: tries every feasible move in a small copy of the market, and takes the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Strategy
from secondhalf.agents.view import View

Count = Annotated[int, Field(ge=1)]


class BestResponse(Strategy):
    """Simulates a few quarters ahead in copies of the market in which no other platform moves."""

    class Parameters(Strategy.Parameters):
        """Size of the copies, how far they run, and how often the platform reconsiders."""

        users: Annotated[int, Field(ge=2)] = 1000
        quarters_ahead: Count = 2
        every: Count = 5

    parameters: Parameters

    def moves(self, view: View) -> Sequence[Move]:
        """The move of the highest payoff, if it beats `hold`; platforms take turns."""
        own = self.parameters
        now = len(view.reports(self.platform))
        if not now or (now - view.names.index(self.platform)) % own.every:
            return []
        options = [move for move in view.options() if move.change != "test"]
        payoffs = view.try_out(options, own.quarters_ahead, own.users)
        best = max(range(len(options)), key=lambda number: payoffs[number])
        hold = payoffs[0]
        gains = "; ".join(f"{move} {payoff - hold:+.4g}" for move, payoff in zip(options, payoffs, strict=True))
        goal = view.objective.goal
        if best == 0:
            return []
        reason = f"best {goal} over {own.quarters_ahead} quarters if nobody else moves"
        return [replace(options[best], reason=reason, estimates=f"{goal} against hold: {gains}")]
