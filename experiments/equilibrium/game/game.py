"""Game: its players, the options of each, and the profiles of options by their places."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

from secondhalf.agents.legal_moves import choosable_of
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.calendar import FIRST_DATE
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.model.data_files import read_launches
from secondhalf.model.snapshots.capability_profile import Choice

SHOWN = {"open": 1.0, "strengthen": 1.0, "close": 0.0}


@dataclass(frozen=True)
class Strategy:
    """A named choice of a player."""

    name: str
    choice: Choice


@dataclass(frozen=True)
class Game:
    """Players and their strategies; the first of each is `stay`.

    Attributes
    ----------
    players
        platforms that choose, in the order of the settings
    strategies
        of each player
    history
        place of what each player really did among its strategies
    """

    players: tuple[str, ...]
    strategies: tuple[tuple[Strategy, ...], ...]
    history: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of strategies of each player."""
        return tuple(len(own) for own in self.strategies)

    @cached_property
    def profiles(self) -> list[tuple[int, ...]]:
        """All profiles, in the order of the flattened table."""
        found: list[tuple[int, ...]] = [()]
        for count in self.shape:
            found = [(*profile, action) for profile in found for action in range(count)]
        return found

    @property
    def nobody(self) -> tuple[int, ...]:
        """The profile of the first half: all players `stay`."""
        return (0,) * len(self.players)

    @property
    def everybody(self) -> tuple[int, ...]:
        """The profile in which each player has its last bundle."""
        return tuple(count - 1 for count in self.shape)

    def place(self, profile: tuple[int, ...]) -> int:
        """Where a profile stands in `profiles`."""
        place = 0
        for action, count in zip(profile, self.shape, strict=True):
            place = place * count + action
        return place

    def choices(self, profile: tuple[int, ...]) -> dict[str, Choice]:
        """The choice of each player."""
        pairs = zip(self.players, self.strategies, profile, strict=True)
        return {name: own[action].choice for name, own, action in pairs}

    def names(self, profile: tuple[int, ...]) -> list[str]:
        """The name of what each player chooses."""
        return [own[action].name for own, action in zip(self.strategies, profile, strict=True)]

    def words(self, profile: tuple[int, ...]) -> str:
        """A profile in one line."""
        return ", ".join(f"{who} {what}" for who, what in zip(self.players, self.names(profile), strict=True))

    def described(self, player: int, has: frozenset[str], standing: frozenset[str] = frozenset()) -> str:
        """What a player has, as the nearest of its strategies and what is more or less than that.

        Parameters
        ----------
        standing
            what stays as it stands where a strategy is not about it
        """
        whole = {one.name: one.choice.has | (standing - one.choice.among) for one in self.strategies[player]}
        name = min(whole, key=lambda one: len(whole[one] ^ has))
        more, less = sorted(has - whole[name]), sorted(whole[name] - has)
        return name + (f" with {'+'.join(more)}" if more else "") + (f" without {'+'.join(less)}" if less else "")

    def with_strategy(self, player: int, choice: Choice, name: str) -> Game:
        """A game in which a player has one more strategy."""
        new = Strategy(name, choice)
        own = tuple((*known, new) if place == player else known for place, known in enumerate(self.strategies))
        return replace(self, strategies=own)

    def around(self, profile: tuple[int, ...]) -> list[int]:
        """Places of a profile and of all that differ from it in one player's choice."""
        others = [
            (*profile[:player], action, *profile[player + 1 :])
            for player, count in enumerate(self.shape)
            for action in range(count)
        ]
        return list(dict.fromkeys([self.place(profile), *(self.place(one) for one in others)]))


def capabilities_text(capabilities: frozenset[str]) -> str:
    """A set of capabilities in one word."""
    return "{" + "+".join(sorted(capabilities)) + "}"


def find_game(settings: MarketSettings, options: Equilibrium) -> Game:
    """The game of some options.

    Raises
    ------
    SettingsError
        one sentence naming player, bundle or capability and what is allowed
    """
    players = _players(settings, options)
    made = []
    for name in players:
        kind = settings.platform[name].kind
        bundles = options.bundles.get(kind)
        if bundles is None:
            raise SettingsError(f"equilibrium.bundles: {name} is a {kind} platform, for which there are no bundles")
        for bundle, items in bundles.items():
            for item in items:
                _check_item(settings, name, f"equilibrium.bundles.{kind}.{bundle}", item)
        among = frozenset(item for items in bundles.values() for item in items)
        made.append(tuple(Strategy(bundle, Choice(among, frozenset(items))) for bundle, items in bundles.items()))
    history = tuple(_history(settings, options, name, own) for name, own in zip(players, made, strict=True))
    return Game(players, tuple(made), history)


def _players(settings: MarketSettings, options: Equilibrium) -> tuple[str, ...]:
    there = [name for name in settings.competing if settings.entrants.get(name, options.revision) <= options.revision]
    given = options.players or tuple(there)
    for name in given:
        if name not in there:
            raise SettingsError(
                f"equilibrium.players={list(given)}: {name} does not compete on {options.revision}; allowed are "
                f"{', '.join(there)}"
            )
    if len(set(given)) < len(given):
        raise SettingsError(f"equilibrium.players={list(given)}: name each player once")
    return tuple(name for name in there if name in given)


def _check_item(settings: MarketSettings, player: str, where: str, item: str) -> None:
    if item not in settings.capability:
        raise SettingsError(f"{where}: unknown capability {item!r}; known are {', '.join(settings.capability)}")
    allowed = choosable_of(settings.platform[player], settings.capability)
    if item not in allowed:
        raise SettingsError(f"{where}: {player} may not choose {item}; allowed are {', '.join(allowed)}")


def _history(settings: MarketSettings, options: Equilibrium, player: str, own: tuple[Strategy, ...]) -> int:
    """Which strategy a platform really followed: as told, else by its launches."""
    names = [strategy.name for strategy in own]
    named = options.history.get(player)
    if named is not None:
        if named not in names:
            raise SettingsError(f"equilibrium.history.{player}={named}: allowed are {', '.join(names)}")
        return names.index(named)
    found = capabilities_opened_by(settings, player, options.history_until) & own[0].choice.among
    for place, strategy in enumerate(own):
        if strategy.choice.has == found:
            return place
    raise SettingsError(
        f"equilibrium.history: by {options.history_until} {player} had opened {', '.join(sorted(found)) or 'nothing'}, "
        f"which is no bundle; say which stands for it in equilibrium.history.{player}: {', '.join(names)}"
    )


def capabilities_opened_by(settings: MarketSettings, platform: str, until: dt.date) -> frozenset[str]:
    """Capabilities that everybody saw on a platform by a date, from its start and its launches."""
    named = {name: start.exposure for name, start in settings.platform[platform].open_at_start.items()}
    file = settings.strategy_of(platform).parameters.get("launches", settings.market.launches)
    for launch in read_launches(str(file), list(settings.platform), list(settings.capability)):
        if launch.platform == platform and launch.capability and FIRST_DATE <= launch.date <= until:
            named[launch.capability] = SHOWN.get(launch.change, named.get(launch.capability, 0.0))
    return frozenset(name for name, part in named.items() if part >= 1)
