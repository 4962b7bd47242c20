"""Solution of the estimated game: statements from the payoff table, and how often resampled tables agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.equilibrium.game.game import Game
from secondhalf.experiments.equilibrium.inference.payoff_table import payoff_table, resamples
from secondhalf.experiments.equilibrium.inference.sequential_sampling import Estimate
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED, REFUTED
from secondhalf.experiments.game_theory.best_response_chain import Sinks, best_response_chain, sinks
from secondhalf.experiments.game_theory.efficiency import Dilemma, Prices, dilemma, prices
from secondhalf.experiments.game_theory.gth_stationary import stationary
from secondhalf.experiments.game_theory.logit_and_alpha_rank import alpha_rank_chain, logit_chain
from secondhalf.experiments.game_theory.logit_qre import LogitPath, logit_path
from secondhalf.experiments.game_theory.pure_nash import pure_equilibria, regrets

Array = NDArray[np.float64]
Profile = tuple[int, ...]
MISTAKES = 0.01
"""Log gain whose odds against nothing are e to one: the scale of the logit chain, and of alpha-rank's selection."""


class Reading(NamedTuple):
    """What one table, estimated or resampled, says."""

    equilibria: list[Profile]
    """pure, within epsilon"""
    regret: Array
    """largest log gain of any player, [profile]"""
    reached: Array
    """probability that best responses from all `stay` end in each profile's sink, [profile]; 0 outside of sinks"""
    moves: float
    """mean number of changes on the way"""
    prices: Prices | None


@dataclass(frozen=True)
class Solution:
    """What is said of the game.

    Attributes
    ----------
    table, levels
        log payoffs, and payoffs as parts of those when nobody crosses, [player, a_1, ..., a_n]
    reading
        of the estimated table
    resampled
        the same of resampled tables
    sinks
        of the chain of best responses
    logit, alpha
        long-run mass of each profile when platforms make mistakes, [profile]
    path
        the logit path in levels, with its end
    focus
        the profile that is spoken of first: certified, or else the one most surely an equilibrium
    dilemma
        of going from nobody's crossing to `focus`
    """

    table: Array
    levels: Array
    reading: Reading
    resampled: list[Reading]
    sinks: Sinks
    logit: Array
    alpha: Array
    path: LogitPath
    focus: Profile
    dilemma: Dilemma
    certified: list[Profile] = field(default_factory=list)

    def often(self, profile: Profile) -> float:
        """Part of the resampled tables in which a profile is an equilibrium; of the table itself without any."""
        tables = self.resampled or [self.reading]
        return float(np.mean([profile in one.equilibria for one in tables]))


def log_table(game: Game, values: Array, weights: Array | None = None) -> Array:
    """Payoffs by player and profile, [player, a_1, ..., a_n]."""
    return np.moveaxis(payoff_table(values, weights), 1, 0).reshape(len(game.players), *game.shape)


def solve(game: Game, estimate: Estimate, epsilon: float, count: int) -> Solution | None:
    """Everything that follows from the table; None while some profile has no run.

    Parameters
    ----------
    epsilon
        log gain that moves nobody
    count
        resampled tables
    """
    values = estimate.values
    if np.isnan(values[:, :, 0]).all(axis=1).any():
        return None
    table, levels = _tables(game, values)
    chain = sinks(best_response_chain(table, epsilon))
    reading = read(game, table, levels, epsilon, chain)
    resampled = []
    for weights in resamples(values.shape[1], count):
        own, own_levels = _tables(game, values, weights)
        if np.isfinite(own).all():
            resampled.append(read(game, own, own_levels, epsilon))
    certified = [game.profiles[place] for place, word in enumerate(estimate.verdicts.word) if word == CERTIFIED]
    focus = _focus(game, estimate, reading, certified)
    return Solution(
        table,
        levels,
        reading,
        resampled,
        chain,
        stationary(logit_chain(table, 1 / MISTAKES)),
        stationary(alpha_rank_chain(table, 1 / MISTAKES)),
        logit_path(levels),
        focus,
        dilemma(levels, game.nobody, focus),
        certified,
    )


def _tables(game: Game, values: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Log payoffs, and payoffs relative to the profile in which all stay."""
    levels = log_table(game, np.exp(values), weights)
    base = levels.reshape(len(game.players), -1)[:, game.place(game.nobody)]
    return log_table(game, values, weights), levels / base.reshape(-1, *(1,) * len(game.players))


def read(game: Game, table: Array, levels: Array, epsilon: float, known: Sinks | None = None) -> Reading:
    """What one table says."""
    chain = known or sinks(best_response_chain(table, epsilon))
    start, reached = game.place(game.nobody), np.zeros(len(game.profiles))
    for number, states in enumerate(chain.members):
        reached[states] = chain.reached[start, number]
    equilibria = [tuple(int(action) for action in row) for row in pure_equilibria(table, epsilon)]
    regret = regrets(table).max(axis=0).ravel()
    return Reading(equilibria, regret, reached, float(chain.moves[start]), prices(levels, equilibria))


def _focus(game: Game, estimate: Estimate, reading: Reading, certified: list[Profile]) -> Profile:
    """A certified profile, the likeliest reached first; else the one of smallest regret that is not refuted."""
    words = estimate.verdicts.word
    order = sorted(
        range(len(game.profiles)),
        key=lambda place: (
            game.profiles[place] not in certified,
            words[place] == REFUTED,
            -reading.reached[place] if certified else reading.regret[place],
            reading.regret[place],
        ),
    )
    return game.profiles[order[0]]
