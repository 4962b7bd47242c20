"""Launch edits: which launches a scenario leaves to the strategy `history`, and on which dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from secondhalf.agents.strategies import Launch, Strategy
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.calendar import FIRST_DATE
from secondhalf.conf.schema.scenario import ALL, ScenarioMove, Shift, Without

OPENINGS = ("test", "open", "strengthen", "restore")
"""Changes after which users see a capability."""
OF_WHAT_IS_THERE = ("close", "restrict", "restore")
"""Changes that need a capability to have been there."""


def rule_applies(
    settings: MarketSettings, rule: Without | Shift, platform: str, capability: str | None, change: str, date: dt.date
) -> bool:
    """Whether a rule of the scenario applies to a platform's change of a capability on a date."""
    if capability is None or rule.capability not in (ALL, capability) or not settings.means(rule.platform, platform):
        return False
    if isinstance(rule, Shift):
        return True
    return (rule.changes is None or change in rule.changes) and (rule.dates is None or date in rule.dates)


def edited_launches(settings: MarketSettings, platform: str, launches: Sequence[Launch]) -> list[Launch]:
    """A platform's launches without those that the scenario takes out, with the others' dates shifted, in order.

    Raises
    ------
    SettingsError
        when a rule that names the platform and a capability finds no launch, or moves one before what is given
    """
    scenario = settings.scenario
    named: list[tuple[str, Without | Shift]] = [
        *((f"scenario.without.{n}", entry) for n, entry in enumerate(scenario.without)),
        *((f"scenario.shift.{n}", entry) for n, entry in enumerate(scenario.shift)),
    ]
    for where, rule in named:
        if rule.platform == platform and rule.capability != ALL:
            found = [
                launch
                for launch in launches
                if rule_applies(settings, rule, platform, launch.capability, launch.change, launch.date)
            ]
            if not found:
                known = sorted({launch.capability for launch in launches if launch.capability})
                raise SettingsError(
                    f"{where}.capability={rule.capability}: {platform} has no such launch; its launches are of "
                    f"{', '.join(known) or 'nothing'}"
                )
    kept = []
    for launch in launches:
        if not any(
            rule_applies(settings, rule, platform, launch.capability, launch.change, launch.date)
            for rule in scenario.without
        ):
            kept.append(_shifted(settings, launch))
    return sorted(kept, key=lambda launch: launch.date)


def _shifted(settings: MarketSettings, launch: Launch) -> Launch:
    for number, rule in enumerate(settings.scenario.shift):
        if rule_applies(settings, rule, launch.platform, launch.capability, launch.change, launch.date):
            date = launch.date + dt.timedelta(days=rule.days)
            if date < FIRST_DATE:
                raise SettingsError(
                    f"scenario.shift.{number}.days={rule.days}: puts {launch.platform}'s {launch.capability} of "
                    f"{launch.date} on {date}; allowed are dates from {FIRST_DATE} on"
                )
            told = f"{launch.description}; {rule.days:+d} days in scenario {settings.scenario.name}"
            return replace(launch, date=date, description=told)
    return launch


def check_moves(settings: MarketSettings, strategies: Iterable[Strategy]) -> None:
    """Refuse imposed moves on capabilities that will never have been there.

    What strategies that decide will do is not known, so their platforms are left alone.

    Raises
    ------
    SettingsError
        for a `close`, `restrict` or `restore` of what is neither open at the start nor opened by then
    """
    fixed = {s.platform: s for s in strategies if not s.decides}
    moves = settings.scenario.moves
    for number, move in enumerate(moves):
        strategy = fixed.get(move.platform)
        if strategy is None or move.change not in OF_WHAT_IS_THERE:
            continue
        at_start = settings.platform[move.platform].open_at_start.get(move.capability)
        changes: list[Launch | ScenarioMove] = [*strategy.launches, *(other for other in moves if other is not move)]
        opened = any(
            (other.platform, other.capability) == (move.platform, move.capability)
            and other.change in OPENINGS
            and other.date <= move.date
            for other in changes
        )
        if not opened and not (at_start and at_start.exposure > 0):
            raise SettingsError(
                f"scenario.moves.{number}.change={move.change}: {move.platform} does not have {move.capability} by "
                f"{move.date}; allowed are test, open, strengthen"
            )
