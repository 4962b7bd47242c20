"""Rules that several strategies share: closing a capability that does not pay."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


def gain(view: View, name: str, quarter: int) -> float:
    """Growth of a platform since a move, less that of all platforms together, so that seasons cancel.

    Parameters
    ----------
    quarter
        number of the report in which the move first shows; the one before it is compared with the latest

    Returns
    -------
    float
        log growth of attention or GMV; for profit and blends the change of profit over the revenue before, so that
        costs count
    """
    return _growth(view, [name], quarter) - _growth(view, view.names, quarter)


def _growth(view: View, names: Sequence[str], quarter: int) -> float:
    def daily(number: int, field: str) -> float:
        reports = [view.reports(name)[number] for name in names]
        per_day = field != "attention_share"
        return sum(float(getattr(report, field)) / (report.days if per_day else 1) for report in reports)

    if view.objective.goal in ("profit", "blend"):
        before = daily(quarter - 1, "revenue")
        return (daily(-1, "profit") - daily(quarter - 1, "profit")) / before if before > 0 else 0.0
    field = "gmv" if view.objective.goal == "gmv" else "attention_share"
    before, after = daily(quarter - 1, field), daily(-1, field)
    return math.log(after / before) if before > 0 and after > 0 else 0.0
