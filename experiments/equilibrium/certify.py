"""Certification of candidate profiles: deviations to all capability sets, beyond the bundles of the game.

Verdicts themselves come from `inference.simultaneous_intervals.verdicts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from secondhalf.agents.legal_moves import choosable_of
from secondhalf.experiments.equilibrium.game.game import Game, capabilities_text
from secondhalf.experiments.equilibrium.game.market_game import Choices, MarketGame
from secondhalf.experiments.equilibrium.inference.sequential_sampling import (
    Estimate,
    Pair,
    Sampled,
    StoppingRule,
    sample,
)
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import REFUTED, deviations_from_first
from secondhalf.model.snapshots.capability_profile import Choice

SCREENED = 2
"""Seeds of the screening."""


class Deviation(NamedTuple):
    """A player that chooses another set of capabilities."""

    player: int
    choice: Choice


class Certified(NamedTuple):
    """A candidate tested against every capability set.

    Attributes
    ----------
    profile
        the candidate
    all
        deviations that there are
    ruled_out
        those that two seeds ruled out, with the larger of their two gains
    judged
        the others
    estimate
        of the others: place 0 is the candidate, place n + 1 the n-th of `judged`; None when none was left
    whole
        False when the budget ended it
    """

    profile: tuple[int, ...]
    all: list[Deviation]
    ruled_out: list[tuple[Deviation, float]]
    judged: list[Deviation]
    estimate: Estimate | None
    whole: bool

    @property
    def word(self) -> str:
        """The candidate's verdict against all sets."""
        return self.estimate.verdicts.word[0] if self.estimate else "certified"

    @property
    def paying(self) -> Deviation | None:
        """The deviation that pays most surely, if one does."""
        if self.estimate is None or self.word != REFUTED:
            return None
        return self.judged[int(self.estimate.verdicts.to[0]) - 1]


def all_deviations(market: MarketGame, game: Game, profile: tuple[int, ...]) -> list[Deviation]:
    """Every other set of the capabilities that each player may choose."""
    settings, found = market.setup.settings, []
    for number, name in enumerate(game.players):
        may = sorted(choosable_of(settings.platform[name], settings.capability))
        chosen = game.strategies[number][profile[number]].choice
        has = chosen.has | (market.past.standing[name] - chosen.among)
        for size in range(len(may) + 1):
            for items in combinations(may, size):
                if frozenset(items) != has:
                    found.append(Deviation(number, Choice(frozenset(may), frozenset(items))))
    return found


def certify(
    market: MarketGame, game: Game, profile: tuple[int, ...], rule: StoppingRule, part: float, margin: float | None
) -> Certified:
    """Test a candidate against all deviations.

    Parameters
    ----------
    rule
        how to sample; its error is what this candidate may spend
    part
        of the budget that may be used in all
    margin
        deviations that lose more than this log gain under each of two seeds are left out; None to judge all of them
    """
    every = all_deviations(market, game, profile)
    base = game.choices(profile)

    def choices(own: Sequence[Deviation]) -> list[Choices]:
        return [base, *(base | {game.players[one.player]: one.choice} for one in own)]

    judged, ruled_out, whole = every, list[tuple[Deviation, float]](), True
    if margin is not None:
        sets = choices(every)
        pairs = [(place, seed) for seed in range(SCREENED) for place in range(len(sets))]
        drawn = market.draw(sets, pairs, part)
        whole, values = drawn.whole, drawn.values.reshape(SCREENED, len(sets), -1)
        judged = []
        for number, one in enumerate(every):
            gain = float(np.max(values[:, number + 1, one.player] - values[:, 0, one.player]))
            if gain < -margin:
                ruled_out.append((one, gain))
            else:  # not run yet (nan) counts as a contender
                judged.append(one)
    if not judged:
        return Certified(profile, every, ruled_out, judged, None, whole)
    sets = choices(judged)

    def draw(pairs: Sequence[Pair]) -> Sampled:
        return market.draw(sets, pairs, part)

    found = sample(len(sets), len(game.players), deviations_from_first([one.player for one in judged]), draw, rule, [0])
    return Certified(profile, every, ruled_out, judged, found, whole and found.whole)


def named(game: Game, one: Deviation) -> tuple[str, str]:
    """Player and set of a deviation, in words."""
    return game.players[one.player], capabilities_text(one.choice.has)
