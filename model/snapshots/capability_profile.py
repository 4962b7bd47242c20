"""Capability profile: a fork in which some platforms' capabilities are fixed from one day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from secondhalf.agents.legal_moves import choosable
from secondhalf.agents.move import Move
from secondhalf.agents.platform import Platform
from secondhalf.agents.strategies.committed import Committed
from secondhalf.model.snapshots.fork import M
from secondhalf.model.state import State


class Choice(NamedTuple):
    """The capabilities that a platform chooses.

    Attributes
    ----------
    among
        capabilities that the choice is about
    has
        those of them that it has
    """

    among: frozenset[str]
    has: frozenset[str]


Profile = Mapping[str, Choice]
"""A choice by platform; platforms without one go on as they would."""


def with_profile(market: M, profile: Profile) -> M:
    """A fork with all users in which the capabilities of a profile's platforms are fixed.

    On the fork's first day each of them opens to everybody what its choice has, and closes what its choice is about
    and does not have; the scenario's bans still hold. From then on it changes none of the capabilities that it may
    choose, and none that the choice is about: what else is open stays as it is. All other moves go on.
    """
    child = market.fork()
    for platform in child.platforms:
        if platform.name in profile:
            platform.strategy = Committed(platform.strategy, {*choosable(platform), *profile[platform.name].among})
    set_profile(child, profile)
    return child


def set_profile(market: State, profile: Profile) -> None:
    """Start the market's next day with the moves that lead to a profile."""
    for platform in market.platforms:
        if platform.name in profile:
            made = [(platform, move) for move in moves_to_choice(platform, profile[platform.name])]
            market.scenario_moves.setdefault(market.day, []).extend(made)


def moves_to_choice(platform: Platform, choice: Choice) -> list[Move]:
    """The moves that lead from a platform as it stands to its choice, in order of names."""
    table, moves = platform.capabilities, []
    for name in sorted(choice.among):
        shown = table.exposure[platform.index, table.column[name]]
        if name in choice.has and shown < 1:
            moves.append(Move("open", name, reason="profile"))
        if name not in choice.has and shown > 0:
            moves.append(Move("close", name, reason="profile"))
    return moves


def current_capabilities(market: State) -> dict[str, frozenset[str]]:
    """What each platform has of the capabilities that it may choose: those that everybody sees."""
    table = market.capabilities
    return {
        platform.name: frozenset(
            name for name in choosable(platform) if table.exposure[platform.index, table.column[name]] >= 1
        )
        for platform in market.platforms
    }
