"""What a scenario forbids platforms: capabilities closed from a date on, and moves that strategies may not make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from secondhalf.agents.platform import Move, Platform
from secondhalf.agents.strategies import History
from secondhalf.model.replay import OPENINGS, means
from secondhalf.model.settings import MarketSettings

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
            banned = ban.capability in ("*", move.capability) and self.settings.means(ban.platform, platform.name)
            if banned and date >= ban.since and move.change in OPENINGS:
                return f"{move.capability} is banned since {ban.since} ({self.label})"
        if imposed or isinstance(platform.strategy, History):  # history has lost those launches already
            return None
        for rule in self.settings.scenario.without:
            if means(self.settings, rule, platform.name, move.capability, move.change):
                return f"{move.change} of {move.capability} does not happen ({self.label})"
        return None

    def carry_out(
        self, platform: Platform, move: Move, date: dt.date, imposed: bool = False
    ) -> tuple[Platform, Move, float]:
        """Let a platform move, or note that it could not: platform, move and what it cost at once, RMB."""
        why = self.against(platform, move, date, imposed)
        if why is None:
            return platform, move, platform.apply(move)
        told = f"{why}; {move.change} was meant: {move.reason}"
        return platform, Blocked(BLOCKED, move.capability, move.entrance, reason=told), 0.0

    def impose(self, platforms: Sequence[Platform], date: dt.date) -> list[tuple[Platform, Move, float]]:
        """Close what bans in force find open: on their dates, and where a platform enters with it."""
        made = []
        for ban in self.settings.scenario.bans:
            for platform in platforms if date >= ban.since else ():
                if not self.settings.means(ban.platform, platform.name):
                    continue
                table = platform.capabilities
                for name in table.names if ban.capability == "*" else [ban.capability]:
                    if table.exposure[platform.index, table.column[name]] > 0:
                        move = Move("close", name, reason=f"{name} is banned since {ban.since} ({self.label})")
                        made.append((platform, move, platform.apply(move)))
        return made
