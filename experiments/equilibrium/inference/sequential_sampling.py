"""Sequential sampling of a game: tests do not revisit earlier decisions, and each look spends part of the error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import (
    UNDECIDED,
    Edges,
    Gains,
    Verdicts,
    deviations,
    gains,
    intersect_intervals,
    verdicts,
)

Array = NDArray[np.float64]
Pair = tuple[int, int]
"""A profile's place and a seed, counted from 0."""


class Sampled(NamedTuple):
    """Result of simulating some pairs."""

    values: Array
    """log payoffs, [pairs, players]; nan where a run failed or was not made"""
    whole: bool
    """False when the budget ended on the way"""


Draw = Callable[[Sequence[Pair]], Sampled]


class StoppingRule(NamedTuple):
    """How to sample and judge.

    Attributes
    ----------
    error
        chance that any of all statements, over all looks, is wrong
    epsilon
        log gain that moves nobody
    first, most
        seeds at the first look, and at most
    more
        factor on seeds from look to look
    """

    error: float = 0.05
    epsilon: float = 0.0
    first: int = 4
    most: int = 64
    more: float = 2.0

    @property
    def looks(self) -> list[int]:
        """Seeds at each look there can be."""
        seeds = [min(self.first, self.most)]
        while seeds[-1] < self.most:
            seeds.append(min(max(int(np.ceil(seeds[-1] * self.more)), seeds[-1] + 1), self.most))
        return seeds

    @property
    def errors(self) -> list[float]:
        """What each look spends: the first one half, as it is the only one that a whole game may see, the others alike.

        Under few seeds an interval's width depends much on its error (Student's t has heavy tails), under many little.
        """
        later = len(self.looks) - 1
        return [self.error / 2, *[self.error / 2 / later] * later] if later else [self.error]


class Look(NamedTuple):
    """One look at the table."""

    seeds: int
    error: float
    """chance of a wrong statement that it spends"""
    runs: int
    """runs made for it"""
    certified: int
    refuted: int
    undecided: int


class Estimate(NamedTuple):
    """Result of sequential sampling."""

    values: Array
    """log payoffs, [profile, seed, player], nan where there is no run"""
    pairs: Edges
    gains: Gains
    verdicts: Verdicts
    looks: list[Look]
    whole: bool
    """False when the budget ended it"""

    @property
    def level(self) -> float:
        """Level of the intervals: one less what all looks spent."""
        return 1 - sum(look.error for look in self.looks)


def sample(
    profiles: int,
    players: int,
    pairs: Edges,
    draw: Draw,
    rule: StoppingRule,
    only: Sequence[int] | None = None,
    once: Sequence[int] = (),
) -> Estimate:
    """Simulate until every profile is decided, the seeds run out, or the budget does.

    At each look all profiles are judged. Those undecided, and the profiles that their open deviations lead to, are
    simulated under more seeds. As all gains, decided or not, stay in the family of each look, choosing by what was seen
    adds no error; and as the intervals of all looks hold at once, what is left of a gain is where they all meet, so
    that what has been decided stays so.

    Parameters
    ----------
    pairs
        deviations between profiles, by place
    only
        places of the profiles whose verdicts are wanted; None for all
    once
        places that the first look simulates under one seed only, so that every profile has a payoff
    """
    values = np.full((profiles, rule.most, players), np.nan)
    tried = np.zeros((profiles, rule.most), bool)
    active, looks = np.arange(profiles), list[Look]()
    before: Gains | None = None
    for seeds, error in zip(rule.looks, rule.errors, strict=True):
        few = np.isin(active, once) if not looks else np.zeros(active.size, bool)
        wanted = [
            (int(place), seed)
            for seed in range(seeds)
            for place in (active if seed == 0 else active[~few])
            if not tried[place, seed]
        ]
        drawn = draw(wanted)
        for (place, seed), row in zip(wanted, drawn.values, strict=True):
            values[place, seed], tried[place, seed] = row, True
        found = before = intersect_intervals(gains(values[:, :seeds], pairs, 1 - error), before)
        judged = verdicts(pairs, found, profiles, rule.epsilon)
        counts = (judged.word.count(word) for word in ("certified", "refuted", "undecided"))
        looks.append(Look(seeds, error, len(wanted), *counts))
        active = still_open(pairs, found, judged, rule.epsilon, only)
        if not drawn.whole or not active.size:
            break
    return Estimate(values[:, :seeds], pairs, found, judged, looks, drawn.whole)


def still_open(
    pairs: Edges, found: Gains, judged: Verdicts, epsilon: float, only: Sequence[int] | None = None
) -> NDArray[np.intp]:
    """Undecided profiles, and what is needed to decide them.

    Where some deviation seems to pay, that is the one whose gain stands out most, as one is enough to refute; else all
    deviations that might pay.
    """
    every = deviations(pairs, found)
    undecided = np.array([word == UNDECIDED for word in judged.word])
    if only is not None:
        undecided &= np.isin(np.arange(undecided.size), only)
    error = np.concatenate([found.error, found.error])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.isfinite(error), (every.gain - epsilon) / error, np.nan)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)  # nothing is known of it: it has to be run
    best = np.full(undecided.size, -np.inf)
    np.maximum.at(best, every.start, ratio)
    seems = best[every.start] > 0
    matter = undecided[every.start] & ~(every.high <= epsilon) & (~seems | (ratio >= best[every.start]))
    return np.unique(np.concatenate([np.flatnonzero(undecided), every.to[matter]]))
