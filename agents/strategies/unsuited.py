"""Closing what does not suit: a rule that several strategies share."""

from __future__ import annotations

import math
from statistics import NormalDist

from secondhalf.agents.move import Move
from secondhalf.agents.view import View


def unsuited(view: View, below: float, confidence: float) -> Move | None:
    """Close the capability that is most surely worse than hoped; None when none is.

    A platform believes a normal distribution of each log skill. It closes what it may close when, with probability
    `confidence`, the skill is less than `below` times what is usual for its kind of platform.
    """
    table, index = view.platform.capabilities, view.platform.index
    needed = NormalDist().inv_cdf(confidence)
    worst: tuple[float, Move] | None = None
    for move in view.options():
        if move.change != "close" or move.capability is None:
            continue
        column = table.column[move.capability]
        usual = table.catalogue[move.capability].skill.get(view.platform.settings.kind, 1.0)
        usual = view.platform.settings.skill.get(move.capability, usual)
        margin = math.log(below * usual) - table.believed[index, column] - needed * table.doubt[index, column]
        if margin > 0 and (worst is None or margin > worst[0]):
            skill = math.exp(table.believed[index, column])
            reason = f"skill {skill:.2f} believed, {usual:.2f} hoped for: it does not suit"
            worst = (float(margin), Move("close", move.capability, reason=reason))
    return None if worst is None else worst[1]
