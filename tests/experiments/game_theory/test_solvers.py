"""Games with published answers: mixed equilibria, the logit path, chains of revision, stationary distributions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from secondhalf.experiments.game_theory.best_response_chain import best_response_chain, sinks
from secondhalf.experiments.game_theory.efficiency import dilemma, prices
from secondhalf.experiments.game_theory.gth_stationary import stationary
from secondhalf.experiments.game_theory.logit_and_alpha_rank import alpha_rank_chain, logit_chain
from secondhalf.experiments.game_theory.logit_qre import logit_path
from secondhalf.experiments.game_theory.mixed import action_payoffs, expected_payoffs, mixed_regrets, pair_payoffs, pure
from secondhalf.experiments.game_theory.pure_nash import pure_equilibria, regrets
from tests.experiments.game_theory.published import (
    BATTLE,
    MATCHING_PENNIES,
    PRISONERS,
    ROCK_PAPER_SCISSORS,
    STAG_HUNT,
    THREE_PLAYERS,
)

Array = NDArray[np.float64]


def test_expected_payoffs_of_mixed_profiles() -> None:
    """The battle of the sexes at its mixed equilibrium (2/3, 1/3), (1/3, 2/3): both get 2/3."""
    mixed = [np.array([2, 1]) / 3, np.array([1, 2]) / 3]
    assert expected_payoffs(BATTLE, mixed) == pytest.approx([2 / 3, 2 / 3])
    assert mixed_regrets(BATTLE, mixed) == pytest.approx([0, 0])
    assert action_payoffs(BATTLE, mixed, 0) == pytest.approx([2 / 3, 2 / 3])
    assert mixed_regrets(BATTLE, pure((0, 1), (2, 2))) == pytest.approx([1, 1])


def test_pairs_average_to_actions() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(3, 2, 3, 4))  # players with different numbers of actions
    mixed = [rng.dirichlet(np.ones(size)) for size in (2, 3, 4)]
    for player in range(3):
        for other in {0, 1, 2} - {player}:
            pairs = pair_payoffs(table, mixed, player, other)
            assert pairs @ mixed[other] == pytest.approx(action_payoffs(table, mixed, player))


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        (PRISONERS, [[0, 1], [0, 1]]),
        (MATCHING_PENNIES, [[0.5, 0.5], [0.5, 0.5]]),
        (ROCK_PAPER_SCISSORS, [[1 / 3] * 3] * 2),
        (STAG_HUNT, [[0, 1], [0, 1]]),  # the risk-dominant equilibrium is where the path leads
    ],
)
def test_logit_path_ends_in_the_published_equilibrium(table: Array, answer: list[list[float]]) -> None:
    found = logit_path(table)
    for own, known in zip(found.mixed, answer, strict=True):
        assert own == pytest.approx(known, abs=1e-6)
    assert found.regret <= 1e-6
    assert (np.diff(found.precision[:5]) > 0).all()
    assert found.probabilities[0] == pytest.approx(np.concatenate([np.full(len(a), 1 / len(a)) for a in answer]))


def test_points_of_the_path_are_quantal_responses() -> None:
    found = logit_path(THREE_PLAYERS)
    spread = max(float(np.ptp(own)) for own in THREE_PLAYERS)
    at = len(found.precision) // 3
    mixed = np.split(found.probabilities[at], 3)
    for player in range(3):
        answer = softmax(found.precision[at] / spread * action_payoffs(THREE_PLAYERS, mixed, player))
        assert mixed[player] == pytest.approx(answer, abs=1e-7)
    assert found.regret <= 1e-6


def test_logit_path_of_random_games_of_the_default_size() -> None:
    """3^5 profiles. Whatever is returned, its regret is what it says; on these five games it is small."""
    for seed in range(3):
        table = np.random.default_rng(seed).normal(size=(5, 3, 3, 3, 3, 3))
        found = logit_path(table)
        spread = max(float(np.ptp(own)) for own in table)
        assert found.regret == pytest.approx(float(mixed_regrets(table / spread, found.mixed).max()))
        assert found.regret < 1e-6


def test_adding_a_constant_changes_no_level_result_and_a_factor_no_log_result() -> None:
    table = np.random.default_rng(5).normal(size=(3, 2, 3, 2))
    shifted = table + np.array([1.0, -4.0, 20.0])[:, None, None, None]
    assert regrets(shifted) == pytest.approx(regrets(table), abs=1e-12)
    for own, other in zip(logit_path(table).mixed, logit_path(shifted).mixed, strict=True):
        assert own == pytest.approx(other, abs=1e-6)
    scaled = np.log(np.exp(table) * np.array([2.0, 0.1, 7.0])[:, None, None, None])
    assert regrets(scaled) == pytest.approx(regrets(table), abs=1e-12)


def test_a_duplicated_strategy_changes_no_equilibrium_payoff() -> None:
    table = np.random.default_rng(3).normal(size=(3, 2, 3, 2))
    twice = np.concatenate([table, table[:, :, 2:]], axis=2)
    original = {tuple(table[:, *row].round(12)) for row in pure_equilibria(table)}
    assert {tuple(twice[:, *row].round(12)) for row in pure_equilibria(twice)} == original
    for game in (BATTLE, PRISONERS):
        doubled = np.concatenate([game, game[:, :, 1:]], axis=2)
        found = logit_path(doubled)
        assert found.regret <= 1e-6
        payoffs = expected_payoffs(doubled, found.mixed)
        known = [game[:, *row] for row in pure_equilibria(game)] + ([np.full(2, 2 / 3)] if game is BATTLE else [])
        assert any(payoffs == pytest.approx(one, abs=1e-5) for one in known)


def test_best_responses_of_the_battle_end_in_either_equilibrium() -> None:
    """From (0, 1) one of two players moves: half and half, after one move."""
    found = sinks(best_response_chain(BATTLE))
    assert [states.tolist() for states in found.members] == [[0], [3]]
    assert found.reached[1] == pytest.approx([0.5, 0.5])
    assert found.moves.tolist() == pytest.approx([0, 1, 1, 0])


def test_matching_pennies_rotate_for_ever() -> None:
    found = sinks(best_response_chain(MATCHING_PENNIES))
    assert [sorted(states.tolist()) for states in found.members] == [[0, 1, 2, 3]]
    assert found.moves.tolist() == [0, 0, 0, 0]


def test_moves_on_the_way_in_the_prisoners_dilemma() -> None:
    """From (cooperate, cooperate) two moves lead to (defect, defect), whoever is first."""
    found = sinks(best_response_chain(PRISONERS))
    assert found.moves.tolist() == pytest.approx([2, 1, 1, 0])
    assert found.reached[:, 0].tolist() == pytest.approx([1, 1, 1, 1])


def test_ties_move_nobody_and_a_tolerance_stops_small_gains() -> None:
    flat = np.zeros((2, 2, 2))
    assert len(sinks(best_response_chain(flat)).members) == 4
    assert len(sinks(best_response_chain(PRISONERS, tolerance=10.0)).members) == 4


def test_chains_are_stochastic() -> None:
    table = np.random.default_rng(1).normal(size=(3, 2, 3, 4))
    for chain in (best_response_chain(table).toarray(), logit_chain(table, 2.0), alpha_rank_chain(table, 5.0)):
        assert chain.min() >= 0
        assert chain.sum(axis=1) == pytest.approx(np.ones(24))


def test_elimination_agrees_with_eigenvectors_and_keeps_small_masses() -> None:
    chain = np.random.default_rng(2).dirichlet(np.ones(30), size=30)
    values, vectors = np.linalg.eig(chain.T)
    known = np.real(vectors[:, np.argmax(np.real(values))])
    assert stationary(chain) == pytest.approx(known / known.sum(), rel=1e-10)
    # A walk that goes up with chance e and down with 1 - e has masses in the ratio e / (1 - e), however small.
    up = 1e-9
    walk = np.diag(np.full(4, up), 1) + np.diag(np.full(4, 1 - up), -1)
    mass = stationary(walk)
    assert mass[1:] / mass[:-1] == pytest.approx(np.full(4, up / (1 - up)), rel=1e-12)
    with pytest.raises(ValueError, match="reducible"):
        stationary(np.eye(2))


def test_logit_chain_of_a_potential_game_is_gibbs() -> None:
    """Where all players are paid the potential, the mass of a profile is proportional to exp(precision potential)."""
    potential = np.random.default_rng(4).normal(size=(2, 3, 2))
    table = np.stack([potential] * 3)
    assert stationary(logit_chain(table, 1.7)) == pytest.approx(softmax(1.7 * potential.ravel()), rel=1e-9)


def test_alpha_rank_puts_all_mass_on_defection_and_rock_paper_scissors_turns() -> None:
    mass = stationary(alpha_rank_chain(PRISONERS, 10.0))
    assert mass[3] == pytest.approx(1, abs=1e-6)
    cycle = stationary(alpha_rank_chain(ROCK_PAPER_SCISSORS, 10.0)).reshape(3, 3)
    assert np.diag(cycle) == pytest.approx(np.full(3, np.diag(cycle)[0]))


def test_prices_of_the_dilemma() -> None:
    """(3, 3) is the best sum, 6, and (1, 1) the only equilibrium."""
    assert prices(PRISONERS, [(1, 1)]) == pytest.approx((3.0, 3.0))
    assert prices(STAG_HUNT, [(0, 0), (1, 1)]) == pytest.approx((8 / 6, 1.0))
    assert prices(PRISONERS, []) is None
    assert prices(MATCHING_PENNIES, [(0, 0)]) is None


def test_only_the_dilemma_is_one() -> None:
    assert dilemma(PRISONERS, (0, 0), (1, 1)).holds
    assert dilemma(PRISONERS, (0, 0), (1, 1)).tempting.all()
    hunt = dilemma(STAG_HUNT, (0, 0), (1, 1))
    assert not hunt.holds
    assert hunt.worse.all()
    assert hunt.dominant.tolist() == [0.5, 0.5]
    assert not dilemma(PRISONERS, (1, 1), (0, 0)).holds
