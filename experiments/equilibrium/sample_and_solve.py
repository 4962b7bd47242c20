"""Sampling and solving of the game, and certification of candidates against all capability sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from secondhalf.experiments.equilibrium.certify import Certified, Deviation, certify
from secondhalf.experiments.equilibrium.findings import Findings, Profile
from secondhalf.experiments.equilibrium.game.budgeted_runner import CERTIFY_PART, GAME_PART
from secondhalf.experiments.equilibrium.game.game import Game
from secondhalf.experiments.equilibrium.game.market_game import MarketGame
from secondhalf.experiments.equilibrium.inference.sequential_sampling import (
    Estimate,
    Pair,
    Sampled,
    StoppingRule,
    sample,
)
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import edges
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem
from secondhalf.experiments.equilibrium.solution import solve

ROUNDS = 2
"""How often a game is played: a deviation that pays joins it, and the new one is played again."""
GAME_ERROR = 0.4
"""Part of the error that each table may spend; candidates have the rest."""


class Joined(NamedTuple):
    """What a strategy that has joined a game leads to from the candidate that it refuted."""

    profile: Profile
    player: int


def sample_and_solve(
    problem: EquilibriumProblem, market: MarketGame, game: Game, part: float = GAME_PART, joined: Joined | None = None
) -> Findings:
    """Sample a game, until a part of the budget is used, and solve it.

    Parameters
    ----------
    joined
        a strategy that has just joined: the profile that it leads to is decided first, and what else is new has one
        seed till then
    """
    options, places = problem.options, range(len(game.profiles))
    choices = [game.choices(profile) for profile in game.profiles]
    rule = StoppingRule(
        GAME_ERROR * (1 - options.confidence), np.log1p(options.epsilon), options.first_draws, options.most_draws
    )

    def draw(pairs: Sequence[Pair]) -> Sampled:
        return market.draw(choices, pairs, part)

    def sampled(wanted: Sequence[int] | None = None, once: Sequence[int] = ()) -> Estimate:
        return sample(len(choices), len(game.players), edges(game.shape), draw, rule, wanted, once)

    if joined is None:
        estimate = sampled()
    else:
        profile, player = joined
        new = {place for place in places if game.profiles[place][player] == profile[player]}
        estimate = sampled([game.place(profile)], sorted(new - set(game.around(profile))))
        if estimate.whole and not _cut_short(everything := sampled()):
            estimate = everything
    solution = solve(game, estimate, rule.epsilon, options.resamples)
    return Findings(problem, market, game, estimate, solution, failed=_failed(market, game, estimate))


def _cut_short(estimate: Estimate) -> bool:
    """Whether the budget ended the first look."""
    return not estimate.whole and len(estimate.looks) == 1


def _failed(market: MarketGame, game: Game, estimate: Estimate) -> int:
    draws = range(estimate.values.shape[1])
    jobs = (market.jobs(game.choices(profile), draw) for profile in game.profiles for draw in draws)
    return sum(bool(market.runner.error(job)) for own in jobs for job in own)


def certify_candidates(found: Findings) -> Findings:
    """Test candidates against all capability sets; a deviation that pays joins, and the game is solved again."""
    options = found.problem.options
    margin = options.screen_margin if options.certify == "screen" else None
    known: dict[Profile, Certified] = {}
    for round_ in range(ROUNDS if options.certify != "none" else 0):
        new = [profile for profile in _candidates(found) if profile not in known]
        for profile in new:
            share = (1 - ROUNDS * GAME_ERROR) * (1 - options.confidence) / (ROUNDS * max(options.candidates, 1))
            rule = StoppingRule(share, np.log1p(options.epsilon), options.first_draws, options.most_draws)
            known[profile] = certify(found.market, found.game, profile, rule, CERTIFY_PART, margin)
        paying = next(((profile, one) for profile in new if (one := known[profile].paying) is not None), None)
        if paying is None or round_ == ROUNDS - 1:
            break
        found = _joined(found, *paying)
    found.held = list(known.values())
    return found


def _joined(found: Findings, candidate: Profile, paying: Deviation) -> Findings:
    """The game with a deviation as one more strategy, sampled and solved again."""
    game, player = found.game, paying.player
    name = game.described(player, paying.choice.has, found.market.past.standing[game.players[player]])
    larger = game.with_strategy(player, paying.choice, name)
    there = (*candidate[:player], len(game.strategies[player]), *candidate[player + 1 :])
    new = sample_and_solve(found.problem, found.market, larger, CERTIFY_PART, Joined(there, player))
    new.before = found
    return new


def _candidates(found: Findings) -> list[Profile]:
    """Certified profiles; without any, the focus."""
    first = found.certified or ([found.solution.focus] if found.solution else [])
    return first[: found.problem.options.candidates]
