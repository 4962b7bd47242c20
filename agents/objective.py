"""Objective of a platform, and the quarterly reports from which it is computed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

QUARTERS = 4


@dataclass(frozen=True)
class Report:
    """One platform's closed quarter.

    `revenue`, `cost`, `profit`, `gmv` are RMB; `attention_share` is the mean share of all mobile time; `active_users`
    the mean of daily active people; `installed_users` and `new_users` (net) people.
    """

    start: dt.date
    days: int
    gmv: float
    revenue: float
    cost: float
    profit: float
    attention_share: float
    active_users: float
    installed_users: float
    new_users: float


@dataclass(frozen=True)
class Objective:
    """Goal of a platform, and its discount factor a year.

    Attributes
    ----------
    goal
        `profit` (RMB), `attention` (share of mobile time), `gmv` (RMB), or `blend` of their ratios to the latest report
    discount_rate
        per year
    weights
        of profit, attention and GMV in a blend
    """

    goal: str = "profit"
    discount_rate: float = 0.1
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def value(self, report: Report, base: Report | None = None) -> float:
        """What one quarter is worth.

        `base` is the quarter that the parts of a blend are divided by. Profit, which may be negative, is divided by the
        base's revenue there.
        """
        if self.goal == "profit":
            return report.profit
        if self.goal == "attention":
            return report.attention_share
        if self.goal == "gmv":
            return report.gmv
        base = base or report
        parts = (
            _ratio(report.profit, base.revenue),
            _ratio(report.attention_share, base.attention_share),
            _ratio(report.gmv, base.gmv),
        )
        total = sum(self.weights)
        return sum(weight * part for weight, part in zip(self.weights, parts, strict=True)) / total

    def total(self, reports: Sequence[Report], base: Report | None = None) -> float:
        """Discounted sum over quarters that follow one another, the first one undiscounted."""
        kept = float((1 + self.discount_rate) ** (-1 / QUARTERS))
        return sum(kept**number * self.value(report, base) for number, report in enumerate(reports))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
