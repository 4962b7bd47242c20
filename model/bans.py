"""What a scenario forbids platforms: capabilities closed from a date on, and moves that strategies may not make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from secondhalf.agents.move import Move
from secondhalf.agents.platform import Platform
from secondhalf.model.replay import OPENINGS, means
from secondhalf.model.settings import MarketSettings
from secondhalf.model.settings.scenario import ALL, Ban

BLOCKED = "blocked"
"""What moves.csv gives as the change of a move that a ban stopped."""


@dataclass(frozen=True)
class Blocked(Move):
    """A move that was made and had no effect."""

    def __post_init__(self) -> None:
        """No change of its own to check: the move that it stands for was checked."""


class Bans:
    """Answers whether a move is allowed, and closes what a ban finds open."""

    def __init__(self, settings: MarketSettings) -> None:
        self.settings = settings
        self.label = f"scenario {settings.scenario.name}"

    def against(self, platform: Platform, move: Move, date: dt.date, imposed: bool = False) -> str | None:
        """Why a platform may not make a move on a date; None when it may.

        Parameters
        ----------
        imposed
            the move is the scenario's own: bans stop it, `scenario.without` speaks of strategies only
        """
        if move.capability is None:
            return None
        for ban in self.settings.scenario.bans:
            banned = ban.capability in (ALL, move.capability) and self.settings.means(ban.platform, platform.name)
            if banned and date >= ban.since and move.change in OPENINGS:
                return self._told(move.capability, ban)
        if imposed or platform.strategy.replays:  # history has lost those launches already
            return None
        for rule in self.settings.scenario.without:
            if means(self.settings, rule, platform.name, move.capability, move.change):
                return f"{move.change} of {move.capability} does not happen ({self.label})"
        return None

    def closings(self, platforms: Sequence[Platform], date: dt.date) -> list[tuple[Platform, Move]]:
        """What bans in force find open and close: on their dates, and where a platform enters with it."""
        found: dict[tuple[str, str], tuple[Platform, Move]] = {}  # two bans may close the same
        for ban in self.settings.scenario.bans:
            for platform in platforms if date >= ban.since else ():
                if not self.settings.means(ban.platform, platform.name):
                    continue
                table = platform.capabilities
                for name in table.names if ban.capability == ALL else [ban.capability]:
                    if table.exposure[platform.index, table.column[name]] > 0:
                        move = Move("close", name, reason=self._told(name, ban))
                        found.setdefault((platform.name, name), (platform, move))
        return list(found.values())

    def _told(self, capability: str, ban: Ban) -> str:
        return f"{capability} is banned since {ban.since} ({self.label})"


def blocked(move: Move, why: str) -> Move:
    """What stands in the record for a move that a scenario stopped."""
    return Blocked(BLOCKED, move.capability, move.entrance, reason=f"{why}; {move.change} was meant: {move.reason}")
