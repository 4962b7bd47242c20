"""The solvers of games held to Gambit's, on random games of the entry game's shape.

Gambit (GPL) is nobody's requirement: these run where `pip install 'pygambit>=17.0.0b2'` was done, and are skipped
elsewhere.
"""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import softmax

from secondhalf.experiments.game_theory.logit_qre import logit_path
from secondhalf.experiments.game_theory.mixed import action_payoffs, mixed_regrets
from secondhalf.experiments.game_theory.pure_nash import pure_equilibria, regrets

gambit: Any = pytest.importorskip("pygambit", minversion="17.0.0b2")

SHAPE = (3, 3, 2, 2, 2)
BEFORE_TURNS = 4.0
"""Lambda, in one over the largest spread of payoffs, up to which no path here turns back."""
Array = NDArray[np.float64]


def table(seed: int) -> Array:
    """Payoffs [player, a_1, ..., a_5]."""
    return np.random.default_rng(seed).normal(size=(len(SHAPE), *SHAPE))


def gambits(payoff: Array) -> Any:
    """The same game, by Gambit's file format: the first player's action changes fastest."""
    names = " ".join(f'"{player}"' for player in range(len(SHAPE)))
    profiles = (profile[::-1] for profile in itertools.product(*(range(count) for count in SHAPE[::-1])))
    numbers = " ".join(repr(float(number)) for profile in profiles for number in payoff[(slice(None), *profile)])
    return gambit.read_nfg(io.StringIO(f'NFG 1 R "" {{ {names} }} {{ {" ".join(map(str, SHAPE))} }}\n\n{numbers}'))


def probabilities(game: Any, profile: Any) -> list[Array]:
    """A mixed profile of Gambit's, by player."""
    return [np.array([float(profile[who][one]) for one in game.get_strategies(who)]) for who in game.players]


@pytest.mark.parametrize("seed", range(20))
def test_pure_equilibria(seed: int) -> None:
    game = gambits(table(seed))
    found = gambit.nash.enumpure_solve(game).equilibria
    theirs = sorted(tuple(int(mixed.argmax()) for mixed in probabilities(game, one)) for one in found)
    assert [tuple(one) for one in pure_equilibria(table(seed)).tolist()] == theirs


@pytest.mark.parametrize("seed", range(5))
def test_regrets_of_pure_and_mixed_profiles(seed: int) -> None:
    payoff = table(seed)
    game = gambits(payoff)
    even = [np.full(count, 1 / count) for count in SHAPE]
    gains = game.mixed_strategy_profile().player_regrets
    theirs = [float(gains[who]) for who in game.players]
    assert mixed_regrets(payoff, even) == pytest.approx(theirs)
    for one in pure_equilibria(payoff):
        assert (regrets(payoff)[(slice(None), *one)] == 0).all()


@pytest.mark.parametrize("seed", range(10))
def test_the_logit_path(seed: int) -> None:
    """Gambit's points are logit answers by our payoffs, both paths are one before the first turn, and end alike."""
    payoff = table(seed)
    spread = max(float(np.ptp(own)) for own in payoff)
    ours = logit_path(payoff)
    assert ours.regret < 1e-6
    game = gambits(payoff)
    branch = gambit.qre.logit_solve_branch(game)
    for point in branch:
        theirs = np.concatenate(probabilities(game, point.profile))
        assert np.abs(_misses(theirs, payoff, point.lam)).max() < 1e-5
        if (precision := point.lam * spread) < BEFORE_TURNS:
            step = int(np.searchsorted(ours.precision, precision, "right")) - 1
            share = (precision - ours.precision[step]) / (ours.precision[step + 1] - ours.precision[step])
            between = ours.probabilities[step] + share * (ours.probabilities[step + 1] - ours.probabilities[step])
            assert theirs == pytest.approx(root(_misses, between, (payoff, point.lam)).x, abs=1e-5)
    for own, other in zip(ours.mixed, probabilities(game, branch[-1].profile), strict=True):
        assert own == pytest.approx(other, abs=0.02)  # Gambit may stop short of the end


def _misses(flat: Array, payoff: Array, precision: float) -> Array:
    """How far probabilities are from logit answers to each other."""
    mixed = np.split(flat, np.cumsum(SHAPE)[:-1])
    answers = [softmax(precision * action_payoffs(payoff, mixed, player)) for player in range(len(SHAPE))]
    missed: Array = flat - np.concatenate(answers)
    return missed
