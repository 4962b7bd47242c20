"""How a move turned out, from quarterly reports: growth of an objective against all platforms together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from secondhalf.agents.view import View


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
