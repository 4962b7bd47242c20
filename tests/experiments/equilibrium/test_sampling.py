"""Noisy games with known answers through estimation: intervals hold, verdicts are right, runs go where they matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.equilibrium.sampling import Estimate, Rule, sample
from secondhalf.experiments.equilibrium.statements import (
    CERTIFIED,
    REFUTED,
    UNDECIDED,
    edges,
    gains,
    shrinkage,
    star,
    together_within,
    verdicts,
)
from secondhalf.experiments.equilibrium.table import payoff_table, resamples
from tests.experiments.equilibrium.synthetic import NoisyGame, structured, true_verdicts
from tests.experiments.games.published import BATTLE, MATCHING_PENNIES, PRISONERS, THREE_PLAYERS

Array = NDArray[np.float64]


def judged(game: NoisyGame, rule: Rule) -> Estimate:
    shape = game.table.shape[1:]
    return sample(int(np.prod(shape)), len(shape), edges(shape), game, rule)


def wrong(table: Array, found: Estimate, epsilon: float) -> bool:
    """Whether any verdict contradicts the true payoffs."""
    told = zip(found.verdicts.word, true_verdicts(table, epsilon), strict=True)
    return any((word == CERTIFIED and not true) or (word == REFUTED and true) for word, true in told)


def test_edges_are_all_pairs_that_differ_in_one_player() -> None:
    pairs = edges((3, 2))
    assert len(pairs.player) == 3 * 2 + 3
    for player, below, above, _ in zip(*pairs, strict=True):
        differ = [a != b for a, b in zip(divmod(below, 2), divmod(above, 2), strict=True)]
        assert differ == [player == 0, player == 1]
    assert star([1, 0, 1]).above.tolist() == [1, 2, 3]


def test_one_gain_has_the_interval_of_students_t() -> None:
    """A single comparison: the quantile must come back from the bootstrap to the t distribution."""
    values = np.random.default_rng(0).normal(size=(2, 6, 1))
    found = gains(values, edges((2,)), 0.95)
    known = stats.ttest_rel(values[1, :, 0], values[0, :, 0]).confidence_interval(0.95)
    # The quantile of 4,000 draws has a relative error of about 2 %.
    assert (found.low[0], found.high[0]) == pytest.approx((known.low, known.high), abs=0.06 * (known.high - known.low))


@pytest.mark.parametrize(("shared", "seeds"), [(0.0, 4), (0.8, 4), (0.0, 10)])
def test_intervals_hold_all_gains_at_once(shared: float, seeds: int) -> None:
    """100 worlds, 60 gains each, between which luck is shared or not; more than 11 misses at 5 % happen once in 230."""
    luck, missed = np.random.default_rng(1), 0
    pairs = star([0] * 60)
    for _ in range(100):
        common = luck.normal(size=(1, seeds, 1))
        values = np.sqrt(1 - shared) * luck.normal(size=(61, seeds, 1)) + np.sqrt(shared) * common
        values[0] = common[0] * np.sqrt(shared)
        found = gains(values, pairs, 0.95)
        missed += bool(((found.low > 0) | (found.high < 0)).any())
    assert missed <= 11


@pytest.mark.parametrize("seeds", [4, 6])
def test_intervals_hold_where_groups_go_together(seeds: int) -> None:
    """200 worlds of 3 groups of 40 gains, correlation 0.9 within; more than 18 misses at 5 % happen once in 120."""
    luck, missed = np.random.default_rng(3), 0
    pairs = star(np.repeat([0, 1, 2], 40).tolist())
    for _ in range(200):
        values = np.zeros((121, seeds, 3))
        for player in range(3):
            rows = 1 + player * 40 + np.arange(40)
            own, common = luck.normal(size=(40, seeds)), luck.normal(size=(1, seeds))
            values[rows, :, player] = np.sqrt(0.9) * common + np.sqrt(0.1) * own
        found = gains(values, pairs, 0.95)
        missed += bool(((found.low > 0) | (found.high < 0)).any())
    assert missed <= 18


def test_gains_that_go_together_need_narrower_intervals() -> None:
    luck = np.random.default_rng(2)
    common, own = luck.normal(size=(1, 6, 1)), luck.normal(size=(200, 6, 1))

    def width(values: Array) -> Array:
        found = gains(np.concatenate([np.zeros((1, 6, 1)), values]), star([0] * 200), 0.95)
        return np.asarray((found.high - found.mean) / found.error)

    assert width(common + 0.1 * own) == pytest.approx(stats.t.isf(0.025, 5), rel=0.35)
    assert (width(own) > stats.t.isf(0.1 / 400, 5)).all()


def test_correlations_are_shrunk_towards_those_of_their_group() -> None:
    """Five groups with 0.8 within: what is seen within them stays, what six seeds seem to say between them goes."""
    luck, group = np.random.default_rng(4), np.repeat(np.arange(5), 20)
    rows = np.sqrt(0.8) * luck.normal(size=(5, 200))[group] + np.sqrt(0.2) * luck.normal(size=(100, 200))

    def shrunk(rows: Array) -> tuple[Array, float]:
        rows = rows - rows.mean(axis=1, keepdims=True)
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        within = together_within(unit, group)
        return within, shrinkage(unit, group, within, rows.shape[1])

    assert shrunk(rows)[0] == pytest.approx(np.full(5, 0.8), abs=0.08)  # the error of 200 seeds is 0.03
    assert shrunk(rows)[1] > 0.8
    assert shrunk(luck.normal(size=(1, 200)) + 0.1 * rows)[1] < 0.2


@pytest.mark.parametrize(
    ("table", "equilibria"),
    [(PRISONERS, [3]), (BATTLE, [0, 3]), (MATCHING_PENNIES, []), (THREE_PLAYERS, [0, 3, 5, 6])],
)
def test_textbook_games_are_recovered_through_noise(table: Array, equilibria: list[int]) -> None:
    """25 worlds each, noise as large as the smallest gap: more than 4 wrong ones at 5 % happen once in 140."""
    errors, whole = 0, 0
    for seed in range(25):
        found = judged(NoisyGame(table, 0.7, seed), Rule())
        errors += wrong(table, found, 0.0)
        whole += [place for place, word in enumerate(found.verdicts.word) if word == CERTIFIED] == equilibria
    assert errors <= 4
    assert whole >= 21


def test_degenerate_ties_are_never_decided_but_by_a_tolerance() -> None:
    """Two strategies that are worth the same: no number of runs tells that none is better by nothing at all."""
    table = np.concatenate([PRISONERS, PRISONERS[:, 1:]], axis=1)
    found = judged(NoisyGame(table, 0.3, 0), Rule(most=20))
    assert found.verdicts.word[3] == UNDECIDED
    tolerant = judged(NoisyGame(table, 0.3, 0), Rule(epsilon=0.6))
    assert [place for place, word in enumerate(tolerant.verdicts.word) if word == CERTIFIED] == [3, 5]
    exact = judged(NoisyGame(np.zeros((2, 2, 2)), 0.0, 0), Rule())
    assert exact.verdicts.word == [CERTIFIED] * 4


def test_structured_games_make_no_false_statement() -> None:
    """Twenty games of five players: more than 3 with any wrong verdict, at 5 % at most, happen once in 60."""
    tables = [structured(seed) for seed in range(20)]
    found = [judged(NoisyGame(table, 0.05, seed), Rule(most=16)) for seed, table in enumerate(tables)]
    assert sum(wrong(table, one, 0.0) for table, one in zip(tables, found, strict=True)) <= 3


def test_sequential_sampling_decides_more_with_as_many_runs() -> None:
    """Against all profiles under equally many seeds, over six games."""
    sequential, uniform = 0, 0
    for seed in range(6):
        table = structured(seed)
        game = NoisyGame(table, 0.05, seed)
        found = judged(game, Rule())
        sequential += found.verdicts.word.count(UNDECIDED)
        seeds = max(game.runs // 32, 2)
        even = judged(NoisyGame(table, 0.05, seed), Rule(first=seeds, most=seeds))
        uniform += even.verdicts.word.count(UNDECIDED)
        assert game.runs < 64 * 32
    assert sequential < 0.8 * uniform


def test_a_game_that_is_stopped_says_what_it_knows() -> None:
    found = judged(NoisyGame(PRISONERS, 0.01, 0, budget=13), Rule())
    assert not found.whole
    assert np.isfinite(found.values[:, :, 0]).sum() == 13
    assert found.verdicts.word[3] == CERTIFIED
    none = judged(NoisyGame(PRISONERS, 0.01, 0, budget=3), Rule())
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
    found = sample(16, 4, edges((2, 2, 2, 2)), game, Rule(), [15], others)
    assert found.verdicts.word[15] == CERTIFIED
    assert np.isfinite(found.values[:, :, 0]).sum(axis=1).tolist() == [4 if p in around else 1 for p in range(16)]
    assert game.runs == 5 * 4 + 11


def test_failed_runs_are_left_out_of_their_gains_only() -> None:
    game = NoisyGame(PRISONERS, 0.01, 0)

    def draw(pairs: list[tuple[int, int]]) -> Any:
        drawn = game(pairs)
        drawn.values[[pair == (0, 1) for pair in pairs]] = np.nan
        return drawn

    found = sample(4, 2, edges((2, 2)), draw, Rule())
    assert found.gains.seeds.tolist() == [3, 4, 3, 4]
    assert found.verdicts.word == [REFUTED, REFUTED, REFUTED, CERTIFIED]


def test_permuting_players_permutes_the_verdicts() -> None:
    table = structured(3, players=3)
    swapped = table[[1, 0, 2]].transpose(0, 2, 1, 3)
    one, other = (judged(NoisyGame(own, 0.0, 0), Rule()).verdicts.word for own in (table, swapped))
    assert np.array(other).reshape(2, 2, 2).transpose(1, 0, 2).ravel().tolist() == one
    scaled = NoisyGame(table + np.log([2.0, 0.1, 30.0])[:, None, None, None], 0.0, 0)
    assert judged(scaled, Rule()).verdicts.word == one


def test_all_looks_there_can_be_together_spend_the_error() -> None:
    rule = Rule(first=4, most=50)
    assert rule.looks == [4, 8, 16, 32, 50]
    found = judged(NoisyGame(np.zeros((2, 2, 2)), 1.0, 0), rule)
    assert [look.seeds for look in found.looks] == rule.looks
    assert sum(look.error for look in found.looks) == pytest.approx(rule.error)
    assert [look.error for look in found.looks] == rule.errors
    assert rule.errors[0] == rule.error / 2
    assert Rule(first=4, most=4).errors == [rule.error]


def test_what_is_decided_stays_decided() -> None:
    """Later looks spend less and have wider intervals where nothing was simulated again; ten games."""
    again = 0
    for seed in range(10):
        found = judged(NoisyGame(structured(seed), 0.05, seed), Rule())
        left = [look.undecided for look in found.looks]
        assert left == sorted(left, reverse=True)
        last = gains(found.values, found.pairs, 1 - found.looks[-1].error)
        assert (found.gains.low >= last.low).all()
        assert (found.gains.high <= last.high).all()
        again += verdicts(found.pairs, last, 32, 0.0).word.count(UNDECIDED) > left[-1]
        assert found.level == pytest.approx(1 - sum(look.error for look in found.looks))
    assert again > 0


def test_the_table_does_not_depend_on_which_seeds_a_profile_has() -> None:
    luck = np.random.default_rng(0)
    profiles, lucky = luck.normal(size=(6, 1, 2)), luck.normal(size=(1, 9, 2))
    values = profiles + lucky
    values[2:4, 4:] = np.nan
    values[5] = np.nan
    table = payoff_table(values)
    assert table[:5] - table[0] == pytest.approx((profiles - profiles[0])[:5, 0])
    assert np.isnan(table[5]).all()
    assert payoff_table(values[:2]) == pytest.approx(values[:2].mean(axis=1))
    weights = resamples(9, 50)
    assert weights.sum(axis=1) == pytest.approx(np.full(50, 9))
    assert payoff_table(values, weights[0])[:5] - payoff_table(values, weights[0])[0] == pytest.approx(
        (profiles - profiles[0])[:5, 0]
    )
