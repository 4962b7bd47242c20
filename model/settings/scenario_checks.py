"""What of a scenario can be refused by the settings alone: names that are unknown, dates that contradict each other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from secondhalf.agents.vocabulary import CAPABILITY_CHANGES
from secondhalf.model.columns import MAX_PLATFORMS
from secondhalf.model.settings.scenario import ALL, BOUND, LINES, Scenario

if TYPE_CHECKING:
    from secondhalf.model.settings.market import MarketSettings


def check_scenario(settings: MarketSettings) -> None:
    """Raise ValueError for the first entry of the scenario that does not fit the other settings."""
    _check_moves(settings)
    _check_entrants(settings)
    scenario = settings.scenario
    for field in ("without", "shift", "bans", "caps", "self_preferencing"):
        for number, entry in enumerate(getattr(scenario, field)):
            where = f"scenario.{field}.{number}"
            if entry.platform not in (ALL, *LINES):
                settings.check_platform(entry.platform, f"{where}.platform")
            if getattr(entry, "capability", ALL) != ALL:
                settings.check_capability(entry.capability, f"{where}.capability")
    for number, favour in enumerate(scenario.self_preferencing):
        known = (*settings.merchants.kinds, BOUND)
        for name in favour.own:
            if name not in known:
                raise ValueError(f"scenario.self_preferencing.{number}.own={name}: allowed are {', '.join(known)}")
        bound_to = scenario.exclusivity.platform if scenario.exclusivity else "nobody"
        if BOUND in favour.own and favour.platform != bound_to:
            raise ValueError(
                f"scenario.self_preferencing.{number}.own={BOUND}: scenario.exclusivity binds shops to {bound_to}; "
                f"allowed on {favour.platform} are {', '.join(settings.merchants.kinds)}"
            )
    if scenario.exclusivity:
        _check_exclusivity(settings)


def _check_moves(settings: MarketSettings) -> None:
    seen = set()
    for number, move in enumerate(settings.scenario.moves):
        where = f"scenario.moves.{number}"
        settings.check_platform(move.platform, f"{where}.platform")
        settings.check_capability(move.capability, f"{where}.capability")
        if move.change not in CAPABILITY_CHANGES:
            raise ValueError(f"{where}.change={move.change}: allowed are {', '.join(CAPABILITY_CHANGES)}")
        what = (move.date, move.platform, move.capability)
        if what in seen:
            raise ValueError(
                f"{where}.date={move.date}: {move.platform} already moves {move.capability} on that day; allowed is "
                "one move a day"
            )
        seen.add(what)


def _check_entrants(settings: MarketSettings) -> None:
    scenario: Scenario = settings.scenario
    dates: dict[str, dt.date] = {}
    for number, entrant in enumerate(scenario.entrants):
        where = f"scenario.entrants.{number}"
        settings.check_platform(entrant.platform, f"{where}.platform")
        if entrant.platform in dates:
            raise ValueError(f"{where}.platform={entrant.platform}: enters already on {dates[entrant.platform]}")
        if entrant.date < settings.calendar.start:
            raise ValueError(
                f"{where}.date={entrant.date}: an entrant needs a date from calendar.start={settings.calendar.start} on"
            )
        dates[entrant.platform] = entrant.date
    if len(settings.competing) > MAX_PLATFORMS:
        raise ValueError(f"platforms and scenario.entrants name more than {MAX_PLATFORMS} platforms")
    if not settings.first_platforms:
        raise ValueError(f"platforms={settings.platforms}: all of them are entrants; one must be there from the start")
    for number, move in enumerate(scenario.moves):
        if move.date < dates.get(move.platform, move.date):
            raise ValueError(
                f"scenario.moves.{number}.date={move.date}: {move.platform} enters on {dates[move.platform]}; allowed "
                "is that day or a later one"
            )


def _check_exclusivity(settings: MarketSettings) -> None:
    rule = settings.scenario.exclusivity
    assert rule is not None
    settings.check_platform(rule.platform, "scenario.exclusivity.platform")
    for entrant in settings.scenario.entrants:
        if entrant.platform == rule.platform and (rule.since is None or rule.since < entrant.date):
            raise ValueError(
                f"scenario.exclusivity.since={rule.since}: {rule.platform} enters on {entrant.date}; allowed is that "
                "day or a later one"
            )
