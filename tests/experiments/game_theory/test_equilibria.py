"""Pure equilibria of textbook games, and of random ones by definition."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from secondhalf.experiments.game_theory.pure_nash import pure_equilibria, regrets

PRISONERS = [[[-1, -3], [0, -2]], [[-1, 0], [-3, -2]]]
PENNIES = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
SEXES = [[[2, 0], [0, 1]], [[1, 0], [0, 2]]]


@pytest.mark.parametrize(
    ("game", "found"),
    [
        (PRISONERS, [[1, 1]]),
        (PENNIES, []),
        (SEXES, [[0, 0], [1, 1]]),
        (np.zeros((2, 2, 2)), [[0, 0], [0, 1], [1, 0], [1, 1]]),  # ties: nobody loses, nobody gains
        ([[[1, 0], [1, 0]], [[0, 0], [1, 0]]], [[0, 0], [0, 1], [1, 0]]),
        ([[3, 1, 3]], [[0], [2]]),  # one player
    ],
)
def test_textbook_games(game: Any, found: list[list[int]]) -> None:
    assert pure_equilibria(game).tolist() == found


def test_regret_is_what_a_change_alone_would_gain() -> None:
    assert regrets(PRISONERS).tolist() == [[[1, 1], [0, 0]], [[1, 0], [1, 0]]]


def test_a_tolerance_forgives_small_gains() -> None:
    assert pure_equilibria(PRISONERS, tolerance=1.0).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert pure_equilibria(PRISONERS, tolerance=0.99).tolist() == [[1, 1]]


@pytest.mark.parametrize("seed", range(5))
def test_random_games_of_three_by_definition(seed: int) -> None:
    """With different numbers of actions, and few values, so that there are ties."""
    payoff = np.random.default_rng(seed).integers(0, 4, (3, 2, 3, 4))
    stable = [
        list(profile)
        for profile in product(range(2), range(3), range(4))
        if all(
            payoff[(i, *profile)] >= payoff[(i, *profile[:i], other, *profile[i + 1 :])]
            for i in range(3)
            for other in range(payoff.shape[i + 1])
        )
    ]
    assert pure_equilibria(payoff).tolist() == stable


def test_equilibria_do_not_depend_on_scale_or_origin() -> None:
    payoff = np.random.default_rng(9).normal(size=(2, 4, 5))
    moved = payoff * np.array([2.0, 0.1])[:, None, None] + np.array([-7.0, 3.0])[:, None, None]
    assert (pure_equilibria(payoff) == pure_equilibria(moved)).all()


@pytest.mark.parametrize("wrong", [[[1, 2], [3, 4]], np.zeros((3, 2, 2)), 1.0])
def test_a_table_needs_an_axis_for_each_player(wrong: Any) -> None:
    with pytest.raises(ValueError, match="axes"):
        pure_equilibria(wrong)


def test_a_missing_payoff_is_an_error() -> None:
    with pytest.raises(ValueError, match="missing"):
        pure_equilibria([[[1, np.nan], [0, 0]], [[1, 1], [1, 1]]])
