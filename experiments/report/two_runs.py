"""Two runs side by side: which can be compared, and their yearly numbers by platform."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.forecast_series import PLATFORM_METRICS
from secondhalf.experiments.facts.model_series import SeriesRule, indexed
from secondhalf.experiments.results.last_fact import FITTED, ONE_RUN_EACH
from secondhalf.experiments.results.load import Run, Sweep, load
from secondhalf.model.snapshots.resume import leaves

FIRST, SECOND = "report.of", "report.against"
PERCENT = "percent"
MEASURES = {
    "gmv": "GMV, billion RMB",
    "dau": "daily users, million",
    "daily_minutes_per_dau": "minutes a day per active user",
    "attention_share": f"share of mobile time, {PERCENT}",
    "pan_shelf_share_of_gmv": f"pan-shelf share of GMV, {PERCENT}",
}
"""What is compared, in words with the unit; names are those of the facts where these have one."""
ABSENT = object()
"""Value of a setting that a run does not have."""
NAMED = 6
"""Most platforms that a refusal names, and so many letters of each times ten."""


class TwoRuns(NamedTuple):
    """Two runs that can be compared."""

    first: Run
    second: Run

    @property
    def heads(self) -> tuple[str, str]:
        """What each is called on the page: its place, and the name of its folder."""
        return f"first: {self.first.name}", f"second: {self.second.name}"

    @property
    def platforms(self) -> list[str]:
        """Platforms of both, in the order of the first."""
        return [name for name in self.first.everything.platforms if name in self.second.everything.platforms]

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day that both have."""
        return max(_days(run)[0] for run in self), min(_days(run)[1] for run in self)

    @property
    def last_fact(self) -> str | None:
        """Day after which numbers of either are a forecast; None when neither says."""
        return min((run.everything.last_fact for run in self if run.everything.last_fact), default=None)


class YearlyRow(NamedTuple):
    """A number of both runs over the days of a year that both have; None where a run has nothing to measure it by."""

    measure: str
    platform: str
    period: str
    basis: str
    first: float | None
    second: float | None


def load_two(first: Run | Sweep, against: str) -> TwoRuns:
    """The run that is there already, and another one from its folder.

    Raises
    ------
    SettingsError
        one sentence: one of the folders holds no run, both are the same, or they share no platform or no day
    """
    other = load(against, f"{SECOND}=")
    for setting, found in ((FIRST, first), (SECOND, other)):
        if isinstance(found, Sweep):
            raise SettingsError(
                f"{setting}={found.folder}: that is a sweep; two runs are compared, and those of a sweep are in runs/"
            )
    assert isinstance(first, Run)
    assert isinstance(other, Run)
    where = f"{SECOND}={other.folder}"
    if other.folder.resolve() == first.folder.resolve():
        raise SettingsError(f"{where}: that is the folder of {FIRST}, too; the folder of another run is needed")
    two = TwoRuns(first, other)
    if not two.platforms:
        own, its = (_listed(run.everything.platforms) for run in (other, first))
        raise SettingsError(f"{where}: it has the platforms {own}, and {FIRST} has {its}; one that both have is needed")
    if two.days[0] > two.days[1]:
        own, its = (" to ".join(map(str, _days(run))) for run in (other, first))
        raise SettingsError(f"{where}: its days are {own}, and those of {FIRST} {its}; a day that both have is needed")
    return two


def _listed(platforms: list[str]) -> str:
    return ", ".join(name[: 10 * NAMED] for name in platforms[:NAMED]) + (" and more" if len(platforms) > NAMED else "")


def _days(run: Run) -> tuple[dt.date, dt.date]:
    first, last = (dt.date.fromisoformat(run.summary[key]) for key in ("first_day", "last_day"))
    return first, last


def yearly(two: TwoRuns) -> list[YearlyRow]:
    """Every measure of every platform that both have, year by year, over the days that both have.

    A year that one of them has in part is called by its first and last common day. Pan-shelf shares come from monthly
    tables and are over the whole months among these days.
    """
    tables = [indexed(run.tables) for run in two]
    # A summary from somebody else may speak of ten thousand years of which the tables have none.
    there = set.intersection(*({str(day)[:4] for day in own["daily"].index} for own in tables))
    years = [span for span in _years(*two.days) if f"{span[0].year:04}" in there]
    rows = []
    for measure in MEASURES:
        for platform in two.platforms:
            series = [_rule(measure, platform).series(own) for own in tables]
            for start, end in years:
                span = _whole_months(start, end) if measure.startswith("pan_shelf") else (start, end)
                numbers = [_known(own.number(*span)) if span else None for own in series]
                rows.append(YearlyRow(measure, platform, _period(start, end), _basis(two, end), *numbers))
    return rows


def _rule(measure: str, platform: str) -> SeriesRule:
    if measure == "attention_share":
        return SeriesRule("daily", platform, (measure,), None, "mean", None, 0.01)
    how = PLATFORM_METRICS[measure]
    return SeriesRule(how.table, platform, (how.column,), how.over, how.per, None, how.scale)


def _years(first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    for year in range(first.year, last.year + 1):
        yield max(first, dt.date(year, 1, 1)), min(last, dt.date(year, 12, 31))


def _whole_months(start: dt.date, end: dt.date) -> tuple[dt.date, dt.date] | None:
    months = pd.period_range(start, end, freq="M")
    spans = [(month.start_time.date(), month.end_time.date()) for month in months]
    whole = [span for span in spans if span[0] >= start and span[1] <= end]
    return (whole[0][0], whole[-1][1]) if whole else None


def _period(start: dt.date, end: dt.date) -> str:
    whole = (start.month, start.day, end.month, end.day) == (1, 1, 12, 31)
    return str(start.year) if whole else f"{start} to {end}"


def _basis(two: TwoRuns, end: dt.date) -> str:
    known = two.last_fact
    return "" if known is None else ONE_RUN_EACH if end.isoformat() > known else FITTED


def _known(number: float) -> float | None:
    return number if number == number else None


def differing(two: TwoRuns) -> list[tuple[str, Any, Any]]:
    """Settings in which the two differ, with both values; `ABSENT` stands for one that a run does not have."""
    # A group without entries is no setting of its own: what the other run has in it is listed.
    one, other = ({name: value for name, value in leaves(run.settings) if value != {}} for run in two)
    pairs = ((name, one.get(name, ABSENT), other.get(name, ABSENT)) for name in dict.fromkeys([*one, *other]))
    return [pair for pair in pairs if pair[1] != pair[2]]
