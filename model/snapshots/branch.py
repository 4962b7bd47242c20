"""Branching of runs: until when two settings give the same market, and a fork that goes on with the other settings.

What the settings date can be compared before any day is run. Of anything else nothing is known beforehand, and the
two have no day in common.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from secondhalf.agents.strategies import History, Hold, Strategy
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.calendar import FIRST_DATE
from secondhalf.conf.schema.scenario import Scenario
from secondhalf.model import initial_state
from secondhalf.model.calendar import latest
from secondhalf.model.initial_state import strategies
from secondhalf.model.scenario.regulation import Preferencing, scenario_calendar
from secondhalf.model.snapshots.fork import M

DECIDING = {"scenario", "strategy", "strategies", "calendar"}
"""Settings whose differences may have dates."""
YEARLY = ("traffic_boost", "traffic_package")
"""Of a festival: what holds from the year of an entry on, up to the next entry."""
DATES = {
    name: date
    for name, field in Scenario.model_fields.items()
    if get_origin(field.annotation) is list
    for date in ("date", "since")
    if date in get_args(field.annotation)[0].model_fields
}
"""Lists of a scenario, and which date of an entry is the first on which it does anything."""
TOLD = ("moves", "bans")
"""Lists whose entries put the scenario's name into moves.csv."""
BY_LAUNCHES = ("without", "shift")
"""Lists that do nothing but change the dated moves of platforms that replay theirs."""
Dated = dict[dt.date, list[Any]]


def first_difference(first: MarketSettings, second: MarketSettings) -> int | None:
    """First day on which markets of two settings can differ.

    Returns
    -------
    int or None
        0 when they share no day that is known beforehand, settling in among them; None when no day of their calendar
        can differ
    """
    fields = set(MarketSettings.model_fields) - {"platform"}
    both = set(first.competing) & set(second.competing)  # who enters one of them only has a date
    if any(getattr(first, name) != getattr(second, name) for name in fields - DECIDING) or any(
        first.platform[name] != second.platform[name] for name in both
    ):
        return 0
    if all(getattr(first, name) == getattr(second, name) for name in DECIDING):
        return None
    dates = [*_of_calendars(first, second), *_of_strategies(first, second), *_of_scenarios(first, second)]
    days = [max((date - first.calendar.start).days, 0) for date in dates]
    day = min(days, default=None)
    last = (first.calendar.end - first.calendar.start).days
    return None if day is None or day > last else day


def branch(market: M, settings: MarketSettings) -> M:
    """A fork with all users that continues with other settings.

    Until `first_difference` that is the market of these settings from its first day on; later it is one that changes
    its settings on the way. A platform that decides for itself, and goes on to do so as before, keeps what it learned.
    """
    other = market.fork()
    initial_state.apply_settings(other, settings)
    there = settings.among(other.platform_names)
    for platform, strategy in zip(other.platforms, strategies(there), strict=True):
        before, after = (one.strategy_of(platform.name).model_dump(mode="json") for one in (market.settings, settings))
        if strategy.replays or before != after:
            platform.strategy = strategy
    other.scenario_moves = scenario_calendar(there, other.platforms)
    yesterday = market.calendar.dates[market.day - 1] if market.day else None
    other.preferencing = Preferencing(settings)
    other.preferencing.changed(yesterday)
    other.exclusivity.settings = settings
    if other.exclusivity.rule is not None:
        other.exclusivity.rule = settings.scenario.exclusivity
    return other


def _of_calendars(first: MarketSettings, second: MarketSettings) -> Iterator[dt.date]:
    """First days of the festivals whose yearly traffic differs; the first day for anything else of the calendar."""
    one, other = first.calendar, second.calendar
    own, others = one.festivals, other.festivals
    alike = own.keys() == others.keys() and one.model_copy(update={"festivals": others}) == other
    yearly: dict[str, Any] = {what: {} for what in YEARLY}
    if not alike or any(own[n].model_copy(update=yearly) != others[n].model_copy(update=yearly) for n in own):
        yield one.start
        return
    for name, festival in own.items():
        for what in YEARLY:
            for year in range(one.start.year, one.end.year + 1):
                if latest(getattr(festival, what), year) != latest(getattr(others[name], what), year):
                    yield dt.date.fromisoformat(f"{year}-{festival.from_day}")


def _of_strategies(first: MarketSettings, second: MarketSettings) -> Iterator[dt.date]:
    """Dates on which a platform's moves differ; the first day where any platform decides for itself.

    Who decides may look ahead, by forks of the market, to anything that the two settings do not share.
    """
    start, end = first.calendar.start, first.calendar.end
    ones, others = (
        {strategy.platform: strategy for strategy in strategies(settings.among(settings.competing))}
        for settings in (first, second)
    )
    if not all(map(_replays, (*ones.values(), *others.values()))):
        yield start
        return
    for name in ones.keys() & others.keys():  # a platform that only one of them has enters on its date
        one, other = ones[name], others[name]
        # With a later start, capabilities grow until then under `history` and wait under `hold`.
        if type(one) is not type(other) and start != FIRST_DATE:
            yield start
        yield from _differing(_timetable(one, end), _timetable(other, end))


def _replays(strategy: Strategy) -> bool:
    return type(strategy) in (History, Hold)  # a class derived from one of them may decide what it likes


def _timetable(strategy: Strategy, end: dt.date) -> Dated:
    moves: Dated = {}
    for date, move in strategy.before(end + dt.timedelta(days=1)) or []:
        moves.setdefault(date, []).append(move)
    return moves


def _of_scenarios(first: MarketSettings, second: MarketSettings) -> Iterator[dt.date]:
    """Dates on which the two worlds differ; the first day for what has none."""
    start = first.calendar.start
    one, other = first.scenario, second.scenario
    if first.first_platforms != second.first_platforms:
        yield start
    for field in DATES:
        yield from _differing(_entries(first, field), _entries(second, field))
    if first.mechanisms.exclusivity and one.exclusivity != other.exclusivity:
        yield _of_exclusivity(first, second)
    for field in set(type(one).model_fields) - {"name", "exclusivity", *DATES, *BY_LAUNCHES}:
        if getattr(one, field) != getattr(other, field):
            yield start


def _entries(settings: MarketSettings, field: str) -> Dated:
    """Entries of one list of the scenario by date; what has no date holds from the start."""
    found: Dated = {}
    for entry in getattr(settings.scenario, field):
        date = getattr(entry, DATES[field]) or settings.calendar.start
        found.setdefault(date, []).append((settings.scenario.name if field in TOLD else "", entry))
    return found


def _of_exclusivity(first: MarketSettings, second: MarketSettings) -> dt.date:
    """The day on which the first of two rules ends, when they are one rule until then."""
    one, other = first.scenario.exclusivity, second.scenario.exclusivity
    if one is None or other is None or one.model_copy(update={"until": other.until}) != other:
        return first.calendar.start
    if (one.platform in first.competing) != (one.platform in second.competing):
        return first.calendar.start
    return min(rule.until for rule in (one, other) if rule.until is not None)


def _differing(first: Dated, second: Dated) -> Iterator[dt.date]:
    for date in first.keys() | second.keys():
        if first.get(date) != second.get(date):
            yield date
