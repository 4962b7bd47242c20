"""Reported figures of a calendar year: the yearly fact, else its four quarters taken together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.target_file import GRADES, read_targets
from secondhalf.experiments.facts.targets import Target

QUARTERS = (((1, 1), (3, 31)), ((4, 1), (6, 30)), ((7, 1), (9, 30)), ((10, 1), (12, 31)))
SUMMED, AVERAGED = "sum", ("mean", "ratio")
"""How rules take days together, and so quarters: sums add up, means and ratios are averaged."""


class YearlyFact(NamedTuple):
    """What was reported of a platform and a year, and how a run's tables give the same."""

    value: float
    unit: str
    grade: str
    rule: SeriesRule


@cache
def _evidence() -> tuple[Target, ...]:
    targets = read_targets()
    return tuple(one for one, counts in zip(targets.all, targets.evidence, strict=True) if counts)


def yearly_facts(
    year: int, metrics: Sequence[str], known: dt.date, targets: Sequence[Target] | None = None
) -> dict[tuple[str, str], YearlyFact]:
    """Facts of a year by metric and platform (as the program names it).

    Bounds and declared numbers are left out. Where a year has no fact of its own but all its quarters, these are summed
    or averaged as the metric is over days, and have the weakest grade among them.

    Parameters
    ----------
    known
        facts whose period ends later are left out
    targets
        by default those of data/targets.yaml that are facts
    """
    found: dict[tuple[str, str], dict[tuple[dt.date, dt.date], Target]] = {}
    for one in _evidence() if targets is None else targets:
        of = one.rule.of
        if one.metric in metrics and isinstance(of, str) and one.bound == "exact" and one.end <= known:
            found.setdefault((one.metric, of), {})[one.start, one.end] = one
    whole = (dt.date(year, 1, 1), dt.date(year, 12, 31))
    quarters = [(dt.date(year, *first), dt.date(year, *last)) for first, last in QUARTERS]
    facts = {}
    for key, periods in found.items():
        spans = [whole] if whole in periods else quarters
        fact = _together([periods[span] for span in spans]) if all(span in periods for span in spans) else None
        if fact is not None:
            facts[key] = fact
    return facts


def _together(parts: Sequence[Target]) -> YearlyFact | None:
    """One fact of a year, or of its quarters; None when these are measured in different ways or do not add up."""
    first, values = parts[0], [part.value for part in parts]
    if len({(part.rule, part.unit) for part in parts}) > 1:
        return None
    if len(parts) > 1 and first.rule.per not in (SUMMED, *AVERAGED):
        return None
    value = sum(values) if first.rule.per == SUMMED else sum(values) / len(values)
    return YearlyFact(value, first.unit, max((part.grade for part in parts), key=GRADES.index), first.rule)
