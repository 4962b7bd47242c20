"""Resuming a market with other settings: what may change, and what the past has fixed.

The past stays as it is: what the new settings date before the day on which the market goes on is not made up for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.model.random_streams import Decision
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.snapshots.branch import branch
from secondhalf.model.snapshots.fork import M
from secondhalf.model.state import State
from secondhalf.model.users.population import online_from

FREE = ("scenario", "strategy", "strategies", "objective", "objectives", "growth")
"""Settings that may change on any day."""
END = "calendar.end"
"""May change as long as there is a day left."""
SWITCHES = "mechanisms."
"""Named first, as a mechanism that is switched off changes other settings."""
APPLIED = ("limits",)
"""Settings that have done their work when a market begins."""
MAY_CHANGE = f"a market that goes on may change {', '.join(FREE)} and {END}"


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Single settings by their dotted names; a list, and a group without entries, is one setting."""
    if not isinstance(value, dict) or not value:
        yield name, value
        return
    for key, entry in value.items():
        yield from leaves(entry, f"{name}.{key}" if name else str(key))


def check_change(before: MarketSettings, after: MarketSettings, date: dt.date) -> None:
    """Refuse settings with which a market that had others cannot go on.

    Parameters
    ----------
    before
        until now
    after
        from now on
    date
        the first day with `after`

    Raises
    ------
    SettingsError
        naming the setting, both values, and what may change
    """
    known = dict(leaves(before.model_dump(mode="json")))
    wanted = dict(leaves(after.model_dump(mode="json")))
    names = [*known, *(name for name in wanted if name not in known)]
    for name in sorted(names, key=lambda name: not name.startswith(SWITCHES)):
        free = name.split(".")[0] in (*FREE, *APPLIED) or name == END
        if not free and known.get(name) != wanted.get(name):
            raise SettingsError(f"{name}={wanted.get(name)}: it was {known.get(name)} until now; {MAY_CHANGE}")
    if after.calendar.end < date:
        raise SettingsError(f"{END}={after.calendar.end}: the market goes on from {date}; allowed is that day or later")
    _check_entrants(before, after, date)
    _check_exclusivity(before, after, date)
    for field, of in (("moves", "date"), ("shocks", "until")):
        for number, entry in enumerate(getattr(after.scenario, field)):
            last = getattr(entry, of)
            late = last < date if of == "date" else last <= date
            if late and entry not in getattr(before.scenario, field):
                raise SettingsError(
                    f"scenario.{field}.{number}.{of}={last}: the market goes on from {date}, so that it would have no "
                    "effect; allowed are later dates"
                )


def _check_entrants(before: MarketSettings, after: MarketSettings, date: dt.date) -> None:
    there = [name for name in before.competing if before.entrants.get(name, date) < date or name not in before.entrants]
    names = [*after.first_platforms, *(name for name in after.entrants if name in there)]
    for name in there:
        if name not in names:
            raise SettingsError(f"scenario.entrants: {name} has entered before {date} and cannot be left out")
    for name in names:
        if name not in there:
            raise SettingsError(
                f"scenario.entrants: {name} has not competed before {date} and needs a date to enter on"
            )
    for name, day in after.entrants.items():
        if name in there and before.entrants.get(name) != day:
            raise SettingsError(f"scenario.entrants: {name} has competed before {date} and cannot enter on {day}")


def _check_exclusivity(before: MarketSettings, after: MarketSettings, date: dt.date) -> None:
    """The rule in force may end on another day; another one may begin while none is in force."""
    one, other = before.scenario.exclusivity, after.scenario.exclusivity
    if one == other or not before.mechanisms.exclusivity:
        return
    yesterday = date - dt.timedelta(days=1)
    in_force = one is not None and one.holds(yesterday)
    if in_force and other is not None and one is not None:
        if other.model_copy(update={"until": one.until}) == one and (other.until is None or other.until >= date):
            return
        raise SettingsError(
            f"scenario.exclusivity: {one.platform}'s is in force on {date}; only its `until` may change, to that day "
            "or a later one"
        )
    if in_force:
        raise SettingsError(
            f"scenario.exclusivity=null: one is in force; to end it, set scenario.exclusivity.until={date}"
        )
    if other is not None and (other.since is None or other.since < date):
        raise SettingsError(
            f"scenario.exclusivity.since={other.since}: none is in force on {date}; allowed are that day or later ones"
        )


def go_on(market: M, settings: MarketSettings) -> M:
    """A copy of the market that continues with other settings.

    Forks of one market into several scenarios are several calls. `market` stays as it is.

    Raises
    ------
    SettingsError
        as `check_change`; or when the market has no day left, whose last one was settled as such
    """
    if not market.running:
        raise SettingsError(f"the market has reached its last day, {market.calendar.end}; there is no day left to run")
    date = market.calendar.dates[market.day]
    check_change(market.settings, settings, date)
    other = branch(market, settings)
    for platform in other.platforms:
        platform.growth = settings.growth
        platform.set_levers()  # what caps have lowered is put back; those of `settings` lower it again on their days
    another = settings.scenario.exclusivity != market.settings.scenario.exclusivity
    if another and (other.exclusivity.rule is None or not other.exclusivity.begun):
        other.exclusivity = ExclusivityRule(settings, other.trade.table)
    _come_online(other)
    other.running = other.day < other.calendar.days
    return other


def _come_online(market: State) -> None:
    """When each user comes online, under a calendar that may be longer; until today nothing changes."""
    population = market.population
    rank = population.uniforms(Decision.ONLINE_FROM)
    if rank.size == market.settings.population.users:  # the sample of a small fork keeps what it had
        days = online_from(market.calendar.people_online, market.settings.population.people, rank)
        population.columns.online_from[:] = days
