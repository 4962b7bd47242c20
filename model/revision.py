"""Who moves on a day and in which order: the scenario's dated moves, and the platforms' turns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from secondhalf.agents.platform import Move, Platform
from secondhalf.model.settings import MarketSettings
from secondhalf.model.streams import Decision, key, name_id

ScenarioMoves = dict[int, list[tuple[Platform, Move]]]


def scenario_calendar(settings: MarketSettings, platforms: Sequence[Platform]) -> ScenarioMoves:
    """Moves that the scenario imposes, by day; those of platforms that do not compete are left out."""
    by_name = {platform.name: platform for platform in platforms}
    reason = f"scenario {settings.scenario.name}"
    moves: ScenarioMoves = {}
    for imposed in settings.scenario.moves:
        if imposed.platform in by_name:
            move = Move(imposed.change, imposed.capability, imposed.entrance, reason=reason)
            day = (imposed.date - settings.calendar.start).days
            moves.setdefault(day, []).append((by_name[imposed.platform], move))
    return moves


def revision_order(platforms: Sequence[Platform], seed: int, date: dt.date) -> list[Platform]:
    """Platforms in the keyed random order of the quarter that `date` lies in."""
    quarter = date.year * 4 + (date.month - 1) // 3
    return sorted(platforms, key=lambda p: int(key(seed, Decision.REVISION_ORDER, quarter, name_id(p.name))))
