"""The table questions.csv: every number with its interval, and Holm's correction over those that answer a question."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.questions.arms import CROSSING, EXCLUSIVITY, LINKS, MIX, ORDER, WATER, QuestionArm
from secondhalf.experiments.questions.runs import HISTORY, Means
from secondhalf.experiments.results.statistics.crossed_runs import estimate
from secondhalf.experiments.results.statistics.paired_statistics import LEVEL, holm
from secondhalf.model.observers.measures import SOURCES

Array = NDArray[np.float64]
Result = Mapping[str, Any]
"""What `runs.run_job` gives."""
MARKET = "market"
COLUMNS = (
    *("question", "measure", "platform", "period", "unit", "history", "estimate", "low", "high", "p"),
    *("sd_parameters", "sd_luck", "runs", "answers", "p_holm", "distinguishable"),
)
"""Columns of questions.csv."""
PERCENT, RMB, POINTS, INDEX, MINUTES, DAYS = (
    *("percent", "billion RMB", "percentage points", "hundredths", "billion minutes a day", "days"),
)
BILLION = 1e-9
PARTS = ("stickiness", "new_pools", "more_users")
"""Of the change of a platform's minutes: per user in its own line's channels, in the other line's, and more users."""
LEAD = "stickiness_less_new_pools"
TURN = "second_half_day"
FROM = "from_"
"""Begins the names of what the flow books say: minutes gained by source, up to the year's end."""
ALIKE = "interpenetration"
FIRST_YEAR = "first year"
MIXES = {"shelf_share": "content", "content_share": "shelf"}
"""Share of the other line's channels in all GMV (or minutes) of a line of business."""
OF_ARMS: dict[str, dict[str, tuple[str, bool]]] = {
    ORDER: {"gmv": (PERCENT, False), "gmv_share": (POINTS, True), "gmv_all": (PERCENT, True)},
    LINKS: {"gmv": (PERCENT, True), "merchants_profit": (PERCENT, True), "consumer_surplus": (PERCENT, True)},
    EXCLUSIVITY: {"gmv": (PERCENT, True), "merchants_profit": (PERCENT, True), "consumer_surplus": (PERCENT, True)},
    CROSSING: {"revenue": (PERCENT, True), "profit": (RMB, True)},
}
"""Measures of each question about an arm: the unit that answers, and whether they do."""
OF_WHOLE = ("gmv_all", "merchants_profit", "consumer_surplus")
OWNERS = ("kuaishou", "douyin")
"""Whose malls the question of order is about."""
FEWEST = 1e-12
"""Below it a number counts as none, and has no ratio."""


def questions_table(
    results: Sequence[Sequence[Result]], arms: Sequence[QuestionArm], kinds: Mapping[str, str], year: int
) -> pd.DataFrame:
    """questions.csv.

    Parameters
    ----------
    results
        by member and seed
    arms
        that were run
    kinds
        line of business by platform, in their order
    year
        that the answers are about
    """
    rows = [row for arm in arms for row in _of_arm(results, arm, list(kinds), year)]
    rows += _water(results, list(kinds), year) + _mix(results, kinds, year)
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-2]))
    table.loc[~np.isfinite(table["low"]), "answers"] = "no"  # too few runs have the number
    judged = (table["answers"] == "yes").to_numpy()
    table["p_holm"] = 1.0
    table.loc[judged, "p_holm"] = holm(table.loc[judged, "p"].to_numpy(float))
    told = np.where(table["p_holm"] < 1 - LEVEL, "yes", "no")
    table["distinguishable"] = np.where(judged, told, "")
    order = {name: place for place, name in enumerate((ORDER, WATER, MIX, LINKS, EXCLUSIVITY, CROSSING))}
    return table.sort_values("question", key=lambda own: own.map(order), kind="stable").reset_index(drop=True)


def _cells(results: Sequence[Sequence[Result]], value: Callable[..., float], *given: Any) -> Array:
    """A number of every run, [members, seeds]; `given` follows the run among the arguments."""
    return np.array([[value(one, *given) for one in row] for row in results], float)


def _row(
    question: str, measure: str, platform: str, period: str, unit: str, cells: Array, answers: bool, history: float
) -> list[Any]:
    """A row of cells [members, seeds]; those in percent are logarithms of a ratio."""
    own = estimate(cells)
    numbers = [own.mean, own.low, own.high]
    if unit == PERCENT:
        numbers = [100 * float(np.expm1(number)) for number in numbers]
    spread = [100 * own.sd_parameters, 100 * own.sd_luck] if unit == PERCENT else [own.sd_parameters, own.sd_luck]
    head = [question, measure, platform, period, unit, history]
    return [*head, *numbers, own.p, *spread, own.runs, "yes" if answers else "no"]


def _of_arm(results: Sequence[Sequence[Result]], arm: QuestionArm, platforms: list[str], year: int) -> list[list[Any]]:
    """An arm less history, year by year: in RMB, and in percent where both are above zero in every run."""
    rows = []
    for period in results[0][0]["arms"][arm.name]:
        for measure, (unit, answers) in OF_ARMS[arm.question].items():
            for platform in [MARKET] if measure in OF_WHOLE else [arm.platform] if arm.platform else platforms:
                before, after = (
                    _cells(results, _amount, name, measure, platform, period) for name in (HISTORY, arm.name)
                )
                said = answers and int(period) == year and (arm.question != ORDER or platform in (*OWNERS, MARKET))
                plain = POINTS if measure == "gmv_share" else RMB
                positive = min(before.min(), after.min()) > FEWEST and plain == RMB
                head, mean = (arm.question, measure, platform, period), float(before.mean())
                rows.append(_row(*head, plain, after - before, said and (unit == plain or not positive), mean))
                if positive and unit == PERCENT:
                    rows.append(_row(*head, PERCENT, np.log(after) - np.log(before), said, mean))
    return rows


def _amount(result: Result, arm: str, measure: str, platform: str, period: str) -> float:
    return amount(result["arms"][arm][period], measure, platform, int(period))


def amount(means: Means, measure: str, platform: str, year: int) -> float:
    """A year's number: billion RMB, or a share in percentage points."""
    days = 366 if calendar.isleap(year) else 365
    if measure in ("gmv_all", "gmv_share"):
        whole = sum(own["gmv"] for name, own in means.items() if name != MARKET)
        return BILLION * days * whole if measure == "gmv_all" else 100 * means[platform]["gmv"] / max(whole, 1e-300)
    return BILLION * days * means[platform][measure]


def parts(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What makes the change of a platform's minutes, billion minutes a day; the three add up to it.

    Minutes are users times minutes a user in each pool. Each factor's change is counted at the mean of the others.
    """

    def of(means: Mapping[str, float]) -> tuple[float, float, float]:
        users = max(means["active_users"], 1e-300)
        return users, (means["minutes"] - means["other_minutes"]) / users, means["other_minutes"] / users

    (users, own, other), (users_after, own_after, other_after) = of(before), of(after)
    mean_users = (users + users_after) / 2
    return {
        "stickiness": BILLION * mean_users * (own_after - own),
        "new_pools": BILLION * mean_users * (other_after - other),
        "more_users": BILLION * (users_after - users) * (own + other + own_after + other_after) / 2,
    }


def _turn(result: Result) -> float:
    return float("nan") if result["turn"] is None else float(result["turn"])


def _before(result: Result, platform: str) -> float:
    return float("nan") if result["turn"] is None else BILLION * float(result["before"][platform]["minutes"])


def _source(result: Result, platform: str, period: str, measure: str) -> float:
    """One number of where a platform's minutes came from; none in a run whose second half begins too late for it."""
    if result["turn"] is None or (period != FIRST_YEAR and period not in result["sources"]):
        return float("nan")
    if measure.startswith(FROM):
        return BILLION * float(result["sources"][period][platform][measure.removeprefix(FROM)])
    after = result["after"] if period == FIRST_YEAR else result["arms"][HISTORY][period]
    own = parts(result["before"][platform], after[platform])
    return own["stickiness"] - own["new_pools"] if measure == LEAD else own[measure]


def _water(results: Sequence[Sequence[Result]], platforms: list[str], year: int) -> list[list[Any]]:
    """Where each platform's minutes came from after the second half began."""
    rows = [_row(WATER, TURN, MARKET, "", DAYS, _cells(results, _turn), False, float("nan"))]
    of_flows = [f"{FROM}{name}" for name in SOURCES]
    for period, measures in ((FIRST_YEAR, [LEAD, *PARTS]), (str(year), [LEAD, *PARTS, *of_flows])):
        for platform in platforms:
            before = _cells(results, _before, platform)
            level = float(np.nanmean(before)) if np.isfinite(before).any() else float("nan")
            for measure in measures:
                cells = _cells(results, _source, platform, period, measure)
                answers = measure == LEAD and period == str(year)
                rows.append(_row(WATER, measure, platform, period, MINUTES, cells, answers, level))
    return rows


def mix(means: Means, kinds: Mapping[str, str], line: str, of: str) -> float:
    """Share of the other line's channels in a line's GMV or minutes, percentage points."""
    own = [means[name] for name, kind in kinds.items() if kind == line]
    whole = sum(one[of] for one in own)
    return 100 * sum(one[f"other_{of}"] for one in own) / whole if whole > 0 else 0.0


def _mixed(result: Result, measure: str, kinds: Mapping[str, str], period: str) -> float:
    means, (what, _, of) = result["arms"][HISTORY][period], measure.rpartition("_")
    return 100 * float(means[MARKET][measure]) if what == ALIKE else mix(means, kinds, MIXES[what], of)


def _mix(results: Sequence[Sequence[Result]], kinds: Mapping[str, str], year: int) -> list[list[Any]]:
    """Interpenetration and the mix of both lines by year, and their change from the first year on."""
    years = list(results[0][0]["arms"][HISTORY])
    rows = []
    for measure in (f"{what}_{of}" for of in ("gmv", "minutes") for what in (ALIKE, *MIXES)):
        what = measure.rpartition("_")[0]
        unit, platform = (INDEX, MARKET) if what == ALIKE else (POINTS, MIXES[what])
        by_year = {period: _cells(results, _mixed, measure, kinds, period) for period in years}
        for period, cells in by_year.items():
            rows.append(_row(MIX, measure, platform, period, unit, cells, False, float(cells.mean())))
        first, last = by_year[years[0]], by_year[str(year)]
        head = (MIX, measure, platform, f"{years[0]} to {year}", unit)
        rows.append(_row(*head, last - first, True, float(first.mean())))
    return rows
