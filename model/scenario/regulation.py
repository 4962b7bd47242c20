"""Regulation by a scenario: dated moves, bans, caps, and self-preferencing of platforms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.merchant import MerchantTable
from secondhalf.agents.move import Move
from secondhalf.agents.platform import LEVERS, Platform
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.scenario import ALL, BOUND, Ban
from secondhalf.model.scenario.launch_edits import OPENINGS, rule_applies

ScenarioMoves = dict[int, list[tuple[Platform, Move]]]
BLOCKED = "blocked"
"""What moves.csv gives as the change of a move that a ban stopped."""


def scenario_calendar(settings: MarketSettings, platforms: Sequence[Platform]) -> ScenarioMoves:
    """Moves that the scenario imposes, by day; those of platforms that do not compete are left out."""
    by_name = {platform.name: platform for platform in platforms}
    moves: ScenarioMoves = {}
    for imposed in settings.scenario.moves:
        if imposed.platform in by_name:
            part = "" if imposed.share is None else f", for {imposed.share:.3g} of the users"
            reason = f"scenario {settings.scenario.name}{part}"
            move = Move(imposed.change, imposed.capability, imposed.entrance, share=imposed.share, reason=reason)
            day = max((imposed.date - settings.calendar.start).days, 0)  # imposed earlier: in force from the first day
            moves.setdefault(day, []).append((by_name[imposed.platform], move))
    return moves


@dataclass(frozen=True)
class Blocked(Move):
    """A move that was made and had no effect."""

    def __post_init__(self) -> None:
        """No change of its own to check: the move that it stands for was checked."""


class Bans:
    """Bans in force: whether a move is allowed, and which open capabilities have to close."""

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
            if rule_applies(self.settings, rule, platform.name, move.capability, move.change, date):
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
    """The entry in the record for a move that a scenario blocked."""
    return Blocked(BLOCKED, move.capability, move.entrance, reason=f"{why}; {move.change} was meant: {move.reason}")


class Caps:
    """Caps in force on platforms' levers; applying a cap twice changes nothing.

    What a cap on the load of a feed does to users and merchants is in `supply.offer` and `supply.sales`.
    """

    def __init__(self, settings: MarketSettings) -> None:
        self.settings = settings

    def impose(self, date: dt.date, platforms: Sequence[Platform]) -> None:
        """Lower today's rates and load to the caps."""
        for cap in self.settings.scenario.caps:
            for platform in platforms if date >= cap.since else ():
                for lever in LEVERS:
                    most = getattr(cap, lever)
                    if most is not None and self.settings.means(cap.platform, platform.name):
                        platform.lower(lever, most)


class Preferencing:
    """Factors on weights in search; a platform's own merchants are kinds, or shops that exclusivity ties to it."""

    def __init__(self, settings: MarketSettings) -> None:
        self.settings = settings
        self.rules = settings.scenario.self_preferencing
        self._in_force: list[bool] = []

    def changed(self, date: dt.date | None) -> bool:
        """Whether other rules are in force than at the last call; `None` is a day of settling in."""
        before, self._in_force = self._in_force, [rule.holds(date) for rule in self.rules]
        return before != self._in_force

    def factors(
        self, table: MerchantTable, bound: NDArray[np.bool_], names: list[str], date: dt.date | None
    ) -> NDArray[np.float64] | None:
        """Factor on each merchant's weight in each platform's search, [M, P]; None when no rule is in force.

        `bound` marks merchants that exclusivity ties to its platform, `names` are those of the platforms, in order.
        """
        rules = [rule for rule in self.rules if rule.holds(date)]
        if not rules:
            return None
        factors = np.ones(table.shop.shape)
        kinds = np.array(table.kind_names)[table.kind]
        for rule in rules:
            own = np.isin(kinds, rule.own) | (bound if BOUND in rule.own else False)
            for p, name in enumerate(names):
                if self.settings.means(rule.platform, name):
                    factors[:, p] *= np.where(own & table.shop[:, p], rule.factor, 1.0)
        return factors
