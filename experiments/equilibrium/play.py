"""Playing the game: sampling it, solving it, and holding candidates against all capability sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secondhalf.experiments.equilibrium.certify import Certified, certify
from secondhalf.experiments.equilibrium.found import Found, Profile
from secondhalf.experiments.equilibrium.game import Game
from secondhalf.experiments.equilibrium.market_game import MarketGame
from secondhalf.experiments.equilibrium.question import Asked
from secondhalf.experiments.equilibrium.sampling import Drawn, Estimate, Pair, Rule, sample
from secondhalf.experiments.equilibrium.solution import solve
from secondhalf.experiments.equilibrium.statements import edges

GAME_PART, CERTIFY_PART, REST_PART = 0.6, 0.8, 1.0
"""Parts of the budget by whose use the game's table, candidates and the dynamic view end."""
GAME_ERROR = 0.5
"""Part of the error that the table may spend; candidates have the rest."""
ROUNDS = 2
"""How often candidates are looked for: a deviation that pays joins the game, and the new game has others."""


def play(asked: Asked, market: MarketGame, game: Game, part: float = GAME_PART) -> Found:
    """Sample a game, until a part of the budget is used, and solve it."""
    options = asked.options
    choices = [game.choices(profile) for profile in game.profiles]
    rule = Rule(
        GAME_ERROR * (1 - options.confidence), np.log1p(options.epsilon), options.first_seeds, options.most_seeds
    )

    def draw(pairs: Sequence[Pair]) -> Drawn:
        return market.draw(choices, pairs, part)

    estimate = sample(len(choices), len(game.players), edges(game.shape), draw, rule)
    solution = solve(game, estimate, rule.epsilon, options.resamples)
    return Found(asked, market, game, estimate, solution, failed=_failed(market, game, estimate))


def _failed(market: MarketGame, game: Game, estimate: Estimate) -> int:
    seeds = range(estimate.values.shape[1])
    jobs = (market.job(game.choices(profile), seed) for profile in game.profiles for seed in seeds)
    return sum(bool(market.runner.error(job)) for job in jobs)


def hold(found: Found) -> Found:
    """Hold candidates against all capability sets; a deviation that pays joins, and the game is played again."""
    options = found.asked.options
    margin = options.screen_margin if options.certify == "screen" else None
    known: dict[Profile, Certified] = {}
    for round_ in range(ROUNDS if options.certify != "none" else 0):
        new = [profile for profile in _candidates(found) if profile not in known]
        for profile in new:
            share = (1 - GAME_ERROR) * (1 - options.confidence) / (ROUNDS * options.candidates)
            rule = Rule(share, np.log1p(options.epsilon), options.first_seeds, options.most_seeds)
            known[profile] = certify(found.market, found.game, profile, rule, CERTIFY_PART, margin)
        paying = next((one for profile in new if (one := known[profile].paying) is not None), None)
        if paying is None or round_ == ROUNDS - 1:
            break
        found = play(found.asked, found.market, found.game.with_strategy(paying.player, paying.choice), CERTIFY_PART)
    found.held = list(known.values())
    return found


def _candidates(found: Found) -> list[Profile]:
    """Certified profiles; without any, the focus."""
    first = found.certified or ([found.solution.focus] if found.solution else [])
    return first[: found.asked.options.candidates]
