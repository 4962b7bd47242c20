"""Noisy games with known answers through estimation: intervals hold, verdicts are right, runs go where they matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.experiments.command.compose import compose_config, options
from secondhalf.experiments.equilibrium.inference.sequential_sampling import Estimate, StoppingRule, sample
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import (
    CERTIFIED,
    REFUTED,
    UNDECIDED,
    edges,
    gains,
    verdicts,
)
from secondhalf.experiments.equilibrium.sample_and_solve import GAME_ERROR
from secondhalf.experiments.equilibrium.settings import Equilibrium
from tests.experiments.equilibrium.synthetic import NoisyGame, structured, true_verdicts
from tests.experiments.game_theory.published import BATTLE, MATCHING_PENNIES, PRISONERS, THREE_PLAYERS

Array = NDArray[np.float64]


def judged(game: NoisyGame, rule: StoppingRule) -> Estimate:
    shape = game.table.shape[1:]
    return sample(int(np.prod(shape)), len(shape), edges(shape), game, rule)


def wrong(table: Array, found: Estimate, epsilon: float) -> bool:
    """Whether any verdict contradicts the true payoffs."""
    judged_words = zip(found.verdicts.word, true_verdicts(table, epsilon), strict=True)
    return any((word == CERTIFIED and not true) or (word == REFUTED and true) for word, true in judged_words)


@pytest.mark.parametrize(
    ("table", "equilibria"),
    [(PRISONERS, [3]), (BATTLE, [0, 3]), (MATCHING_PENNIES, []), (THREE_PLAYERS, [0, 3, 5, 6])],
)
def test_textbook_games_are_recovered_through_noise(table: Array, equilibria: list[int]) -> None:
    """25 worlds each, noise as large as the smallest gap: more than 4 wrong ones at 5 % happen once in 140."""
    errors, whole = 0, 0
    for seed in range(25):
        found = judged(NoisyGame(table, 0.7, seed), StoppingRule())
        errors += wrong(table, found, 0.0)
        whole += [place for place, word in enumerate(found.verdicts.word) if word == CERTIFIED] == equilibria
    assert errors <= 4
    assert whole >= 21


def test_degenerate_ties_are_never_decided_but_by_a_tolerance() -> None:
    """Two strategies that are worth the same: no number of runs tells that none is better by nothing at all."""
    table = np.concatenate([PRISONERS, PRISONERS[:, 1:]], axis=1)
    found = judged(NoisyGame(table, 0.3, 0), StoppingRule(most=20))
    assert found.verdicts.word[3] == UNDECIDED
    tolerant = judged(NoisyGame(table, 0.3, 0), StoppingRule(epsilon=0.6))
    assert [place for place, word in enumerate(tolerant.verdicts.word) if word == CERTIFIED] == [3, 5]
    exact = judged(NoisyGame(np.zeros((2, 2, 2)), 0.0, 0), StoppingRule())
    assert exact.verdicts.word == [CERTIFIED] * 4


def test_structured_games_make_no_false_statement() -> None:
    """Twenty games of five players: more than 3 with any wrong verdict, at 5 % at most, happen once in 60."""
    tables = [structured(seed) for seed in range(20)]
    found = [judged(NoisyGame(table, 0.05, seed), StoppingRule(most=16)) for seed, table in enumerate(tables)]
    assert sum(wrong(table, one, 0.0) for table, one in zip(tables, found, strict=True)) <= 3


def committed_rule() -> StoppingRule:
    """How the committed plan samples and judges a game."""
    own = options(Equilibrium, compose_config([]))
    return StoppingRule(
        GAME_ERROR * (1 - own.confidence), float(np.log1p(own.epsilon)), own.first_draws, own.most_draws
    )


def test_the_committed_plan_makes_no_false_statement() -> None:
    """Games of the plan's shape whose draws differ in parameters and in luck: verdicts on the mean hold."""
    rule, decided = committed_rule(), []
    for seed in range(12):
        table = structured(seed, shape=(3, 3, 2, 2, 2))
        found = judged(NoisyGame(table, 0.02, seed, members=0.02), rule)
        assert not wrong(table, found, rule.epsilon)
        decided.append(72 - found.verdicts.word.count(UNDECIDED))
    assert np.mean(decided) > 60


def test_sequential_sampling_decides_more_with_as_many_runs() -> None:
    """Against all profiles under equally many seeds, over six games."""
    sequential, uniform = 0, 0
    for seed in range(6):
        table = structured(seed)
        game = NoisyGame(table, 0.05, seed)
        found = judged(game, StoppingRule())
        sequential += found.verdicts.word.count(UNDECIDED)
        seeds = max(game.runs // 32, 2)
        even = judged(NoisyGame(table, 0.05, seed), StoppingRule(first=seeds, most=seeds))
        uniform += even.verdicts.word.count(UNDECIDED)
        assert game.runs < 64 * 32
    assert sequential < 0.8 * uniform


def test_a_game_that_is_stopped_says_what_it_knows() -> None:
    found = judged(NoisyGame(PRISONERS, 0.01, 0, budget=13), StoppingRule())
    assert not found.whole
    assert np.isfinite(found.values[:, :, 0]).sum() == 13
    assert found.verdicts.word[3] == CERTIFIED
    none = judged(NoisyGame(PRISONERS, 0.01, 0, budget=3), StoppingRule())
    assert none.verdicts.word == [UNDECIDED] * 4
    assert np.isinf(none.verdicts.high).all()


def test_what_is_asked_for_is_decided_with_fewest_runs() -> None:
    """Of sixteen profiles only what leads from the one asked for has more than a seed."""
    table = np.stack([np.add.outer(PRISONERS[0], np.zeros((2, 2))), np.add.outer(PRISONERS[1], np.zeros((2, 2)))])
    more = np.concatenate([table, np.add.outer(np.zeros((2, 2)), PRISONERS[0])[None], table[:1] * 0])
    more[3] = np.add.outer(np.zeros((2, 2)), PRISONERS[1])
    around = [15, 7, 11, 13, 14]
    others = sorted(set(range(16)) - set(around))
    game = NoisyGame(more, 0.01, 0)
    found = sample(16, 4, edges((2, 2, 2, 2)), game, StoppingRule(), [15], others)
    assert found.verdicts.word[15] == CERTIFIED
    assert np.isfinite(found.values[:, :, 0]).sum(axis=1).tolist() == [4 if p in around else 1 for p in range(16)]
    assert game.runs == 5 * 4 + 11


def test_failed_runs_are_left_out_of_their_gains_only() -> None:
    game = NoisyGame(PRISONERS, 0.01, 0)

    def draw(pairs: list[tuple[int, int]]) -> Any:
        drawn = game(pairs)
        drawn.values[[pair == (0, 1) for pair in pairs]] = np.nan
        return drawn

    found = sample(4, 2, edges((2, 2)), draw, StoppingRule())
    assert found.gains.seeds.tolist() == [3, 4, 3, 4]
    assert found.verdicts.word == [REFUTED, REFUTED, REFUTED, CERTIFIED]


def test_permuting_players_permutes_the_verdicts() -> None:
    table = structured(3, players=3)
    swapped = table[[1, 0, 2]].transpose(0, 2, 1, 3)
    one, other = (judged(NoisyGame(own, 0.0, 0), StoppingRule()).verdicts.word for own in (table, swapped))
    assert np.array(other).reshape(2, 2, 2).transpose(1, 0, 2).ravel().tolist() == one
    scaled = NoisyGame(table + np.log([2.0, 0.1, 30.0])[:, None, None, None], 0.0, 0)
    assert judged(scaled, StoppingRule()).verdicts.word == one


def test_all_looks_there_can_be_together_spend_the_error() -> None:
    rule = StoppingRule(first=4, most=50)
    assert rule.looks == [4, 8, 16, 32, 50]
    found = judged(NoisyGame(np.zeros((2, 2, 2)), 1.0, 0), rule)
    assert [look.seeds for look in found.looks] == rule.looks
    assert sum(look.error for look in found.looks) == pytest.approx(rule.error)
    assert [look.error for look in found.looks] == rule.errors
    assert rule.errors[0] == rule.error / 2
    assert StoppingRule(first=4, most=4).errors == [rule.error]


def test_what_is_decided_stays_decided() -> None:
    """Later looks spend less and have wider intervals where nothing was simulated again; ten games."""
    again = 0
    for seed in range(10):
        found = judged(NoisyGame(structured(seed), 0.05, seed), StoppingRule())
        left = [look.undecided for look in found.looks]
        assert left == sorted(left, reverse=True)
        last = gains(found.values, found.pairs, 1 - found.looks[-1].error)
        assert (found.gains.low >= last.low).all()
        assert (found.gains.high <= last.high).all()
        again += verdicts(found.pairs, last, 32, 0.0).word.count(UNDECIDED) > left[-1]
        assert found.level == pytest.approx(1 - sum(look.error for look in found.looks))
    assert again > 0
