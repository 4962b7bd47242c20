"""Imitation: copies the move that paid best for a rival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from secondhalf.agents.learning import logit_shares, sample_option
from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Strategy
from secondhalf.agents.strategies.shared_rules import gain, unsuited
from secondhalf.agents.view import View

MUCH = 0.5
"""Presence from which a rival counts as one that has a capability."""


class Imitate(Strategy):
    """Judges rivals' moves by what they report before and after, against all platforms together."""

    class Parameters(Strategy.Parameters):
        """How far back it looks, how surely it takes the best, and when a pool is given up."""

        memory_quarters: Annotated[int, Field(ge=1)] = 8
        precision: Annotated[float, Field(ge=0)] = 20.0
        close_below: Annotated[float, Field(ge=0, le=1)] = 0.9
        confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.9

    parameters: Parameters

    def moves(self, view: View) -> Sequence[Move]:
        """One move, chosen by logit among `hold` (which gains nothing) and what rivals have done."""
        closing = unsuited(view, self.parameters.close_below, self.parameters.confidence)
        if closing is not None:
            return [closing]
        gains = rival_gains(view, self.parameters.memory_quarters)
        options = [move for move in view.options() if move.change == "hold" or str(move) in gains]
        if len(options) == 1:
            return []
        values = np.array([0.0 if move.change == "hold" else gains[str(move)][0] for move in options])
        chosen = options[int(sample_option(logit_shares(values, self.parameters.precision), view.uniform()))]
        if chosen.change == "hold":
            return []
        value, rival = gains[str(chosen)]
        estimates = "; ".join(f"{move} {paid:+.3f}" for move, paid in zip(options, values, strict=True))
        reason = f"{rival}'s {view.objective.goal} did best after it: {value:+.1%} against all platforms together"
        return [replace(chosen, reason=reason, estimates=f"growth against all: {estimates}")]


def rival_gains(view: View, memory: int) -> dict[str, tuple[float, str]]:
    """By move: the mean growth of those who made it, against all platforms together, and who gained most.

    A rival that has had a capability for longer than memory reaches counts as one that opened it then.
    """
    mine, now = view.platform.name, len(view.reports(view.platform.name))
    oldest = max(now - memory, 1)
    if now <= oldest:
        return {}
    made = [(str(seen.move), seen.platform, seen.quarter) for seen in view.seen() if oldest <= seen.quarter < now]
    known = {(name, move) for move, name, _ in made}
    for move in view.options():
        if move.change == "open" and move.capability:
            having = [name for name in view.names if view.presence(name, move.capability) >= MUCH]
            made += [(str(move), name, oldest) for name in having if (name, str(move)) not in known]
    found: dict[str, list[tuple[float, str]]] = {}
    for name, rival, quarter in made:
        if rival != mine:
            found.setdefault(name, []).append((gain(view, rival, quarter), rival))
    return {name: (float(np.mean([paid for paid, _ in all_])), max(all_)[1]) for name, all_ in found.items()}
